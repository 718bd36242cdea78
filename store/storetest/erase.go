package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// erasure returns one of a kind that a test asks for.
func erasure(what, id string) store.Erasure {
	return store.Erasure{What: what, ID: id, Act: vigil.Act{Actor: "inv-04", Action: vigil.ActErase, Reason: "not relevant"}}
}

// erase erases what must be erased.
func (e *env) erase(es ...store.Erasure) store.Erased {
	e.t.Helper()
	n, err := e.Erase(e.t.Context(), es...)
	if err != nil {
		e.t.Fatal(err)
	}
	return n
}

// verified checks the case whole, in which n records were erased.
func (e *env) verified(n int) {
	e.t.Helper()
	r, err := store.Verify(e.t.Context(), e.Store, nil)
	if err != nil {
		e.t.Errorf("verify: %v\n%v", err, r.Faults)
	}
	if r.Erased != n {
		e.t.Errorf("%d records were erased, want %d", r.Erased, n)
	}
}

// offered puts a listing through all stages, with its fetch and its review, as
// captured at a minute.
func (e *env) offered(source, url string, minute int, ids ...vigil.Identifier) (p vigil.Page, listingID string) {
	e.t.Helper()
	p = page(source, url, minute)
	e.enqueue(task(vigil.Fetch, source, url, 0))
	for _, t := range all(e.t, e.Tasks(e.t.Context(), vigil.Fetch, vigil.Done)) {
		if t.Subject == url {
			if _, err := e.Requeue(e.t.Context(), store.RequeueRequest{Stage: vigil.Fetch, States: []vigil.State{vigil.Done}, Tasks: []string{t.ID}}); err != nil {
				e.t.Fatal(err)
			}
		}
	}
	ts, _, err := e.Lease(e.t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 1, TTL: time.Minute, Task: vigil.NewTask(vigil.Fetch, source, url).ID})
	if err != nil || len(ts) != 1 {
		e.t.Fatalf("lease of %s: %v, %v", url, ts, err)
	}
	if err := e.Commit(e.t.Context(), ts[0], vigil.Result{Act: act(vigil.ActFetch, ""), Record: p, Next: []vigil.Task{task(vigil.Extract, source, p.ID, 0)}}); err != nil {
		e.t.Fatal(err)
	}
	e.record(listing(p, "title of "+url), vigil.ActExtract)
	e.record(found(p, "m", ids...), vigil.ActClassify, task(vigil.Review, source, p.ID, 0))
	return p, vigil.NewListingID(source, url)
}

func erasureLeavesNothing(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8, Start: []string{"http://x.onion/start"}})
	first, id := e.offered(src.ID(), "http://x.onion/a", 1, ident("btc:one", 0), ident("btc:both", 9))
	second, _ := e.offered(src.ID(), "http://x.onion/a", 2, ident("btc:one", 0))
	e.record(decision(second, vigil.NotRelevant), vigil.ActDecide)
	kept, keptID := e.offered(src.ID(), "http://x.onion/b", 3, ident("btc:both", 0))
	before := e.status(src.ID())

	n := e.erase(erasure(vigil.TypeListing, id))
	if d := cmp.Diff(store.Erased{Listings: 1, Pages: 2, Records: 7, Tasks: 5}, n); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	ctx := t.Context()
	for what, err := range map[string]error{
		"listing":       errorOf(e.Listing(ctx, id)),
		"assessment":    errorOf(e.Assessment(ctx, id)),
		"capture":       errorOf(e.ListingOf(ctx, id, first.ID)),
		"assessment of": errorOf(e.AssessmentOf(ctx, id, second.ID)),
		"page":          errorOf(e.Page(ctx, first.ID)),
		"page info":     errorOf(e.PageInfo(ctx, second.ID)),
		"review":        errorOf(e.Task(ctx, vigil.NewTask(vigil.Review, src.ID(), first.ID).ID)),
		"extract":       errorOf(e.Task(ctx, vigil.NewTask(vigil.Extract, src.ID(), second.ID).ID)),
	} {
		wantError(t, what, err, vigil.ErrNotFound)
	}
	if ds, err := e.Decisions(ctx, id); len(ds) > 0 || err != nil {
		t.Errorf("decisions: %v, %v", ds, err)
	}
	if as, err := e.Assessments(ctx, id); len(as) > 0 || err != nil {
		t.Errorf("assessments: %v, %v", as, err)
	}
	for _, f := range []store.Filter{{}, {Waiting: true}, {Source: src.ID()}} {
		e.wantItems(f, "title of http://x.onion/b")
	}
	for _, source := range []string{"", src.ID()} {
		if ps := all(t, e.Pages(ctx, source)); len(ps) != 1 || ps[0].ID != kept.ID {
			t.Errorf("pages of %q: %v", source, ps)
		}
	}
	for _, m := range all(t, e.Mentions(ctx, "")) {
		if m.Listing != keptID {
			t.Errorf("%s is still mentioned by %s", m.Identifier.Key, m.Listing)
		}
	}
	if after := e.status(src.ID()); after.Pages != before.Pages || after.Bytes != before.Bytes {
		t.Errorf("the source has used %d pages and %d bytes of its caps, before it was %d and %d", after.Pages, after.Bytes, before.Pages, before.Bytes)
	}
	if n, err := e.Unsettled(ctx); n != 1 || err != nil {
		t.Errorf("%d unsettled, %v", n, err)
	}
	e.verified(7)
	e.countsHold()
	wantError(t, "again", errorOf(e.Erase(ctx, erasure(vigil.TypeListing, id))), vigil.ErrNotFound)
	e.reopen()
	e.verified(7)
}

