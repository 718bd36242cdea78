package postgres

import (
	"errors"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// tickEvery is how exactly the latest time of a change is noted: that often at most.
const tickEvery = time.Second

// stamp returns a time as it is stored; nil for the zero one.
func stamp(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := nanoseconds(t)
	return &n
}

// nanoseconds returns those since 1970; of a time that has no such number, the first
// or the last.
func nanoseconds(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

func fromStamp(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return time.Unix(0, *n).UTC()
}

// here returns a moment of the database's clock, at which it is now there, as the clock
// of this machine will have it: who waits until then waits by that.
func (s *Store) here(at, now time.Time) time.Time {
	if at.IsZero() || s.o.Now != nil {
		return at
	}
	return time.Now().Add(at.Sub(now))
}

// tick notes the time. If the clock was set back, every wait, lease, interval and
// rest goes back with it: what was left of each is still to come, and not more. That
// takes the case alone.
func (w *write) tick(latest time.Time, alone bool) error {
	back := latest.Sub(w.now)
	switch {
	case back >= tickEvery && !alone:
		return errSetBack
	case back >= tickEvery:
		return w.setBack(latest)
	case back > -tickEvery:
		return nil
	}
	// Whoever finds the row locked leaves it to who has it.
	var one bool
	err := w.row(`SELECT one FROM clock FOR UPDATE SKIP LOCKED`, nil, &one)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		w.do(`UPDATE clock SET latest = $1 WHERE latest < $1`, nanoseconds(w.now))
	}
	return err
}

// setBack sets the ends of all waits and leases, the starts of the last fetches and
// the ends of all rests back.
func (w *write) setBack(latest time.Time) error {
	back := nanoseconds(latest) - nanoseconds(w.now)
	w.do(`UPDATE clock SET latest = $1`, nanoseconds(w.now))
	w.do(`UPDATE pace SET last = last - $1, rest = rest - $1`, back)
	ids, err := w.ids(`SELECT id FROM tasks WHERE until IS NOT NULL ORDER BY id`)
	if err != nil {
		return err
	}
	for _, id := range ids {
		old, err := w.getTask(id, true)
		if err != nil {
			return err
		}
		t := old
		t.Until = t.Until.Add(-time.Duration(back))
		if err := w.putTask(&old, t); err != nil {
			return err
		}
	}
	return nil
}
