package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil"
	"vigil/store"
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
	p, err := s.prepareFor(t, r)
	if err != nil {
		return err
	}
	return s.end(ctx, "commit", t, func(w write, held task) error { return w.commit(held, p) })
}

// CommitLease implements [store.Queue]. Acts belong to logs as in Commit.
func (s *Store) CommitLease(ctx context.Context, t vigil.Task, r vigil.Result, next store.LeaseRequest) (ts []vigil.Task, at time.Time, err error) {
	if next, err = checkNext(next); err != nil {
		return nil, time.Time{}, fmt.Errorf("commit %s %s and lease %s tasks: %w", t.Stage, t.ID, next.Stage, err)
	}
	p, err := s.prepareFor(t, r)
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

// prepareFor prepares the result of t.
func (s *Store) prepareFor(t vigil.Task, r vigil.Result) (prepared, error) {
	if r.Record == nil && r.Act.Order == "" {
		r.Act.Order = vigil.OrderOf(t.Source)
	}
	p, err := s.prepare(r)
	if err != nil {
		return p, fmt.Errorf("commit %s %s: %w", t.Stage, t.ID, err)
	}
	return p, nil
}

// commit ends a lease of held with a result.
func (w write) commit(held task, p prepared) error {
	if err := checkRest(held, p.Rest); err != nil {
		return err
	}
	if slices.ContainsFunc(p.Reopen, func(t vigil.Task) bool { return t.ID == held.ID }) {
		return errors.New("it reopens the task that it ends: for that there is Again")
	}
	if _, err := w.put(p, passOver); err != nil {
		return err
	}
	if held.Stage == vigil.Fetch {
		if err := w.restAfterCommit(held.Source, p.Result); err != nil {
			return err
		}
	}
	next, err := w.committed(held, p)
	if err != nil {
		return err
	}
	return w.putTask(&held, next)
}

// committed returns held after its commit: done, or at the end of the queue.
func (w write) committed(held task, p prepared) (next task, err error) {
	how := vigil.OutcomeDone
	next = held.moved(vigil.Done, w.now)
	if p.Again {
		how = vigil.OutcomeAgain
		next.State, next.Attempts = vigil.Queued, 0
		if next.Seq, err = bucket(w.read, bucketTasks).NextSequence(); err != nil {
			return next, err
		}
	}
	next.Class, next.Reason, next.Record = "", "", ""
	if p.Record != nil {
		_, next.Record, _ = p.Record.Ref()
	}
	return next.tried(vigil.Attempt{At: w.now, Holder: held.Holder, Outcome: how})
}

// checkRest refuses a rest of the source of a task that does not ask it.
func checkRest(held task, rest time.Duration) error {
	if rest > 0 && held.Stage != vigil.Fetch {
		return fmt.Errorf("a rest of %s after a %s task: only a fetch may rest its source", rest, held.Stage)
	}
	return nil
}

// Release implements [store.Queue]. The log names the holder as the actor and
// the class, but not the reason, which may hold words of the page.
func (s *Store) Release(ctx context.Context, t vigil.Task, b vigil.Setback) error {
	return s.end(ctx, "release", t, func(w write, held task) error {
		if err := checkRest(held, b.Rest); err != nil {
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
	next = held.moved(vigil.Queued, at)
	next.Class, next.Reason = cut(b.Class, maxClass), cut(b.Reason, maxReason)
	if b.Free {
		next.Attempts--
	}
	switch {
	case b.Park:
		next.State, how = vigil.Parked, vigil.OutcomeParked
	case !held.Stage.ByPerson() && next.Attempts >= w.o.MaxAttempts:
		next.State, how = vigil.Dead, vigil.OutcomeGivenUp
		if _, err := w.log(giveUp(held, next.Class)); err != nil {
			return next, err
		}
	case b.Retry > 0:
		next.Until = w.now.Add(min(b.Retry, maxWait))
	}
	next, err = next.tried(vigil.Attempt{At: at, Holder: held.Holder, Outcome: how, Class: next.Class, Reason: cut(b.Reason, maxBecause)})
	if err != nil {
		return next, err
	}
	return next, w.putTask(&held, next)
}

func giveUp(t task, class string) vigil.Act {
	a := vigil.Act{
		Actor:   t.Holder,
		Action:  vigil.ActGiveUp,
		Order:   vigil.OrderOf(t.Source),
		Object:  taskObject(t),
		Reason:  "too many attempts",
		Details: map[string]string{"stage": string(t.Stage), "attempts": strconv.Itoa(t.Attempts)},
	}
	if class != "" {
		a.Details["class"] = class
	}
	return a
}

func taskObject(t task) vigil.Object { return vigil.Object{Type: "task", ID: t.ID} }

// Bounds of what is kept of a failure in words, in bytes: of its class, of its
// reason with the task, and of the same with each attempt and source, which are
// written more often.
const (
	maxClass   = 64
	maxReason  = 1 << 10
	maxBecause = 256
)

// cut makes s fit to be kept in at most n bytes and a mark.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Return implements [store.Queue].
func (s *Store) Return(ctx context.Context, t vigil.Task) error {
	return s.end(ctx, "return", t, func(w write, held task) error {
		return w.putTask(&held, w.returned(held))
	})
}

// returned is a leased task as it was before the lease.
func (w write) returned(t task) task {
	t = t.moved(vigil.Queued, w.now)
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
		dead := held.moved(vigil.Dead, w.now)
		dead.Class, dead.Reason = "", cut(a.Reason, maxReason)
		dead, err := dead.tried(vigil.Attempt{At: w.now, Holder: held.Holder, Outcome: vigil.OutcomeRefused, Reason: cut(a.Reason, maxBecause)})
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
