package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// status returns the state of a source.
func (e *env) status(id string) store.SourceStatus {
	e.t.Helper()
	ss, err := e.Sources(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	for _, s := range ss {
		if s.ID() == id {
			return s
		}
	}
	e.t.Fatalf("no source %s among %d", id, len(ss))
	return store.SourceStatus{}
}

// stand sets a standing by an act of a person.
func (e *env) stand(actor string, ss ...vigil.Standing) error {
	a := act(vigil.ActPause, "ORD-1")
	a.Actor = actor
	_, err := e.Record(e.t.Context(), vigil.Result{Act: a, Standings: ss})
	return err
}

// wantRest checks that a source rests until a moment, and then no longer.
func (e *env) wantRest(until time.Time) {
	e.t.Helper()
	if next := e.none(vigil.Fetch); !next.Equal(until) {
		e.t.Errorf("next %s, want the end of the rest, %s", next, until)
	}
	e.clock.advance(until.Sub(e.clock.Now()) - 1)
	e.none(vigil.Fetch)
	e.clock.advance(1)
}

func sourcesSayHowTheyStand(t *testing.T, e *env) {
	if ss, err := e.Sources(t.Context()); len(ss) != 0 || err != nil {
		t.Errorf("an empty case has sources %v, %v", ss, err)
	}
	b := e.order("ORD-2", vigil.Source{Name: "b", MaxPages: 9, Concurrency: 2, MaxBytes: 1000, Robots: vigil.IgnoreRobots})
	a := e.order("ORD-1", vigil.Source{Name: "a", MaxPages: 9, Concurrency: 2, Interval: time.Second})
	e.enqueue(fetches(a.ID(), "x", "y")...)
	l := e.leaseOne(vigil.Fetch)
	p := page(a.ID(), "http://x.onion/", 0)
	p.RawSize = 12_345
	e.commit(l, vigil.Result{Record: p})
	e.record(page(a.ID(), "http://x.onion/2", 0), vigil.ActImport)
	e.clock.advance(time.Minute)
	e.release(e.leaseOne(vigil.Fetch), vigil.Setback{Class: "down", Reason: "no descriptor", Rest: time.Hour, Retry: time.Hour})
	open := func(s vigil.Source) vigil.Standing { return vigil.Standing{Source: s.ID(), State: vigil.SourceOpen} }
	want := []store.SourceStatus{
		{
			Source: a, Standing: open(a), Pages: 2, Bytes: 12_345 + page("", "http://x.onion/2", 0).RawSize,
			Last: day.Add(time.Minute), Rest: day.Add(time.Hour + time.Minute), Because: "down: no descriptor", Setbacks: 1,
		},
		{Source: b, Standing: open(b)},
	}
	got, err := e.Sources(t.Context())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("sources (-want +got): %v\n%s", err, diff)
	}
	e.reopen()
	got, err = e.Sources(t.Context())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("sources when opened again (-want +got): %v\n%s", err, diff)
	}
}

func aSetbackRestsTheSource(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	e.enqueue(fetches(s.ID(), "a", "b", "c", "d", "e")...)
	ts, _ := e.lease(vigil.Fetch, 4)
	e.release(ts[0], vigil.Setback{Class: "down", Reason: "1", Rest: 30 * time.Second})
	e.release(ts[1], vigil.Setback{Class: "busy", Reason: "2", Rest: 10 * time.Second, Park: true}) // shorter than what is left
	e.release(ts[2], vigil.Setback{Class: "page", Reason: "3"})                                     // not the source's fault
	if got := e.status(s.ID()); got.Setbacks != 2 || got.Because != "busy: 2" || !got.Rest.Equal(day.Add(30*time.Second)) {
		t.Errorf("status is %+v, want the longer rest, and two setbacks", got)
	}
	_, next, err := e.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", TTL: time.Minute, Task: ts[0].ID})
	if err != nil || !next.Equal(day.Add(30*time.Second)) {
		t.Errorf("lease by task: next %s, %v; want the end of the rest", next, err)
	}
	// A page ends the row, but not the rest.
	e.commit(ts[3], vigil.Result{Record: page(s.ID(), "http://x.onion/d", 0)})
	if got := e.status(s.ID()); got.Setbacks != 0 || got.Because != "" || !got.Rest.Equal(day.Add(30*time.Second)) {
		t.Errorf("after a page, status is %+v, want no setbacks, and the rest", got)
	}
	e.wantRest(day.Add(30 * time.Second))
	ts, _ = e.lease(vigil.Fetch, 9)
	if got := subjects(ts); !cmp.Equal(got, []string{"a", "c", "e"}) {
		t.Errorf("leased %v after the rest, want a, c and e", got)
	}
	// What leaves no page does not end the row.
	e.release(ts[0], vigil.Setback{Class: "down", Rest: time.Second})
	e.commit(ts[1], vigil.Result{})
	if got := e.status(s.ID()); got.Setbacks != 1 || got.Because != "down" {
		t.Errorf("status is %+v, want the setback still", got)
	}
	// Nor does a page that was handed in.
	e.record(page(s.ID(), "http://x.onion/saved", 0), vigil.ActImport)
	if got := e.status(s.ID()); got.Setbacks != 1 {
		t.Errorf("%d setbacks after an import, want still 1", got.Setbacks)
	}
}

