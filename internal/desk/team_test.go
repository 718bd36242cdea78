package desk

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/store"
)

// A team is a case with accounts. Every desk of it asks for second readings from
// escalate on, and by lot of none.
type team struct {
	*casetest.Case
	policy Policy
	lot    float64
	recent Recent // of everybody's desk
}

func newTeam(t testing.TB) *team {
	return &team{Case: casetest.New(t), policy: Policy{RereadFrom: vigil.LevelEscalate}, lot: 0.99}
}

// roles are the team's people.
func (c *team) roles() map[string][]vigil.Role {
	return map[string][]vigil.Role{
		"ada": {vigil.Reviewer}, "bo": {vigil.Reviewer}, "cy": {vigil.Reviewer}, "dee": {vigil.Adjudicator}, "eve": {vigil.Adjudicator},
		"flo": {vigil.Investigator}, "gus": {vigil.Reviewer, vigil.Investigator}, "olga": {vigil.Operator},
	}
}

func (c *team) accounts(context.Context) (as []vigil.Account, err error) {
	for name, rs := range c.roles() {
		as = append(as, vigil.Account{Name: name, Roles: rs, By: "admin", At: casetest.Start()})
	}
	return as, nil
}

// at returns somebody's desk; they have just signed in.
func (c *team) at(name string) *Desk {
	a := vigil.Account{Name: name, Roles: c.roles()[name], By: "admin", At: casetest.Start()}
	return &Desk{
		Store: c.Store, Who: access.Of(a, c.Now), Now: func() time.Time { return c.Now }, Policy: c.policy, Contact: "desk 4, extension 112",
		Accounts: c.accounts, Lot: func() float64 { return c.lot }, Recent: &c.recent,
	}
}

// judges has somebody decide, and fails the test if they cannot.
func (c *team) judges(t testing.TB, name, listing string, v vigil.Verdict) Outcome {
	t.Helper()
	c.Now = c.Now.Add(time.Second)
	o, err := c.at(name).Judge(t.Context(), Choice{Listing: listing, Verdict: v, Reason: "goods", Note: "note of " + name})
	if err != nil {
		t.Fatalf("%s judges: %v", name, err)
	}
	return o
}

// judgement returns what the case knows, veiled for nobody.
func (c *team) judgement(t testing.TB, listing string) vigil.Judgement {
	t.Helper()
	ds, err := c.Decisions(t.Context(), listing)
	if err != nil {
		t.Fatal(err)
	}
	return vigil.Judge(ds)
}

// waits returns the stages in which a listing waits.
func (c *team) waits(t testing.TB, listing string) (sts []vigil.Stage) {
	t.Helper()
	a, err := c.Assessment(t.Context(), listing)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range []vigil.Stage{vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp} {
		task, err := c.Task(t.Context(), vigil.NewTask(st, a.Source, a.Page).ID)
		if err != nil && !errors.Is(err, vigil.ErrNotFound) {
			t.Fatal(err)
		}
		if task.State == vigil.Queued || task.State == vigil.Leased {
			sts = append(sts, st)
		}
	}
	return sts
}

func (c *team) wantWaits(t testing.TB, listing string, want ...vigil.Stage) {
	t.Helper()
	if got := c.waits(t, listing); !slices.Equal(got, want) {
		t.Errorf("it waits in %v, want %v", got, want)
	}
}

