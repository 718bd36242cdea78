package link

import (
	"cmp"
	"slices"
)

// A drawing is what of a component a picture shows.
type drawing struct {
	listings []uint32 // in order
	keys     []uint32
	edges    []uint32
	onPath   map[uint32]bool // edges

	// What it leaves out.
	moreListings int
	moreKeys     int // that tie listings of the component
	single       int // keys that only one listing of the component names
	weak         int // weak edges of the listings shown
}

// chooser picks the nodes of a picture.
type chooser struct {
	g        *Graph
	p        Picture
	most     int
	listings map[uint32]bool
	keys     map[uint32]bool
	frontier []uint32 // keys that listings shown name, and that are not shown yet
	seen     map[uint32]bool
	lone     bool // the component is one listing: all that it names is drawn
}

// choose picks what to draw: the path and the marked keys first, then, from
// there on, the rarest key that touches what is shown, with its listings, until
// the picture is full.
func (g *Graph) choose(p Picture, component uint32, whole bool, path []hop) drawing {
	c := &chooser{g: g, p: p, most: p.Most, listings: map[uint32]bool{}, keys: map[uint32]bool{}, seen: map[uint32]bool{}}
	d := drawing{onPath: map[uint32]bool{}}
	for _, h := range path {
		d.onPath[h.in], d.onPath[h.out] = true, true
		c.show(g.edges[h.in].key, g.edges[h.in].listing, g.edges[h.out].listing)
	}
	var candidates []uint32
	if whole {
		candidates = c.candidates(component, &d)
		c.start(component, candidates)
		c.grow()
		c.fill()
	}
	if p.Weak {
		c.addWeak()
	}
	c.finish(&d)
	if whole {
		c.leftOut(component, candidates, &d)
	}
	return d
}

// candidates returns the keys that tie listings of the component, or are marked,
// best first.
func (c *chooser) candidates(component uint32, d *drawing) []uint32 {
	c.lone = len(c.g.membersOf(component)) == 1
	var keys []uint32
	for _, k := range c.g.keysOf(component) {
		n := c.strong(k)
		switch marked := c.p.mark(c.g.keys[k].key) != ""; {
		case n > 1 || n == 1 && c.lone || marked && (n == 1 || c.p.Only == nil):
			keys = append(keys, k)
		case n > 0:
			d.single++
		}
	}
	slices.SortFunc(keys, c.better)
	return keys
}

// strong returns how many of the listings that may be drawn a key ties.
func (c *chooser) strong(k uint32) int {
	if c.p.Only == nil {
		return int(c.g.keys[k].strong)
	}
	n := 0
	for _, e := range c.g.ofKey(k) {
		if e.weak == 0 && c.p.allows(c.g.listings[e.listing].id) {
			n++
		}
	}
	return n
}

// better orders keys: marked ones first, then the rare ones, then those of many
// vendors.
func (c *chooser) better(i, j uint32) int {
	x, y := c.g.keys[i], c.g.keys[j]
	mark := func(k key) int {
		if c.p.mark(k.key) != "" {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(mark(x), mark(y)), cmp.Compare(c.g.keyEnd(i)-x.from, c.g.keyEnd(j)-y.from), cmp.Compare(y.vendors, x.vendors), cmp.Compare(i, j))
}

// start shows all that is marked, each with a listing; without a mark or a path,
// the best key.
func (c *chooser) start(component uint32, candidates []uint32) {
	for _, k := range candidates {
		if c.p.mark(c.g.keys[k].key) == "" && len(c.keys) > 0 || c.full() {
			break
		}
		c.expand(k)
	}
	for _, l := range c.g.membersOf(component) {
		if len(candidates) == 0 && len(c.listings) == 0 {
			c.add(l)
		}
	}
}

func (c *chooser) full() bool { return len(c.listings)+len(c.keys) >= c.most }

func (c *chooser) show(key uint32, listings ...uint32) {
	c.keys[key] = true
	for _, l := range listings {
		c.add(l)
	}
}

// add shows a listing and notes the keys that it leads to.
func (c *chooser) add(l uint32) {
	if c.listings[l] || !c.p.allows(c.g.listings[l].id) {
		return
	}
	c.listings[l] = true
	for _, i := range c.g.edgesOf(l) {
		e := c.g.edges[i]
		if e.weak == 0 && !c.seen[e.key] && (c.strong(e.key) > 1 || c.lone) {
			c.seen[e.key] = true
			c.frontier = append(c.frontier, e.key)
		}
	}
}

// expand shows a key and some of its listings; one common key must not take all
// the room.
func (c *chooser) expand(k uint32) {
	c.keys[k] = true
	room := max(3, c.most/3)
	for _, e := range c.g.ofKey(k) {
		if c.full() || room == 0 {
			return
		}
		if e.weak == 0 && !c.listings[e.listing] && c.p.allows(c.g.listings[e.listing].id) {
			c.add(e.listing)
			room--
		}
	}
}

// grow adds the best key at the frontier, again and again. The frontier is at
// most what the listings shown name.
func (c *chooser) grow() {
	for !c.full() {
		c.frontier = slices.DeleteFunc(c.frontier, func(k uint32) bool { return c.keys[k] })
		if len(c.frontier) == 0 {
			return
		}
		c.expand(slices.MinFunc(c.frontier, c.better))
	}
}

// fill uses the room that is left for listings of common keys.
func (c *chooser) fill() {
	for _, k := range sorted(c.keys) {
		for _, e := range c.g.ofKey(k) {
			if c.full() {
				return
			}
			if e.weak == 0 {
				c.add(e.listing)
			}
		}
	}
}

// addWeak adds weak keys that two or more of the listings shown name.
func (c *chooser) addWeak() {
	count := map[uint32]int{}
	for l := range c.listings {
		for _, i := range c.g.edgesOf(l) {
			if e := c.g.edges[i]; e.weak != 0 && !c.keys[e.key] {
				count[e.key]++
			}
		}
	}
	var keys []uint32
	for k, n := range count {
		if n > 1 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, c.better)
	for _, k := range keys {
		if c.full() {
			return
		}
		c.keys[k] = true
	}
}

// finish lists what is shown, in order, with the edges between.
func (c *chooser) finish(d *drawing) {
	d.listings, d.keys = sorted(c.listings), sorted(c.keys)
	for _, l := range d.listings {
		for _, i := range c.g.edgesOf(l) {
			e := c.g.edges[i]
			switch shown := c.keys[e.key]; {
			case shown && (e.weak == 0 || c.p.Weak || d.onPath[i]):
				d.edges = append(d.edges, i)
			case e.weak != 0:
				d.weak++
			}
		}
	}
}

func (c *chooser) leftOut(component uint32, candidates []uint32, d *drawing) {
	for _, l := range c.g.membersOf(component) {
		if !c.listings[l] {
			d.moreListings++
		}
	}
	for _, k := range candidates {
		if !c.keys[k] {
			d.moreKeys++
		}
	}
}

func sorted(set map[uint32]bool) []uint32 {
	out := make([]uint32, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