func aCommitRestsTheSource(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	e.enqueue(fetches(s.ID(), "a", "b", "c", "d")...)
	ts, _ := e.lease(vigil.Fetch, 3)
	e.clock.advance(time.Second)
	e.commit(ts[0], vigil.Result{Rest: 20 * time.Second})
	e.commit(ts[1], vigil.Result{Rest: 5 * time.Second})
	e.commit(ts[2], vigil.Result{})
	e.wantRest(day.Add(21 * time.Second))
	e.leaseOne(vigil.Fetch)
}

// restsAreForFetches: only who asks a source may say that it must rest.
func restsAreForFetches(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	e.enqueue(task(vigil.Extract, s.ID(), "a", 0))
	l := e.leaseOne(vigil.Extract)
	if err := e.Release(t.Context(), l, vigil.Setback{Rest: time.Second}); err == nil {
		t.Error("release an extract task with a rest: no error")
	}
	if err := e.Commit(t.Context(), l, vigil.Result{Act: act(vigil.ActExtract, ""), Rest: time.Second}); err == nil {
		t.Error("commit an extract task with a rest: no error")
	}
	if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActView, "ORD-1"), Rest: time.Second}); err == nil {
		t.Error("record with a rest: no error")
	}
	if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActView, "ORD-1"), Again: true}); err == nil {
		t.Error("record of what is to be done again: no error")
	}
	if diff := cmp.Diff(l, e.task(l.ID)); diff != "" {
		t.Errorf("task (-before +after):\n%s", diff)
	}
	if n := len(e.entries("ORD-1")); n != 1 || !e.status(s.ID()).Rest.IsZero() {
		t.Errorf("%d log entries, rest %s; want the order's alone, and none", n, e.status(s.ID()).Rest)
	}
}

func fetchMaxBytes(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 100, Concurrency: 2, MaxBytes: 1000})
	e.enqueue(fetches(s.ID(), "a", "b", "c")...)
	ts, _ := e.lease(vigil.Fetch, 9)
	first := page(s.ID(), "http://x.onion/a", 0)
	first.RawSize = 999
	e.commit(ts[0], vigil.Result{Record: first})
	l := e.leaseOne(vigil.Fetch) // one byte is left
	second := page(s.ID(), "http://x.onion/b", 0)
	second.RawSize = 1
	e.commit(ts[1], vigil.Result{Record: second})
	e.enqueue(fetches(s.ID(), "d")...)
	if next := e.none(vigil.Fetch); !next.IsZero() {
		t.Errorf("next %s, want never", next)
	}
	// What had begun is kept.
	e.commit(l, vigil.Result{Record: page(s.ID(), "http://x.onion/c", 0)})
	if got := e.status(s.ID()); got.Pages != 3 || got.Bytes <= 1000 {
		t.Errorf("%d pages of %d bytes, want 3 of more than 1000", got.Pages, got.Bytes)
	}
	bad := page(s.ID(), "http://x.onion/neg", 0)
	bad.RawSize = -1
	if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActImport, ""), Record: bad}); err == nil {
		t.Error("a page of -1 bytes: no error")
	}
}

