package store

import (
	"context"
	"errors"
	"fmt"

	"vigil"
)

// An Inspector looks at what no [Reader] shows: how an engine keeps a case, and
// whether all that it keeps twice, so as to be quick, says the same both times.
type Inspector interface {
	// Inspect holds everything that follows from records, tasks and logs against
	// these, in both directions: nothing may be missing, nothing may be there
	// without them. It also checks the form of whatever the engine keeps. It sees
	// the case at one moment; while it looks, changes may have to wait.
	//
	// Flaws are no error: the inspection says what they are. An error means that
	// it did not come to its end; it wraps [vigil.ErrTampered] where the case is
	// damaged in a way that nobody should walk through it. Its memory grows by some
	// 40 bytes for each page.
	Inspect(ctx context.Context, progress func(Progress)) (Inspection, error)

	// Repair makes anew what [Flaw.Mendable] says can be: lists, counts and sums
	// that follow from records and tasks. It never touches a record, a body, a
	// row, a task's state or a log line, and cures no fault in them.
	//
	// It works in many transactions, each of bounded size, and each leaves what it
	// has mended mended: broken off, it may be called again. Two entries of the
	// case's own log, in the name of actor, say what was found ([ActRepair]) and
	// what was changed. Without a flaw that can be mended nothing is changed and
	// nothing logged. If the log cannot be written to, nothing is changed.
	Repair(ctx context.Context, actor string, progress func(Progress)) (Repairs, error)
}

// Actions of the log that repairs, backups and copies leave. What is begun and
// ended in one case has two entries, with the reasons "begins" and "ended".
const (
	ActRepair  = "case.repaired"
	ActBackup  = "case.backed-up"
	ActRestore = "case.restored" // the first entry of a restored case that is its own
	ActCopy    = "case.copied"   // the same of a copy; the original is not changed
)

// A Progress says how far a long walk through a case has come.
type Progress struct {
	Part string // what is looked at
	Done int    // entries of it so far
}

// A Part is one of the things that an engine keeps, under the name that the
// engine's layout has for it.
type Part struct {
	Name    string `json:"part"`
	Entries int    `json:"entries"`
	Flaws   int    `json:"flaws"`
}

// A Flaw is one place where an engine's parts do not hold together.
type Flaw struct {
	Part     string `json:"part"`
	Key      string `json:"key,omitempty"` // place in the part, quoted as in Go
	What     string `json:"what"`
	Mendable bool   `json:"mendable"` // Repair makes it good
}

func (f Flaw) String() string {
	if f.Key == "" {
		return fmt.Sprintf("%s: %s", f.Part, f.What)
	}
	return fmt.Sprintf("%s, key %s: %s", f.Part, f.Key, f.What)
}

// An Inspection says what was looked at, and what is wrong.
type Inspection struct {
	Parts    []Part `json:"parts"`
	Found    int    `json:"found"`    // number of flaws
	Mendable int    `json:"mendable"` // of these
	Flaws    []Flaw `json:"flaws"`    // the first thousand
}

// Add notes a flaw of the part that was begun last.
func (in *Inspection) Add(f Flaw) {
	in.Found++
	if f.Mendable {
		in.Mendable++
	}
	for i := range in.Parts {
		if in.Parts[i].Name == f.Part {
			in.Parts[i].Flaws++
		}
	}
	if len(in.Flaws) < maxFaults {
		in.Flaws = append(in.Flaws, f)
	}
}

// Repairs say what was changed.
type Repairs struct {
	Changed int            `json:"changed"`
	ByPart  map[string]int `json:"by_part,omitempty"`
	Changes []Flaw         `json:"changes"` // what was done where; the first thousand
	// Passed is what stays as it was, and why: what it follows from is damaged.
	Passed []Flaw `json:"passed_over,omitempty"`
}

// Add notes changes.
func (r *Repairs) Add(fs ...Flaw) {
	for _, f := range fs {
		if r.ByPart == nil {
			r.ByPart = map[string]int{}
		}
		r.Changed++
		r.ByPart[f.Part]++
		if len(r.Changes) < maxFaults {
			r.Changes = append(r.Changes, f)
		}
	}
}

// A CheckReport says what [Check] found.
type CheckReport struct {
	Verified  Report     `json:"verified"`
	Inspected Inspection `json:"inspected"`
}

// Check inspects the engine, and then does what [Verify] does. If anything is
// wrong, the error wraps [vigil.ErrTampered] and the report says what; any other
// error means that the check did not come to its end.
func Check(ctx context.Context, s interface {
	Reader
	Inspector
}, progress func(Progress)) (r CheckReport, err error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	if r.Inspected, err = s.Inspect(ctx, progress); err != nil {
		return r, err
	}
	r.Verified, err = Verify(ctx, s, func(done int) { progress(Progress{"log entries and records", done}) })
	if err != nil && !errors.Is(err, vigil.ErrTampered) {
		return r, err
	}
	if n := r.Inspected.Found; n > 0 {
		err = errors.Join(err, fmt.Errorf("inspect: %w: %d flaws, the first: %s", vigil.ErrTampered, n, r.Inspected.Flaws[0]))
	}
	return r, err
}
