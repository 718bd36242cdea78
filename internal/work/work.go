// Package work runs the stages: it leases tasks, does one step for each, and
// commits the result or gives the task back.
package work

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"vigil"
	"vigil/store"
)

// A Queue hands out tasks and takes results; every [store.Store] is one.
type Queue interface {
	Lease(ctx context.Context, r store.LeaseRequest) ([]vigil.Task, time.Time, error)
	Commit(ctx context.Context, t vigil.Task, r vigil.Result) error
	Release(ctx context.Context, t vigil.Task, b vigil.Setback) error
	Return(ctx context.Context, t vigil.Task) error
	Bury(ctx context.Context, t vigil.Task, a vigil.Act) error
}

// A Func does one step. Its error decides what becomes of the task:
//
//   - nil: the result is committed;
//   - a [*Refusal]: the task is dead, and the refusal is logged;
//   - the context's own error: the task goes back uncounted;
//   - a [*Fatal]: the task goes back uncounted, and the whole run stops;
//   - a [*Setback]: the task is given back as it says;
//   - any other, and a panic: the task is tried again after [Retry], until the
//     store has had enough of it.
type Func func(context.Context, vigil.Task) (vigil.Result, error)

// A Refusal ends a task for good, for want of authority or sense.
type Refusal struct {
	Act vigil.Act
	Err error
}

func (r *Refusal) Error() string { return r.Err.Error() }
func (r *Refusal) Unwrap() error { return r.Err }

// A Fatal error stops the run: going on would fail in the same way, as without
// a proxy or a disk.
type Fatal struct{ Err error }

func (f *Fatal) Error() string { return f.Err.Error() }
func (f *Fatal) Unwrap() error { return f.Err }

// A Setback says what is to happen to a task that brought no result, and to its
// source. Without a Reason, Err's text is the reason.
type Setback struct {
	vigil.Setback
	Err error
}

func (b *Setback) Error() string {
	if b.Err == nil {
		return cmp.Or(b.Reason, b.Class, "setback")
	}
	return b.Err.Error()
}

func (b *Setback) Unwrap() error { return b.Err }

// A Pool is a number of workers for one stage.
type Pool struct {
	Stage   vigil.Stage
	Source  string // only tasks of this source; empty for any
	Workers int
	TTL     time.Duration // of a lease; more than a step can take
	Do      Func
}

// An Outcome tells an observer what became of a task. Err is nil if its result
// was committed, and holds a [*Setback] with a class if it was given back for
// another cause than the end of the run.
type Outcome struct {
	Task   vigil.Task
	Result vigil.Result
	Err    error
	Took   time.Duration
}

// A Runner runs pools until nothing is left to do.
type Runner struct {
	Queue   Queue
	Holder  string        // under which name tasks are leased
	Observe func(Outcome) // called after each task from one goroutine; may be nil
	// Forever keeps the runner waiting for tasks that others add, until the
	// context ends.
	Forever bool
	// Patience is how long a runner with nothing running waits at most for a
	// task to become available; it ends at once if the store says that it would
	// take longer. Zero waits as long as it takes. Forever knows no patience.
	Patience time.Duration
}

// poll is how often a Forever runner looks for tasks that others added.
const poll = time.Second

// maxNap bounds how long a runner sleeps without asking its queue again.
const maxNap = time.Hour

// maxRetry is the longest wait that [Retry] returns.
const maxRetry = 15 * time.Minute

// Retry returns how long a task waits after its nth failed attempt: up to 2 s,
// then twice as much each time, up to a quarter of an hour. It is drawn at
// random from the upper half, so that tasks which failed together do not come
// back together.
func Retry(n int) time.Duration {
	d := 2 * time.Second
	for ; n > 1 && d < maxRetry; n-- {
		d *= 2
	}
	d = min(d, maxRetry)
	return d/2 + rand.N(d/2+1)
}

// Run leases tasks for each pool and does them, until none is queued or
// running in any of the pools, or ctx ends, or a step fails with a [*Fatal].
// It returns only when every worker it started has ended, and every task it
// leased is committed or given back. If ctx ended, it leases no more, and
// returns ctx's error.
func (r *Runner) Run(ctx context.Context, pools ...Pool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		done    = make(chan ended)
		running = make([]int, len(pools))
		total   int
	)
	for {
		next, err := r.lease(ctx, pools, running, &total, done)
		if err != nil {
			cancel(err)
		}
		if total == 0 && (ctx.Err() != nil || r.enough(next)) {
			return cause(ctx)
		}
		timer := time.NewTimer(r.nap(next))
		select {
		case e := <-done:
			// Whoever has ended meanwhile is heard, too, before more is leased:
			// a lease for each would cost a transaction for each.
			for more := true; more; {
				running[e.pool]--
				total--
				if r.Observe != nil {
					r.Observe(e.Outcome)
				}
				var fatal *Fatal
				if errors.As(e.Err, &fatal) {
					cancel(fatal)
				}
				select {
				case e = <-done:
				default:
					more = false
				}
			}
		case <-timer.C:
		case <-stopped(ctx, total):
		}
		timer.Stop()
	}
}

