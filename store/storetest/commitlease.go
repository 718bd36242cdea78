package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// want asks for up to n tasks of a stage for a minute.
func want(st vigil.Stage, n int) store.LeaseRequest {
	return store.LeaseRequest{Stage: st, Holder: "w", N: n, TTL: time.Minute}
}

// commitLease commits a result that must be taken, and leases up to n tasks of
// the stage of l.
func (e *env) commitLease(l vigil.Task, r vigil.Result, n int) (ts []vigil.Task, at time.Time) {
	e.t.Helper()
	if r.Act.Action == "" {
		r.Act = act(string(l.Stage), "")
	}
	ts, at, err := e.CommitLease(e.t.Context(), l, r, want(l.Stage, n))
	if err != nil {
		e.t.Fatalf("commit %s and lease: %v", l.Subject, err)
	}
	return ts, at
}

// a state is what a commit or a lease changes.
type state struct {
	Tasks   []vigil.Task
	Counts  []store.Count
	Sources []store.SourceStatus
	Pages   []vigil.Page
	Log     vigil.Checkpoint
}

func (e *env) state() (s state) {
	e.t.Helper()
	ctx := e.t.Context()
	for _, stage := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Classify} {
		for _, in := range []vigil.State{vigil.Queued, vigil.Leased, vigil.Done, vigil.Parked, vigil.Dead} {
			s.Tasks = append(s.Tasks, all(e.t, e.Tasks(ctx, stage, in))...)
		}
	}
	s.Pages = all(e.t, e.Pages(ctx, ""))
	var errs [3]error
	s.Counts, errs[0] = e.Counts(ctx)
	s.Sources, errs[1] = e.Sources(ctx)
	s.Log, errs[2] = e.Checkpoint(ctx, "ORD-1")
	for _, err := range errs {
		if err != nil {
			e.t.Fatal(err)
		}
	}
	return s
}

// wantState checks that nothing was changed.
func (e *env) wantState(what string, before state) {
	e.t.Helper()
	if diff := cmp.Diff(before, e.state()); diff != "" {
		e.t.Errorf("%s (-before +after):\n%s", what, diff)
	}
}

