package bolt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"vigil"
	"vigil/store/rule"
)

// A task is a task as it is stored.
type task = rule.Task

// placeOf returns the bucket and key under which t is found by its state.
func placeOf(t task) (name string, k []byte) {
	k = key(string(t.Stage), t.Source)
	switch {
	case t.State == vigil.Queued && t.Until.IsZero():
		return bucketReady, number(append(k, 255-byte(t.Priority)), t.Seq)
	case t.State == vigil.Queued:
		return bucketDelayed, number(instant(k, t.Until), t.Seq)
	case t.State == vigil.Leased:
		return bucketLeased, number(instant(k, t.Until), t.Seq)
	case t.State == vigil.Done:
		return bucketDone, number(k, t.Seq)
	case t.State == vigil.Parked:
		return bucketParked, number(k, t.Seq)
	default:
		return bucketDead, number(k, t.Seq)
	}
}

// signOf returns what stands at a task's place: its ID, and behind a zero byte each a b
// and the name of whom it bars, and a p and the name of who has passed it on. So
// a lease passes over what is not for its holder without reading the tasks.
func signOf(t task) []byte {
	b := []byte(t.ID)
	for _, who := range t.Barred {
		b = append(append(b, 0, 'b'), who...)
	}
	for _, who := range t.Passed {
		b = append(append(b, 0, 'p'), who...)
	}
	return b
}

// idOf returns the ID of the task at a place.
func idOf(sign []byte) string {
	id, _, _ := bytes.Cut(sign, []byte{0})
	return string(id)
}

// getTask returns the task with an ID. The error wraps [vigil.ErrNotFound].
func getTask(tx read, id string) (task, error) {
	b, err := tx.get(bucketTasks, []byte(id))
	if err != nil {
		return task{}, fmt.Errorf("task %q: %w", id, err)
	}
	if b == nil {
		return task{}, fmt.Errorf("task %q: %w", id, vigil.ErrNotFound)
	}
	var t task
	if err := json.Unmarshal(b, &t); err != nil {
		return task{}, fmt.Errorf("task %q: case file is damaged: %w", id, err)
	}
	return t, nil
}

// A change puts a task in place of what was stored of it before; old is nil if
// the task is new.
type change struct {
	old *task
	task
}

// putTask changes one task.
func (w write) putTask(old *task, t task) error { return w.putTasks([]change{{old, t}}) }

// putTasks changes tasks, and keeps every index and count in step. No other
// function changes them.
//
// It writes in the order of the keys: bbolt splits no node before the commit,
// so that each key in the middle of many new ones would move all behind it.
func (w write) putTasks(cs []change) error {
	counts := map[string]int{}
	for _, c := range cs {
		counts[string(countKey(c.Task))]++
		if c.old == nil {
			continue
		}
		counts[string(countKey(c.old.Task))]--
		name, k := placeOf(*c.old)
		if err := bucket(w.read, name).Delete(k); err != nil {
			return err
		}
	}
	if err := w.putStates(cs); err != nil {
		return err
	}
	if err := w.putPlaces(cs); err != nil {
		return err
	}
	for k, by := range counts {
		if err := w.count([]byte(k), by); err != nil {
			return err
		}
	}
	for _, c := range cs {
		if wasOpen := c.old != nil && c.old.Open(); c.Stage == vigil.Review && wasOpen != c.Open() {
			if err := w.setWaiting(c.ID, c.Open()); err != nil {
				return err
			}
		}
	}
	return nil
}

// putStates stores the tasks themselves.
func (w write) putStates(cs []change) error {
	slices.SortFunc(cs, func(a, b change) int { return strings.Compare(a.ID, b.ID) })
	for _, c := range cs {
		v, err := json.Marshal(c.task)
		if err != nil {
			return err
		}
		if err := w.set(bucketTasks, []byte(c.ID), v); err != nil {
			return err
		}
	}
	return nil
}

// putPlaces stores where the tasks are found by their states.
func (w write) putPlaces(cs []change) error {
	type place struct {
		bucket    string
		key, sign []byte
	}
	places := make([]place, len(cs))
	for i, c := range cs {
		name, k := placeOf(c.task)
		places[i] = place{name, k, signOf(c.task)}
	}
	slices.SortFunc(places, func(a, b place) int { return bytes.Compare(a.key, b.key) })
	for _, p := range places {
		if err := bucket(w.read, p.bucket).Put(p.key, p.sign); err != nil {
			return err
		}
	}
	return nil
}

// addTasks queues those tasks whose IDs are not known, and returns how many
// they were.
func (w write) addTasks(ts []vigil.Task) (added int, err error) {
	b := bucket(w.read, bucketTasks)
	known := map[string]bool{}
	var cs []change
	for _, t := range ts {
		if known[t.ID] || b.Get([]byte(t.ID)) != nil {
			continue
		}
		known[t.ID] = true
		seq, err := b.NextSequence()
		if err != nil {
			return 0, err
		}
		cs = append(cs, change{nil, rule.Fresh(t, seq, w.now)})
	}
	return len(cs), w.putTasks(cs)
}

func countKey(t vigil.Task) []byte { return key(t.Source, string(t.Stage), string(t.State)) }

// count changes the number of tasks under a key of [countKey].
func (w write) count(k []byte, by int) error {
	b := bucket(w.read, bucketCounts)
	n := parseNumber(b.Get(k)) + uint64(by)
	if n == 0 {
		return b.Delete(k)
	}
	return b.Put(k, number(nil, n))
}

func counted(tx read, t vigil.Task) int {
	return int(parseNumber(bucket(tx, bucketCounts).Get(countKey(t))))
}
