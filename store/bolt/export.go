package bolt

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
	"vigil/store/rule"
)

// exportPiece is how many entries, with their bodies, are read in one transaction.
const exportPiece = 16

// Export implements [store.Mover].
func (s *Store) Export(ctx context.Context, order string, from int64) iter.Seq2[store.Parcel, error] {
	return func(yield func(store.Parcel, error) bool) {
		fail := func(err error) { yield(store.Parcel{}, fmt.Errorf("export log %q: %w", order, err)) }
		if err := rule.Name("order", order); err != nil || from < 0 {
			fail(fmt.Errorf("%w (%v); entry %d", vigil.ErrNotFound, err, from))
			return
		}
		for next := number(key(order), uint64(from)); next != nil; {
			var piece []store.Parcel
			err := s.view(ctx, func(tx read) (err error) {
				piece, next, err = readPiece(tx, bucketLines, key(order), next, exportPiece, func(tx read, k, _ []byte) (store.Parcel, bool, error) {
					p, err := s.parcelAt(tx, order, k)
					return p, true, err
				})
				return err
			})
			for _, p := range piece {
				if !yield(p, nil) {
					return
				}
			}
			if err != nil {
				fail(err)
				return
			}
		}
	}
}

// parcelAt returns the entry of a log that stands at a key, and what it brought.
func (s *Store) parcelAt(tx read, order string, k []byte) (p store.Parcel, err error) {
	names, ns, ok := splitKey(k, 1, 1)
	if !ok {
		return p, fmt.Errorf("case file is damaged: key %q", k)
	}
	p = store.Parcel{Order: names[0], Seq: int64(ns[0]), Line: bytes.Clone(stored(tx, bucketLines, k))}
	e, err := custody.ParseLine(p.Line)
	if err != nil {
		return p, err
	}
	if e.Order != order || e.Seq != p.Seq {
		return p, fmt.Errorf("entry %d: %w: it says that it is entry %d of log %q", p.Seq, vigil.ErrTampered, e.Seq, e.Order)
	}
	if !store.IsRecord(e.Object.Type) {
		return p, nil
	}
	b, err := tx.get(bucketRecords, recordKey(e))
	if b == nil || err != nil {
		return p, err
	}
	p.Record = bytes.Clone(b)
	if sum := vigil.SumHex(b); sum != e.Object.SHA256 {
		return p, fmt.Errorf("%s %s of entry %d: %w: it has %s", e.Object.Type, e.Object.ID, p.Seq, vigil.ErrTampered, sum)
	}
	switch e.Object.Type {
	case vigil.TypePage:
		var page vigil.Page
		if err = json.Unmarshal(b, &page); err == nil {
			p.Body, err = s.getBody(tx, page)
		}
	case vigil.TypeWatchlist:
		p.Rows, err = rowsOf(tx, e.Object.ID)
	}
	return p, err
}

// rowsOf returns all rows of a list.
func rowsOf(tx read, list string) (rs []vigil.ListRow, err error) {
	prefix := key(list)
	c := bucket(tx, bucketRows).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		r, err := getRow(tx, list, len(rs)+1)
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// ExportTasks implements [store.Mover]. It notes all places first, which takes
// some 70 bytes of memory for each task.
func (s *Store) ExportTasks(ctx context.Context) iter.Seq2[store.TaskState, error] {
	return func(yield func(store.TaskState, error) bool) {
		type place struct {
			seq uint64
			id  string
		}
		var places []place
		err := s.view(ctx, func(tx read) error {
			return bucket(tx, bucketTasks).ForEach(func(k, _ []byte) error {
				t, err := getTask(tx, string(k))
				places = append(places, place{t.Seq, t.ID})
				return err
			})
		})
		slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.seq, b.seq) })
		for some := range slices.Chunk(places, lastPiece) {
			var piece []store.TaskState
			if err == nil {
				err = s.view(ctx, func(tx read) error {
					for _, p := range some {
						t, err := taskState(tx, p.id)
						if err != nil {
							return err
						}
						piece = append(piece, t)
					}
					return nil
				})
			}
			for _, t := range piece {
				if !yield(t, nil) {
					return
				}
			}
			if err != nil {
				break
			}
		}
		if err != nil {
			yield(store.TaskState{}, fmt.Errorf("export tasks: %w", err))
		}
	}
}

func taskState(tx read, id string) (store.TaskState, error) {
	t, err := getTask(tx, id)
	if err != nil {
		return store.TaskState{}, err
	}
	past, err := t.History()
	return store.TaskState{Task: t.Task, Place: t.Seq, Past: past}, err
}
