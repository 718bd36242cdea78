package extract

import (
	"maps"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func isHeading(n *html.Node) bool {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Dt, atom.Legend, atom.Summary:
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

// A body is a text that may be the page's description.
type body struct {
	text string
	node *html.Node // the first that holds it; nil if none does
	sure int        // of 100
}

// densest returns the text of the element within root that holds most words of its
// own: words that stand in it directly or in paragraphs, not in links, fields or
// rows of facts. An element beside the page's facts counts three times as much as
// one elsewhere, and what stands before its headline a quarter. If there are no words
// but in rows of facts, these are the text.
func (s *surveyed) densest(root *html.Node) body {
	skip := maps.Clone(s.leaveOut)
	maps.Copy(skip, s.besides)
	maps.Copy(skip, s.repeated)
	skip[s.h1], skip[s.heading] = true, true
	for _, n := range s.priced[:min(len(s.priced), maxValues)] {
		if s.size[n].bytes <= maxHeading {
			skip[n] = true
		}
	}
	delete(skip, nil)
	delete(skip, root)
	plain := maps.Clone(skip)
	s.findFacts(root, skip)
	score := make(map[*html.Node]int)
	w := weigher{s: s, skip: skip, score: score, past: s.heading == nil || liesIn(root, s.heading.Parent) || s.thread.first != nil}
	w.weigh(root, root, 1, s.region != nil && liesIn(root, s.region))
	var best *html.Node
	for n := range score {
		if score[n] <= 0 {
			delete(score, n)
		}
	}
	if score[root] > 0 {
		best = root
	}
	for n := range root.Descendants() {
		if v, ok := score[n]; ok && (best == nil || v > score[best]) {
			best = n
		}
	}
	if best == nil {
		return body{textOf(root, plain), root, 30}
	}
	sure := 60
	if s.region != nil && liesIn(best, s.region) {
		sure = 70
	}
	return body{prose(textOf(best, skip)), best, sure}
}

// A weigher adds up the words that elements hold.
type weigher struct {
	s     *surveyed
	skip  map[*html.Node]bool
	score map[*html.Node]int
	past  bool // the headline
}

// weigh adds up the text within n for its holder: the next element around it that
// is more than a paragraph. Text in links counts against it.
func (w *weigher) weigh(n, holder *html.Node, sign int, near bool) {
	near = near || n == w.s.region
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c == w.s.heading:
			w.past = true
		case w.skip[c]:
		case c.Type == html.TextNode:
			k := sign * len(strings.Fields(c.Data))
			switch {
			case near:
				k *= 12
			case w.past:
				k *= 4
			}
			w.score[holder] += k
		case !isElement(c) || layoutOf(c.DataAtom) == dropped:
		case c.DataAtom == atom.A:
			w.weigh(c, holder, -1, near)
		case holds(c.DataAtom) && !isParagraph(c):
			w.weigh(c, c, sign, near)
		default:
			w.weigh(c, holder, sign, near)
		}
	}
}

// isParagraph reports whether n is a div used as a paragraph: it stands beside one of
// its class, and neither holds a block.
func isParagraph(n *html.Node) bool {
	if n.DataAtom != atom.Div || !isFlat(n) {
		return false
	}
	for _, beside := range []*html.Node{beforeOf(n), afterOf(n)} {
		if beside != nil && beside.DataAtom == atom.Div && get(beside.Attr, "class") == get(n.Attr, "class") && isFlat(beside) {
			return true
		}
	}
	return false
}

// isFlat reports whether no child of n is a block. It looks at a few.
func isFlat(n *html.Node) bool {
	budget := 64
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if budget--; budget < 0 || isElement(c) && (layoutOf(c.DataAtom) == block || layoutOf(c.DataAtom) == cell) {
			return false
		}
	}
	return true
}

// beforeOf and afterOf return the element beside n; nil if text stands between.
func beforeOf(n *html.Node) *html.Node {
	return element(n, func(n *html.Node) *html.Node { return n.PrevSibling })
}

func afterOf(n *html.Node) *html.Node {
	return element(n, func(n *html.Node) *html.Node { return n.NextSibling })
}

func element(n *html.Node, beside func(*html.Node) *html.Node) *html.Node {
	n = beside(n)
	if n != nil && n.Type == html.TextNode && strings.TrimSpace(n.Data) == "" {
		n = beside(n)
	}
	if n == nil || !isElement(n) {
		return nil
	}
	return n
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
