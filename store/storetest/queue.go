package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

const src = "ORD-1/market-a"

func enqueueIsIdempotent(t *testing.T, e *env) {
	a, b := task(vigil.Extract, src, "a", 0), task(vigil.Extract, src, "b", 0)
	for _, tt := range []struct {
		ts   []vigil.Task
		want int
	}{{[]vigil.Task{a, a}, 1}, {[]vigil.Task{a, b}, 1}, {nil, 0}} {
		if n, err := e.Enqueue(t.Context(), tt.ts...); err != nil || n != tt.want {
			t.Errorf("enqueue %v: %d new, %v; want %d", subjects(tt.ts), n, err, tt.want)
		}
	}
	done := e.leaseOne(vigil.Extract)
	if err := e.Commit(t.Context(), done, vigil.Result{Act: act(vigil.ActExtract, "ORD-1")}); err != nil {
		t.Fatal(err)
	}
	if n, err := e.Enqueue(t.Context(), a); err != nil || n != 0 {
		t.Errorf("enqueue a done task: %d new, %v; want 0", n, err)
	}
	if got := e.task(a.ID).State; got != vigil.Done {
		t.Errorf("the task is %s, want done", got)
	}
}

func enqueueRefuses(t *testing.T, e *env) {
	for name, bad := range map[string]vigil.Task{
		"the zero task":     {},
		"a made-up ID":      {ID: "x", Stage: vigil.Fetch, Source: src, Subject: "a"},
		"priority -1":       task(vigil.Fetch, src, "a", -1),
		"priority 256":      task(vigil.Fetch, src, "a", 256),
		"a zero byte":       task(vigil.Fetch, "a\x00b", "a", 0),
		"an endless source": task(vigil.Fetch, strings.Repeat("x", 1<<20), "a", 0),
	} {
		good := task(vigil.Fetch, src, "good", 0)
		if n, err := e.Enqueue(t.Context(), good, bad); err == nil {
			t.Errorf("%s: %d new, want an error", name, n)
		}
		_, err := e.Task(t.Context(), good.ID)
		wantError(t, name+": its neighbour", err, vigil.ErrNotFound)
	}
}

func leaseRefuses(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	for name, r := range map[string]store.LeaseRequest{
		"the zero request": {},
		"no stage":         {Holder: "w", N: 1, TTL: time.Minute},
		"no holder":        {Stage: vigil.Extract, N: 1, TTL: time.Minute},
		"no number":        {Stage: vigil.Extract, Holder: "w", TTL: time.Minute},
		"no time":          {Stage: vigil.Extract, Holder: "w", N: 1},
	} {
		if ts, _, err := e.Lease(t.Context(), r); err == nil {
			t.Errorf("%s: leased %v, want an error", name, subjects(ts))
		}
	}
}

func leaseOrder(t *testing.T, e *env) {
	e.enqueue(
		task(vigil.Extract, src, "first", 5), task(vigil.Extract, "ORD-2/x", "second", 5), task(vigil.Extract, src, "urgent", 255),
		task(vigil.Extract, src, "third", 5), task(vigil.Extract, "ORD-0/x", "last", 0), task(vigil.Classify, src, "other stage", 255))
	ts, _ := e.lease(vigil.Extract, 3)
	rest, _ := e.lease(vigil.Extract, 9)
	got := subjects(append(ts, rest...))
	if diff := cmp.Diff([]string{"urgent", "first", "second", "third", "last"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for _, l := range ts {
		if l.State != vigil.Leased || l.Holder != "w" || l.Lease == "" || l.Attempts != 1 || !l.Until.Equal(day.Add(time.Minute)) {
			t.Errorf("leased task is %+v", l)
		}
		if diff := cmp.Diff(l, e.task(l.ID)); diff != "" {
			t.Errorf("stored task (-leased +stored):\n%s", diff)
		}
	}
	if ts[0].Lease == ts[1].Lease {
		t.Error("two leases have one token")
	}
}

func leaseOneSource(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0), task(vigil.Extract, "ORD-2/x", "b", 9))
	ts, next, err := e.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 9, TTL: time.Minute, Source: src})
	if err != nil || len(ts) != 1 || ts[0].Subject != "a" {
		t.Errorf("leased %v, %v; want a", subjects(ts), err)
	}
	if !next.Equal(day.Add(time.Minute)) {
		t.Errorf("next %s, want the end of the lease", next)
	}
}

func fetches(source string, subjects ...string) (ts []vigil.Task) {
	for _, s := range subjects {
		ts = append(ts, vigil.NewTask(vigil.Fetch, source, s))
	}
	return ts
}

func fetchInterval(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 100, Concurrency: 8, Interval: 2 * time.Second})
	e.enqueue(fetches(s.ID(), "a", "b")...)
	ts, next := e.lease(vigil.Fetch, 8)
	if got := subjects(ts); !cmp.Equal(got, []string{"a"}) {
		t.Fatalf("leased %v at once, want a alone", got)
	}
	if want := day.Add(2 * time.Second); !next.Equal(want) {
		t.Errorf("next %s, want %s", next, want)
	}
	e.clock.advance(2*time.Second - 1)
	if next := e.none(vigil.Fetch); !next.Equal(day.Add(2 * time.Second)) {
		t.Errorf("next %s, want the end of the interval", next)
	}
	e.clock.advance(1)
	if got := e.leaseOne(vigil.Fetch).Subject; got != "b" {
		t.Errorf("leased %s, want b", got)
	}
}

