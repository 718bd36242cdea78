package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Export implements [store.Mover].
func (s *Store) Export(ctx context.Context, order string, from int64) iter.Seq2[store.Parcel, error] {
	return func(yield func(store.Parcel, error) bool) {
		if err := rule.Name("order", order); err != nil || from < 0 {
			yield(store.Parcel{}, fmt.Errorf("export log %q: %w (%v); entry %d", order, vigil.ErrNotFound, err, from))
			return
		}
		for p, err := range pieces(ctx, s.view, from, func(r read, from int64, n int) (ps []store.Parcel, next int64, err error) {
			es, next, err := r.lines(order, from, n)
			for _, e := range es {
				p, err := r.parcel(order, from+int64(len(ps)), e)
				if err != nil {
					return ps, next, err
				}
				ps = append(ps, p)
			}
			return ps, next, err
		}) {
			if err != nil {
				err = fmt.Errorf("export log %q: %w", order, err)
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

// parcel returns an entry of a log with what it brought.
func (r read) parcel(order string, seq int64, e vigil.Entry) (p store.Parcel, err error) {
	p = store.Parcel{Order: order, Seq: seq, Line: e.Line}
	if e.Order != order || e.Seq != seq {
		return p, fmt.Errorf("entry %d: %w: it says that it is entry %d of log %q", seq, vigil.ErrTampered, e.Seq, e.Order)
	}
	if !store.IsRecord(e.Object.Type) {
		return p, nil
	}
	p.Record, err = r.recordAt(e.Object.Type, e.Object.ID, order, seq)
	if none(err) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	if sum := vigil.SumHex(p.Record); sum != e.Object.SHA256 {
		return p, fmt.Errorf("%s %s of entry %d: %w: it has %s", e.Object.Type, e.Object.ID, seq, vigil.ErrTampered, sum)
	}
	switch e.Object.Type {
	case vigil.TypePage:
		var page vigil.Page
		if err = json.Unmarshal(p.Record, &page); err == nil {
			p.Body, err = r.body(page)
		}
	case vigil.TypeWatchlist:
		p.Rows, err = r.rowsFrom(e.Object.ID, 1, store.MaxRows)
	}
	return p, err
}

// ExportTasks implements [store.Mover].
func (s *Store) ExportTasks(ctx context.Context) iter.Seq2[store.TaskState, error] {
	return func(yield func(store.TaskState, error) bool) {
		type at struct {
			place int64
			id    string
		}
		for t, err := range pieces(ctx, s.view, at{place: -1}, func(r read, from at, n int) (out []store.TaskState, next at, err error) {
			ts, err := r.tasksOf(`SELECT id, data FROM tasks WHERE (place, id) > ($1, $2) ORDER BY place, id LIMIT $3`, from.place, from.id, n)
			next = from
			for _, t := range ts {
				past, err := t.History()
				if err != nil {
					return out, next, err
				}
				out, next = append(out, store.TaskState{Task: t.Task, Place: t.Seq, Past: past}), at{int64(t.Seq), t.ID}
			}
			return out, next, err
		}) {
			if err != nil {
				err = fmt.Errorf("export tasks: %w", err)
			}
			if !yield(t, err) {
				return
			}
		}
	}
}

// Import implements [store.Mover].
func (s *Store) Import(ctx context.Context, b store.Batch) error {
	if len(b.Parcels)+len(b.Tasks)+len(b.Sources) == 0 {
		return ctx.Err()
	}
	entries := make([]rule.Prepared, len(b.Parcels))
	events := make([]vigil.Event, len(b.Parcels))
	for i, p := range b.Parcels {
		var err error
		if events[i], entries[i], err = s.preparer().Parcel(p); err != nil {
			return fmt.Errorf("import entry %d of log %q: %w", p.Seq, p.Order, err)
		}
	}
	tasks, err := rule.PrepareTasks(b.Tasks)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	err = s.update(ctx, way{alone: true}, func(w *write) error {
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

// importEntry appends a line to its log as it is, and keeps what it brought.
func (w *write) importEntry(e vigil.Event, line []byte, p rule.Prepared) error {
	size, err := w.logSize(e.Order)
	if err != nil {
		return err
	}
	if e.Seq != size {
		return fmt.Errorf("the log has %d: want that number next", size)
	}
	if err := w.appendLine(e.Order, line); err != nil {
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

// importTasks puts tasks in place of what the store has of them.
func (w *write) importTasks(ts []rule.Task) error {
	last := uint64(0)
	for _, t := range ts {
		last = max(last, t.Seq)
		old, err := w.getTask(t.ID, true)
		switch {
		case errors.Is(err, vigil.ErrNotFound):
			err = w.putTask(nil, t)
		case err == nil:
			err = w.putTask(&old, t)
		}
		if err != nil {
			return err
		}
	}
	if last == 0 {
		return nil
	}
	w.do(`SELECT setval('place', greatest($1, nextval('place')))`, int64(last))
	return nil
}

// importSource sets what moves with a source.
func (w *write) importSource(s store.SourceStatus) error {
	id := s.ID()
	if rule.Name("source", id) != nil {
		return fmt.Errorf("%w in this case", vigil.ErrNotFound)
	}
	if _, ok, err := w.source(id); err != nil || !ok {
		return errors.Join(err, fmt.Errorf("%w in this case", vigil.ErrNotFound))
	}
	if s.Standing.Source != id {
		return fmt.Errorf("its standing is of source %q", s.Standing.Source)
	}
	err := w.changePace(id, func(p rule.Pace) rule.Pace {
		return rule.Pace{
			Pages: max(p.Pages, s.Pages), Bytes: max(p.Bytes, s.Bytes), // pages that were erased were counted, too
			Last: s.Last, Rest: s.Rest, Setbacks: s.Setbacks, Because: s.Because,
		}
	})
	if err != nil {
		return err
	}
	var sealed []byte
	if !s.Standing.Since.IsZero() { // else it was never set
		b, err := json.Marshal(s.Standing)
		if err != nil {
			return err
		}
		sealed = w.box.Seal("standing", place(id), b)
	}
	w.do(`UPDATE sources SET standing = $2 WHERE id = $1`, id, sealed)
	return nil
}
