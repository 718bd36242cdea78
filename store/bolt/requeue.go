package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"vigil"
	"vigil/store"
)

// Requeue implements [store.Queue].
func (s *Store) Requeue(ctx context.Context, r store.RequeueRequest) (n int, err error) {
	if err := checkRequeue(r); err != nil {
		return 0, fmt.Errorf("requeue: %w", err)
	}
	err = s.update(ctx, func(w write) error {
		cs, err := w.requeued(r)
		if err != nil {
			return err
		}
		n = len(cs)
		return w.putTasks(cs)
	})
	if err != nil {
		return 0, fmt.Errorf("requeue %s tasks: %w", r.Stage, err)
	}
	return n, nil
}

func checkRequeue(r store.RequeueRequest) error {
	if r.Stage == "" {
		return errors.New("no stage")
	}
	if len(r.States) == 0 {
		return errors.New("no states: want some of done, parked and dead")
	}
	for _, st := range r.States {
		if st != vigil.Done && st != vigil.Parked && st != vigil.Dead {
			return fmt.Errorf("state %q: want done, parked or dead", st)
		}
	}
	return errors.Join(checkName("stage", string(r.Stage)), checkName("source", r.Source))
}

// requeued returns the changes that a request asks for.
func (w write) requeued(r store.RequeueRequest) (cs []change, err error) {
	for _, id := range w.asked(r) {
		old, err := getTask(w.read, id)
		if errors.Is(err, vigil.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if old.Stage != r.Stage || r.Source != "" && old.Source != r.Source || !slices.Contains(r.States, old.State) {
			continue
		}
		t := old.moved(vigil.Queued, w.now)
		t.Attempts, t.Class, t.Reason = 0, "", ""
		cs = append(cs, change{&old, t})
	}
	return cs, nil
}

// asked returns the IDs of the tasks that a request may mean, each once.
func (w write) asked(r store.RequeueRequest) (ids []string) {
	if r.Tasks != nil {
		return slices.Compact(slices.Sorted(slices.Values(r.Tasks)))
	}
	prefix := key(string(r.Stage))
	if r.Source != "" {
		prefix = key(string(r.Stage), r.Source)
	}
	for _, ended := range []struct {
		state  vigil.State
		bucket string
	}{{vigil.Done, bucketDone}, {vigil.Parked, bucketParked}, {vigil.Dead, bucketDead}} {
		if slices.Contains(r.States, ended.state) {
			ids = append(ids, idsUnder(w.read, ended.bucket, prefix)...)
		}
	}
	return ids
}
