package desk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/store"
)

// deskOf returns a reviewer's desk at a case.
func deskOf(c *casetest.Case, reviewer string) *Desk {
	return &Desk{Store: c.Store, Who: access.Alone(reviewer, c.Now), Now: func() time.Time { return c.Now }, Hits: c.Hits}
}

// decide has a desk judge a listing.
func decide(t *testing.T, d *Desk, listing string, v vigil.Verdict, reason, note string) (vigil.Decision, error) {
	t.Helper()
	o, err := d.Judge(t.Context(), Choice{Listing: listing, Verdict: v, Reason: reason, Note: note})
	return o.Decision, err
}

func TestNextClaimsTheHighestWaitingListing(t *testing.T) {
	c := casetest.New(t)
	c.AddLevel(t, 1, vigil.LevelReview)
	high := c.AddLevel(t, 2, vigil.LevelEscalate)
	c.AddLevel(t, 3, vigil.LevelNote)

	v, err := deskOf(c, "ada").Next(t.Context(), Wish{})
	if err != nil {
		t.Fatal(err)
	}
	if v.Assessment.ID != high {
		t.Errorf("got listing %s, want the escalated one, %s", v.Assessment.ID, high)
	}
	if v.Task.Holder != "ada" || v.Page.ID != v.Assessment.Page {
		t.Errorf("held by %q with page %q", v.Task.Holder, v.Page.ID)
	}
	views := c.Events(t, vigil.ActView)
	if len(views) != 1 || views[0].Actor != "ada" || views[0].Object.ID != high || views[0].Order != "ORD-2026-0001" {
		t.Errorf("the log says %+v, want one view of %s by ada", views, high)
	}
}

func TestNextReturnsWhatTheReviewerHolds(t *testing.T) {
	c := casetest.New(t)
	first := c.AddLevel(t, 1, vigil.LevelReview)
	d := deskOf(c, "ada")
	if _, err := d.Next(t.Context(), Wish{}); err != nil {
		t.Fatal(err)
	}
	c.AddLevel(t, 2, vigil.LevelEscalate)
	v, err := d.Next(t.Context(), Wish{})
	if err != nil || v.Assessment.ID != first {
		t.Errorf("got listing %s, %v; want %s, which ada holds", v.Assessment.ID, err, first)
	}
}

