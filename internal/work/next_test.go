package work_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vigil"
	"vigil/internal/work"
	"vigil/store"
)

// one is a pool of one worker.
func one(do work.Func) work.Pool {
	p := pool(do)
	p.Workers = 1
	return p
}

func TestAResultBringsTheNextTask(t *testing.T) {
	q := newQueue("a", "b", "c")
	var seen []string
	r := work.Runner{Queue: q, Holder: "test", Observe: func(o work.Outcome) { seen = append(seen, o.Task.Subject) }}
	p := one(nothing)
	p.Source = "O/s"
	if err := r.Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	want := []string{"lease 1", "commit a, lease 1", "commit b, lease 1", "commit c, lease 0", "lease 0"}
	if !slices.Equal(q.calls, want) {
		t.Errorf("calls %q, want %q", q.calls, want)
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(seen, want) {
		t.Errorf("observed %q, want %q", seen, want)
	}
	want1 := store.LeaseRequest{Stage: vigil.Fetch, Holder: "test", N: 1, TTL: time.Minute, Source: "O/s"}
	for _, got := range q.asked {
		if got != want1 {
			t.Errorf("asked for %+v, want %+v", got, want1)
		}
	}
}

// TestAPoolHasNoMoreWorkersThanItsOwn: a task that came with a commit takes the
// place of the one that ended.
func TestAPoolHasNoMoreWorkersThanItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		for i := range 50 {
			q.ready = append(q.ready, vigil.NewTask(vigil.Fetch, "O/s", fmt.Sprint(i)))
		}
		var running, most atomic.Int64
		r := work.Runner{Queue: q, Holder: "test"}
		err := r.Run(t.Context(), pool(func(context.Context, vigil.Task) (vigil.Result, error) {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(time.Second)
			running.Add(-1)
			return vigil.Result{}, nil
		}))
		if err != nil || len(q.back) != 50 || most.Load() != 3 {
			t.Errorf("%v, %d tasks done by %d workers; want 50 by 3", err, len(q.back), most.Load())
		}
	})
}

// TestWithoutAResultNothingIsLeasedWithIt: after a setback the loop asks, as the
// task may have rested its source.
func TestWithoutAResultNothingIsLeasedWithIt(t *testing.T) {
	q := newQueue("bad", "worse", "good")
	r := work.Runner{Queue: q, Holder: "test"}
	err := r.Run(t.Context(), one(func(_ context.Context, task vigil.Task) (vigil.Result, error) {
		switch task.Subject {
		case "bad":
			return vigil.Result{}, errors.New("no route")
		case "worse":
			return vigil.Result{}, &work.Refusal{Act: vigil.Act{Reason: "scope"}, Err: vigil.ErrOutOfScope}
		}
		return vigil.Result{}, nil
	}))
	want := []string{"lease 1", "lease 1", "lease 1", "commit good, lease 0", "lease 0"}
	if err != nil || !slices.Equal(q.calls, want) {
		t.Errorf("calls %q, %v; want %q", q.calls, err, want)
	}
}

