package review

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
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
	if _, item := b.get("/item/" + id); !strings.Contains(item, `href="/cluster/`+id+`"`) {
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

// decidable serves a cluster of three listings, and returns their IDs.
func decidable(t *testing.T, c *casetest.Case) (*browser, []string) {
	t.Helper()
	var ids []string
	for n := range 3 {
		ids = append(ids, c.AddLevel(t, n, vigil.LevelReview))
	}
	b := signedInWith(t, c, func(cfg *Config) {
		cfg.ClusterOf = func(asked []string) map[string]string {
			of := map[string]string{}
			for _, id := range asked {
				if slices.Contains(ids, id) {
					of[id] = "c1"
				}
			}
			return of
		}
		cfg.Similar = func(ctx context.Context, d *desk.Desk, listing string) (Similar, error) {
			v, err := d.Show(ctx, listing)
			if err != nil {
				return Similar{}, err
			}
			s := Similar{ID: "c1", Says: "cluster c1", Seen: d.Seen(v), Members: []SimilarMember{{ID: listing, Letter: "A", Level: vigil.LevelReview}}}
			looked, err := d.Cluster(ctx, listing, ids)
			for _, m := range looked.Members {
				s.Members = append(s.Members, SimilarMember{ID: m.Assessment.ID, Level: m.Assessment.Level, Why: m.Why})
			}
			return s, err
		}
	})
	return b, ids
}

func TestAClusterIsDecidedWithExceptions(t *testing.T) {
	c := casetest.New(t)
	b, ids := decidable(t, c)
	_, page := b.get("/cluster/" + ids[0])
	if strings.Count(page, `name="member"`) != 2 || strings.Count(page, `checked="checked"/><span class="away">`) != 2 {
		t.Fatalf("want two ticked members:\n%s", page)
	}
	form := url.Values{"seen": {seenField.FindStringSubmatch(page)[1]}, "verdict": {"not-relevant"}, "reason": {"goods"}, "member": {ids[2]}, "offered": {ids[1], ids[2]}}
	code, done, _ := b.post("/cluster/"+ids[0]+"/decide", form)
	if code != http.StatusOK || !strings.Contains(done, "Recorded for 2 listings") {
		t.Fatalf("status %d:\n%s", code, done)
	}
	for i, want := range []int{1, 0, 1} {
		if ds, err := c.Decisions(t.Context(), ids[i]); err != nil || len(ds) != want {
			t.Errorf("listing %d has %d decisions, %v, want %d", i, len(ds), err, want)
		}
	}
	_, page = b.get("/cluster/" + ids[1])
	if strings.Count(page, `name="member"`) != 0 || strings.Count(page, "you have read it already")+strings.Count(page, "decided already") != 2 {
		t.Errorf("decided members can be ticked, or do not say why:\n%s", page)
	}
}

func TestAClusterThatWasRefusedIsShownAgainAsItWasTyped(t *testing.T) {
	c := casetest.New(t)
	b, ids := decidable(t, c)
	_, page := b.get("/cluster/" + ids[0])
	seen := seenField.FindStringSubmatch(page)[1]
	for name, form := range map[string]url.Values{
		"no reason":      {"seen": {seen}, "verdict": {"not-relevant"}},
		"no verdict":     {"seen": {seen}, "reason": {"goods"}},
		"another's form": {"seen": {"0123456789abcdef"}, "verdict": {"not-relevant"}, "reason": {"goods"}},
		"no state":       {"verdict": {"not-relevant"}, "reason": {"goods"}},
		"a stranger":     {"seen": {seen}, "verdict": {"not-relevant"}, "reason": {"goods"}, "member": {"ffffffffffffffffffffffffffffffff"}},
	} {
		form.Set("note", `"><script>x</script>`)
		form.Add("member", ids[1])
		form["offered"] = []string{ids[1], ids[2]}
		code, page, _ := b.post("/cluster/"+ids[0]+"/decide", form)
		if code != http.StatusUnprocessableEntity && code != http.StatusConflict || !strings.Contains(page, `role="alert"`) || strings.Contains(page, "<script>x") {
			t.Errorf("%s: status %d:\n%s", name, code, page)
		}
		if strings.Count(page, `checked="checked"/><span class="away">`) != 1 {
			t.Errorf("%s: the exception is forgotten", name)
		}
	}
	for _, id := range ids {
		if ds, _ := c.Decisions(t.Context(), id); len(ds) > 0 {
			t.Errorf("listing %s was decided", id)
		}
	}
}

func TestThePageOfAClusterSaysThatItIsBeingMade(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	b := signedInWith(t, c, func(cfg *Config) {
		cfg.Similar = func(context.Context, *desk.Desk, string) (Similar, error) { return Similar{Wait: true}, nil }
	})
	code, page := b.get("/cluster/" + id)
	if code != http.StatusOK || !strings.Contains(page, `<meta http-equiv="refresh"`) || strings.Contains(page, "papers stay") {
		t.Errorf("status %d; it does not look again, or shows a title before the look is logged:\n%s", code, page)
	}
}
