package rule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil"
)

// CheckRest refuses a rest of the source of a task that does not ask it.
func CheckRest(held Task, rest time.Duration) error {
	if rest > 0 && held.Stage != vigil.Fetch {
		return fmt.Errorf("a rest of %s after a %s task: only a fetch may rest its source", rest, held.Stage)
	}
	return nil
}

// giveUp says that a task was tried often enough.
func giveUp(t Task, class string) vigil.Act {
	a := vigil.Act{
		Actor:   t.Holder,
		Action:  vigil.ActGiveUp,
		Order:   vigil.OrderOf(t.Source),
		Object:  TaskObject(t),
		Reason:  "too many attempts",
		Details: map[string]string{"stage": string(t.Stage), "attempts": strconv.Itoa(t.Attempts)},
	}
	if class != "" {
		a.Details["class"] = class
	}
	return a
}

// TaskObject names a task in a log.
func TaskObject(t Task) vigil.Object { return vigil.Object{Type: "task", ID: t.ID} }

// Bounds of what is kept of a failure in words, in bytes: of its class, of its
// reason with the task, and of the same with each attempt and source, which are
// written more often.
const (
	MaxClass   = 64
	MaxReason  = 1 << 10
	MaxBecause = 256
)

// Cut makes s fit to be kept in at most n bytes and a mark.
func Cut(s string, n int) string {
	if len(s) > n {
		s = s[:n] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// CheckHeld refuses to end t by a lease that is not the one that holds it now.
func CheckHeld(held Task, t vigil.Task, now time.Time) error {
	// The token is random and new with each lease: it fences off a holder
	// that was too slow.
	if held.State != vigil.Leased || held.Lease != t.Lease || !now.Before(held.Until) {
		return vigil.ErrLeaseLost
	}
	return nil
}

// CheckCommit refuses a result that makes no sense with the task that it ends.
func CheckCommit(held Task, r vigil.Result) error {
	if err := CheckRest(held, r.Rest); err != nil {
		return err
	}
	if slices.ContainsFunc(r.Reopen, func(t vigil.Task) bool { return t.ID == held.ID }) {
		return errors.New("it reopens the task that it ends: for that there is Again")
	}
	return nil
}

// Committed returns held after its commit: done, or queued with [vigil.Result.Again],
// whose new place is the caller's to set.
func Committed(held Task, r vigil.Result, now time.Time) (Task, error) {
	how, next := vigil.OutcomeDone, held.Moved(vigil.Done, now)
	if r.Again {
		how = vigil.OutcomeAgain
		next.State, next.Attempts = vigil.Queued, 0
	}
	next.Class, next.Reason, next.Record = "", "", ""
	if r.Record != nil {
		_, next.Record, _ = r.Record.Ref()
	}
	return next.Tried(vigil.Attempt{At: now, Holder: held.Holder, Outcome: how})
}

// Released returns held after its lease ended at a moment and without a result:
// queued again, or parked, or, once tried most times, dead. Then there is something
// to be logged. The log names the class, but not the reason, which may hold words
// of the page.
func Released(held Task, b vigil.Setback, how vigil.Outcome, at, now time.Time, most int) (next Task, log *vigil.Act, err error) {
	next = held.Moved(vigil.Queued, at)
	next.Class, next.Reason = Cut(b.Class, MaxClass), Cut(b.Reason, MaxReason)
	if b.Free {
		next.Attempts--
	}
	switch {
	case b.Park:
		next.State, how = vigil.Parked, vigil.OutcomeParked
	case !held.Stage.ByPerson() && next.Attempts >= most:
		next.State, how = vigil.Dead, vigil.OutcomeGivenUp
		act := giveUp(held, next.Class)
		log = &act
	case b.Retry > 0:
		next.Until = now.Add(min(b.Retry, MaxWait))
	}
	next, err = next.Tried(vigil.Attempt{At: at, Holder: held.Holder, Outcome: how, Class: next.Class, Reason: Cut(b.Reason, MaxBecause)})
	return next, log, err
}

// Lapsed is Released for a lease that ran out, as of the moment when it did.
func Lapsed(t Task, now time.Time, most int) (next Task, log *vigil.Act, err error) {
	b := vigil.Setback{Class: string(vigil.OutcomeLapsed), Reason: "the lease of " + t.Holder + " ran out"}
	return Released(t, b, vigil.OutcomeLapsed, t.Until, now, most)
}

// Buried returns held after it was given up for a's reason.
func Buried(held Task, a vigil.Act, now time.Time) (Task, error) {
	dead := held.Moved(vigil.Dead, now)
	dead.Class, dead.Reason = "", Cut(a.Reason, MaxReason)
	return dead.Tried(vigil.Attempt{At: now, Holder: held.Holder, Outcome: vigil.OutcomeRefused, Reason: Cut(a.Reason, MaxBecause)})
}

// PassedOn returns held after its holder has passed it on.
func PassedOn(held Task, now time.Time) (Task, error) {
	if !held.Stage.ByPerson() {
		return held, fmt.Errorf("a %s task: want one of people", held.Stage)
	}
	next := held.Returned(now)
	if !slices.Contains(next.Passed, held.Holder) {
		next.Passed = append(slices.Clone(next.Passed), held.Holder)
	}
	return next, nil
}

// About returns an act in the names of a task and its order, where it names none.
func About(held Task, a vigil.Act) vigil.Act {
	if a.Object == (vigil.Object{}) {
		a.Object = TaskObject(held)
	}
	if a.Order == "" {
		a.Order = vigil.OrderOf(held.Source)
	}
	return a
}
