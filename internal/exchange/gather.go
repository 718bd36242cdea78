package exchange

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vigil"
)

// A thing is what several listings may name: an identifier that leaves whole, or
// a vendor's account.
type thing struct {
	vigil.Identifier // of an account: kind account, and the vendor's name as value
	host             string
	listings         int
	newest           string // ID of the listing that was counted last
	first, last      time.Time
	weak             []string // codes, where it ties none of them
	hits             []string
}

// A gathering collects things from items.
type gathering struct{ things map[string]*thing }

// add takes the things of an item.
func (g *gathering) add(it item) {
	for _, n := range it.named {
		if n.whole {
			g.see(thing{Identifier: n.Identifier, weak: n.weak, hits: n.hits}, it)
		}
	}
	if it.vendor != "" && it.host != "" {
		g.see(accountOf(it), it)
	}
}

// accountOf returns the account of an item's vendor.
func accountOf(it item) thing {
	return thing{Identifier: vigil.Identifier{Kind: kindAccount, Value: it.vendor, Class: vigil.ClassC}, host: it.host}
}

// name tells a thing from others. A name on two markets is two accounts.
func (t thing) name() string { return t.Kind + "\x00" + t.host + "\x00" + t.Value }

func (g *gathering) see(t thing, it item) {
	if g.things == nil {
		g.things = map[string]*thing{}
	}
	old := g.things[t.name()]
	if old == nil {
		t.first, t.last, t.listings, t.newest = it.captured, it.captured, 1, it.listing
		g.things[t.name()] = &t
		return
	}
	if it.captured.Before(old.first) {
		old.first = it.captured
	}
	old.last = later(old.last, it.captured)
	if old.newest != it.listing {
		old.listings++
		old.newest = it.listing
	}
	if len(t.weak) == 0 || len(old.weak) == 0 {
		old.weak = nil // it ties one of them
	} else {
		old.weak = union(old.weak, t.weak)
	}
	old.hits = union(old.hits, t.hits)
	if t.Class < old.Class {
		old.Class = t.Class
	}
}

// union returns what a or b has, in order.
func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(slices.Clone(a), s)
		}
	}
	return a
}

// sorted returns the things by kind, place and value.
func (g *gathering) sorted() []thing {
	out := make([]thing, 0, len(g.things))
	for _, t := range g.things {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(x, y thing) int {
		return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.host, y.host), strings.Compare(x.Value, y.Value))
	})
	return out
}
