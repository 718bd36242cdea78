package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/internal/search"
	"vigil/store"
)

// A ListedRequest asks which listings name what is on watchlists. The zero request
// asks for all of them.
type ListedRequest struct {
	List      string // only hits of the list with this name
	Programme string // only hits whose row is of this programme
	Skip      int    // listings that come before
	Limit     int    // at most; 0 for 25
}

// A Listed is a listing that names what is on watchlists.
type Listed struct {
	store.SearchHit
	Hits []vigil.Hit // that were asked for: terrorism first, then what is in force
}

// A ListedResult is a page of listings with hits: those of terrorism programmes
// first, then those of rows in force, then higher levels.
type ListedResult struct {
	Page       []Listed
	N          int  // listings in all
	Cut        bool // there are more listings with hits than were looked at
	Lists      []ListedCount
	Programmes []ListedCount // of the listings that were looked at
}

// A ListedCount says how many listings have a hit of a list or a programme.
type ListedCount struct {
	Name   string
	N      int
	Terror bool
}

// maxListed bounds the listings that one call looks at. The search index says which
// have hits; what their rows say has to be looked up for each.
const maxListed = 5000

// Listed returns a page of the listings that name what is on watchlists, and logs
// the look. Identifiers are in full: they are shown masked ([display.Mask]).
func (d *Desk) Listed(ctx context.Context, r ListedRequest) (ListedResult, error) {
	if err := d.may(ctx, access.ReadHits); err != nil {
		return ListedResult{}, err
	}
	all, out, err := d.listed(ctx, r)
	if err != nil {
		return out, fmt.Errorf("look for watchlist hits: %w", err)
	}
	slices.SortStableFunc(all, func(a, b Listed) int {
		return cmp.Or(listedRank(a.Hits[0])-listedRank(b.Hits[0]), b.Facts.Level.Rank()-a.Facts.Level.Rank())
	})
	if r.Limit <= 0 {
		r.Limit = 25
	}
	out.N = len(all)
	from := min(max(r.Skip, 0), len(all))
	out.Page = all[from:min(from+r.Limit, len(all))]
	if err := d.showListed(ctx, r, out.Page); err != nil {
		return ListedResult{}, err
	}
	act := d.act(vigil.ActView, "")
	act.Object = vigil.Object{Type: "case", ID: "watchlist hits"}
	act.Details = map[string]string{"listings": fmt.Sprint(len(out.Page)), "found": fmt.Sprint(out.N)}
	if r.List != "" {
		act.Details["list"] = r.List
	}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act}); err != nil {
		return ListedResult{}, fmt.Errorf("log the view of watchlist hits: %w", err)
	}
	return out, nil
}

// showListed looks up what a page's listings name as it is written, too, and takes out
// what the person may not see.
func (d *Desk) showListed(ctx context.Context, r ListedRequest, page []Listed) error {
	for i, l := range page {
		hits, err := d.hitsOf(ctx, l.Listing, l.Assessment)
		if err != nil {
			return err
		}
		if hits = r.chosen(hits); len(hits) > 0 {
			page[i].Hits = hits
		}
		k, err := d.docketOf(ctx, store.Item{Listing: l.Listing, Assessment: l.Assessment})
		if err != nil {
			return err
		}
		page[i].SearchHit = d.veiledHit(&k, l.SearchHit)
		if k.restricted() {
			page[i].Hits = display.ShieldedHits(page[i].Hits)
		}
	}
	return nil
}

// chosen returns the hits that were asked for.
func (r ListedRequest) chosen(hits []vigil.Hit) []vigil.Hit {
	return slices.DeleteFunc(slices.Clone(hits), func(h vigil.Hit) bool {
		return r.List != "" && h.List.Name != r.List || r.Programme != "" && !slices.Contains(h.Row.Programmes, r.Programme)
	})
}

// listed looks the hits up of all listings that have some.
func (d *Desk) listed(ctx context.Context, r ListedRequest) (all []Listed, out ListedResult, err error) {
	q := search.Query{Clauses: []search.Clause{{Any: []search.Term{{Kind: search.Watchlist, Value: search.Any}}}}}
	req := store.SearchRequest{Query: q, Order: store.ByLevel, Limit: store.MaxHits}
	lists, programmes := map[string]ListedCount{}, map[string]ListedCount{}
	for looked := 0; ; {
		res, err := d.Store.Search(ctx, req)
		if err != nil {
			return nil, out, err
		}
		for _, hit := range res.Hits {
			// Of most, the identifiers are enough: without a text no word of it is looked up.
			hits, err := d.hitsOf(ctx, vigil.Listing{ID: hit.Listing.ID}, hit.Assessment)
			if err != nil {
				return nil, out, err
			}
			count(lists, hits, func(h vigil.Hit) []string { return []string{h.List.Name} })
			count(programmes, ListedRequest{List: r.List}.chosen(hits), func(h vigil.Hit) []string { return h.Row.Programmes })
			if hits = r.chosen(hits); len(hits) > 0 {
				all = append(all, Listed{hit, hits})
			}
		}
		looked += len(res.Hits)
		if req.Page = res.Next; req.Page == "" || looked >= maxListed {
			out.Cut = req.Page != ""
			break
		}
	}
	out.Lists, out.Programmes = counted(lists), counted(programmes)
	return all, out, nil
}

// hitsOf returns the hits of a listing, what matters most first.
func (d *Desk) hitsOf(ctx context.Context, l vigil.Listing, a vigil.Assessment) ([]vigil.Hit, error) {
	if d.Hits == nil || a.ID == "" {
		return nil, nil
	}
	hits, err := d.Hits(ctx, l, a)
	hits = slices.Clone(hits)
	slices.SortStableFunc(hits, func(a, b vigil.Hit) int { return listedRank(a) - listedRank(b) })
	return hits, err
}

// listedRank is lower for what comes first: terrorism, then what is in force.
func listedRank(h vigil.Hit) int {
	rank := 0
	if !h.Row.Terror {
		rank += 2
	}
	if h.State != vigil.HitCurrent {
		rank++
	}
	return rank
}

// count counts the names that a listing's hits have, each once.
func count(into map[string]ListedCount, hits []vigil.Hit, names func(vigil.Hit) []string) {
	seen := map[string]bool{}
	for _, h := range hits {
		for _, name := range names(h) {
			c := into[name]
			c.Name, c.Terror = name, c.Terror || h.Row.Terror
			if !seen[name] {
				seen[name] = true
				c.N++
			}
			into[name] = c
		}
	}
}

// counted returns counts, terrorism first, then the largest.
func counted(m map[string]ListedCount) []ListedCount {
	var cs []ListedCount
	for _, c := range m {
		cs = append(cs, c)
	}
	slices.SortFunc(cs, func(a, b ListedCount) int {
		if a.Terror != b.Terror {
			if a.Terror {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	return cs
}
