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
)

// rowFill is how full the pages of rows are made: nothing ever comes between them.
const rowFill = 0.95

// putRows stores a watchlist's rows and the keys that lead to them.
func (w write) putRows(rows []vigil.ListRow, lines [][]byte) error {
	b := bucket(w.read, bucketRows)
	b.FillPercent = rowFill
	var keys []pair
	for i, r := range rows {
		if err := w.set(bucketRows, rowKey(r.List, r.N), lines[i]); err != nil {
			return err
		}
		for _, k := range r.Keys() {
			if k != "" {
				keys = append(keys, pair{number(key(w.box.Name(bucketListed, vigil.KeyName(k)), r.List), uint64(r.N)), []byte{}})
			}
		}
	}
	return putPairs(w.read, bucketListed, keys)
}

func rowKey(list string, n int) []byte { return number(key(list), uint64(n)) }

// getRow returns row n of a list.
func getRow(tx read, list string, n int) (vigil.ListRow, error) {
	v, err := tx.get(bucketRows, rowKey(list, n))
	if err != nil {
		return vigil.ListRow{}, err
	}
	if v == nil {
		return vigil.ListRow{}, fmt.Errorf("row %d of watchlist %s: %w: it is gone", n, list, vigil.ErrTampered)
	}
	return parseRow(v, list, n)
}

func parseRow(v []byte, list string, n int) (r vigil.ListRow, err error) {
	if err := json.Unmarshal(v, &r); err != nil {
		return vigil.ListRow{}, fmt.Errorf("row %d of watchlist %s: %w: %v", n, list, vigil.ErrTampered, err)
	}
	if r.List != list || r.N != n {
		return vigil.ListRow{}, fmt.Errorf("row %d of watchlist %s: %w: it says that it is row %d of %q", n, list, vigil.ErrTampered, r.N, r.List)
	}
	return r, nil
}

// Watchlists implements [store.Reader].
func (s *Store) Watchlists(ctx context.Context) (ws []vigil.Watchlist, err error) {
	for w, err := range newestOfAll[vigil.Watchlist](ctx, s, vigil.TypeWatchlist) {
		if err != nil {
			return nil, fmt.Errorf("list watchlists: %w", err)
		}
		ws = append(ws, w)
	}
	slices.SortFunc(ws, func(a, b vigil.Watchlist) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.AsOf, b.AsOf), a.ImportedAt.Compare(b.ImportedAt), cmp.Compare(a.ID, b.ID))
	})
	return ws, nil
}

// Ties implements [store.Reader].
func (s *Store) Ties(ctx context.Context) (ts []vigil.Tie, err error) {
	for t, err := range newestOfAll[vigil.Tie](ctx, s, vigil.TypeTie) {
		if err != nil {
			return nil, fmt.Errorf("list ties: %w", err)
		}
		ts = append(ts, t)
	}
	slices.SortFunc(ts, func(a, b vigil.Tie) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return ts, nil
}

// newestOfAll yields the newest version of each record of a type, by ID.
func newestOfAll[R any](ctx context.Context, s *Store, typ string) iter.Seq2[R, error] {
	prefix := key(typ)
	return scan(ctx, s.view, bucketRecords, prefix, func(tx read, k, v []byte) (r R, keep bool, err error) {
		id, _, _ := bytes.Cut(k[len(prefix):], []byte{0})
		if last, _ := newestKey(tx, typ, string(id)); !bytes.Equal(last, k) {
			return r, false, nil
		}
		return r, true, decode(tx, typ, string(id), k, v, &r)
	})
}

// ListRows implements [store.Reader].
func (s *Store) ListRows(ctx context.Context, list string) iter.Seq2[vigil.ListRow, error] {
	return func(yield func(vigil.ListRow, error) bool) {
		fail := func(err error) { yield(vigil.ListRow{}, fmt.Errorf("list rows: %w", err)) }
		var w vigil.Watchlist
		err := s.view(ctx, func(tx read) (err error) {
			w, err = newest[vigil.Watchlist](tx, vigil.TypeWatchlist, list)
			return err
		})
		if err != nil {
			fail(err)
			return
		}
		n := 0
		rows := scan(ctx, s.view, bucketRows, key(list), func(tx read, k, v []byte) (vigil.ListRow, bool, error) {
			n++ // in reading, which is ahead of yielding
			if !bytes.Equal(k, rowKey(list, n)) {
				return vigil.ListRow{}, false, fmt.Errorf("watchlist %s: %w: row %d is gone", list, vigil.ErrTampered, n)
			}
			if v, err = tx.open(bucketRows, k, v); err != nil {
				return vigil.ListRow{}, false, err
			}
			r, err := parseRow(v, list, n)
			return r, true, err
		})
		for r, err := range rows {
			if err != nil {
				fail(err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
		if n != w.Rows {
			fail(fmt.Errorf("watchlist %s: %w: it has %d rows, its record says %d", list, vigil.ErrTampered, n, w.Rows))
		}
	}
}

// Listed implements [store.Reader].
func (s *Store) Listed(ctx context.Context, of string) (rows []vigil.ListRow, err error) {
	prefix := key(s.box.Name(bucketListed, vigil.KeyName(of)))
	err = s.view(ctx, func(tx read) error {
		rows = nil
		if of == "" {
			return nil
		}
		c := bucket(tx, bucketListed).Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			r, err := listedRow(tx, k)
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up a key in watchlists: %w", err)
	}
	return rows, nil
}

// listedRow returns the row that an entry of the index leads to, and has its key.
func listedRow(tx read, k []byte) (vigil.ListRow, error) {
	name, rest, _ := bytes.Cut(k, []byte{0})
	list, n, _ := bytes.Cut(rest, []byte{0})
	if len(n) != 8 {
		return vigil.ListRow{}, fmt.Errorf("listed: case file is damaged: key %q", k)
	}
	r, err := getRow(tx, string(list), int(parseNumber(n)))
	if err != nil {
		return r, err
	}
	has := func(of string) bool { return of != "" && tx.box.Name(bucketListed, vigil.KeyName(of)) == string(name) }
	if !slices.ContainsFunc(r.Keys(), has) {
		return vigil.ListRow{}, fmt.Errorf("row %d of watchlist %s: %w: it has no key %q", r.N, r.List, vigil.ErrTampered, name)
	}
	return r, nil
}
