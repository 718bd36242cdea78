package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"vigil"
	"vigil/internal/custody"
)

// maxFaults bounds the faults that a report lists. All are counted.
const maxFaults = 1000

// A Report says what [Verify] has checked, and what it found wrong.
type Report struct {
	Checkpoints []vigil.Checkpoint // of every log, as checked; compare them with those kept elsewhere
	Entries     int                // log entries checked
	Records     int                // entries whose record was checked
	Bodies      int                // page bodies checked
	Mentions    int                // held against the assessments
	Rows        int                // of watchlists, checked
	Erased      int                // records that are gone, and whose log says so
	Found       int                // number of faults
	Faults      []Fault            // the first thousand
}

// A Fault is one place where a case does not hold together.
type Fault struct {
	Log  string // order ID; empty for the log of the case itself
	Seq  int64  // entry; -1 where no single entry is meant
	What string
}

func (f Fault) String() string {
	if f.Seq < 0 {
		return fmt.Sprintf("log %q: %s", f.Log, f.What)
	}
	return fmt.Sprintf("log %q, entry %d: %s", f.Log, f.Seq, f.What)
}

// Verify checks a case whole. From the lines of each log it computes the tree
// anew, and compares its root with the engine's checkpoint and with each
// entry's proof. The bytes of each record must have the hash that its entry
// names, and each page's body the hash that its record names; a record may be gone
// only if a later entry of the same log says that these bytes were erased. Each source must
// have the rules that its order gave it and the standing that the last entry
// about it gave it. The rows of each watchlist must have the hash that its record
// names and be found by their keys. Each capture's newest assessment and reading
// must be found by it, and the mentions be those of the assessments, no more and
// no fewer. Then Verify reads the orders, pages and items as other readers do.
//
// Its time grows with the size of the case, and its memory by some 70 bytes for
// each capture that mentions anything, and 40 for each key on a watchlist.
//
// If anything is wrong, the error wraps [vigil.ErrTampered] and the report
// says what. Any other error means that the check did not come to its end.
// What is added while Verify runs is not checked.
//
// Verify cannot tell whether somebody rewrote the whole case, or cut off the
// end of a log with all that belongs to it: for that, compare the report's
// checkpoints with one that was signed and kept elsewhere.
//
// progress, if not nil, is called after each entry with the number of entries
// checked so far.
func Verify(ctx context.Context, r Reader, progress func(done int)) (Report, error) {
	if progress == nil {
		progress = func(int) {}
	}
	v := &verifier{
		r: r, progress: progress, last: map[string]vigil.Standing{}, salt: newSalt(),
		mentioned: map[sum]mentioned{}, captured: map[sum]*captured{}, lists: map[string]*listed{}, missing: map[sum][]missing{}, kept: map[sum]Fault{},
	}
	logs, err := r.Logs(ctx)
	if err != nil {
		return v.report, fmt.Errorf("verify: %w", err)
	}
	before := v.sources(ctx)
	for _, order := range logs {
		v.log(ctx, order)
	}
	v.mentions(ctx)
	v.settle(ctx)
	v.rows(ctx)
	v.indexes(ctx)
	v.standings(before, v.sources(ctx))
	v.rules(ctx, before)
	readAll(v, "pages", r.Pages(ctx, ""))
	readAll(v, "items", r.Items(ctx, Filter{}))
	if err := ctx.Err(); err != nil {
		return v.report, fmt.Errorf("verify: %w", err)
	}
	if v.report.Found > 0 {
		return v.report, fmt.Errorf("verify: %w: %d faults, the first: %s", vigil.ErrTampered, v.report.Found, v.report.Faults[0])
	}
	return v.report, nil
}

// A verifier gathers a report.
type verifier struct {
	r        Reader
	progress func(int)
	logsOnly bool
	report   Report
	last     map[string]vigil.Standing // by source: what the last entry about it said

	salt      [32]byte
	scratch   []byte
	mentioned map[sum]mentioned // by capture
	captured  map[sum]*captured // by type and capture
	suspects  []suspect
	lists     map[string]*listed // by ID
	missing   map[sum][]missing  // of the log that is being checked, by record and hash
	kept      map[sum]Fault      // what was erased and is there, likewise
}

func (v *verifier) fault(order string, seq int64, format string, args ...any) {
	v.report.Found++
	if len(v.report.Faults) < maxFaults {
		v.report.Faults = append(v.report.Faults, Fault{order, seq, fmt.Sprintf(format, args...)})
	}
}

