package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

// release gives a task back, which must be taken.
func (e *env) release(l vigil.Task, b vigil.Setback) {
	e.t.Helper()
	if err := e.Release(e.t.Context(), l, b); err != nil {
		e.t.Fatal(err)
	}
}

// commit ends a task with a result, which must be taken.
func (e *env) commit(l vigil.Task, r vigil.Result) {
	e.t.Helper()
	if r.Act.Action == "" {
		r.Act = act(string(l.Stage), "")
	}
	if err := e.Commit(e.t.Context(), l, r); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) history(id string) []vigil.Attempt {
	e.t.Helper()
	past, err := e.History(e.t.Context(), id)
	if err != nil {
		e.t.Fatal(err)
	}
	return past
}

func setbackIsKept(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	l := e.leaseOne(vigil.Extract)
	e.clock.advance(time.Second)
	e.release(l, vigil.Setback{Class: "timeout", Reason: "no answer", Retry: 10 * time.Second})
	want := l
	want.State, want.Lease, want.Holder = vigil.Queued, "", ""
	want.Since, want.Until = day.Add(time.Second), day.Add(11*time.Second)
	want.Class, want.Reason = "timeout", "no answer"
	if diff := cmp.Diff(want, e.task(l.ID)); diff != "" {
		t.Errorf("task (-want +got):\n%s", diff)
	}
	past := []vigil.Attempt{{At: day.Add(time.Second), Holder: "w", Outcome: vigil.OutcomeFailed, Class: "timeout", Reason: "no answer"}}
	if diff := cmp.Diff(past, e.history(l.ID)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// aFreeSetbackDoesNotCount, but is seen.
func aFreeSetbackDoesNotCount(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	for i := range 2 * e.o.MaxAttempts {
		l := e.leaseOne(vigil.Extract)
		if l.Attempts != 1 {
			t.Fatalf("lease %d is attempt %d, want 1", i, l.Attempts)
		}
		e.release(l, vigil.Setback{Class: "proxy", Reason: fmt.Sprint("no proxy ", i), Free: true})
	}
	got := e.task(task(vigil.Extract, src, "a", 0).ID)
	if got.State != vigil.Queued || got.Attempts != 0 || got.Class != "proxy" || got.Reason != "no proxy 5" {
		t.Errorf("task is %+v, want it queued with no attempt and its setback", got)
	}
	past := e.history(got.ID)
	if len(past) != 2*e.o.MaxAttempts || past[0].Reason != "no proxy 5" || past[5].Reason != "no proxy 0" {
		t.Errorf("history is %+v, want all attempts, newest first", past)
	}
}

func parkedTasksWait(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	id := task(vigil.Extract, src, "a", 0).ID
	for range e.o.MaxAttempts - 1 {
		e.release(e.leaseOne(vigil.Extract), vigil.Setback{Class: "timeout"})
	}
	// The last attempt that it has, but a person can help it.
	e.release(e.leaseOne(vigil.Extract), vigil.Setback{Class: "key", Reason: "needs a key", Park: true, Retry: time.Second})
	got := e.task(id)
	if got.State != vigil.Parked || got.Class != "key" || got.Reason != "needs a key" || !got.Until.IsZero() {
		t.Errorf("task is %+v, want it parked without end", got)
	}
	if o := e.history(id)[0].Outcome; o != vigil.OutcomeParked {
		t.Errorf("outcome is %s, want parked", o)
	}
	e.clock.advance(1000 * time.Hour)
	if next := e.none(vigil.Extract); !next.IsZero() {
		t.Errorf("next %s, want never", next)
	}
	_, _, err := e.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", TTL: time.Minute, Task: id})
	wantError(t, "lease by task", err, vigil.ErrNotFound)
	if ts := all(t, e.Tasks(t.Context(), vigil.Extract, vigil.Parked)); len(ts) != 1 || ts[0].ID != id {
		t.Errorf("parked tasks are %v", subjects(ts))
	}
	if n, err := e.Enqueue(t.Context(), task(vigil.Extract, src, "a", 0)); n != 0 || err != nil {
		t.Errorf("enqueue it: %d new, %v; want it left parked", n, err)
	}
	r := store.RequeueRequest{Stage: vigil.Extract, States: []vigil.State{vigil.Parked}}
	if n, err := e.Requeue(t.Context(), r); n != 1 || err != nil {
		t.Errorf("requeue: %d, %v; want 1", n, err)
	}
	if l := e.leaseOne(vigil.Extract); l.Attempts != 1 || l.Class != "" || l.Reason != "" {
		t.Errorf("leased %+v, want a fresh start", l)
	}
	if n := len(e.history(id)); n != e.o.MaxAttempts {
		t.Errorf("%d attempts in its history, want %d", n, e.o.MaxAttempts)
	}
}

func historyKeepsTheLatest(t *testing.T, e *env) {
	e.enqueue(task(vigil.Review, src, "a", 0))
	const n = 40
	for i := range n {
		e.release(e.leaseOne(vigil.Review), vigil.Setback{Class: "away", Reason: fmt.Sprint(i)})
		e.clock.advance(time.Minute)
	}
	id := task(vigil.Review, src, "a", 0).ID
	past := e.history(id)
	if len(past) < 8 {
		t.Fatalf("%d attempts, want 8 or more", len(past))
	}
	for i, a := range past {
		if want := n - 1 - i; a.Reason != fmt.Sprint(want) || !a.At.Equal(day.Add(time.Duration(want)*time.Minute)) {
			t.Errorf("attempt %d is %+v, want number %d", i, a, want)
		}
	}
	_, err := e.History(t.Context(), "unknown")
	wantError(t, "history of an unknown task", err, vigil.ErrNotFound)
	fresh := task(vigil.Review, src, "b", 0)
	e.enqueue(fresh)
	if past := e.history(fresh.ID); len(past) != 0 {
		t.Errorf("a fresh task has the history %+v", past)
	}
}

// outcomes: every way to end an attempt is in the history under its name.
func outcomes(t *testing.T, e *env) {
	for name, end := range map[vigil.Outcome]func(l vigil.Task){
		vigil.OutcomeDone:  func(l vigil.Task) { e.commit(l, vigil.Result{}) },
		vigil.OutcomeAgain: func(l vigil.Task) { e.commit(l, vigil.Result{Again: true}) },
		vigil.OutcomeRefused: func(l vigil.Task) {
			if err := e.Bury(t.Context(), l, act(vigil.ActRefuse, "")); err != nil {
				t.Fatal(err)
			}
		},
		vigil.OutcomeLapsed: func(l vigil.Task) { e.clock.advance(time.Hour); e.leaseOne(l.Stage) },
		vigil.OutcomeGivenUp: func(l vigil.Task) {
			for range e.o.MaxAttempts - 1 {
				e.release(l, vigil.Setback{Class: "timeout"})
				l = e.leaseOne(l.Stage)
			}
			e.release(l, vigil.Setback{Class: "timeout"})
		},
	} {
		stage := vigil.Stage(name) // one task a stage
		e.enqueue(task(stage, src, "a", 0))
		l := e.leaseOne(stage)
		end(l)
		past := e.history(l.ID)
		if len(past) == 0 || past[0].Outcome != name || past[0].Holder != "w" {
			t.Errorf("history is %+v, want %s first", past, name)
		}
		if name == vigil.OutcomeLapsed && (!past[0].At.Equal(l.Until) || past[0].Class != "lapsed") {
			t.Errorf("lapsed at %s as %q, want the end of the lease, %s", past[0].At, past[0].Class, l.Until)
		}
	}
}

// sinceAndFrom: a task says since when it is as it is, and where it was found.
func sinceAndFrom(t *testing.T, e *env) {
	a := task(vigil.Review, src, "a", 0)
	a.From, a.Depth = "page-1", 3
	e.enqueue(a)
	since := func(what string, want time.Time) {
		t.Helper()
		if got := e.task(a.ID); !got.Since.Equal(want) || got.From != "page-1" || got.Depth != 3 {
			t.Errorf("%s: since %s, from %q, depth %d; want since %s", what, got.Since, got.From, got.Depth, want)
		}
	}
	since("queued", day)
	again := a
	again.From = "page-2"
	e.clock.advance(time.Second)
	e.enqueue(again)
	since("found again", day)
	lease := func() vigil.Task {
		t.Helper()
		ts, _, err := e.Lease(t.Context(), byTask("rev-1", a.ID))
		if err != nil || len(ts) != 1 {
			t.Fatalf("leased %v, %v", ts, err)
		}
		return ts[0]
	}
	lease()
	since("leased", day.Add(time.Second))
	e.clock.advance(time.Second)
	l := lease()
	since("renewed", day.Add(time.Second))
	if err := e.Return(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	since("returned", day.Add(2*time.Second))
	e.clock.advance(time.Second)
	l = lease()
	e.clock.advance(time.Hour)
	if ts, _, err := e.Lease(t.Context(), byTask("rev-2", a.ID)); err != nil || len(ts) != 1 {
		t.Fatalf("leased %v, %v", ts, err)
	}
	if past := e.history(a.ID); len(past) != 1 || !past[0].At.Equal(l.Until) || past[0].Holder != "rev-1" {
		t.Errorf("history is %+v, want that rev-1's lease ran out at %s", past, l.Until)
	}
}

func recordIsTheLastCommits(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 1})
	e.enqueue(fetches(s.ID(), "a")...)
	id := fetches(s.ID(), "a")[0].ID
	p := page(s.ID(), "http://x.onion/a", 0)
	e.commit(e.leaseOne(vigil.Fetch), vigil.Result{Record: p})
	if got := e.task(id).Record; got != p.ID {
		t.Errorf("record is %q, want the page's %q", got, p.ID)
	}
	if _, err := e.Requeue(t.Context(), ended(vigil.Fetch)); err != nil {
		t.Fatal(err)
	}
	l := e.leaseOne(vigil.Fetch)
	if l.Record != p.ID {
		t.Errorf("leased again, record is %q, want still %q", l.Record, p.ID)
	}
	e.release(l, vigil.Setback{Class: "timeout"})
	if got := e.task(id).Record; got != p.ID {
		t.Errorf("after a setback, record is %q, want still %q", got, p.ID)
	}
	e.commit(e.leaseOne(vigil.Fetch), vigil.Result{})
	if got := e.task(id); got.Record != "" || got.Class != "" {
		t.Errorf("after a commit without a record, task is %+v", got)
	}
}

// again: what a step brought is kept, and its task is behind all others.
func again(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 5), task(vigil.Extract, src, "b", 5), task(vigil.Extract, src, "low", 4))
	l := e.leaseOne(vigil.Extract)
	e.release(l, vigil.Setback{Class: "timeout", Reason: "no answer"})
	l = e.leaseOne(vigil.Extract)
	e.clock.advance(time.Second)
	p := page(src, "http://x.onion/", 0)
	e.commit(l, vigil.Result{Record: p, Next: []vigil.Task{task(vigil.Extract, src, "c", 5)}, Again: true})
	if _, err := e.PageInfo(t.Context(), p.ID); err != nil {
		t.Error(err)
	}
	want := l
	want.State, want.Since, want.Lease, want.Holder, want.Until = vigil.Queued, day.Add(time.Second), "", "", time.Time{}
	want.Attempts, want.Class, want.Reason, want.Record = 0, "", "", p.ID
	if diff := cmp.Diff(want, e.task(l.ID)); diff != "" {
		t.Errorf("task (-want +got):\n%s", diff)
	}
	e.enqueue(task(vigil.Extract, src, "d", 5))
	got, _ := e.lease(vigil.Extract, 9)
	if len(got) != 5 || got[0].Subject != "b" || got[3].Subject != "d" || got[4].Subject != "low" {
		t.Errorf("order is %v, want b, then a and c, then d, then low", subjects(got))
	}
}