func TestWhatCameWithTheLastCommitIsReturned(t *testing.T) {
	q := newQueue("a", "b", "c")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r := work.Runner{Queue: q, Holder: "test", Observe: func(o work.Outcome) {
		if o.Task.Subject == "a" {
			stop() // after a's commit, which leased b
		}
	}}
	err := r.Run(ctx, one(func(_ context.Context, task vigil.Task) (vigil.Result, error) {
		if task.Subject != "a" {
			t.Errorf("%s was begun after the stop", task.Subject)
		}
		return vigil.Result{}, nil
	}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	q.want(t, map[string]string{"a": "committed", "b": "returned"})
	if want := []string{"lease 1", "commit a, lease 1"}; !slices.Equal(q.calls, want) {
		t.Errorf("calls %q, want %q", q.calls, want)
	}
}

func TestAResultThatEndsAfterAStopLeasesNothing(t *testing.T) {
	q := newQueue("a", "b")
	ctx, stop := context.WithCancel(t.Context())
	r := work.Runner{Queue: q, Holder: "test"}
	err := r.Run(ctx, one(func(context.Context, vigil.Task) (vigil.Result, error) {
		stop()
		return vigil.Result{}, nil
	}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if want := []string{"lease 1", "commit a"}; !slices.Equal(q.calls, want) {
		t.Errorf("calls %q, want %q", q.calls, want)
	}
}

func TestAFatalErrorReturnsWhatOthersHaveLeased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a", "fatal", "c", "d", "e", "f", "g", "h")
		noProxy := errors.New("no proxy")
		r := work.Runner{Queue: q, Holder: "test"}
		err := r.Run(t.Context(), pool(func(_ context.Context, task vigil.Task) (vigil.Result, error) {
			time.Sleep(time.Second)
			if task.Subject == "fatal" {
				return vigil.Result{}, &work.Fatal{Err: noProxy}
			}
			return vigil.Result{}, nil
		}))
		if !errors.Is(err, noProxy) || q.back["fatal"] != "returned" {
			t.Errorf("got %v, fatal was %q; want %v, and it returned", err, q.back["fatal"], noProxy)
		}
		if n := len(q.back) + len(q.ready); n != 8 {
			t.Errorf("%d ended and %d still queued, want 8 together: %v", len(q.back), len(q.ready), q.back)
		}
	})
}

// TestALeaseThatFailsCostsNoResult: a page that was fetched may not be there
// tomorrow.
func TestALeaseThatFailsCostsNoResult(t *testing.T) {
	q := newQueue("a", "b")
	q.failNext = errors.New("rules of another source are damaged")
	r := work.Runner{Queue: q, Holder: "test"}
	if err := r.Run(t.Context(), one(nothing)); err != nil {
		t.Fatal(err)
	}
	q.want(t, map[string]string{"a": "committed", "b": "committed"})
}

// TestAStoreThatFailsIsNamed: the error is that of the first try.
func TestAStoreThatFailsIsNamed(t *testing.T) {
	q := newQueue("a")
	q.fail, q.failNext = errors.New("disk still full"), errors.New("disk full")
	r := work.Runner{Queue: q, Holder: "test"}
	if err := r.Run(t.Context(), one(nothing)); !errors.Is(err, q.failNext) {
		t.Errorf("got %v, want %v", err, q.failNext)
	}
}

// TestQuickTasksKeepNoOtherPoolWaiting: fetches beget fetches until an
// extraction, which the first of them adds, has been done. The observer is so
// slow that each fetch has ended before it returns.
func TestQuickTasksKeepNoOtherPoolWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 100
		q := newQueue("a", "b")
		var fetched atomic.Int64
		var extracted atomic.Bool
		fetch := pool(func(context.Context, vigil.Task) (vigil.Result, error) {
			n := fetched.Add(1)
			if extracted.Load() || n > most {
				return vigil.Result{}, nil
			}
			res := vigil.Result{Next: []vigil.Task{vigil.NewTask(vigil.Fetch, "O/s", fmt.Sprint("next ", n))}}
			if n == 1 {
				res.Next = append(res.Next, vigil.NewTask(vigil.Extract, "O/s", "page"))
			}
			return res, nil
		})
		extract := work.Pool{Stage: vigil.Extract, Workers: 1, TTL: time.Minute, Do: func(context.Context, vigil.Task) (vigil.Result, error) {
			extracted.Store(true)
			return vigil.Result{}, nil
		}}
		r := work.Runner{Queue: q, Holder: "test", Observe: func(work.Outcome) { time.Sleep(time.Second) }}
		if err := r.Run(t.Context(), fetch, extract); err != nil {
			t.Fatal(err)
		}
		if n := fetched.Load(); n > 20 {
			t.Errorf("the extraction waited for %d fetches", n)
		}
	})
}
