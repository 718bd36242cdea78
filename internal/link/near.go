package link

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"vigil"
)

// A Case is what [Near] asks of a case, one listing or key at a time.
type Case struct {
	// Keys returns the keys that a listing names in any capture: of identifiers, and
	// of accounts ([AccountKey]) where these are to tie.
	Keys func(listing string) ([]string, error)
	// Mentions yields the mentions of one key, sorted by listing, then time.
	Mentions func(key string) iter.Seq2[vigil.Mention, error]
}

// Bounds say how far [Near] goes. Zero values stand for the defaults.
type Bounds struct {
	Listings int // that are looked into; 200 by default
	Keys     int // that are read; 1000 by default
	Depth    int // steps from the first listing; 12 by default
	Mentions int // of one key; 4000 by default
}

func (b Bounds) filled() Bounds {
	for _, f := range []struct {
		n   *int
		def int
	}{{&b.Listings, 200}, {&b.Keys, 1000}, {&b.Depth, 12}, {&b.Mentions, 4000}} {
		if *f.n <= 0 {
			*f.n = f.def
		}
	}
	return b
}

// A Cut says where [Near] stopped. The zero Cut says that nothing was left out.
type Cut struct {
	Listings int      // strongly tied ones that were not looked into
	Keys     int      // that were not read
	Common   []string // keys of which not all mentions were read
}

// Any reports whether something was left out.
func (c Cut) Any() bool { return c.Listings > 0 || c.Keys > 0 || len(c.Common) > 0 }

// Near makes the part of the graph around one listing: all that strong edges tie
// it to, and the weak edges of these listings, by the rules of [Build]. It reads
// nothing else of the case, so what it costs goes with the part and not with the
// case; bounds end it where that is large as well.
//
// Where nothing was cut and o.Listings is set, the listing's component is that of
// the whole graph. One thing may differ: how many vendors name a key is counted
// by what the captures that were read state of them.
func Near(listing string, c Case, ties []vigil.Tie, o Options, b Bounds) (*Graph, Cut, error) {
	o, err := o.filled()
	if err != nil {
		return nil, Cut{}, err
	}
	examples, err := readExamples(examplesFile)
	if err != nil {
		return nil, Cut{}, err
	}
	n := &near{c: c, o: o, b: b.filled(), examples: examples, keys: map[string][][]string{}, depth: map[string]int{listing: 0}, next: []string{listing}}
	if err := n.sort(ties); err != nil {
		return nil, Cut{}, err
	}
	for len(n.next) > 0 {
		at := n.next[0]
		n.next = n.next[1:]
		if err := n.look(at); err != nil {
			return nil, Cut{}, err
		}
	}
	slices.SortStableFunc(n.mentions, func(x, y vigil.Mention) int {
		return strings.Compare(vigil.KeyName(x.Identifier.Key), vigil.KeyName(y.Identifier.Key))
	})
	g, err := build(each(n.mentions), append(n.cuts, n.used...), o, examples)
	return g, n.cut, err
}

// near gathers what is around a listing.
type near struct {
	c        Case
	o        Options
	b        Bounds
	examples map[string]string

	cuts  []vigil.Tie
	joins map[string][]vigil.Tie // by either listing
	used  []vigil.Tie            // joins of listings that were looked into

	keys     map[string][][]string // read, by name: the listings that each ties, by chain
	depth    map[string]int        // of the listings that were met
	next     []string
	mentions []vigil.Mention
	cut      Cut
}

// sort puts cuts and joins apart.
func (n *near) sort(ties []vigil.Tie) error {
	c, err := inForce(ties)
	if err != nil {
		return err
	}
	n.joins = map[string][]vigil.Tie{}
	for _, t := range c.joins {
		n.joins[t.A], n.joins[t.B] = append(n.joins[t.A], t), append(n.joins[t.B], t)
	}
	for _, t := range ties {
		if t.Kind == vigil.TieCut {
			n.cuts = append(n.cuts, t)
		}
	}
	return nil
}

// look reads what a listing names, and notes whom that ties to it.
func (n *near) look(listing string) error {
	for _, t := range n.joins[listing] {
		if !slices.ContainsFunc(n.used, func(u vigil.Tie) bool { return u.ID == t.ID }) {
			n.used = append(n.used, t)
		}
		other := t.A
		if other == listing {
			other = t.B
		}
		n.meet(other, listing)
	}
	keys, err := n.c.Keys(listing)
	if err != nil {
		return err
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(strings.Compare(vigil.KeyName(a), vigil.KeyName(b)), strings.Compare(a, b))
	})
	for _, k := range keys {
		if err := n.read(k, listing); err != nil {
			return err
		}
	}
	return nil
}

// meet notes a listing that is tied to one that was looked into.
func (n *near) meet(listing, from string) {
	if _, met := n.depth[listing]; met {
		return
	}
	if n.depth[from] >= n.b.Depth || len(n.depth) >= n.b.Listings {
		n.cut.Listings++
		return
	}
	n.depth[listing] = n.depth[from] + 1
	n.next = append(n.next, listing)
}

// read gathers the mentions of a key, and meets the listings that it ties to the
// one from which it is read.
func (n *near) read(key, from string) error {
	name := vigil.KeyName(key)
	ties, known := n.keys[name]
	if !known {
		if len(n.keys) >= n.b.Keys {
			n.cut.Keys++
			return nil
		}
		var err error
		if ties, err = n.tiedBy(key); err != nil {
			return err
		}
		n.keys[name] = ties
	}
	for _, tied := range ties {
		if !slices.Contains(tied, from) {
			continue
		}
		for _, l := range tied {
			n.meet(l, from)
		}
	}
	return nil
}

// tiedBy returns the listings that a key ties, for each of its chains. The key
// alone makes a small graph, by the same rules: what is weak in it is weak in the
// whole.
func (n *near) tiedBy(key string) (ties [][]string, err error) {
	ms, err := n.mentionsOf(key)
	if err != nil {
		return nil, err
	}
	n.mentions = append(n.mentions, ms...)
	g, err := build(each(ms), n.cuts, n.o, n.examples)
	if err != nil {
		return nil, err
	}
	for _, k := range g.Key(vigil.KeyName(key)) {
		var tied []string
		for _, e := range k.Edges {
			if e.Strong {
				tied = append(tied, e.Listing.ID)
			}
		}
		ties = append(ties, tied)
	}
	return ties, nil
}

// mentionsOf returns the mentions of a key, as far as the bounds go.
func (n *near) mentionsOf(key string) ([]vigil.Mention, error) {
	var ms []vigil.Mention
	for m, err := range n.c.Mentions(key) {
		if err != nil {
			return nil, err
		}
		if len(ms) == n.b.Mentions {
			n.cut.Common = append(n.cut.Common, key)
			break
		}
		ms = append(ms, m)
	}
	return ms, nil
}

// each yields mentions.
func each(ms []vigil.Mention) iter.Seq2[vigil.Mention, error] {
	return func(yield func(vigil.Mention, error) bool) {
		for _, m := range ms {
			if !yield(m, nil) {
				return
			}
		}
	}
}