func errorOf[T any](_ T, err error) error { return err }

// countsHold holds the counts of tasks against the tasks.
func (e *env) countsHold() {
	e.t.Helper()
	cs, err := e.Counts(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	want := map[store.Count]bool{}
	for _, st := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Classify, vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp} {
		for _, state := range []vigil.State{vigil.Queued, vigil.Leased, vigil.Done, vigil.Parked, vigil.Dead} {
			n := map[string]int{}
			for _, t := range all(e.t, e.Tasks(e.t.Context(), st, state)) {
				n[t.Source]++
			}
			for source, n := range n {
				want[store.Count{Source: source, Stage: st, State: state, N: n}] = true
			}
		}
	}
	got := map[store.Count]bool{}
	for _, c := range cs {
		got[c] = true
	}
	if d := cmp.Diff(want, got); d != "" {
		e.t.Errorf("tasks and their counts (-tasks +counts)\n%s", d)
	}
}

func erasureIsLogged(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8})
	p, id := e.offered(src.ID(), "http://x.onion/a", 1)
	brought := e.entries("ORD-1")
	e.erase(erasure(vigil.TypeListing, id))
	es := e.entries("ORD-1")
	last := es[len(es)-1]
	if len(es) != len(brought)+1 || last.Action != vigil.ActErase || last.Object != (vigil.Object{Type: vigil.TypeListing, ID: id}) || last.Reason != "not relevant" || last.Actor != "inv-04" {
		t.Errorf("%d entries, the last is %+v", len(es), last)
	}
	for i, e := range brought {
		if string(e.Line) != string(es[i].Line) {
			t.Errorf("line %d has changed", i)
		}
	}
	var want []vigil.Object
	for _, e := range brought[1:] {
		want = append(want, e.Object)
	}
	byText := func(a, b vigil.Object) int { return strings.Compare(a.Type+a.SHA256, b.Type+b.SHA256) }
	got := store.ErasedBy(last.Event)
	slices.SortFunc(want, byText)
	slices.SortFunc(got, byText)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-brought +erased)\n%s", d)
	}
	for _, secret := range []string{p.URL, "title of", string(p.Body)} {
		if strings.Contains(string(last.Line), secret) {
			t.Errorf("the entry holds %q", secret)
		}
	}
}