func TestAGraveListingIsReadTwiceByTwo(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	o := c.judges(t, "ada", id, vigil.Relevant)
	if o.Judgement.State != vigil.ReadOnce {
		t.Errorf("after one reading it is %s", o.Judgement.State)
	}
	c.wantWaits(t, id, vigil.Reread)
	if _, err := c.at("ada").Next(t.Context(), Wish{}); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("ada is offered her own listing again: %v", err)
	}
	if _, err := c.at("ada").Claim(t.Context(), id); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("ada claims the second reading of what she read: %v", err)
	}
	v, err := c.at("bo").Next(t.Context(), Wish{})
	if err != nil || v.Assessment.ID != id || v.Stage != vigil.Reread {
		t.Fatalf("bo gets %s in %q, %v; want the second reading of %s", v.Assessment.ID, v.Stage, err, id)
	}
	if !v.Blind || len(v.Decisions) != 0 || v.Decision != nil {
		t.Errorf("bo sees a first reading: %+v", v.Decisions)
	}
	if o := c.judges(t, "bo", id, vigil.Relevant); o.Judgement.State != vigil.Agreed || o.Judgement.Verdict != vigil.Relevant {
		t.Errorf("two equal readings are %+v", o.Judgement)
	}
	c.wantWaits(t, id)
	if v, err := c.at("cy").Show(t.Context(), id); err != nil || v.Blind || len(v.Decisions) != 2 {
		t.Errorf("once it is settled cy sees %d decisions, %v; want both", len(v.Decisions), err)
	}
}

func TestReadersWhoDifferAreAdjudicatedByAThird(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	c.judges(t, "dee", id, vigil.Relevant)
	if o := c.judges(t, "bo", id, vigil.NotRelevant); o.Judgement.State != vigil.ReadOnce || len(o.Judgement.Readings) != 1 {
		t.Errorf("bo learns what the first reader said: %+v", o.Judgement)
	}
	c.wantWaits(t, id, vigil.Adjudicate)
	for _, name := range []string{"dee", "bo"} {
		if v, err := c.at(name).Show(t.Context(), id); err != nil || len(v.Decisions) != 1 || v.Decisions[0].Reviewer != name || !v.Blind {
			t.Errorf("%s, who read it, sees %+v, %v; want their own reading alone", name, v.Decisions, err)
		}
	}
	if v, err := c.at("cy").Show(t.Context(), id); err != nil || len(v.Decisions) != 0 || v.Decision != nil {
		t.Errorf("cy sees an open dispute: %+v, %v", v.Decisions, err)
	}
	if _, err := c.at("cy").Judge(t.Context(), Choice{Listing: id, Verdict: vigil.Relevant, Reason: "goods"}); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("a reviewer adjudicates: %v", err)
	}
	if _, err := c.at("dee").Judge(t.Context(), Choice{Listing: id, Verdict: vigil.Relevant, Reason: "goods"}); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("a reader adjudicates their own dispute: %v", err)
	}
	v, err := c.at("eve").Next(t.Context(), Wish{})
	if err != nil || v.Stage != vigil.Adjudicate || len(v.Decisions) != 2 {
		t.Fatalf("eve gets %q with %d decisions, %v; want the dispute with both", v.Stage, len(v.Decisions), err)
	}
	if o := c.judges(t, "eve", id, vigil.NotRelevant); o.Judgement.State != vigil.Adjudicated || o.Decision.Part != vigil.Adjudication {
		t.Errorf("eve's choice is %+v", o)
	}
	c.wantWaits(t, id)
	if j := c.judgement(t, id); j.Verdict != vigil.NotRelevant || len(j.Readings) != 2 {
		t.Errorf("the judgement is %+v", j)
	}
}

