package desk

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

// A text that nobody has assessed is scanned, field by field, so that what must be
// masked in it is known; one that was assessed is not.
func TestTheTextOfAHitIsKnownByItsAssessmentOrScanned(t *testing.T) {
	scan := func(text string) []vigil.Identifier { return []vigil.Identifier{{Raw: text}} }
	known := vigil.Assessment{ID: "l", Page: "new", Level: vigil.LevelReview, Identifiers: []vigil.Identifier{{Raw: "x"}}}
	l := vigil.Listing{ID: "l", Page: "new", Title: "lamp", Description: "by post", Contact: []string{"at the quay"}}
	if diff := cmp.Diff(known, TextOf(store.SearchHit{Listing: l, Assessment: known}, scan)); diff != "" {
		t.Errorf("assessed (-want +got):\n%s", diff)
	}
	old := known
	old.Page = "old"
	got := TextOf(store.SearchHit{Listing: l, Assessment: old}, scan)
	var found []string
	for _, id := range got.Identifiers {
		found = append(found, id.Field+": "+id.Raw)
	}
	want := []string{"title: lamp", "description: by post", "contact: at the quay", "pgp: "}
	if diff := cmp.Diff(want, found); diff != "" || got.ID != "l" || got.Level != vigil.LevelReview {
		t.Errorf("listing %q, level %q; identifiers (-want +got):\n%s", got.ID, got.Level, diff)
	}
	if got := TextOf(store.SearchHit{Listing: l, Assessment: old}, nil); len(got.Identifiers) > 0 {
		t.Errorf("without a scan: %v", got.Identifiers)
	}
}

func TestTheBestMarkIsOutsideTheTitle(t *testing.T) {
	title, text, later := search.Mark{Field: vigil.FieldTitle}, search.Mark{Field: vigil.FieldDescription, End: 3}, search.Mark{Field: vigil.FieldContact}
	if got := BestMark([]search.Mark{title, text, later}); got != text {
		t.Errorf("got %+v, want %+v", got, text)
	}
	if got := BestMark([]search.Mark{title}); got != title {
		t.Errorf("got %+v, want the title's", got)
	}
}
