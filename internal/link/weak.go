package link

import (
	"fmt"
	"math"

	"vigil"
)

// weight is how much a key that df listings name says of each: 1/ln(1+df), the
// rarity weight of the literature on linking advertisements.
func weight(df int) float64 { return 1 / math.Log(1+float64(df)) }

// judge finds what makes keys and edges weak.
func (g *Graph) judge() {
	t := newTally(g)
	g.chromes, g.shared = map[uint32]chrome{}, map[uint32]string{}
	for n := range g.keys {
		k := &g.keys[n]
		t.count(uint32(n))
		k.own, k.vendors, k.sources = uint32(t.listings), uint32(t.vendors), uint32(len(t.sources))
		k.weak = g.keyBits(uint32(n), t)
		for i := k.from; i < g.keyEnd(uint32(n)); i++ {
			e := &g.edges[i]
			if e.weak |= k.weak; g.isCutHere(*k, *e) {
				e.weak |= bitCut
			}
			if e.weak == 0 {
				k.strong++
			}
		}
	}
}

// keyBits returns the weaknesses that all edges of a key share, which was just
// counted.
func (g *Graph) keyBits(n uint32, t *tally) weakBits {
	k := g.keys[n]
	if _, ok := g.tie(k); ok {
		return 0
	}
	var bits weakBits
	set := func(b weakBits, is bool) {
		if is {
			bits |= b
		}
	}
	_, example := g.examples[k.key]
	_, cut := g.c.everywhere[k.key]
	if c, ok := t.chrome(); ok && !isAccount(k.key) {
		g.chromes[n] = c
		bits |= bitChrome
	}
	if g.o.Shared != nil {
		if why := g.o.Shared(k.key); why != "" {
			g.shared[n] = why
			bits |= bitShared
		}
	}
	// One spelling with a checksum shows what the others are: class C is a
	// weakness of keys that no listing spells so.
	set(bitClass, g.idents[k.ident].class > classByte(vigil.ClassB))
	set(bitHub, !isAccount(k.key) && (int(k.own) > g.o.MaxListings || int(k.vendors) > g.o.MaxVendors || int(k.sources) > g.o.MaxSources))
	set(bitExample, example)
	set(bitNode, isNode(k.key))
	set(bitCut, cut)
	return bits
}

func (g *Graph) isCutHere(k key, e edge) bool {
	if len(g.c.here) == 0 {
		return false
	}
	_, ok := g.c.here[place{k.key, g.listings[e.listing].id}]
	return ok
}

// edgeWeaknesses spells out all that makes an edge weak.
func (g *Graph) edgeWeaknesses(e edge) []Weakness {
	k := g.keys[e.key]
	out := g.weaknesses(e.key, k.weak)
	if e.weak&bitWarned != 0 {
		out = append(out, Weakness{WeakWarned, "the text warns of it wherever it names it"})
	}
	if e.weak&bitReports != 0 {
		out = append(out, Weakness{WeakReports, "the listing offers nothing wherever it names it: it reports, helps or tells"})
	}
	if e.weak&bitReuse != 0 {
		other := g.names[g.idents[g.spots[e.from].ident].kind]
		out = append(out, Weakness{WeakReuse, "the listing names the same hash as an address of another chain (" + other + ")"})
	}
	if t, ok := g.c.here[place{k.key, g.listings[e.listing].id}]; ok {
		out = append(out, Weakness{WeakCut, cutText("from this listing", t)})
	}
	return out
}

// weaknesses spells out the weaknesses of a key.
func (g *Graph) weaknesses(n uint32, bits weakBits) []Weakness {
	k := g.keys[n]
	var out []Weakness
	add := func(b weakBits, code, format string, args ...any) {
		if bits&b != 0 {
			out = append(out, Weakness{code, fmt.Sprintf(format, args...)})
		}
	}
	add(bitClass, WeakClass, "no checksum: known by its shape and the words nearby only (class C)")
	add(bitHub, WeakHub, "too common to tie: named by %s", g.tooMany(k))
	c := g.chromes[n]
	add(bitChrome, WeakChrome, "part of the source's own pages: on %d of %d listings of %s", c.listings, c.of, g.names[c.source])
	add(bitExample, WeakExample, "published for everybody: %s", g.examples[k.key])
	add(bitNode, WeakNode, "names a Lightning node, which may receive for many customers")
	add(bitShared, WeakShared, "known to be used by many: %s", g.shared[n])
	if bits&bitCut != 0 {
		add(bitCut, WeakCut, "%s", cutText("everywhere", g.c.everywhere[k.key]))
	}
	return out
}

// tooMany says by how many listings, vendors or sources a hub is named.
func (g *Graph) tooMany(k key) string {
	text := ""
	for _, c := range []struct {
		n, most int
		what    string
	}{{int(k.own), g.o.MaxListings, "listings"}, {int(k.vendors), g.o.MaxVendors, "vendors"}, {int(k.sources), g.o.MaxSources, "sources"}} {
		if c.n <= c.most {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s (more than %d)", c.n, c.what, c.most)
	}
	return text
}

func cutText(where string, t vigil.Tie) string {
	return fmt.Sprintf("cut %s by %s on %s: %s", where, t.By, t.At.UTC().Format("2006-01-02"), t.Reason)
}
