package bolt

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Lease implements [store.Queue]. Its cost grows with the number of tasks it
// returns, of sources that have any, and of people's tasks in front that the holder
// may not have; not with the length of the queue.
func (s *Store) Lease(ctx context.Context, r store.LeaseRequest) (ts []vigil.Task, next time.Time, err error) {
	if r, err = rule.CheckRequest(r); err != nil {
		return nil, time.Time{}, fmt.Errorf("lease %s tasks: %w", r.Stage, err)
	}
	lease := write.lease
	if r.Task != "" {
		lease = write.leaseOne
	} else {
		// An idle worker asks again and again: tell it so without a write.
		idle, next, err := s.idle(ctx, r)
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("lease %s tasks: %w", r.Stage, err)
		}
		if idle {
			return nil, next, nil
		}
	}
	err = s.update(ctx, func(w write) error {
		ts, next, err = lease(w, r)
		return err
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("lease %s tasks: %w", r.Stage, err)
	}
	return ts, next, nil
}

// idle reports whether a lease would change nothing, and when to ask again.
func (s *Store) idle(ctx context.Context, r store.LeaseRequest) (idle bool, next time.Time, err error) {
	now := s.o.Now().Round(0).UTC()
	err = s.view(ctx, func(tx read) error {
		if setBack(tx, now) > 0 {
			return nil
		}
		lanes, err := lanes(tx, r)
		if err != nil {
			return err
		}
		for _, l := range lanes {
			if l.due(now) {
				return nil
			}
			at := l.opens(now)
			if !at.IsZero() && !at.After(now) {
				return nil
			}
			next = rule.Earlier(next, at)
		}
		idle = true
		return nil
	})
	return idle, next, err
}

// lease hands out the best tasks of all lanes that are open.
func (w write) lease(r store.LeaseRequest) (ts []vigil.Task, next time.Time, err error) {
	lanes, err := w.awake(r)
	if err != nil {
		return nil, next, err
	}
	var ids []string
	for len(ids) < r.N {
		l := best(lanes, w.now)
		if l == nil {
			break
		}
		ids = append(ids, l.pop(w.now, w.now.Add(r.TTL)))
	}
	for _, l := range lanes {
		next = rule.Earlier(next, l.opens(w.now))
	}
	// Only now, as a change would lead the lanes' cursors astray.
	for _, id := range ids {
		t, err := getTask(w.read, id)
		if err != nil {
			return nil, next, err
		}
		if t, err = w.take(t, r); err != nil {
			return nil, next, err
		}
		ts = append(ts, t.Task)
	}
	return ts, next, nil
}

// awake returns the lanes of a request, with the tasks in them that have become
// available.
func (w write) awake(r store.LeaseRequest) ([]*lane, error) {
	ls, err := lanes(w.read, r)
	if err != nil || !slices.ContainsFunc(ls, func(l *lane) bool { return l.due(w.now) }) {
		return ls, err
	}
	if err := w.wake(ls); err != nil {
		return nil, err
	}
	return lanes(w.read, r)
}

// leaseOne hands out the one task that r names, or renews its lease.
func (w write) leaseOne(r store.LeaseRequest) ([]vigil.Task, time.Time, error) {
	t, err := getTask(w.read, r.Task)
	if err != nil {
		return nil, time.Time{}, err
	}
	if err := t.For(r); err != nil {
		return nil, time.Time{}, err
	}
	if t.State == vigil.Leased && w.now.Before(t.Until) {
		if t.Holder != r.Holder {
			return nil, time.Time{}, fmt.Errorf("task %s: %w: %s has it until %s", t.ID, vigil.ErrHeld, t.Holder, t.Until.Format(time.RFC3339))
		}
		renewed := t
		renewed.Until = w.now.Add(r.TTL)
		if err := w.putTask(&t, renewed); err != nil {
			return nil, time.Time{}, err
		}
		return []vigil.Task{renewed.Task}, time.Time{}, nil
	}
	if t.State == vigil.Leased {
		if t, err = w.expire(t); err != nil {
			return nil, time.Time{}, err
		}
		if !t.Open() {
			// This undoes the change, too; the next lease of the stage makes it again.
			return nil, time.Time{}, fmt.Errorf("task %s had too many attempts: %w among those to be done", t.ID, vigil.ErrNotFound)
		}
	}
	if t.Stage == vigil.Fetch {
		if next, err := w.mayFetch(t); err != nil || next.IsZero() || next.After(w.now) {
			return nil, next, err
		}
	}
	if t, err = w.take(t, r); err != nil {
		return nil, time.Time{}, err
	}
	return []vigil.Task{t.Task}, time.Time{}, nil
}

// mayFetch returns the earliest moment at which t's source lets t be fetched;
// zero for never.
func (w write) mayFetch(t task) (time.Time, error) {
	l, err := newLane(w.read, store.LeaseRequest{Stage: t.Stage}, t.Source)
	if err != nil {
		return time.Time{}, err
	}
	l.ready = []byte(t.ID)
	at := l.opens(w.now)
	if !at.IsZero() && t.Until.After(at) {
		at = t.Until
	}
	return at, nil
}

// take leases t to r's holder.
func (w write) take(t task, r store.LeaseRequest) (task, error) {
	leased := t.Leased(r, w.now)
	if t.Stage == vigil.Fetch {
		p, err := getPace(w.read, t.Source)
		if err != nil {
			return t, err
		}
		p.Last = w.now
		if err := w.putPace(t.Source, p); err != nil {
			return t, err
		}
	}
	return leased, w.putTask(&t, leased)
}

// wake makes tasks available whose lease ran out or whose wait is over.
func (w write) wake(ls []*lane) error {
	for _, l := range ls {
		for _, id := range idsUntil(w.read, bucketLeased, l.stage, l.source, w.now) {
			t, err := getTask(w.read, id)
			if err != nil {
				return err
			}
			if _, err := w.expire(t); err != nil {
				return err
			}
		}
		for _, id := range idsUntil(w.read, bucketDelayed, l.stage, l.source, w.now) {
			t, err := getTask(w.read, id)
			if err != nil {
				return err
			}
			ready := t
			ready.Until = time.Time{}
			if err := w.putTask(&t, ready); err != nil {
				return err
			}
		}
	}
	return nil
}

// expire ends a lease that ran out, as of the moment when it did.
func (w write) expire(t task) (task, error) {
	next, log, err := rule.Lapsed(t, w.now, w.o.MaxAttempts)
	if err != nil {
		return next, err
	}
	return w.ended(t, next, log)
}

// reclaim gives back what a process that is gone had leased, as if it had never
// been leased. Claims of people stay.
func (s *Store) reclaim() error {
	var held []string
	err := s.view(context.Background(), func(tx read) error {
		held = idsUnder(tx, bucketLeased, nil)
		slices.Sort(held)
		held = slices.Compact(held) // a damaged index may name one twice
		return nil
	})
	if err != nil || len(held) == 0 {
		return err
	}
	return s.update(context.Background(), func(w write) error {
		var cs []change
		for _, id := range held {
			t, err := getTask(w.read, id)
			if err != nil || t.State != vigil.Leased {
				continue // the check of the case will tell of it, and for that it must open
			}
			if !t.Stage.ByPerson() {
				cs = append(cs, change{&t, t.Returned(w.now)})
			}
		}
		return w.putTasks(cs)
	})
}
