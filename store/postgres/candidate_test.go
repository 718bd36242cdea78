package postgres

import (
	"fmt"
	"reflect"
	"testing"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

// TestIndexesGiveWhatAWalkGives: whether the first documents suffice or an index is asked,
// the same ones are found in the same order, from any place on, and as of the first page.
func TestIndexesGiveWhatAWalkGives(t *testing.T) {
	pg := shared.Server(t)
	s, err := Create(t.Context(), pg.Address(pg.Database(t)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const n = 40
	put := func(i int, words string) {
		url := fmt.Sprint("http://x.onion/", i)
		l := vigil.Listing{ID: vigil.NewListingID("ORD-1/a", url), Source: "ORD-1/a", URL: url, Title: words, Vendor: fmt.Sprint("v", i%3)}
		a := vigil.Assessment{ID: l.ID, Source: l.Source, Level: []vigil.Level{vigil.LevelNone, vigil.LevelReview, vigil.LevelNote}[i*7%3], Score: float64(i*11%5) / 10}
		for _, r := range []vigil.Record{l, a} {
			if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: "test"}, Record: r}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range n {
		words := "all"
		if i%5 == 0 {
			words += " some"
		}
		if i == 3 {
			words += " one"
		}
		put(i, words)
	}
	var snapshot string
	ask := func(fn func(r read) error) {
		t.Helper()
		if err := s.view(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	ask(func(r read) error { return r.row(`SELECT pg_current_snapshot()::text`, nil, &snapshot) })
	for i := 0; i < n; i += 4 { // what is found has ended since
		put(i, "other")
	}
	for _, tt := range []struct {
		query   string
		indexed bool
		n       int
	}{
		{"all", true, n}, {"some", true, n / 5}, {"one", true, 1}, {"all some", true, n / 5}, {"none", true, 0}, {"vendor:v1", true, 13}, {"level:review", true, 13},
		{"level:note+ some", true, 5}, {"some OR one", true, n/5 + 1}, {"all -some", true, n - n/5}, {"tag:none", false, n}, {"-some", false, n - n/5}, {"status:waiting", false, 0},
	} {
		q, err := search.Parser{}.Parse(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		for _, by := range []store.SearchOrder{store.Newest, store.ByLevel} {
			ask(func(r read) error {
				f, err := r.finder(store.SearchRequest{Query: q, Order: by})
				if err != nil {
					return err
				}
				f.at.snapshot = snapshot
				f.where, f.sure = r.conditionOf(q, snapshot)
				if f.indexed != tt.indexed {
					t.Errorf("%s: indexed %t, want %t", tt.query, f.indexed, tt.indexed)
				}
				all, _, err := f.selected(f.walk, by, f.at, 0, 1000)
				if err != nil {
					return err
				}
				if len(all) != tt.n {
					t.Errorf("%s, by %q: %d documents, want %d", tt.query, by, len(all), tt.n)
				}
				for _, f.window = range []int{1, 3, 10, 1000} {
					for i := -1; i < len(all); i++ {
						at := f.at
						if i >= 0 {
							at = all[i].hitPlace
						}
						for _, most := range []int{1, 3, 1000} {
							got, err := f.candidates(by, at, 0, most)
							if err != nil {
								return err
							}
							if want := all[i+1 : min(len(all), i+1+most)]; len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
								t.Fatalf("%s, by %q, %d behind the first %d, window %d: %v, want %v", tt.query, by, most, i+1, f.window, got, want)
							}
						}
					}
				}
				return nil
			})
		}
	}
}
