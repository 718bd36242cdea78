package review

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/casetest"
	"vigil/internal/desk"
)

// aCluster is what a page of near-duplicates has to show.
func aCluster(id string) Similar {
	return Similar{
		Says:    "cluster c1  2 listings",
		Members: []SimilarMember{{ID: id, Letter: "A", Level: vigil.LevelReview, Vendor: "<b>harbour", How: "the listing asked for"}},
		More:    3, Hidden: 1, Cut: 2,
		Common:   []CommonPart{{Text: "Offers <script>one "}, {Slot: 1}, {Text: " of many"}},
		Slots:    []SlotRow{{N: 1, Values: []SlotValue{{Members: "A C", Text: "lamp <i>"}, {Members: "B"}}}},
		Versions: []VersionRow{{At: time.Unix(0, 0), Page: "p1", Says: "the first"}, {At: time.Unix(60, 0), Page: "p2", Changes: []TextChange{{Field: "title", Before: "a ", Out: "big", In: "small", After: " lamp"}}, Cut: true}},
	}
}

func TestThePageOfNearDuplicatesShowsWhatIsSharedAndWhereTheyDiffer(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	b := signedInWith(t, c, func(cfg *Config) {
		cfg.Similar = func(_ context.Context, _ *desk.Desk, listing string) (Similar, error) { return aCluster(listing), nil }
	})
	code, page := b.get("/similar/" + id)
	for _, want := range []string{
		"cluster c1", "&lt;b&gt;harbour", "And 3 more", "Offers &lt;script&gt;one", `href="#slot-1"`, `id="slot-1"`, "lamp &lt;i&gt;", "A C", "nothing",
		"And 2 more places", "<del>big</del><ins>small</ins>", "the first", "not of who wrote them", "Of 1 of the listings",
	} {
		if code != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("status %d, no %q in\n%s", code, want, page)
		}
	}
	if _, item := b.get("/item/" + id); !strings.Contains(item, `href="/similar/`+id+`"`) {
		t.Error("the listing's page does not lead to its near-duplicates")
	}
}

func TestGraveNearDuplicatesAreFoldedAndRestrictedOnesNotShown(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	var s Similar
	b := signedInWith(t, c, func(cfg *Config) {
		cfg.Similar = func(context.Context, *desk.Desk, string) (Similar, error) { return s, nil }
	})
	s = aCluster(id)
	if _, page := b.get("/similar/" + id); strings.Contains(page, "<details") {
		t.Error("a text of no Grave level is folded")
	}
	s.Grave = true
	if _, page := b.get("/similar/" + id); !strings.Contains(page, `<details class="fold"`) || strings.Contains(page, "open") && strings.Contains(page, "<details open") {
		t.Errorf("a Grave text is not folded:\n%s", page)
	}
	s.Withheld = "withheld: restricted handling"
	if _, page := b.get("/similar/" + id); strings.Contains(page, "Offers") || !strings.Contains(page, s.Withheld) {
		t.Errorf("a withheld text is shown:\n%s", page)
	}
}

func TestNearDuplicatesThatCannotBeReadAreAnError(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	b := signedInWith(t, c, func(cfg *Config) {
		cfg.Similar = func(context.Context, *desk.Desk, string) (Similar, error) {
			return Similar{}, errors.New("broken index")
		}
	})
	if code, page := b.get("/similar/" + id); code != http.StatusInternalServerError || !strings.Contains(page, "broken index") {
		t.Errorf("status %d:\n%s", code, page)
	}
	if code, _ := signedIn(t, c).get("/similar/" + id); code != http.StatusNotFound {
		t.Errorf("without near-duplicates: status %d, want 404", code)
	}
}
