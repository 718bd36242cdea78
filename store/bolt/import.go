package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
)

// Import implements [store.Mover].
func (s *Store) Import(ctx context.Context, b store.Batch) error {
	if len(b.Parcels)+len(b.Tasks)+len(b.Sources) == 0 {
		return ctx.Err()
	}
	entries := make([]prepared, len(b.Parcels))
	events := make([]vigil.Event, len(b.Parcels))
	for i, p := range b.Parcels {
		var err error
		if events[i], entries[i], err = s.prepareParcel(p); err != nil {
			return fmt.Errorf("import entry %d of log %q: %w", p.Seq, p.Order, err)
		}
	}
	tasks, err := prepareTasks(b.Tasks)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	err = s.update(ctx, func(w write) error {
		for i, e := range events {
			if err := w.importEntry(e, b.Parcels[i].Line, entries[i]); err != nil {
				return fmt.Errorf("entry %d of log %q: %w", e.Seq, e.Order, err)
			}
		}
		if err := w.importTasks(tasks); err != nil {
			return err
		}
		for _, src := range b.Sources {
			if err := w.importSource(src); err != nil {
				return fmt.Errorf("source %s: %w", src.ID(), err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	return nil
}

// prepareParcel checks that line, record, body and rows belong together.
func (s *Store) prepareParcel(p store.Parcel) (e vigil.Event, r prepared, err error) {
	tampered := func(format string, args ...any) (vigil.Event, prepared, error) {
		return e, r, fmt.Errorf("%w: %s", vigil.ErrTampered, fmt.Sprintf(format, args...))
	}
	if e, err = custody.ParseLine(p.Line); err != nil {
		return tampered("%v", err)
	}
	if e.Order != p.Order || e.Seq != p.Seq {
		return tampered("the line says that it is entry %d of log %q", e.Seq, e.Order)
	}
	if err := errors.Join(checkName("order", e.Order), checkName("object type", e.Object.Type), checkName("object ID", e.Object.ID)); err != nil {
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
	rec, err := parseRecord(e.Object.Type, p.Record)
	if err != nil {
		return tampered("%v", err)
	}
	if page, ok := rec.(vigil.Page); ok {
		page.Body = p.Body
		rec, r.body = page, pack(s.zstd, p.Body)
	} else if len(p.Body) > 0 {
		return tampered("a %s with a body", e.Object.Type)
	}
	if typ, id, order := rec.Ref(); typ != e.Object.Type || id != e.Object.ID || order != e.Order {
		return tampered("the record is %s %s of order %q, the line says %s %s", typ, id, order, e.Object.Type, e.Object.ID)
	}
	if err := checkRecord(rec); err != nil {
		return e, r, err
	}
	r.Result, r.bytes, r.tokens = vigil.Result{Act: r.Act, Record: rec, Rows: p.Rows}, p.Record, s.box.tokensOf(rec)
	if r.rows, err = prepareRows(r.Result); err != nil {
		return tampered("%v", err)
	}
	return e, r, nil
}

// importEntry appends a line to its log as it is, and keeps what it brought.
func (w write) importEntry(e vigil.Event, line []byte, p prepared) error {
	size, err := logSize(w.read, e.Order)
	if err != nil {
		return err
	}
	if e.Seq != size {
		return fmt.Errorf("the log has %d: want that number next", size)
	}
	if err := w.appendLine(e.Order, size, line); err != nil {
		return err
	}
	if p.Record == nil {
		return nil
	}
	if err := w.checkObject(p); err != nil {
		return err
	}
	return w.putRecord(e, p)
}

// appendLine puts a line and the hashes that come with it behind the size lines of
// a log.
func (w write) appendLine(order string, size int64, line []byte) error {
	first, hashes, err := custody.Append(size, line, hashReader(w.read, order))
	if err != nil {
		return err
	}
	for i, h := range hashes {
		if err := bucket(w.read, bucketHashes).Put(number(key(order), uint64(first)+uint64(i)), h[:]); err != nil {
			return err
		}
	}
	if err := bucket(w.read, bucketLines).Put(number(key(order), uint64(size)), line); err != nil {
		return err
	}
	return bucket(w.read, bucketLogs).Put(key(order), number(nil, uint64(size)+1))
}

// prepareTasks checks tasks and puts them in the form in which they are stored.
func prepareTasks(ts []store.TaskState) ([]task, error) {
	known := map[string]bool{}
	out := make([]task, len(ts))
	for i, t := range ts {
		if err := checkImported(t.Task); err != nil {
			return nil, err
		}
		if known[t.ID] || t.Place == 0 {
			return nil, fmt.Errorf("task %s: it is there twice, or has no place", t.ID)
		}
		known[t.ID] = true
		out[i] = task{Task: t.Task, Seq: t.Place}
		if len(t.Past) == 0 {
			continue
		}
		past, err := json.Marshal(t.Past[max(0, len(t.Past)-maxPast):])
		if err != nil {
			return nil, fmt.Errorf("past of task %s: %w", t.ID, err)
		}
		out[i].Past = past
	}
	return out, nil
}

// checkImported refuses tasks that no store can have. Of one that was erased there
// is no more than that it was.
func checkImported(t vigil.Task) error {
	if t.State == vigil.Erased {
		bare := vigil.Task{ID: t.ID, Stage: t.Stage, Source: t.Source, State: t.State, Since: t.Since}
		if t.ID == "" || !reflect.DeepEqual(t, bare) {
			return fmt.Errorf("task %q: it was erased, and says more than that", t.ID)
		}
		return errors.Join(checkName("stage", string(t.Stage)), checkName("source", t.Source))
	}
	if _, err := bucketsOf(t.State); err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	return checkTask(t)
}

// importTasks puts tasks in place of what the store has of them.
func (w write) importTasks(ts []task) error {
	b := bucket(w.read, bucketTasks)
	last := b.Sequence()
	var cs []change
	for _, t := range ts {
		last = max(last, t.Seq)
		old, err := getTask(w.read, t.ID)
		switch {
		case t.State == vigil.Erased:
			if err := w.importErased(old, err, t); err != nil {
				return err
			}
		case errors.Is(err, vigil.ErrNotFound):
			cs = append(cs, change{nil, t})
		case err != nil:
			return err
		default:
			cs = append(cs, change{&old, t})
		}
	}
	if err := b.SetSequence(last); err != nil {
		return err
	}
	return w.putTasks(cs)
}

// importSource sets what moves with a source.
func (w write) importSource(s store.SourceStatus) error {
	id := s.ID()
	if b, err := w.get(bucketSources, key(id)); err != nil {
		return err
	} else if b == nil {
		return fmt.Errorf("%w in this case", vigil.ErrNotFound)
	}
	if s.Standing.Source != id {
		return fmt.Errorf("its standing is of source %q", s.Standing.Source)
	}
	p, err := getPace(w.read, id)
	if err != nil {
		return err
	}
	p.pages, p.bytes = max(p.pages, s.Pages), max(p.bytes, s.Bytes) // pages that were erased were counted, too
	p.last, p.rest, p.setbacks, p.because = s.Last, s.Rest, s.Setbacks, s.Because
	if err := w.putPace(id, p); err != nil {
		return err
	}
	if s.Standing.Since.IsZero() { // it was never set
		return bucket(w.read, bucketStand).Delete(key(id))
	}
	b, err := json.Marshal(s.Standing)
	if err != nil {
		return err
	}
	return w.set(bucketStand, key(id), b)
}

// importErased notes that a task was erased; it has no place and is in no count.
// old and its error are what the store has of it.
func (w write) importErased(old task, err error, t task) error {
	switch {
	case errors.Is(err, vigil.ErrNotFound):
	case err != nil:
		return err
	case old.State != vigil.Erased:
		if err := w.dropTask(old); err != nil {
			return err
		}
	}
	return w.putErased(t)
}