// log checks one log, as far as it reaches now.
func (v *verifier) log(ctx context.Context, order string) {
	c, err := v.r.Checkpoint(ctx, order)
	if err != nil {
		v.fault(order, -1, "checkpoint: %v", err)
		return
	}
	v.report.Checkpoints = append(v.report.Checkpoints, c)
	var tree custody.Tree
	for e, err := range v.r.Log(ctx, order) {
		if tree.Size() == c.Size && err == nil {
			break // added since
		}
		if err != nil {
			v.fault(order, tree.Size(), "%v", err)
			return
		}
		v.entry(ctx, c, tree.Size(), e)
		tree.Add(e.Line)
		v.report.Entries++
		v.progress(v.report.Entries)
	}
	v.unerased(ctx, c)
	if tree.Size() != c.Size {
		v.fault(order, -1, "has %d entries, its checkpoint says %d", tree.Size(), c.Size)
	} else if tree.Root() != c.Root {
		v.fault(order, -1, "its lines hash to the root %x, its checkpoint says %x", tree.Root(), c.Root)
	}
}

// entry checks the entry that stands at place seq of the log that c states.
func (v *verifier) entry(ctx context.Context, c vigil.Checkpoint, seq int64, e vigil.Entry) {
	if e.Seq != seq || e.Order != c.Log {
		v.fault(c.Log, seq, "the line says that it is entry %d of log %q", e.Seq, e.Order)
		return
	}
	said, err := custody.ParseLine(e.Line)
	if err != nil || !sameObject(said, e.Event) {
		v.fault(c.Log, seq, "the line says other than the entry")
		return
	}
	proof, err := v.r.Prove(ctx, c.Log, seq, c.Size)
	if err == nil {
		err = custody.CheckProof(c, seq, e.Line, proof)
	}
	if err != nil {
		v.fault(c.Log, seq, "%v", err)
	}
	if v.logsOnly {
		return
	}
	v.record(ctx, e.Event)
	v.erased(ctx, said)
	v.noteStandings(e.Event)
}

// sameObject reports whether two events speak of the same bytes.
func sameObject(a, b vigil.Event) bool {
	return a.Object == b.Object && a.Order == b.Order && a.Seq == b.Seq && a.Action == b.Action
}

// IsRecord reports whether a case keeps objects of a type as records.
func IsRecord(typ string) bool {
	switch typ {
	case vigil.TypeOrder, vigil.TypePage, vigil.TypeListing, vigil.TypeAssessment, vigil.TypeDecision, vigil.TypeRemark, vigil.TypeWatchlist, vigil.TypeTie,
		vigil.TypeHold, vigil.TypeAccount, vigil.TypeFilter:
		return true
	}
	return false
}

// record checks the record that an entry speaks of, if it names its hash.
func (v *verifier) record(ctx context.Context, e vigil.Event) {
	if !IsRecord(e.Object.Type) || e.Object.SHA256 == "" {
		return
	}
	b, err := v.r.RecordBytes(ctx, e)
	if errors.Is(err, vigil.ErrNotFound) {
		v.missed(e, err)
		return
	}
	if err != nil {
		v.fault(e.Order, e.Seq, "%s %s: %v", e.Object.Type, e.Object.ID, err)
		return
	}
	if sum := vigil.SumHex(b); sum != e.Object.SHA256 {
		v.fault(e.Order, e.Seq, "%s %s has SHA-256 %s, the entry says %s", e.Object.Type, e.Object.ID, sum, e.Object.SHA256)
		return
	}
	v.report.Records++
	v.came(e)
	switch e.Object.Type {
	case vigil.TypePage:
		v.body(ctx, e, b)
	case vigil.TypeListing:
		v.listing(ctx, e, b)
	case vigil.TypeAssessment:
		v.assessment(ctx, e, b)
	case vigil.TypeWatchlist:
		v.watchlist(e, b)
	}
}

// body checks the body of the page whose record is b.
func (v *verifier) body(ctx context.Context, e vigil.Event, b []byte) {
	var want vigil.Page
	if err := json.Unmarshal(b, &want); err != nil {
		v.fault(e.Order, e.Seq, "page %s: %v", e.Object.ID, err)
		return
	}
	got, err := v.r.Page(ctx, e.Object.ID)
	if err != nil {
		v.fault(e.Order, e.Seq, "%v", err)
		return
	}
	if want.BodySHA256 == "" && len(got.Body) == 0 {
		return
	}
	if sum := vigil.SumHex(got.Body); sum != want.BodySHA256 {
		v.fault(e.Order, e.Seq, "page %s: body has SHA-256 %s, the page says %s", e.Object.ID, sum, want.BodySHA256)
		return
	}
	v.report.Bodies++
}

// indexes asks the engine for what no other method shows.
func (v *verifier) indexes(ctx context.Context) {
	for what, err := range v.r.CheckIndexes(ctx) {
		if err != nil {
			v.fault("", -1, "indexes: %v", err)
			return
		}
		v.fault("", -1, "%s", what)
	}
}

// readAll reads a sequence to its end, or to the first error, which is a fault.
func readAll[T any](v *verifier, what string, seq iter.Seq2[T, error]) {
	for _, err := range seq {
		if err != nil {
			v.fault("", -1, "%s: %v", what, err)
			return
		}
	}
}
