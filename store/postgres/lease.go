package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Lease implements [store.Queue]. Its cost grows with the number of tasks it
// returns, of sources that have any, and of people's tasks in front that the holder
// may not have; not with the length of the queue. Leases run by the database's clock;
// next is a moment of this machine's.
func (s *Store) Lease(ctx context.Context, r store.LeaseRequest) (ts []vigil.Task, next time.Time, err error) {
	if r, err = rule.CheckRequest(r); err != nil {
		return nil, time.Time{}, fmt.Errorf("lease %s tasks: %w", r.Stage, err)
	}
	if r.Task == "" {
		// An idle worker asks again and again: tell it so without a write.
		idle, next, err := s.idle(ctx, r)
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("lease %s tasks: %w", r.Stage, err)
		}
		if idle {
			return nil, next, nil
		}
	}
	err = s.update(ctx, way{}, func(w *write) error {
		if r.Task != "" {
			ts, next, err = w.leaseOne(r)
		} else {
			ts, err = w.lease(r, true, &next)
		}
		return err
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("lease %s tasks: %w", r.Stage, err)
	}
	return ts, next, nil
}

// idle reports whether a lease would change nothing, and when to ask again.
func (s *Store) idle(ctx context.Context, r store.LeaseRequest) (idle bool, next time.Time, err error) {
	err = s.view(ctx, func(tx read) error {
		var (
			now    time.Time
			latest int64
			ls     []*lane
		)
		tx.askOne(`SELECT clock_timestamp(), latest FROM clock`, nil, &now, &latest)
		tx.askLanes(r, nil, &ls)
		if err := tx.send(); err != nil {
			return err
		}
		if s.o.Now != nil {
			now = s.o.Now()
		}
		now = now.Round(0).UTC()
		idle, next = false, time.Time{}
		if fromStamp(&latest).Sub(now) >= tickEvery {
			return nil // the clock was set back
		}
		for _, l := range ls {
			at := l.opens(now)
			if l.due(now) || !at.IsZero() && !at.After(now) {
				return nil
			}
			next = rule.Earlier(next, at)
		}
		idle, next = true, s.here(next, now)
		return nil
	})
	return idle, next, err
}

// lease hands out the best tasks that may be had. It waits for another transaction
// only if wait says so, and then but for the first: who holds the pace of a source and
// waits for another's may wait for ever. When it is committed, next is set.
func (w *write) lease(r store.LeaseRequest, wait bool, next *time.Time) (ts []vigil.Task, err error) {
	*next = time.Time{}
	if r.Stage == vigil.Fetch {
		ts, err = w.leaseFetches(r, wait)
	} else {
		ts, err = w.leaseOthers(r)
	}
	if err != nil {
		return nil, err
	}
	var ls []*lane
	w.askLanes(r, w.stirs, &ls)
	w.ended = append(w.ended, func() error {
		for _, l := range ls {
			*next = rule.Earlier(*next, l.opens(w.now))
		}
		*next = w.s.here(*next, w.now)
		return nil
	})
	return ts, nil
}

// suited chooses the tasks that a holder, $1, may have, passed on or not, $2, below a
// priority, 0 for any. The latter stands in the text, so that a walk of an index begins
// there, and for what lanesSQL says.
func suited(below int) string {
	sql := `NOT $1 = ANY(barred) AND ($2 OR NOT $1 = ANY(passed))`
	if below != 0 {
		sql += ` AND priority < ` + strconv.Itoa(min(below, math.MaxInt16+1))
	}
	return sql
}

// leaseOthers takes the first tasks of a stage without rules. What another has locked,
// another takes.
func (w *write) leaseOthers(r store.LeaseRequest) (ts []vigil.Task, err error) {
	due, found, err := w.first(r, false)
	if err == nil && due && len(found) == 0 {
		if err = w.wake(r); err == nil {
			_, found, err = w.first(r, true)
		}
	}
	if err != nil {
		return nil, err
	}
	for _, old := range found {
		t := old.Leased(r, w.now)
		if err := w.putTask(&old, t); err != nil {
			return nil, err
		}
		ts = append(ts, t.Task)
	}
	return ts, nil
}

