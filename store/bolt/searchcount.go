package bolt

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vigil/internal/search"
	"vigil/store"
)

// A tally counts names, which are numbers from 0 without large gaps.
type tally []int

func (t *tally) add(n name) {
	for int(n) >= len(*t) {
		*t = append(*t, make([]int, max(64, int(n)+1-len(*t)))...)
	}
	(*t)[n]++
}

// Times as they sort count nanoseconds, and 1970 is in their middle.
const (
	daySort   = uint64(24 * time.Hour)
	dayOffset = 1 << 63 % daySort
)

// A census counts documents by their facts.
type census struct {
	n                                                int
	levels                                           [256]int
	genre, vendor, source, typ, verdict, tags, lists tally
	days                                             map[uint64]int // of capture, numbered from the first that has a number
}

func (c *census) add(d *docFacts) {
	c.n++
	c.levels[d.level]++
	c.genre.add(d.genre)
	c.vendor.add(d.vendor)
	c.source.add(d.source)
	c.typ.add(d.typ)
	c.verdict.add(d.verdict)
	c.tags.add(d.tags)
	c.lists.add(d.lists)
	if d.at != 0 {
		c.days[(max(d.at, dayOffset)-dayOffset)/daySort]++
	}
}

// count counts all documents that answer the query; of most documents the newest,
// unless that is 0.
func (f *finder) count(ctx context.Context, most int) (*store.SearchCount, error) {
	c := census{days: map[uint64]int{}}
	more := false
	all := f.newestFirst(hitPlace{last: f.last, doc: f.last + 1}, most)
	for {
		p, d, a, err := all(ctx)
		if err != nil {
			return nil, err
		}
		if p.doc == 0 {
			break
		}
		if a == enough {
			more = true
			break
		}
		is, known := a == yes, true
		if a == perhaps {
			if is, known, err = f.readText(p.doc, d); err != nil {
				return nil, err
			}
		}
		more = more || !known
		if is {
			c.add(d)
		}
	}
	facets, err := f.facets(c)
	return &store.SearchCount{N: c.n, AtLeast: more, Facets: facets}, err
}

func (f *finder) facets(c census) (fs []store.Facet, err error) {
	for _, kind := range store.FacetNames() {
		var vs []store.FacetValue
		switch kind {
		case search.Level:
			vs = levelValues(c)
		case search.Genre:
			vs, err = f.values(nameGenre, c.genre)
		case search.Vendor:
			vs, err = f.values(nameVendor, c.vendor)
		case search.Source:
			vs, err = f.values(nameSource, c.source)
		case search.Type:
			vs, err = f.values(nameType, c.typ)
		case search.Decision:
			vs, err = f.values(nameVerdict, c.verdict)
		case search.Watchlist:
			vs, err = f.namesValues(nameLists, c.lists)
		case search.Tag:
			vs, err = f.namesValues(nameTags, c.tags)
		case store.FacetMonth:
			vs = monthValues(c)
		}
		if err != nil {
			return nil, err
		}
		fs = append(fs, facet(kind, vs))
	}
	return fs, nil
}

// facet sorts values, and leaves out all but the first.
func facet(kind search.Kind, vs []store.FacetValue) store.Facet {
	slices.SortFunc(vs, func(a, b store.FacetValue) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Value, b.Value)) })
	n := min(len(vs), store.MaxFacetValues)
	return store.Facet{Name: kind, Values: vs[:n:n], More: len(vs) - n}
}

func levelValues(c census) (vs []store.FacetValue) {
	for i, n := range c.levels {
		if l := (docFacts{level: byte(i)}).levelName(); l != "" && n > 0 {
			vs = append(vs, store.FacetValue{Value: string(l), N: n})
		}
	}
	return vs
}

func monthValues(c census) []store.FacetValue {
	months := map[string]int{}
	for day, n := range c.days {
		months[docFacts{at: day*daySort + dayOffset}.captured().Format("2006-01")] += n
	}
	return valuesOf(months)
}

func valuesOf(counts map[string]int) (vs []store.FacetValue) {
	for v, n := range counts {
		vs = append(vs, store.FacetValue{Value: v, N: n})
	}
	return vs
}

// values returns the counts by the texts that names stand for. Of many names only
// the most frequent are read.
func (f *finder) values(kind byte, t tally) (vs []store.FacetValue, err error) {
	least := leastOf(t)
	for n, count := range t {
		if n == 0 || count == 0 {
			continue
		}
		v := store.FacetValue{N: count}
		if count >= least {
			if v.Value, err = f.text(kind, name(n)); err != nil {
				return nil, err
			}
		}
		vs = append(vs, v)
	}
	return vs, nil
}

// leastOf returns a count that at least as many names reach as are shown, or all.
func leastOf(t tally) int {
	if len(t) <= 4*store.MaxFacetValues {
		return 0
	}
	counts := slices.Clone(t[1:])
	slices.Sort(counts)
	return counts[len(counts)-store.MaxFacetValues]
}

// namesValues is values for texts that are lists of names.
func (f *finder) namesValues(kind byte, t tally) ([]store.FacetValue, error) {
	counts := map[string]int{}
	for n, count := range t {
		if n == 0 || count == 0 {
			continue
		}
		text, err := f.text(kind, name(n))
		if err != nil {
			return nil, err
		}
		for _, list := range splitNames(text) {
			counts[list] += count
		}
	}
	return valuesOf(counts), nil
}