func TestTwoReviewersNeverGetTheSameListing(t *testing.T) {
	c := casetest.New(t)
	c.AddLevel(t, 1, vigil.LevelReview)
	c.AddLevel(t, 2, vigil.LevelReview)
	a, err := deskOf(c, "ada").Next(t.Context(), Wish{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := deskOf(c, "bo").Next(t.Context(), Wish{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Assessment.ID == b.Assessment.ID {
		t.Errorf("both got %s", a.Assessment.ID)
	}
	if _, err := deskOf(c, "cy").Next(t.Context(), Wish{}); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("a third reviewer: %v, want ErrNotFound", err)
	}
}

func TestAClaimRunsOut(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	if _, err := deskOf(c, "ada").Next(t.Context(), Wish{}); err != nil {
		t.Fatal(err)
	}
	c.Now = c.Now.Add(defaultTTL + time.Second)
	v, err := deskOf(c, "bo").Next(t.Context(), Wish{})
	if err != nil || v.Assessment.ID != id {
		t.Errorf("after ada's claim ran out: %s, %v; want %s", v.Assessment.ID, err, id)
	}
}

func TestNextPassesOverASupersededCapture(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	c.Add(t, l, a)
	c.Now = c.Now.Add(time.Minute)
	l.Title += ", again"
	id := c.Add(t, l, a) // the same address: the first capture is out of date
	d := deskOf(c, "ada")
	v, err := d.Next(t.Context(), Wish{})
	if err != nil || v.Listing.Title != l.Title {
		t.Fatalf("got %q, %v; want the newer capture", v.Listing.Title, err)
	}
	if _, err := decide(t, d, id, vigil.Relevant, "offer-of-person", ""); err != nil {
		t.Fatal(err)
	}
	if v, err := d.Next(t.Context(), Wish{}); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("the older capture Waits on: %s, %v; want ErrNotFound", v.Assessment.Page, err)
	}
}

func TestNextPassesOverAReviewWithoutAListing(t *testing.T) {
	c := casetest.New(t)
	lost := vigil.NewTask(vigil.Review, c.Source, "no such page")
	lost.Priority = 255
	if _, err := c.Enqueue(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	id := c.AddLevel(t, 1, vigil.LevelReview)
	if v, err := deskOf(c, "ada").Next(t.Context(), Wish{}); err != nil || v.Assessment.ID != id {
		t.Fatalf("got %s, %v; want %s", v.Assessment.ID, err, id)
	}
	task, err := c.Task(t.Context(), lost.ID)
	if err != nil || task.State != vigil.Queued || !strings.Contains(task.Reason, "no such page") {
		t.Errorf("the review without a listing is %+v, %v; want it queued for later, with the reason", task, err)
	}
}

func TestNextFindsAListingThatIsNotNamedAfterItsPage(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	v, err := deskOf(c, "ada").Show(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	// A page at another address, whose listing keeps the first one's name.
	p := v.Page
	p.URL, p.FinalURL, p.CapturedAt = casetest.Address(1), casetest.Address(2), c.Now.Add(time.Minute)
	p.ID = vigil.NewPageID(p)
	l, a = v.Listing, v.Assessment
	l.Page, a.Page = p.ID, p.ID
	for _, r := range []vigil.Record{p, l, a} {
		if _, err := c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "collector", Action: vigil.ActExtract}, Record: r}); err != nil {
			t.Fatal(err)
		}
	}
	task := vigil.NewTask(vigil.Review, c.Source, p.ID)
	task.Priority = 255
	if _, err := c.Enqueue(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	if v, err = deskOf(c, "ada").Next(t.Context(), Wish{}); err != nil || v.Page.ID != p.ID {
		t.Errorf("got page %s, %v; want %s", v.Page.ID, err, p.ID)
	}
}

func TestTheTextShownIsTheOneThatWasAssessed(t *testing.T) {
	c := casetest.New(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	newer := l
	newer.Description = strings.Repeat("moved ", 20) + l.Description
	newer.ID, newer.Source, newer.Page = id, c.Source, "another capture"
	if _, err := c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "collector", Action: vigil.ActExtract}, Record: newer}); err != nil {
		t.Fatal(err)
	}
	v, err := deskOf(c, "ada").Show(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if v.Listing.Description != l.Description {
		t.Error("the findings point into the text of the assessed capture, but that of a newer one is shown")
	}
}

func TestDecideCommitsRecordAndEntryTogether(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	d := deskOf(c, "ada")
	got, err := decide(t, d, id[:6], vigil.NotRelevant, " goods ", "tea, as it says")
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.Show(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want := vigil.Decision{
		Listing: id, Source: c.Source, Page: v.Assessment.Page, Model: "test-model 1", Level: vigil.LevelReview,
		Verdict: vigil.NotRelevant, Reason: "goods", Note: "tea, as it says", Reviewer: "ada", Time: casetest.Start(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]vigil.Decision{want}, v.Decisions); diff != "" {
		t.Error(diff)
	}
	if v.Task.State != vigil.Done {
		t.Errorf("the review is %s, want done", v.Task.State)
	}
	es := c.Events(t, vigil.ActDecide)
	if len(es) != 1 || es[0].Reason != "goods" || es[0].Actor != "ada" || es[0].Object.ID != id || es[0].Object.SHA256 == "" {
		t.Errorf("the log says %+v", es)
	}
}

func TestTheLogHoldsNoWordsOfTheReviewer(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	if _, err := decide(t, deskOf(c, "ada"), id, vigil.Relevant, "names a place near the harbour", "and a second thing"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "ORD-2026-0001"} {
		for e, err := range c.Log(t.Context(), name) {
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(e.Line), "harbour") || strings.Contains(string(e.Line), "second thing") {
				t.Errorf("the log holds the reviewer's words: %s", e.Line)
			}
		}
	}
	if es := c.Events(t, vigil.ActDecide); es[0].Reason != "own-words" {
		t.Errorf("reason in the log is %q, want own-words", es[0].Reason)
	}
}

func TestAChangedMindIsASecondDecision(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	d := deskOf(c, "ada")
	if _, err := decide(t, d, id, vigil.NotRelevant, "goods", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := decide(t, d, id, vigil.Relevant, "", ""); err == nil {
		t.Error("a second decision without a reason was taken")
	}
	if _, err := decide(t, deskOf(c, "bo"), id, vigil.Relevant, "changed-mind", ""); err != nil {
		t.Fatal(err)
	}
	ds, err := c.Decisions(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if len(ds) != 2 || ds[0].Verdict != vigil.NotRelevant || ds[1].Verdict != vigil.Relevant {
		t.Errorf("decisions are %+v, want both, oldest first", ds)
	}
}

func TestAListingThatAsksForNoReviewCanBeDecided(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelNote)
	if _, err := decide(t, deskOf(c, "ada"), id, vigil.Relevant, "tied-identifier", ""); err != nil {
		t.Error(err)
	}
}

func TestDecideRefusesWhatAnotherHolds(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	if _, err := deskOf(c, "ada").Next(t.Context(), Wish{}); err != nil {
		t.Fatal(err)
	}
	_, err := decide(t, deskOf(c, "bo"), id, vigil.Relevant, "offer-of-person", "")
	if !errors.Is(err, vigil.ErrHeld) || !strings.Contains(err.Error(), "ada") {
		t.Errorf("got %v, want ErrHeld, naming ada", err)
	}
}

func TestADecisionOnAReviewThatEndedMeanwhileIsRefused(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	seen, err := deskOf(c, "bo").Show(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decide(t, deskOf(c, "ada"), id, vigil.Relevant, "offer-of-person", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := deskOf(c, "bo").Judge(t.Context(), Choice{Listing: id, Verdict: vigil.NotRelevant, Reason: "goods", Seen: deskOf(c, "bo").Seen(seen)}); !errors.Is(err, ErrChanged) {
		t.Errorf("got %v, want ErrChanged: bo has not seen ada's decision", err)
	}
}

func TestDecideRefuses(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	for _, k := range []struct {
		name, reviewer string
		verdict        vigil.Verdict
		reason, note   string
		want           string
	}{
		{"an unknown verdict", "ada", "guilty", "goods", "", "want one of"},
		{"no reason", "ada", vigil.Relevant, "  ", "", "no reason"},
		{"a long reason", "ada", vigil.Relevant, strings.Repeat("x", MaxReason+1), "", "at most 200"},
		{"a long note", "ada", vigil.Relevant, "goods", strings.Repeat("x", MaxNote+1), "at most 4000"},
		{"bytes that are no text", "ada", vigil.Relevant, "goods", "\xff", "UTF-8"},
		{"nobody's decision", "", vigil.Relevant, "goods", "", "no reviewer"},
	} {
		t.Run(k.name, func(t *testing.T) {
			_, err := decide(t, deskOf(c, k.reviewer), id, k.verdict, k.reason, k.note)
			if err == nil || !strings.Contains(err.Error(), k.want) {
				t.Errorf("got %v, want an error with %q", err, k.want)
			}
		})
	}
	if ds, _ := c.Decisions(t.Context(), id); len(ds) != 0 {
		t.Errorf("refused decisions were recorded: %+v", ds)
	}
}

func TestADeskWithoutAReviewerShowsNothing(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	d := deskOf(c, "")
	for name, do := range map[string]func() error{
		"Next":     func() error { _, err := d.Next(t.Context(), Wish{}); return err },
		"Show":     func() error { _, err := d.Show(t.Context(), id); return err },
		"Reveal":   func() error { _, err := d.Reveal(t.Context(), id); return err },
		"Queue":    func() error { _, err := d.Queue(t.Context(), store.Filter{}); return err },
		"GiveBack": func() error { return d.GiveBack(t.Context(), id) },
	} {
		if err := do(); !errors.Is(err, errNoReviewer) {
			t.Errorf("%s: %v, want %v", name, err, errNoReviewer)
		}
	}
}

func TestGiveBackLetsAnotherTakeIt(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	if _, err := deskOf(c, "ada").Next(t.Context(), Wish{}); err != nil {
		t.Fatal(err)
	}
	if err := deskOf(c, "bo").GiveBack(t.Context(), id); !errors.Is(err, vigil.ErrHeld) {
		t.Errorf("bo gives back what ada holds: %v, want ErrHeld", err)
	}
	if err := deskOf(c, "ada").GiveBack(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if v, err := deskOf(c, "bo").Next(t.Context(), Wish{}); err != nil || v.Assessment.ID != id {
		t.Errorf("bo gets %s, %v; want %s", v.Assessment.ID, err, id)
	}
	if es := c.Events(t, vigil.ActReturn); len(es) != 1 || es[0].Actor != "ada" || es[0].Object.Type != "task" {
		t.Errorf("the log tells of %+v, want that ada gave it back", es)
	}
}

func TestResolve(t *testing.T) {
	c := casetest.New(t)
	d := deskOf(c, "ada")
	ids := map[string]int{} // prefixes of 4 characters
	var id string
	for i := 0; ; i++ {
		if i == 2000 {
			t.Fatal("no two of 2000 IDs begin alike")
		}
		id = vigil.NewListingID(c.Source, casetest.Address(i))
		if j, ok := ids[id[:4]]; ok {
			c.AddLevel(t, i, vigil.LevelNote)
			c.AddLevel(t, j, vigil.LevelNote)
			break
		}
		ids[id[:4]] = i
	}
	if got, err := d.Resolve(t.Context(), id); err != nil || got != id {
		t.Errorf("a whole ID: %s, %v", got, err)
	}
	if got, err := d.Resolve(t.Context(), " "+id[:12]); err != nil || got != id {
		t.Errorf("12 characters: %s, %v; want %s", got, err, id)
	}
	if _, err := d.Resolve(t.Context(), id[:4]); err == nil || !strings.Contains(err.Error(), id) || !strings.Contains(err.Error(), "give more") {
		t.Errorf("4 characters that begin two IDs: %v; want both named", err)
	}
	if _, err := d.Resolve(t.Context(), id[:3]); err == nil || !strings.Contains(err.Error(), "at least 4") {
		t.Errorf("3 characters: %v", err)
	}
	for _, none := range []string{"zzzz", strings.Repeat("0", 32)} {
		if _, err := d.Resolve(t.Context(), none); !errors.Is(err, vigil.ErrNotFound) {
			t.Errorf("%q: %v, want ErrNotFound", none, err)
		}
	}
	if _, err := d.Resolve(t.Context(), "\x1b[2J\u202e"); err == nil || strings.ContainsAny(err.Error(), "\x1b\u202e") {
		t.Errorf("hostile characters: %v", err)
	}
}

func TestALookAtTheQueueIsLogged(t *testing.T) {
	c := casetest.New(t)
	c.AddLevel(t, 1, vigil.LevelReview)
	c.AddLevel(t, 2, vigil.LevelNote)
	items, err := deskOf(c, "ada").Queue(t.Context(), store.Filter{Waiting: true})
	if err != nil || len(items) != 1 {
		t.Fatalf("%d items, %v; want 1", len(items), err)
	}
	if es := c.Events(t, vigil.ActView); len(es) != 1 || es[0].Object.ID != "queue" || es[0].Details["listings"] != "1" {
		t.Errorf("the log says %+v", es)
	}
}
