package work_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"vigil"
	"vigil/internal/work"
)

// A telling queue says when tasks are added, until it can no more.
type telling struct {
	*queue
	added chan struct{}
	mute  chan struct{} // closed when it can no more
	waits int           // calls of Await
}

func (q *telling) Await(ctx context.Context, woken func(), stages ...vigil.Stage) error {
	q.mu.Lock()
	q.waits++
	mute := q.mute
	q.mu.Unlock()
	if len(stages) != 1 || stages[0] != vigil.Fetch {
		return errors.New("of other stages")
	}
	for woken(); ; woken() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-mute:
			return errors.New("the connection broke")
		case <-q.added:
		}
	}
}

func (q *telling) add(subject string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ready = append(q.ready, vigil.NewTask(vigil.Fetch, "O/s", subject))
}

// leases counts how often the queue was asked for tasks.
func (q *telling) leases() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range q.calls {
		if c[:5] == "lease" {
			n++
		}
	}
	return n
}

// runTelling runs a pool on a telling queue while fn runs; begun says when each task
// was begun.
func runTelling(t *testing.T, fn func(q *telling, begun func(subject string) time.Time)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q := &telling{queue: newQueue(), added: make(chan struct{}), mute: make(chan struct{})}
		at := map[string]time.Time{}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		r := work.Runner{Queue: q, Holder: "test", Forever: true}
		p := work.Pool{Stage: vigil.Fetch, Workers: 1, TTL: time.Minute, Do: func(_ context.Context, task vigil.Task) (vigil.Result, error) {
			q.mu.Lock()
			defer q.mu.Unlock()
			at[task.Subject] = time.Now()
			return vigil.Result{}, nil
		}}
		go func() { ended <- r.Run(ctx, p) }()
		time.Sleep(time.Minute)
		fn(q, func(subject string) time.Time {
			q.mu.Lock()
			defer q.mu.Unlock()
			return at[subject]
		})
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

// TestARunnerThatIsToldOfTasksLooksAtOnce, and else rarely.
func TestARunnerThatIsToldOfTasksLooksAtOnce(t *testing.T) {
	runTelling(t, func(q *telling, begun func(string) time.Time) {
		if n := q.leases(); n > 7 {
			t.Errorf("it looked %d times in an idle minute, want few", n)
		}
		q.add("a")
		added := time.Now()
		q.added <- struct{}{}
		time.Sleep(time.Minute)
		if at := begun("a"); !at.Equal(added) {
			t.Errorf("it began %v after it was told", at.Sub(added))
		}
		time.Sleep(time.Second) // and it does not look at this moment
		q.add("b")
		added = time.Now()
		time.Sleep(time.Minute)
		if late := begun("b").Sub(added); late <= 0 || late > 15*time.Second {
			t.Errorf("what it was not told of it began %v later", late)
		}
	})
}

// TestARunnerThatIsToldTimeAndAgainLooksNowAndThen: many others add tasks, which are
// not for it.
func TestARunnerThatIsToldTimeAndAgainLooksNowAndThen(t *testing.T) {
	runTelling(t, func(q *telling, begun func(string) time.Time) {
		before := q.leases()
		for range 1000 {
			q.added <- struct{}{}
			time.Sleep(10 * time.Millisecond)
		}
		if n := q.leases() - before; n < 20 || n > 60 {
			t.Errorf("it looked %d times in ten seconds, want 50", n)
		}
		q.add("last")
		added := time.Now()
		q.added <- struct{}{}
		time.Sleep(time.Minute)
		if late := begun("last").Sub(added); late < 0 || late > time.Second {
			t.Errorf("it began %v after it was told of it", late)
		}
	})
}

// TestARunnerThatHearsNothingAnyMoreAsks, each second, and listens anew.
func TestARunnerThatHearsNothingAnyMoreAsks(t *testing.T) {
	runTelling(t, func(q *telling, begun func(string) time.Time) {
		close(q.mute)
		before := q.leases()
		time.Sleep(time.Minute)
		if n := q.leases() - before; n < 55 {
			t.Errorf("it looked %d times in a minute, want 60", n)
		}
		q.mu.Lock()
		if q.waits < 10 {
			t.Errorf("it tried %d times to listen, want some", q.waits)
		}
		q.mute = make(chan struct{})
		q.mu.Unlock()
		time.Sleep(time.Minute)
		before = q.leases()
		time.Sleep(time.Minute)
		if n := q.leases() - before; n > 7 {
			t.Errorf("when it hears again it looked %d times in a minute", n)
		}
	})
}
