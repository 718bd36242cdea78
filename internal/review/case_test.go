package review

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/store"
)

// factsOf returns what a real case has for its page.
func factsOf(c *casetest.Case) CaseFacts {
	f := CaseFacts{Tool: "vigil test", Folder: "/cases/one"}
	ctx := context.Background()
	for o, err := range c.Orders(ctx) {
		if err != nil {
			panic(err)
		}
		f.Orders = append(f.Orders, o)
	}
	var err error
	if f.Sources, err = c.Sources(ctx); err != nil {
		panic(err)
	}
	if f.Tasks, err = c.Counts(ctx); err != nil {
		panic(err)
	}
	return f
}

// standOf records standings as the program does.
func standOf(c *casetest.Case) func(context.Context, access.Person, vigil.Standing) error {
	return func(ctx context.Context, who access.Person, st vigil.Standing) error {
		_, err := c.Record(ctx, vigil.Result{
			Act:       vigil.Act{Actor: who.Account, Action: vigil.ActPause, Order: vigil.OrderOf(st.Source), Object: vigil.Object{Type: "source", ID: st.Source}, Reason: st.Reason},
			Standings: []vigil.Standing{st},
		})
		return err
	}
}

func withCase(t *testing.T, c *casetest.Case) *browser {
	return signedInWith(t, c, func(cfg *Config) {
		cfg.Facts = func(context.Context, access.Person) (CaseFacts, error) { return factsOf(c), nil }
		cfg.Stand = standOf(c)
	})
}

func TestTheCasePageSaysHowSourcesStand(t *testing.T) {
	c := casetest.New(t)
	for n := range 3 {
		c.AddLevel(t, n, vigil.LevelReview)
	}
	b := withCase(t, c)
	code, page := b.get("/case")
	for _, want := range []string{"market-a", "ORD-2026-0001", "3 of at most 1048576", "CASE-2026-001", "vigil test", ">open<", "ends in 92 days"} {
		if !strings.Contains(page, want) {
			t.Errorf("status %d: the page does not say %q", code, want)
		}
	}
	if !strings.Contains(page, `<th scope="row">review</th><td>3</td>`) {
		t.Error("the page does not say that 3 reviews are queued")
	}
}

func TestASourceIsPausedAndResumedWithAReason(t *testing.T) {
	c := casetest.New(t)
	b := withCase(t, c)
	state := func() vigil.Standing {
		ss, err := c.Sources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return ss[0].Standing
	}
	form := func(do, reason string) url.Values {
		return url.Values{"source": {c.Source}, "do": {do}, "reason": {reason}}
	}
	for _, bad := range []url.Values{form("pause", " "), form("stop", "why"), form("pause", strings.Repeat("x", 201)), form("pause", "\xff")} {
		if code, _, _ := b.post("/case/source", bad); code < 400 || code >= 500 || state().State == vigil.SourcePaused {
			t.Errorf("%v: status %d, and the source is %s", bad, code, state().State)
		}
	}
	code, page, path := b.post("/case/source", form("pause", "<b>a wall</b>"))
	if st := state(); code != http.StatusOK || path != "/case" || st.State != vigil.SourcePaused || st.By != "ada" || st.Reason != "<b>a wall</b>" {
		t.Errorf("status %d at %s, standing %+v: want it paused by ada", code, path, st)
	}
	if !strings.Contains(page, "&lt;b&gt;a wall&lt;/b&gt;") || !strings.Contains(page, "Resume") {
		t.Error("the page does not say why it is paused, or how to resume it")
	}
	if b.post("/case/source", form("resume", "looked at it")); state().State != vigil.SourceOpen {
		t.Errorf("after resume the source is %s", state().State)
	}
	if events := c.Events(t, vigil.ActPause); len(events) != 2 || events[0].Actor != "ada" {
		t.Errorf("%d entries in the log, want 2 by ada", len(events))
	}
}

func TestHostileWordsAreTextOnTheCasePage(t *testing.T) {
	bad := "</title><script>x</script>\u202e"
	c := casetest.New(t)
	b := signedInWith(t, c, func(cfg *Config) {
		cfg.Facts = func(context.Context, access.Person) (CaseFacts, error) {
			return CaseFacts{
				Orders: []vigil.Order{{ID: bad, Case: bad, Authority: bad, LegalBasis: bad, Purpose: bad, SignedBy: []string{bad}}},
				Sources: []store.SourceStatus{{Source: vigil.Source{Name: bad, Order: bad, MaxPages: 5},
					Standing: vigil.Standing{State: vigil.SourcePaused, By: bad, Reason: bad}, Because: bad, Rest: c.Now.Add(1e12)}},
				Tool: bad, Folder: bad,
			}, nil
		}
	})
	if code, page := b.get("/case"); code != http.StatusOK || strings.Contains(page, "<script>x") || strings.Contains(page, "\u202e") {
		t.Errorf("status %d, or the page holds hostile words as they are", code)
	}
}
