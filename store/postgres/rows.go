package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"vigil"
	"vigil/store/rule"
)

func rowPlace(list string, n int) []byte { return place(list, strconv.Itoa(n)) }

// putRows stores a watchlist's rows and the keys that lead to them.
func (w *write) putRows(rows []vigil.ListRow, lines [][]byte) error {
	kept := make([][]any, 0, len(rows))
	var listed [][]any
	for i, r := range rows {
		kept = append(kept, []any{r.List, r.N, w.box.Seal("rows", rowPlace(r.List, r.N), lines[i])})
		for _, k := range keysOf(r) {
			listed = append(listed, []any{w.blind("listed", vigil.KeyName(k)), r.List, r.N})
		}
	}
	if err := w.send(); err != nil {
		return err
	}
	if _, err := w.conn.CopyFrom(w.ctx, pgx.Identifier{"rows"}, []string{"list", "n", "data"}, pgx.CopyFromRows(kept)); err != nil {
		return err
	}
	_, err := w.conn.CopyFrom(w.ctx, pgx.Identifier{"listed"}, []string{"key", "list", "n"}, pgx.CopyFromRows(listed))
	return err
}

// keysOf returns what a row is looked up by, each name once.
func keysOf(r vigil.ListRow) (keys []string) {
	seen := map[string]bool{}
	for _, k := range r.Keys() {
		if name := vigil.KeyName(k); k != "" && !seen[name] {
			seen[name] = true
			keys = append(keys, k)
		}
	}
	return keys
}

func (r read) parseRow(list string, n int, v []byte) (row vigil.ListRow, err error) {
	if v, err = r.box.Open("rows", rowPlace(list, n), v); err != nil {
		return row, err
	}
	if err := json.Unmarshal(v, &row); err != nil {
		return vigil.ListRow{}, fmt.Errorf("row %d of watchlist %s: %w: %v", n, list, vigil.ErrTampered, err)
	}
	if row.List != list || row.N != n {
		return vigil.ListRow{}, fmt.Errorf("row %d of watchlist %s: %w: it says that it is row %d of %q", n, list, vigil.ErrTampered, row.N, row.List)
	}
	return row, nil
}

// rowsFrom returns up to most rows of a list, from number n on.
func (r read) rowsFrom(list string, n, most int) (rows []vigil.ListRow, err error) {
	var (
		at int
		v  []byte
	)
	err = r.each(`SELECT n, data FROM rows WHERE list = $1 AND n >= $2 ORDER BY n LIMIT $3`, []any{list, n, most}, []any{&at, &v}, func() error {
		if at != n+len(rows) {
			return fmt.Errorf("watchlist %s: %w: row %d is gone", list, vigil.ErrTampered, n+len(rows))
		}
		row, err := r.parseRow(list, at, v)
		rows = append(rows, row)
		return err
	})
	return rows, err
}