func pausedSourcesWait(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	e.enqueue(fetches(s.ID(), "a", "b", "c")...)
	ts, _ := e.lease(vigil.Fetch, 2)
	// A wall pauses the source, in one transaction with the page that shows it.
	wall := page(s.ID(), "http://x.onion/a", 0)
	e.commit(ts[0], vigil.Result{
		Act: act(vigil.ActWall, ""), Record: wall, Again: true,
		Standings: []vigil.Standing{{Source: s.ID(), State: vigil.SourcePaused, Reason: "login", By: "nobody", Since: day.Add(-time.Hour)}},
	})
	want := vigil.Standing{Source: s.ID(), State: vigil.SourcePaused, Since: day, By: "inv-04", Reason: "login"}
	if diff := cmp.Diff(want, e.status(s.ID()).Standing); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
	if next := e.none(vigil.Fetch); !next.IsZero() {
		t.Errorf("next %s, want never", next)
	}
	e.clock.advance(time.Hour)
	e.none(vigil.Fetch)
	got, next, err := e.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", TTL: time.Minute, Task: ts[0].ID})
	if len(got) != 0 || !next.IsZero() || err != nil {
		t.Errorf("lease by task: %v, %s, %v; want nothing, ever", subjects(got), next, err)
	}
	e.enqueue(task(vigil.Extract, s.ID(), "x", 0))
	e.leaseOne(vigil.Extract) // what is kept is read all the same
	e.reopen()
	e.none(vigil.Fetch)
	if err := e.stand("inv-05", vigil.Standing{Source: s.ID(), State: vigil.SourceOpen, Accept: []string{"login"}}); err != nil {
		t.Fatal(err)
	}
	want = vigil.Standing{Source: s.ID(), State: vigil.SourceOpen, Since: day.Add(time.Hour), By: "inv-05", Accept: []string{"login"}}
	if diff := cmp.Diff(want, e.status(s.ID()).Standing); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
	if ts, _ = e.lease(vigil.Fetch, 9); len(ts) != 3 {
		t.Errorf("leased %v, want all three", subjects(ts))
	}
	// The next wall forgets nothing that a person has said.
	e.commit(ts[0], vigil.Result{Act: act(vigil.ActWall, ""), Standings: []vigil.Standing{{Source: s.ID(), State: vigil.SourcePaused}}})
	if got := e.status(s.ID()).Standing.Accept; !cmp.Equal(got, []string{"login"}) {
		t.Errorf("accepted are %v, want still login", got)
	}
	if err := e.stand("inv-05", vigil.Standing{Source: s.ID(), State: vigil.SourceOpen, Accept: []string{}}); err != nil {
		t.Fatal(err)
	}
	if got := e.status(s.ID()).Standing.Accept; len(got) != 0 {
		t.Errorf("accepted are %v, want none", got)
	}
}

func openingEndsTheRest(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	e.enqueue(fetches(s.ID(), "a", "b")...)
	e.release(e.leaseOne(vigil.Fetch), vigil.Setback{Class: "down", Rest: 24 * time.Hour})
	e.none(vigil.Fetch)
	if err := e.stand("inv-05", vigil.Standing{Source: s.ID(), State: vigil.SourceOpen}); err != nil {
		t.Fatal(err)
	}
	if got := e.status(s.ID()); got.Setbacks != 0 || got.Because != "" {
		t.Errorf("status is %+v, want no setbacks", got)
	}
	e.leaseOne(vigil.Fetch)
}

