package link

import (
	"cmp"
	"slices"
	"strings"

	"vigil"
)

// A chain gathers the edges of the key at hand on one chain.
type chain struct {
	name  uint32
	edges []edge
	best  uint32 // ident that shows best what the key is

	// The edge at hand is the last of edges while open.
	open  bool
	free  int      // first of the spots that neither warn nor report; -1 if there is none
	weak  weakBits // of the spots that do
	spots []spot
	more  uint32
}

// chain returns that of the key at hand to which an identifier belongs.
func (b *builder) chain(id *vigil.Identifier, x uint32) *chain {
	name := chainOf(id)
	for _, c := range b.chains {
		if b.names.all[c.name] == name {
			if b.better(x, c.best) {
				c.best = x
			}
			return c
		}
	}
	c := &chain{}
	if n := len(b.spare); n > 0 {
		c, b.spare = b.spare[n-1], b.spare[:n-1]
	}
	c.name, c.best = b.names.of(name), x
	b.chains = append(b.chains, c)
	return c
}

// better reports whether spelling i shows better than j what a key is: by
// class, then by kind and value.
func (b *builder) better(i, j uint32) bool {
	if i == j {
		return false
	}
	x, y := b.idents[i], b.idents[j]
	return cmp.Or(cmp.Compare(x.class, y.class), strings.Compare(b.names.all[x.kind], b.names.all[y.kind]), strings.Compare(x.value, y.value)) < 0
}

// add notes one place of the key in a listing.
func (c *chain) add(limit int, l uint32, s spot, m *vigil.Mention) {
	if !c.open {
		c.edges = append(c.edges, edge{listing: l})
		c.open, c.free, c.more, c.weak, c.spots = true, -1, 0, 0, c.spots[:0]
	}
	weak := weakBits(0)
	if m.Identifier.Warned {
		weak |= bitWarned
	}
	if m.Genre.Reports() {
		weak |= bitReports
	}
	c.weak |= weak
	if len(c.spots) == limit {
		c.more++
		c.replaceLast(s, weak != 0)
		return
	}
	if weak == 0 && c.free < 0 {
		c.free = len(c.spots)
	}
	c.spots = append(c.spots, s)
}

// replaceLast puts the newest place where the last one was. The only place that
// neither warns nor reports makes the edge strong: it is kept, before the newest.
func (c *chain) replaceLast(s spot, isWeak bool) {
	n := len(c.spots) - 1
	only := isWeak && c.free == n
	switch {
	case only && n == 0:
		return
	case only:
		c.spots[n-1], c.free = c.spots[n], n-1
	case !isWeak && c.free < 0:
		c.free = n
	}
	c.spots[n] = s
}

// endListing closes the edges of the listing at hand.
func (b *builder) endListing() {
	for _, c := range b.chains {
		if !c.open {
			continue
		}
		c.open = false
		e := &c.edges[len(c.edges)-1]
		e.from, e.n, e.more = uint32(len(b.spots)), uint8(len(c.spots)), c.more
		b.spots = append(b.spots, c.spots...)
		if c.free < 0 {
			e.weak |= c.weak
		}
	}
}

// endKey makes nodes and edges of the key at hand.
func (b *builder) endKey() {
	b.endListing()
	if len(b.chains) > 1 {
		slices.SortFunc(b.chains, func(x, y *chain) int { return strings.Compare(b.names.all[x.name], b.names.all[y.name]) })
		b.reuse()
	}
	for _, c := range b.chains {
		b.node(key{key: b.last.key, chain: c.name, ident: c.best}, c.edges)
		if c.edges = c.edges[:0]; cap(c.edges) > 1<<12 { // a hub's; most keys are small
			c.edges = nil
		}
	}
	b.spare = append(b.spare, b.chains...)
	b.chains = b.chains[:0]
}

// reuse gives the first chain's node a weak edge to each listing that names the
// key on another chain only.
func (b *builder) reuse() {
	first := b.chains[0]
	for _, c := range b.chains[1:] {
		for _, e := range c.edges {
			e.weak |= bitReuse
			first.edges = append(first.edges, e)
		}
	}
	slices.SortStableFunc(first.edges, func(x, y edge) int { return strings.Compare(b.ls[x.listing].id, b.ls[y.listing].id) })
	first.edges = slices.CompactFunc(first.edges, func(x, y edge) bool { return x.listing == y.listing })
}

// node adds a key and its edges, which are sorted by listing.
func (b *builder) node(k key, edges []edge) {
	n := uint32(len(b.keys))
	k.from = uint32(len(b.edges))
	b.keys = append(b.keys, k)
	for _, e := range edges {
		e.key = n
		b.edges = append(b.edges, e)
	}
}

// joinsBefore adds the joins whose keys come before the next key; all of them if
// there is none.
func (b *builder) joinsBefore(next string) {
	for len(b.joins) > 0 && (next == "" || tiePrefix+b.joins[0].ID < next) {
		b.join(b.joins[0])
		b.joins = b.joins[1:]
	}
}

func (b *builder) join(t vigil.Tie) {
	at, id := uint32(len(b.spots)), uint32(len(b.idents))
	b.idents = append(b.idents, ident{kind: b.names.of(kindTie), class: classByte("")})
	b.spots = append(b.spots, spot{at: micros(t.At), ident: id, how: b.howOf(how{})})
	edges := []edge{{listing: b.joined(min(t.A, t.B)), from: at, n: 1}, {listing: b.joined(max(t.A, t.B)), from: at, n: 1}}
	b.node(key{key: tiePrefix + t.ID, ident: id}, edges)
}

// joined returns a listing of a join, which need not have a mention.
func (b *builder) joined(id string) uint32 {
	if i, ok := b.listings[id]; ok {
		return i
	}
	return b.newListing(id, "", never, -never)
}

// never stands for the first capture of a listing that has none; its last one is
// at -never.
const never = int64(1) << 62
