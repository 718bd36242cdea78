package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// barring returns a task that is not for some people.
func barring(t vigil.Task, who ...string) vigil.Task {
	t.Barred = who
	return t
}

// by asks for up to eight tasks of a stage for a minute, in somebody's name.
func by(st vigil.Stage, holder string) store.LeaseRequest {
	return store.LeaseRequest{Stage: st, Holder: holder, N: 8, TTL: time.Minute}
}

// named asks for one task.
func named(holder, id string) store.LeaseRequest {
	return store.LeaseRequest{Holder: holder, TTL: time.Minute, Task: id}
}

// wantLeased checks what a request is handed, and when to ask again.
func (e *env) wantLeased(r store.LeaseRequest, next time.Time, want ...string) []vigil.Task {
	e.t.Helper()
	ts, at, err := e.Lease(e.t.Context(), r)
	if err != nil {
		e.t.Fatalf("lease %+v: %v", r, err)
	}
	if diff := cmp.Diff(append([]string{}, want...), subjects(ts)); diff != "" {
		e.t.Errorf("lease %+v (-want +got):\n%s", r, diff)
	}
	if len(ts) == 0 && !at.Equal(next) {
		e.t.Errorf("lease %+v: ask again at %s, want %s", r, at, next)
	}
	return ts
}

// foremostTasks: the highest priority of all sources comes first, of what can be leased
// now and does not bar who asks.
func foremostTasks(t *testing.T, e *env) {
	e.enqueue(
		task(vigil.Reread, src, "low", 1), barring(task(vigil.Reread, src, "ann's", 9), "ann"), task(vigil.Reread, src, "high", 7),
		task(vigil.Reread, "ORD-2/x", "middle", 5), task(vigil.Reread, "ORD-2/x", "last", 0), task(vigil.Review, src, "review", 10),
	)
	want := func(who string, n int, subjectsWanted ...string) {
		t.Helper()
		ts, err := e.Foremost(t.Context(), vigil.Reread, who, n)
		if diff := cmp.Diff(append([]string{}, subjectsWanted...), subjects(ts)); err != nil || diff != "" {
			t.Errorf("%d foremost for %s: %v (-want +got):\n%s", n, who, err, diff)
		}
	}
	want("ann", 2, "high", "middle")
	want("bea", 2, "ann's", "high")
	want("ann", 9, "high", "middle", "low", "last")
	want("ann", 0)
	e.wantLeased(named("bea", task(vigil.Reread, src, "high", 7).ID), time.Time{}, "high")
	want("ann", 1, "middle")
	if ts, err := e.Foremost(t.Context(), vigil.Adjudicate, "ann", 3); err != nil || len(ts) != 0 {
		t.Errorf("%d disputes, %v; want none", len(ts), err)
	}
}

// barredNeverLease: the others get what somebody may not have, and who may have
// nothing is not told to ask again at once.
func barredNeverLease(t *testing.T, e *env) {
	a, b := barring(task(vigil.Reread, src, "a", 5), "ann"), barring(task(vigil.Reread, "ORD-2/x", "b", 5), "ann", "bea")
	e.enqueue(a, b, task(vigil.Reread, src, "c", 1))
	e.wantLeased(by(vigil.Reread, "ann"), time.Time{}, "c")
	e.wantLeased(by(vigil.Reread, "ann"), day.Add(time.Minute)) // c, once its lease has run out
	held := e.wantLeased(by(vigil.Reread, "bea"), time.Time{}, "a")
	e.wantLeased(by(vigil.Reread, "bea"), day.Add(time.Minute))
	e.clock.advance(10 * time.Second)
	e.release(held[0], vigil.Setback{Class: "later", Retry: 20 * time.Second})
	e.wantLeased(by(vigil.Reread, "bea"), day.Add(30*time.Second))
	e.wantLeased(by(vigil.Reread, "ann"), day.Add(time.Minute)) // not when a comes again
	e.clock.advance(20 * time.Second)
	e.wantLeased(by(vigil.Reread, "ann"), day.Add(time.Minute))

	for _, id := range []string{a.ID, b.ID} {
		_, _, err := e.Lease(t.Context(), named("ann", id))
		wantError(t, "a task that bars who asks for it", err, vigil.ErrRefused)
	}
	e.wantLeased(named("bea", a.ID), time.Time{}, "a")
	_, _, err := e.Lease(t.Context(), named("ann", a.ID))
	wantError(t, "the same, held by another", err, vigil.ErrRefused)
	e.wantLeased(by(vigil.Reread, "cat"), time.Time{}, "b")
	if got := e.task(b.ID); !cmp.Equal(got.Barred, []string{"ann", "bea"}) {
		t.Errorf("b bars %v", got.Barred)
	}

	// Nobody who is barred gets it with a commit either.
	e.enqueue(barring(task(vigil.Reread, src, "d", 200), "bea"), task(vigil.Reread, src, "e", 0))
	ts, _, err := e.CommitLease(t.Context(), e.task(a.ID), vigil.Result{Act: act(vigil.ActDecide, "")}, by(vigil.Reread, "bea"))
	if err != nil || !cmp.Equal(subjects(ts), []string{"e"}) {
		t.Errorf("leased %v, %v; want e alone", subjects(ts), err)
	}
	ts, at, err := e.CommitLease(t.Context(), ts[0], vigil.Result{Act: act(vigil.ActDecide, "")}, by(vigil.Reread, "bea"))
	if err != nil || len(ts) > 0 || !at.Equal(day.Add(time.Minute)) {
		t.Errorf("leased %v, ask again at %s, %v; want nothing before c comes again", subjects(ts), at, err)
	}
}

