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
	return layoutOf(start.DataAtom) != inline && cardKey(c) != "" && cardKey(c) == cardKey(start) && c.DataAtom != atom.Tr &&
		f.s.size[c].bytes <= maxHeading
}

// strip reads the row of tabs that first belongs to, and returns what stands behind
// each of them.
func (f *sectioner) strip(first *html.Node) []section {
	var tabs []*html.Node
	last := first
	for c := first; c != nil; c = c.PrevSibling {
		if c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" || isElement(c) && !f.tabLike(first, c) {
			break
		}
		last = c
	}
	for c := last; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" || isElement(c) && !f.tabLike(first, c) {
			break
		}
		if last = c; f.s.size[c].bytes > 0 {
			tabs = append(tabs, c)
		}
	}
	if len(tabs) < 2 || len(tabs) > 20 {
		return nil
	}
	for _, n := range tabs {
		f.tab[n] = true
	}
	panes := f.panes(last)
	var found []section
	for i, n := range tabs {
		t := f.starts[n]
		switch pane := f.target(n); {
		case t == noTopic:
		case pane != nil:
			found = append(found, section{t, n, []*html.Node{pane}})
		case len(panes) == len(tabs):
			found = append(found, section{t, n, []*html.Node{panes[i]}})
		case len(panes) > 0 && active(n):
			if t == foreign {
				f.s.answers = true
			}
			if nodes := f.from(panes[0]); len(nodes) > 0 {
				found = append(found, section{t, n, nodes})
			}
		}
	}
	return found
}

// from returns first and, if it is a paragraph and no holder of such, what follows it
// up to the next heading.
func (f *sectioner) from(first *html.Node) []*html.Node {
	nodes := []*html.Node{first}
	if holds(first.DataAtom) && !isParagraph(first) {
		return nodes
	}
	for c := first.NextSibling; c != nil; c = c.NextSibling {
		if _, ok := f.starts[c]; ok && !f.tab[c] || isHeading(c) || len(nodes) == maxBlocks {
			break
		}
		nodes = append(nodes, c)
	}
	return nodes
}

// tabLike reports whether c can stand in a row of tabs beside first.
func (f *sectioner) tabLike(first, c *html.Node) bool {
	if c.DataAtom == atom.Input {
		return true
	}
	switch first.DataAtom {
	case atom.Li, atom.A, atom.Label, atom.Button, atom.Span, atom.Td:
	default:
		// Blocks may be headings with short texts below them.
		if _, ok := f.starts[c]; !ok || isHeading(c) || c.DataAtom == atom.Tr {
			return false
		}
	}
	return c.DataAtom == first.DataAtom && f.s.size[c].bytes <= maxHeading && f.s.size[c].nodes <= maxInHeading
}

// target returns the element that a tab names; nil if it names none.
func (f *sectioner) target(tab *html.Node) *html.Node {
	budget := maxInHeading
	for n := tab; n != nil && budget > 0; n, budget = n.FirstChild, budget-1 {
		for _, key := range []string{"href", "data-target", "data-bs-target", "aria-controls"} {
			if v := get(n.Attr, key); key == "aria-controls" || strings.HasPrefix(v, "#") {
				if t := f.ids[strings.TrimPrefix(v, "#")]; t != nil && f.s.size[t].bytes > 0 && t != tab {
					return t
				}
			}
		}
	}
	return nil
}

// panes returns the blocks behind a row of tabs that ends with last: alike elements
// that follow it, or that the one element holds which follows it.
func (f *sectioner) panes(last *html.Node) []*html.Node {
	after := f.follow(last)
	if after == nil {
		for p := last.Parent; p != nil && p.DataAtom != atom.Body; p = p.Parent {
			if after = f.follow(p); after != nil {
				break
			}
		}
	}
	if after == nil {
		return nil
	}
	if alike := f.alike(after); len(alike) > 1 && isPane(after) {
		return alike
	}
	for c := after; c != nil; {
		first := f.follow(&html.Node{NextSibling: c.FirstChild})
		if first == nil {
			break
		}
		if alike := f.alike(first); len(alike) > 1 && isPane(first) {
			return alike
		}
		if f.s.size[first].bytes < f.s.size[c].bytes {
			break
		}
		c = first
	}
	return []*html.Node{after}
}

// isPane reports whether n is more than a paragraph: it has a name.
func isPane(n *html.Node) bool {
	return cardKey(n) != "" && (get(n.Attr, "class") != "" || get(n.Attr, "id") != "")
}

// follow returns the next element behind n that has text.
func (f *sectioner) follow(n *html.Node) *html.Node {
	for c := n.NextSibling; c != nil; c = c.NextSibling {
		if isElement(c) && f.s.size[c].bytes > 0 {
			return c
		}
	}
	return nil
}

// alike returns first and the elements behind it that are of its kind, up to 21.
func (f *sectioner) alike(first *html.Node) []*html.Node {
	var all []*html.Node
	for c := first; c != nil && len(all) <= 20; c = c.NextSibling {
		if !isElement(c) {
			continue
		}
		if cardKey(c) != cardKey(first) {
			break
		}
		all = append(all, c)
	}
	return all
}

// active reports whether a tab says that it is the open one.
func active(tab *html.Node) bool {
	budget := maxInHeading
	for n := tab; n != nil && budget > 0; n, budget = n.FirstChild, budget-1 {
		if hasWord(n, "active", "selected", "current", "on") || strings.EqualFold(get(n.Attr, "aria-selected"), "true") {
			return true
		}
	}
	return false
}
