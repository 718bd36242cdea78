package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store/bolt"
)

// entries returns what stands in a bucket.
func entries(t *testing.T, path, name string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	edit(t, path, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(name)).ForEach(func(k, v []byte) error {
			found[string(k)] = bytes.Clone(v)
			return nil
		})
	})
	return found
}

// TestVerifyFindsEveryChangedIndex changes each byte of each entry of the indexes
// that lead from keys to listings and lists, and takes each away.
func TestVerifyFindsEveryChangedIndex(t *testing.T) {
	t.Parallel()
	findsEveryChangedIndex(t)
}

func TestVerifyFindsEveryChangedIndexOfASealedCase(t *testing.T) {
	t.Parallel()
	findsEveryChangedIndex(t, testKey(1))
}

func findsEveryChangedIndex(t *testing.T, keys ...bolt.Key) {
	path := smallCaseOf(t, 2, keys...)
	for name, want := range map[string]int{"captures": 1, "mentions": 3, "listed": 4} {
		all := entries(t, path, name)
		if len(all) != want {
			t.Errorf("%s has %d entries, want %d", name, len(all), want)
		}
		try := func(k, what string, change func(b *bbolt.Bucket) error) {
			t.Helper()
			edit(t, path, func(tx *bbolt.Tx) error { return change(tx.Bucket([]byte(name))) })
			if err := verify(t, path); !errors.Is(err, vigil.ErrTampered) {
				t.Errorf("%s, key %q, %s: %v, want ErrTampered", name, k, what, err)
			}
			restore(t, path, name, all)
		}
		for k, v := range all {
			try(k, "deleted", func(b *bbolt.Bucket) error { return b.Delete([]byte(k)) })
			if len(v) > 0 { // else it means nothing
				try(k, "cut", func(b *bbolt.Bucket) error { return b.Put([]byte(k), v[:len(v)-1]) })
				try(k, "longer", func(b *bbolt.Bucket) error { return b.Put([]byte(k), append(bytes.Clone(v), 0)) })
			}
			for i := range stride(len(v)) {
				if (len(keys) > 0 || testing.Short()) && i%9 != 0 {
					continue // of a seal, one byte is as good as the next
				}
				try(k, fmt.Sprintf("byte %d flipped", i), func(b *bbolt.Bucket) error { return b.Put([]byte(k), flipped(v, i)) })
			}
			for i := range len(k) {
				bad := flipped([]byte(k), i)
				try(k, fmt.Sprintf("byte %d of its key flipped", i), func(b *bbolt.Bucket) error {
					return errors.Join(b.Delete([]byte(k)), b.Put(bad, v))
				})
				try(k, fmt.Sprintf("beside one with byte %d of its key flipped", i), func(b *bbolt.Bucket) error { return b.Put(bad, v) })
			}
		}
	}
	if err := verify(t, path); err != nil {
		t.Errorf("all taken back: %v", err)
	}
}

// restore makes a bucket what it was.
func restore(t *testing.T, path, name string, all map[string][]byte) {
	t.Helper()
	edit(t, path, func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket([]byte(name)); err != nil {
			return err
		}
		b, err := tx.CreateBucket([]byte(name))
		for k, v := range all {
			err = errors.Join(err, b.Put([]byte(k), v))
		}
		return err
	})
}

func flipped(b []byte, i int) []byte {
	bad := bytes.Clone(b)
	bad[i] ^= 1
	return bad
}

// stride yields every place of a short value, and some of a long one, which is
// long for one text in it.
func stride(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if (i < 200 || i%97 == 0 || i > n-20) && !yield(i) {
				return
			}
		}
	}
}

