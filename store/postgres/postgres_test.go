package postgres_test

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"vigil/internal/pgtest"
	"vigil/internal/seal"
	"vigil/store"
	"vigil/store/postgres"
	"vigil/store/storetest"
)

// server is the one of all tests of this process.
var server sharedServer

type sharedServer struct{}

func (sharedServer) Server(t testing.TB) *pgtest.Server { return postgres.SharedServer(t) }

func TestStore(t *testing.T) { testStore(t) }

func TestEncryptedStore(t *testing.T) { testStore(t, testKey(1)) }

// testKey returns a data key that everybody knows.
func testKey(n byte) seal.Key { return seal.Key{ID: [4]byte{0, 0, 0, n}, Secret: [32]byte{n}} }

func testStore(t *testing.T, keys ...seal.Key) {
	database := server.Server(t).Database(t)
	storetest.Run(t, func(t *testing.T, o storetest.Options) store.Store {
		t.Helper()
		s, err := openIn(t, database, o.Case, postgres.Options{Tool: o.Tool, Now: o.Now, MaxAttempts: o.MaxAttempts, Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// openIn opens the case of a folder, or makes it if the folder is empty.
func openIn(t *testing.T, database, folder string, o postgres.Options) (*postgres.Store, error) {
	h := fnv.New64a()
	h.Write([]byte(folder))
	// What the disk has seen is for the tests of crashes.
	address := caseAddress(t, database, fmt.Sprintf("c%x", h.Sum64())) + "&synchronous_commit=off"
	mark := filepath.Join(folder, "made")
	if _, err := os.Stat(mark); err == nil {
		return postgres.Open(t.Context(), address, o)
	}
	s, err := postgres.Create(t.Context(), address, o)
	if err == nil {
		err = os.WriteFile(mark, nil, 0o600)
	}
	return s, err
}

// caseAddress returns the address of a case in a database of the server.
func caseAddress(t *testing.T, database, name string) string {
	u, err := url.Parse(server.Server(t).Address(database))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("case", name)
	q.Set("pool_max_conns", "12")
	u.RawQuery = q.Encode()
	return u.String()
}