func erasureOfManyVersions(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 5000, Concurrency: 8})
	var id string
	n := 0
	for minute := range 120 {
		p := page(src.ID(), "http://x.onion/a", minute)
		e.record(p, vigil.ActFetch)
		e.record(listing(p, fmt.Sprint("version ", minute)), vigil.ActExtract)
		e.record(listing(p, fmt.Sprint("version ", minute)), vigil.ActExtract) // the same bytes again
		id, n = vigil.NewListingID(src.ID(), p.URL), n+2
	}
	before := len(e.entries("ORD-1"))
	if got := e.erase(erasure(vigil.TypeListing, id)); got.Pages != 120 || got.Records != 360 {
		t.Errorf("%+v", got)
	}
	if es := e.entries("ORD-1"); len(es) < before+2 {
		t.Errorf("%d entries for all that", len(es)-before)
	}
	e.verified(n)
}

func erasureKeepsWhatOthersNeed(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8})
	p, id := e.offered(src.ID(), "http://x.onion/a", 1)
	other := listing(p, "another on the same page")
	other.ID = vigil.NewListingID(src.ID(), "http://x.onion/other")
	e.record(other, vigil.ActExtract)
	twin := page(src.ID(), "http://x.onion/twin", 1) // another page with the same body
	twin.Body, twin.BodySHA256, twin.BodySize = p.Body, p.BodySHA256, p.BodySize
	e.record(twin, vigil.ActFetch)

	if err := errorOf(e.Erase(t.Context(), erasure(vigil.TypePage, p.ID))); err == nil {
		t.Error("a page was erased from which a listing was read")
	}
	e.erase(erasure(vigil.TypeListing, id))
	if _, err := e.Page(t.Context(), p.ID); err != nil {
		t.Errorf("a listing that stays was read from the page, but: %v", err)
	}
	e.erase(erasure(vigil.TypeListing, other.ID))
	wantError(t, "page of no listing", errorOf(e.Page(t.Context(), p.ID)), vigil.ErrNotFound)
	if q, err := e.Page(t.Context(), twin.ID); err != nil || string(q.Body) != string(p.Body) {
		t.Errorf("the page with the same body: %v", err)
	}
	e.erase(erasure(vigil.TypePage, twin.ID))
	wantError(t, "page alone", errorOf(e.Page(t.Context(), twin.ID)), vigil.ErrNotFound)
	e.verified(5)
}

// An address that leads elsewhere by now belongs to the page that it led to last.
func erasureKeepsAddressesThatMoved(t *testing.T, e *env) {
	const url = "http://x.onion/moved"
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8})
	first, id := e.offered(src.ID(), url, 1)
	fetch := vigil.NewTask(vigil.Fetch, src.ID(), url)
	if _, err := e.Requeue(t.Context(), store.RequeueRequest{Stage: vigil.Fetch, States: []vigil.State{vigil.Done}, Tasks: []string{fetch.ID}}); err != nil {
		t.Fatal(err)
	}
	held := e.leaseOne(vigil.Fetch)
	later := page(src.ID(), url, 2)
	later.FinalURL = "http://x.onion/new"
	if err := e.Commit(t.Context(), held, vigil.Result{Act: act(vigil.ActFetch, ""), Record: later}); err != nil {
		t.Fatal(err)
	}
	e.erase(erasure(vigil.TypeListing, id))
	wantError(t, "its page", errorOf(e.Page(t.Context(), first.ID)), vigil.ErrNotFound)
	if got := e.task(fetch.ID); got.Subject != url || got.State != vigil.Done {
		t.Errorf("the task is %+v, and its page is kept", got)
	}
	e.erase(erasure(vigil.TypePage, later.ID))
	if got := e.task(fetch.ID); got.Subject != "" || got.State != vigil.Erased {
		t.Errorf("the task is %+v, and no page of it is kept", got)
	}
	e.countsHold()
	e.verified(4)
}

