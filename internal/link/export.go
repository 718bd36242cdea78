package link

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

// An Export says what to write of a graph, and how identifiers are shown.
type Export struct {
	// Component is the ID of the one to write: its listings, all their edges and
	// the keys of these. Empty means the whole graph.
	Component string
	// Label shows identifiers. Nil masks all.
	Label Label
	// Only leaves out the listings, and the edges between a listing and a key, for
	// which it is false; it is asked for a listing alone with an empty key. Keys
	// without an edge are left out as well. What is said of the others, such as how
	// many listings name a key, is still of the whole graph. Nil leaves out nothing.
	Only func(listing, key string) bool
	// Says goes beside the caution, where the form has a place for it.
	Says string
}

// Caution stands in exports and pictures.
const Caution = "Listings are linked by what their texts name. This says nothing about who wrote them."

// A selection is what of a graph is written, in order.
type selection struct {
	g        *Graph
	x        Export
	listings iter.Seq[uint32]
	keys     iter.Seq[uint32]
	edges    iter.Seq[uint32]
}

func (g *Graph) selected(x Export) (selection, error) {
	s, err := g.inComponent(x)
	if err != nil || x.Only == nil {
		return s, err
	}
	return s.only(), nil
}

// only leaves out what the export does not want.
func (s selection) only() selection {
	shows := func(l uint32) bool { return s.x.Only(s.g.listings[l].id, "") }
	var edges, keys []uint32
	for i := range s.edges {
		if e := s.g.edges[i]; shows(e.listing) && s.x.Only(s.g.listings[e.listing].id, s.g.keys[e.key].key) {
			edges = append(edges, i)
			keys = append(keys, e.key)
		}
	}
	slices.Sort(keys)
	listings := func(yield func(uint32) bool) {
		for l := range s.listings {
			if shows(l) && !yield(l) {
				return
			}
		}
	}
	return selection{s.g, s.x, listings, slices.Values(slices.Compact(keys)), slices.Values(edges)}
}

// inComponent returns all that is in the component that is wanted.
func (g *Graph) inComponent(x Export) (selection, error) {
	if x.Component == "" {
		return selection{g, x, upTo(len(g.listings)), upTo(len(g.keys)), upTo(len(g.edges))}, nil
	}
	c, ok := g.findComponent(x.Component)
	if !ok {
		return selection{}, fmt.Errorf("no component %q in this graph: expected an ID that its list of components shows", clip(x.Component, 80))
	}
	var keys, edges []uint32
	for _, l := range g.membersOf(c) {
		for _, i := range g.edgesOf(l) {
			edges = append(edges, i)
			keys = append(keys, g.edges[i].key)
		}
	}
	slices.Sort(edges)
	slices.Sort(keys)
	return selection{g, x, slices.Values(g.membersOf(c)), slices.Values(slices.Compact(keys)), slices.Values(edges)}, nil
}

func upTo(n int) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i := range n {
			if !yield(uint32(i)) {
				return
			}
		}
	}
}

// key returns a key as it may be shown, and its label.
func (s selection) key(n uint32) (Key, string) {
	k := s.g.keyAt(n)
	if k.Tie != nil {
		return k, "joined by " + visible(k.Tie.By, maxLabel)
	}
	return s.x.Label.key(k), s.x.Label.of(k.Identifier)
}

// edge returns an edge as it may be shown.
func (s selection) edge(i uint32) Edge {
	k := s.g.keys[s.g.edges[i].key]
	return s.x.Label.edge(s.g.edgeAt(i), s.g.identifier(k.ident, k.key))
}

// component returns the ID of that which a key ties together; empty for keys
// without a strong edge.
func (s selection) component(key uint32) string {
	i, ok := s.g.strongEdge(key)
	if !ok {
		return ""
	}
	return s.g.components[s.g.component[s.g.edges[i].listing]].id
}

// places returns how many places an edge rests on.
func (e Edge) places() int { return len(e.Evidence) + e.More }

// codes returns the codes of weaknesses in one string, and their texts in
// another.
func codes(weak []Weakness) (codes, texts string) {
	for i, w := range weak {
		if i > 0 {
			codes += " "
			texts += "; "
		}
		codes += w.Code
		texts += w.Text
	}
	return codes, texts
}

// stamp spells a time; empty if there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// A page is a buffered writer that keeps its first error.
type page struct {
	w   *bufio.Writer
	err error
}

func newPage(w io.Writer) *page { return &page{w: bufio.NewWriterSize(w, 1<<16)} }

func (p *page) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *page) print(texts ...string) {
	for _, t := range texts {
		if p.err == nil {
			_, p.err = p.w.WriteString(t)
		}
	}
}

func (p *page) end(what string) error {
	if err := cmp.Or(p.err, p.w.Flush()); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}

// xmlText returns a text for the content or an attribute of an element. What
// cannot be seen is spelt out.
func xmlText(s string) string { return xmlEscapes.Replace(visible(s, maxLabel)) }

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")