func TestUndoUntilASecondReaderHasBegun(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	c.judges(t, "ada", id, vigil.Relevant)
	if n, err := c.at("ada").Counts(t.Context()); err != nil || n.Undo != id || n.Rereads != 1 {
		t.Errorf("ada may take back %q, %v; want %s", n.Undo, err, id)
	}
	dec, err := c.at("ada").Undo(t.Context(), id)
	if err != nil || dec.Verdict != vigil.Relevant {
		t.Fatalf("took back %+v, %v", dec, err)
	}
	c.wantWaits(t, id, vigil.Review)
	if j := c.judgement(t, id); j.State != vigil.Undecided {
		t.Errorf("it is %s", j.State)
	}
	if n, err := c.at("ada").Counts(t.Context()); err != nil || len(n.Mine) != 1 || n.Undo != "" {
		t.Errorf("ada holds %d and may take back %q, %v; want the listing again", len(n.Mine), n.Undo, err)
	}
	c.judges(t, "ada", id, vigil.NotRelevant)
	c.wantWaits(t, id, vigil.Reread)
	if _, err := c.at("bo").Next(t.Context(), Wish{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.at("ada").Undo(t.Context(), id); !errors.Is(err, vigil.ErrHeld) {
		t.Errorf("ada takes back what bo reads: %v", err)
	}
	if n, err := c.at("ada").Counts(t.Context()); err != nil || n.Undo != "" {
		t.Errorf("ada is offered to take back %q, %v", n.Undo, err)
	}
	c.judges(t, "bo", id, vigil.Relevant)
	if _, err := c.at("ada").Undo(t.Context(), id); !errors.Is(err, vigil.ErrExists) {
		t.Errorf("ada takes back what bo read after her: %v", err)
	}
	if _, err := c.at("bo").Undo(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	c.wantWaits(t, id, vigil.Reread)
	if _, err := c.at("ada").Claim(t.Context(), id); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("ada may read it a second time: %v", err)
	}
	if es := c.Events(t, vigil.ActUndo); len(es) != 2 {
		t.Errorf("%d entries of the log tell of what was taken back, want 2", len(es))
	}
}

func TestAnAdjudicationIsTakenBackUntilSomebodyDecidesAfterIt(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	c.judges(t, "ada", id, vigil.Relevant)
	c.judges(t, "bo", id, vigil.NotRelevant)
	c.judges(t, "eve", id, vigil.Relevant)
	if _, err := c.at("eve").Undo(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	c.wantWaits(t, id, vigil.Adjudicate)
	c.judges(t, "eve", id, vigil.NotRelevant)
	if o := c.judges(t, "eve", id, vigil.Relevant); o.Decision.Part != vigil.Adjudication {
		t.Errorf("who adjudicated and decides again made a %q", o.Decision.Part)
	}
	c.judges(t, "ada", id, vigil.Relevant)
	c.wantWaits(t, id, vigil.Adjudicate) // it opened the judgement anew, and they still differ
	if _, err := c.at("eve").Undo(t.Context(), id); !errors.Is(err, vigil.ErrExists) {
		t.Errorf("eve takes back what was decided after: %v", err)
	}
}

func TestUndoIsOfferedWhateverElseHappened(t *testing.T) {
	c := newTeam(t)
	first, second := c.AddLevel(t, 1, vigil.LevelReview), c.AddLevel(t, 2, vigil.LevelReview)
	want := func(name, listing string) {
		t.Helper()
		alone := c.at(name)
		alone.Recent = nil // reads the logs anew
		for how, d := range map[string]*Desk{"remembered": c.at(name), "read": alone} {
			if n, err := d.Counts(t.Context()); err != nil || n.Undo != listing {
				t.Errorf("%s may take back %q, %v (%s); want %q", name, n.Undo, err, how, listing)
			}
		}
	}
	want("ada", "")
	c.judges(t, "ada", first, vigil.Relevant)
	want("ada", first)
	want("bo", "")
	c.judges(t, "bo", second, vigil.Relevant)
	want("ada", first)
	want("bo", second)
	for range 2 * undoTail {
		if _, err := c.at("cy").Show(t.Context(), second); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := c.at("ada").Counts(t.Context()); err != nil || n.Undo != first {
		t.Errorf("after much else ada may take back %q, %v; want %s", n.Undo, err, first)
	}
	if _, err := c.at("ada").Undo(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	want("ada", "")
}

func TestDecidingAgain(t *testing.T) {
	t.Run("the first reader changes their mind before the second begins", func(t *testing.T) {
		c := newTeam(t)
		id := c.AddLevel(t, 1, vigil.LevelEscalate)
		c.judges(t, "ada", id, vigil.Relevant)
		c.judges(t, "ada", id, vigil.NotRelevant)
		c.wantWaits(t, id, vigil.Reread)
		if j := c.judgement(t, id); j.State != vigil.ReadOnce || j.Verdict != vigil.NotRelevant {
			t.Errorf("the judgement is %+v", j)
		}
		if _, err := c.at("ada").Undo(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		c.wantWaits(t, id, vigil.Reread)
		if j := c.judgement(t, id); j.Verdict != vigil.Relevant {
			t.Errorf("the earlier reading does not stand again: %+v", j)
		}
	})
	t.Run("not once the second has begun", func(t *testing.T) {
		c := newTeam(t)
		id := c.AddLevel(t, 1, vigil.LevelEscalate)
		c.judges(t, "ada", id, vigil.Relevant)
		if _, err := c.at("bo").Next(t.Context(), Wish{}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.at("ada").Judge(t.Context(), Choice{Listing: id, Verdict: vigil.NotRelevant, Reason: "goods"}); !errors.Is(err, vigil.ErrHeld) {
			t.Errorf("got %v, want ErrHeld", err)
		}
		if v, err := c.at("bo").Next(t.Context(), Wish{}); err != nil || v.Assessment.ID != id {
			t.Errorf("bo lost it: %v", err)
		}
	})
	t.Run("the same verdict again asks for nothing", func(t *testing.T) {
		c := newTeam(t)
		id := c.AddLevel(t, 1, vigil.LevelEscalate)
		c.judges(t, "ada", id, vigil.Relevant)
		c.judges(t, "bo", id, vigil.Relevant)
		c.judges(t, "ada", id, vigil.Relevant)
		c.judges(t, "cy", id, vigil.Relevant)
		c.wantWaits(t, id)
		if j := c.judgement(t, id); j.State != vigil.Agreed || len(j.Readings) != 3 {
			t.Errorf("the judgement is %+v", j)
		}
	})
	t.Run("another verdict on an agreed one is a dispute", func(t *testing.T) {
		c := newTeam(t)
		id := c.AddLevel(t, 1, vigil.LevelEscalate)
		c.judges(t, "ada", id, vigil.Relevant)
		c.judges(t, "bo", id, vigil.Relevant)
		c.judges(t, "ada", id, vigil.NotRelevant)
		c.wantWaits(t, id, vigil.Adjudicate)
		if _, err := c.at("ada").Undo(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		c.wantWaits(t, id)
		if j := c.judgement(t, id); j.State != vigil.Agreed {
			t.Errorf("the judgement is %+v", j)
		}
	})
	t.Run("a single reading may be replaced", func(t *testing.T) {
		c := newTeam(t)
		id := c.AddLevel(t, 1, vigil.LevelReview)
		c.judges(t, "ada", id, vigil.Relevant)
		c.judges(t, "ada", id, vigil.NotRelevant)
		c.wantWaits(t, id)
		if j := c.judgement(t, id); j.State != vigil.ReadOnce || j.Verdict != vigil.NotRelevant {
			t.Errorf("the judgement is %+v", j)
		}
	})
}

func TestSecondReadingsByLotAndByDoubt(t *testing.T) {
	for _, k := range []struct {
		name  string
		share float64
		lot   float64
		v     vigil.Verdict
		solo  bool
		want  []vigil.Stage
	}{
		{"drawn", 0.05, 0.049, vigil.Relevant, false, []vigil.Stage{vigil.Reread}},
		{"not drawn", 0.05, 0.05, vigil.Relevant, false, nil},
		{"no share", 0, 0, vigil.Relevant, false, nil},
		{"unsure", 0, 0.9, vigil.Unsure, false, []vigil.Stage{vigil.Reread}},
		{"needs a translator", 0, 0.9, vigil.NeedsTranslation, false, []vigil.Stage{vigil.Reread}},
		{"unsure, but alone", 1, 0, vigil.Unsure, true, nil},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := newTeam(t)
			c.policy.RereadShare, c.lot = k.share, k.lot
			id := c.AddLevel(t, 1, vigil.LevelReview)
			d := c.at("ada")
			if k.solo {
				d.Who = access.Alone("ada", c.Now)
			}
			if _, err := d.Judge(t.Context(), Choice{Listing: id, Verdict: k.v, Reason: "goods"}); err != nil {
				t.Fatal(err)
			}
			c.wantWaits(t, id, k.want...)
		})
	}
}

func TestASuspectedMinor(t *testing.T) {
	c := newTeam(t)
	l, a := casetest.Sample()
	id := c.Add(t, l, a)
	if _, err := c.at("ada").Next(t.Context(), Wish{}); err != nil {
		t.Fatal(err)
	}
	o := c.judges(t, "ada", id, vigil.SuspectedMinor)
	if o.Paused != c.Source || o.Contact != "desk 4, extension 112" {
		t.Errorf("paused %q, tell %q", o.Paused, o.Contact)
	}
	ss, err := c.Sources(t.Context())
	if err != nil || ss[0].Standing.State != vigil.SourcePaused || ss[0].Standing.By != "ada" {
		t.Errorf("the source is %+v, %v", ss[0].Standing, err)
	}
	for _, name := range []string{"ada", "bo", "dee"} {
		v, err := c.at(name).Show(t.Context(), id)
		if err != nil || v.Listing.Description+v.Listing.Title+v.Listing.Vendor != "" || v.Assessment.Findings[0].Text != "" || v.Page.Body != nil {
			t.Errorf("%s is shown the text of a restricted listing: %v", name, err)
		}
	}
	for _, name := range []string{"ada", "bo"} {
		if _, err := c.at(name).Reveal(t.Context(), id); !errors.Is(err, vigil.ErrRefused) || errors.Is(err, access.ErrStepUp) {
			t.Errorf("%s reveals it: %v", name, err)
		}
		if _, err := c.at(name).Capture(t.Context(), id, "source"); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("%s opens the capture: %v", name, err)
		}
		if _, err := c.at(name).Claim(t.Context(), id); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("%s claims it: %v", name, err)
		}
	}
	if _, err := c.at("bo").Next(t.Context(), Wish{}); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("bo is given it: %v", err)
	}
	if _, err := c.at("bo").Next(t.Context(), Wish{Passed: true}); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("bo is given it when they ask for what they passed on: %v", err)
	}
	late := c.at("dee")
	late.Who.Proved = c.Now.Add(-time.Hour)
	if _, err := late.Reveal(t.Context(), id); !errors.Is(err, access.ErrStepUp) {
		t.Errorf("dee reveals it long after signing in: %v", err)
	}
	if _, err := late.Next(t.Context(), Wish{}); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("dee is given it long after signing in: %v", err)
	}
	if v, err := c.at("dee").Next(t.Context(), Wish{}); err != nil || v.Assessment.ID != id {
		t.Errorf("dee gets %s, %v", v.Assessment.ID, err)
	}
	if v, err := c.at("dee").Reveal(t.Context(), id); err != nil || v.Listing.Description != l.Description {
		t.Errorf("dee, who may, is not shown the text: %v", err)
	}
	c.judges(t, "dee", id, vigil.NotRelevant)
	items, err := c.at("cy").Queue(t.Context(), store.Filter{})
	if err != nil || len(items) != 1 || items[0].Listing.Title != "" || items[0].Decision == nil || items[0].Decision.Reviewer != "" {
		t.Errorf("the queue shows cy %+v, %v; want that it is restricted, and by whose word not", items, err)
	}
	c.judges(t, "eve", id, vigil.NotRelevant)
	if v, err := c.at("bo").Show(t.Context(), id); err != nil || v.Listing.Description == "" {
		t.Errorf("an adjudication that denies it does not open it again: %v", err)
	}
}

func TestTheFirstReaderTakesASlipBack(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	c.judges(t, "ada", id, vigil.SuspectedMinor)
	if _, err := c.at("ada").Undo(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if v, err := c.at("ada").Show(t.Context(), id); err != nil || v.Listing.Title == "" {
		t.Errorf("ada is not shown it again: %v", err)
	}
}
