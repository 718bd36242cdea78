package link

import (
	"cmp"
	"slices"
	"strings"

	"vigil"
)

// A Graph is what [Build] makes. It is not changed afterwards, and may be read
// by several goroutines.
type Graph struct {
	o        Options
	c        corrections
	examples map[string]string

	names    []string
	listings []listing // sorted by ID
	keys     []key     // sorted by key, then chain
	edges    []edge    // sorted by key, then listing
	spots    []spot
	idents   []ident
	hows     []how
	raws     []string
	chromes  map[uint32]chrome // of the keys that are
	shared   map[uint32]string // why, of the keys that are

	// The edges of listing i are edges[at] for at in ofListing[starts[i]:starts[i+1]],
	// in order of their keys.
	starts    []uint32
	ofListing []uint32

	components []component // by size, then ID
	component  []uint32    // of each listing
	members    []uint32    // listings, by component, then ID
}

// finish computes what needs the whole graph.
func (g *Graph) finish() {
	g.sortListings()
	g.indexListings()
	g.judge()
	g.connect()
}

// sortListings gives listings numbers in the order of their IDs.
func (g *Graph) sortListings() {
	order := make([]uint32, len(g.listings))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(i, j uint32) int { return strings.Compare(g.listings[i].id, g.listings[j].id) })
	sorted, number := make([]listing, len(order)), make([]uint32, len(order))
	for n, i := range order {
		sorted[n], number[i] = g.listings[i], uint32(n)
	}
	g.listings = sorted
	for i := range g.edges {
		g.edges[i].listing = number[g.edges[i].listing]
	}
	if g.o.About != nil {
		g.askAbout()
	}
}

// askAbout fills in listings that only a join names.
func (g *Graph) askAbout() {
	names := &names{index: map[string]uint32{}, all: g.names}
	for i, n := range g.names {
		names.index[n] = uint32(i)
	}
	for i := range g.listings {
		l := &g.listings[i]
		if l.first != never {
			continue
		}
		source, vendor, first, last := g.o.About(l.id)
		l.source, l.vendor = names.of(source), names.of(vendor)
		if !first.IsZero() && !last.IsZero() {
			l.first, l.last = micros(first), micros(last)
		}
	}
	g.names = names.all
}

func (g *Graph) indexListings() {
	g.starts = make([]uint32, len(g.listings)+1)
	for _, e := range g.edges {
		g.starts[e.listing+1]++
	}
	for i := range g.listings {
		g.starts[i+1] += g.starts[i]
	}
	g.ofListing = make([]uint32, len(g.edges))
	next := slices.Clone(g.starts)
	for i, e := range g.edges {
		g.ofListing[next[e.listing]] = uint32(i)
		next[e.listing]++
	}
}

// ofKey returns the edges of a key.
func (g *Graph) ofKey(k uint32) []edge {
	return g.edges[g.keys[k].from:g.keyEnd(k)]
}

func (g *Graph) keyEnd(k uint32) uint32 {
	if int(k)+1 < len(g.keys) {
		return g.keys[k+1].from
	}
	return uint32(len(g.edges))
}

// edgesOf returns the numbers of a listing's edges.
func (g *Graph) edgesOf(l uint32) []uint32 { return g.ofListing[g.starts[l]:g.starts[l+1]] }

// find returns the number of a listing.
func (g *Graph) find(id string) (uint32, bool) {
	i, ok := slices.BinarySearchFunc(g.listings, id, func(l listing, id string) int { return strings.Compare(l.id, id) })
	return uint32(i), ok
}

// findKey returns the numbers of a key's nodes, from and below to.
func (g *Graph) findKey(k string) (from, to uint32) {
	i, _ := slices.BinarySearchFunc(g.keys, k, func(x key, k string) int { return strings.Compare(x.key, k) })
	j := i
	for j < len(g.keys) && g.keys[j].key == k {
		j++
	}
	return uint32(i), uint32(j)
}

// Sizes returns how many listings, keys and edges the graph has, and how many of
// the edges are strong.
func (g *Graph) Sizes() (listings, keys, edges, strong int) {
	for _, k := range g.keys {
		strong += int(k.strong)
	}
	return len(g.listings), len(g.keys), len(g.edges), strong
}

// Listing returns what is known of a listing; false if no identifier or join
// names it.
func (g *Graph) Listing(id string) (Listing, bool) {
	i, ok := g.find(id)
	if !ok {
		return Listing{}, false
	}
	return g.listingAt(i), true
}

func (g *Graph) listingAt(i uint32) Listing {
	l := g.listings[i]
	out := Listing{ID: l.id, Source: g.names[l.source], Vendor: g.names[l.vendor]}
	if l.first != never {
		out.First, out.Last = fromMicros(l.first), fromMicros(l.last)
	}
	return out
}

