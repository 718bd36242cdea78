package review

import (
	"net/http"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/desk"
)

// A letter pressed by mistake is seen on the next page, beside the key that undoes it.
func TestTheNextPageSaysWhatWasDecided(t *testing.T) {
	c := casetest.New(t)
	for i := range 2 {
		c.AddLevel(t, i, vigil.LevelReview)
	}
	ada := team(t, c, desk.Policy{}, nil).seat("ada", vigil.Reviewer)
	_, page, _ := ada.do(http.MethodPost, "/next", nil)
	form := verdictOf(vigil.NotRelevant, "goods", "")
	form.Set("then", "next")
	if _, page, _ = ada.press(page, "/decide", form); !strings.Contains(page, "Decided: not relevant, goods. This is the next.") {
		t.Errorf("the next page does not say what was decided:\n%s", page)
	}
	for done, want := range map[string]string{
		doneAs(desk.Choice{Verdict: vigil.Relevant, Reason: "why I think so"}): "Decided: relevant. This is the next.",
		"decided.relevant.your+session+has+ended":                              "Decided: relevant. This is the next.",
		"decided.call this number.goods":                                       "Decided; this is the next.",
		"decided.":                                                             "Decided; this is the next.",
	} {
		if got := saysDecided(done); got != want {
			t.Errorf("%q says %q, want %q", done, got, want)
		}
	}
}

func TestTheLogShortensHashesAndNoNames(t *testing.T) {
	for o, want := range map[vigil.Object]string{
		{Type: "bundle", ID: "bundle-2a32741e720885c2"}:                   "bundle-2a32741e",
		{Type: vigil.TypeListing, ID: "fb03d990fdff33a85bc1060a7d276fd7"}: "fb03d990",
		{Type: vigil.TypeAccount, ID: "officer@unit.example"}:             "officer@unit.example",
		{Type: "case", ID: "watchlist hits"}:                              "watchlist hits",
		{Type: "bundle", ID: "bundle-" + strings.Repeat("x", 100)}:        "bundle-" + strings.Repeat("x", 32) + "…",
	} {
		if got := shortName(o); got != want {
			t.Errorf("%s is called %q, want %q", o.ID, got, want)
		}
	}
}
