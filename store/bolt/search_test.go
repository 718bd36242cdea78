package bolt_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/internal/search"
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

// titlesOf returns the titles of what a word finds, newest first.
func titlesOf(t *testing.T, s store.Searcher, text string) (titles []string, err error) {
	t.Helper()
	q, err := search.Parser{}.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Search(t.Context(), store.SearchRequest{Query: q, Limit: 1000, Count: true})
	for _, h := range res.Hits {
		titles = append(titles, h.Listing.Title)
	}
	if err == nil && len(titles) != res.Count.N {
		t.Errorf("%s: %d hits, count %d", text, len(titles), res.Count.N)
	}
	return titles, err
}

// searchCase makes a case of n listings that share a word, in segments of three,
// and returns its file.
func searchCase(t *testing.T, n int) (path string, titles []string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.WithSegmentsOf(bolt.Options{Tool: "test"}, 3))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		url := fmt.Sprint("http://x.onion/", i)
		l := vigil.Listing{ID: vigil.NewListingID("ORD-1/a", url), Source: "ORD-1/a", URL: url, Title: fmt.Sprint("harbour ", i), Vendor: "quay"}
		if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActExtract}, Record: l}); err != nil {
			t.Fatal(err)
		}
		titles = append(titles, l.Title)
	}
	slices.Reverse(titles)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path, titles
}

// wantTitles opens a case and checks what it finds.
func wantTitles(t *testing.T, what, path string, want []string) {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{Tool: "test"})
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	defer s.Close()
	for _, maintained := range []bool{false, true} {
		if maintained {
			if err := s.Maintain(t.Context()); err != nil {
				t.Errorf("%s: maintain: %v", what, err)
			}
		}
		if got, err := titlesOf(t, s, "harbour"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s, maintained %t: found %d listings, %v; want %d", what, maintained, len(got), err, len(want))
		}
	}
}

// TestTheSearchIndexIsMadeAnew of a case that has none, as one of an earlier
// program, and of one that was half made.
func TestTheSearchIndexIsMadeAnew(t *testing.T) {
	for what, spoil := range map[string]func(*bbolt.Tx) error{
		"none": func(tx *bbolt.Tx) error {
			var gone []string
			err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
				if strings.HasPrefix(string(name), "search-") {
					gone = append(gone, string(name))
				}
				return nil
			})
			for _, name := range gone {
				err = errors.Join(err, tx.DeleteBucket([]byte(name)))
			}
			return errors.Join(err, tx.Bucket([]byte("meta")).Delete([]byte("search")))
		},
		"half made":       func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("search")) },
		"of another form": func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("search"), []byte("0")) },
	} {
		path, titles := searchCase(t, 40)
		edit(t, path, spoil)
		wantTitles(t, what, path, titles)
	}
}

// TestAMergeThatACrashEnded leaves blocks that nobody sees, and a segment whose
// blocks are gone is no danger to the others.
func TestAMergeThatACrashEnded(t *testing.T) {
	path, titles := searchCase(t, 80)
	blocks := func() int { return len(entries(t, path, "search-blocks")) }
	before := blocks()
	edit(t, path, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("search-blocks"))
		k, v := b.Cursor().First()
		stray := slices.Clone(k)
		v = slices.Clone(v)
		stray[0] = 0xff // of a segment that never was
		return b.Put(stray, v)
	})
	if blocks() != before+1 {
		t.Fatal("no block was added")
	}
	wantTitles(t, "a stray block", path, titles)
	if n := blocks(); n >= before {
		t.Errorf("%d blocks after all were merged, %d before", n, before)
	}
}

// TestSearchTellsOfADamagedIndex: what makes no sense is an error, and no panic.
func TestSearchTellsOfADamagedIndex(t *testing.T) {
	for _, name := range []string{"search-docs", "search-facts", "search-blocks", "search-segments", "search-new", "search-names"} {
		path, titles := searchCase(t, 40)
		edit(t, path, func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(name))
			var keys [][]byte
			for k := range entriesOf(b) {
				keys = append(keys, []byte(k))
			}
			var err error
			for _, k := range keys {
				err = errors.Join(err, b.Put(k, []byte{0xff, 0xff, 0xff}))
			}
			return err
		})
		s, err := bolt.Open(path, bolt.Options{Tool: "test"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := titlesOf(t, s, "harbour vendor:quay source:a")
		if !errors.Is(err, vigil.ErrTampered) && name != "search-names" {
			t.Errorf("%s: found %d of %d, %v; want ErrTampered", name, len(got), len(titles), err)
		}
		if name == "search-names" && len(got) == len(titles) {
			t.Errorf("%s: all found though their names are gone", name)
		}
		s.Close()
	}
}

// entriesOf returns what stands in a bucket.
func entriesOf(b *bbolt.Bucket) map[string]bool {
	found := map[string]bool{}
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		found[string(k)] = true
	}
	return found
}

// TestSearchWhileTheCaseGrows reads, writes and maintains at the same time.
func TestSearchWhileTheCaseGrows(t *testing.T) {
	path, _ := searchCase(t, 20)
	s, err := bolt.Open(path, bolt.WithSegmentsOf(bolt.Options{Tool: "test"}, 3))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := range 40 {
				l := vigil.Listing{ID: fmt.Sprintf("l%d-%d", w, i), Source: "ORD-1/a", Title: fmt.Sprintf("harbour %d %d", w, i)}
				if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActExtract}, Record: l}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			last := 20
			for range 30 {
				got, err := titlesOf(t, s, "harbour")
				if err != nil || len(got) < last {
					t.Errorf("found %d, %v; want %d at least", len(got), err, last)
				}
				last = len(got)
				if err := s.Maintain(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, err := titlesOf(t, s, "harbour"); err != nil || len(got) != 140 {
		t.Errorf("found %d, %v; want 140", len(got), err)
	}
}
