package watchlist

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"vigil"
)

// Lists is where the rows of lists are kept.
type Lists interface {
	// Watchlists returns every file of every list.
	Watchlists(ctx context.Context) ([]vigil.Watchlist, error)
	// Listed returns the rows that have a key among their [vigil.ListRow.Keys].
	Listed(ctx context.Context, key string) ([]vigil.ListRow, error)
}

// A Matcher finds what listings name of lists, as of one day. Keys match if they
// are equal, and nothing else does: addresses that only look alike are made to
// deceive.
//
// Files of one name are editions of one list, by their as-of dates; files of one
// date are parts of one edition. What an older edition names and the next one
// does not was taken off by then.
type Matcher struct {
	lists    Lists
	today    string
	files    map[string]vigil.Watchlist // by ID
	editions map[string][]string        // as-of dates of a name, oldest first
}

// NewMatcher returns a matcher over the lists as they are now. A list that is
// added later is not seen by it.
func NewMatcher(ctx context.Context, lists Lists, now time.Time) (*Matcher, error) {
	files, err := lists.Watchlists(ctx)
	if err != nil {
		return nil, fmt.Errorf("match watchlists: %w", err)
	}
	m := &Matcher{
		lists: lists, today: today(now),
		files: make(map[string]vigil.Watchlist, len(files)), editions: map[string][]string{},
	}
	for _, f := range files {
		m.files[f.ID] = f
		if !slices.Contains(m.editions[f.Name], f.AsOf) {
			m.editions[f.Name] = append(m.editions[f.Name], f.AsOf)
		}
	}
	for _, dates := range m.editions {
		slices.Sort(dates)
	}
	return m, nil
}

// today is the day by which rows are in force or not.
func today(now time.Time) string { return now.UTC().Format(time.DateOnly) }

// Hits returns what a listing names of the lists, by place: the identifiers of
// its assessment, and words of its text that equal a row which fits no rule. An
// identifier that is named twice is reported where it stands first.
//
// A list hits once for each identifier and each party and programme that it
// names with it, in its newest edition that does.
func (m *Matcher) Hits(ctx context.Context, l vigil.Listing, a vigil.Assessment) ([]vigil.Hit, error) {
	if l.ID != a.ID {
		return nil, fmt.Errorf("match watchlists: the assessment is of listing %q, not of %q", a.ID, l.ID)
	}
	var hits []vigil.Hit
	seen := map[string]bool{}
	for _, id := range a.Identifiers {
		if !id.Links() || seen[id.Key] {
			continue
		}
		seen[id.Key] = true
		found, err := m.Key(ctx, id.Key)
		if err != nil {
			return nil, err
		}
		for _, h := range found {
			h.Listing, h.Identifier = l.ID, id
			hits = append(hits, h)
		}
	}
	for _, w := range words(l, a) {
		if seen[w.Key] {
			continue
		}
		seen[w.Key] = true
		found, err := m.Key(ctx, w.Key)
		if err != nil {
			return nil, err
		}
		for _, h := range found {
			h.Listing, h.Identifier, h.Exact = l.ID, w, true
			hits = append(hits, h)
		}
	}
	slices.SortStableFunc(hits, func(a, b vigil.Hit) int {
		return cmp.Or(-cmp.Compare(a.Identifier.Field, b.Identifier.Field), cmp.Compare(a.Identifier.Start, b.Identifier.Start)) // title first
	})
	return hits, nil
}

// Key returns the hits of one key, by list and row, without listing and
// identifier.
func (m *Matcher) Key(ctx context.Context, key string) ([]vigil.Hit, error) {
	rows, err := m.lists.Listed(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("match watchlists: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	newest := map[string]string{} // as-of date of the newest edition with the key, by name
	for _, r := range rows {
		f, ok := m.files[r.List]
		if !ok {
			return nil, fmt.Errorf("match watchlists: row %d has %s and is of list %s, which is not known", r.N, key, r.List)
		}
		newest[f.Name] = max(newest[f.Name], f.AsOf)
	}
	var hits []vigil.Hit
	for _, r := range rows {
		f := m.files[r.List]
		if f.AsOf != newest[f.Name] {
			continue
		}
		h := vigil.Hit{Row: r, List: f}
		h.State, h.Since = m.state(f, r)
		hits = append(hits, h)
	}
	return oneEach(hits), nil
}

// state says whether a row is in force today, and since when it is not.
func (m *Matcher) state(f vigil.Watchlist, r vigil.ListRow) (vigil.HitState, string) {
	dates := m.editions[f.Name]
	later, _ := slices.BinarySearch(dates, f.AsOf)
	switch {
	case r.Delisted != "" && r.Delisted <= m.today:
		return vigil.HitDelisted, r.Delisted
	case later+1 < len(dates):
		return vigil.HitDelisted, dates[later+1]
	case r.Until != "" && r.Until < m.today:
		return vigil.HitExpired, dayAfter(r.Until)
	case r.From > m.today:
		return vigil.HitFuture, ""
	}
	return vigil.HitCurrent, ""
}

// oneEach keeps of the hits with the same list, party and programmes the one
// that is in force, or the newest import's, or the first row's. It returns them
// by list and row.
func oneEach(hits []vigil.Hit) []vigil.Hit {
	slices.SortStableFunc(hits, func(a, b vigil.Hit) int {
		return cmp.Or(
			cmp.Compare(a.List.Name, b.List.Name),
			cmp.Compare(weight(a.State), weight(b.State)),
			b.List.ImportedAt.Compare(a.List.ImportedAt),
			cmp.Compare(a.List.ID, b.List.ID),
			cmp.Compare(a.Row.N, b.Row.N),
		)
	})
	var out []vigil.Hit
	for _, h := range hits {
		same := func(o vigil.Hit) bool {
			return o.List.Name == h.List.Name && o.Row.PartyID == h.Row.PartyID && o.Row.Party == h.Row.Party &&
				slices.Equal(o.Row.Programmes, h.Row.Programmes)
		}
		if len(out) < maxHits && !slices.ContainsFunc(out, same) {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b vigil.Hit) int {
		return cmp.Or(cmp.Compare(a.List.Name, b.List.Name), cmp.Compare(a.List.ID, b.List.ID), cmp.Compare(a.Row.N, b.Row.N))
	})
	return out
}

// maxHits is how many hits one key may have: a list that names one address a
// million times must not take all day.
const maxHits = 100

// weight orders states by how much they say.
func weight(s vigil.HitState) int {
	return slices.Index([]vigil.HitState{vigil.HitCurrent, vigil.HitFuture, vigil.HitExpired, vigil.HitDelisted}, s)
}
