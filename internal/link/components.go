package link

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// A Component is a set of listings that strong edges tie together, directly or
// through others.
type Component struct {
	// ID follows from the listing of the component that was captured first: what
	// is captured later leaves it, and of two components that grow together the
	// older one's stays.
	ID       string    `json:"id"`
	Listings int       `json:"listings"`
	Keys     int       `json:"keys"` // with a strong edge, joins included
	Vendors  int       `json:"vendors"`
	Sources  int       `json:"sources"`
	First    time.Time `json:"first,omitzero"`
	Last     time.Time `json:"last,omitzero"`
}

type component struct {
	id       string
	from, to uint32 // in Graph.members
	keys     uint32
}

// connect finds the components: union-find over strong edges.
func (g *Graph) connect() {
	parent := make([]uint32, len(g.listings))
	for i := range parent {
		parent[i] = uint32(i)
	}
	for n := range g.keys {
		first, found := uint32(0), false
		for _, e := range g.ofKey(uint32(n)) {
			switch {
			case e.weak != 0:
			case !found:
				first, found = root(parent, e.listing), true
			default:
				first = union(parent, first, e.listing)
			}
		}
	}
	for i := range parent {
		parent[i] = root(parent, uint32(i))
	}
	g.group(parent)
}

func root(parent []uint32, i uint32) uint32 {
	for parent[i] != i {
		parent[i] = parent[parent[i]]
		i = parent[i]
	}
	return i
}

// union joins two sets; the smaller number becomes the root, so that the result
// does not hang on the order.
func union(parent []uint32, i, j uint32) uint32 {
	i, j = root(parent, i), root(parent, j)
	parent[max(i, j)] = min(i, j)
	return min(i, j)
}

// group sorts listings into components by the roots of their sets.
func (g *Graph) group(roots []uint32) {
	members := make([]uint32, len(roots))
	for i := range members {
		members[i] = uint32(i)
	}
	slices.SortFunc(members, func(i, j uint32) int { return cmp.Or(cmp.Compare(roots[i], roots[j]), cmp.Compare(i, j)) })
	for from := 0; from < len(members); {
		to := from + 1
		for to < len(members) && roots[members[to]] == roots[members[from]] {
			to++
		}
		g.components = append(g.components, component{id: g.componentID(members[from:to]), from: uint32(from), to: uint32(to)})
		from = to
	}
	slices.SortFunc(g.components, func(x, y component) int {
		return cmp.Or(cmp.Compare(y.to-y.from, x.to-x.from), strings.Compare(x.id, y.id))
	})
	g.members, g.component = members, make([]uint32, len(members))
	for c, x := range g.components {
		for _, l := range members[x.from:x.to] {
			g.component[l] = uint32(c)
		}
	}
	for n := range g.keys {
		if i, ok := g.strongEdge(uint32(n)); ok {
			g.components[g.component[g.edges[i].listing]].keys++
		}
	}
}

// strongEdge returns the first strong edge of a key.
func (g *Graph) strongEdge(n uint32) (uint32, bool) {
	k := g.keys[n]
	for i := k.from; k.strong > 0 && i < g.keyEnd(n); i++ {
		if g.edges[i].weak == 0 {
			return i, true
		}
	}
	return 0, false
}

func (g *Graph) componentID(members []uint32) string {
	oldest := slices.MinFunc(members, func(i, j uint32) int {
		return cmp.Or(cmp.Compare(g.listings[i].first, g.listings[j].first), cmp.Compare(i, j))
	})
	sum := sha256.Sum256([]byte("component:" + g.listings[oldest].id))
	return hex.EncodeToString(sum[:8])
}

// Components returns all components of two listings or more, the largest first,
// and those of one size by ID.
func (g *Graph) Components() []Component {
	var out []Component
	for i, c := range g.components {
		if c.to-c.from < 2 {
			break
		}
		out = append(out, g.componentAt(uint32(i)))
	}
	return out
}

// Component returns that of a listing; false if the listing is not in the graph.
func (g *Graph) Component(listing string) (Component, bool) {
	i, ok := g.find(listing)
	if !ok {
		return Component{}, false
	}
	return g.componentAt(g.component[i]), true
}

// Members returns the listings of a component, by ID, and the keys that tie
// them; nothing if there is no component with this ID.
func (g *Graph) Members(component string) ([]Listing, []Key) {
	c, ok := g.findComponent(component)
	if !ok {
		return nil, nil
	}
	var listings []Listing
	for _, l := range g.membersOf(c) {
		listings = append(listings, g.listingAt(l))
	}
	var keys []Key
	for _, k := range g.keysOf(c) {
		keys = append(keys, g.keyAt(k))
	}
	return listings, keys
}

func (g *Graph) findComponent(id string) (uint32, bool) {
	i := slices.IndexFunc(g.components, func(c component) bool { return c.id == id })
	return uint32(max(0, i)), i >= 0
}

func (g *Graph) membersOf(c uint32) []uint32 {
	return g.members[g.components[c].from:g.components[c].to]
}

// keysOf returns the keys with a strong edge in a component, in order.
func (g *Graph) keysOf(c uint32) []uint32 {
	var keys []uint32
	for _, l := range g.membersOf(c) {
		for _, i := range g.edgesOf(l) {
			if g.edges[i].weak == 0 {
				keys = append(keys, g.edges[i].key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (g *Graph) componentAt(i uint32) Component {
	c := g.components[i]
	out := Component{ID: c.id, Listings: int(c.to - c.from), Keys: int(c.keys)}
	type seller struct{ source, name uint32 }
	vendors, sources := map[seller]bool{}, map[uint32]bool{}
	first, last := never, -never
	for _, n := range g.membersOf(i) {
		l := g.listings[n]
		first, last = min(first, l.first), max(last, l.last)
		if l.source != 0 {
			sources[l.source] = true
		}
		if l.vendor != 0 {
			vendors[seller{l.source, l.vendor}] = true
		}
	}
	out.Vendors, out.Sources = len(vendors), len(sources)
	if first != never {
		out.First, out.Last = fromMicros(first), fromMicros(last)
	}
	return out
}
