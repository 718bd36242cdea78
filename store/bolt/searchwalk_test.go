package bolt

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"vigil"
	"vigil/internal/search"
)

// inFinder makes a case of n listings with the words "one two" and some levels,
// and calls do with a query for it.
func inFinder(t *testing.T, n int, query string, do func(f *finder)) {
	t.Helper()
	s, err := Create(filepath.Join(t.TempDir(), "vigil.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range n {
		url := fmt.Sprint("http://x.onion/", i)
		id := vigil.NewListingID("ORD-1/a", url)
		for _, r := range []vigil.Record{
			vigil.Listing{ID: id, Source: "ORD-1/a", URL: url, Title: "one two"},
			vigil.Assessment{ID: id, Source: "ORD-1/a", Level: []vigil.Level{vigil.LevelNone, vigil.LevelReview, vigil.LevelNote}[i*7%3], Score: float64(i*11%5) / 10},
		} {
			if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: "test"}, Record: r}); err != nil {
				t.Fatal(err)
			}
		}
	}
	q, err := search.Parser{}.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	err = s.view(t.Context(), func(tx read) error {
		f, err := s.searchIn(tx).find(q, uint32(n))
		if err == nil {
			do(f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestByLevelKeepsTheFirstOfMany: of far more documents than are asked for, and
// from any of them on, those that a sort of all puts first.
func TestByLevelKeepsTheFirstOfMany(t *testing.T) {
	const n = 60
	inFinder(t, n, "one", func(f *finder) {
		places := func(at hitPlace, most int) (ps []hitPlace) {
			next, err := f.byLevel(context.Background(), at, most)
			if err != nil {
				t.Fatal(err)
			}
			for {
				p, _, _, err := next(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if p.doc == 0 {
					return ps
				}
				ps = append(ps, p)
			}
		}
		first := hitPlace{last: n, doc: n + 1, level: 255}
		all := places(first, 1000)
		if len(all) != n || !slices.IsSortedFunc(all, byRank) || all[0].level == all[n-1].level {
			t.Fatalf("%d documents in order: %v", len(all), all)
		}
		for _, most := range []int{1, 2, 3, 7, 14, 15, 16, 59, 60} {
			for i := -1; i < n; i++ {
				at := first
				if i >= 0 {
					at = all[i]
				}
				want := all[i+1 : min(n, i+1+most)]
				if got := places(at, most); !slices.Equal(got, want) {
					t.Fatalf("%d behind the first %d: %v, want %v", most, i+1, got, want)
				}
			}
		}
	})
}

// TestACountSaysWhatItDidNotRead: of a phrase, it is at least what was read and
// held it.
func TestACountSaysWhatItDidNotRead(t *testing.T) {
	for _, tt := range []struct {
		texts, n int
		atLeast  bool
	}{{0, 0, true}, {3, 3, true}, {8, 8, true}, {9, 9, false}, {100, 9, false}} {
		inFinder(t, 9, `"one two"`, func(f *finder) {
			f.remaining = tt.texts
			c, err := f.count(context.Background(), 0)
			if err != nil || c.N != tt.n || c.AtLeast != tt.atLeast || f.remaining != max(0, tt.texts-9) {
				t.Errorf("%d texts may be read: %d, at least %t, %d texts left, %v; want %d, %t", tt.texts, c.N, c.AtLeast, f.remaining, err, tt.n, tt.atLeast)
			}
		})
	}
}
