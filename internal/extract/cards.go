package extract

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// minCards is how many alike blocks with links make a list.
const minCards = 4

// findCards looks for groups of children of one element that are alike and lead to
// different addresses: menus, and the largest group of cards.
func (s *surveyed) findCards(n *html.Node) {
	if s.chrome[n] || s.foreign[n] {
		return
	}
	var (
		groups map[string][]*html.Node
		keys   []string // of groups, in page order
		seen   set
	)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !isElement(c) {
			continue
		}
		s.findCards(c)
		key := cardKey(c)
		if key == "" || s.posts[c] || s.foreign[c] {
			continue
		}
		if href := firstHref(c, 40); href != "" && seen.add(href) {
			if groups == nil {
				groups = make(map[string][]*html.Node)
			}
			if groups[key] == nil {
				keys = append(keys, key)
			}
			groups[key] = append(groups[key], c)
		}
	}
	for _, key := range keys {
		g := groups[key]
		switch {
		case len(g) < minCards && !s.arePriced(g) || !cardSized(g):
		case s.isMenu(g):
			s.menus = append(s.menus, g...)
		case len(g) < minCards && len(g) <= len(s.cards):
			s.menus = append(s.menus, g...)
		case len(g) > len(s.cards):
			s.cards = g
		}
	}
}

// arePriced reports whether g are teasers, though few: each has its price and a text
// that is a link.
func (s *surveyed) arePriced(g []*html.Node) bool {
	for _, n := range g {
		if e := s.size[n]; !e.digits || e.linked == 0 || e.words > 60 || len(pricesIn(briefText(n, nil), false)) == 0 {
			return false
		}
	}
	return len(g) > 1
}

// isMenu reports whether most of g say no more than a link does: a few words,
// perhaps a count, no price.
func (s *surveyed) isMenu(g []*html.Node) bool {
	bare := 0
	sample := g[:min(len(g), 40)]
	for _, n := range sample {
		if t := briefText(n, nil); len(t) < 60 && !strings.Contains(t, "\n") && (!s.size[n].digits || len(pricesIn(t, false)) == 0) {
			bare++
		}
	}
	return bare*2 > len(sample)
}

// cardKey returns what cards of one group share; empty for what is no card.
func cardKey(n *html.Node) string {
	switch n.DataAtom {
	case atom.Tr, atom.Li, atom.Div, atom.Article, atom.A, atom.Section, atom.Table, atom.Dl:
	default:
		return ""
	}
	class := get(n.Attr, "class")
	if first, _, ok := strings.Cut(strings.TrimSpace(class), " "); ok {
		class = first
	}
	// Rows of a striped table differ in their class.
	class = strings.TrimFunc(class, unicode.IsDigit)
	switch class {
	case "odd", "even", "alt":
		class = ""
	}
	return n.Data + "." + class
}

// firstHref returns the address of the first link within n, looking at no more
// than budget nodes.
func firstHref(n *html.Node, budget int) string {
	if n.DataAtom == atom.A {
		return get(n.Attr, "href")
	}
	for d := range n.Descendants() {
		if budget--; budget < 0 {
			return ""
		}
		if d.DataAtom == atom.A {
			return get(d.Attr, "href")
		}
	}
	return ""
}

// cardSized reports whether all of g are of the size of cards: none is half a page.
func cardSized(g []*html.Node) bool {
	for _, n := range g {
		budget := 400
		for range n.Descendants() {
			if budget--; budget < 0 {
				return false
			}
		}
	}
	return true
}
