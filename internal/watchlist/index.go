package watchlist

import (
	"context"
	"fmt"
	"slices"

	"vigil"
)

// An Index holds lists in memory: for matching a whole case, or without one. The
// zero Index is empty. Adding must not run beside anything else.
type Index struct {
	lists []vigil.Watchlist
	rows  map[string][]*vigil.ListRow
}

// Add adds a file of a list. Its rows are not copied: they must not change.
func (x *Index) Add(w vigil.Watchlist, rows []vigil.ListRow) error {
	if slices.ContainsFunc(x.lists, func(o vigil.Watchlist) bool { return o.ID == w.ID }) {
		return nil // the same file under the same name and date
	}
	if x.rows == nil {
		x.rows = map[string][]*vigil.ListRow{}
	}
	for i := range rows {
		if rows[i].List != w.ID {
			return fmt.Errorf("add watchlist %s: row %d is of list %q", w.ID, rows[i].N, rows[i].List)
		}
		for _, k := range rows[i].Keys() {
			x.rows[k] = append(x.rows[k], &rows[i])
		}
	}
	x.lists = append(x.lists, w)
	return nil
}

// Watchlists implements [Lists].
func (x *Index) Watchlists(context.Context) ([]vigil.Watchlist, error) { return x.lists, nil }

// Listed implements [Lists].
func (x *Index) Listed(_ context.Context, key string) ([]vigil.ListRow, error) {
	found := x.rows[key]
	if len(found) == 0 {
		return nil, nil
	}
	out := make([]vigil.ListRow, len(found))
	for i, r := range found {
		out[i] = *r
	}
	return out, nil
}
