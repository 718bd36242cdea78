package bolt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// TestPagesThatLeadInACircleAreFound: bbolt would read such a file for ever, or until
// its stack is full, which ends the process.
func TestPagesThatLeadInACircleAreFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var ts []vigil.Task
	for i := range 2000 { // enough for a page above pages
		ts = append(ts, vigil.NewTask(vigil.Fetch, "ORD-1/m", strings.Repeat("x", 60)+string(rune('a'+i%26))+strings.Repeat("y", i/26)))
	}
	if _, err := s.Enqueue(t.Context(), ts...); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	size, tasks := rootOf(t, path, "tasks")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	branch := whole[tasks*size:]
	if kind := binary.NativeEndian.Uint16(branch[8:]); kind != 1 {
		t.Fatalf("the tasks' first page is of kind %d, want a branch", kind)
	}
	first := binary.NativeEndian.Uint64(branch[pageHeader+8:])
	for what, below := range map[string]int{"to itself": tasks, "to where it goes already": int(first)} {
		t.Run(what, func(t *testing.T) {
			bad := bytes.Clone(whole)
			binary.NativeEndian.PutUint64(bad[tasks*size+pageHeader+pageElement+8:], uint64(below)) // its second element
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			checkCircle(t, path, `bucket "tasks"`)
		})
	}
}

// What bbolt writes in front of a page, and for each of its entries.
const pageHeader, pageElement = 16, 16

// TestABucketInABucketIsFollowed: one of a body leads to the page above it.
func TestABucketInABucketIsFollowed(t *testing.T) {
	path := smallCase(t)
	size, bodies := rootOf(t, path, "bodies")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := whole[bodies*size:][:size]
	if kind := binary.NativeEndian.Uint16(page[8:]); kind != 2 {
		t.Fatalf("the bodies' first page is of kind %d, want a leaf", kind)
	}
	at := pageHeader + int(binary.NativeEndian.Uint32(page[pageHeader+4:])) + int(binary.NativeEndian.Uint32(page[pageHeader+8:])) // the first one's value
	binary.NativeEndian.PutUint64(page[at:], uint64(bodies))
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	checkCircle(t, path, `bucket "bodies"`)
}

// checkCircle has a case checked and repaired whose pages lead round in a bucket.
func checkCircle(t *testing.T, path, in string) {
	t.Helper()
	s, err := bolt.OpenSnapshot(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Check(t.Context(), s, nil); !errors.Is(err, vigil.ErrTampered) || !strings.Contains(err.Error(), in+": it is reached a second time") {
		t.Errorf("the check says %v", err)
	}
	if _, err := s.Repair(t.Context(), "a", nil); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("the repair says %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// rootOf returns the size of a file's pages, and the first page of a bucket.
func rootOf(t *testing.T, path, name string) (size, page int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		page = int(tx.Bucket([]byte(name)).RootPage())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return db.Info().PageSize, page
}
