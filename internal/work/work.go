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
	CommitLease(ctx context.Context, t vigil.Task, r vigil.Result, next store.LeaseRequest) ([]vigil.Task, time.Time, error)
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
	TTL     time.Duration // of a lease; it is renewed while a step takes longer than a third of it
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
	// Shared says that other processes add tasks as well: while it waits, the runner
	// looks for them, at once where the queue can tell of them, else each second.
	Shared bool
	// Patience is how long a runner with nothing running waits at most for a
	// task to become available; it ends at once if the store says that it would
	// take longer. Zero waits as long as it takes. Forever knows no patience.
	Patience time.Duration
}

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
//
// A worker that hands in a result takes the next task of its pool in the same
// transaction, as one would cost the disk's time for each.
func (r *Runner) Run(ctx context.Context, pools ...Pool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	n := &run{Runner: r, pools: pools, running: make([]int, len(pools)), done: make(chan ended)}
	if q, ok := r.Queue.(awaiter); ok && (r.Forever || r.Shared) {
		defer n.listen(ctx, q, pools)()
	}
	for {
		next, err := n.lease(ctx)
		if err != nil {
			cancel(err)
		}
		if n.total == 0 && (ctx.Err() != nil || r.enough(next)) {
			return cause(ctx)
		}
		timer := time.NewTimer(n.nap(next))
		select {
		case e := <-n.done:
			for _, e := range n.hear(e) {
				n.end(ctx, cancel, e)
			}
		case <-timer.C:
		case <-n.ears:
		case <-stopped(ctx, n.total):
		}
		timer.Stop()
	}
}

// A run is a call of Run. Only its goroutine changes it.
type run struct {
	*Runner
	waking
	pools   []Pool
	running []int // by pool
	total   int
	done    chan ended
}

// An ended step is what a worker reports: what became of its task, and the next
// ones, which it has leased. They are started even if ctx has ended, as a step
// then gives its task back.
type ended struct {
	pool int
	Outcome
	next []vigil.Task
}

// start does tasks of a pool, each in a goroutine that reports to done.
func (n *run) start(ctx context.Context, pool int, ts []vigil.Task) {
	for _, t := range ts {
		n.running[pool]++
		n.total++
		go func() {
			o, next := n.step(ctx, n.pools[pool], t)
			n.done <- ended{pool, o, next}
		}()
	}
}

// hear returns e and what those report who have ended meanwhile: a lease after
// each would cost a transaction for each. No task is started here, so that quick
// ones keep no other pool waiting.
func (n *run) hear(e ended) []ended {
	es := []ended{e}
	for {
		select {
		case e := <-n.done:
			es = append(es, e)
		default:
			return es
		}
	}
}

// end takes note of what a worker reports, and starts what it has leased.
func (n *run) end(ctx context.Context, cancel context.CancelCauseFunc, e ended) {
	n.running[e.pool]--
	n.total--
	if n.Observe != nil {
		n.Observe(e.Outcome)
	}
	var fatal *Fatal
	if errors.As(e.Err, &fatal) {
		cancel(fatal)
	}
	n.start(ctx, e.pool, e.next)
}

// lease fills every pool's free workers. It returns the earliest moment at which
// a queue may have more; zero if no pool has anything queued.
func (n *run) lease(ctx context.Context) (next time.Time, err error) {
	for i, p := range n.pools {
		free := p.Workers - n.running[i]
		if ctx.Err() != nil || free <= 0 {
			continue
		}
		ts, at, err := n.Queue.Lease(ctx, n.request(p, free))
		if err != nil {
			return next, fmt.Errorf("lease %s tasks: %w", p.Stage, err)
		}
		n.start(ctx, i, ts)
		if next.IsZero() || !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next, nil
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
func (n *run) nap(next time.Time) time.Duration {
	d := maxNap
	switch {
	case n.listening.Load():
		d = pollAwake
	case n.Forever || n.Shared:
		d = poll
	}
	if !next.IsZero() {
		d = min(d, max(time.Until(next), time.Millisecond))
	}
	return d
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
