package link

import (
	"fmt"
	"math"
	"slices"
)

// A Path leads from one listing to another. Each step goes by one key.
type Path struct {
	From  Listing `json:"from"`
	To    Listing `json:"to"`
	Weak  bool    `json:"weak"` // no path of strong edges exists; this one takes weak ones
	Steps []Step  `json:"steps"`
}

// A Step says that two listings are linked by a key, with the evidence on both
// sides.
type Step struct {
	From Edge `json:"from"`
	Key  Key  `json:"key"`
	To   Edge `json:"to"`
}

// Path returns the shortest path between two listings over strong edges; false
// if there is none. With weak, it falls back to one over edges of any strength
// but those that a person cut, and says so in Path.Weak.
//
// Of several shortest paths it takes the one with the fewest weak edges, then
// the one whose keys are the rarest (the least sum of ln(1+listings)), then
// the first by its keys and listings as read from the listing with the smaller
// ID. So the path back is the path read backwards.
func (g *Graph) Path(a, b string, weak bool) (Path, bool) {
	from, okA := g.find(a)
	to, okB := g.find(b)
	if !okA || !okB {
		return Path{}, false
	}
	allowed := []weakBits{0}
	if weak {
		allowed = append(allowed, ^bitCut)
	}
	for _, bits := range allowed {
		if hops, ok := g.shortest(min(from, to), max(from, to), bits); ok {
			return g.pathOf(from, to, hops), true
		}
	}
	return Path{}, false
}

// pathOf spells out a path that was found from the smaller listing.
func (g *Graph) pathOf(from, to uint32, hops []hop) Path {
	p := Path{From: g.listingAt(from), To: g.listingAt(to), Steps: []Step{}}
	if from > to {
		slices.Reverse(hops)
		for i := range hops {
			hops[i].in, hops[i].out = hops[i].out, hops[i].in
		}
	}
	for _, h := range hops {
		s := Step{From: g.edgeAt(h.in), Key: g.keyAt(g.edges[h.in].key), To: g.edgeAt(h.out)}
		p.Weak = p.Weak || !s.From.Strong || !s.To.Strong
		p.Steps = append(p.Steps, s)
	}
	return p
}

// A hop goes by the edges in and out of one key.
type hop struct{ in, out uint32 }

// A search spreads from the target over the graph, in rounds from listings to
// keys to listings, and notes for each node what the best way to the target
// costs beyond its length.
type search struct {
	g        *Graph
	allowed  weakBits // an edge is taken if its weaknesses are among these
	listings []reach
	keys     []reach
}

// reach is how a node reaches the target: in how many rounds (0: not yet), and
// at what cost.
type reach struct {
	round int32
	cost  int64
}

// The cost of an edge: one for being weak above all, then the rarity of its
// key, as an integer so that sums are the same in any order.
const weakCost = int64(1) << 40

func (s *search) cost(e edge) int64 {
	g := s.g
	n := g.keyEnd(e.key) - g.keys[e.key].from
	c := int64(math.Round(math.Log(1+float64(n)) * (1 << 14)))
	if e.weak != 0 {
		c += weakCost
	}
	return c
}

func (s *search) takes(e edge) bool { return e.weak&^s.allowed == 0 }

// shortest finds the way between two listings.
func (g *Graph) shortest(from, to uint32, allowed weakBits) ([]hop, bool) {
	if from == to {
		return nil, true
	}
	if allowed == 0 && g.component[from] != g.component[to] {
		return nil, false
	}
	s := &search{g: g, allowed: allowed, listings: make([]reach, len(g.listings)), keys: make([]reach, len(g.keys))}
	s.listings[to] = reach{round: 1}
	front := []uint32{to}
	for round := int32(2); len(front) > 0 && s.listings[from].round == 0; round += 2 {
		front = s.toListings(s.toKeys(front, round), round+1)
	}
	if s.listings[from].round == 0 {
		return nil, false
	}
	return s.walk(from), true
}

// toKeys spreads from listings to the keys that they name.
func (s *search) toKeys(front []uint32, round int32) []uint32 {
	var next []uint32
	for _, l := range front {
		for _, i := range s.g.edgesOf(l) {
			if e := s.g.edges[i]; s.takes(e) && s.keys[e.key].meet(round, s.listings[l].cost+s.cost(e)) {
				next = append(next, e.key)
			}
		}
	}
	return next
}

// toListings spreads from keys to the listings that name them.
func (s *search) toListings(front []uint32, round int32) []uint32 {
	var next []uint32
	for _, k := range front {
		for _, e := range s.g.ofKey(k) {
			if s.takes(e) && s.listings[e.listing].meet(round, s.keys[k].cost+s.cost(e)) {
				next = append(next, e.listing)
			}
		}
	}
	return next
}

// meet notes a way of a round and reports whether it is the first to the node.
func (r *reach) meet(round int32, cost int64) bool {
	if r.round == 0 {
		*r = reach{round, cost}
		return true
	}
	if r.round == round {
		r.cost = min(r.cost, cost)
	}
	return false
}

// walk follows the best way from a listing that was reached. Edges of a listing
// are in order of keys and those of a key in order of listings, so the first
// that is as good as the best is the one wanted.
func (s *search) walk(from uint32) []hop {
	var hops []hop
	for at := from; s.listings[at].round > 1; {
		here := s.listings[at]
		for _, in := range s.g.edgesOf(at) {
			e := s.g.edges[in]
			k := s.keys[e.key]
			if !s.takes(e) || k.round != here.round-1 || k.cost+s.cost(e) != here.cost {
				continue
			}
			out := s.leave(e.key, k)
			hops = append(hops, hop{in, out})
			at = s.g.edges[out].listing
			break
		}
	}
	return hops
}

// leave returns the edge by which the best way leaves a key.
func (s *search) leave(n uint32, k reach) uint32 {
	i := s.g.keys[n].from
	for ; ; i++ {
		e := s.g.edges[i]
		if l := s.listings[e.listing]; s.takes(e) && l.round == k.round-1 && l.cost+s.cost(e) == k.cost {
			return i
		}
	}
}

// Words says a step in words, as "… is linked by … to …", and its strength. The
// label shows the identifier.
func (s Step) Words(label Label) string {
	by := "a person's decision"
	if s.Key.Tie == nil {
		by = label.of(s.Key.Identifier)
	} else if s.Key.Tie.By != "" {
		by = s.Key.Tie.By + "'s decision (" + s.Key.Tie.Reason + ")"
	}
	weak := ""
	if !s.From.Strong || !s.To.Strong {
		weak = ", weakly"
	}
	return fmt.Sprintf("%s is linked%s by %s to %s", s.From.Listing.Words(), weak, visible(by, maxLabel), s.To.Listing.Words())
}

// Words names a listing with its vendor and source, as far as they are known.
func (l Listing) Words() string {
	out := "listing " + l.ID
	if l.Vendor != "" {
		out += " of " + l.Vendor
	}
	if l.Source != "" {
		out += " at " + l.Source
	}
	return visible(out, maxLabel)
}
