package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/postgres"
)

// TestAWorkersClockDoesNotCount: a machine whose clock is ten minutes fast, and one whose
// clock is ten minutes slow, work beside one whose clock is right. Neither takes what
// another holds, nor a source's next page before its time, nor loses what it holds.
func TestAWorkersClockDoesNotCount(t *testing.T) {
	for what, skew := range map[string]time.Duration{"fast": 10 * time.Minute, "slow": -10 * time.Minute} {
		t.Run(what, func(t *testing.T) {
			address := caseAddress(t, server.Server(t).Database(t), "skew")
			s, err := postgres.Create(t.Context(), address, postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			now := time.Now()
			src := vigil.Source{Order: "ORD-1", Name: "m", NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), MaxPages: 9, Concurrency: 9, Interval: 5 * time.Minute}
			record(t, s, vigil.Order{ID: "ORD-1", NotBefore: src.NotBefore, NotAfter: src.NotAfter, Sources: []vigil.Source{src}})
			for i := range 3 {
				_, err := s.Enqueue(t.Context(), vigil.NewTask(vigil.Fetch, src.ID(), fmt.Sprint("http://x.onion/", i)), vigil.NewTask(vigil.Extract, src.ID(), fmt.Sprint(i)))
				if err != nil {
					t.Fatal(err)
				}
			}
			held := leaseAs(t, s, vigil.Extract, "right", 1, 5*time.Minute)
			fetched := leaseAs(t, s, vigil.Fetch, "right", 1, 5*time.Minute)
			if len(held) != 1 || len(fetched) != 1 {
				t.Fatalf("leased %d and %d, want one each", len(held), len(fetched))
			}
			right := time.Now().Add(skew)
			var kept, lapses []vigil.Task
			synctest.Test(t, func(t *testing.T) { // in here, the clock is what we make it
				time.Sleep(time.Until(right))
				skewed, err := postgres.Open(t.Context(), address, postgres.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer skewed.Close()
				kept, lapses = leaseAs(t, skewed, vigil.Extract, what, 1, 5*time.Minute), leaseAs(t, skewed, vigil.Extract, what, 1, 100*time.Millisecond)
				if len(kept) != 1 || len(lapses) != 1 {
					t.Fatalf("it leased %d and %d tasks, want one each", len(kept), len(lapses))
				}
				if more := leaseAs(t, skewed, vigil.Extract, what, 1, time.Minute); len(more) > 0 && more[0].ID == held[0].ID {
					t.Error("it took what another holds")
				}
				ts, next, err := skewed.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: what, N: 1, TTL: time.Minute})
				if err != nil || len(ts) != 0 {
					t.Errorf("it leased %d pages of a source within its interval, %v", len(ts), err)
				}
				if wait := time.Until(next); wait <= 0 || wait > src.Interval {
					t.Errorf("it is to wait for %v by its own clock; want what is left of %v", wait, src.Interval)
				}
				if err := skewed.Commit(t.Context(), kept[0], because("kept")); err != nil {
					t.Errorf("it lost what it held: %v", err)
				}
			})
			if err := s.Commit(t.Context(), held[0], because("held")); err != nil {
				t.Errorf("the other lost what it held: %v", err)
			}
			again := waitFor(t, s, vigil.Extract, "right")
			if again.ID != lapses[0].ID {
				t.Fatalf("%s was leased again, want what ran out", again.Subject)
			}
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(right))
				skewed, err := postgres.Open(t.Context(), address, postgres.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer skewed.Close()
				if err := skewed.Commit(t.Context(), lapses[0], because("lapsed")); !errors.Is(err, vigil.ErrLeaseLost) {
					t.Errorf("it committed what is another's by now: %v", err)
				}
			})
			wantTimesOf(t, s, now)
		})
	}
}

