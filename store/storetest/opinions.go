package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

func account(name string, minute int, roles ...vigil.Role) vigil.Account {
	return vigil.Account{Name: name, Roles: roles, By: "admin-1", At: day.Add(time.Duration(minute) * time.Minute)}
}

func filter(owner, name, query string) vigil.SavedFilter {
	return vigil.SavedFilter{ID: vigil.NewFilterID(owner, name), Owner: owner, Name: name, Query: query, At: day}
}

// ok returns what a call returned that may not fail.
func ok[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func accountsAreVersioned(t *testing.T, e *env) {
	ctx := t.Context()
	if as := ok(e.Accounts(ctx))(t); len(as) != 0 {
		t.Errorf("a new case has the accounts %v", as)
	}
	first, last := account("ann", 1, vigil.Reviewer), account("ann", 2, vigil.Reviewer, vigil.Adjudicator)
	for i := range 20 { // more than one look at a file shows
		e.record(account("ann", i, vigil.Auditor), vigil.ActAccount)
	}
	gone := account("bea", 3)
	gone.Disabled = true
	for _, a := range []vigil.Account{account("cat", 1, vigil.Admin), first, account("bea", 1, vigil.Reviewer), last, gone} {
		e.record(a, vigil.ActAccount)
	}
	e.reopen()
	if diff := cmp.Diff([]vigil.Account{last, gone, account("cat", 1, vigil.Admin)}, ok(e.Accounts(ctx))(t)); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if n := len(e.entries("")); n != 25 {
		t.Errorf("%d entries in the log of the case, want 25", n)
	}
	e.verified(0)
}

func filtersAreTheirOwners(t *testing.T, e *env) {
	ctx := t.Context()
	mine, other := filter("ann", "waiting", "status:waiting"), filter("bea", "a name", "tag:boats")
	ended := filter("ann", "old", "")
	for _, f := range []vigil.SavedFilter{filter("ann", "old", "level:note"), filter("ann", "waiting", "x"), other, mine, ended, filter("bea", "waiting", "y")} {
		e.record(f, vigil.ActFilter)
	}
	if diff := cmp.Diff([]vigil.SavedFilter{mine}, ok(e.Filters(ctx, "ann"))(t)); diff != "" {
		t.Errorf("ann's (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]vigil.SavedFilter{other, mine, filter("bea", "waiting", "y")}, ok(e.Filters(ctx, ""))(t)); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	if fs := ok(e.Filters(ctx, "cat"))(t); len(fs) != 0 {
		t.Errorf("cat has %v", fs)
	}
	e.verified(0)
}

func remarksAreKept(t *testing.T, e *env) {
	p := e.assess(src, "a", vigil.LevelReview, 0.5, true)
	var want []vigil.Remark
	for i := range 20 {
		want = append(want, e.remark(p, vigil.Note, fmt.Sprint("note ", i)))
	}
	want = append(want, e.remark(p, vigil.Tag, "boats"))
	e.reopen()
	id := want[0].Listing
	if diff := cmp.Diff(want, ok(e.Remarks(t.Context(), id))(t)); diff != "" {
		t.Errorf("remarks (-want +got):\n%s", diff)
	}
	if rs := ok(e.Remarks(t.Context(), "unknown"))(t); len(rs) != 0 {
		t.Errorf("a listing that is not there has %v", rs)
	}
	e.verified(0)
}

// opinionsThatMakeNoSense are refused, and leave nothing.
func opinionsThatMakeNoSense(t *testing.T, e *env) {
	p, before := page(src, "http://x.onion/a", 0), e.logged()
	remark := func(change func(*vigil.Remark)) vigil.Remark {
		r := vigil.Remark{Listing: "l", Source: src, Kind: vigil.Note, Text: "x", By: "ann", At: day}
		change(&r)
		return r
	}
	taken, odd := decision(p, vigil.Relevant), decision(p, vigil.Relevant)
	taken.Part, odd.Part = vigil.Withdrawal, "opinion"
	forged := filter("ann", "a", "x")
	forged.Owner = "bea"
	for what, r := range map[string]vigil.Record{
		"a remark of no kind":         remark(func(r *vigil.Remark) { r.Kind = "" }),
		"an empty note":               remark(func(r *vigil.Remark) { r.Text = "" }),
		"a long note":                 remark(func(r *vigil.Remark) { r.Text = strings.Repeat("x", 5000) }),
		"a tag of two words":          remark(func(r *vigil.Remark) { r.Kind, r.Text = vigil.Tag, "two words" }),
		"a tag that means any":        remark(func(r *vigil.Remark) { r.Kind, r.Text = vigil.Tag, "any" }),
		"a remark by nobody":          remark(func(r *vigil.Remark) { r.By = "" }),
		"a remark on a zero byte":     remark(func(r *vigil.Remark) { r.Listing = "a\x00b" }),
		"an account without a name":   account("", 1),
		"an account in capitals":      account("Ann", 1),
		"an account of no role":       account("ann", 1, "emperor"),
		"an account by nobody":        vigil.Account{Name: "ann", At: day},
		"a filter of another":         forged,
		"a filter without a name":     filter("ann", "", "x"),
		"a withdrawal with a verdict": taken,
		"a decision that is no part":  odd,
	} {
		if _, err := e.Record(t.Context(), vigil.Result{Act: act("test", ""), Record: r}); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if diff := cmp.Diff(before, e.logged()); diff != "" {
		t.Errorf("logs (-before +after):\n%s", diff)
	}
}

// logged returns how long each log is.
func (e *env) logged() map[string]int64 {
	e.t.Helper()
	sizes := map[string]int64{}
	for _, order := range ok(e.Logs(e.t.Context()))(e.t) {
		c, err := e.Checkpoint(e.t.Context(), order)
		if err != nil && !errors.Is(err, vigil.ErrNotFound) { // the log of the case may be empty
			e.t.Fatal(err)
		}
		sizes[order] = c.Size
	}
	return sizes
}

// itemsAreKnownBy: the decision of an item is the one that stands.
func itemsAreKnownBy(t *testing.T, e *env) {
	p := e.assess(src, "a", vigil.LevelReview, 0.5, true)
	known := func() *vigil.Decision {
		t.Helper()
		its := all(t, e.Items(t.Context(), store.Filter{}))
		if len(its) != 1 {
			t.Fatalf("%d items, want 1", len(its))
		}
		return its[0].Decision
	}
	want := func(what string, d *vigil.Decision) {
		t.Helper()
		if diff := cmp.Diff(d, known()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	want("undecided", nil)
	ann := e.judge(p, "ann", vigil.Reading, vigil.Relevant)
	want("read once", &ann)
	bea := e.judge(p, "bea", vigil.Reading, vigil.Unsure)
	want("read twice", &bea)
	cat := e.judge(p, "cat", vigil.Adjudication, vigil.NotRelevant)
	want("adjudicated", &cat)
	e.judge(p, "cat", vigil.Withdrawal, "")
	want("which was taken back", &bea)
	e.judge(p, "bea", vigil.Withdrawal, "")
	want("and a reading", &ann)
	e.judge(p, "ann", vigil.Withdrawal, "")
	want("and the other", nil)
	if ds := ok(e.Decisions(t.Context(), ann.Listing))(t); len(ds) != 6 {
		t.Errorf("%d decisions are kept, want 6", len(ds))
	}
}

// levelsModel commits what moves listings between levels, and holds the numbers,
// and pages of the list, against the list itself.
func levelsModel(t *testing.T, e *env) {
	r := rand.New(rand.NewPCG(3, 4))
	levels := []vigil.Level{vigil.LevelEscalate, vigil.LevelPriority, vigil.LevelReview, vigil.LevelNote, vigil.LevelNone}
	sources := []string{src, "ORD-2/market-b"}
	url := func() string { return fmt.Sprint("http://x.onion/", r.IntN(30)) }
	for round := range rounds(200) {
		p := page(sources[r.IntN(2)], url(), r.IntN(3))
		switch id := vigil.NewListingID(p.Source, p.URL); r.IntN(12) {
		case 0, 1, 2, 3, 4, 5:
			var next []vigil.Task
			if r.IntN(2) == 0 {
				next = append(next, task(vigil.Review, p.Source, p.ID, 0))
			}
			e.record(assessment(p, levels[r.IntN(5)], float64(r.IntN(4))/4), vigil.ActClassify, next...)
		case 6, 7:
			for _, l := range e.leased(store.LeaseRequest{Stage: vigil.Review, Holder: "ann", N: 1 + r.IntN(2), TTL: time.Minute}) {
				if r.IntN(3) > 0 {
					e.commit(l, vigil.Result{})
				}
			}
		case 8:
			e.record(decision(p, vigil.Unsure), vigil.ActDecide)
			if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActUndo, ""), Reopen: []vigil.Task{task(vigil.Review, p.Source, p.ID, 1)}}); err != nil {
				t.Fatal(err)
			}
		case 9:
			if _, err := e.Erase(t.Context(), erasure(vigil.TypeListing, id)); err == nil {
				continue
			}
		case 10:
			if ts := e.leased(store.LeaseRequest{Stage: vigil.Review, Holder: "bea", N: 1, TTL: time.Minute}); len(ts) > 0 {
				e.release(ts[0], vigil.Setback{Class: "x", Park: r.IntN(2) == 0})
			}
		default:
			if round%40 == 39 {
				e.reopen()
			}
		}
		for _, source := range append(sources, "", "ORD-9/none") {
			e.wantLevels(source)
		}
		if round%10 == 9 {
			e.wantPages(r, levels, append(sources, ""))
		}
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
	if len(all(t, e.Items(t.Context(), store.Filter{Waiting: true}))) == 0 {
		t.Error("nothing waits: the test tests too little")
	}
	wantSound(t, e)
}

// wantLevels holds the numbers of a source against its items.
func (e *env) wantLevels(source string) {
	e.t.Helper()
	var want []store.LevelCount
	for _, l := range []vigil.Level{vigil.LevelEscalate, vigil.LevelPriority, vigil.LevelReview, vigil.LevelNote, vigil.LevelNone} {
		want = append(want, store.LevelCount{Level: l})
	}
	for _, it := range all(e.t, e.Items(e.t.Context(), store.Filter{Source: source})) {
		c := &want[vigil.LevelEscalate.Rank()-it.Assessment.Level.Rank()]
		c.All++
		if it.Task.State == vigil.Queued || it.Task.State == vigil.Leased {
			c.Waiting++
		}
	}
	if diff := cmp.Diff(want, ok(e.Levels(e.t.Context(), source))(e.t)); diff != "" {
		e.t.Errorf("levels of %q (-items +levels):\n%s", source, diff)
	}
}

// wantPages holds filters with bounds against the whole list.
func (e *env) wantPages(r *rand.Rand, levels []vigil.Level, sources []string) {
	e.t.Helper()
	ctx := e.t.Context()
	everything := all(e.t, e.Items(ctx, store.Filter{}))
	for range 12 {
		f := store.Filter{Source: sources[r.IntN(len(sources))], Waiting: r.IntN(2) == 0, Limit: r.IntN(4)}
		if r.IntN(2) == 0 {
			f.MinLevel = levels[r.IntN(5)]
		}
		if r.IntN(2) == 0 {
			f.MaxLevel = levels[r.IntN(5)]
		}
		behind := 0
		if r.IntN(2) == 0 {
			i := r.IntN(len(everything)) // of any source, waiting or not
			f.After, behind = everything[i].Assessment.ID, i+1
		}
		var want []string
		for _, it := range everything[behind:] {
			l, a := it.Assessment.Level.Rank(), it.Assessment
			waits := it.Task.State == vigil.Queued || it.Task.State == vigil.Leased
			if f.Source != "" && a.Source != f.Source || f.Waiting && !waits || f.MinLevel != "" && l < f.MinLevel.Rank() || f.MaxLevel != "" && l > f.MaxLevel.Rank() {
				continue
			}
			if f.Limit == 0 || len(want) < f.Limit {
				want = append(want, a.ID)
			}
		}
		var got []string
		for _, it := range all(e.t, e.Items(ctx, f)) {
			got = append(got, it.Assessment.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			e.t.Errorf("items of %+v (-want +got):\n%s", f, diff)
		}
	}
}

// itemsInPages: page after page shows each item once.
func itemsInPages(t *testing.T, e *env) {
	for i := range 50 {
		e.assess(src, fmt.Sprint(i), vigil.LevelReview, float64(i%3)/3, i%2 == 0)
	}
	for _, waiting := range []bool{true, false} {
		whole := titles(all(t, e.Items(t.Context(), store.Filter{Waiting: waiting})))
		var got []string
		for after := ""; len(got) <= len(whole); {
			its := all(t, e.Items(t.Context(), store.Filter{Waiting: waiting, Limit: 7, After: after}))
			if len(its) == 0 {
				break
			}
			got = append(got, titles(its)...)
			after = its[len(its)-1].Assessment.ID
		}
		if diff := cmp.Diff(whole, got); diff != "" {
			t.Errorf("(-whole +pages):\n%s", diff)
		}
	}
	wantError(t, "behind nothing", firstError(e.Items(t.Context(), store.Filter{After: "unknown"})), vigil.ErrNotFound)
	if err := firstError(e.Items(t.Context(), store.Filter{MaxLevel: "high"})); err == nil {
		t.Error("an unknown level: no error")
	}
	if _, err := e.Levels(t.Context(), "a\x00b"); err == nil {
		t.Error("levels of a source that cannot be: no error")
	}
}

func assessedByPrefix(t *testing.T, e *env) {
	var ids []string
	for i := range 40 {
		p := e.assess(src, fmt.Sprint(i), vigil.LevelNote, 0.5, false)
		e.record(assessment(p, vigil.LevelReview, 0.5), vigil.ActClassify) // a second version
		ids = append(ids, vigil.NewListingID(p.Source, p.URL))
	}
	e.record(listing(page(src, "http://x.onion/read", 0), "not assessed"), vigil.ActExtract)
	slices.Sort(ids)
	for _, prefix := range []string{"", ids[0], ids[39], ids[7][:1], ids[7][:2], ids[7][:9], "z"} {
		for _, limit := range []int{0, 1, 3, 100} {
			var want []string
			for _, id := range ids {
				if strings.HasPrefix(id, prefix) && len(want) < limit {
					want = append(want, id)
				}
			}
			got := ok(e.Assessed(t.Context(), prefix, limit))(t)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d with %q (-want +got):\n%s", limit, prefix, diff)
			}
		}
	}
	if _, err := e.Assessed(t.Context(), "a\x00", 1); err == nil {
		t.Error("a prefix with a zero byte: no error")
	}
}

// erasureTakesOpinions: what was noted about a listing goes with it, and what people
// were still to do; who may use the case stays.
func erasureTakesOpinions(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8})
	p, id := e.offered(src.ID(), "http://x.onion/a", 1)
	kept, keptID := e.offered(src.ID(), "http://x.onion/b", 2)
	people := []vigil.Stage{vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp}
	for _, st := range people {
		e.enqueue(barring(task(st, src.ID(), p.ID, 0), "ann"), task(st, src.ID(), kept.ID, 0))
	}
	e.judge(p, "ann", vigil.Reading, vigil.Relevant)
	e.judge(p, "ann", vigil.Withdrawal, "")
	e.remark(p, vigil.Note, "a note")
	e.remark(p, vigil.Tag, "boats")
	e.remark(kept, vigil.Tag, "boats")
	e.record(account("ann", 1, vigil.Reviewer), vigil.ActAccount)
	e.record(filter("ann", "boats", "tag:boats"), vigil.ActFilter)
	if n := e.erase(erasure(vigil.TypeListing, id)); n.Records != 7 || n.Tasks != 6 {
		t.Errorf("%+v; want 7 records (page, listing, assessment, two decisions, two remarks) and 6 tasks", n)
	}
	ctx := t.Context()
	if rs := ok(e.Remarks(ctx, id))(t); len(rs) != 0 {
		t.Errorf("remarks are left: %v", rs)
	}
	if rs := ok(e.Remarks(ctx, keptID))(t); len(rs) != 1 {
		t.Errorf("the other listing has the remarks %v", rs)
	}
	for _, st := range people {
		wantError(t, string(st), errorOf(e.Task(ctx, vigil.NewTask(st, src.ID(), p.ID).ID)), vigil.ErrNotFound)
		if got := e.task(vigil.NewTask(st, src.ID(), kept.ID).ID); got.State != vigil.Queued {
			t.Errorf("the other's %s is %s", st, got.State)
		}
	}
	e.wantFound("tag:boats", "title of http://x.onion/b")
	e.wantLevels("")
	if as, fs := ok(e.Accounts(ctx))(t), ok(e.Filters(ctx, ""))(t); len(as) != 1 || len(fs) != 1 {
		t.Errorf("accounts %v, filters %v; want one each", as, fs)
	}
	e.countsHold()
	e.verified(7)
	for _, what := range []string{vigil.TypeAccount, vigil.TypeFilter, vigil.TypeRemark} {
		if _, err := e.Erase(ctx, erasure(what, "ann")); err == nil {
			t.Errorf("an %s was erased by itself", what)
		}
	}

	// Of a listing there may be no more than what somebody noted.
	lone := page(src.ID(), "http://x.onion/lone", 1)
	r := e.remark(lone, vigil.Note, "heard of")
	e.hold(vigil.HoldSource, src.ID())
	wantError(t, "what is held", errorOf(e.Erase(ctx, erasure(vigil.TypeListing, r.Listing))), vigil.ErrRefused)
}

// leased returns what a request is handed, which may be nothing.
func (e *env) leased(r store.LeaseRequest) []vigil.Task {
	e.t.Helper()
	ts, _, err := e.Lease(e.t.Context(), r)
	if err != nil {
		e.t.Fatal(err)
	}
	return ts
}
