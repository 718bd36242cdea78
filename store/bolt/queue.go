package bolt

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigil"
)

// maxWait bounds the time of a lease and of a retry. A longer one is a mistake,
// and would leave the range of the times in keys.
const maxWait = 366 * 24 * time.Hour

// Enqueue implements [store.Queue].
func (s *Store) Enqueue(ctx context.Context, ts ...vigil.Task) (added int, err error) {
	if err := checkTasks(ts); err != nil {
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
	if r.Record == nil && r.Act.Order == "" {
		r.Act.Order = vigil.OrderOf(t.Source)
	}
	p, err := prepare(r)
	if err != nil {
		return fmt.Errorf("commit %s %s: %w", t.Stage, t.ID, err)
	}
	return s.end(ctx, "commit", t, func(w write, held task) error {
		if _, err := w.put(p); err != nil {
			return err
		}
		done := held
		done.State, done.Lease, done.Holder, done.Until, done.Reason = vigil.Done, "", "", time.Time{}, ""
		return w.putTask(&held, done)
	})
}

// Release implements [store.Queue]. The log names the holder as the actor, and
// not the cause, which may hold words of the page.
func (s *Store) Release(ctx context.Context, t vigil.Task, cause error, retry time.Duration) error {
	if cause == nil {
		cause = errors.New("given back without a cause")
	}
	return s.end(ctx, "release", t, func(w write, held task) error {
		return w.release(held, cause.Error(), retry)
	})
}

// release queues held again, or makes it dead if it was tried often enough.
func (w write) release(held task, reason string, retry time.Duration) error {
	next := held
	next.Lease, next.Holder, next.Until, next.Reason = "", "", time.Time{}, cut(reason)
	if held.Stage != vigil.Review && held.Attempts >= w.o.MaxAttempts {
		next.State = vigil.Dead
		if _, err := w.log(giveUp(held)); err != nil {
			return err
		}
		return w.putTask(&held, next)
	}
	next.State = vigil.Queued
	if retry > 0 {
		next.Until = w.now.Add(min(retry, maxWait))
	}
	return w.putTask(&held, next)
}

func giveUp(t task) vigil.Act {
	return vigil.Act{
		Actor:   t.Holder,
		Action:  vigil.ActGiveUp,
		Order:   vigil.OrderOf(t.Source),
		Object:  taskObject(t),
		Reason:  "too many attempts",
		Details: map[string]string{"stage": string(t.Stage), "attempts": strconv.Itoa(t.Attempts)},
	}
}

func taskObject(t task) vigil.Object { return vigil.Object{Type: "task", ID: t.ID} }

// cut makes s fit to be kept with a task.
func cut(s string) string {
	if len(s) > maxReason {
		s = s[:maxReason] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Return implements [store.Queue].
func (s *Store) Return(ctx context.Context, t vigil.Task) error {
	return s.end(ctx, "return", t, func(w write, held task) error {
		return w.putTask(&held, returned(held))
	})
}

// returned is a leased task as it was before the lease.
func returned(t task) task {
	t.State, t.Lease, t.Holder, t.Until = vigil.Queued, "", "", time.Time{}
	t.Attempts--
	return t
}

// Bury implements [store.Queue]. An act that names no object is about the task,
// and one that names no order belongs to the log of the task's order.
func (s *Store) Bury(ctx context.Context, t vigil.Task, a vigil.Act) error {
	if err := checkAct(a); err != nil {
		return fmt.Errorf("bury %s %s: %w", t.Stage, t.ID, err)
	}
	return s.end(ctx, "bury", t, func(w write, held task) error {
		a := a
		if a.Object == (vigil.Object{}) {
			a.Object = taskObject(held)
		}
		if a.Order == "" {
			a.Order = vigil.OrderOf(held.Source)
		}
		if _, err := w.log(a); err != nil {
			return err
		}
		dead := held
		dead.State, dead.Lease, dead.Holder, dead.Until, dead.Reason = vigil.Dead, "", "", time.Time{}, cut(a.Reason)
		return w.putTask(&held, dead)
	})
}

// end runs fn on the stored state of t, if t's lease still runs.
func (s *Store) end(ctx context.Context, verb string, t vigil.Task, fn func(w write, held task) error) error {
	err := s.update(ctx, func(w write) error {
		held, err := getTask(w.Tx, t.ID)
		if err != nil {
			return err
		}
		// The token is random and new with each lease: it fences off a holder
		// that was too slow.
		if held.State != vigil.Leased || held.Lease != t.Lease || !w.now.Before(held.Until) {
			return vigil.ErrLeaseLost
		}
		return fn(w, held)
	})
	if err != nil {
		return fmt.Errorf("%s %s %s: %w", verb, t.Stage, t.ID, err)
	}
	return nil
}

// Requeue implements [store.Queue]. Tasks keep their places in the queue.
func (s *Store) Requeue(ctx context.Context, st vigil.Stage, dead bool) (n int, err error) {
	if err := checkName("stage", string(st)); err != nil {
		return 0, fmt.Errorf("requeue: %w", err)
	}
	from := []string{bucketDone}
	if dead {
		from = append(from, bucketDead)
	}
	err = s.update(ctx, func(w write) error {
		n = 0
		for _, name := range from {
			k, err := w.requeue(name, st)
			if err != nil {
				return err
			}
			n += k
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("requeue %s tasks: %w", st, err)
	}
	return n, nil
}

func (w write) requeue(name string, st vigil.Stage) (n int, err error) {
	var cs []change
	for _, id := range idsUnder(w.Tx, name, key(string(st))) {
		old, err := getTask(w.Tx, id)
		if err != nil {
			return 0, err
		}
		t := old
		t.State, t.Attempts, t.Reason = vigil.Queued, 0, ""
		cs = append(cs, change{&old, t})
	}
	return len(cs), w.putTasks(cs)
}