func erasureIsAtomic(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8})
	_, id := e.offered(src.ID(), "http://x.onion/a", 1)
	before, err := e.Checkpoint(t.Context(), "ORD-1")
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "one that is not there", errorOf(e.Erase(t.Context(), erasure(vigil.TypeListing, id), erasure(vigil.TypeListing, "nosuch"))), vigil.ErrNotFound)
	wantError(t, "page", errorOf(e.Erase(t.Context(), erasure(vigil.TypePage, "nosuch"))), vigil.ErrNotFound)
	wantError(t, "list", errorOf(e.Erase(t.Context(), erasure(vigil.TypeWatchlist, "nosuch"))), vigil.ErrNotFound)
	wantError(t, "source", errorOf(e.Erase(t.Context(), erasure(store.EraseTasks, "nosuch"))), vigil.ErrNotFound)
	wrong := map[string]store.Erasure{
		"an order":       erasure(vigil.TypeOrder, "ORD-1"),
		"no ID":          erasure(vigil.TypeListing, ""),
		"the zero":       {},
		"another action": {What: vigil.TypeListing, ID: id, Act: act(vigil.ActView, "")},
		"nobody":         {What: vigil.TypeListing, ID: id, Act: vigil.Act{Action: vigil.ActErase}},
	}
	for what, w := range wrong {
		if err := errorOf(e.Erase(t.Context(), w)); err == nil {
			t.Errorf("%s was erased", what)
		}
	}
	forged := act(vigil.ActView, "ORD-1")
	forged.Details = map[string]string{store.DetailErased + "page:x": "y"}
	if err := errorOf(e.Record(t.Context(), vigil.Result{Act: forged})); err == nil {
		t.Error("a view says that it erased something")
	}
	after, err := e.Checkpoint(t.Context(), "ORD-1")
	if err != nil || after != before {
		t.Errorf("the log has changed: %v", err)
	}
	if _, err := e.Listing(t.Context(), id); err != nil {
		t.Error(err)
	}
	if n, err := e.Unsettled(t.Context()); n != 0 || err != nil {
		t.Errorf("%d unsettled, %v", n, err)
	}
	e.verified(0)
}

// hold records a hold that is to be taken.
func (e *env) hold(scope vigil.HoldScope, subject string) vigil.Hold {
	e.t.Helper()
	e.clock.advance(time.Millisecond)
	h := vigil.Hold{Scope: scope, Subject: subject, Reason: "appeal", By: "inv-04", At: e.clock.Now()}
	h.ID = vigil.NewHoldID(h)
	e.record(h, vigil.ActHold)
	return h
}

func heldIsNotErased(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8})
	_, id := e.offered(src.ID(), "http://x.onion/a", 1)
	lone := page(src.ID(), "http://x.onion/lone", 2)
	e.record(lone, vigil.ActFetch)
	w, rows := watchlist(t, "list", "2026-01-02", row("raw", "btc:k"))
	e.importList(w, rows)
	for _, c := range []struct {
		scope               vigil.HoldScope
		subject             string
		listing, page, list bool // held
	}{
		{vigil.HoldListing, id, true, false, false},
		{vigil.HoldSource, src.ID(), true, true, false},
		{vigil.HoldOrder, "ORD-1", true, true, false},
		{vigil.HoldAll, "", true, true, true},
		{vigil.HoldSource, "ORD-1/other", false, false, false},
	} {
		h := e.hold(c.scope, c.subject)
		for _, x := range []struct {
			store.Erasure
			held bool
		}{{erasure(vigil.TypeListing, id), c.listing}, {erasure(vigil.TypePage, lone.ID), c.page}, {erasure(vigil.TypeWatchlist, w.ID), c.list}} {
			if !x.held {
				continue
			}
			wantError(t, fmt.Sprintf("%s under a hold of %s", x.What, c.scope), errorOf(e.Erase(t.Context(), x.Erasure)), vigil.ErrRefused)
		}
		h.Lifted = &vigil.Lift{By: "inv-04", ApprovedBy: "lead-1", Reason: "the appeal has ended", At: e.clock.Now()}
		e.record(h, vigil.ActLift)
	}
	hs, err := e.Holds(t.Context())
	if err != nil || len(hs) != 5 || slices.ContainsFunc(hs, func(h vigil.Hold) bool { return h.Lifted == nil }) {
		t.Errorf("holds: %v, %v", hs, err)
	}
	e.hold(vigil.HoldListing, "another")
	e.erase(erasure(vigil.TypeListing, id), erasure(vigil.TypePage, lone.ID), erasure(vigil.TypeWatchlist, w.ID))
	e.verified(5)
}

