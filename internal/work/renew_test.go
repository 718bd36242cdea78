package work_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"vigil"
	"vigil/internal/work"
	"vigil/store"
)

// renew must be called with mu held.
func (q *queue) renew(r store.LeaseRequest) ([]vigil.Task, time.Time, error) {
	q.renewed = append(q.renewed, r)
	return []vigil.Task{{ID: r.Task, Lease: q.fresh}}, time.Time{}, q.taken
}

// slow takes longer than its lease, or until its context ends; then it says why in
// cause.
func slow(took time.Duration, cause *error) work.Func {
	return func(ctx context.Context, _ vigil.Task) (vigil.Result, error) {
		select {
		case <-ctx.Done():
			*cause = context.Cause(ctx)
			return vigil.Result{}, ctx.Err()
		case <-time.After(took):
			return vigil.Result{}, nil
		}
	}
}

func TestALeaseIsRenewedForAsLongAsAStepTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a")
		id := q.ready[0].ID
		var cause error
		r := work.Runner{Queue: q, Holder: "test"}
		p := work.Pool{Stage: vigil.Fetch, Workers: 1, TTL: time.Minute, Do: slow(10*time.Minute+time.Second, &cause)}
		if err := r.Run(t.Context(), p); err != nil || cause != nil {
			t.Fatal(err, cause)
		}
		q.want(t, map[string]string{"a": "committed"})
		if n := len(q.renewed); n != 30 {
			t.Errorf("renewed %d times in 10 minutes, want 30", n)
		}
		for _, r := range q.renewed {
			if r.Task != id || r.TTL != time.Minute || r.Holder != "test" || r.Stage != vigil.Fetch || r.N != 1 {
				t.Errorf("renewed by %+v", r)
			}
		}
	})
}

func TestAStepEndsWhenItsTaskIsAnothers(t *testing.T) {
	for name, q := range map[string]*queue{
		"held":          {taken: fmt.Errorf("task: %w", vigil.ErrHeld)},
		"ended":         {taken: fmt.Errorf("task: %w", vigil.ErrNotFound)},
		"another token": {fresh: "of another process under the same name"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				of := newQueue("a")
				of.taken, of.fresh, of.lost = q.taken, q.fresh, "a"
				var cause error
				begin := time.Now()
				r := work.Runner{Queue: of, Holder: "test"}
				p := work.Pool{Stage: vigil.Fetch, Workers: 1, TTL: time.Minute, Do: slow(time.Hour, &cause)}
				if err := r.Run(t.Context(), p); err != nil {
					t.Fatalf("the run ended with %v: one task that is lost ends no run", err)
				}
				if !errors.Is(cause, vigil.ErrLeaseLost) || time.Since(begin) > time.Minute {
					t.Errorf("the step ended with %v after %v", cause, time.Since(begin))
				}
				of.want(t, map[string]string{})
			})
		})
	}
}

// TestARenewalThatFailsEndsNothing: the store decides in the end.
func TestARenewalThatFailsEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a")
		q.taken = errors.New("the database cannot be reached")
		var cause error
		r := work.Runner{Queue: q, Holder: "test"}
		p := work.Pool{Stage: vigil.Fetch, Workers: 1, TTL: time.Minute, Do: slow(5*time.Minute, &cause)}
		if err := r.Run(t.Context(), p); err != nil || cause != nil {
			t.Fatal(err, cause)
		}
		q.want(t, map[string]string{"a": "committed"})
	})
}

// TestASharedQueueIsLookedAtEachSecond: what another process adds is not announced.
func TestASharedQueueIsLookedAtEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a", "b")
		q.later["b"] = time.Now().Add(5 * time.Minute) // as far as anybody knows
		go func() {
			time.Sleep(10 * time.Second)
			q.mu.Lock()
			defer q.mu.Unlock()
			q.ready = append(q.ready, vigil.NewTask(vigil.Fetch, "O/s", "added"))
		}()
		begin := time.Now()
		r := work.Runner{Queue: q, Holder: "test", Shared: true, Patience: time.Hour}
		p := work.Pool{Stage: vigil.Fetch, Workers: 1, TTL: time.Minute, Do: func(_ context.Context, task vigil.Task) (vigil.Result, error) {
			if took := time.Since(begin); task.Subject == "added" && took > 12*time.Second {
				t.Errorf("what was added after 10 s was begun after %v", took)
			}
			return vigil.Result{}, nil
		}}
		if err := r.Run(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		q.want(t, map[string]string{"a": "committed", "b": "committed", "added": "committed"})
	})
}
