package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

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
