package work

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"vigil"
)

// An awaiter is a queue that knows when other processes make tasks available.
type awaiter interface {
	// Await calls woken once it will hear of tasks of the stages, and then whenever
	// others may have made some available. It returns when ctx ends, or when it hears
	// nothing any more.
	Await(ctx context.Context, woken func(), stages ...vigil.Stage) error
}

// How often a runner looks for tasks that others added: if it hears of them, it does so
// for what went lost on the way alone.
const (
	poll      = time.Second
	pollAwake = 15 * time.Second
)

// restless is how long a runner does not look again for others' sake after it did so:
// many processes may add tasks, and each would have all others look.
const restless = 200 * time.Millisecond

// deafFor is how long a runner that could not listen waits before it tries anew.
const deafFor = 5 * time.Second

// A waking wakes a run when others may have made tasks available.
type waking struct {
	ears      chan struct{} // nil where nobody listens
	listening atomic.Bool
}

// listen has w hear of tasks of some pools until stop is called.
func (w *waking) listen(ctx context.Context, q awaiter, pools []Pool) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	w.ears = make(chan struct{})
	bell := make(chan struct{}, 1)
	ring := func() {
		select {
		case bell <- struct{}{}:
		default: // it rings already
		}
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			q.Await(ctx, func() { w.listening.Store(true); ring() }, stagesOf(pools)...)
			w.listening.Store(false) // whatever the reason is: the store says it to who asks for tasks
			ring()
			pause(ctx, deafFor)
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			select {
			case <-bell:
			case <-ctx.Done():
			}
			select {
			case w.ears <- struct{}{}:
			case <-ctx.Done():
			}
			pause(ctx, restless)
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

func stagesOf(pools []Pool) (stages []vigil.Stage) {
	for _, p := range pools {
		stages = append(stages, p.Stage)
	}
	return stages
}

// pause waits a while, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
