package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/store"
)

func releaseWaits(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0), task(vigil.Extract, src, "b", 0))
	a := e.leaseOne(vigil.Extract)
	if err := e.Release(t.Context(), a, vigil.Setback{Class: "down", Reason: "no answer", Retry: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	got := e.task(a.ID)
	if got.State != vigil.Queued || got.Reason != "no answer" || got.Lease != "" || !got.Until.Equal(day.Add(10*time.Second)) {
		t.Errorf("released task is %+v", got)
	}
	if b := e.leaseOne(vigil.Extract); b.Subject != "b" {
		t.Errorf("leased %s, want b while a waits", b.Subject)
	}
	if next := e.none(vigil.Extract); !next.Equal(day.Add(10 * time.Second)) {
		t.Errorf("next %s, want the end of the wait", next)
	}
	e.clock.advance(10 * time.Second)
	if again := e.leaseOne(vigil.Extract); again.Subject != "a" || again.Attempts != 2 {
		t.Errorf("leased %+v, want a for the second time", again)
	}
}

// wantDead checks that a task is dead, and that the log of its order says so
// once.
func wantDead(t *testing.T, e *env, id, reason string) {
	t.Helper()
	got := e.task(id)
	if got.State != vigil.Dead || !strings.Contains(got.Reason, reason) || got.Lease != "" || got.Holder != "" {
		t.Errorf("task is %+v, want it dead for %q", got, reason)
	}
	es := e.entries("ORD-1")
	if len(es) != 1 {
		t.Fatalf("%d log entries, want 1", len(es))
	}
	if ev := es[0].Event; ev.Action != vigil.ActGiveUp || ev.Actor != "w" || ev.Object != (vigil.Object{Type: "task", ID: id}) {
		t.Errorf("log says %+v, want that w gave up the task", ev)
	}
	dead := all(t, e.Tasks(t.Context(), vigil.Extract, vigil.Dead))
	if len(dead) != 1 || dead[0].ID != id {
		t.Errorf("dead tasks are %v", subjects(dead))
	}
	if next := e.none(vigil.Extract); !next.IsZero() {
		t.Errorf("next %s, want never", next)
	}
}

func releaseGivesUp(t *testing.T, e *env) {
	a := task(vigil.Extract, src, "a", 0)
	e.enqueue(a)
	for range e.o.MaxAttempts {
		if err := e.Release(t.Context(), e.leaseOne(vigil.Extract), vigil.Setback{Class: "down", Reason: "no answer"}); err != nil {
			t.Fatal(err)
		}
	}
	wantDead(t, e, a.ID, "no answer")
}

func expiryGivesUp(t *testing.T, e *env) {
	a := task(vigil.Extract, src, "a", 0)
	e.enqueue(a)
	for range e.o.MaxAttempts {
		e.leaseOne(vigil.Extract)
		e.clock.advance(time.Minute)
	}
	e.none(vigil.Extract)
	wantDead(t, e, a.ID, "ran out")
}

// reviewIsNeverGivenUp: a person who looks and is called away has not failed,
// and a listing must not fall out of sight for it.
func reviewIsNeverGivenUp(t *testing.T, e *env) {
	a := task(vigil.Review, src, "a", 0)
	e.enqueue(a)
	for i := range 4 * e.o.MaxAttempts {
		if l := e.leaseOne(vigil.Review); i%2 == 0 {
			if err := e.Release(t.Context(), l, vigil.Setback{}); err != nil {
				t.Fatal(err)
			}
		}
		e.clock.advance(time.Minute)
	}
	if _, _, err := e.Lease(t.Context(), byTask("rev-2", a.ID)); err != nil {
		t.Errorf("after many leases: %v, want the review still to be had", err)
	}
}

func returnDoesNotCount(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0), task(vigil.Extract, src, "b", 0))
	for range 2 * e.o.MaxAttempts {
		l := e.leaseOne(vigil.Extract)
		if l.Subject != "a" || l.Attempts != 1 {
			t.Fatalf("leased %+v, want a for the first time", l)
		}
		if err := e.Return(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	want := queued(task(vigil.Extract, src, "a", 0))
	if diff := cmp.Diff(want, e.task(want.ID)); diff != "" {
		t.Errorf("returned task (-as queued +got):\n%s", diff)
	}
}

func buryIsLogged(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	l := e.leaseOne(vigil.Extract)
	a := vigil.Act{Actor: "inv-04", Action: vigil.ActRefuse, Order: "ORD-1", Reason: "out of scope", Details: map[string]string{"rule": "hosts"}}
	if err := e.Bury(t.Context(), l, a); err != nil {
		t.Fatal(err)
	}
	if got := e.task(l.ID); got.State != vigil.Dead || got.Reason != "out of scope" {
		t.Errorf("buried task is %+v", got)
	}
	es := e.entries("ORD-1")
	if len(es) != 1 {
		t.Fatalf("%d log entries, want 1", len(es))
	}
	want := vigil.Event{V: 1, Time: day, Actor: "inv-04", Action: vigil.ActRefuse, Order: "ORD-1", Reason: "out of scope", Tool: "storetest 1", Details: a.Details, Object: vigil.Object{Type: "task", ID: l.ID}}
	if diff := cmp.Diff(want, es[0].Event); diff != "" {
		t.Errorf("log entry (-want +got):\n%s", diff)
	}
}

func requeue(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0), task(vigil.Extract, src, "b", 0), task(vigil.Extract, src, "c", 0), task(vigil.Extract, src, "d", 0))
	ts, _ := e.lease(vigil.Extract, 3)
	if err := e.Commit(t.Context(), ts[0], vigil.Result{Act: act(vigil.ActExtract, "ORD-1")}); err != nil {
		t.Fatal(err)
	}
	if err := e.Bury(t.Context(), ts[1], act(vigil.ActRefuse, "ORD-1")); err != nil {
		t.Fatal(err)
	}
	if n, err := e.Requeue(t.Context(), ended(vigil.Classify)); n != 0 || err != nil {
		t.Errorf("requeue another stage: %d, %v", n, err)
	}
	if n, err := e.Requeue(t.Context(), store.RequeueRequest{Stage: vigil.Extract, States: []vigil.State{vigil.Done}}); n != 1 || err != nil {
		t.Errorf("requeue done tasks: %d, %v; want 1", n, err)
	}
	if n, err := e.Requeue(t.Context(), ended(vigil.Extract)); n != 1 || err != nil {
		t.Errorf("requeue dead tasks: %d, %v; want 1", n, err)
	}
	got, _ := e.lease(vigil.Extract, 9)
	if diff := cmp.Diff([]string{"a", "b", "d"}, subjects(got)); diff != "" {
		t.Errorf("to be done again, c being leased (-want +got):\n%s", diff)
	}
	for _, l := range got {
		if l.Attempts != 1 || l.Reason != "" {
			t.Errorf("%s has %d attempts, reason %q; want 1 and none", l.Subject, l.Attempts, l.Reason)
		}
	}
	counts, err := e.Counts(t.Context())
	if diff := cmp.Diff([]store.Count{{Source: src, Stage: vigil.Extract, State: vigil.Leased, N: 4}}, counts); err != nil || diff != "" {
		t.Errorf("counts (-want +got): %v\n%s", err, diff)
	}
}
