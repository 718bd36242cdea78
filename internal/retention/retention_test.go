package retention_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/retention"
	"vigil/store"
	"vigil/store/bolt"
)

// The order of a test runs for ninety days from day, and allows a year.
var day = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func on(n int) time.Time { return day.AddDate(0, 0, n) }

// A plannedCase is a real case with one source.
type plannedCase struct {
	*bolt.Store
	t   *testing.T
	src vigil.Source
}

func newCase(t *testing.T, retentionDays int) plannedCase {
	t.Helper()
	s, err := bolt.Create(filepath.Join(t.TempDir(), "vigil.db"), bolt.Options{Now: func() time.Time { return on(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	src := vigil.Source{Order: "ORD-1", Name: "m", NotBefore: day, NotAfter: on(90), Start: []string{"http://x.onion/start"}}
	c := plannedCase{s, t, src}
	c.put(vigil.Order{ID: "ORD-1", NotBefore: day, NotAfter: on(90), RetentionDays: retentionDays, Sources: []vigil.Source{src}})
	return c
}

func (c plannedCase) put(r vigil.Record, next ...vigil.Task) {
	c.t.Helper()
	if _, err := c.Record(c.t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: "test"}, Record: r, Next: next}); err != nil {
		c.t.Fatal(err)
	}
}

func (c plannedCase) log(a vigil.Act) {
	c.t.Helper()
	a.Actor = "inv-04"
	if _, err := c.Record(c.t.Context(), vigil.Result{Act: a}); err != nil {
		c.t.Fatal(err)
	}
}

func (c plannedCase) id(name string) string {
	return vigil.NewListingID(c.src.ID(), "http://x.onion/"+name)
}

// page captures an address on a day, and reads it as a type unless that is empty.
func (c plannedCase) page(name string, n int, typ vigil.PageType) vigil.Page {
	c.t.Helper()
	url := "http://x.onion/" + name
	p := vigil.Page{Source: c.src.ID(), URL: url, FinalURL: url, Method: vigil.ByFetch, CapturedAt: on(n), RawSHA256: vigil.SumHex([]byte(name))}
	p.ID = vigil.NewPageID(p)
	c.put(p)
	if typ != "" {
		c.put(vigil.Listing{ID: c.id(name), Source: p.Source, Page: p.ID, PageType: typ})
	}
	return p
}

// assessed captures a listing on a day and assesses it; from review on, it waits
// for one.
func (c plannedCase) assessed(name string, n int, l vigil.Level) vigil.Page {
	c.t.Helper()
	p := c.page(name, n, vigil.PageListing)
	var next []vigil.Task
	if l.Rank() >= vigil.LevelReview.Rank() {
		next = append(next, vigil.NewTask(vigil.Review, p.Source, p.ID))
	}
	c.put(vigil.Assessment{ID: c.id(name), Source: p.Source, Page: p.ID, Level: l}, next...)
	return p
}

// decided is assessed and then decided on another day.
func (c plannedCase) decided(name string, n, m int, v vigil.Verdict) vigil.Page {
	c.t.Helper()
	p := c.assessed(name, n, vigil.LevelReview)
	c.decide(p, name, m, v)
	return p
}

func (c plannedCase) decide(p vigil.Page, name string, m int, v vigil.Verdict) {
	c.t.Helper()
	ts, _, err := c.Lease(c.t.Context(), store.LeaseRequest{Stage: vigil.Review, Holder: "r", N: 1, TTL: time.Minute, Task: vigil.NewTask(vigil.Review, p.Source, p.ID).ID})
	if err != nil || len(ts) != 1 {
		c.t.Fatalf("lease: %v %v", ts, err)
	}
	d := vigil.Decision{Listing: c.id(name), Source: p.Source, Page: p.ID, Verdict: v, Time: on(m)}
	if err := c.Commit(c.t.Context(), ts[0], vigil.Result{Act: vigil.Act{Actor: "r", Action: vigil.ActDecide}, Record: d}); err != nil {
		c.t.Fatal(err)
	}
}

// plan returns the items of a case by ID, on a day.
func (c plannedCase) plan(p retention.Periods, n int) map[string]retention.Item {
	c.t.Helper()
	pl, err := retention.New(c.t.Context(), c, p)
	if err != nil {
		c.t.Fatal(err)
	}
	items := map[string]retention.Item{}
	for i, err := range pl.Items(c.t.Context(), on(n)) {
		if err != nil {
			c.t.Fatal(err)
		}
		if _, twice := items[i.ID]; twice {
			c.t.Errorf("%s %s comes twice", i.What, i.ID)
		}
		items[i.ID] = i
	}
	return items
}

func TestEachStateHasItsPeriod(t *testing.T) {
	c := newCase(t, 365)
	c.decided("not-relevant", 5, 10, vigil.NotRelevant)
	c.decided("unsure", 5, 10, vigil.Unsure)
	c.decided("relevant", 5, 10, vigil.Relevant)
	c.decided("urgent", 5, 10, vigil.Urgent)
	c.decided("minor", 5, 10, vigil.SuspectedMinor)
	c.decided("foreign", 5, 10, vigil.NeedsTranslation)
	c.decided("late", 5, 440, vigil.NotRelevant) // 15 days before the end of all
	c.assessed("waits", 6, vigil.LevelReview)
	c.assessed("note", 6, vigil.LevelNote)
	c.assessed("none", 6, vigil.LevelNone)
	c.assessed("once", 6, vigil.LevelNote)
	c.assessed("once", 8, vigil.LevelNone) // was flagged before
	c.assessed("twice", 6, vigil.LevelNone)
	c.assessed("twice", 9, vigil.LevelNone)
	c.decided("mind", 5, 10, vigil.Relevant)
	c.put(vigil.Decision{Listing: c.id("mind"), Source: c.src.ID(), Verdict: vigil.NotRelevant, Time: on(20)})
	c.decided("again", 5, 10, vigil.NotRelevant)
	c.assessed("again", 12, vigil.LevelReview) // waits for another decision
	c.decided("still", 5, 10, vigil.NotRelevant)
	c.assessed("still", 12, vigil.LevelNone)     // asks for none
	hit := c.assessed("hit", 6, vigil.LevelNone) // nothing in its words, but on a watchlist
	if _, err := c.Enqueue(t.Context(), vigil.NewTask(vigil.Review, hit.Source, hit.ID)); err != nil {
		t.Fatal(err)
	}
	c.page("index", 3, vigil.PageIndex)
	c.page("index", 7, vigil.PageIndex)
	c.page("unassessed", 7, vigil.PageListing)
	unread := c.page("unread", 7, "")

	end := 90 + 365
	want := map[string]string{
		c.id("not-relevant"): "not-relevant 10 40",
		c.id("unsure"):       "unsure 10 100",
		c.id("relevant"):     fmt.Sprint("relevant 90 ", end),
		c.id("urgent"):       fmt.Sprint("relevant 90 ", end),
		c.id("minor"):        fmt.Sprint("relevant 90 ", end),
		c.id("foreign"):      fmt.Sprint("undecided 90 ", end),
		c.id("late"):         fmt.Sprint("not-relevant 90 ", end),
		c.id("waits"):        fmt.Sprint("undecided 90 ", end),
		c.id("note"):         fmt.Sprint("undecided 90 ", end),
		c.id("none"):         "unflagged 6 36",
		c.id("once"):         fmt.Sprint("undecided 90 ", end),
		c.id("twice"):        "unflagged 9 39",
		c.id("mind"):         "not-relevant 20 50",
		c.id("again"):        fmt.Sprint("undecided 90 ", end),
		c.id("still"):        "not-relevant 10 40",
		c.id("hit"):          fmt.Sprint("undecided 90 ", end),
		c.id("index"):        "unflagged 7 37",
		c.id("unassessed"):   fmt.Sprint("undecided 90 ", end),
		unread.ID:            fmt.Sprint("undecided 90 ", end),
	}
	got := map[string]string{}
	for id, i := range c.plan(retention.Defaults(), 50) {
		got[id] = fmt.Sprintf("%s %d %d", i.Class, days(i.Since), days(i.Due))
		if i.Kept != "" || i.Over(on(50)) != (days(i.Due) <= 50) {
			t.Errorf("%s: kept %q, over %v", got[id], i.Kept, i.Over(on(50)))
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("class, since, due (-want +got)\n%s", d)
	}
}

func days(t time.Time) int { return int(t.Sub(day).Hours() / 24) }

func TestWhatIsToBeReadAgainIsUndecided(t *testing.T) {
	c := newCase(t, 365)
	periods := retention.Periods{NotRelevant: 30, Unsure: 90, Unflagged: 30}
	want := func(name string, class retention.Class) {
		t.Helper()
		if got := c.plan(periods, 50)[c.id(name)]; got.Class != class {
			t.Errorf("%s is %s, want %s", name, got.Class, class)
		}
	}
	again := c.decided("again", 2, 3, vigil.NotRelevant)
	differ := c.decided("differ", 2, 3, vigil.NotRelevant)
	back := c.decided("back", 2, 3, vigil.NotRelevant)
	third := c.decided("third", 2, 3, vigil.NotRelevant)
	for _, name := range []string{"again", "differ", "back", "third"} {
		want(name, retention.NotRelevant)
	}
	if _, err := c.Enqueue(t.Context(), vigil.NewTask(vigil.Reread, again.Source, again.ID), vigil.NewTask(vigil.Adjudicate, third.Source, third.ID)); err != nil {
		t.Fatal(err)
	}
	c.put(vigil.Decision{Listing: c.id("differ"), Source: differ.Source, Page: differ.ID, Verdict: vigil.Relevant, Reviewer: "s", Time: on(4)})
	c.put(vigil.Decision{Listing: c.id("back"), Source: back.Source, Page: back.ID, Part: vigil.Withdrawal, Time: on(4)})
	for _, name := range []string{"again", "differ", "back", "third"} {
		want(name, retention.Undecided)
	}
	c.put(vigil.Decision{Listing: c.id("differ"), Source: differ.Source, Page: differ.ID, Verdict: vigil.NotRelevant, Part: vigil.Adjudication, Reviewer: "z", Time: on(5)})
	want("differ", retention.NotRelevant)
}

func TestSettingsShortenAndNeverLengthen(t *testing.T) {
	short := newCase(t, 7)
	short.decided("not-relevant", 5, 10, vigil.NotRelevant)
	short.assessed("none", 5, vigil.LevelNone)
	short.decided("relevant", 5, 10, vigil.Relevant)
	long := newCase(t, 365)
	long.decided("not-relevant", 5, 10, vigil.NotRelevant)
	long.decided("relevant", 5, 10, vigil.Relevant)
	long.assessed("waits", 5, vigil.LevelReview)
	for _, c := range []struct {
		plannedCase
		periods retention.Periods
		name    string
		due     int
	}{
		{short, retention.Defaults(), "not-relevant", 10 + 7}, // the order's seven days, not thirty
		{short, retention.Defaults(), "none", 5 + 7},
		{short, retention.Periods{NotRelevant: 3, Unsure: 1, Unflagged: 1}, "not-relevant", 10 + 3},
		{short, retention.Periods{NotRelevant: 3, Unsure: 1, Unflagged: 1, Relevant: 500}, "relevant", 90 + 7},
		{long, retention.Periods{NotRelevant: 5000, Unsure: 1, Unflagged: 1}, "not-relevant", 10 + 365},
		{long, retention.Periods{NotRelevant: 1, Unsure: 1, Unflagged: 1, Relevant: 100, Undecided: 50}, "relevant", 90 + 100},
		{long, retention.Periods{NotRelevant: 1, Unsure: 1, Unflagged: 1, Relevant: 100, Undecided: 50}, "waits", 90 + 50},
	} {
		if got := days(c.plan(c.periods, 0)[c.id(c.name)].Due); got != c.due {
			t.Errorf("%s with %+v is due on day %d, want %d", c.name, c.periods, got, c.due)
		}
	}
	if _, err := retention.New(t.Context(), long, retention.Periods{}); err == nil {
		t.Error("the zero periods were taken")
	}
}

// Whatever the periods and times, nothing outlasts its order.
func FuzzNothingOutlastsItsOrder(f *testing.F) {
	f.Add(30, 90, 30, 0, 0, 10, 365)
	f.Add(1<<30, 1, 1, 1<<30, 1<<30, 100000, 1)
	f.Fuzz(func(t *testing.T, notRelevant, unsure, unflagged, undecided, relevant, since, allowed int) {
		p := retention.Periods{NotRelevant: notRelevant, Unsure: unsure, Unflagged: unflagged, Undecided: undecided, Relevant: relevant}
		if p.Check() != nil || allowed < 1 || allowed > 36600 || since < -1e6 || since > 1e6 {
			return
		}
		for _, c := range retention.Classes() {
			due := retention.DueOf(p, on(90), allowed, c.Class, on(since))
			if last := on(90 + allowed); due.After(last) {
				t.Errorf("class %s since day %d is due on %s, its order's last day is %s", c.Class, since, due, last)
			}
		}
	})
}

func TestARevokedSourcesTimeBeginsThen(t *testing.T) {
	c := newCase(t, 10)
	c.assessed("waits", 0, vigil.LevelReview)
	c.log(vigil.Act{Action: "test"})
	st := []vigil.Standing{{Source: c.src.ID(), State: vigil.SourceRevoked}}
	if _, err := c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "a", Action: vigil.ActRevoke, Order: "ORD-1"}, Standings: st}); err != nil {
		t.Fatal(err)
	}
	if i := c.plan(retention.Defaults(), 0)[c.id("waits")]; days(i.Since) != 1 || days(i.Due) != 11 {
		t.Errorf("counted from day %d, due on %d; want 1 and 11", days(i.Since), days(i.Due))
	}
}

