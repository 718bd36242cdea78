package bolt

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"vigil"
	"vigil/internal/custody"
	"vigil/store/rule"
)

// log appends an act to its order's log and returns it as logged.
func (w write) log(a vigil.Act) (vigil.Event, error) {
	size, err := logSize(w.read, a.Order)
	if err != nil {
		return vigil.Event{}, fmt.Errorf("log %q: %w", a.Order, err)
	}
	e := vigil.Event{
		V: custody.Version, Seq: size, Time: w.now, Actor: a.Actor, Action: a.Action, Object: a.Object,
		Order: a.Order, Reason: a.Reason, Tool: w.o.Tool, Details: a.Details,
	}
	line, err := custody.Line(e)
	if err != nil {
		return e, err
	}
	return e, w.appendLine(a.Order, size, line)
}

// logSize returns the number of a log's lines, which is written down apart from
// them: lines that were cut off do not go unseen.
func logSize(tx read, order string) (int64, error) {
	said := int64(parseNumber(valueAt(tx, bucketLogs, key(order))))
	have := int64(0)
	if k, _ := lastBefore(bucket(tx, bucketLines).Cursor(), key(order), after(order)); k != nil {
		have = int64(parseNumber(k[len(key(order)):])) + 1
	}
	if have != said {
		return 0, fmt.Errorf("%w: its lines end at %d, its head says %d", vigil.ErrTampered, have, said)
	}
	return have, nil
}

func hashReader(tx read, order string) custody.HashReader {
	return func(indexes []int64) ([][custody.HashSize]byte, error) {
		hs := make([][custody.HashSize]byte, len(indexes))
		for i, n := range indexes {
			h := valueAt(tx, bucketHashes, number(key(order), uint64(n)))
			if len(h) != custody.HashSize {
				return nil, fmt.Errorf("%w: stored hash %d has %d bytes, want %d", vigil.ErrTampered, n, len(h), custody.HashSize)
			}
			copy(hs[i][:], h)
		}
		return hs, nil
	}
}

// findLog returns a log's size. The error wraps [vigil.ErrNotFound] if there
// is none; the log of the case itself always is.
func findLog(tx read, order string) (size int64, err error) {
	if err := rule.Name("name", order); err != nil {
		return 0, fmt.Errorf("%w in this case: %v", vigil.ErrNotFound, err)
	}
	size, err = logSize(tx, order)
	if err == nil && size == 0 && order != "" {
		err = fmt.Errorf("%w in this case", vigil.ErrNotFound)
	}
	return size, err
}

// Logs implements [store.Reader].
func (s *Store) Logs(ctx context.Context) (orders []string, err error) {
	err = s.audit(ctx, func(tx read) error {
		// From heads and lines, so that a log which lost either is still found.
		found := map[string]bool{"": true}
		for _, name := range []string{bucketLogs, bucketLines} {
			c := bucket(tx, name).Cursor()
			for k, _ := c.First(); k != nil; {
				order, _, _ := bytes.Cut(k, []byte{0})
				found[string(order)] = true
				k, _ = c.Seek(after(string(order)))
			}
		}
		orders = slices.Sorted(maps.Keys(found))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list logs: %w", err)
	}
	return orders, nil
}

// Log implements [store.Reader].
func (s *Store) Log(ctx context.Context, order string) iter.Seq2[vigil.Entry, error] {
	return s.LogFrom(ctx, order, 0)
}

// LogFrom implements [store.Reader].
func (s *Store) LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error] {
	return func(yield func(vigil.Entry, error) bool) {
		if _, err := s.Checkpoint(ctx, order); err != nil {
			yield(vigil.Entry{}, err)
			return
		}
		next := number(key(order), uint64(max(from, 0)))
		for size := firstPiece; next != nil; size = min(2*size, lastPiece) {
			var piece []vigil.Entry
			err := s.audit(ctx, func(tx read) (err error) {
				piece, next, err = readPiece(tx, bucketLines, key(order), next, size, readLine)
				return err
			})
			for _, e := range piece {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(vigil.Entry{}, fmt.Errorf("log %q: %w", order, err))
				return
			}
		}
	}
}

// readLine reads a stored log line.
func readLine(_ read, _, v []byte) (vigil.Entry, bool, error) {
	e, err := custody.ParseLine(v)
	return vigil.Entry{Event: e, Line: bytes.Clone(v)}, true, err
}

// Checkpoint implements [store.Reader].
func (s *Store) Checkpoint(ctx context.Context, order string) (c vigil.Checkpoint, err error) {
	err = s.audit(ctx, func(tx read) error {
		size, err := findLog(tx, order)
		if err != nil {
			return err
		}
		c = vigil.Checkpoint{Log: order, Size: size}
		c.Root, err = custody.Root(size, hashReader(tx, order))
		return err
	})
	if err != nil {
		return vigil.Checkpoint{}, fmt.Errorf("log %q: %w", order, err)
	}
	return c, nil
}

// Prove implements [store.Reader].
func (s *Store) Prove(ctx context.Context, order string, seq, size int64) (proof [][custody.HashSize]byte, err error) {
	err = s.audit(ctx, func(tx read) error {
		have, err := findLog(tx, order)
		if err != nil {
			return err
		}
		if seq < 0 || seq >= size || size > have {
			return fmt.Errorf("entry %d of the first %d: %w: the log has %d", seq, size, vigil.ErrNotFound, have)
		}
		proof, err = custody.Prove(size, seq, hashReader(tx, order))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("log %q: %w", order, err)
	}
	return proof, nil
}
