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

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, o storetest.Options) store.Store {
		t.Helper()
		path := filepath.Join(o.Case, "vigil.db")
		opts := bolt.Options{Tool: o.Tool, Now: o.Now, MaxAttempts: o.MaxAttempts}
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
