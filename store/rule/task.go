package rule

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vigil"
	"vigil/store"
)

// maxSubject bounds a task's subject in bytes: a canonical URL has 4096 at most.
const maxSubject = 16 << 10

// A Task is a task as it is stored. Seq is its place in the queue: of two with
// the same priority, the lower is leased first.
type Task struct {
	vigil.Task
	Seq uint64 `json:"seq"`
	// Past is the JSON of its latest attempts, oldest first. Most tasks have one
	// at most, written when it ends: it costs no write of its own, and a lease
	// need not read it.
	Past json.RawMessage `json:"past,omitempty"`
}

// Moved returns t in another state from a moment on, held by nobody.
func (t Task) Moved(to vigil.State, at time.Time) Task {
	t.State, t.Since = to, at
	t.Lease, t.Holder, t.Until = "", "", time.Time{}
	return t
}

// Open reports whether t is still to be done.
func (t Task) Open() bool { return t.State == vigil.Queued || t.State == vigil.Leased }

// CheckTask refuses tasks that cannot be queued.
func CheckTask(t vigil.Task) error {
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
	if err := Name("stage", string(t.Stage)); err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	if err := Name("source", t.Source); err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	if err := Name("page it was found on", t.From); err != nil {
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
		if err := Name("person", who); err != nil {
			return fmt.Errorf("task %s: %w", t.ID, err)
		}
	}
	return nil
}

// CheckTasks refuses what [CheckTask] refuses.
func CheckTasks(ts []vigil.Task) error {
	for _, t := range ts {
		if err := CheckTask(t); err != nil {
			return err
		}
	}
	return nil
}

// CheckReopen refuses tasks that cannot be reopened.
func CheckReopen(ts []vigil.Task) error {
	for _, t := range ts {
		if err := CheckTask(t); err != nil {
			return err
		}
		if !t.Stage.ByPerson() {
			return fmt.Errorf("task %s of stage %s: want one of people", t.ID, t.Stage)
		}
	}
	return nil
}

// MaxPast is how many attempts are kept with a task.
const MaxPast = 16

// Tried returns t with one attempt more in its past.
func (t Task) Tried(a vigil.Attempt) (Task, error) {
	past, err := t.History()
	if err != nil {
		return t, err
	}
	past = append(past, a)
	t.Past, err = json.Marshal(past[max(0, len(past)-MaxPast):])
	return t, err
}

// History returns t's past, oldest first.
func (t Task) History() (past []vigil.Attempt, err error) {
	if len(t.Past) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(t.Past, &past); err != nil {
		return nil, fmt.Errorf("past of task %s: case file is damaged: %w", t.ID, err)
	}
	return past, nil
}

// Fresh returns t as it is queued at a place.
func Fresh(t vigil.Task, place uint64, now time.Time) Task {
	return Task{Seq: place, Task: vigil.Task{
		ID: t.ID, Stage: t.Stage, Source: t.Source, Subject: t.Subject, Depth: t.Depth, Priority: t.Priority, From: t.From, Barred: t.Barred,
		State: vigil.Queued, Since: now,
	}}
}

// Requeued returns an ended task as it is queued again in its old place.
func (t Task) Requeued(now time.Time) Task {
	t = t.Moved(vigil.Queued, now)
	t.Attempts, t.Class, t.Reason = 0, "", ""
	return t
}

// Reopened returns an ended task of people as it is queued again for r.
func (t Task) Reopened(r vigil.Task, now time.Time) Task {
	t = t.Requeued(now)
	t.Barred, t.Priority = r.Barred, r.Priority
	return t
}

// Returned is a leased task as it was before the lease.
func (t Task) Returned(now time.Time) Task {
	t = t.Moved(vigil.Queued, now)
	t.Attempts--
	return t
}

// Leased returns t in the hands of r's holder.
func (t Task) Leased(r store.LeaseRequest, now time.Time) Task {
	t.State, t.Since, t.Holder, t.Until = vigil.Leased, now, r.Holder, now.Add(r.TTL)
	t.Attempts++
	token := make([]byte, 16)
	rand.Read(token) // never fails
	t.Lease = hex.EncodeToString(token)
	return t
}

// Erased returns what is left of an address that is not to be queued again.
func (t Task) Erased(now time.Time) Task {
	return Task{Task: vigil.Task{ID: t.ID, Stage: t.Stage, Source: t.Source, State: vigil.Erased, Since: now}, Seq: t.Seq}
}

// For refuses r's holder a task that bars them, or is not among those asked for.
func (t Task) For(r store.LeaseRequest) error {
	if r.Stage != "" && t.Stage != r.Stage || r.Source != "" && t.Source != r.Source {
		return fmt.Errorf("task %s is a %s task of %s: %w among those asked for", t.ID, t.Stage, t.Source, vigil.ErrNotFound)
	}
	if !t.Open() {
		return fmt.Errorf("task %s is %s: %w among those to be done", t.ID, t.State, vigil.ErrNotFound)
	}
	if slices.Contains(t.Barred, r.Holder) {
		return fmt.Errorf("task %s: %s has read the listing before: %w", t.ID, r.Holder, vigil.ErrRefused)
	}
	return nil
}
