package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"vigil"
)

// A listed is a watchlist that a log speaks of.
type listed struct {
	order string
	seq   int64
	vigil.Watchlist
	sum sum // of its rows under their keys, each less once it was looked up
}

// watchlist notes a watchlist, for its rows to be checked.
func (v *verifier) watchlist(e vigil.Event, b []byte) {
	l := &listed{order: e.Order, seq: e.Seq}
	if err := json.Unmarshal(b, &l.Watchlist); err != nil {
		v.fault(e.Order, e.Seq, "watchlist %s: %v", e.Object.ID, err)
		return
	}
	if v.lists[l.ID] == nil { // else this is a view of it
		v.lists[l.ID] = l
	}
}

// rows checks the rows of all watchlists against the hash that each list's record
// names, and what they are looked up by against the rows. Each key is looked up
// once, so that a key on many rows does not make many times as many.
func (v *verifier) rows(ctx context.Context) {
	lists := make([]*listed, 0, len(v.lists))
	for _, l := range v.lists {
		lists = append(lists, l)
	}
	slices.SortFunc(lists, func(a, b *listed) int { return cmp.Compare(a.seq, b.seq) })
	lookedUp := map[sum]bool{}
	for _, l := range lists {
		v.rowsOf(ctx, l, lookedUp)
	}
	for _, l := range lists {
		if l.sum != (sum{}) {
			v.fault(l.order, l.seq, "watchlist %s: its rows are looked up otherwise than they say", l.ID)
		}
	}
}

func (v *verifier) rowsOf(ctx context.Context, l *listed, lookedUp map[sum]bool) {
	var (
		h RowHash
		n int
	)
	for r, err := range v.r.ListRows(ctx, l.ID) {
		if err != nil {
			v.fault(l.order, l.seq, "%v", err)
			return
		}
		n++
		line, err := h.Add(r)
		if err != nil || r.N != n || r.List != l.ID {
			v.fault(l.order, l.seq, "watchlist %s: row %d says that it is row %d of %q (%v)", l.ID, n, r.N, r.List, err)
			return
		}
		row := string(line)
		for _, key := range keysOf(r) {
			l.sum.add(v.cell("row", key, row))
			if id := v.cell("key", key); !lookedUp[id] {
				lookedUp[id] = true
				v.lookUp(ctx, key)
			}
		}
	}
	v.report.Rows += n
	if n != l.Rows || h.Sum() != l.RowsSHA256 {
		v.fault(l.order, l.seq, "watchlist %s has %d rows with SHA-256 %s, its record says %d with %s", l.ID, n, h.Sum(), l.Rows, l.RowsSHA256)
	}
}

// lookUp takes what is found under a key from the sums of the lists it is of.
// Lists that were added since are not checked.
func (v *verifier) lookUp(ctx context.Context, key string) {
	rows, err := v.r.Listed(ctx, key)
	if err != nil {
		v.fault("", -1, "%v", err)
		return
	}
	for i, r := range rows {
		if i > 0 && cmp.Or(cmp.Compare(rows[i-1].List, r.List), cmp.Compare(rows[i-1].N, r.N)) >= 0 {
			v.fault("", -1, "row %s of watchlist %s comes too late, or twice, under one key", strconv.Itoa(r.N), r.List)
		}
		l := v.lists[r.List]
		if l == nil {
			continue
		}
		var h RowHash
		line, err := h.Add(r)
		if err != nil {
			v.fault(l.order, l.seq, "%v", err)
			continue
		}
		l.sum.take(v.cell("row", key, string(line)))
	}
}

// keysOf returns what a row is looked up by, each once.
func keysOf(r vigil.ListRow) []string {
	keys := slices.DeleteFunc(r.Keys(), func(k string) bool { return k == "" })
	slices.Sort(keys)
	return slices.Compact(keys)
}