func revokedStaysRevoked(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	e.enqueue(fetches(s.ID(), "a", "b")...)
	l := e.leaseOne(vigil.Fetch)
	if err := e.stand("inv-05", vigil.Standing{Source: s.ID(), State: vigil.SourceRevoked, Reason: "court order 7"}); err != nil {
		t.Fatal(err)
	}
	before := e.status(s.ID()).Standing
	e.clock.advance(time.Second)
	for _, state := range []vigil.SourceState{vigil.SourceOpen, vigil.SourcePaused} {
		wantError(t, string(state), e.stand("inv-05", vigil.Standing{Source: s.ID(), State: state}), vigil.ErrRefused)
	}
	if n := len(e.entries("ORD-1")); n != 2 {
		t.Errorf("%d log entries, want 2: what is refused is not logged", n)
	}
	// What was fetched before is kept, and the wall that it met changes nothing.
	p := page(s.ID(), "http://x.onion/a", 0)
	e.commit(l, vigil.Result{Act: act(vigil.ActWall, ""), Record: p, Standings: []vigil.Standing{{Source: s.ID(), State: vigil.SourcePaused}}})
	if _, err := e.PageInfo(t.Context(), p.ID); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, e.status(s.ID()).Standing); diff != "" {
		t.Errorf("standing (-revoked +now):\n%s", diff)
	}
	if next := e.none(vigil.Fetch); !next.IsZero() {
		t.Errorf("next %s, want never", next)
	}
	if _, err := store.Verify(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

func standingsAreLogged(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	a := act(vigil.ActPause, "ORD-1")
	a.Details = map[string]string{"wall": "login"}
	ev, err := e.Record(t.Context(), vigil.Result{Act: a, Standings: []vigil.Standing{{Source: s.ID(), State: vigil.SourcePaused}}})
	want := map[string]string{"wall": "login", store.DetailStanding + s.ID(): "paused"}
	if diff := cmp.Diff(want, ev.Details); diff != "" || err != nil {
		t.Errorf("details (-want +got): %v\n%s", err, diff)
	}
	if len(a.Details) != 1 {
		t.Errorf("the caller's act was changed: %v", a.Details)
	}
	a.Details[store.DetailStanding+s.ID()] = "open"
	if _, err := e.Record(t.Context(), vigil.Result{Act: a}); err == nil {
		t.Error("an act that claims a standing: no error")
	}
	if _, err := store.Verify(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

func standingsThatMakeNoSense(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	other := e.order("ORD-2", vigil.Source{MaxPages: 9, Concurrency: 9})
	good := vigil.Standing{Source: s.ID(), State: vigil.SourcePaused}
	for name, ss := range map[string][]vigil.Standing{
		"the zero standing": {{}},
		"no state":          {{Source: s.ID()}},
		"an unknown state":  {{Source: s.ID(), State: "closed"}},
		"another order's":   {good, {Source: other.ID(), State: vigil.SourcePaused}},
		"one source twice":  {good, good},
	} {
		if err := e.stand("inv-04", ss...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	wantError(t, "an unknown source", e.stand("inv-04", good, vigil.Standing{Source: "ORD-1/none", State: vigil.SourcePaused}), vigil.ErrNotFound)
	e.enqueue(fetches(s.ID(), "a")...)
	l := e.leaseOne(vigil.Fetch)
	p := page(s.ID(), "http://x.onion/a", 0)
	r := vigil.Result{Act: act(vigil.ActWall, ""), Record: p, Standings: []vigil.Standing{{Source: "ORD-1/none", State: vigil.SourcePaused}}}
	wantError(t, "commit for an unknown source", e.Commit(t.Context(), l, r), vigil.ErrNotFound)
	_, err := e.PageInfo(t.Context(), p.ID)
	wantError(t, "its page", err, vigil.ErrNotFound)
	if got := e.status(s.ID()).Standing.State; got != vigil.SourceOpen || len(e.entries("ORD-1")) != 1 {
		t.Errorf("source is %s, %d log entries; want it open, and the order's entry alone", got, len(e.entries("ORD-1")))
	}
	// Several at once, as for an order that is taken back whole.
	two := vigil.Order{ID: "ORD-3", Sources: []vigil.Source{{Order: "ORD-3", Name: "a"}, {Order: "ORD-3", Name: "b"}}}
	e.record(two, vigil.ActAuthorize)
	_, err = e.Record(t.Context(), vigil.Result{Act: act(vigil.ActRevoke, "ORD-3"), Standings: []vigil.Standing{
		{Source: "ORD-3/a", State: vigil.SourceRevoked}, {Source: "ORD-3/b", State: vigil.SourceRevoked},
	}})
	if err != nil || e.status("ORD-3/a").Standing.State != vigil.SourceRevoked || e.status("ORD-3/b").Standing.State != vigil.SourceRevoked {
		t.Errorf("revoke two: %v", err)
	}
}
