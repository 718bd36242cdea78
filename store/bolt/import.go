package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
	"vigil/store/rule"
)

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

// importEntry appends a line to its log as it is, and keeps what it brought.
func (w write) importEntry(e vigil.Event, line []byte, p rule.Prepared) error {
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
	p.Pages, p.Bytes = max(p.Pages, s.Pages), max(p.Bytes, s.Bytes) // pages that were erased were counted, too
	p.Last, p.Rest, p.Setbacks, p.Because = s.Last, s.Rest, s.Setbacks, s.Because
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
