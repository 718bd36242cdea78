package review

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/desk"
)

// linked serves a case whose listings are linked as links says.
func linked(t *testing.T, c *casetest.Case, links func(context.Context, *desk.Desk, string) (Links, error)) *browser {
	t.Helper()
	return signedInWith(t, c, func(cfg *Config) { cfg.Links = links })
}

func TestThePageOfLinksShowsEvidenceAndPicture(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	b := linked(t, c, func(_ context.Context, _ *desk.Desk, listing string) (Links, error) {
		return Links{
			Group: "group 1", Picture: []byte(`<svg xmlns="http://www.w3.org/2000/svg" id="links-1"></svg>`),
			Rows: []LinkRow{{
				Key: "btc 1A1zP1…vfNa <b>", Where: "page 1, bytes 2-3", Why: []string{"named by 900 listings"}, Lists: "seizures as of 2026-01-31, row 4",
				Others: []LinkedListing{{ID: listing, Vendor: "<script>", Title: "Worker transfer", Where: "page 2, bytes 4-5"}}, More: 3,
			}},
		}, nil
	})
	code, page := b.get("/links/" + id)
	for _, want := range []string{"<svg", "weak", "named by 900 listings", "seizures as of 2026-01-31, row 4", "page 2, bytes 4-5", "And 3 more", "&lt;script&gt;", "nothing about who wrote them"} {
		if code != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("status %d, no %q in\n%s", code, want, page)
		}
	}
	if _, item := b.get("/item/" + id); !strings.Contains(item, `href="/links/`+id+`"`) {
		t.Error("the listing's page does not lead to its links")
	}
	if es := c.Events(t, vigil.ActView); len(es) == 0 || es[len(es)-1].Object.ID != id {
		t.Errorf("the look is not logged: %+v", es)
	}
}

func TestLinksThatCannotBeReadAreAnError(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	b := linked(t, c, func(context.Context, *desk.Desk, string) (Links, error) { return Links{}, errors.New("broken index") })
	if code, page := b.get("/links/" + id); code != http.StatusInternalServerError || !strings.Contains(page, "broken index") {
		t.Errorf("status %d:\n%s", code, page)
	}
	if code, _ := b.get("/links/ffffffff"); code != http.StatusNotFound {
		t.Errorf("an unknown listing: status %d, want 404", code)
	}
}

func TestWithoutLinksThereIsNoSuchPage(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	b := signedIn(t, c)
	if code, _ := b.get("/links/" + id); code != http.StatusNotFound {
		t.Errorf("status %d, want 404", code)
	}
	if _, item := b.get("/item/" + id); strings.Contains(item, "/links/") {
		t.Error("the listing's page leads to links that are not there")
	}
}
