package bolt

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
	"vigil/store/rule"
)

// A brought is a page's place in the logs. At never falls in one log, as a
// clock's time does that was set back, so that sorting by it keeps their order.
type brought struct {
	at    int64 // nanoseconds
	log   int32
	seq   int64
	order string
}

// mendPages makes the lists of pages anew, in the order of time in which the logs
// say that they came: what else was known of it stood in the lists.
func (s *Store) mendPages(ctx context.Context, r *store.Repairs, progress func(store.Progress)) error {
	var all []brought
	err := s.view(ctx, func(tx read) (err error) {
		all, err = broughtPages(tx)
		return err
	})
	if err != nil {
		return err
	}
	err = s.update(ctx, func(w write) error {
		if err := w.read.DeleteBucket([]byte(bucketPages)); err != nil {
			return err
		}
		_, err := w.read.CreateBucket([]byte(bucketPages))
		return err
	})
	if err != nil {
		return err
	}
	done := 0
	for some := range slices.Chunk(all, lastPiece) {
		if err := s.update(ctx, func(w write) error { return w.listPages(some) }); err != nil {
			return err
		}
		done += len(some)
		progress(store.Progress{Part: bucketPages, Done: done})
	}
	r.Add(store.Flaw{Part: bucketPages, What: fmt.Sprintf("made anew with %d pages", len(all)), Mendable: true})
	return nil
}

// broughtPages returns the places of all pages, in the order in which they came.
func broughtPages(tx read) (all []brought, err error) {
	var (
		order string
		log   int32
		at    int64
	)
	err = bucket(tx, bucketLines).ForEach(func(k, _ []byte) error {
		names, ns, ok := splitKey(k, 1, 1)
		if !ok {
			return nil
		}
		if names[0] != order {
			order, at, log = names[0], 0, log+1
		}
		e, err := custody.ParseLine(stored(tx, bucketLines, k))
		if err != nil {
			return nil // a fault of the log's, which is not mended
		}
		at = max(at, e.Time.UnixNano())
		if e.Object.Type == vigil.TypePage && bucket(tx, bucketRecords).Get(recordKey(e)) != nil {
			all = append(all, brought{at, log, int64(ns[0]), order})
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b brought) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.log, b.log), cmp.Compare(a.seq, b.seq))
	})
	return all, err
}

// listPages lists pages behind those that are listed.
func (w write) listPages(some []brought) error {
	pages := bucket(w.read, bucketPages)
	for _, p := range some {
		e, err := custody.ParseLine(stored(w.read, bucketLines, number(key(p.order), uint64(p.seq))))
		if err != nil {
			return err
		}
		sum, err := parsePageSum(stored(w.read, bucketRecords, recordKey(e)))
		if err != nil || rule.Name("source", sum.Source) != nil {
			continue // a fault of the record's
		}
		n, err := pages.NextSequence()
		if err != nil {
			return err
		}
		err = putPairs(w.read, bucketPages, []pair{
			{number(key(sum.Source), n), []byte(e.Object.ID)}, {number(key(""), n), bytes.Clone([]byte(e.Object.ID))},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
