package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxHeading bounds the text of a heading or tab that is looked at, in bytes, and
// maxInHeading the nodes within.
const (
	maxHeading   = 90
	maxInHeading = 16
	maxStrips    = 32   // rows of tabs
	maxBlocks    = 2000 // behind a tab that names no pane
)

// A section is what stands below a heading or behind a tab.
type section struct {
	topic topic
	head  *html.Node
	nodes []*html.Node // siblings, text included
}

// A sectioner finds a page's sections.
type sectioner struct {
	s        *surveyed
	ids      map[string]*html.Node
	starts   map[*html.Node]topic // headings and tabs: the highest element that says no more
	order    []*html.Node         // of starts, in page order
	tab      map[*html.Node]bool  // starts that are tabs, or nothing if they are not
	siblings map[*html.Node]int   // by parent: how many of its children are starts
}

// sections returns what stands below headings, and behind tabs, whose topic is known.
func (s *surveyed) sections(elements []*html.Node) []section {
	f := sectioner{s: s, ids: make(map[string]*html.Node), starts: make(map[*html.Node]topic), tab: make(map[*html.Node]bool), siblings: make(map[*html.Node]int)}
	for _, n := range elements {
		if id := get(n.Attr, "id"); id != "" && f.ids[id] == nil {
			f.ids[id] = n
		}
		f.look(n)
	}
	var found []section
	done := make(map[*html.Node]bool)
	for _, n := range f.order {
		if f.siblings[n.Parent] > 1 && !done[n.Parent] && len(done) < maxStrips {
			done[n.Parent] = true
			found = append(found, f.strip(n)...)
		}
	}
	for _, n := range f.order {
		if f.tab[n] {
			continue
		}
		if nodes := f.below(n); len(nodes) > 0 {
			found = append(found, section{f.starts[n], n, nodes})
		}
	}
	return found
}

// look notes n if it says no more than what a section is about.
func (f *sectioner) look(n *html.Node) {
	size := f.s.size[n]
	if size.bytes == 0 || size.bytes > maxHeading || size.nodes > maxInHeading || n.DataAtom == atom.H1 || layoutOf(n.DataAtom) == dropped {
		return
	}
	text := briefText(n, nil)
	if f.s.title.is(text) {
		return
	}
	sure := isHeading(n) && n.DataAtom != atom.Dt || hasWord(n, "heading", "header", "caption", "tab")
	if !sure && valued(text) {
		return
	}
	t := topicOf(text, sure)
	if t == noTopic {
		return
	}
	top := f.s.whole(n)
	if _, ok := f.starts[top]; ok {
		return
	}
	f.starts[top] = t
	f.order = append(f.order, top)
	f.siblings[top.Parent]++
	f.tab[top] = !alone(top)
}

// valued reports whether a text is a label with a value rather than a heading: a
// number that is no count in brackets, or words behind a colon.
func valued(text string) bool {
	if i := strings.LastIndexByte(text, '('); i > 0 {
		text = text[:i]
	}
	_, value, _ := strings.Cut(text, ":")
	return strings.ContainsAny(text, "0123456789★☆%") || strings.TrimSpace(value) != ""
}

// whole returns the highest element that says no more than n.
func (s *surveyed) whole(n *html.Node) *html.Node {
	for p := n.Parent; p != nil && isElement(p) && p.DataAtom != atom.Body && s.size[p].bytes == s.size[n].bytes; p = p.Parent {
		n = p
	}
	return n
}

// alone reports whether nothing stands beside n on its line.
func alone(n *html.Node) bool {
	switch layoutOf(n.DataAtom) {
	case cell:
		return false // a label
	case inline:
		return ends(n, func(n *html.Node) *html.Node { return n.PrevSibling }) &&
			ends(n, func(n *html.Node) *html.Node { return n.NextSibling })
	}
	return true
}

// ends reports whether the line ends beside n in the given direction.
func ends(n *html.Node, beside func(*html.Node) *html.Node) bool {
	n = beside(n)
	for n != nil && n.Type == html.TextNode && strings.TrimSpace(n.Data) == "" {
		n = beside(n)
	}
	return n == nil || isElement(n) && layoutOf(n.DataAtom) != inline
}

// below returns what a heading is of: what follows it, up to the next heading.
func (f *sectioner) below(start *html.Node) []*html.Node {
	var nodes []*html.Node
	for c := start.NextSibling; c != nil; c = c.NextSibling {
		if f.next(start, c) {
			break
		}
		if f.s.size[c].bytes > 0 || c.Type == html.TextNode {
			nodes = append(nodes, c)
		}
	}
	return nodes
}

// next reports whether c, which follows the heading start, begins another section.
func (f *sectioner) next(start, c *html.Node) bool {
	if _, ok := f.starts[c]; ok && !f.tab[c] {
		return true
	}
	if !isElement(c) {
		return false
	}
	if e := f.s.size[c]; e.bytes > 0 && e.bytes <= maxHeading && !isHeading(start) && startsLabel(firstLine(briefText(c, nil))) {
		return true // facts again
	}
	if isHeading(start) {
		return isHeading(c) && rank(c) <= rank(start)
	}
	return layoutOf(start.DataAtom) != inline && get(c.Attr, "class") != "" && cardKey(c) == cardKey(start) && c.DataAtom != atom.Tr &&
		f.s.size[c].bytes <= maxHeading
}