// first locks the first tasks that r's holder may have; none, unless asked for
// anyway, if others are due that may come before them.
func (w *write) first(r store.LeaseRequest, anyway bool) (due bool, ts []rule.Task, err error) {
	const isDue = `EXISTS (SELECT FROM tasks WHERE stage = $1 AND until <= $2 AND ($3 = '' OR source = $3))`
	now := nanoseconds(w.now)
	w.askOne(`SELECT `+isDue, []any{string(r.Stage), now, r.Source}, &due)
	// Which index to walk depends on whether a source is named: a statement of its own each.
	of := `$4::text = ''`
	if r.Source != "" {
		of = `source = $4`
	}
	ts, err = w.tasksOf(`SELECT id, data FROM tasks WHERE stage = $3 AND state = 'queued' AND until IS NULL AND `+of+` AND `+suited(r.Below)+`
		AND ($6 OR NOT EXISTS (SELECT FROM tasks WHERE stage = $3 AND until <= $7 AND ($4 = '' OR source = $4)))
		ORDER BY priority DESC, place LIMIT $5 FOR UPDATE SKIP LOCKED`, r.Holder, r.Passed, string(r.Stage), r.Source, r.N, anyway, now)
	return due, ts, err
}

// leaseFetches takes the first tasks of the sources that let them be fetched.
func (w *write) leaseFetches(r store.LeaseRequest, wait bool) (ts []vigil.Task, err error) {
	busy := map[string]bool{} // sources whose pace another has locked
	ls, err := w.lanes(r)
	if err == nil && slices.ContainsFunc(ls, func(l *lane) bool { return l.due(w.now) }) {
		if err = w.wake(r); err == nil {
			ls, err = w.lanes(r)
		}
	}
	for err == nil && len(ts) < r.N {
		l := best(ls, busy, w.now)
		if l == nil {
			break
		}
		if _, locked := w.paces[l.source]; locked {
			t, err := w.take(l.ready, r)
			if err != nil {
				return nil, err
			}
			ts = append(ts, t.Task)
			if len(ts) == r.N {
				break
			}
		} else {
			w.askPace(l.source, !wait)
			wait = false
		}
		ls, err = w.lanes(r) // with what was made of the pace
		if _, locked := w.paces[l.source]; !locked {
			busy[l.source] = true
		}
	}
	return ts, err
}

// take leases a task to r's holder.
func (w *write) take(id string, r store.LeaseRequest) (t rule.Task, err error) {
	old, err := w.getTask(id, true)
	if err != nil {
		return t, err
	}
	t = old.Leased(r, w.now)
	if t.Stage == vigil.Fetch {
		err = w.changePace(t.Source, func(p rule.Pace) rule.Pace {
			p.Last = w.now
			return p
		})
		if err != nil {
			return t, err
		}
	}
	return t, w.putTask(&old, t)
}

// wake makes tasks available whose lease ran out or whose wait is over.
func (w *write) wake(r store.LeaseRequest) error {
	const due = ` FROM tasks WHERE stage = $1 AND until <= $2 AND ($3 = '' OR source = $3)`
	args := []any{string(r.Stage), nanoseconds(w.now), r.Source}
	sources, err := w.ids(`SELECT DISTINCT source`+due+` AND state = 'leased'`, args...)
	if err != nil {
		return err
	}
	if !r.Stage.ByPerson() { // some may have had their last attempt, which is logged
		orders := make([]string, len(sources))
		for i, source := range sources {
			orders[i] = vigil.OrderOf(source)
		}
		if err := w.lockLogs(orders...); err != nil {
			return err
		}
	}
	ids, err := w.ids(`SELECT id`+due+` ORDER BY until, place FOR UPDATE SKIP LOCKED`, args...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		old, err := w.getTask(id, false)
		if err != nil {
			return err
		}
		next, log := old, (*vigil.Act)(nil)
		next.Until = time.Time{}
		if old.State == vigil.Leased {
			if next, log, err = rule.Lapsed(old, w.now, w.s.o.MaxAttempts); err != nil {
				return err
			}
		}
		if log != nil {
			if _, err := w.log(*log); err != nil {
				return err
			}
		}
		if err := w.putTask(&old, next); err != nil {
			return err
		}
	}
	return nil
}
