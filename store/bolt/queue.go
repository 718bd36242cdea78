package bolt

import (
	"context"
	"fmt"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Enqueue implements [store.Queue].
func (s *Store) Enqueue(ctx context.Context, ts ...vigil.Task) (added int, err error) {
	if err := rule.CheckTasks(ts); err != nil {
		return 0, fmt.Errorf("enqueue: %w", err)
	}
	err = s.update(ctx, func(w write) error {
		added, err = w.addTasks(ts)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("enqueue %d tasks: %w", len(ts), err)
	}
	return added, nil
}

// Commit implements [store.Queue]. An act that names no order belongs to the
// log of the record's order or, without a record, of the task's.
func (s *Store) Commit(ctx context.Context, t vigil.Task, r vigil.Result) error {
	p, err := s.preparer().ResultOf(t, r)
	if err != nil {
		return err
	}
	return s.end(ctx, "commit", t, func(w write, held task) error { return w.commit(held, p) })
}

// CommitLease implements [store.Queue]. Acts belong to logs as in Commit.
func (s *Store) CommitLease(ctx context.Context, t vigil.Task, r vigil.Result, next store.LeaseRequest) (ts []vigil.Task, at time.Time, err error) {
	if next, err = rule.CheckNext(next); err != nil {
		return nil, time.Time{}, fmt.Errorf("commit %s %s and lease %s tasks: %w", t.Stage, t.ID, next.Stage, err)
	}
	p, err := s.preparer().ResultOf(t, r)
	if err != nil {
		return nil, time.Time{}, err
	}
	err = s.end(ctx, "commit", t, func(w write, held task) (err error) {
		if err := w.commit(held, p); err != nil {
			return err
		}
		ts, at, err = w.lease(next)
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return ts, at, nil
}

// commit ends a lease of held with a result.
func (w write) commit(held task, p rule.Prepared) error {
	if err := rule.CheckCommit(held, p.Result); err != nil {
		return err
	}
	if _, err := w.put(p, rule.PassOver); err != nil {
		return err
	}
	if held.Stage == vigil.Fetch {
		if err := w.restAfterCommit(held.Source, p.Result); err != nil {
			return err
		}
	}
	next, err := rule.Committed(held, p.Result, w.now)
	if err == nil && p.Again {
		next.Seq, err = bucket(w.read, bucketTasks).NextSequence()
	}
	if err != nil {
		return err
	}
	return w.putTask(&held, next)
}

// Release implements [store.Queue]. The log names the holder as the actor and
// the class, but not the reason, which may hold words of the page.
func (s *Store) Release(ctx context.Context, t vigil.Task, b vigil.Setback) error {
	return s.end(ctx, "release", t, func(w write, held task) error {
		if err := rule.CheckRest(held, b.Rest); err != nil {
			return err
		}
		if b.Rest > 0 {
			if err := w.restAfter(held.Source, b); err != nil {
				return err
			}
		}
		_, err := w.release(held, b, vigil.OutcomeFailed, w.now)
		return err
	})
}

// release ends a lease of held at a moment and without a result: it is queued
// again, or parked, or dead if it was tried often enough.
func (w write) release(held task, b vigil.Setback, how vigil.Outcome, at time.Time) (next task, err error) {
	next, log, err := rule.Released(held, b, how, at, w.now, w.o.MaxAttempts)
	if err != nil {
		return next, err
	}
	return w.ended(held, next, log)
}

// ended puts next in place of a task whose lease ended, and logs what is to be.
func (w write) ended(held, next task, log *vigil.Act) (task, error) {
	if log != nil {
		if _, err := w.log(*log); err != nil {
			return next, err
		}
	}
	return next, w.putTask(&held, next)
}

// Return implements [store.Queue].
func (s *Store) Return(ctx context.Context, t vigil.Task) error {
	return s.end(ctx, "return", t, func(w write, held task) error {
		return w.putTask(&held, held.Returned(w.now))
	})
}

// Bury implements [store.Queue]. An act that names no object is about the task,
// and one that names no order belongs to the log of the task's order.
func (s *Store) Bury(ctx context.Context, t vigil.Task, a vigil.Act) error {
	if err := rule.CheckAct(a); err != nil {
		return fmt.Errorf("bury %s %s: %w", t.Stage, t.ID, err)
	}
	return s.end(ctx, "bury", t, func(w write, held task) error {
		if _, err := w.log(rule.About(held, a)); err != nil {
			return err
		}
		dead, err := rule.Buried(held, a, w.now)
		if err != nil {
			return err
		}
		return w.putTask(&held, dead)
	})
}

// end runs fn on the stored state of t, if t's lease still runs.
func (s *Store) end(ctx context.Context, verb string, t vigil.Task, fn func(w write, held task) error) error {
	err := s.update(ctx, func(w write) error {
		held, err := getTask(w.read, t.ID)
		if err != nil {
			return err
		}
		if err := rule.CheckHeld(held, t, w.now); err != nil {
			return err
		}
		return fn(w, held)
	})
	if err != nil {
		return fmt.Errorf("%s %s %s: %w", verb, t.Stage, t.ID, err)
	}
	return nil
}