func fetchConcurrency(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 100, Concurrency: 2})
	e.enqueue(fetches(s.ID(), "a", "b", "c")...)
	ts, next := e.lease(vigil.Fetch, 8)
	if got := subjects(ts); !cmp.Equal(got, []string{"a", "b"}) {
		t.Fatalf("leased %v, want a and b", got)
	}
	if !next.Equal(day.Add(time.Minute)) {
		t.Errorf("next %s, want the end of the leases", next)
	}
	if err := e.Return(t.Context(), ts[1]); err != nil {
		t.Fatal(err)
	}
	if got := e.leaseOne(vigil.Fetch).Subject; got != "b" {
		t.Errorf("leased %s, want b again", got)
	}
	e.none(vigil.Fetch)
}

func fetchMaxPages(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 3, Concurrency: 8})
	e.record(page(s.ID(), "http://x.onion/0", 0), vigil.ActImport)
	e.enqueue(fetches(s.ID(), "a", "b", "c")...)
	ts, _ := e.lease(vigil.Fetch, 8)
	if got := subjects(ts); !cmp.Equal(got, []string{"a", "b"}) {
		t.Fatalf("leased %v, want a and b", got)
	}
	for i, l := range ts {
		r := vigil.Result{Act: act(vigil.ActFetch, "ORD-1")}
		if i == 0 { // b leaves no page
			r.Record = page(s.ID(), "http://x.onion/1", 1)
		}
		if err := e.Commit(t.Context(), l, r); err != nil {
			t.Fatal(err)
		}
	}
	last := e.leaseOne(vigil.Fetch)
	if err := e.Commit(t.Context(), last, vigil.Result{Act: act(vigil.ActFetch, "ORD-1"), Record: page(s.ID(), "http://x.onion/2", 2)}); err != nil {
		t.Fatal(err)
	}
	e.enqueue(fetches(s.ID(), "d")...)
	if next := e.none(vigil.Fetch); !next.IsZero() {
		t.Errorf("next %s, want never", next)
	}
}

func fetchPeriod(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 8, NotBefore: day.Add(time.Hour), NotAfter: day.Add(2 * time.Hour)})
	e.enqueue(fetches(s.ID(), "a", "b")...)
	if next := e.none(vigil.Fetch); !next.Equal(s.NotBefore) {
		t.Errorf("next %s, want the order's begin", next)
	}
	e.clock.advance(time.Hour)
	e.leaseOne(vigil.Fetch)
	e.clock.advance(time.Hour)
	if next := e.none(vigil.Fetch); !next.IsZero() {
		t.Errorf("next %s after the order's end, want never", next)
	}
}

func fetchUnregistered(t *testing.T, e *env) {
	e.enqueue(fetches("ORD-9/none", "a")...)
	if next := e.none(vigil.Fetch); !next.IsZero() {
		t.Errorf("next %s, want never", next)
	}
	e.order("ORD-1", vigil.Source{Name: "idle"}) // no pages, no concurrency
	e.enqueue(fetches("ORD-1/idle", "a")...)
	if next := e.none(vigil.Fetch); !next.IsZero() {
		t.Errorf("next %s for the zero rules, want never", next)
	}
}

// ends are the ways to end a lease.
func ends(e *env, l vigil.Task) map[string]error {
	ts, _, err := e.CommitLease(e.t.Context(), l, vigil.Result{Act: act(vigil.ActExtract, "")}, want(vigil.Extract, 9))
	if len(ts) > 0 {
		e.t.Errorf("a commit that was refused leased %v", subjects(ts))
	}
	return map[string]error{
		"commit and lease": err,

		"commit":  e.Commit(e.t.Context(), l, vigil.Result{Act: act(vigil.ActExtract, ""), Next: []vigil.Task{task(vigil.Classify, src, "next", 0)}}),
		"release": e.Release(e.t.Context(), l, vigil.Setback{}),
		"return":  e.Return(e.t.Context(), l),
		"bury":    e.Bury(e.t.Context(), l, act(vigil.ActRefuse, "")),
	}
}

func leaseExpiry(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	l := e.leaseOne(vigil.Extract)
	e.clock.advance(time.Minute - 1)
	if next := e.none(vigil.Extract); !next.Equal(l.Until) {
		t.Errorf("next %s, want the end of the lease", next)
	}
	e.clock.advance(1)
	before := e.task(l.ID)
	for verb, err := range ends(e, l) {
		wantError(t, verb+" after the lease ran out", err, vigil.ErrLeaseLost)
	}
	if diff := cmp.Diff(before, e.task(l.ID)); diff != "" {
		t.Errorf("a lost lease changed the task (-before +after):\n%s", diff)
	}
	if again := e.leaseOne(vigil.Extract); again.Attempts != 2 || again.Lease == l.Lease {
		t.Errorf("leased again as %+v, want attempt 2 and another token", again)
	}
	if logs, err := e.Logs(t.Context()); err != nil || len(logs) != 1 || len(e.entries("")) != 0 {
		t.Errorf("logs of %q, %v; want none but the empty one of the case", logs, err)
	}
}

