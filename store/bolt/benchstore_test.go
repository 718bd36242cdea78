package bolt_test

import (
	"os"
	"path/filepath"
	"testing"

	"vigil/store"
	"vigil/store/bolt"
	"vigil/store/storetest"
)

// BenchmarkStore measures an encrypted case by the code that measures one on
// PostgreSQL. Where VIGIL_BENCH_DIR names a folder, cases to read are kept there, and
// not filled again.
func BenchmarkStore(b *testing.B) {
	x := storetest.Bench{Open: func(b *testing.B, name string) store.Store {
		b.Helper()
		path := filepath.Join(b.TempDir(), "vigil.db")
		if dir := os.Getenv("VIGIL_BENCH_DIR"); dir != "" && name != "" {
			path = filepath.Join(dir, name+".db")
		}
		o := bolt.Options{Tool: "bench", Keys: []bolt.Key{testKey(1)}}
		s, err := bolt.Open(path, o)
		if err != nil {
			s, err = bolt.Create(path, o)
		}
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	}}
	x.Run(b)
}