// enough reports whether a runner that has nothing to do is to end rather than
// to wait for the next task; a zero next says that there is none.
func (r *Runner) enough(next time.Time) bool {
	if r.Forever {
		return false
	}
	return next.IsZero() || r.Patience > 0 && time.Until(next) >= r.Patience
}

// nap returns how long to sleep before asking for tasks again.
func (r *Runner) nap(next time.Time) time.Duration {
	d := maxNap
	if r.Forever {
		d = poll
	}
	if !next.IsZero() {
		d = min(d, max(time.Until(next), time.Millisecond))
	}
	return d
}

// ended is what a worker reports.
type ended struct {
	pool int
	Outcome
}

// stopped returns ctx's channel while nothing runs; else nil, as the loop then
// waits for its workers.
func stopped(ctx context.Context, running int) <-chan struct{} {
	if running > 0 {
		return nil
	}
	return ctx.Done()
}

// cause returns why ctx ended; nil if it has not.
func cause(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// lease fills every pool's free workers. It returns the earliest moment at which
// a queue may have more; zero if no pool has anything queued.
func (r *Runner) lease(ctx context.Context, pools []Pool, running []int, total *int, done chan<- ended) (next time.Time, err error) {
	for i, p := range pools {
		free := p.Workers - running[i]
		if ctx.Err() != nil || free <= 0 {
			continue
		}
		ts, at, err := r.Queue.Lease(ctx, store.LeaseRequest{Stage: p.Stage, Holder: r.Holder, N: free, TTL: p.TTL, Source: p.Source})
		if err != nil {
			return next, fmt.Errorf("lease %s tasks: %w", p.Stage, err)
		}
		for _, t := range ts {
			running[i]++
			*total++
			go func() { done <- ended{i, r.step(ctx, p, t)} }()
		}
		if next.IsZero() || !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next, nil
}

// step does one task and hands in what came of it.
func (r *Runner) step(ctx context.Context, p Pool, t vigil.Task) Outcome {
	begin := time.Now()
	res, err := guard(ctx, p.Do, t)
	stopped := ctx.Err()
	if err != nil && stopped == nil {
		err = classed(t, err)
	}
	// What was done is handed in even if ctx ended meanwhile.
	if e := r.handIn(context.WithoutCancel(ctx), stopped, t, res, err); e != nil {
		err = &Fatal{fmt.Errorf("%s %s: %w", t.Stage, t.Subject, e)}
	}
	return Outcome{Task: t, Result: res, Err: err, Took: time.Since(begin)}
}

// classed returns err as a setback, if it is not something else.
func classed(t vigil.Task, err error) error {
	var (
		refusal *Refusal
		fatal   *Fatal
		setback *Setback
	)
	if errors.As(err, &refusal) || errors.As(err, &fatal) || errors.As(err, &setback) {
		return err
	}
	return &Setback{vigil.Setback{Class: "error", Retry: Retry(t.Attempts)}, err}
}

// handIn commits or gives back t. A lost lease is no error: another worker has
// the task.
func (r *Runner) handIn(ctx context.Context, stopped error, t vigil.Task, res vigil.Result, err error) error {
	var (
		refusal *Refusal
		setback *Setback
	)
	switch {
	case err == nil:
		err = r.Queue.Commit(ctx, t, res)
	case errors.As(err, &refusal):
		err = r.Queue.Bury(ctx, t, refusal.Act)
	case stopped == nil && errors.As(err, &setback):
		b := setback.Setback
		b.Reason = cmp.Or(b.Reason, err.Error())
		err = r.Queue.Release(ctx, t, b)
	default: // the run ends: the task had no fault in it
		err = r.Queue.Return(ctx, t)
	}
	if errors.Is(err, vigil.ErrLeaseLost) {
		return nil
	}
	return err
}

// guard calls do, unless ctx has ended, and turns a panic, which hostile input
// may cause, into a setback.
func guard(ctx context.Context, do Func, t vigil.Task) (res vigil.Result, err error) {
	if err := ctx.Err(); err != nil {
		return vigil.Result{}, err
	}
	defer func() {
		if p := recover(); p != nil {
			b := vigil.Setback{Class: "panic", Retry: Retry(t.Attempts)}
			res, err = vigil.Result{}, &Setback{b, fmt.Errorf("panic: %v", p)}
		}
	}()
	return do(ctx, t)
}