func requeueChooses(t *testing.T, e *env) {
	const other = "ORD-1/other"
	var ids []string
	for i := range 4 {
		for _, s := range []string{src, other} {
			tk := task(vigil.Extract, s, fmt.Sprint(i), 4-i)
			e.enqueue(tk)
			ids = append(ids, tk.ID)
		}
	}
	leased, _ := e.lease(vigil.Extract, 8) // 0 to 3 of both sources, in turn
	finish := func() {
		t.Helper()
		for i, l := range leased {
			switch i / 2 {
			case 0:
				e.commit(l, vigil.Result{})
			case 1:
				e.release(l, vigil.Setback{Park: true})
			case 2:
				if err := e.Bury(t.Context(), l, act(vigil.ActRefuse, "")); err != nil {
					t.Fatal(err)
				}
			} // the last two stay leased
		}
	}
	finish()
	every := []vigil.State{vigil.Done, vigil.Parked, vigil.Dead}
	for _, tt := range []struct {
		name string
		r    store.RequeueRequest
		want int
	}{
		{"another stage", store.RequeueRequest{Stage: vigil.Classify, States: every}, 0},
		{"unknown tasks", store.RequeueRequest{Stage: vigil.Extract, States: every, Tasks: []string{"unknown", ""}}, 0},
		{"no tasks", store.RequeueRequest{Stage: vigil.Extract, States: every, Tasks: []string{}}, 0},
		{"a leased task", store.RequeueRequest{Stage: vigil.Extract, States: every, Tasks: ids[6:]}, 0},
		{"a task in another state", store.RequeueRequest{Stage: vigil.Extract, States: every[:1], Tasks: ids[2:3]}, 0},
		{"a task of another source", store.RequeueRequest{Stage: vigil.Extract, States: every, Source: other, Tasks: ids[0:1]}, 0},
		{"a task of another stage", store.RequeueRequest{Stage: vigil.Fetch, States: every, Tasks: ids}, 0},
		{"named tasks", store.RequeueRequest{Stage: vigil.Extract, States: every, Tasks: []string{ids[0], ids[0], ids[3], "unknown"}}, 2},
		{"one source", store.RequeueRequest{Stage: vigil.Extract, States: every, Source: other}, 2},
		{"one state", store.RequeueRequest{Stage: vigil.Extract, States: []vigil.State{vigil.Dead, vigil.Dead}}, 1},
		{"what is left", store.RequeueRequest{Stage: vigil.Extract, States: every}, 1},
		{"what is left then", store.RequeueRequest{Stage: vigil.Extract, States: every}, 0},
	} {
		if n, err := e.Requeue(t.Context(), tt.r); n != tt.want || err != nil {
			t.Errorf("%s: %d, %v; want %d", tt.name, n, err, tt.want)
		}
	}
	got, _ := e.lease(vigil.Extract, 9)
	if diff := cmp.Diff([]string{"0", "0", "1", "1", "2", "2"}, subjects(got)); diff != "" {
		t.Errorf("old places (-want +got):\n%s", diff)
	}
}

func requeueRefuses(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	e.commit(e.leaseOne(vigil.Extract), vigil.Result{})
	for name, r := range map[string]store.RequeueRequest{
		"the zero request": {},
		"no stage":         {States: []vigil.State{vigil.Done}},
		"no states":        {Stage: vigil.Extract},
		"queued tasks":     {Stage: vigil.Extract, States: []vigil.State{vigil.Done, vigil.Queued}},
		"leased tasks":     {Stage: vigil.Extract, States: []vigil.State{vigil.Leased}},
		"an unknown state": {Stage: vigil.Extract, States: []vigil.State{"asleep"}},
	} {
		if n, err := e.Requeue(t.Context(), r); err == nil || n != 0 {
			t.Errorf("%s: %d, %v; want an error", name, n, err)
		}
	}
	e.none(vigil.Extract)
}
