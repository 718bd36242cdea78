package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
)

// PrepareTasks checks tasks and puts them in the form in which they are stored.
func PrepareTasks(ts []store.TaskState) ([]Task, error) {
	known := map[string]bool{}
	out := make([]Task, len(ts))
	for i, t := range ts {
		if err := CheckImported(t.Task); err != nil {
			return nil, err
		}
		if known[t.ID] || t.Place == 0 {
			return nil, fmt.Errorf("task %s: it is there twice, or has no place", t.ID)
		}
		known[t.ID] = true
		out[i] = Task{Task: t.Task, Seq: t.Place}
		if len(t.Past) == 0 {
			continue
		}
		past, err := json.Marshal(t.Past[max(0, len(t.Past)-MaxPast):])
		if err != nil {
			return nil, fmt.Errorf("past of task %s: %w", t.ID, err)
		}
		out[i].Past = past
	}
	return out, nil
}

// CheckImported refuses tasks that no store can have. Of one that was erased there
// is no more than that it was.
func CheckImported(t vigil.Task) error {
	if t.State == vigil.Erased {
		bare := vigil.Task{ID: t.ID, Stage: t.Stage, Source: t.Source, State: t.State, Since: t.Since}
		if t.ID == "" || !reflect.DeepEqual(t, bare) {
			return fmt.Errorf("task %q: it was erased, and says more than that", t.ID)
		}
		return errors.Join(Name("stage", string(t.Stage)), Name("source", t.Source))
	}
	if err := CheckState(t.State); err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	return CheckTask(t)
}

// CheckState refuses states that no task in a queue can have.
func CheckState(s vigil.State) error {
	switch s {
	case vigil.Queued, vigil.Leased, vigil.Done, vigil.Parked, vigil.Dead:
		return nil
	}
	return fmt.Errorf("unknown state %q", s)
}

// Parcel checks that line, record, body and rows belong together.
func (w Preparer) Parcel(p store.Parcel) (e vigil.Event, r Prepared, err error) {
	tampered := func(format string, args ...any) (vigil.Event, Prepared, error) {
		return e, r, fmt.Errorf("%w: %s", vigil.ErrTampered, fmt.Sprintf(format, args...))
	}
	if e, err = custody.ParseLine(p.Line); err != nil {
		return tampered("%v", err)
	}
	if e.Order != p.Order || e.Seq != p.Seq {
		return tampered("the line says that it is entry %d of log %q", e.Seq, e.Order)
	}
	if err := errors.Join(Name("order", e.Order), Name("object type", e.Object.Type), Name("object ID", e.Object.ID)); err != nil {
		return e, r, err
	}
	r.Act.Order, r.Act.Object = e.Order, e.Object
	if p.Record == nil {
		if len(p.Body) > 0 || len(p.Rows) > 0 {
			return tampered("a body or rows without a record")
		}
		return e, r, nil
	}
	if sum := vigil.SumHex(p.Record); sum != e.Object.SHA256 {
		return tampered("the record has SHA-256 %s, the line says %q", sum, e.Object.SHA256)
	}
	rec, err := ParseRecord(e.Object.Type, p.Record)
	if err != nil {
		return tampered("%v", err)
	}
	if page, ok := rec.(vigil.Page); ok {
		page.Body = p.Body
		rec, r.Body = page, Pack(w.Zstd, p.Body)
	} else if len(p.Body) > 0 {
		return tampered("a %s with a body", e.Object.Type)
	}
	if typ, id, order := rec.Ref(); typ != e.Object.Type || id != e.Object.ID || order != e.Order {
		return tampered("the record is %s %s of order %q, the line says %s %s", typ, id, order, e.Object.Type, e.Object.ID)
	}
	if err := CheckRecord(rec); err != nil {
		return e, r, err
	}
	r.Result, r.Bytes, r.Tokens = vigil.Result{Act: r.Act, Record: rec, Rows: p.Rows}, p.Record, w.Tokens(rec)
	if r.Lines, err = PrepareRows(r.Result); err != nil {
		return tampered("%v", err)
	}
	return e, r, nil
}
