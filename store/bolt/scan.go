package bolt

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"vigil"
)

// idsUnder returns the IDs in the values of all keys with a prefix; of all keys if it
// is empty.
func idsUnder(tx read, name string, prefix []byte) (ids []string) {
	c := bucket(tx, name).Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		ids = append(ids, idOf(v))
	}
	return ids
}

// idsUntil returns the tasks of a lane whose time in a bucket sorted by time
// has come.
func idsUntil(tx read, name string, st vigil.Stage, source string, now time.Time) (ids []string) {
	prefix := key(string(st), source)
	c := bucket(tx, name).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if keyInstant(k, prefix).After(now) {
			break
		}
		ids = append(ids, idOf(v))
	}
	return ids
}

// firstInstant returns the time in the first key with a prefix whose task suits,
// any if suits is nil; zero if there is none.
func firstInstant(tx read, name string, prefix []byte, suits func(sign []byte) bool) time.Time {
	c := bucket(tx, name).Cursor()
	for k, sign := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, sign = c.Next() {
		if suits == nil || suits(sign) {
			return keyInstant(k, prefix)
		}
	}
	return time.Time{}
}

// keyInstant returns the time that stands behind prefix in k.
func keyInstant(k, prefix []byte) time.Time {
	rest := k[len(prefix):]
	return parseInstant(rest[:min(8, len(rest))])
}

// sourcesOf returns the sources with open tasks of a stage, in order; only the
// one named if source is not empty. It leaps from source to source.
func sourcesOf(tx read, st vigil.Stage, source string) []string {
	if source != "" {
		return []string{source}
	}
	found := map[string]bool{}
	prefix := key(string(st))
	for _, name := range []string{bucketReady, bucketDelayed, bucketLeased} {
		c := bucket(tx, name).Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); {
			src, _, _ := bytes.Cut(k[len(prefix):], []byte{0})
			found[string(src)] = true
			k, _ = c.Seek(after(string(st), string(src)))
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// A piece of a sequence holds firstPiece entries, then twice as many each time
// up to lastPiece: somebody who stops early pays for little.
const (
	firstPiece = 16
	lastPiece  = 256
)

// maxPiece bounds the bytes of a piece, so that records of any size can be
// walked through in little memory.
const maxPiece = 4 << 20

// scan yields what parse makes of each key with a prefix, in order of the keys; of
// all keys if it is empty, but not nil.
// parse reports false for an entry to be left out.
func scan[T any](ctx context.Context, view viewer, name string, prefix []byte, parse func(tx read, k, v []byte) (T, bool, error)) iter.Seq2[T, error] {
	return scanFrom(ctx, view, name, prefix, prefix, firstPiece, parse)
}

// scanFrom is scan from a key on, with so many entries in the first piece.
func scanFrom[T any](ctx context.Context, view viewer, name string, prefix, start []byte, first int, parse func(tx read, k, v []byte) (T, bool, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		from := start
		for size := first; from != nil; size = min(2*size, lastPiece) {
			var piece []T
			err := view(ctx, func(tx read) (err error) {
				piece, from, err = readPiece(tx, name, prefix, from, size, parse)
				return err
			})
			for _, t := range piece {
				if !yield(t, nil) {
					return
				}
			}
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
		}
	}
}

// readPiece reads up to size entries from a key on. It returns where to go on;
// nil at the end.
func readPiece[T any](tx read, name string, prefix, from []byte, size int, parse func(tx read, k, v []byte) (T, bool, error)) (piece []T, rest []byte, err error) {
	c := bucket(tx, name).Cursor()
	bytesRead := 0
	for k, v := c.Seek(from); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if size == 0 || bytesRead > maxPiece {
			return piece, bytes.Clone(k), nil
		}
		t, keep, err := parse(tx, k, v)
		if err != nil {
			return piece, nil, err
		}
		if keep {
			piece = append(piece, t)
		}
		size--
		bytesRead += len(v)
	}
	return piece, nil, nil
}
