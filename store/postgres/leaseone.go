package postgres

import (
	"fmt"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// leaseOne hands out the one task that r names, or renews its lease.
func (w *write) leaseOne(r store.LeaseRequest) ([]vigil.Task, time.Time, error) {
	none := func(err error) ([]vigil.Task, time.Time, error) { return nil, time.Time{}, err }
	seen, err := w.getTask(r.Task, false)
	if err != nil {
		return none(err)
	}
	if seen.Stage == vigil.Fetch { // paces come before tasks, and logs before these
		w.askPace(seen.Source, false)
	}
	t, err := w.getTask(r.Task, true)
	if err != nil {
		return none(err)
	}
	if err := t.For(r); err != nil {
		return none(err)
	}
	if t.State == vigil.Leased && w.now.Before(t.Until) {
		if t.Holder != r.Holder {
			return none(fmt.Errorf("task %s: %w: %s has it until %s", t.ID, vigil.ErrHeld, t.Holder, t.Until.Format(time.RFC3339)))
		}
		renewed := t
		renewed.Until = w.now.Add(r.TTL)
		return []vigil.Task{renewed.Task}, time.Time{}, w.putTask(&t, renewed)
	}
	if t.State == vigil.Leased {
		next, log, err := rule.Lapsed(t, w.now, w.s.o.MaxAttempts)
		if err == nil && log != nil {
			// The next lease of the stage makes it dead, and logs that.
			err = fmt.Errorf("task %s had too many attempts: %w among those to be done", t.ID, vigil.ErrNotFound)
		}
		if err != nil {
			return none(err)
		}
		if err := w.putTask(&t, next); err != nil {
			return none(err)
		}
	}
	if t.Stage == vigil.Fetch {
		if at, err := w.mayFetch(r.Task); err != nil || at.IsZero() || at.After(w.now) {
			return nil, w.s.here(at, w.now), err
		}
	}
	t, err = w.take(r.Task, r)
	return []vigil.Task{t.Task}, time.Time{}, err
}

// mayFetch returns the earliest moment at which its source lets a task be fetched;
// zero for never.
func (w *write) mayFetch(id string) (time.Time, error) {
	t, err := w.getTask(id, false)
	if err != nil {
		return time.Time{}, err
	}
	ls, err := w.lanes(store.LeaseRequest{Stage: t.Stage, Source: t.Source})
	if err != nil || len(ls) != 1 {
		return time.Time{}, err
	}
	l := ls[0]
	l.ready = id
	at := l.opens(w.now)
	if !at.IsZero() && t.Until.After(at) {
		at = t.Until
	}
	return at, nil
}
