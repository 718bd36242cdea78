package storetest

import (
	"testing"
	"time"

	"vigil"
)

// slack is what a clock that was set back may add to a wait.
const slack = 2 * time.Second

// aClockSetBack: an hour back adds nothing to what waits.
func aClockSetBack(t *testing.T, e *env) {
	slow := e.order("ORD-1", vigil.Source{Name: "slow", MaxPages: 9, Concurrency: 9, Interval: 10 * time.Second})
	tired := e.order("ORD-2", vigil.Source{Name: "tired", MaxPages: 9, Concurrency: 9})
	e.enqueue(fetches(slow.ID(), "slow-1", "slow-2")...)
	e.enqueue(fetches(tired.ID(), "tired")...)
	e.enqueue(task(vigil.Extract, src, "waits", 0), task(vigil.Classify, src, "held", 0))
	ts, _ := e.lease(vigil.Fetch, 9)
	if len(ts) != 2 {
		t.Fatalf("leased %v, want one task of each source", subjects(ts))
	}
	for _, l := range ts {
		if l.Source == tired.ID() {
			e.release(l, vigil.Setback{Class: "down", Rest: 10 * time.Second})
		}
	}
	e.release(e.leaseOne(vigil.Extract), vigil.Setback{Class: "x", Retry: 10 * time.Second})
	held := e.leaseOne(vigil.Classify) // for a minute
	e.clock.advance(-time.Hour)

	fetched := map[string]bool{}
	stages := map[vigil.Stage]time.Duration{}
	for s := range 70 {
		for _, st := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Classify} {
			got, next := e.lease(st, 9)
			if _, ok := stages[st]; !ok && len(got) > 0 {
				stages[st] = time.Duration(s) * time.Second
			}
			for _, l := range got {
				fetched[l.Subject] = true
			}
			if len(got) == 0 && next.After(e.clock.Now().Add(time.Minute+slack)) {
				t.Errorf("%s: next is %s, at %s", st, next, e.clock.Now())
			}
		}
		e.clock.advance(time.Second)
	}
	for st, want := range map[vigil.Stage]time.Duration{vigil.Fetch: 10 * time.Second, vigil.Extract: 10 * time.Second, vigil.Classify: time.Minute} {
		if got, ok := stages[st]; !ok || got < want || got > want+slack {
			t.Errorf("%s: available again after %s, want %s to %s", st, got, want, want+slack)
		}
	}
	for _, s := range []string{"slow-2", "tired", "waits", "held"} {
		if !fetched[s] {
			t.Errorf("%s was never to be had", s)
		}
	}
	wantError(t, "the lease that ran out", e.Commit(t.Context(), held, vigil.Result{Act: act(vigil.ActClassify, "")}), vigil.ErrLeaseLost)
}

// aClockSetBackKeepsLeases: a step that runs while the clock is set back hands
// in its work, and nobody has it beside.
func aClockSetBackKeepsLeases(t *testing.T, e *env) {
	e.enqueue(task(vigil.Extract, src, "a", 0))
	l := e.leaseOne(vigil.Extract)
	for range 3 {
		e.clock.advance(-1000 * time.Hour)
		e.none(vigil.Extract)
		e.clock.advance(10 * time.Second)
		e.none(vigil.Extract)
	}
	e.commit(l, vigil.Result{})
}

// aClockSetForward: a day forward ends leases and waits, and a day back again
// makes none longer. A task is never in two hands.
func aClockSetForward(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 1, Interval: 10 * time.Second})
	e.enqueue(fetches(s.ID(), "a")...)
	first := e.leaseOne(vigil.Fetch)
	e.clock.advance(24 * time.Hour)
	second := e.leaseOne(vigil.Fetch)
	wantError(t, "the first lease", e.Commit(t.Context(), first, vigil.Result{Act: act(vigil.ActFetch, "")}), vigil.ErrLeaseLost)
	e.clock.advance(-24 * time.Hour)
	e.none(vigil.Fetch) // the second holds it
	wantError(t, "the first lease, back in its time", e.Commit(t.Context(), first, vigil.Result{Act: act(vigil.ActFetch, "")}), vigil.ErrLeaseLost)
	e.clock.advance(59 * time.Second)
	e.none(vigil.Fetch)
	e.release(second, vigil.Setback{Class: "down", Rest: 10 * time.Second})
	e.clock.advance(10*time.Second + slack)
	e.leaseOne(vigil.Fetch)
}

// aClockOfAnotherAge: a case that was used once under a clock far ahead works
// at once under the right one.
func aClockOfAnotherAge(t *testing.T, e *env) {
	s := e.order("ORD-1", vigil.Source{MaxPages: 9, Concurrency: 1, Interval: 10 * time.Second, NotBefore: day, NotAfter: day.AddDate(90, 0, 0)})
	e.enqueue(fetches(s.ID(), "a", "b")...)
	e.clock.advance(70 * 365 * 24 * time.Hour)
	e.release(e.leaseOne(vigil.Fetch), vigil.Setback{Class: "down", Rest: time.Minute, Retry: time.Minute})
	e.clock.advance(-70 * 365 * 24 * time.Hour)
	e.reopen()
	e.none(vigil.Fetch)
	e.enqueue(fetches(s.ID(), "c")...) // a change, which finds the clock set back
	e.clock.advance(time.Minute + slack)
	e.leaseOne(vigil.Fetch)
}
