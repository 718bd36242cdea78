package extract

import (
	"maps"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A headline is what a page calls its thing.
type headline struct {
	text string
	node *html.Node // nil if no element says it
	sure int        // of 100
}

// headline returns the page's title and the element that states it. Elements count
// by their rank, and by what else says the same: the head, OpenGraph, JSON-LD. Of
// equals, the last counts that stands before the page's facts: a market's name
// comes first.
func (d *document) headline(s *surveyed, ld product, found map[fact]string) headline {
	og := d.meta("og:title")
	site := d.meta("og:site_name")
	best, score := s.bestHeading(og, site, ld.name)
	label := short(firstLine(found[factTitle]), maxTitle)
	switch {
	case ld.name != "":
		return headline{short(ld.name, maxTitle), best.node, 97}
	case best.text != "" && score >= 40:
		best.text = short(best.text, maxTitle)
		return best
	case og != "" && og != site:
		return headline{short(og, maxTitle), nil, 80}
	case label != "":
		return headline{label, nil, 75}
	case best.text != "":
		return best
	}
	if t := d.title(s, ld); t != "" {
		return headline{t, nil, 50}
	}
	return headline{}
}

// bestHeading returns the heading that counts most, and how much it counts.
func (s *surveyed) bestHeading(og, site, name string) (best headline, score int) {
	for _, h := range s.headings {
		n, text := h.node, s.headText(h.node)
		if text == "" || text == site || len(text) > maxTitle || labelOf(text) != noFact {
			continue
		}
		v := s.rankOf(n)
		said := s.title.is(text)
		switch {
		case text == name, text == og:
			v += 40
		case said && text != s.title.whole && s.isHome(n):
			v -= 60 // the market's name
		case said:
			v += 30
		case v < 30:
			continue
		}
		if s.inHead(n) {
			v -= 35
		}
		if v > score || v == score && !h.late {
			best, score = headline{text, n, min(99, 40+v*6/10)}, v
		}
	}
	return best, score
}

// headText returns the text of a heading without small print, buttons and badges.
func (s *surveyed) headText(n *html.Node) string {
	skip := s.besides
	if small := smallPrint(n); small != nil && !s.besides[small] {
		skip = maps.Clone(s.besides)
		skip[small] = true
	}
	if t := firstLine(briefText(n, skip)); t != "" {
		return t
	}
	return firstLine(briefText(n, s.chrome))
}

// smallPrint returns the small element within a heading.
func smallPrint(n *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Small {
			return c
		}
	}
	return nil
}

// rankOf says how much an element is one for titles, of 100.
func (s *surveyed) rankOf(n *html.Node) int {
	switch {
	case n == s.named:
		return 60
	case n.DataAtom == atom.H1:
		if s.isHome(n) {
			return 20 // the market's name, most likely
		}
		return 60
	case n.DataAtom == atom.H2:
		return 45
	case n.DataAtom == atom.H3, hasWord(n, "title", "titel", "titre", "titulo", "heading"):
		return 36
	case n.DataAtom == atom.H4, n.DataAtom == atom.H5, n.DataAtom == atom.H6:
		return 30
	}
	return 15
}

// inHead reports whether n lies in the head or foot of a page.
func (s *surveyed) inHead(n *html.Node) bool {
	for a := range n.Ancestors() {
		if isElement(a) && chromeOf(a) != matter {
			return true
		}
	}
	return false
}

// isHome reports whether n leads home, as a market's name does.
func (s *surveyed) isHome(n *html.Node) bool {
	href := firstHref(n, 10)
	for a := range n.Ancestors() {
		if href != "" || s.size[a].bytes > s.size[n].bytes {
			break
		}
		if a.DataAtom == atom.A {
			href = get(a.Attr, "href")
		}
	}
	return isHomeRef(href)
}

// isHomeRef reports whether an address is that of a site's first page.
func isHomeRef(href string) bool {
	href, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(href)), "?")
	if href == "" {
		return false
	}
	if i := strings.Index(href, "://"); i >= 0 {
		if _, path, ok := strings.Cut(href[i+3:], "/"); ok {
			href = "/" + path
		} else {
			href = "/"
		}
	}
	href = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(href, "."), "/"), ".php"), ".html")
	return href == "" || href == "index" || href == "home"
}