// wantTimesOf wants the entries of an order's log to be of a moment from now on, and none
// of the future.
func wantTimesOf(t *testing.T, s *postgres.Store, now time.Time) {
	t.Helper()
	for e, err := range s.Log(t.Context(), "ORD-1") {
		if err != nil {
			t.Fatal(err)
		}
		if e.Time.Before(now.Add(-time.Second)) || e.Time.After(time.Now().Add(time.Second)) {
			t.Errorf("entry %d is of %v; want a time from %v on that has come", e.Seq, e.Time, now)
		}
	}
}

func leaseAs(t *testing.T, s *postgres.Store, st vigil.Stage, holder string, n int, ttl time.Duration) []vigil.Task {
	t.Helper()
	ts, _, err := s.Lease(t.Context(), store.LeaseRequest{Stage: st, Holder: holder, N: n, TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// waitFor asks for a task until there is one.
func waitFor(t *testing.T, s *postgres.Store, st vigil.Stage, holder string) vigil.Task {
	t.Helper()
	for {
		if ts := leaseAs(t, s, st, holder, 1, time.Minute); len(ts) == 1 {
			return ts[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestALeaseThatRunsOutOverASlowPageIsAnothers: a page that takes longer than its lease is
// fetched by another worker, and is stored once, by that one.
func TestALeaseThatRunsOutOverASlowPageIsAnothers(t *testing.T) {
	address := caseAddress(t, server.Server(t).Database(t), "slow")
	slow, err := postgres.Create(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	other, err := postgres.Open(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	now := time.Now()
	src := vigil.Source{Order: "ORD-1", Name: "m", NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), MaxPages: 9, Concurrency: 1}
	record(t, slow, vigil.Order{ID: "ORD-1", NotBefore: src.NotBefore, NotAfter: src.NotAfter, Sources: []vigil.Source{src}})
	if _, err := slow.Enqueue(t.Context(), vigil.NewTask(vigil.Fetch, src.ID(), "http://x.onion/1")); err != nil {
		t.Fatal(err)
	}
	mine := leaseAs(t, slow, vigil.Fetch, "slow", 1, 100*time.Millisecond)
	if len(mine) != 1 {
		t.Fatal("nothing to lease")
	}
	theirs := waitFor(t, other, vigil.Fetch, "other")
	// Both have the page by now, and each got another one: it names the time.
	first, second := rolePage(src.ID(), now), rolePage(src.ID(), now.Add(time.Second))
	fetched := func(p vigil.Page) vigil.Result {
		return vigil.Result{Act: roleAct(vigil.ActFetch), Record: p, Next: []vigil.Task{vigil.NewTask(vigil.Extract, src.ID(), p.ID)}}
	}
	if err := slow.Commit(t.Context(), mine[0], fetched(first)); !errors.Is(err, vigil.ErrLeaseLost) {
		t.Errorf("the slow one commits: %v, want %v", err, vigil.ErrLeaseLost)
	}
	if err := other.Commit(t.Context(), theirs, fetched(second)); err != nil {
		t.Error(err)
	}
	if err := slow.Commit(t.Context(), mine[0], fetched(first)); !errors.Is(err, vigil.ErrLeaseLost) {
		t.Errorf("the slow one commits again: %v, want %v", err, vigil.ErrLeaseLost)
	}
	if err := slow.Release(t.Context(), mine[0], vigil.Setback{Class: "test", Reason: "slow"}); !errors.Is(err, vigil.ErrLeaseLost) {
		t.Errorf("the slow one gives it back: %v, want %v", err, vigil.ErrLeaseLost)
	}
	if _, err := slow.Page(t.Context(), first.ID); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("the slow one's page: %v, want %v", err, vigil.ErrNotFound)
	}
	if p, err := slow.Page(t.Context(), second.ID); err != nil || !p.CapturedAt.Equal(second.CapturedAt) {
		t.Errorf("the other's page: %v, %v", p.CapturedAt, err)
	}
	if r, err := store.Check(t.Context(), slow, nil); err != nil || r.Verified.Entries != 2 { // the order, the page
		t.Errorf("check: %d entries, %v", r.Verified.Entries, err)
	}
}
