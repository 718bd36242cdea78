// Package job runs what takes longer than a page may: it begins it, says how far it
// is, ends it when asked, and keeps what came of it for as long as the process runs.
//
// A job keeps nothing of its own. What it does is done by acts that are transactions
// of the store, so that one that is cut off, by a person or by the end of the
// process, has done some of them whole and the others not at all.
package job

import (
	"context"
	"time"

	"vigil"
	"vigil/internal/access"
)

// A Kind is what a job does.
type Kind string

// The kinds.
const (
	Draft    Kind = "draft"    // of a bundle
	Release  Kind = "release"  // of a bundle: checked whole, packed, logged
	Classify Kind = "classify" // every listing of the case again
	Import   Kind = "import"   // saved pages
	Tag      Kind = "tag"      // every listing that answers a query
)

// Act returns what a person must be allowed to begin a job of this kind; empty,
// which nobody may, for an unknown one.
func (k Kind) Act() access.Act {
	switch k {
	case Draft:
		return access.Draft
	case Release:
		return access.Release
	case Classify, Import:
		return access.Crawl
	case Tag:
		return access.Remark
	}
	return ""
}

// A State is where a job stands.
type State string

// The states.
const (
	Waiting State = "waiting" // for others to end
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
	Stopped State = "stopped" // by a person, or by the end of the process
	Cut     State = "cut"     // off, as the process of an earlier time died
)

// Ended reports whether nothing more will happen.
func (s State) Ended() bool { return s == Done || s == Failed || s == Stopped || s == Cut }

// A Progress says how far a job is. The zero Progress says nothing.
type Progress struct {
	Done, Total int    // steps; Total is 0 where it is not known
	Words       string // what is being done
}

// Share returns how much is done, 0…100; 0 where the total is not known.
func (p Progress) Share() int {
	if p.Total <= 0 || p.Done <= 0 {
		return 0
	}
	return min(100, int(100*int64(p.Done)/int64(p.Total)))
}

// An Outcome is what came of a job. With an error, it is what came of it until then.
type Outcome struct {
	Words string // one line or several
	Path  string // of the page that shows it; empty for none
	Link  string // what that page is called
	// Undo takes back what was done; nil where nothing can be, or any more. It is
	// kept for the last few jobs only.
	Undo Func
}

// A Func does the work of a job. It returns soon after ctx has ended, between two
// transactions, with an error that wraps [context.Canceled]. tell may be called
// from several goroutines, but not after the Func has returned.
type Func func(ctx context.Context, tell func(Progress)) (Outcome, error)

// A Job is a job as it is at one moment.
type Job struct {
	ID    string
	Kind  Kind
	By    string // account of who began it
	State State
	Asked time.Time
	Began time.Time // zero while it waits
	Ended time.Time // zero until it has

	Progress Progress
	Outcome  Outcome // of one that has ended
	Error    string  // of one that failed
	// Stopping says that somebody has asked it to end, and that it has not yet.
	Stopping bool
	// Others says that the job is somebody else's: what its texts say is left out.
	Others bool
}

// ErrBusy refuses a job where as many wait already as may.
var ErrBusy = busy{}

type busy struct{}

func (busy) Error() string { return "too many jobs wait already: wait until one of them has ended" }
func (busy) Unwrap() error { return vigil.ErrRefused }