func TestWhatOthersNeedStays(t *testing.T) {
	c := newCase(t, 365)
	for _, name := range []string{"held", "exported", "a", "b", "undone", "free"} {
		c.decided(name, 5, 10, vigil.NotRelevant)
	}
	hold := func(scope vigil.HoldScope, subject string) vigil.Hold {
		h := vigil.Hold{Scope: scope, Subject: subject, Reason: "appeal", By: "a", At: on(11)}
		h.ID = vigil.NewHoldID(h)
		c.put(h)
		return h
	}
	lift := func(h vigil.Hold) {
		h.Lifted = &vigil.Lift{By: "a", ApprovedBy: "b", Reason: "over", At: on(12)}
		c.put(h)
	}
	held := hold(vigil.HoldListing, c.id("held"))
	join := func(a, b string, undone bool) {
		x := vigil.Tie{Kind: vigil.TieJoin, A: c.id(a), B: c.id(b), Undone: undone}
		x.ID = vigil.NewTieID(x.Kind, x.A, x.B, "")
		c.put(x)
	}
	join("a", "b", false)
	join("undone", "free", true)
	c.log(vigil.Act{Action: vigil.ActExport, Order: "ORD-1", Object: vigil.Object{Type: "bundle", ID: "bundle-1"}, Details: map[string]string{retention.DetailExported: c.id("exported") + " " + c.id("x")}})

	want := map[string]string{
		"held": "legal hold of listing", "exported": "exported in bundle-1", "undone": "", "free": "",
		"a": "tied by a person to listing " + c.id("b"), "b": "tied by a person to listing " + c.id("a"),
	}
	check := func() {
		t.Helper()
		got := map[string]string{}
		items := c.plan(retention.Defaults(), 1000)
		for name := range want {
			i := items[c.id(name)]
			got[name] = i.Kept
			if i.Over(on(1000)) != (i.Kept == "") {
				t.Errorf("%s: over %v, kept %q", name, i.Over(on(1000)), i.Kept)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	}
	check()
	all := hold(vigil.HoldAll, "")
	for name := range want {
		if name != "held" {
			want[name] = "legal hold of all"
		}
	}
	lift(held)
	want["held"] = "legal hold of all"
	check()
	lift(all)
	if i := c.plan(retention.Defaults(), 1000)[c.id("held")]; i.Kept != "" {
		t.Errorf("held no more, but kept: %s", i.Kept)
	}
	// An export that does not say what it holds may hold any that was decided.
	c.log(vigil.Act{Action: vigil.ActExport, Order: "ORD-1", Object: vigil.Object{Type: "bundle", ID: "bundle-2"}, Details: map[string]string{"listings": "1"}})
	c.assessed("none", 5, vigil.LevelNone)
	items := c.plan(retention.Defaults(), 1000)
	if items[c.id("free")].Kept == "" || items[c.id("none")].Kept != "" {
		t.Errorf("after an export that names nothing: %q and %q", items[c.id("free")].Kept, items[c.id("none")].Kept)
	}
}

func TestAddressesGoWithTheirOrder(t *testing.T) {
	c := newCase(t, 10)
	ts := []vigil.Task{}
	for _, name := range []string{"start", "a", "b"} {
		ts = append(ts, vigil.NewTask(vigil.Fetch, c.src.ID(), "http://x.onion/"+name))
	}
	if _, err := c.Enqueue(t.Context(), ts...); err != nil {
		t.Fatal(err)
	}
	if got := c.plan(retention.Defaults(), 99); len(got) != 0 {
		t.Errorf("before the end: %v", got)
	}
	want := map[string]retention.Item{c.src.ID(): {What: store.EraseTasks, ID: c.src.ID(), Source: c.src.ID(), Class: retention.Loose, Since: on(90), Due: on(100), N: 2}}
	if d := cmp.Diff(want, c.plan(retention.Defaults(), 100)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// What a plan yields may be erased while it goes on.
func TestItemsMayBeErasedInTheLoop(t *testing.T) {
	c := newCase(t, 365)
	for i := range 60 {
		c.assessed(fmt.Sprint("none", i), 5, vigil.LevelNone)
		c.page(fmt.Sprint("index", i), 5, vigil.PageIndex)
		c.page(fmt.Sprint("unread", i), 5, "")
	}
	pl, err := retention.New(t.Context(), c, retention.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, err := range pl.Items(t.Context(), on(1000)) {
		if err != nil {
			t.Fatal(err)
		}
		e := store.Erasure{What: i.What, ID: i.ID, Act: vigil.Act{Actor: "a", Action: vigil.ActErase, Reason: i.Reason()}}
		if _, err := c.Erase(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 180 {
		t.Errorf("%d items, want 180", n)
	}
	if got := c.plan(retention.Defaults(), 1000); len(got) != 0 {
		t.Errorf("%d are left", len(got))
	}
}

func TestAnOrderWithoutAPeriodIsRefused(t *testing.T) {
	c := newCase(t, 0)
	if _, err := retention.New(t.Context(), c, retention.Defaults()); err == nil {
		t.Error("want an error: nothing says how long to keep what is under the order")
	}
}