// belowIsLower: only tasks of a lower priority, whoever waits in front.
func belowIsLower(t *testing.T, e *env) {
	for i, p := range []int{255, 40, 40, 39, 0} {
		e.enqueue(task(vigil.Review, src, fmt.Sprint(i, " of ", p), p), task(vigil.Extract, src, fmt.Sprint(i, " of ", p), p))
	}
	for _, st := range []vigil.Stage{vigil.Review, vigil.Extract} {
		r := by(st, "ann")
		r.Below, r.N = 40, 1
		e.wantLeased(r, time.Time{}, "3 of 39")
		r.Below = 1
		zero := e.wantLeased(r, time.Time{}, "4 of 0")
		e.wantLeased(r, e.clock.Now().Add(time.Minute))
		if err := e.Return(t.Context(), zero[0]); err != nil {
			t.Fatal(err)
		}
		r.Below, r.N = 255, 9
		e.wantLeased(r, time.Time{}, "1 of 40", "2 of 40", "4 of 0")
		r.Below = 39 // whose leases run out with all others'
		e.clock.advance(10 * time.Second)
		e.release(e.task(vigil.NewTask(st, src, "1 of 40").ID), vigil.Setback{Retry: 5 * time.Second})
		e.wantLeased(r, e.task(vigil.NewTask(st, src, "4 of 0").ID).Until)
		r.Below = 1000
		e.wantLeased(r, time.Time{}, "0 of 255")
	}
	s := e.order("ORD-3", vigil.Source{MaxPages: 9, Concurrency: 1})
	e.enqueue(task(vigil.Fetch, s.ID(), "first", 9), task(vigil.Fetch, s.ID(), "second", 1))
	e.leaseOne(vigil.Fetch)
	f := by(vigil.Fetch, "ann")
	f.Below = 5
	e.wantLeased(f, e.clock.Now().Add(time.Minute)) // when first ends, though it is not asked for

	r := by(vigil.Review, "ann")
	r.Below = -1
	if _, _, err := e.Lease(t.Context(), r); err == nil {
		t.Error("below -1: no error")
	}
}

