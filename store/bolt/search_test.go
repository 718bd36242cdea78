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

// TestSearchAtEveryStageOfMerging runs the tests of search with segments of
// three documents, so that those of several tiers stand side by side.
func TestSearchAtEveryStageOfMerging(t *testing.T) {
	storetest.RunSearch(t, func(t *testing.T, o storetest.Options) store.Store {
		t.Helper()
		path := filepath.Join(o.Case, "vigil.db")
		opts := bolt.WithSegmentsOf(bolt.Options{Tool: o.Tool, Now: o.Now, MaxAttempts: o.MaxAttempts}, 3)
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
