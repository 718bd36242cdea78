package work

import (
	"context"
	"errors"
	"sync"
	"time"

	"vigil"
	"vigil/store"
)

// hold renews t's lease until release is called, so that a pool's leases can be
// shorter than its steps: what a process that is gone had leased, others get the
// sooner. If t is another's by then, held ends. What is renewed in vain for other
// reasons is tried again; if the lease runs out over it, the store refuses the result.
func (r *Runner) hold(ctx context.Context, p Pool, t vigil.Task) (held context.Context, release func()) {
	if p.TTL < time.Second {
		return ctx, func() {}
	}
	held, lose := context.WithCancelCause(ctx)
	renewing, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() {
		ticks := time.NewTicker(p.TTL / 3)
		defer ticks.Stop()
		for {
			select {
			case <-renewing.Done():
				return
			case <-ticks.C:
			}
			if r.lost(renewing, p, t) {
				lose(vigil.ErrLeaseLost)
				return
			}
		}
	})
	return held, func() {
		stop()
		ended.Wait()
		lose(nil)
	}
}

// lost renews t's lease, and reports whether it is no longer t's.
func (r *Runner) lost(ctx context.Context, p Pool, t vigil.Task) bool {
	ts, _, err := r.Queue.Lease(ctx, store.LeaseRequest{Stage: p.Stage, Holder: r.Holder, N: 1, TTL: p.TTL, Task: t.ID})
	if err != nil {
		return errors.Is(err, vigil.ErrHeld) || errors.Is(err, vigil.ErrNotFound)
	}
	return len(ts) == 0 || ts[0].Lease != t.Lease
}
