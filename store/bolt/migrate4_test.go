package bolt_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

// TestACaseOfVersion4CountsItsLevels: all that was there is as it was, but for the
// search index, which is made anew.
func TestACaseOfVersion4CountsItsLevels(t *testing.T) {
	path := oldCaseOf(t, "4")
	before := contents(t, path)
	s := openAt(t, path, time.Date(2026, 11, 3, 9, 0, 22, 0, time.UTC)) // when it was closed
	r, err := store.Check(t.Context(), s, nil)
	if err != nil || r.Verified.Entries != 21 || r.Verified.Records != 20 {
		t.Errorf("check: %+v, %v; want 21 entries, 20 records", r, err)
	}
	for source, want := range map[string][]store.LevelCount{
		"":               {{Level: vigil.LevelEscalate, All: 1}, {Level: vigil.LevelPriority, All: 1, Waiting: 1}, {Level: vigil.LevelReview, All: 2, Waiting: 2}, {Level: vigil.LevelNote}, {Level: vigil.LevelNone, All: 1}},
		"ORD-1/market-b": {{Level: vigil.LevelEscalate}, {Level: vigil.LevelPriority, All: 1, Waiting: 1}, {Level: vigil.LevelReview, All: 1, Waiting: 1}, {Level: vigil.LevelNote}, {Level: vigil.LevelNone}},
	} {
		got, err := s.Levels(t.Context(), source)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("levels of %q: %v (-want +got)\n%s", source, err, diff)
		}
	}
	q, err := search.Parser{}.Parse("decision:relevant")
	if err != nil {
		t.Fatal(err)
	}
	if res, err := s.Search(t.Context(), store.SearchRequest{Query: q}); err != nil || len(res.Hits) != 2 {
		t.Errorf("%d hits, %v; want the two that were decided on", len(res.Hits), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, contents(t, path+".v4")) {
		t.Error("the copy is not what was there")
	}
	after := contents(t, path)
	for at, v := range before {
		if at.bucket != "meta" && !isSearch(at.bucket) && after[at] != v {
			t.Errorf("%+v went from %q to %q", at, v, after[at])
		}
	}
	if v := after[spot{"meta", "", "version"}]; v != "5" {
		t.Errorf("version %q, want 5", v)
	}
}

func isSearch(name string) bool { return len(name) > 7 && name[:7] == "search-" }
