package link

// A tally counts the listings, vendors and sources of one key after another in
// time that goes with its edges.
type tally struct {
	g      *Graph
	vendor []uint32 // of each listing: its vendor on its source; 0 for none
	total  map[uint32]uint32

	// Of the key at hand.
	listings  int
	vendors   int
	sources   []*onSource
	now       uint32   // number of the key, from 1
	seen      []uint32 // key that met a vendor last
	perSource map[uint32]*onSource
}

// onSource counts what names a key on one source.
type onSource struct {
	source            uint32
	now               uint32
	listings, vendors int
}

func newTally(g *Graph) *tally {
	type seller struct{ source, name uint32 }
	t := &tally{g: g, vendor: make([]uint32, len(g.listings)), total: map[uint32]uint32{}, perSource: map[uint32]*onSource{}}
	sellers := map[seller]uint32{}
	for i, l := range g.listings {
		t.total[l.source]++
		if l.vendor == 0 {
			continue
		}
		s := seller{l.source, l.vendor}
		if sellers[s] == 0 {
			sellers[s] = uint32(len(sellers) + 1)
		}
		t.vendor[i] = sellers[s]
	}
	if g.o.Listings != nil {
		for s, n := range t.total {
			t.total[s] = max(n, uint32(max(0, g.o.Listings(g.names[s]))))
		}
	}
	t.seen = make([]uint32, len(sellers)+1)
	return t
}

// count looks at a key. Edges for the reuse of its hash on another chain do not
// count.
func (t *tally) count(n uint32) {
	t.now, t.listings, t.vendors, t.sources = n+1, 0, 0, t.sources[:0]
	for _, e := range t.g.ofKey(n) {
		if e.weak&bitReuse != 0 {
			continue
		}
		t.listings++
		s := t.on(t.g.listings[e.listing].source)
		s.listings++
		if v := t.vendor[e.listing]; v != 0 && t.seen[v] != t.now {
			t.seen[v] = t.now
			t.vendors++
			s.vendors++
		}
	}
}

// on returns the counts of a source for the key at hand.
func (t *tally) on(source uint32) *onSource {
	s := t.perSource[source]
	if s == nil {
		s = &onSource{source: source}
		t.perSource[source] = s
	}
	if s.now != t.now {
		s.now, s.listings, s.vendors = t.now, 0, 0
		t.sources = append(t.sources, s)
	}
	return s
}

// chrome returns the source on whose pages the key at hand stands; the first one
// met, if there are several, and false if there is none.
func (t *tally) chrome() (chrome, bool) {
	for _, s := range t.sources {
		of := t.total[s.source]
		if s.source != 0 && s.vendors >= t.g.o.ChromeVendors && float64(s.listings) > t.g.o.ChromeShare*float64(of) {
			return chrome{s.source, uint32(s.listings), of}, true
		}
	}
	return chrome{}, false
}
