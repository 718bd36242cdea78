package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Requeue implements [store.Queue].
func (s *Store) Requeue(ctx context.Context, r store.RequeueRequest) (n int, err error) {
	if err := rule.CheckRequeue(r); err != nil {
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
		cs = append(cs, change{&old, old.Requeued(w.now)})
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