// TestVerifyFindsMentionsThatNobodyMade: entries that make sense by themselves.
func TestVerifyFindsMentionsThatNobodyMade(t *testing.T) {
	path := smallCase(t)
	all := entries(t, path, "mentions")
	first := slices.Sorted(maps.Keys(all))[0]
	id := strings.Split(first, "\x00")[1]
	for what, k := range map[string]string{
		"of another key":     strings.Replace(first, "k1", "k9", 1),
		"of another listing": strings.Replace(first, id, strings.Repeat("0", 32), 1),
		"of another page":    first[:len(first)-10] + "x" + first[len(first)-9:],
		"of an old version":  strings.Replace(first, "k1", "k0", 1),
	} {
		if k == first {
			t.Fatalf("%s: the key is the same", what)
		}
		wantTampered(t, path, spot{"mentions", "", first}, all[first], what, func(b *bbolt.Bucket) error { return b.Put([]byte(k), all[first]) })
		edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("mentions")).Delete([]byte(k)) })
	}
}

// TestVerifyFindsIndexesOfAnOlderAssessment: as if the newer one, and what it
// mentions, had never been.
func TestVerifyFindsIndexesOfAnOlderAssessment(t *testing.T) {
	path, older := smallCase(t), smallCaseOf(t, 1)
	for _, name := range []string{"captures", "mentions"} {
		restore(t, path, name, entries(t, older, name))
	}
	if n := len(entries(t, path, "mentions")); n != 1 {
		t.Errorf("%d mentions, want the one of the older assessment", n)
	}
	if err := verify(t, path); !errors.Is(err, vigil.ErrTampered) || !strings.Contains(err.Error(), "another version") {
		t.Errorf("got %v, want ErrTampered for the version that is hidden", err)
	}
}

func TestReadersRefuseIndexesThatLeadAstray(t *testing.T) {
	path := smallCase(t)
	rows := entries(t, path, "rows")
	keys := slices.Sorted(maps.Keys(rows))
	list := strings.TrimRight(keys[0][:len(keys[0])-8], "\x00")
	edit(t, path, func(tx *bbolt.Tx) error {
		k := append([]byte("k9\x00"), keys[0]...)
		return errors.Join(
			tx.Bucket([]byte("listed")).Put(k, nil),
			tx.Bucket([]byte("rows")).Delete([]byte(keys[2])),
			tx.Bucket([]byte("rows")).Put([]byte(keys[1]), rows[keys[0]]))
	})
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for what, key := range map[string]string{"a key that the row has not": "k9", "a row that is gone": "k1", "a row in the place of another": vigil.RawKey("b")} {
		if rows, err := s.Listed(t.Context(), key); !errors.Is(err, vigil.ErrTampered) || rows != nil {
			t.Errorf("%s: %+v, %v; want ErrTampered", what, rows, err)
		}
	}
	n := 0
	for _, err = range s.ListRows(t.Context(), list) {
		n++
	}
	if !errors.Is(err, vigil.ErrTampered) || n != 2 {
		t.Errorf("%d rows, then %v; want ErrTampered after the first", n, err)
	}
}

// TestRowsCutOffAtTheEndAreMissed: what is left looks whole.
func TestRowsCutOffAtTheEndAreMissed(t *testing.T) {
	path := smallCase(t)
	keys := slices.Sorted(maps.Keys(entries(t, path, "rows")))
	edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("rows")).Delete([]byte(keys[2])) })
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	for _, err = range s.ListRows(t.Context(), strings.TrimRight(keys[0][:len(keys[0])-8], "\x00")) {
		n++
	}
	if !errors.Is(err, vigil.ErrTampered) || n != 3 {
		t.Errorf("%d rows, then %v; want ErrTampered behind the second", n-1, err)
	}
}

func TestVerifyFindsRowsOfNoList(t *testing.T) {
	path := smallCase(t)
	all := entries(t, path, "rows")
	k := slices.Sorted(maps.Keys(all))[0]
	for what, bad := range map[string]string{"of another list": "x" + k[1:], "behind the last": k[:len(k)-1] + "\x04", "without a number": k[:len(k)-8]} {
		edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("rows")).Put([]byte(bad), all[k]) })
		if err := verify(t, path); !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("a row %s: %v, want ErrTampered", what, err)
		}
		restore(t, path, "rows", all)
	}
}
