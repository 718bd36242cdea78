package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// TestADamagedSearchIndexIsFoundAndMadeAnew takes away and changes entries: each
// change is found, and a repair makes all be found again.
func TestADamagedSearchIndexIsFoundAndMadeAnew(t *testing.T) {
	path, titles := searchCase(t, 41)
	if r, err := check(t, path); err != nil {
		t.Fatalf("untouched: %v\n%v", err, r.Inspected.Flaws)
	}
	for _, name := range []string{"search-docs", "search-of", "search-new", "search-facts", "search-names", "search-segments", "search-blocks"} {
		all := entries(t, path, name)
		if len(all) == 0 {
			t.Errorf("%s is empty: the test tests too little", name)
		}
		n := 0
		for k, v := range all {
			if n++; n > 3 {
				break
			}
			changes := map[string]func(b *bbolt.Bucket) error{
				"cut": func(b *bbolt.Bucket) error { return b.Put([]byte(k), v[:len(v)/2]) },
				"moved": func(b *bbolt.Bucket) error {
					return errors.Join(b.Delete([]byte(k)), b.Put(flipped([]byte(k), len(k)-1), v))
				},
			}
			changes["deleted"] = func(b *bbolt.Bucket) error { return b.Delete([]byte(k)) }
			for what, change := range changes {
				edit(t, path, func(tx *bbolt.Tx) error { return change(tx.Bucket([]byte(name))) })
				what = fmt.Sprintf("%s, key %q, %s", name, k, what)
				if _, err := check(t, path); !errors.Is(err, vigil.ErrTampered) {
					t.Errorf("%s: %v, want ErrTampered", what, err)
				}
				wantSearchMended(t, what, path, titles)
				edit(t, path, func(tx *bbolt.Tx) error { return replace(tx, name, all) })
			}
		}
	}
}

// TestASearchThatKnowsOtherFactsIsFound: nobody changes by what a listing is found.
func TestASearchThatKnowsOtherFactsIsFound(t *testing.T) {
	path := smallCase(t)
	if r, err := check(t, path); err != nil {
		t.Fatalf("untouched: %v\n%v", err, r.Inspected.Flaws)
	}
	const newest, size = 2, 54 // as LAYOUT.md has them
	for what, at := range map[string]int{
		"next": 3, "prev": 7, "source": 11, "vendor": 15, "genre": 19, "page type": 23, "verdict": 27, "tags": 31, "lists": 35,
		"level": 36, "waiting": 37, "erased": 37, "time": 45, "score": 53,
	} {
		copied := copyFile(t, path)
		edit(t, copied, func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("search-facts"))
			k, v := b.Cursor().First()
			bad := bytes.Clone(v)
			bad[newest*size+at] ^= 1
			if what == "erased" {
				bad[newest*size+at] ^= 3
			}
			return b.Put(k, bad)
		})
		r, err := check(t, copied)
		if n := r.Inspected.Mendable; !errors.Is(err, vigil.ErrTampered) || n == 0 || n != len(r.Inspected.Flaws) {
			t.Errorf("%s: %v, %v; want flaws that can be mended", what, err, r.Inspected.Flaws)
		}
		s, err := bolt.Open(copied, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Repair(t.Context(), "inv-04", nil); err != nil {
			t.Error(err)
		}
		if _, err := store.Check(t.Context(), s, nil); err != nil {
			t.Errorf("%s: after the repair: %v", what, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// replace puts entries in place of what a bucket holds.
func replace(tx *bbolt.Tx, name string, all map[string][]byte) error {
	err := empty(tx, name)
	for k, v := range all {
		err = errors.Join(err, tx.Bucket([]byte(name)).Put([]byte(k), v))
	}
	return err
}

// wantSearchMended repairs a case, and wants everything found in it.
func wantSearchMended(t *testing.T, what, path string, titles []string) {
	t.Helper()
	copied := copyFile(t, path)
	s, err := bolt.Open(copied, bolt.Options{})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer s.Close()
	if _, err := s.Repair(t.Context(), "inv-04", nil); err != nil {
		t.Errorf("%s: repair: %v", what, err)
	}
	if got, err := titlesOf(t, s, "harbour vendor:quay"); err != nil || !slices.Equal(got, titles) {
		t.Errorf("%s: after the repair, found %d, %v; want %d", what, len(got), err, len(titles))
	}
	if _, err := store.Check(t.Context(), s, nil); err != nil {
		t.Errorf("%s: after the repair: %v", what, err)
	}
}