// A KeyEdges is a key with its edges.
type KeyEdges struct {
	Key
	Edges []Edge `json:"edges"` // by listing
}

// Key returns the nodes of a canonical key, one for each chain, with all their
// edges; none if no listing names it.
func (g *Graph) Key(k string) []KeyEdges {
	var out []KeyEdges
	for n, to := g.findKey(k); n < to; n++ {
		ke := KeyEdges{Key: g.keyAt(n)}
		for i := g.keys[n].from; i < g.keyEnd(n); i++ {
			ke.Edges = append(ke.Edges, g.edgeAt(i))
		}
		out = append(out, ke)
	}
	return out
}

func (g *Graph) keyAt(n uint32) Key {
	k := g.keys[n]
	count := int(g.keyEnd(n) - k.from)
	out := Key{
		Key: k.key, Chain: g.names[k.chain], Identifier: g.identifier(k.ident, k.key), Listings: count, Vendors: int(k.vendors), Sources: int(k.sources),
		Strong: int(k.strong), Weight: weight(count), Weak: g.weaknesses(n, k.weak),
	}
	if t, ok := g.tie(k); ok {
		out.Identifier, out.Tie = vigil.Identifier{}, &t
	}
	first, last := never, -never
	for _, e := range g.ofKey(n) {
		if e.weak&bitReuse == 0 {
			first, last = min(first, g.spots[e.from].at), max(last, g.spots[e.from+uint32(e.n)-1].at)
		}
	}
	out.First, out.Last = fromMicros(first), fromMicros(last)
	return out
}

// tie returns the join that a node stands for.
func (g *Graph) tie(k key) (vigil.Tie, bool) {
	id, ok := strings.CutPrefix(k.key, tiePrefix)
	if !ok {
		return vigil.Tie{}, false
	}
	i, ok := slices.BinarySearchFunc(g.c.joins, id, func(t vigil.Tie, id string) int { return strings.Compare(t.ID, id) })
	if !ok {
		return vigil.Tie{}, false
	}
	return g.c.joins[i], true
}

// identifier returns a spelling as an identifier without a place.
func (g *Graph) identifier(i uint32, key string) vigil.Identifier {
	x := g.idents[i]
	out := vigil.Identifier{Kind: g.names[x.kind], Value: x.value, Key: key, Class: vigil.Class(x.class), Network: g.names[x.network], Readings: []string{}}
	if r := g.names[x.readings]; r != "" {
		out.Readings = strings.Fields(r)
	}
	return out
}

func (g *Graph) edgeAt(i uint32) Edge {
	e := g.edges[i]
	k := g.keys[e.key]
	out := Edge{
		Listing: g.listingAt(e.listing), Key: k.key, Chain: g.names[k.chain], Strong: e.weak == 0, Weak: g.edgeWeaknesses(e), More: int(e.more),
		Evidence: make([]Evidence, 0, e.n),
	}
	t, isTie := g.tie(k)
	for _, s := range g.spots[e.from : e.from+uint32(e.n)] {
		if isTie {
			out.Evidence = append(out.Evidence, Evidence{At: t.At.UTC(), Kind: kindTie, By: t.By, Reason: t.Reason})
			continue
		}
		out.Evidence = append(out.Evidence, g.evidence(s))
	}
	out.First, out.Last = out.Evidence[0].At, out.Evidence[len(out.Evidence)-1].At
	return out
}

func (g *Graph) evidence(s spot) Evidence {
	x, h := g.idents[s.ident], g.hows[s.how]
	raw := x.value
	if s.raw != 0 {
		raw = g.raws[s.raw]
	}
	return Evidence{
		At: fromMicros(s.at), Page: g.names[s.page], Field: g.names[h.field], Start: int(s.start), End: int(s.end), Raw: raw, RawCut: h.flags&flagRawCut != 0,
		Kind: g.names[x.kind], Value: x.value, Class: vigil.Class(x.class), Network: g.names[x.network], Method: g.names[h.method], Model: g.names[h.model],
		Warned: h.flags&flagWarned != 0, Reports: h.flags&flagReports != 0,
	}
}

// byStrength orders edges of one listing: strong before weak, then rare before
// common, then by key.
func (g *Graph) byStrength(i, j uint32) int {
	x, y := g.edges[i], g.edges[j]
	weak := func(e edge) int { return min(1, int(e.weak)) }
	return cmp.Or(
		cmp.Compare(weak(x), weak(y)),
		cmp.Compare(g.keyEnd(x.key)-g.keys[x.key].from, g.keyEnd(y.key)-g.keys[y.key].from),
		cmp.Compare(x.key, y.key),
	)
}