// commitLease: what is committed is as after Commit, and what is leased as after
// Lease.
func commitLease(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 1})
	e.enqueue(fetches(s.ID(), "a", "b")...)
	a := e.leaseOne(vigil.Fetch)
	e.clock.advance(time.Second)
	p := page(s.ID(), "http://x.onion/a", 0)
	ts, at := e.commitLease(a, vigil.Result{Record: p, Next: []vigil.Task{task(vigil.Extract, s.ID(), p.ID, 0)}}, 9)
	if len(ts) != 1 || ts[0].Subject != "b" || !at.Equal(day.Add(time.Minute+time.Second)) {
		t.Fatalf("leased %v, next %s; want b, and the end of its lease", subjects(ts), at)
	}
	b := task(vigil.Fetch, s.ID(), "b", 0)
	b.State, b.Since, b.Until = vigil.Leased, day.Add(time.Second), day.Add(time.Minute+time.Second)
	b.Attempts, b.Holder, b.Lease = 1, "w", ts[0].Lease
	if diff := cmp.Diff(b, ts[0]); diff != "" || b.Lease == "" || b.Lease == a.Lease {
		t.Errorf("leased task (-want +got), want a token of its own:\n%s", diff)
	}
	if diff := cmp.Diff(b, e.task(b.ID)); diff != "" {
		t.Errorf("stored task (-want +got):\n%s", diff)
	}
	if got := e.task(a.ID); got.State != vigil.Done || got.Record != p.ID {
		t.Errorf("the committed task is %+v", got)
	}
	if got := e.status(s.ID()); got.Pages != 1 || !got.Last.Equal(day.Add(time.Second)) {
		t.Errorf("status is %+v, want one page, and the start of b", got)
	}
	e.leaseOne(vigil.Extract)
	ts, at = e.commitLease(b, vigil.Result{Record: page(s.ID(), "http://x.onion/b", 0)}, 1)
	if len(ts) != 0 || !at.IsZero() {
		t.Errorf("leased %v, next %s; want nothing, ever", subjects(ts), at)
	}
	if got := e.task(b.ID).State; got != vigil.Done {
		t.Errorf("without a next task, the committed one is %s", got)
	}
	if _, err := store.Verify(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

func commitLeaseIsAtomic(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	kept := page(s.ID(), "http://x.onion/", 0)
	e.record(kept, vigil.ActImport)
	e.enqueue(fetches(s.ID(), "a", "b", "c")...)
	l := e.leaseOne(vigil.Fetch)
	before := e.state()
	refused := func(what string, ctx context.Context, l vigil.Task, r vigil.Result, target error) {
		t.Helper()
		ts, at, err := e.CommitLease(ctx, l, r, want(vigil.Fetch, 1))
		wantError(t, what, err, target)
		if len(ts) != 0 || !at.IsZero() {
			t.Errorf("%s: leased %v, next %s", what, subjects(ts), at)
		}
		e.wantState(what, before)
	}
	good := vigil.Result{Act: act(vigil.ActFetch, ""), Record: page(s.ID(), "http://x.onion/a", 0), Next: fetches(s.ID(), "d")}
	bad := good
	bad.Record = kept
	refused("a page that the case has", t.Context(), l, bad, vigil.ErrExists)
	forged := l
	forged.Lease = "forged"
	refused("another's lease", t.Context(), forged, good, vigil.ErrLeaseLost)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	refused("a call that was cancelled", ctx, l, good, context.Canceled)
	e.reopen()
	for _, q := range all(t, e.Tasks(t.Context(), vigil.Fetch, vigil.Queued)) {
		if q.Subject != "a" && q.Attempts != 0 {
			t.Errorf("%s has %d attempts, want none", q.Subject, q.Attempts)
		}
	}
	if ts, _ := e.commitLease(e.leaseOne(vigil.Fetch), good, 1); len(ts) != 1 {
		t.Errorf("the good commit afterwards leased %v, want one", subjects(ts))
	}
}

func commitLeaseRefuses(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 9})
	e.enqueue(fetches(s.ID(), "a", "b")...)
	l := e.leaseOne(vigil.Fetch)
	before := e.state()
	one := want(vigil.Fetch, 1)
	one.Task = task(vigil.Fetch, s.ID(), "b", 0).ID
	for name, r := range map[string]store.LeaseRequest{
		"the zero request": {},
		"no stage":         {Holder: "w", N: 1, TTL: time.Minute},
		"no holder":        {Stage: vigil.Fetch, N: 1, TTL: time.Minute},
		"no number":        {Stage: vigil.Fetch, Holder: "w", TTL: time.Minute},
		"no time":          {Stage: vigil.Fetch, Holder: "w", N: 1},
		"one task by name": one,
	} {
		res := vigil.Result{Act: act(vigil.ActFetch, ""), Record: page(s.ID(), "http://x.onion/a", 0)}
		if ts, _, err := e.CommitLease(t.Context(), l, res, r); err == nil || len(ts) > 0 {
			t.Errorf("%s: leased %v, want an error", name, subjects(ts))
		}
		e.wantState(name, before)
	}
}

