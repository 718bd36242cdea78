package link

import (
	"cmp"
	"slices"
)

// Measures of a picture, in user units: about a CSS pixel each.
const (
	pictureWidth = 1000
	margin       = 16
	cardsRight   = 400 // right side of the listings' cards
	keysLeft     = 620 // left side of the keys' cards
	rowHeight    = 40
	headHeight   = 26 // of a vendor's name above the listings
	gap          = 12
	topHeight    = 46 // of the title
	rounds       = 16 // of sorting one side by the other
)

// A layout places listings on the left, in a card for each vendor, and keys on
// the right, in such an order that few edges cross. It is made without chance.
type layout struct {
	groups []group
	keys   []uint32         // from top to bottom
	y      map[uint32]int   // middle of each listing's row
	keyY   map[uint32]int   // middle of each key's card
	height int              // of all
	links  [][2]int         // edges as numbers of listing and key, for counting crossings
	names  map[uint32]int   // number of a listing
	keyNos map[uint32]int   // number of a key
	ofL    map[uint32][]int // keys of a listing
	ofK    map[uint32][]int // listings of a key
}

// A group is a vendor's listings.
type group struct {
	source, vendor uint32
	listings       []uint32
	top            int
}

func (g *Graph) arrange(d drawing) *layout {
	l := &layout{keys: slices.Clone(d.keys), names: map[uint32]int{}, keyNos: map[uint32]int{}, ofL: map[uint32][]int{}, ofK: map[uint32][]int{}}
	for _, n := range d.listings {
		l.names[n] = len(l.names)
		x := g.listings[n]
		i := slices.IndexFunc(l.groups, func(o group) bool { return o.source == x.source && o.vendor == x.vendor })
		if i < 0 {
			i = len(l.groups)
			l.groups = append(l.groups, group{source: x.source, vendor: x.vendor})
		}
		l.groups[i].listings = append(l.groups[i].listings, n)
	}
	for i, k := range d.keys {
		l.keyNos[k] = i
	}
	for _, i := range d.edges {
		e := g.edges[i]
		a, b := l.names[e.listing], l.keyNos[e.key]
		l.links = append(l.links, [2]int{a, b})
		l.ofL[e.listing] = append(l.ofL[e.listing], b)
		l.ofK[e.key] = append(l.ofK[e.key], a)
	}
	l.untangle()
	l.place()
	return l
}

// untangle sorts keys by the mean place of their listings and listings by that of
// their keys, in turns (the barycentre method of Sugiyama, Tagawa and Toda,
// 1981), and keeps the order in which the fewest edges cross.
func (l *layout) untangle() {
	best, bestKeys := cloneGroups(l.groups), slices.Clone(l.keys)
	least := l.crossings()
	for range rounds {
		if least == 0 {
			break
		}
		l.sortKeys()
		l.sortListings()
		if n := l.crossings(); n < least {
			least, best, bestKeys = n, cloneGroups(l.groups), slices.Clone(l.keys)
		}
	}
	l.groups, l.keys = best, bestKeys
	l.sortKeysOnce(least)
}

// sortKeysOnce tries the keys in the order of their listings once more.
func (l *layout) sortKeysOnce(least int) {
	before := slices.Clone(l.keys)
	l.sortKeys()
	if l.crossings() > least {
		l.keys = before
	}
}

func cloneGroups(groups []group) []group {
	out := slices.Clone(groups)
	for i := range out {
		out[i].listings = slices.Clone(out[i].listings)
	}
	return out
}

// order returns the place of each listing and key, by number.
func (l *layout) order() (listings, keys []int) {
	listings, keys = make([]int, len(l.names)), make([]int, len(l.keyNos))
	at := 0
	for _, g := range l.groups {
		for _, n := range g.listings {
			listings[l.names[n]] = at
			at++
		}
	}
	for i, k := range l.keys {
		keys[l.keyNos[k]] = i
	}
	return listings, keys
}

// mean returns a thousand times the mean place of some numbers; without any, the
// node's own place.
func mean(numbers, places []int, own int) int {
	if len(numbers) == 0 {
		return own * 1000
	}
	sum := 0
	for _, n := range numbers {
		sum += places[n] * 1000
	}
	return sum / len(numbers)
}

func (l *layout) sortKeys() {
	listings, keys := l.order()
	slices.SortStableFunc(l.keys, func(a, b uint32) int {
		return cmp.Compare(mean(l.ofK[a], listings, keys[l.keyNos[a]]), mean(l.ofK[b], listings, keys[l.keyNos[b]]))
	})
}

func (l *layout) sortListings() {
	listings, keys := l.order()
	at := func(n uint32) int { return mean(l.ofL[n], keys, listings[l.names[n]]) }
	middle := func(g group) int {
		sum := 0
		for _, n := range g.listings {
			sum += at(n)
		}
		return sum / len(g.listings)
	}
	for _, g := range l.groups {
		slices.SortStableFunc(g.listings, func(a, b uint32) int { return cmp.Compare(at(a), at(b)) })
	}
	slices.SortStableFunc(l.groups, func(a, b group) int { return cmp.Compare(middle(a), middle(b)) })
}

// crossings counts the pairs of edges that cross: with the edges in order of
// their listings, those before an edge that lead to a key behind its own (by a
// binary indexed tree; Fenwick, 1994).
func (l *layout) crossings() int {
	listings, keys := l.order()
	links := make([][2]int, 0, len(l.links))
	for _, x := range l.links {
		links = append(links, [2]int{listings[x[0]], keys[x[1]]})
	}
	slices.SortFunc(links, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	tree := make([]int, len(keys)+1)
	n := 0
	for i, x := range links {
		n += i
		for k := x[1] + 1; k > 0; k -= k & -k {
			n -= tree[k]
		}
		for k := x[1] + 1; k < len(tree); k += k & -k {
			tree[k]++
		}
	}
	return n
}

// place gives everything its height: listings in their cards from the top, keys
// as near to the middle of their listings as there is room.
func (l *layout) place() {
	l.y, l.keyY = map[uint32]int{}, map[uint32]int{}
	y := topHeight
	for i := range l.groups {
		g := &l.groups[i]
		g.top = y
		y += headHeight
		for _, n := range g.listings {
			l.y[n] = y + rowHeight/2
			y += rowHeight
		}
		y += gap
	}
	byNumber := make([]int, len(l.names))
	for n, i := range l.names {
		byNumber[i] = l.y[n]
	}
	const step = rowHeight + gap
	top := topHeight + rowHeight/2
	bottom := max(y-gap-rowHeight/2, top+step*(len(l.keys)-1))
	low := top
	for i, k := range l.keys {
		rest := len(l.keys) - 1 - i
		l.keyY[k] = min(max(low, mean(l.ofK[k], byNumber, low)/1000), bottom-step*rest)
		low = l.keyY[k] + step
	}
	l.height = max(y, bottom+rowHeight/2+gap)
}
