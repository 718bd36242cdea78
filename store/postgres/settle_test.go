package postgres_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"vigil"
	"vigil/internal/pgtest"
	"vigil/internal/search"
	"vigil/store"
	"vigil/store/postgres"
)

func query(t *testing.T, text string) search.Query {
	t.Helper()
	q, err := search.Parser{}.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestSettledErasuresLeaveNothing: once a case is settled, no file of the server holds
// what was erased, and what was not is still there.
func TestSettledErasuresLeaveNothing(t *testing.T) {
	server := pgtest.New(t, "wal_recycle=off", "min_wal_size=32MB", "full_page_writes=on")
	s, err := postgres.Create(t.Context(), server.Address(server.Database(t)), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	variedCase(t, s)
	goes := vigil.NewListingID("ORD-1/m", "http://x.onion/1") // readings 2 and 3
	gone := []string{"002.", "003."}
	for _, n := range gone {
		if !inFiles(t, server, "needle-title-"+n) {
			t.Fatalf("needle-title-%s is nowhere to begin with: the test tests nothing", n)
		}
	}
	if _, err := s.Erase(t.Context(), store.Erasure{What: vigil.TypeListing, ID: goes, Act: vigil.Act{Actor: "inv-04", Action: vigil.ActErase, Reason: "test"}}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Unsettled(t.Context()); err != nil || n != 1 {
		t.Errorf("%d erasures are unsettled, %v; want 1", n, err)
	}
	left, err := s.Settle(t.Context())
	if err != nil || len(left) != 1 {
		t.Fatalf("settle: left %q, %v; want nothing but backups", left, err)
	}
	if n, err := s.Unsettled(t.Context()); err != nil || n != 0 {
		t.Errorf("%d erasures are unsettled, %v; want none", n, err)
	}
	for _, n := range gone {
		for _, what := range []string{"title-", "vendor-", "body-", "note-", "key-"} {
			if inFiles(t, server, "needle-"+what+n) {
				t.Errorf("needle-%s%s is still there", what, n)
			}
		}
	}
	for _, n := range []string{"000.", "001.", "004.", "005."} {
		if !inFiles(t, server, "needle-title-"+n) {
			t.Errorf("needle-title-%s is gone, too", n)
		}
	}
	if r, err := store.Check(t.Context(), s, nil); err != nil {
		t.Errorf("check: %v\n%v", err, r.Inspected.Flaws)
	}
}

// inFiles reports whether a file of a server holds some bytes.
func inFiles(t *testing.T, server *pgtest.Server, needle string) bool {
	t.Helper()
	server.SQL(t, "postgres", "checkpoint")
	found := false
	err := filepath.WalkDir(server.Folder(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // it went meanwhile
		}
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(b, []byte(needle)) {
			found = true
			t.Log(fmt.Sprint(needle, " is in ", path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
