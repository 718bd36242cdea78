package bolt

import (
	"slices"
	"time"
)

// The latest time that a change was made at is noted in the case, so that a
// clock that was set back is found out. tickEvery is how exactly: the note is
// written that often at most, and a clock may be behind it by as much.
const tickEvery = time.Second

const metaClock = "clock"

func lastTick(tx read) time.Time {
	b := bucket(tx, bucketMeta).Get([]byte(metaClock))
	if len(b) != 8 {
		return time.Time{}
	}
	return parseInstant(b)
}

// setBack returns by how much the clock was set back since the last change; 0 if
// it was not.
func setBack(tx read, now time.Time) time.Duration {
	if d := lastTick(tx).Sub(now); d >= tickEvery {
		return d
	}
	return 0
}

// tick notes the time. If the clock was set back, every wait, lease, interval
// and rest goes back with it: what was left of each is still to come, and not
// more. Without this a clock that was once in another year would stop a source
// for years.
func (w write) tick() error {
	back := setBack(w.read, w.now)
	if back == 0 && w.now.Sub(lastTick(w.read)) < tickEvery {
		return nil
	}
	if back > 0 {
		if err := w.setTasksBack(back); err != nil {
			return err
		}
		if err := w.setPacesBack(back); err != nil {
			return err
		}
	}
	return bucket(w.read, bucketMeta).Put([]byte(metaClock), instant(nil, w.now))
}

// setTasksBack sets the ends of all waits and leases back.
func (w write) setTasksBack(d time.Duration) error {
	ids := append(idsUnder(w.read, bucketDelayed, nil), idsUnder(w.read, bucketLeased, nil)...)
	for some := range slices.Chunk(ids, lastPiece) {
		var cs []change
		for _, id := range some {
			old, err := getTask(w.read, id)
			if err != nil {
				return err
			}
			t := old
			t.Until = t.Until.Add(-d)
			cs = append(cs, change{&old, t})
		}
		if err := w.putTasks(cs); err != nil {
			return err
		}
	}
	return nil
}

// setPacesBack sets the starts of the last fetches and the ends of all rests
// back.
func (w write) setPacesBack(d time.Duration) error {
	for _, source := range pacedSources(w.read) {
		p, err := getPace(w.read, source)
		if err != nil {
			return err
		}
		if !p.Last.IsZero() {
			p.Last = p.Last.Add(-d)
		}
		if !p.Rest.IsZero() {
			p.Rest = p.Rest.Add(-d)
		}
		if err := w.putPace(source, p); err != nil {
			return err
		}
	}
	return nil
}
