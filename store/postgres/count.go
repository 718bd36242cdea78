package postgres

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"vigil/internal/search"
	"vigil/store"
)

// countPiece is how many documents are read at once to be counted.
const countPiece = 5000

// count counts all documents that answer the query; of as many as may be looked at, the newest.
func (f *finder) count() (*store.SearchCount, error) {
	at := hitPlace{snapshot: f.at.snapshot, level: maxLevel}
	floor, err := f.floor(at)
	if err != nil {
		return nil, err
	}
	var (
		c = census{alike: map[string]*alike{}, vendors: map[string]int{}, tallies: map[search.Kind]map[string]int{}}
		n = &store.SearchCount{AtLeast: floor > 0}
	)
	for _, kind := range store.FacetNames() {
		c.tallies[kind] = map[string]int{}
	}
	if f.sure {
		err = f.countAll(&c, floor)
	} else {
		n.AtLeast, err = f.countRead(&c, at, floor)
		n.AtLeast = n.AtLeast || floor > 0
	}
	if err != nil {
		return nil, err
	}
	if err := c.sum(); err != nil {
		return nil, err
	}
	n.N = c.n
	for _, kind := range store.FacetNames() {
		n.Facets = append(n.Facets, facet(kind, c.tallies[kind]))
	}
	return n, nil
}

// countAll counts what the database finds, in any order.
func (f *finder) countAll(c *census, floor int64) error {
	var (
		where = f.where
		n     int64
		data  []byte
	)
	where.and(`n > ` + where.arg(floor))
	return f.look(`SELECT n, data FROM docs WHERE `+where.sql, where.args, []any{&n, &data}, func() error {
		b, err := f.box.Open("docs", docPlace(n), data)
		if err != nil {
			return err
		}
		return c.add(b)
	})
}

// countRead counts documents whose texts must be read. Short says that there are more
// than may be.
func (f *finder) countRead(c *census, at hitPlace, floor int64) (short bool, err error) {
	for {
		cs, err := f.candidates(store.Newest, at, floor, countPiece)
		if err != nil {
			return false, err
		}
		for _, one := range cs {
			at = one.hitPlace
			is, known, err := f.matches(one)
			if err != nil {
				return false, err
			}
			short = short || !known
			if !is {
				continue
			}
			b, err := f.box.Open("docs", docPlace(one.doc), one.data)
			if err == nil {
				err = c.add(b)
			}
			if err != nil {
				return false, err
			}
		}
		if len(cs) < countPiece {
			return short, nil
		}
	}
}

// A census counts documents by their facts.
type census struct {
	n       int
	alike   map[string]*alike
	vendors map[string]int // by their names as they are kept
	tallies map[search.Kind]map[string]int
}

// An alike is a number of documents that are counted as one.
type alike struct {
	facts docFacts
	n     int
}

// maxAlike bounds how many of these a census keeps before it sums them up.
const maxAlike = 20_000

// add counts a document by its facts as they are kept. To read these anew for each would
// take longer than all else: most are those of another, but for vendor, page and day.
func (c *census) add(b []byte) error {
	c.n++
	key, vendor := countedAs(b)
	if vendor != nil {
		c.vendors[string(vendor)]++
	}
	if a := c.alike[string(key)]; a != nil {
		a.n++
		return nil
	}
	if len(c.alike) == maxAlike {
		if err := c.sum(); err != nil {
			return err
		}
	}
	a := &alike{n: 1}
	if err := json.Unmarshal(b, &a.facts); err != nil {
		return err
	}
	if vendor != nil {
		a.facts.Vendor = ""
	}
	c.alike[string(key)] = a
	return nil
}

// countedAs parts a document's facts as they are kept: into what they are counted by but
// for the vendor, and this, as a text in quotes. The page is left out, and what of the
// time stands behind the month. If it does not know the form, key is all of them. Within
// a text each quote stands behind a backslash, so that no text looks like a name.
func countedAs(b []byte) (key, vendor []byte) {
	const captured, waiting, vendorName, page = `,"Captured":"`, `,"Waiting":`, `,"Vendor":`, `,"Page":"`
	before, rest, ok := bytes.Cut(b, []byte(captured))
	i, j, k := bytes.Index(rest, []byte(waiting)), bytes.Index(rest, []byte(vendorName)), bytes.Index(rest, []byte(page))
	if !ok || i < len(`2006-01Z"`) || j < i || k < j {
		return b, nil
	}
	month := rest[:len("2006-01")]
	if rest[i-2] != 'Z' || bytes.HasPrefix(rest, []byte("0001-01")) { // of another zone, or of none
		month = rest[:i]
	}
	return slices.Concat(before, []byte(captured), month, rest[i:j]), rest[j+len(vendorName) : k]
}

// sum adds up what was counted.
func (c *census) sum() error {
	for _, a := range c.alike {
		tallyFacts(c.tallies, a.facts, a.n)
	}
	for text, n := range c.vendors {
		var d docFacts
		if err := json.Unmarshal([]byte(text), &d.Vendor); err != nil {
			return err
		}
		tallyFacts(c.tallies, d, n)
	}
	clear(c.alike)
	clear(c.vendors)
	return nil
}

// tallyFacts counts the values of the facts that n documents have.
func tallyFacts(tallies map[search.Kind]map[string]int, d docFacts, n int) {
	add := func(kind search.Kind, values ...string) {
		for _, v := range sorted(values) {
			if v != "" {
				tallies[kind][v] += n
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
