package work_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigil"
	"vigil/internal/work"
	"vigil/store"
)

// queue is a scripted queue: it hands out what it is given, and notes what
// comes back. The engines' own behaviour is tested in store/storetest, and the
// runner over a real one in cmd/vigil.
type queue struct {
	mu       sync.Mutex // guards all below
	ready    []vigil.Task
	later    map[string]time.Time // tasks not to be had before a time
	back     map[string]string    // task subject → what became of it
	setbacks map[string]vigil.Setback
	lost     string               // subject whose lease is lost
	fail     error                // of every call but Lease
	failNext error                // of CommitLease
	calls    []string             // of Lease, Commit and CommitLease
	asked    []store.LeaseRequest // of CommitLease
	renewed  []store.LeaseRequest // of Lease, for a task that is held
	taken    error                // of Lease, for a task that is held
	fresh    string               // token that Lease returns for a task that is held
}

func newQueue(subjects ...string) *queue {
	q := &queue{back: map[string]string{}, later: map[string]time.Time{}, setbacks: map[string]vigil.Setback{}}
	for _, s := range subjects {
		q.ready = append(q.ready, vigil.NewTask(vigil.Fetch, "O/s", s))
	}
	return q
}

func (q *queue) Lease(_ context.Context, r store.LeaseRequest) (ts []vigil.Task, next time.Time, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.Task != "" {
		return q.renew(r)
	}
	ts, next = q.lease(r)
	q.calls = append(q.calls, fmt.Sprintf("lease %d", len(ts)))
	return ts, next, nil
}

// lease must be called with mu held.
func (q *queue) lease(r store.LeaseRequest) (ts []vigil.Task, next time.Time) {
	q.ready = slices.DeleteFunc(q.ready, func(t vigil.Task) bool {
		if t.Stage != r.Stage || len(ts) == r.N {
			return false
		}
		if at := q.later[t.Subject]; time.Now().Before(at) {
			if next.IsZero() || at.Before(next) {
				next = at
			}
			return false
		}
		t.Attempts++
		ts = append(ts, t)
		return true
	})
	return ts, next
}

func (q *queue) end(t vigil.Task, how string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fail != nil {
		return q.fail
	}
	if t.Subject == q.lost {
		return fmt.Errorf("%s %s: %w", how, t.Subject, vigil.ErrLeaseLost)
	}
	q.back[t.Subject] = how
	return nil
}

func (q *queue) Commit(_ context.Context, t vigil.Task, r vigil.Result) error {
	if err := q.end(t, "committed"); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ready = append(q.ready, r.Next...)
	q.calls = append(q.calls, "commit "+t.Subject)
	return nil
}

