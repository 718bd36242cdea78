package bolt_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"vigil/store"
	"vigil/store/bolt"
	"vigil/store/storetest"
)

func TestStore(t *testing.T) { testStore(t) }

func TestEncryptedStore(t *testing.T) { testStore(t, testKey(1)) }

// testKey returns a data key that everybody knows.
func testKey(n byte) bolt.Key { return bolt.Key{ID: [4]byte{0, 0, 0, n}, Secret: [32]byte{n}} }

func testStore(t *testing.T, keys ...bolt.Key) {
	storetest.Run(t, func(t *testing.T, o storetest.Options) store.Store {
		t.Helper()
		path := filepath.Join(o.Case, "vigil.db")
		opts := bolt.Options{Tool: o.Tool, Now: o.Now, MaxAttempts: o.MaxAttempts, Keys: keys}
		open := bolt.Open
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			open = bolt.Create
		}
		s, err := open(path, opts)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
