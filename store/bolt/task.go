package bolt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
)

// maxSubject bounds a task's subject in bytes: a canonical URL has 4096 at most.
const maxSubject = 16 << 10

// A task is a task as it is stored. Seq is its place in the queue: of two with
// the same priority, the lower is leased first.
type task struct {
	vigil.Task
	Seq uint64 `json:"seq"`
	// Past is the JSON of its latest attempts, oldest first. Most tasks have one
	// at most, written when it ends: it costs no write of its own, and a lease
	// need not read it.
	Past json.RawMessage `json:"past,omitempty"`
}

// moved returns t in another state from a moment on, held by nobody.
func (t task) moved(to vigil.State, at time.Time) task {
	t.State, t.Since = to, at
	t.Lease, t.Holder, t.Until = "", "", time.Time{}
	return t
}

// place returns the bucket and key under which t is found by its state.
func (t task) place() (name string, k []byte) {
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

// sign returns what stands at t's place: its ID, and behind a zero byte each a b
// and the name of whom it bars, and a p and the name of who has passed it on. So
// a lease passes over what is not for its holder without reading the tasks.
func (t task) sign() []byte {
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

// open reports whether t is still to be done.
func (t task) open() bool { return t.State == vigil.Queued || t.State == vigil.Leased }

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
		name, k := c.old.place()
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
		if wasOpen := c.old != nil && c.old.open(); c.Stage == vigil.Review && wasOpen != c.open() {
			if err := w.setWaiting(c.ID, c.open()); err != nil {
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
		name, k := c.place()
		places[i] = place{name, k, c.sign()}
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
		fresh := vigil.Task{
			ID: t.ID, Stage: t.Stage, Source: t.Source, Subject: t.Subject, Depth: t.Depth, Priority: t.Priority, From: t.From, Barred: t.Barred,
			State: vigil.Queued, Since: w.now,
		}
		cs = append(cs, change{nil, task{Task: fresh, Seq: seq}})
	}
	return len(cs), w.putTasks(cs)
}

// checkTask refuses tasks that cannot be queued.
func checkTask(t vigil.Task) error {
	if t.Stage == "" || t.ID == "" {
		return fmt.Errorf("task %q has no stage or no ID: make it with vigil.NewTask", t.Subject)
	}
	if t.ID != vigil.NewTask(t.Stage, t.Source, t.Subject).ID {
		return fmt.Errorf("task %q: its ID does not follow from stage, source and subject: make it with vigil.NewTask", t.ID)
	}
	if t.Priority < 0 || t.Priority > 255 {
		return fmt.Errorf("task %s: priority %d, want 0 to 255", t.ID, t.Priority)
	}
	if len(t.Subject) > maxSubject {
		return fmt.Errorf("task %s: subject of %d bytes, at most %d", t.ID, len(t.Subject), maxSubject)
	}
	if err := checkName("stage", string(t.Stage)); err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	if err := checkName("source", t.Source); err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	if err := checkName("page it was found on", t.From); err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	return checkPeople(t)
}

// maxBarred bounds the people whom a task is not for.
const maxBarred = 64

// checkPeople refuses people with a task that is not done by people, and names
// that nobody has.
func checkPeople(t vigil.Task) error {
	if len(t.Barred)+len(t.Passed) > 0 && !t.Stage.ByPerson() {
		return fmt.Errorf("task %s: it bars people, or was passed on: want that of tasks of people alone, not of %s", t.ID, t.Stage)
	}
	if len(t.Barred) > maxBarred {
		return fmt.Errorf("task %s: it bars %d people, at most %d", t.ID, len(t.Barred), maxBarred)
	}
	for _, who := range slices.Concat(t.Barred, t.Passed) {
		if who == "" {
			return fmt.Errorf("task %s: it bars nobody, or nobody has passed it on: want names", t.ID)
		}
		if err := checkName("person", who); err != nil {
			return fmt.Errorf("task %s: %w", t.ID, err)
		}
	}
	return nil
}

func checkTasks(ts []vigil.Task) error {
	for _, t := range ts {
		if err := checkTask(t); err != nil {
			return err
		}
	}
	return nil
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
