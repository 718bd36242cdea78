package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

func TestAListingPassedOnComesToSomebodyElse(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	if err := c.at("ada").Pass(t.Context(), id); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("ada passes on what nobody holds: %v", err)
	}
	if _, err := c.at("ada").Claim(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := c.at("bo").Pass(t.Context(), id); !errors.Is(err, vigil.ErrHeld) {
		t.Errorf("bo passes on what ada holds: %v", err)
	}
	if err := c.at("ada").Pass(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if es := c.Events(t, vigil.ActPass); len(es) != 1 || es[0].Actor != "ada" || es[0].Reason != "" {
		t.Errorf("the log says %+v", es)
	}
	if _, err := c.at("ada").Next(t.Context(), Wish{}); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("ada gets it again: %v", err)
	}
	if v, err := c.at("ada").Next(t.Context(), Wish{Passed: true}); err != nil || v.Assessment.ID != id {
		t.Errorf("ada asks for what she passed on and gets %v", err)
	}
	if err := c.at("ada").GiveBack(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if v, err := c.at("bo").Next(t.Context(), Wish{}); err != nil || v.Assessment.ID != id {
		t.Errorf("bo gets %v", err)
	}
}

func TestALightWishLeavesGraveListings(t *testing.T) {
	c := newTeam(t)
	grave := c.AddLevel(t, 1, vigil.LevelPriority)
	light := c.AddLevel(t, 2, vigil.LevelReview)
	if _, err := c.at("ada").Claim(t.Context(), grave); err != nil {
		t.Fatal(err)
	}
	v, err := c.at("ada").Next(t.Context(), Wish{Light: true})
	if err != nil || v.Assessment.ID != light {
		t.Errorf("got %s, %v; want the light one, though she holds a grave one", v.Assessment.Level, err)
	}
	c.judges(t, "ada", light, vigil.NotRelevant)
	if _, err := c.at("ada").Next(t.Context(), Wish{Light: true}); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("got %v, want that nothing light waits", err)
	}
}

func TestDisputesComeFirstThenSecondReadings(t *testing.T) {
	c := newTeam(t)
	c.AddLevel(t, 1, vigil.LevelEscalate)
	second, dispute := c.AddLevel(t, 2, vigil.LevelEscalate), c.AddLevel(t, 3, vigil.LevelEscalate)
	c.judges(t, "ada", second, vigil.Relevant)
	c.judges(t, "ada", dispute, vigil.Relevant)
	c.judges(t, "bo", dispute, vigil.NotRelevant)
	for _, k := range []struct {
		who  string
		wish Wish
		want vigil.Stage
	}{
		{"dee", Wish{}, vigil.Adjudicate}, {"cy", Wish{}, vigil.Reread}, {"ada", Wish{}, vigil.Review},
		{"eve", Wish{Stage: vigil.Review}, ""}, {"eve", Wish{Stage: vigil.Reread}, ""},
	} {
		v, err := c.at(k.who).Next(t.Context(), k.wish)
		if k.want == "" {
			if !errors.Is(err, vigil.ErrNotFound) {
				t.Errorf("%s gets %v; all of %s is held", k.who, err, k.wish.Stage)
			}
			continue
		}
		if err != nil || v.Stage != k.want {
			t.Errorf("%s gets %q, %v; want %s", k.who, v.Stage, err, k.want)
		}
	}
	items, _, err := c.at("cy").Waiting(t.Context(), vigil.Reread, 5)
	if err != nil || len(items) != 1 || items[0].Decision != nil {
		t.Errorf("%d second readings wait, %v; want one, without its first", len(items), err)
	}
	if items, _, err := c.at("ada").Waiting(t.Context(), vigil.Reread, 5); err != nil || len(items) != 0 {
		t.Errorf("ada is offered %d second readings of her own, %v", len(items), err)
	}
	n, err := c.at("dee").Counts(t.Context())
	if err != nil || n.Rereads != 1 || n.Disputes != 1 || len(n.Mine) != 1 || n.Levels[0].Waiting != 1 || n.Levels[0].All != 3 {
		t.Errorf("counts are %+v, %v", n, err)
	}
}