func (q *queue) CommitLease(ctx context.Context, t vigil.Task, r vigil.Result, next store.LeaseRequest) ([]vigil.Task, time.Time, error) {
	if q.failNext != nil {
		return nil, time.Time{}, q.failNext
	}
	if err := q.Commit(ctx, t, r); err != nil {
		return nil, time.Time{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	ts, at := q.lease(next)
	q.calls[len(q.calls)-1] += fmt.Sprintf(", lease %d", len(ts))
	q.asked = append(q.asked, next)
	return ts, at, nil
}

func (q *queue) Release(_ context.Context, t vigil.Task, b vigil.Setback) error {
	q.mu.Lock()
	q.setbacks[t.Subject] = b
	q.mu.Unlock()
	return q.end(t, fmt.Sprintf("released as %s: %s", b.Class, b.Reason))
}

func (q *queue) Return(_ context.Context, t vigil.Task) error { return q.end(t, "returned") }

func (q *queue) Bury(_ context.Context, t vigil.Task, a vigil.Act) error {
	return q.end(t, "buried: "+a.Reason)
}

func (q *queue) want(t *testing.T, want map[string]string) {
	t.Helper()
	for s, how := range want {
		if q.back[s] != how {
			t.Errorf("%s was %q, want %q", s, q.back[s], how)
		}
	}
	if len(q.back) != len(want) {
		t.Errorf("%d tasks ended, want %d: %v", len(q.back), len(want), q.back)
	}
}

func pool(do work.Func) work.Pool {
	return work.Pool{Stage: vigil.Fetch, Workers: 3, TTL: time.Minute, Do: do}
}

func nothing(context.Context, vigil.Task) (vigil.Result, error) { return vigil.Result{}, nil }

func TestAnErrorDecidesWhatBecomesOfATask(t *testing.T) {
	q := newQueue("good", "bad", "refused", "panic")
	r := work.Runner{Queue: q, Holder: "test"}
	err := r.Run(t.Context(), pool(func(_ context.Context, task vigil.Task) (vigil.Result, error) {
		switch task.Subject {
		case "bad":
			return vigil.Result{}, errors.New("no route")
		case "refused":
			return vigil.Result{}, &work.Refusal{Act: vigil.Act{Reason: "scope"}, Err: vigil.ErrOutOfScope}
		case "panic":
			panic("hostile page")
		}
		return vigil.Result{}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	q.want(t, map[string]string{
		"good": "committed", "bad": "released as error: no route",
		"refused": "buried: scope", "panic": "released as panic: panic: hostile page",
	})
}

func TestASetbackIsHandedInAsItIs(t *testing.T) {
	q := newQueue("plain", "worded", "wrapped", "panic")
	cause := errors.New("no descriptor")
	setbacks := map[string]error{
		"plain":   errors.New("no route"),
		"worded":  &work.Setback{Setback: vigil.Setback{Class: "down", Reason: "in words", Retry: time.Hour, Rest: time.Minute, Park: true, Free: true}},
		"wrapped": fmt.Errorf("fetch: %w", &work.Setback{Setback: vigil.Setback{Class: "down"}, Err: cause}),
	}
	var seen []work.Outcome
	r := work.Runner{Queue: q, Holder: "test", Observe: func(o work.Outcome) { seen = append(seen, o) }}
	err := r.Run(t.Context(), pool(func(_ context.Context, task vigil.Task) (vigil.Result, error) {
		if err := setbacks[task.Subject]; err != nil {
			return vigil.Result{}, err
		}
		panic("hostile page")
	}))
	if err != nil {
		t.Fatal(err)
	}
	for subject, want := range map[string]vigil.Setback{
		"plain":   {Class: "error", Reason: "no route"},
		"worded":  {Class: "down", Reason: "in words", Retry: time.Hour, Rest: time.Minute, Park: true, Free: true},
		"wrapped": {Class: "down", Reason: "fetch: no descriptor"},
		"panic":   {Class: "panic", Reason: "panic: hostile page"},
	} {
		got := q.setbacks[subject]
		if want.Class == "error" || want.Class == "panic" {
			if got.Retry < time.Second || got.Retry > 2*time.Second {
				t.Errorf("%s waits %s, want the wait of a first failure", subject, got.Retry)
			}
			got.Retry = 0
		}
		if got != want {
			t.Errorf("%s was given back as %+v, want %+v", subject, got, want)
		}
	}
	classes := map[string]string{}
	for _, o := range seen {
		var b *work.Setback
		if errors.As(o.Err, &b) {
			classes[o.Task.Subject] = b.Class
		}
	}
	if want := map[string]string{"plain": "error", "worded": "down", "wrapped": "down", "panic": "panic"}; !maps.Equal(classes, want) {
		t.Errorf("the observer saw %v, want %v", classes, want)
	}
	if err := setbacks["wrapped"]; !errors.Is(err, cause) {
		t.Errorf("%v does not wrap its cause", err)
	}
	if err := setbacks["worded"]; err.Error() != "in words" {
		t.Errorf("a setback without an error says %q", err)
	}
}

func TestARunnerEndsWhereItWouldWaitTooLong(t *testing.T) {
	for name, tt := range map[string]struct {
		r    work.Runner
		want time.Duration // of the run
		done int
	}{
		"none":       {work.Runner{}, 3 * time.Hour, 3},
		"little":     {work.Runner{Patience: 10 * time.Second}, 5 * time.Second, 2},
		"just short": {work.Runner{Patience: 3 * time.Hour}, 3 * time.Hour, 3},
		"exactly":    {work.Runner{Patience: 3*time.Hour - 5*time.Second}, 5 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue("now", "far")
				begin := time.Now()
				q.later["far"] = begin.Add(3 * time.Hour)
				q.later["soon"] = begin.Add(4 * time.Second)
				q.ready = append(q.ready, vigil.NewTask(vigil.Fetch, "O/s", "soon"))
				tt.r.Queue, tt.r.Holder = q, "test"
				err := tt.r.Run(t.Context(), pool(func(context.Context, vigil.Task) (vigil.Result, error) {
					time.Sleep(time.Second) // what runs is waited for
					return vigil.Result{}, nil
				}))
				took := time.Since(begin)
				if err != nil || len(q.back) != tt.done || took < tt.want || took > tt.want+2*time.Second {
					t.Errorf("%v after %s with %d tasks done; want nil after %s with %d", err, took, len(q.back), tt.want, tt.done)
				}
			})
		})
	}
}

func TestAForeverRunnerKnowsNoPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("far")
		q.later["far"] = time.Now().Add(3 * time.Hour)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		r := work.Runner{Queue: q, Holder: "test", Forever: true, Patience: time.Second, Observe: func(work.Outcome) { stop() }}
		if err := r.Run(ctx, pool(nothing)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		q.want(t, map[string]string{"far": "committed"})
	})
}

