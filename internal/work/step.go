package work

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"vigil"
	"vigil/store"
)

// request asks for n tasks of a pool.
func (r *Runner) request(p Pool, n int) store.LeaseRequest {
	return store.LeaseRequest{Stage: p.Stage, Holder: r.Holder, N: n, TTL: p.TTL, Source: p.Source}
}

// step does one task and hands in what came of it. It returns the tasks that are
// to be done next: one that was leased with the commit, if there was any.
func (r *Runner) step(ctx context.Context, p Pool, t vigil.Task) (o Outcome, next []vigil.Task) {
	begin := time.Now()
	held, release := r.hold(ctx, p, t)
	res, err := guard(held, p.Do, t)
	release()
	stopped := ctx.Err()
	if err != nil && stopped == nil {
		err = classed(t, err)
	}
	// What was done is handed in even if ctx ended meanwhile.
	next, e := r.handIn(context.WithoutCancel(ctx), stopped, p, t, res, err)
	if e != nil {
		err = &Fatal{fmt.Errorf("%s %s: %w", t.Stage, t.Subject, e)}
	}
	return Outcome{Task: t, Result: res, Err: err, Took: time.Since(begin)}, next
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
func (r *Runner) handIn(ctx context.Context, stopped error, p Pool, t vigil.Task, res vigil.Result, err error) (next []vigil.Task, _ error) {
	var (
		refusal *Refusal
		setback *Setback
	)
	switch {
	case err == nil && stopped == nil:
		next, err = r.commitLease(ctx, p, t, res)
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
		return nil, nil
	}
	return next, err
}

// commitLease commits t and leases one task more of its pool.
func (r *Runner) commitLease(ctx context.Context, p Pool, t vigil.Task, res vigil.Result) ([]vigil.Task, error) {
	next, _, err := r.Queue.CommitLease(ctx, t, res, r.request(p, 1))
	if err == nil || errors.Is(err, vigil.ErrLeaseLost) {
		return next, err
	}
	// If it is the lease that fails, the result is kept all the same. The next
	// lease of the pool will say why.
	if r.Queue.Commit(ctx, t, res) == nil {
		return nil, nil
	}
	return nil, err
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