func passedGoesToOthers(t *testing.T, e *env) {
	e.order("ORD-1", vigil.Source{})
	a := task(vigil.Review, src, "a", 9)
	e.enqueue(a, task(vigil.Review, src, "b", 1))
	r := by(vigil.Review, "ann")
	r.N = 1
	held := e.wantLeased(r, time.Time{}, "a")
	before := len(e.entries("ORD-1"))
	if err := e.Pass(t.Context(), held[0], vigil.Act{Actor: "ann", Action: vigil.ActPass}); err != nil {
		t.Fatal(err)
	}
	want := queued(a)
	want.Passed = []string{"ann"}
	if diff := cmp.Diff(want, e.task(a.ID)); diff != "" {
		t.Errorf("after it was passed on (-want +got):\n%s", diff)
	}
	if past := e.history(a.ID); len(past) != 0 {
		t.Errorf("it leaves the attempts %+v", past)
	}
	es := e.entries("ORD-1")
	if last := es[len(es)-1]; len(es) != before+1 || last.Action != vigil.ActPass || last.Actor != "ann" || last.Object != (vigil.Object{Type: "task", ID: a.ID}) {
		t.Errorf("%d entries, the last is %+v", len(es)-before, last)
	}
	wantError(t, "passed on twice", e.Pass(t.Context(), held[0], act(vigil.ActPass, "")), vigil.ErrLeaseLost)

	b := e.wantLeased(by(vigil.Review, "ann"), time.Time{}, "b")
	e.wantLeased(by(vigil.Review, "ann"), day.Add(time.Minute))
	asked := by(vigil.Review, "ann")
	asked.Passed = true
	again := e.wantLeased(asked, time.Time{}, "a")
	if err := e.Pass(t.Context(), again[0], act(vigil.ActPass, "")); err != nil {
		t.Fatal(err)
	}
	if got := e.task(a.ID).Passed; len(got) != 1 {
		t.Errorf("passed on by %v, want ann once", got)
	}
	mine := e.wantLeased(named("ann", a.ID), time.Time{}, "a")
	if err := e.Return(t.Context(), mine[0]); err != nil {
		t.Fatal(err)
	}
	e.reopen()
	e.wantLeased(by(vigil.Review, "bea"), time.Time{}, "a")
	e.commit(b[0], vigil.Result{})
	if _, err := e.Requeue(t.Context(), ended(vigil.Review)); err != nil {
		t.Fatal(err)
	}
	e.clock.advance(time.Hour)
	e.wantLeased(by(vigil.Review, "ann"), time.Time{}, "b") // and a, which ran out, only for others

	// It is not for a program's tasks, which nobody can pass to anybody.
	e.enqueue(task(vigil.Extract, src, "x", 0))
	l := e.leaseOne(vigil.Extract)
	before = len(e.entries("ORD-1"))
	if err := e.Pass(t.Context(), l, act(vigil.ActPass, "")); err == nil {
		t.Error("an extraction was passed on")
	}
	if got := e.task(l.ID); !cmp.Equal(l, got) || len(e.entries("ORD-1")) != before {
		t.Errorf("what was refused left the task %+v, and %d entries", got, len(e.entries("ORD-1"))-before)
	}
	if err := e.Pass(t.Context(), e.leaseAny(vigil.Review), vigil.Act{Action: vigil.ActPass}); err == nil {
		t.Error("passed on by nobody")
	}
}

// leaseAny leases a task of a stage for somebody new.
func (e *env) leaseAny(st vigil.Stage) vigil.Task {
	e.t.Helper()
	ts, _, err := e.Lease(e.t.Context(), by(st, "new"))
	if err != nil || len(ts) == 0 {
		e.t.Fatalf("leased %v, %v", ts, err)
	}
	return ts[0]
}

func reopened(t *testing.T, e *env) {
	review, reread := task(vigil.Review, src, "p", 3), barring(task(vigil.Reread, src, "p", 9), "ann")
	e.enqueue(review)
	e.commit(e.wantLeased(by(vigil.Review, "ann"), time.Time{}, "p")[0], vigil.Result{Reopen: []vigil.Task{reread, reread}})
	if got := e.task(reread.ID); got.State != vigil.Queued || !cmp.Equal(got.Barred, []string{"ann"}) || got.Priority != 9 {
		t.Errorf("the new one is %+v", got)
	}
	// Bea fails at it, passes it on and ends it; then it is asked for anew, in its old place.
	e.enqueue(task(vigil.Reread, src, "behind", 4))
	r := by(vigil.Reread, "bea")
	r.N = 1
	e.release(e.wantLeased(r, time.Time{}, "p")[0], vigil.Setback{Class: "c", Reason: "r"})
	if err := e.Pass(t.Context(), e.wantLeased(r, time.Time{}, "p")[0], act(vigil.ActPass, "")); err != nil {
		t.Fatal(err)
	}
	r.Passed = true
	held := e.wantLeased(r, time.Time{}, "p")
	e.clock.advance(time.Second)
	e.commit(held[0], vigil.Result{})
	e.clock.advance(time.Second)
	again := barring(task(vigil.Reread, src, "p", 4), "cat")
	if _, err := e.Record(t.Context(), vigil.Result{Act: act(vigil.ActUndo, "ORD-1"), Reopen: []vigil.Task{again, review}}); err != nil {
		t.Fatal(err)
	}
	want := again
	want.Since, want.Passed = day.Add(2*time.Second), []string{"bea"}
	if diff := cmp.Diff(want, e.task(again.ID)); diff != "" {
		t.Errorf("reopened (-want +got):\n%s", diff)
	}
	if got := e.task(review.ID); got.State != vigil.Queued || got.Attempts != 0 || got.Priority != 3 {
		t.Errorf("the review is %+v", got)
	}
	if past := e.history(again.ID); len(past) != 2 {
		t.Errorf("its history is %+v, want two attempts", past)
	}

	// An open one stays as it is, even if it is leased; and CommitLease sees what
	// was reopened.
	other := barring(task(vigil.Reread, src, "p", 200), "dan")
	l := e.wantLeased(by(vigil.Review, "ann"), time.Time{}, "p")[0]
	ts, _, err := e.CommitLease(t.Context(), l, vigil.Result{Act: act(vigil.ActDecide, ""), Reopen: []vigil.Task{other, task(vigil.Adjudicate, src, "p", 0)}}, by(vigil.Adjudicate, "ann"))
	if err != nil || !cmp.Equal(subjects(ts), []string{"p"}) {
		t.Errorf("leased %v, %v", subjects(ts), err)
	}
	if diff := cmp.Diff(want, e.task(again.ID)); diff != "" {
		t.Errorf("an open one (-want +got):\n%s", diff)
	}
	e.wantLeased(by(vigil.Reread, "dan"), time.Time{}, "p", "behind")
	e.countsHold()
}