func TestRunGoesOnWithTheTasksThatAResultAdds(t *testing.T) {
	q := newQueue("0")
	r := work.Runner{Queue: q, Holder: "test"}
	err := r.Run(t.Context(), pool(func(_ context.Context, task vigil.Task) (vigil.Result, error) {
		if len(task.Subject) == 5 {
			return vigil.Result{}, nil
		}
		return vigil.Result{Next: []vigil.Task{
			vigil.NewTask(vigil.Fetch, "O/s", task.Subject+"0"), vigil.NewTask(vigil.Fetch, "O/s", task.Subject+"1"),
		}}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 2 + 4 + 8 + 16; len(q.back) != want {
		t.Errorf("%d tasks were done, want %d", len(q.back), want)
	}
}

func TestRunWaitsForTasksThatAreNotDueYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("now", "later")
		begin := time.Now()
		q.later["later"] = begin.Add(time.Hour)
		r := work.Runner{Queue: q, Holder: "test"}
		if err := r.Run(t.Context(), pool(nothing)); err != nil {
			t.Fatal(err)
		}
		q.want(t, map[string]string{"now": "committed", "later": "committed"})
		if waited := time.Since(begin); waited < time.Hour || waited > time.Hour+time.Second {
			t.Errorf("waited %s, want an hour", waited)
		}
	})
}

func TestStoppingReturnsWhatIsRunningAndStartsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a", "b", "c", "d", "e")
		ctx, stop := context.WithCancel(t.Context())
		r := work.Runner{Queue: q, Holder: "test"}
		go func() { time.Sleep(time.Second); stop() }()
		err := r.Run(ctx, pool(func(ctx context.Context, _ vigil.Task) (vigil.Result, error) {
			<-ctx.Done()
			return vigil.Result{}, ctx.Err()
		}))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		q.want(t, map[string]string{"a": "returned", "b": "returned", "c": "returned"})
	})
}

func TestWorkThatEndsAfterAStopIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a")
		ctx, stop := context.WithCancel(t.Context())
		r := work.Runner{Queue: q, Holder: "test"}
		err := r.Run(ctx, pool(func(context.Context, vigil.Task) (vigil.Result, error) {
			stop()
			time.Sleep(time.Second)
			return vigil.Result{}, nil
		}))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		q.want(t, map[string]string{"a": "committed"})
	})
}

func TestAFatalErrorStopsTheRun(t *testing.T) {
	q := newQueue("a", "b", "c", "d")
	noProxy := errors.New("no proxy")
	r := work.Runner{Queue: q, Holder: "test"}
	p := pool(func(context.Context, vigil.Task) (vigil.Result, error) {
		return vigil.Result{}, &work.Fatal{Err: noProxy}
	})
	p.Workers = 1
	if err := r.Run(t.Context(), p); !errors.Is(err, noProxy) {
		t.Errorf("got %v, want %v", err, noProxy)
	}
	q.want(t, map[string]string{"a": "returned"})
}

func TestALostLeaseIsNoError(t *testing.T) {
	q := newQueue("a", "b")
	q.lost = "a"
	r := work.Runner{Queue: q, Holder: "test"}
	if err := r.Run(t.Context(), pool(nothing)); err != nil {
		t.Fatal(err)
	}
	q.want(t, map[string]string{"b": "committed"})
}

func TestAStoreThatFailsStopsTheRun(t *testing.T) {
	q := newQueue("a", "b")
	q.fail = errors.New("disk full")
	r := work.Runner{Queue: q, Holder: "test"}
	if err := r.Run(t.Context(), pool(nothing)); !errors.Is(err, q.fail) {
		t.Errorf("got %v, want %v", err, q.fail)
	}
}

func TestAForeverRunnerWaitsForOthersTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		r := work.Runner{Queue: q, Holder: "test", Forever: true, Observe: func(work.Outcome) { stop() }}
		go func() {
			time.Sleep(time.Minute)
			q.mu.Lock()
			defer q.mu.Unlock()
			q.ready = append(q.ready, vigil.NewTask(vigil.Fetch, "O/s", "late"))
		}()
		if err := r.Run(ctx, pool(nothing)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		q.want(t, map[string]string{"late": "committed"})
	})
}

func TestRetryGrowsToAQuarterOfAnHour(t *testing.T) {
	for n, most := range map[int]time.Duration{-1: 2 * time.Second, 0: 2 * time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second, 20: 15 * time.Minute, 1e9: 15 * time.Minute} {
		least, longest := most, time.Duration(0)
		for range 1000 {
			d := work.Retry(n)
			if d < most/2 || d > most {
				t.Fatalf("after attempt %d: %s, want %s to %s", n, d, most/2, most)
			}
			least, longest = min(least, d), max(longest, d)
		}
		// The chance that a thousand draws leave a tenth at either end bare is 1e-45.
		if least > most*55/100 || longest < most*95/100 {
			t.Errorf("after attempt %d: drawn from %s to %s, want %s to %s", n, least, longest, most/2, most)
		}
	}
}
