package store

import (
	"context"
	"errors"
	"fmt"

	"vigil"
	"vigil/internal/custody"
)

// A missing is an entry whose record is not in the case, though no entry behind
// it was found yet that says why.
type missing struct {
	seq  int64
	what string
}

// missed notes that the record of an entry is gone. It is a fault unless a later
// entry of the same log says that just these bytes were erased.
func (v *verifier) missed(e vigil.Event, err error) {
	id := v.cell("erased", e.Object.Type, e.Object.ID, e.Object.SHA256)
	v.missing[id] = append(v.missing[id], missing{e.Seq, fmt.Sprintf("%s %s: %v", e.Object.Type, e.Object.ID, err)})
}

// came notes that the record of an entry is there: the same bytes may come again
// after they were erased.
func (v *verifier) came(e vigil.Event) {
	if len(v.kept) > 0 {
		delete(v.kept, v.cell("erased", e.Object.Type, e.Object.ID, e.Object.SHA256))
	}
}

// erased takes what an entry says was erased from what is missing, and finds
// fault with what is there all the same.
func (v *verifier) erased(ctx context.Context, e vigil.Event) {
	for _, o := range ErasedBy(e) {
		id := v.cell("erased", o.Type, o.ID, o.SHA256)
		if len(v.missing[id]) > 0 {
			delete(v.missing, id)
			v.report.Erased++
			continue
		}
		_, err := v.r.RecordBytes(ctx, vigil.Event{Seq: e.Seq, Order: e.Order, Object: o})
		if err == nil {
			v.kept[id] = Fault{e.Order, e.Seq, fmt.Sprintf("says that %s %s was erased; it is there", o.Type, o.ID)}
		} else if !errors.Is(err, vigil.ErrNotFound) {
			v.fault(e.Order, e.Seq, "%s %s: %v", o.Type, o.ID, err)
		} else {
			v.fault(e.Order, e.Seq, "says that %s %s was erased; no entry before it brought that", o.Type, o.ID)
		}
	}
}

// unerased makes faults of what is missing at the end of a log, but for what an
// entry says was erased that came since c was read.
func (v *verifier) unerased(ctx context.Context, c vigil.Checkpoint) {
	if len(v.missing) > 0 {
		for e, err := range v.r.Log(ctx, c.Log) {
			if err != nil {
				break // found already, when the log was checked
			}
			if e.Seq < c.Size {
				continue
			}
			said, err := custody.ParseLine(e.Line)
			if err != nil {
				break
			}
			for _, o := range ErasedBy(said) {
				delete(v.missing, v.cell("erased", o.Type, o.ID, o.SHA256))
			}
		}
	}
	for _, f := range v.kept {
		v.fault(f.Log, f.Seq, "%s", f.What)
	}
	clear(v.kept)
	for _, ms := range v.missing {
		for _, m := range ms {
			v.fault(c.Log, m.seq, "%s", m.what)
		}
	}
	clear(v.missing)
}
