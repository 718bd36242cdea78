package postgres

import (
	"context"
	"fmt"
	"slices"
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
	err = s.update(ctx, way{places: len(ts)}, func(w *write) error {
		added = 0
		return w.addTasks(ts, &added)
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
	return s.end(ctx, "commit", wayOf(p), t, func(w *write, held rule.Task) error { return w.finish(held, p) })
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
	err = s.end(ctx, "commit", wayOf(p), t, func(w *write, held rule.Task) (err error) {
		if err := w.finish(held, p); err != nil {
			return err
		}
		ts, err = w.lease(next, false, &at)
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return ts, at, nil
}

// finish ends a lease of held with a result.
func (w *write) finish(held rule.Task, p rule.Prepared) error {
	if err := rule.CheckCommit(held, p.Result); err != nil {
		return err
	}
	if _, err := w.put(p, rule.PassOver); err != nil {
		return err
	}
	if held.Stage == vigil.Fetch {
		if err := w.changePace(held.Source, func(old rule.Pace) rule.Pace { return old.AfterCommit(w.now, p.Result) }); err != nil {
			return err
		}
	}
	next, err := rule.Committed(held, p.Result, w.now)
	if err != nil {
		return err
	}
	if p.Again {
		ns, err := w.takePlaces(1)
		if err != nil {
			return err
		}
		next.Seq = uint64(ns[0])
	}
	return w.putTask(&held, next)
}

// Release implements [store.Queue]. The log names the holder as the actor and
// the class, but not the reason, which may hold words of the page.
func (s *Store) Release(ctx context.Context, t vigil.Task, b vigil.Setback) error {
	// The log may be written to, if this was the last attempt.
	return s.end(ctx, "release", way{logs: []string{vigil.OrderOf(t.Source)}}, t, func(w *write, held rule.Task) error {
		if err := rule.CheckRest(held, b.Rest); err != nil {
			return err
		}
		next, log, err := rule.Released(held, b, vigil.OutcomeFailed, w.now, w.now, w.s.o.MaxAttempts)
		if err != nil {
			return err
		}
		if log != nil {
			if _, err := w.log(*log); err != nil {
				return err
			}
		}
		if b.Rest > 0 {
			if err := w.changePace(held.Source, func(p rule.Pace) rule.Pace { return p.AfterSetback(w.now, b) }); err != nil {
				return err
			}
		}
		return w.putTask(&held, next)
	})
}

// Return implements [store.Queue].
func (s *Store) Return(ctx context.Context, t vigil.Task) error {
	return s.end(ctx, "return", way{}, t, func(w *write, held rule.Task) error {
		return w.putTask(&held, held.Returned(w.now))
	})
}

// Pass implements [store.Queue].
func (s *Store) Pass(ctx context.Context, t vigil.Task, a vigil.Act) error {
	if err := rule.CheckAct(a); err != nil {
		return fmt.Errorf("pass %s %s: %w", t.Stage, t.ID, err)
	}
	return s.end(ctx, "pass", way{logs: []string{logOf(t, a)}}, t, func(w *write, held rule.Task) error {
		next, err := rule.PassedOn(held, w.now)
		if err != nil {
			return err
		}
		if _, err := w.log(rule.About(held, a)); err != nil {
			return err
		}
		return w.putTask(&held, next)
	})
}

// Bury implements [store.Queue]. An act that names no object is about the task,
// and one that names no order belongs to the log of the task's order.
func (s *Store) Bury(ctx context.Context, t vigil.Task, a vigil.Act) error {
	if err := rule.CheckAct(a); err != nil {
		return fmt.Errorf("bury %s %s: %w", t.Stage, t.ID, err)
	}
	return s.end(ctx, "bury", way{logs: []string{logOf(t, a)}}, t, func(w *write, held rule.Task) error {
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

// logOf returns the order whose log an act about a task belongs to.
func logOf(t vigil.Task, a vigil.Act) string { return rule.About(rule.Task{Task: t}, a).Order }

// end runs fn on the stored state of t, if t's lease still runs.
func (s *Store) end(ctx context.Context, verb string, how way, t vigil.Task, fn func(w *write, held rule.Task) error) error {
	how.logs = slices.DeleteFunc(how.logs, func(order string) bool { return rule.Name("order", order) != nil })
	var (
		data []byte // of the task
		more = how.ask
	)
	how.ask = func(w *write) {
		data = nil
		if more != nil {
			more(w)
		}
		if t.Stage == vigil.Fetch && rule.Name("source", t.Source) == nil { // paces come before tasks
			w.askPace(t.Source, false)
		}
		if rule.Name("ID", t.ID) == nil {
			w.askOne(`SELECT data FROM tasks WHERE id = $1 FOR UPDATE`, []any{t.ID}, &data)
		}
	}
	err := s.update(ctx, how, func(w *write) error {
		if data == nil {
			return fmt.Errorf("task %q: %w", t.ID, vigil.ErrNotFound)
		}
		held, err := w.parseTask(t.ID, data)
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

// Requeue implements [store.Queue].
func (s *Store) Requeue(ctx context.Context, r store.RequeueRequest) (n int, err error) {
	if err := rule.CheckRequeue(r); err != nil {
		return 0, fmt.Errorf("requeue: %w", err)
	}
	err = s.update(ctx, way{}, func(w *write) error {
		n, err = w.requeue(r)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("requeue %s tasks: %w", r.Stage, err)
	}
	return n, nil
}

func (w *write) requeue(r store.RequeueRequest) (n int, err error) {
	named := slices.DeleteFunc(slices.Clone(r.Tasks), func(id string) bool { return rule.Name("ID", id) != nil })
	ids, err := w.ids(`SELECT id FROM tasks WHERE stage = $1 AND state = ANY($2) AND ($3 = '' OR source = $3) AND ($4::text[] IS NULL OR id = ANY($4)) ORDER BY id FOR UPDATE`,
		string(r.Stage), names(r.States), r.Source, named)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		old, err := w.getTask(id, false)
		if err != nil {
			return 0, err
		}
		if err := w.putTask(&old, old.Requeued(w.now)); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func names[S ~string](ss []S) []string {
	out := make([]string, len(ss))
	for i, s := range ss {
		out[i] = string(s)
	}
	return out
}