func TestAssign(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	for _, k := range []struct {
		to   string
		term time.Duration
		want error
	}{
		{"nemo", time.Hour, vigil.ErrNotFound}, {"olga", time.Hour, vigil.ErrRefused}, {"bo", 15 * 24 * time.Hour, nil}, {"bo", 0, nil},
	} {
		if err := c.at("dee").Assign(t.Context(), id, k.to, k.term); err == nil || k.want != nil && !errors.Is(err, k.want) {
			t.Errorf("to %s for %s: %v, want %v", k.to, k.term, err, k.want)
		}
	}
	if _, err := c.at("dee").Claim(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := c.at("dee").Assign(t.Context(), id, "bo", 48*time.Hour); err != nil {
		t.Fatal(err)
	}
	if es := c.Events(t, vigil.ActAssign); len(es) != 1 || es[0].Details["to"] != "bo" || es[0].Object.ID != id {
		t.Errorf("the log says %+v", es)
	}
	v, err := c.at("bo").Next(t.Context(), Wish{})
	if err != nil || v.Task.Until != c.Now.Add(48*time.Hour) {
		t.Errorf("bo opens it and has it until %s, %v; want no less than before", v.Task.Until, err)
	}
	if err := c.at("dee").Assign(t.Context(), id, "ada", time.Hour); !errors.Is(err, vigil.ErrHeld) {
		t.Errorf("dee takes it from bo: %v", err)
	}
	grave := c.AddLevel(t, 2, vigil.LevelEscalate)
	c.judges(t, "ada", grave, vigil.Relevant)
	if err := c.at("dee").Assign(t.Context(), grave, "ada", time.Hour); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("ada is assigned the second reading of her own: %v", err)
	}
}

func TestAClusterIsDecidedWithItsReasons(t *testing.T) {
	c := newTeam(t)
	var ids []string
	for i := range 6 {
		ids = append(ids, c.AddLevel(t, i, vigil.LevelReview))
	}
	low := c.AddLevel(t, 9, vigil.LevelNote)
	if _, err := c.at("bo").Claim(t.Context(), ids[1]); err != nil {
		t.Fatal(err)
	}
	c.judges(t, "bo", ids[2], vigil.SuspectedMinor)
	c.judges(t, "bo", ids[3], vigil.Relevant)
	c.judges(t, "ada", ids[4], vigil.Unsure)
	members := append(slices.Clone(ids), low)
	cl, err := c.at("ada").Cluster(t.Context(), ids[0], members)
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for _, m := range cl.Members {
		why[m.Assessment.ID] = m.Why
	}
	for id, want := range map[string]string{ids[1]: "held by bo", ids[2]: "restricted", ids[3]: "decided already", ids[4]: "read it already", ids[5]: "", low: ""} {
		if got, ok := why[id]; !ok || !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("member %s: %q, want %q", id, got, want)
		}
	}
	o, err := c.at("ada").JudgeCluster(t.Context(), Choice{Listing: ids[0], Verdict: vigil.NotRelevant, Reason: "duplicate", Seen: ""}, members)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Decided) != 3 || len(o.Left) != 4 {
		t.Fatalf("%d decided and %d left, want 3 and 4", len(o.Decided), len(o.Left))
	}
	for i, d := range o.Decided {
		if want := map[bool]string{true: "", false: ids[0]}[i == 0]; d.Of != want || d.Verdict != vigil.NotRelevant {
			t.Errorf("decision %d is %+v, want of %q", i, d, want)
		}
	}
	if j := c.judgement(t, ids[1]); j.State != vigil.Undecided {
		t.Errorf("what bo holds was decided: %+v", j)
	}
	if es := c.Events(t, vigil.ActDecide); es[len(es)-1].Details["of"] != ids[0] {
		t.Errorf("the log says %+v", es[len(es)-1])
	}
}

func TestRemarks(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	add := func(who string, r vigil.Remark) {
		t.Helper()
		c.Now = c.Now.Add(time.Second)
		if _, err := c.at(who).Remark(t.Context(), id, r); err != nil {
			t.Fatal(err)
		}
	}
	c.judges(t, "ada", id, vigil.Relevant)
	add("ada", vigil.Remark{Kind: vigil.Note, Text: "harbour again"})
	add("ada", vigil.Remark{Kind: vigil.Tag, Text: "port-north"})
	add("ada", vigil.Remark{Kind: vigil.ComeBack, Text: "after the order", Due: c.Now.AddDate(0, 0, 3)})
	add("cy", vigil.Remark{Kind: vigil.Note, Text: "a note of cy"})

	v, err := c.at("cy").Show(t.Context(), id)
	if err != nil || len(v.Remarks.Notes) != 1 || v.Remarks.Notes[0].By != "cy" || v.Remarks.Due != nil || len(v.Remarks.Tags) != 1 || !v.Blind {
		t.Errorf("cy, who may still read it, sees %+v, %v; want their own note and the tag", v.Remarks, err)
	}
	if fs, _, err := c.at("cy").FollowUps(t.Context()); err != nil || len(fs) != 0 {
		t.Errorf("cy sees %d days to come back, %v", len(fs), err)
	}
	fs, _, err := c.at("ada").FollowUps(t.Context())
	if err != nil || len(fs) != 1 || fs[0].Assessment.ID != id || fs[0].Remark.Due != time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) {
		t.Fatalf("ada sees %+v, %v", fs, err)
	}
	c.wantWaits(t, id, vigil.Reread, vigil.FollowUp)
	add("ada", vigil.Remark{Kind: vigil.ComeBack})
	c.wantWaits(t, id, vigil.Reread)
	add("ada", vigil.Remark{Kind: vigil.ComeBack, Due: c.Now})
	c.wantWaits(t, id, vigil.Reread, vigil.FollowUp)
	for _, e := range c.Events(t, vigil.ActRemark) {
		if e.Reason != "" || e.Details["kind"] == "" || len(e.Details) != 1 {
			t.Errorf("the log says %+v, want the kind and no word", e)
		}
	}
	if _, err := c.at("ada").Remark(t.Context(), id, vigil.Remark{Kind: vigil.Tag, Text: "Not A Tag"}); err == nil {
		t.Error("a tag with blanks was taken")
	}
}