func commitLeaseSeesTheResult(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0), task(vigil.Extract, src, "low", 0))
	ts, _ := e.commitLease(e.leaseOne(vigil.Extract), vigil.Result{Next: []vigil.Task{task(vigil.Extract, src, "high", 9)}}, 1)
	if got := subjects(ts); !cmp.Equal(got, []string{"high"}) {
		t.Fatalf("leased %v, want what the result added", got)
	}
	// What is to be done again comes behind all others, and before none.
	ts, _ = e.commitLease(ts[0], vigil.Result{Again: true}, 9)
	if got := subjects(ts); !cmp.Equal(got, []string{"high", "low"}) {
		t.Errorf("leased %v, want high, by its priority, and low", got)
	}
	ts, _ = e.commitLease(ts[1], vigil.Result{Again: true}, 1)
	if len(ts) != 1 || ts[0].Subject != "low" || ts[0].Attempts != 1 {
		t.Errorf("leased %+v, want the task itself, for the first time", ts)
	}
	// A lease that ran out meanwhile is among the choice, too.
	e.clock.advance(30 * time.Second)
	e.enqueue(task(vigil.Extract, src, "late", 0))
	l := e.leaseOne(vigil.Extract)
	e.clock.advance(30 * time.Second)
	ts, _ = e.commitLease(l, vigil.Result{}, 1)
	if len(ts) != 1 || ts[0].Subject != "high" || ts[0].Attempts != 2 {
		t.Errorf("leased %+v, want high, whose lease ran out", ts)
	}
	// And another stage or source, if that is what is asked for.
	e.enqueue(task(vigil.Classify, "ORD-2/x", "x", 0), task(vigil.Classify, src, "y", 9))
	r := want(vigil.Classify, 9)
	r.Source = "ORD-2/x"
	ts, _, err := e.CommitLease(t.Context(), ts[0], vigil.Result{Act: act(vigil.ActExtract, "")}, r)
	if err != nil || len(ts) != 1 || ts[0].Subject != "x" {
		t.Errorf("leased %v, %v; want x alone", subjects(ts), err)
	}
}

// commitLeasePolitely: the committed task counts as leased no more, and what its
// commit says about the source holds at once.
func commitLeasePolitely(t *testing.T, e *env) {
	t.Run("concurrency", func(t *testing.T) {
		s := e.order("ORD-1", vigil.Source{MaxPages: 100, Concurrency: 2})
		e.enqueue(fetches(s.ID(), "a", "b", "c", "d")...)
		ts, _ := e.lease(vigil.Fetch, 9)
		if got, _ := e.commitLease(ts[0], vigil.Result{}, 9); !cmp.Equal(subjects(got), []string{"c"}) {
			t.Errorf("leased %v, want c alone beside b", subjects(got))
		}
	})
	for name, tt := range map[string]struct {
		rules vigil.Source
		r     vigil.Result
		at    time.Time // of the next task; zero for never
	}{
		"interval": {vigil.Source{MaxPages: 9, Interval: 5 * time.Second}, vigil.Result{}, day.Add(5 * time.Second)},
		"rest":     {vigil.Source{MaxPages: 9}, vigil.Result{Rest: 20 * time.Second}, day.Add(21 * time.Second)},
		"rest when opened": {
			vigil.Source{MaxPages: 9},
			vigil.Result{Rest: 20 * time.Second, Standings: []vigil.Standing{{Source: "O-rest when opened/m", State: vigil.SourceOpen}}},
			day.Add(21 * time.Second),
		},
		"pages":    {vigil.Source{MaxPages: 1}, vigil.Result{Record: page("O-pages/m", "http://x.onion/", 0)}, time.Time{}},
		"bytes":    {vigil.Source{MaxPages: 9, MaxBytes: 1}, vigil.Result{Record: page("O-bytes/m", "http://x.onion/", 0)}, time.Time{}},
		"standing": {vigil.Source{MaxPages: 9}, vigil.Result{Standings: []vigil.Standing{{Source: "O-standing/m", State: vigil.SourcePaused}}}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.open)
			tt.rules.Name, tt.rules.Concurrency = "m", 9
			s := e.order("O-"+name, tt.rules)
			e.enqueue(fetches(s.ID(), "a")...)
			l := e.leaseOne(vigil.Fetch)
			e.enqueue(fetches(s.ID(), "b")...)
			e.clock.advance(time.Second)
			ts, at := e.commitLease(l, tt.r, 9)
			if len(ts) != 0 || !at.Equal(tt.at) {
				t.Fatalf("leased %v, next %s; want nothing before %s", subjects(ts), at, tt.at)
			}
			if !tt.at.IsZero() {
				e.clock.advance(tt.at.Sub(e.clock.Now()))
				e.leaseOne(vigil.Fetch)
			}
		})
	}
}