func reopenRefuses(t *testing.T, e *env) {
	good := task(vigil.Review, src, "good", 0)
	many := task(vigil.Review, src, "many", 0)
	for i := range 65 {
		many.Barred = append(many.Barred, fmt.Sprint("w", i))
	}
	e.enqueue(task(vigil.Review, src, "held", 0))
	before := e.logged()
	held := e.leaseOne(vigil.Review)
	for name, bad := range map[string]vigil.Task{
		"the zero task":        {},
		"a fetch":              task(vigil.Fetch, src, "http://x.onion/", 0),
		"a made-up ID":         {ID: "x", Stage: vigil.Review, Source: src, Subject: "a"},
		"priority 256":         task(vigil.Review, src, "a", 256),
		"a bar without a name": barring(task(vigil.Review, src, "a", 0), ""),
		"a name that is none":  barring(task(vigil.Review, src, "a", 0), "a\x00b"),
		"a bar for too many":   many,
		"the task that ends":   held,
	} {
		r := vigil.Result{Act: act(vigil.ActDecide, "ORD-1"), Reopen: []vigil.Task{good, bad}}
		if name != "the task that ends" {
			if _, err := e.Record(t.Context(), r); err == nil {
				t.Errorf("record %s: no error", name)
			}
		}
		if err := e.Commit(t.Context(), held, r); err == nil {
			t.Errorf("commit %s: no error", name)
		}
		if _, _, err := e.CommitLease(t.Context(), held, r, by(vigil.Review, "ann")); err == nil {
			t.Errorf("commit and lease %s: no error", name)
		}
		_, err := e.Task(t.Context(), good.ID)
		wantError(t, name+": its neighbour", err, vigil.ErrNotFound)
	}
	if diff := cmp.Diff(held, e.task(held.ID)); diff != "" {
		t.Errorf("the held task (-before +after):\n%s", diff)
	}
	if _, err := e.Enqueue(t.Context(), barring(task(vigil.Extract, src, "a", 0), "ann")); err == nil {
		t.Error("an extraction that bars somebody was queued")
	}
	if diff := cmp.Diff(before, e.logged()); diff != "" {
		t.Errorf("logs (-before +after):\n%s", diff)
	}
}

// peoplesClaimsStay: no number of lapsed claims makes a task of people dead.
func peoplesClaimsStay(t *testing.T, e *env) {
	stages := []vigil.Stage{vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp}
	for _, st := range stages {
		e.enqueue(task(st, src, "a", 0))
	}
	for range 3 * e.o.MaxAttempts {
		for _, st := range stages {
			e.wantLeased(by(st, "ann"), time.Time{}, "a")
		}
		e.clock.advance(time.Hour)
	}
	for _, st := range stages {
		held := e.wantLeased(by(st, "bea"), time.Time{}, "a")
		e.reopen() // another process
		if got := e.task(held[0].ID); got.State != vigil.Leased || got.Holder != "bea" {
			t.Errorf("the %s task is %s by %q after the case was opened anew", st, got.State, got.Holder)
		}
	}
}
