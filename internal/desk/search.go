package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/search"
	"vigil/store"
)

// Search finds listings: a page with as many hits as it may have, unless there are
// no more, or the request bounds how many are looked at: then it looks at no more
// than a few times as many ([lookRounds]), and an empty page may have a Next. It logs
// how many and by which kinds of terms, not by which words. Restricted listings are
// found by what is known of them, never by what their pages say, and come without it:
// whoever guesses words, a vendor or an identifier learns nothing. Where others'
// decisions on a hit are not for the person, neither the hit nor a count gives them away.
func (d *Desk) Search(ctx context.Context, r store.SearchRequest) (store.SearchResult, error) {
	if err := d.may(ctx, access.Search); err != nil {
		return store.SearchResult{}, err
	}
	asked := r
	if readsText(r.Query) {
		r.Query = withoutRestricted(r.Query)
	}
	found, err := d.wholePage(ctx, r)
	if err != nil {
		return store.SearchResult{}, err
	}
	if err := d.shieldCount(ctx, asked, &found); err != nil {
		return store.SearchResult{}, err
	}
	if err := d.veil(ctx, asked.Query, &found); err != nil {
		return store.SearchResult{}, err
	}
	return found, d.logSearch(ctx, asked.Query, found)
}

// lookRounds is how often the case is asked for one page where a request bounds what
// is looked at each time: a fact that few listings have, or a phrase, should be met
// without many clicks.
const lookRounds = 4

// wholePage asks until a page has as many hits as it may, or there are no more, or
// enough was looked at.
func (d *Desk) wholePage(ctx context.Context, r store.SearchRequest) (all store.SearchResult, err error) {
	if r.Limit == 0 {
		r.Limit = store.DefaultHits
	}
	limit := min(r.Limit, store.MaxHits)
	for round := 1; ; round++ {
		res, err := d.Store.Search(ctx, r)
		if err != nil {
			return all, err
		}
		all.Hits, all.Next, all.Fingerprint = append(all.Hits, res.Hits...), res.Next, res.Fingerprint
		if res.Count != nil {
			all.Count = res.Count
		}
		if all.Next == "" || len(all.Hits) >= limit || r.Look > 0 && round >= lookRounds {
			return all, nil
		}
		r.Page, r.Count, r.Limit = res.Next, false, limit-len(all.Hits)
	}
}

// readsText reports whether an answer to a query tells what pages say.
func readsText(q search.Query) bool {
	return slices.ContainsFunc(q.Clauses, func(c search.Clause) bool {
		return slices.ContainsFunc(c.Any, func(t search.Term) bool { return !t.OfFacts() })
	})
}

// withoutRestricted returns a query that finds no restricted listing.
func withoutRestricted(q search.Query) search.Query {
	minor := search.Term{Kind: search.Decision, Value: string(vigil.SuspectedMinor)}
	return search.Query{Clauses: append(slices.Clone(q.Clauses), search.Clause{Not: true, Any: []search.Term{minor}})}
}

// shieldCount counts vendors anew where restricted listings are among what was
// counted: the name of one is what its page says.
func (d *Desk) shieldCount(ctx context.Context, r store.SearchRequest, found *store.SearchResult) error {
	if found.Count == nil || !counts(found.Count, search.Decision, string(vigil.SuspectedMinor)) {
		return nil
	}
	others, err := d.Store.Search(ctx, store.SearchRequest{Query: withoutRestricted(r.Query), Limit: 1, Count: true, Look: r.Look})
	if err != nil {
		return err
	}
	c := *found.Count
	c.Facets = slices.Clone(c.Facets)
	for i, f := range c.Facets {
		if f.Name == search.Vendor {
			c.Facets[i] = facetOf(others.Count, search.Vendor)
		}
	}
	found.Count = &c
	return nil
}

// facetOf returns a facet of a count; one without values if there is none.
func facetOf(c *store.SearchCount, name search.Kind) store.Facet {
	if c != nil {
		if i := slices.IndexFunc(c.Facets, func(f store.Facet) bool { return f.Name == name }); i >= 0 {
			return c.Facets[i]
		}
	}
	return store.Facet{Name: name}
}

// counts reports whether some of what was counted have, or may have, a value of a
// facet.
func counts(c *store.SearchCount, name search.Kind, value string) bool {
	f := facetOf(c, name)
	return f.More > 0 || slices.ContainsFunc(f.Values, func(v store.FacetValue) bool { return v.Value == value })
}

// veil takes out of a page what the person may not see.
func (d *Desk) veil(ctx context.Context, q search.Query, found *store.SearchResult) error {
	decided := asks(q, search.Decision)
	var kept []store.SearchHit
	hidden := false
	for _, h := range found.Hits {
		if h.Decision == nil || h.Assessment.ID == "" {
			kept = append(kept, h)
			continue
		}
		k, err := d.docketOf(ctx, store.Item{Listing: h.Listing, Assessment: h.Assessment})
		if err != nil {
			return err
		}
		blind := d.blind(&k) && len(d.visible(&k)) < len(k.ds)
		hidden = hidden || blind
		if blind && decided {
			continue
		}
		kept = append(kept, d.veiledHit(&k, h))
	}
	found.Hits = kept
	if found.Count == nil || d.Who.Solo {
		return nil
	}
	if hidden && decided {
		found.Count = nil
		return nil
	}
	if hidden || found.Next != "" { // others of the hits may be such
		c := *found.Count
		c.Facets = slices.DeleteFunc(slices.Clone(c.Facets), func(f store.Facet) bool { return f.Name == search.Decision })
		found.Count = &c
	}
	return nil
}

// veiledHit returns a hit as the person may meet it.
func (d *Desk) veiledHit(k *docket, h store.SearchHit) store.SearchHit {
	it := d.veiled(k, false)
	h.Decision, h.Facts.Verdict = it.Decision, ""
	if it.Decision != nil {
		h.Facts.Verdict = it.Decision.Verdict
	}
	if k.restricted() {
		h.Listing, h.Assessment, h.Marks = it.Listing, it.Assessment, nil
	}
	return h
}

// asks reports whether a query has a term of a kind.
func asks(q search.Query, kind search.Kind) bool {
	return slices.ContainsFunc(q.Clauses, func(c search.Clause) bool {
		return slices.ContainsFunc(c.Any, func(t search.Term) bool { return t.Kind == kind })
	})
}

// logSearch says in the log that somebody searched, and how much was found. Words
// and identifiers may be somebody's data, and even their hash could be guessed: of
// these it says the number, and a hash that is keyed.
func (d *Desk) logSearch(ctx context.Context, q search.Query, found store.SearchResult) error {
	kinds := map[string]int{}
	for _, c := range q.Clauses {
		for _, t := range c.Any {
			kinds[string(t.Kind)]++
		}
	}
	var terms []string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		terms = append(terms, fmt.Sprintf("%s %d", k, kinds[k]))
	}
	act := d.act(vigil.ActSearch, "")
	act.Object = vigil.Object{Type: "case", ID: "search"}
	act.Details = map[string]string{"terms": strings.Join(terms, ", "), "shown": fmt.Sprint(len(found.Hits))}
	if found.Count != nil {
		act.Details["found"] = fmt.Sprint(found.Count.N)
		if found.Count.AtLeast {
			act.Details["found"] = "at least " + act.Details["found"]
		}
	}
	if found.Fingerprint != "" {
		act.Details["query"] = found.Fingerprint
	}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act}); err != nil {
		return fmt.Errorf("log the search: %w", err)
	}
	return nil
}