func leaseTakeOver(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	late := e.leaseOne(vigil.Extract)
	e.clock.advance(time.Minute)
	l := e.leaseOne(vigil.Extract)
	for verb, err := range ends(e, late) {
		wantError(t, verb+" after another took over", err, vigil.ErrLeaseLost)
	}
	forged := l
	forged.Lease = ""
	for verb, err := range ends(e, forged) {
		wantError(t, verb+" without a token", err, vigil.ErrLeaseLost)
	}
	if err := e.Commit(t.Context(), l, vigil.Result{Act: act(vigil.ActExtract, "ORD-1")}); err != nil {
		t.Errorf("the holder's commit: %v", err)
	}
	wantError(t, "a second commit", e.Commit(t.Context(), l, vigil.Result{Act: act(vigil.ActExtract, "ORD-1")}), vigil.ErrLeaseLost)
	if n := len(e.entries("ORD-1")); n != 1 {
		t.Errorf("%d log entries, want 1", n)
	}
}

// byTask asks for one task as a reviewer does.
func byTask(holder, id string) store.LeaseRequest {
	return store.LeaseRequest{Stage: vigil.Review, Holder: holder, N: 1, TTL: time.Minute, Task: id}
}

func leaseRenewal(t *testing.T, e *env) {
	a := task(vigil.Review, src, "a", 0)
	e.enqueue(a)
	first, _, err := e.Lease(t.Context(), byTask("rev-1", a.ID))
	if err != nil || len(first) != 1 {
		t.Fatalf("leased %v, %v; want a", subjects(first), err)
	}
	e.clock.advance(30 * time.Second)
	again, _, err := e.Lease(t.Context(), byTask("rev-1", a.ID))
	if err != nil || len(again) != 1 {
		t.Fatalf("renewed %v, %v; want a", subjects(again), err)
	}
	want := first[0]
	want.Until = day.Add(90 * time.Second)
	if diff := cmp.Diff(want, again[0]); diff != "" {
		t.Errorf("renewed lease (-want +got):\n%s", diff)
	}
	e.clock.advance(45 * time.Second) // the first lease would have run out
	if err := e.Commit(t.Context(), first[0], vigil.Result{Act: act(vigil.ActDecide, "ORD-1")}); err != nil {
		t.Errorf("commit under the renewed lease: %v", err)
	}
}

func leaseHeld(t *testing.T, e *env) {
	a := task(vigil.Review, src, "a", 0)
	e.enqueue(a)
	l, _, err := e.Lease(t.Context(), byTask("rev-1", a.ID))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = e.Lease(t.Context(), byTask("rev-2", a.ID))
	wantError(t, "another's task", err, vigil.ErrHeld)
	if err != nil && (!strings.Contains(err.Error(), "rev-1") || !strings.Contains(err.Error(), "2026-11-03T09:01:00")) {
		t.Errorf("%q does not say who has it until when", err)
	}
	e.clock.advance(time.Minute)
	taken, _, err := e.Lease(t.Context(), byTask("rev-2", a.ID))
	if err != nil || len(taken) != 1 || taken[0].Lease == l[0].Lease {
		t.Fatalf("after the lease ran out: %+v, %v; want it under another token", taken, err)
	}
	if err := e.Commit(t.Context(), taken[0], vigil.Result{Act: act(vigil.ActDecide, "ORD-1")}); err != nil {
		t.Fatal(err)
	}
	_, _, err = e.Lease(t.Context(), byTask("rev-2", a.ID))
	wantError(t, "a done task", err, vigil.ErrNotFound)
	_, _, err = e.Lease(t.Context(), byTask("rev-2", "unknown"))
	wantError(t, "an unknown task", err, vigil.ErrNotFound)
	other := task(vigil.Extract, src, "b", 0)
	e.enqueue(other)
	_, _, err = e.Lease(t.Context(), byTask("rev-2", other.ID))
	wantError(t, "a task of another stage", err, vigil.ErrNotFound)
}

func leaseByTaskPolitely(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 8, Interval: time.Second})
	ts := fetches(s.ID(), "a", "b")
	e.enqueue(ts...)
	ask := func(id string) ([]vigil.Task, time.Time) {
		t.Helper()
		got, next, err := e.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", TTL: time.Minute, Task: id})
		if err != nil {
			t.Fatal(err)
		}
		return got, next
	}
	if got, _ := ask(ts[1].ID); len(got) != 1 {
		t.Errorf("leased %v, want b", subjects(got))
	}
	if got, next := ask(ts[0].ID); len(got) != 0 || !next.Equal(day.Add(time.Second)) {
		t.Errorf("within the interval: %v, next %s; want nothing before its end", subjects(got), next)
	}
	e.clock.advance(time.Second)
	if got, _ := ask(ts[0].ID); len(got) != 1 {
		t.Errorf("after the interval: %v, want a", subjects(got))
	}
}
