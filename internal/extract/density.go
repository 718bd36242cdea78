package extract

import (
	"maps"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// underHeading returns the text below a heading that announces a description, up
// to the next heading of its rank.
func (s *surveyed) underHeading() string {
	for n := range s.root.Descendants() {
		if !isHeading(n) || s.leaveOut[n] || labelOf(briefText(n, nil)) != factDescription {
			continue
		}
		var w lines
		for c := n.NextSibling; c != nil && !(isHeading(c) && rank(c) <= rank(n)); c = c.NextSibling {
			switch {
			case c.Type == html.TextNode:
				w.text(c.Data, false)
			case isElement(c) && !s.leaveOut[c]:
				w.element(c, s.leaveOut, false)
			}
		}
		if t := w.String(); t != "" {
			return t
		}
	}
	return ""
}

func isHeading(n *html.Node) bool {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Dt, atom.Legend:
		return true
	}
	return false
}

// rank orders headings: 1 for h1 up to 6 for h6, 7 for the others.
func rank(n *html.Node) int {
	if len(n.Data) == 2 && n.Data[0] == 'h' {
		return int(n.Data[1] - '0')
	}
	return 7
}

// densest returns the text of the element that holds most words of its own: words
// that stand in it directly or in paragraphs, not in links or fields.
func (s *surveyed) densest() string {
	score := make(map[*html.Node]int)
	s.weigh(s.root, s.root, 1, score)
	var best *html.Node
	for n := range s.root.Descendants() {
		if v, ok := score[n]; ok && v > 0 && (best == nil || v > score[best]) {
			best = n
		}
	}
	if best == nil {
		return ""
	}
	skip := maps.Clone(s.leaveOut)
	skip[s.h1], skip[s.heading] = true, true
	return textOf(best, skip)
}

// weigh adds up the text within n for its holder: the next element around it that
// is more than a paragraph. Text in links counts against it.
func (s *surveyed) weigh(n, holder *html.Node, sign int, score map[*html.Node]int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			if k := len(strings.Fields(c.Data)); k > 0 {
				score[holder] += sign * k
			}
		case !isElement(c) || s.leaveOut[c] || layoutOf(c.DataAtom) == dropped, c == s.h1, c == s.heading:
		case c.DataAtom == atom.A:
			s.weigh(c, holder, -1, score)
		case holds(c.DataAtom):
			s.weigh(c, c, sign, score)
		default:
			s.weigh(c, holder, sign, score)
		}
	}
}

// holds reports whether an element is a holder of paragraphs.
func holds(a atom.Atom) bool {
	switch a {
	case atom.Body, atom.Div, atom.Section, atom.Article, atom.Main, atom.Td, atom.Dd, atom.Blockquote, atom.Pre,
		atom.Fieldset, atom.Form, atom.Details, atom.Center, atom.Dl, atom.Table:
		return true
	}
	return false
}