func TestASearchGivesNoFirstReadingAway(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	settled := c.AddLevel(t, 2, vigil.LevelReview)
	c.judges(t, "ada", id, vigil.Relevant)
	c.judges(t, "ada", settled, vigil.Relevant)
	find := func(who, query string) store.SearchResult {
		t.Helper()
		q, err := search.Parser{}.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.at(who).Search(t.Context(), store.SearchRequest{Query: q, Count: true})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := find("gus", "crates")
	if len(r.Hits) != 2 {
		t.Fatalf("%d hits, want 2", len(r.Hits))
	}
	for _, h := range r.Hits {
		if shown := h.Decision != nil || h.Facts.Verdict != ""; shown != (h.Listing.ID == settled) {
			t.Errorf("gus, who may read %s second, is shown its decision: %v", h.Listing.ID, shown)
		}
	}
	if slices.ContainsFunc(r.Count.Facets, func(f store.Facet) bool { return f.Name == search.Decision }) {
		t.Error("the count by decision gives it away")
	}
	if r := find("gus", "decision:relevant"); len(r.Hits) != 1 || r.Hits[0].Listing.ID != settled || r.Count != nil {
		t.Errorf("gus finds %d by their decision, count %+v; want the settled one and no count", len(r.Hits), r.Count)
	}
	es := c.Events(t, vigil.ActSearch)
	if last := es[len(es)-1]; last.Details["terms"] != "decision 1" || last.Details["shown"] != "1" {
		t.Errorf("the log says %+v", last)
	}
	c.judges(t, "bo", id, vigil.SuspectedMinor)
	for _, h := range find("flo", "crates").Hits {
		if h.Listing.ID == id && (h.Listing.Title != "" || h.Listing.Description != "" || len(h.Marks) != 0) {
			t.Error("the text of a restricted listing is found with it")
		}
	}
}

func TestSavedFilters(t *testing.T) {
	c := newTeam(t)
	d := c.at("flo")
	if err := d.SaveFilter(t.Context(), " harbour ", "level:review tea"); err != nil {
		t.Fatal(err)
	}
	fs, err := d.Filters(t.Context())
	if err != nil || len(fs) != 1 || fs[0].Name != "harbour" || fs[0].Query != "level:review tea" {
		t.Errorf("filters are %+v, %v", fs, err)
	}
	if fs, _ := c.at("gus").Filters(t.Context()); len(fs) != 0 {
		t.Errorf("gus has flo's filters: %+v", fs)
	}
	if err := d.SaveFilter(t.Context(), "harbour", ""); err != nil {
		t.Fatal(err)
	}
	if fs, _ := d.Filters(t.Context()); len(fs) != 0 {
		t.Errorf("an ended filter is there: %+v", fs)
	}
	for _, e := range c.Events(t, vigil.ActFilter) {
		if strings.Contains(fmt.Sprint(e), "harbour") {
			t.Errorf("the log holds the name: %+v", e)
		}
	}
}

func TestASettledListingIsOneWithAVerdictAndNothingOpen(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	want := func(words string) {
		t.Helper()
		err := c.at("flo").Settled(t.Context(), id)
		if words == "" && err != nil || words != "" && (!errors.Is(err, vigil.ErrRefused) || !strings.Contains(err.Error(), words)) {
			t.Errorf("got %v, want %q", err, words)
		}
	}
	want("no reviewer")
	c.judges(t, "ada", id, vigil.Relevant)
	want("second reading")
	c.judges(t, "bo", id, vigil.NotRelevant)
	want("adjudicated")
	c.judges(t, "dee", id, vigil.NotRelevant)
	want("")
}

func TestANewCaptureIsReadAnew(t *testing.T) {
	c := newTeam(t)
	id := c.AddLevel(t, 1, vigil.LevelEscalate)
	c.judges(t, "ada", id, vigil.Relevant)
	c.Now = c.Now.Add(time.Hour)
	c.AddLevel(t, 1, vigil.LevelEscalate) // the same address, an hour later
	v, err := c.at("bo").Next(t.Context(), Wish{})
	if err != nil || v.Stage != vigil.Review || len(v.Decisions) != 0 {
		t.Fatalf("bo gets %q with %d decisions, %v; want a first reading", v.Stage, len(v.Decisions), err)
	}
	if o := c.judges(t, "bo", id, vigil.NotRelevant); o.Judgement.State != vigil.ReadOnce {
		t.Errorf("the earlier capture's reading counts for the newer: %+v", o.Judgement)
	}
	c.wantWaits(t, id, vigil.Reread)
	if v, err := c.at("ada").Next(t.Context(), Wish{}); err != nil || v.Assessment.ID != id {
		t.Errorf("ada, who read the earlier capture, does not get the newer: %v", err)
	}
}

func TestOfTwoWhoDecideAtOnceOneIsTold(t *testing.T) {
	for _, level := range []vigil.Level{vigil.LevelReview, vigil.LevelNote} {
		c := newTeam(t)
		id := c.AddLevel(t, 1, level)
		errs := make([]error, 2)
		seen := make([]string, 2)
		for i, name := range []string{"ada", "bo"} {
			v, err := c.at(name).Show(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			seen[i] = c.at(name).Seen(v)
		}
		var wg sync.WaitGroup
		for i, name := range []string{"ada", "bo"} {
			d := c.at(name)
			wg.Go(func() {
				_, errs[i] = d.Judge(t.Context(), Choice{Listing: id, Verdict: vigil.Relevant, Reason: "goods", Seen: seen[i]})
			})
		}
		wg.Wait()
		done := 0
		for _, err := range errs {
			switch {
			case err == nil:
				done++
			case !errors.Is(err, vigil.ErrHeld) && !errors.Is(err, ErrChanged):
				t.Errorf("%s: the other is told %v", level, err)
			}
		}
		if j := c.judgement(t, id); done != 1 || j.State != vigil.ReadOnce {
			t.Errorf("%s: %d of two decided what both saw undecided, and it is %s", level, done, j.State)
		}
	}
}

// A late is a store in which something happens just before a lease, or before
// ended tasks are queued anew.
type late struct {
	Store
	first func()
}

func (l *late) Requeue(ctx context.Context, r store.RequeueRequest) (int, error) {
	if do := l.first; do != nil {
		l.first = nil
		do()
	}
	return l.Store.Requeue(ctx, r)
}

func (l *late) Lease(ctx context.Context, r store.LeaseRequest) ([]vigil.Task, time.Time, error) {
	if do := l.first; do != nil {
		l.first = nil
		do()
	}
	return l.Store.Lease(ctx, r)
}

func TestWhatIsDecidedInTheLastMomentIsNotDecidedOver(t *testing.T) {
	for _, level := range []vigil.Level{vigil.LevelReview, vigil.LevelEscalate, vigil.LevelNote} {
		c := newTeam(t)
		id := c.AddLevel(t, 1, level)
		d := c.at("ada")
		v, err := d.Show(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var waits []vigil.Stage
		d.Store = &late{c.Store, func() {
			c.judges(t, "bo", id, vigil.NotRelevant)
			waits = c.waits(t, id)
		}}
		_, err = d.Judge(t.Context(), Choice{Listing: id, Verdict: vigil.Relevant, Reason: "goods", Seen: d.Seen(v)})
		if !errors.Is(err, ErrChanged) {
			t.Errorf("%s: got %v, want ErrChanged", level, err)
		}
		if j := c.judgement(t, id); j.State != vigil.ReadOnce {
			t.Errorf("%s: it is %s", level, j.State)
		}
		c.wantWaits(t, id, waits...)
	}
}

func TestWhatIsDecidedAgainInTheLastMomentIsNotDecidedOver(t *testing.T) {
	for v, want := range map[vigil.Verdict]vigil.JudgementState{vigil.Relevant: vigil.Agreed, vigil.NotRelevant: vigil.Disputed} {
		c := newTeam(t)
		id := c.AddLevel(t, 1, vigil.LevelReview)
		c.judges(t, "cy", id, vigil.Relevant)
		d := c.at("ada")
		seen, err := d.Show(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var waits []vigil.Stage
		d.Store = &late{c.Store, func() {
			c.judges(t, "bo", id, v)
			waits = c.waits(t, id)
		}}
		_, err = d.Judge(t.Context(), Choice{Listing: id, Verdict: vigil.Relevant, Reason: "goods", Seen: d.Seen(seen)})
		if !errors.Is(err, ErrChanged) {
			t.Errorf("got %v, want ErrChanged", err)
		}
		if j := c.judgement(t, id); j.State != want || len(j.Readings) != 2 {
			t.Errorf("it is %s with %d readings, want %s with 2", j.State, len(j.Readings), want)
		}
		c.wantWaits(t, id, waits...)
	}
}
