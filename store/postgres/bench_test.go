package postgres_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"vigil/internal/pgtest"
	"vigil/internal/seal"
	"vigil/store"
	"vigil/store/postgres"
	"vigil/store/storetest"
)

// BenchmarkStore measures an encrypted case on a server of its own, which syncs what is
// committed; store/bolt has the same. Where VIGIL_BENCH_DATABASE holds the address of a
// database, cases to read are kept there, and not filled again.
func BenchmarkStore(b *testing.B) {
	server := pgtest.New(b, "shared_buffers=512MB", "max_wal_size=4GB", "max_connections=100")
	x := storetest.Bench{CPU: server.CPU, Open: func(b *testing.B, name string) store.Store {
		b.Helper()
		if kept := os.Getenv("VIGIL_BENCH_DATABASE"); kept != "" && name != "" {
			return benchCase(b, kept, name)
		}
		return benchCase(b, server.Address(server.Database(b)), "bench")
	}}
	x.Run(b)
}

// benchCase opens or makes a case in the database of an address.
func benchCase(b *testing.B, address, name string) *postgres.Store {
	b.Helper()
	if strings.Contains(address, "?") {
		address += "&"
	} else {
		address += "?"
	}
	address += "pool_max_conns=64&case=" + name
	o := postgres.Options{Keys: []seal.Key{testKey(1)}}
	s, err := postgres.Open(b.Context(), address, o)
	if errors.Is(err, fs.ErrNotExist) {
		s, err = postgres.Create(b.Context(), address, o)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}
