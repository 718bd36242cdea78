package vigil

import "time"

// A Setback says what became of a step that brought no result, and what is to
// happen to its task and source. The zero Setback queues the task again at once.
type Setback struct {
	Class  string        // kind of failure, one word of ours and not the page's: counted, shown and logged
	Reason string        // in words
	Retry  time.Duration // how long the task waits
	Rest   time.Duration // how long its source waits, for a fetch task: its service is the trouble, not the page
	Park   bool          // nothing tries the task again until somebody queues it, however often it was tried
	Free   bool          // the attempt does not count: it was not the task's fault
}

// An Attempt is one lease of a task and what came of it.
type Attempt struct {
	At      time.Time `json:"at"` // when it ended
	Holder  string    `json:"holder"`
	Outcome Outcome   `json:"outcome"`
	Class   string    `json:"class,omitempty"`  // of a setback
	Reason  string    `json:"reason,omitempty"` // in words
}

// An Outcome says how an attempt ended.
type Outcome string

// The outcomes of an attempt. One that was returned leaves no trace; a free
// setback leaves one as any other.
const (
	OutcomeDone    Outcome = "done"     // a result was committed
	OutcomeAgain   Outcome = "again"    // a result was committed, and the task queued anew
	OutcomeFailed  Outcome = "failed"   // to be tried again
	OutcomeParked  Outcome = "parked"   // nothing tries again until somebody queues it
	OutcomeRefused Outcome = "refused"  // for good, for want of authority or sense
	OutcomeLapsed  Outcome = "lapsed"   // the lease ran out
	OutcomeGivenUp Outcome = "given up" // failed or lapsed for the last time
)

// A Standing says whether a source may be asked at all, whatever the rules of
// its order. A source without one is open.
type Standing struct {
	Source string      `json:"source"` // source ID
	State  SourceState `json:"state"`
	Since  time.Time   `json:"since,omitzero"` // set by the store
	By     string      `json:"by,omitempty"`   // account of who decided; set by the store to the act's actor
	Reason string      `json:"reason,omitempty"`
	// Accept lists kinds of walls that a person has judged to be pages of
	// this source: they pause it no more. Nil keeps the list as it was.
	Accept []string `json:"accept,omitempty"`
}

// A SourceState is open, paused or revoked.
type SourceState string

// The states of a source. A revoked source stays revoked: what was taken back
// takes a new order.
const (
	SourceOpen    SourceState = "open"
	SourcePaused  SourceState = "paused"
	SourceRevoked SourceState = "revoked"
)
