package postgres

import (
	"cmp"
	"slices"

	"vigil/internal/search"
	"vigil/store"
)

// countPiece is how many documents are read at once to be counted.
const countPiece = 5000

// count counts all documents that answer the query.
func (f *finder) count() (*store.SearchCount, error) {
	tallies := map[search.Kind]map[string]int{}
	for _, kind := range store.FacetNames() {
		tallies[kind] = map[string]int{}
	}
	c := &store.SearchCount{}
	at := hitPlace{snapshot: f.at.snapshot, level: maxLevel}
	for {
		cs, err := f.candidates(at, countPiece)
		if err != nil {
			return nil, err
		}
		for _, one := range cs {
			at = one.hitPlace
			is, known, err := f.matches(one)
			if err != nil {
				return nil, err
			}
			c.AtLeast = c.AtLeast || !known
			if !is {
				continue
			}
			d, err := f.facts(one)
			if err != nil {
				return nil, err
			}
			c.N++
			tallyFacts(tallies, d)
		}
		if len(cs) < countPiece {
			break
		}
	}
	for _, kind := range store.FacetNames() {
		c.Facets = append(c.Facets, facet(kind, tallies[kind]))
	}
	return c, nil
}

// tallyFacts counts the values of a document's facts.
func tallyFacts(tallies map[search.Kind]map[string]int, d docFacts) {
	add := func(kind search.Kind, values ...string) {
		for _, v := range sorted(values) {
			if v != "" {
				tallies[kind][v]++
			}
		}
	}
	add(search.Level, string(d.Level))
	add(search.Genre, string(d.Genre))
	add(search.Vendor, d.Vendor)
	add(search.Source, d.Source)
	add(search.Type, string(d.Type))
	add(search.Decision, string(d.Verdict))
	add(search.Tag, d.Tags...)
	add(search.Watchlist, d.Lists...)
	if !d.Captured.IsZero() {
		add(store.FacetMonth, d.Captured.UTC().Format("2006-01"))
	}
}

// facet sorts values, and leaves out all but the first.
func facet(kind search.Kind, counts map[string]int) store.Facet {
	var vs []store.FacetValue
	for v, n := range counts {
		vs = append(vs, store.FacetValue{Value: v, N: n})
	}
	slices.SortFunc(vs, func(a, b store.FacetValue) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Value, b.Value)) })
	n := min(len(vs), store.MaxFacetValues)
	return store.Facet{Name: kind, Values: vs[:n:n], More: len(vs) - n}
}
