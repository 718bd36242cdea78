package work_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"vigil"
	"vigil/internal/work"
	"vigil/store"
	"vigil/store/bolt"
)

// A counted queue counts the tasks that a real store hands out.
type counted struct {
	*bolt.Store
	leased atomic.Int64
}

func (c *counted) Lease(ctx context.Context, r store.LeaseRequest) ([]vigil.Task, time.Time, error) {
	ts, next, err := c.Store.Lease(ctx, r)
	c.leased.Add(int64(len(ts)))
	return ts, next, err
}

func (c *counted) CommitLease(ctx context.Context, t vigil.Task, r vigil.Result, next store.LeaseRequest) ([]vigil.Task, time.Time, error) {
	ts, at, err := c.Store.CommitLease(ctx, t, r, next)
	c.leased.Add(int64(len(ts)))
	return ts, at, err
}

// TestStoppingWithALongQueue: with ten thousand tasks queued and eight running,
// a stop hands out no more, and every task is as if it had never been leased.
func TestStoppingWithALongQueue(t *testing.T) {
	const queued, workers = 10_000, 8
	s, err := bolt.Create(filepath.Join(t.TempDir(), "vigil.db"), bolt.Options{Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ts := make([]vigil.Task, queued)
	for i := range ts {
		ts[i] = vigil.NewTask(vigil.Extract, "O/s", fmt.Sprint(i))
	}
	if _, err := s.Enqueue(t.Context(), ts...); err != nil {
		t.Fatal(err)
	}
	q := &counted{Store: s}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var running atomic.Int64
	r := work.Runner{Queue: q, Holder: "test"}
	err = r.Run(ctx, work.Pool{Stage: vigil.Extract, Workers: workers, TTL: time.Hour, Do: func(ctx context.Context, _ vigil.Task) (vigil.Result, error) {
		if running.Add(1) == workers {
			stop()
		}
		<-ctx.Done()
		return vigil.Result{}, ctx.Err()
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if n := q.leased.Load(); n != workers {
		t.Errorf("%d tasks were leased, want %d", n, workers)
	}
	counts, err := s.Counts(t.Context())
	if err != nil || len(counts) != 1 || counts[0].State != vigil.Queued || counts[0].N != queued {
		t.Errorf("counts %+v, %v; want all queued", counts, err)
	}
	for i := range workers {
		if got, err := s.Task(t.Context(), ts[i].ID); err != nil || got.Attempts != 0 {
			t.Errorf("task %d is %+v, %v; want no attempt", i, got, err)
		}
	}
}