func holdsTakeTwoToLift(t *testing.T, e *env) {
	h := e.hold(vigil.HoldAll, "")
	for what, change := range map[string]func(*vigil.Hold){
		"one person":    func(h *vigil.Hold) { h.Lifted = &vigil.Lift{By: "a", ApprovedBy: "a", Reason: "r", At: day} },
		"nobody else":   func(h *vigil.Hold) { h.Lifted = &vigil.Lift{By: "a", Reason: "r", At: day} },
		"no reason":     func(h *vigil.Hold) { h.Reason = "" },
		"another scope": func(h *vigil.Hold) { h.Scope, h.Subject = vigil.HoldOrder, "ORD-1" },
		"no scope":      func(h *vigil.Hold) { h.Scope = "" },
	} {
		h := h
		change(&h)
		if err := errorOf(e.Record(t.Context(), vigil.Result{Act: act(vigil.ActLift, ""), Record: h})); err == nil {
			t.Errorf("%s: the hold was recorded", what)
		}
	}
}

func erasedAddresses(t *testing.T, e *env) {
	const start, a, b, lost = "http://x.onion/start", "http://x.onion/a", "http://x.onion/b", "http://x.onion/lost"
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8, Start: []string{start}})
	id := func(url string) string { return vigil.NewTask(vigil.Fetch, src.ID(), url).ID }
	_, first := e.offered(src.ID(), start, 1)
	_, second := e.offered(src.ID(), a, 2)
	_, third := e.offered(src.ID(), b, 3)
	e.enqueue(task(vigil.Fetch, src.ID(), lost, 0))
	again := erasure(vigil.TypeListing, third)
	again.Revisit = true
	e.erase(erasure(vigil.TypeListing, first), erasure(vigil.TypeListing, second), again)

	if got := e.task(id(start)); got.Subject != start || got.Record != "" {
		t.Errorf("the start address: %+v", got)
	}
	want := vigil.Task{ID: id(a), Stage: vigil.Fetch, Source: src.ID(), State: vigil.Erased, Since: e.clock.Now()}
	if d := cmp.Diff(want, e.task(id(a))); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	wantError(t, "a task that may come again", errorOf(e.Task(t.Context(), id(b))), vigil.ErrNotFound)
	if n, err := e.Enqueue(t.Context(), task(vigil.Fetch, src.ID(), a, 0), task(vigil.Fetch, src.ID(), b, 0)); n != 1 || err != nil {
		t.Errorf("%d of them queued again, %v; want the one that may be", n, err)
	}
	if n, err := e.Requeue(t.Context(), store.RequeueRequest{Stage: vigil.Fetch, States: []vigil.State{vigil.Done, vigil.Dead, vigil.Parked}, Tasks: []string{id(a)}}); n != 0 || err != nil {
		t.Errorf("requeued %d, %v", n, err)
	}
	_, _, err := e.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 1, TTL: time.Minute, Task: id(a)})
	wantError(t, "lease of an erased task", err, vigil.ErrNotFound)
	e.countsHold()

	if n := e.erase(erasure(store.EraseTasks, src.ID())); n.Tasks != 2 {
		t.Errorf("%d tasks without a page, want 2", n.Tasks)
	}
	before := len(e.entries("ORD-1"))
	if n := e.erase(erasure(store.EraseTasks, src.ID())); n.Tasks != 0 || len(e.entries("ORD-1")) != before {
		t.Errorf("%d tasks more, or an entry about none", n.Tasks)
	}
	if ts := all(t, e.Tasks(t.Context(), vigil.Fetch, vigil.Queued)); len(ts) != 0 {
		t.Errorf("still queued: %v", subjects(ts))
	}
	e.countsHold()
	e.verified(9)
}

func erasedLists(t *testing.T, e *env) {
	w, rows := watchlist(t, "list", "2026-01-02", row("raw", "btc:k", "eth:k"), row("lone"))
	e.importList(w, rows)
	other, kept := watchlist(t, "other", "2026-01-02", row("raw", "btc:k"))
	e.importList(other, kept)
	if n := e.erase(erasure(vigil.TypeWatchlist, w.ID)); n != (store.Erased{Lists: 1, Records: 1, Rows: 2}) {
		t.Errorf("%+v", n)
	}
	e.wantListed("btc:k", kept...)
	e.wantListed("eth:k")
	e.wantListed(vigil.RawKey("lone"))
	wantError(t, "rows", firstError(e.ListRows(t.Context(), w.ID)), vigil.ErrNotFound)
	if ws, err := e.Watchlists(t.Context()); len(ws) != 1 || err != nil {
		t.Errorf("%v, %v", ws, err)
	}
	e.verified(1)
	w.ImportedAt = day.Add(time.Hour)
	e.importList(w, rows)
	e.verified(1)
}