// ListRows implements [store.Reader].
func (s *Store) ListRows(ctx context.Context, list string) iter.Seq2[vigil.ListRow, error] {
	return func(yield func(vigil.ListRow, error) bool) {
		fail := func(err error) { yield(vigil.ListRow{}, fmt.Errorf("list rows: %w", err)) }
		var w vigil.Watchlist
		err := s.view(ctx, func(r read) (err error) {
			w, err = newest[vigil.Watchlist](r, vigil.TypeWatchlist, list)
			return err
		})
		if err != nil {
			fail(err)
			return
		}
		n := 0
		for row, err := range pieces(ctx, s.view, 1, func(r read, from, most int) ([]vigil.ListRow, int, error) {
			rows, err := r.rowsFrom(list, from, most)
			return rows, from + len(rows), err
		}) {
			if err != nil {
				fail(err)
				return
			}
			n++
			if !yield(row, nil) {
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
	err = s.view(ctx, func(r read) error {
		rows = nil
		if of == "" {
			return nil
		}
		var (
			key  = r.blind("listed", vigil.KeyName(of))
			list string
			n    int
			v    []byte
		)
		return r.each(`SELECT list, n, data FROM listed LEFT JOIN rows USING (list, n) WHERE key = $1 ORDER BY list, n`, []any{key}, []any{&list, &n, &v}, func() error {
			if v == nil {
				return fmt.Errorf("row %d of watchlist %s: %w: it is gone", n, list, vigil.ErrTampered)
			}
			row, err := r.parseRow(list, n, v)
			if err != nil {
				return err
			}
			has := func(k string) bool { return k != "" && string(r.blind("listed", vigil.KeyName(k))) == string(key) }
			if !slices.ContainsFunc(row.Keys(), has) {
				return fmt.Errorf("row %d of watchlist %s: %w: it has no such key", n, list, vigil.ErrTampered)
			}
			rows = append(rows, row)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("look up a key in watchlists: %w", err)
	}
	return rows, nil
}

// listsOf returns the names of the watchlists that an assessment's identifiers hit,
// sorted, each once.
func (r read) listsOf(a vigil.Assessment) (names []string, err error) {
	var keys [][]byte
	for _, id := range a.Identifiers {
		if id.Links() {
			keys = append(keys, r.blind("listed", vigil.KeyName(id.Key)))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	lists, err := r.ids(`SELECT DISTINCT list FROM listed WHERE key = ANY($1)`, keys)
	if err != nil {
		return nil, err
	}
	for _, id := range lists {
		w, err := newest[vigil.Watchlist](r, vigil.TypeWatchlist, id)
		if err != nil {
			return nil, err
		}
		names = append(names, w.Name)
	}
	return sorted(names), nil
}

// Watchlists implements [store.Reader].
func (s *Store) Watchlists(ctx context.Context) (ws []vigil.Watchlist, err error) {
	if ws, err = all[vigil.Watchlist](ctx, s, vigil.TypeWatchlist); err != nil {
		return nil, fmt.Errorf("list watchlists: %w", err)
	}
	slices.SortFunc(ws, func(a, b vigil.Watchlist) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.AsOf, b.AsOf), a.ImportedAt.Compare(b.ImportedAt), cmp.Compare(a.ID, b.ID))
	})
	return ws, nil
}

// Ties implements [store.Reader].
func (s *Store) Ties(ctx context.Context) (ts []vigil.Tie, err error) {
	if ts, err = all[vigil.Tie](ctx, s, vigil.TypeTie); err != nil {
		return nil, fmt.Errorf("list ties: %w", err)
	}
	slices.SortFunc(ts, func(a, b vigil.Tie) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return ts, nil
}

// Accounts implements [store.Reader].
func (s *Store) Accounts(ctx context.Context) (as []vigil.Account, err error) {
	if as, err = all[vigil.Account](ctx, s, vigil.TypeAccount); err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return as, nil
}

// Filters implements [store.Reader].
func (s *Store) Filters(ctx context.Context, owner string) (fs []vigil.SavedFilter, err error) {
	if fs, err = all[vigil.SavedFilter](ctx, s, vigil.TypeFilter); err != nil {
		return nil, fmt.Errorf("list filters: %w", err)
	}
	fs = slices.DeleteFunc(fs, func(f vigil.SavedFilter) bool { return f.Query == "" || owner != "" && f.Owner != owner })
	slices.SortFunc(fs, func(a, b vigil.SavedFilter) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Owner, b.Owner))
	})
	return fs, nil
}

// all returns the newest version of each record of a type, by ID.
func all[R any](ctx context.Context, s *Store, typ string) (rs []R, err error) {
	err = s.glance(ctx, func(r read) error {
		rs, err = newestOfEach[R](r, typ)
		return err
	})
	return rs, err
}

// Assessed implements [store.Reader].
func (s *Store) Assessed(ctx context.Context, prefix string, limit int) (ids []string, err error) {
	if err := rule.Name("ID", prefix); err != nil {
		return nil, fmt.Errorf("look for listings: %w", err)
	}
	err = s.view(ctx, func(r read) error {
		ids, err = r.ids(`SELECT listing FROM triage WHERE listing >= $1 AND starts_with(listing, $1) ORDER BY listing LIMIT $2`, prefix, max(limit, 0))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for listings: %w", err)
	}
	return ids, nil
}
