package review

import (
	"net/http"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/desk"
	"vigil/internal/search"
)

// One reading that suspects a minor is enough, whatever a later one says.
func TestALaterReadingDoesNotOpenWhatAnotherHasRestricted(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id, other := c.Add(t, l, a), c.AddLevel(t, 1, vigil.LevelReview)
	o := team(t, c, desk.Policy{RereadFrom: vigil.LevelEscalate}, func(cfg *Config) { cfg.Query = search.Parser{}.Parse })
	bo, dee, cy := o.seat("bo", vigil.Reviewer, vigil.Investigator), o.seat("dee", vigil.Adjudicator), o.seat("cy", vigil.Adjudicator, vigil.Investigator)
	_, page := bo.get("/")
	_, page, _ = bo.press(page, "/next", nil)
	bo.press(page, "/decide", verdictOf(vigil.SuspectedMinor, "possible-minor", ""))
	_, page = dee.get("/")
	_, page, _ = dee.press(page, "/next", nil)
	dee.press(page, "/decide", verdictOf(vigil.NotRelevant, "goods", ""))
	ds, err := c.Decisions(t.Context(), id)
	if err != nil || len(ds) != 2 || ds[1].Verdict != vigil.NotRelevant {
		t.Fatalf("the decisions are %+v, %v", ds, err)
	}
	for _, s := range []*seat{bo, dee, cy} {
		paths := []string{"/", "/?show=decided", "/?show=all", "/browse", "/item/" + id, ask("passport"), ask("level:escalate"), "/hits", "/log", "/me", "/item/" + other}
		if s == bo {
			paths = append(paths, "/item/"+id+"/source", "/item/"+id+"/rendering", "/item/"+id+"/render")
		}
		for _, path := range paths {
			_, page := s.get(path)
			for _, not := range []string{"papers stay", "sold to the", "Passport is kept", casetest.PaymentAddress} {
				if strings.Contains(page, not) {
					t.Errorf("%s shows %s %q", path, s.who.Account, not)
				}
			}
		}
	}
	if code, _, _ := bo.do(http.MethodPost, "/item/"+id+"/reveal", nil); code != http.StatusForbidden {
		t.Errorf("bo reveals it: status %d", code)
	}
	_, page = cy.get("/item/" + id)
	if _, page, _ = cy.press(page, "/reveal", nil); !strings.Contains(page, "sold to the") || !strings.Contains(page, casetest.PaymentAddress) {
		t.Error("cy, who may read what is restricted, is not shown it")
	}
}