func erasedTies(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8})
	_, a := e.offered(src.ID(), "http://x.onion/a", 1, ident("btc:own", 0), ident("btc:both", 9))
	_, b := e.offered(src.ID(), "http://x.onion/b", 2, ident("btc:both", 0))
	for _, x := range []vigil.Tie{
		tie(vigil.TieJoin, a, b, "", "same words", 1), tie(vigil.TieCut, a, "", "btc:both", "quoted", 2),
		tie(vigil.TieCut, "", "", "btc:own", "a helpline", 3), tie(vigil.TieCut, "", "", "btc:both", "a helpline", 4),
	} {
		e.record(x, vigil.ActTie)
	}
	e.erase(erasure(vigil.TypeListing, a))
	ts, err := e.Ties(t.Context())
	if err != nil || len(ts) != 1 || ts[0].A != "" || ts[0].Key != "btc:both" {
		t.Errorf("%v, %v: want the tie about the key that is still mentioned", ts, err)
	}
	e.verified(3 + 3)
	e.erase(erasure(vigil.TypeListing, b))
	if ts, err := e.Ties(t.Context()); len(ts) != 0 || err != nil {
		t.Errorf("%v, %v", ts, err)
	}
	e.verified(3 + 3 + 3 + 1)
}

func erasedComesAgain(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 50, Concurrency: 8})
	p := page(src.ID(), "http://x.onion/a", 1)
	l := listing(p, "title")
	for range 3 {
		e.record(p, vigil.ActImport)
		e.record(l, vigil.ActExtract)
		e.verified(0) // all that the log says was erased is there
		e.erase(erasure(vigil.TypeListing, l.ID))
		e.verified(2 * e.times(vigil.ActErase))
	}
}

// times returns how many entries of ORD-1 have an action.
func (e *env) times(action string) (n int) {
	for _, en := range e.entries("ORD-1") {
		if en.Action == action {
			n++
		}
	}
	return n
}

// Pages are found by their place among others, some of which are gone.
func erasureOfManyPages(t *testing.T, e *env) {
	src := e.order("ORD-1", vigil.Source{MaxPages: 5000, Concurrency: 8})
	other := e.order("ORD-2", vigil.Source{MaxPages: 5000, Concurrency: 8})
	var ids []string
	for i := range 200 {
		p := page(src.ID(), fmt.Sprintf("http://x.onion/%d", i), i)
		e.record(p, vigil.ActFetch)
		e.record(page(other.ID(), p.URL, i), vigil.ActFetch)
		ids = append(ids, p.ID)
	}
	for i := range ids {
		ids[i], ids[i*7%len(ids)] = ids[i*7%len(ids)], ids[i]
	}
	for i, some := range slices.Collect(slices.Chunk(ids, 23)) {
		var es []store.Erasure
		for _, id := range some {
			es = append(es, erasure(vigil.TypePage, id))
		}
		e.erase(es...)
		if n := len(all(t, e.Pages(t.Context(), src.ID()))); n != max(0, 200-23*(i+1)) {
			t.Fatalf("%d pages are left after %d", n, 23*(i+1))
		}
	}
	rest := all(t, e.Pages(t.Context(), ""))
	if len(rest) != 200 {
		t.Errorf("%d pages of the other source are left, want 200", len(rest))
	}
	// In one transaction, backwards: what is looked for stands before a gap.
	slices.SortFunc(rest, func(a, b vigil.Page) int { return strings.Compare(b.ID, a.ID) })
	var es []store.Erasure
	for _, p := range rest[20:] {
		es = append(es, erasure(vigil.TypePage, p.ID))
	}
	e.erase(es...)
	e.verified(380)
}
