package extract

import (
	"maps"
	"strings"
	"unicode"

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
// one elsewhere, and what stands before its headline a quarter. Only if there are no
// words but in rows of facts, these count.
func (s *surveyed) densest(root *html.Node) body {
	if b := s.densestOf(root, true); b.text != "" {
		return b
	}
	return s.densestOf(root, false)
}

func (s *surveyed) densestOf(root *html.Node, facts bool) body {
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
	if facts {
		s.findFacts(root, skip)
	}
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
		return body{}
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

// maxFacts bounds a block of facts, in bytes of text.
const maxFacts = 600

// findFacts adds the largest blocks within n to skip that hold nothing but labels
// and their values.
func (s *surveyed) findFacts(n *html.Node, skip map[*html.Node]bool) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !isElement(c) || skip[c] {
			continue
		}
		e := s.size[c]
		if isKey(c) {
			skip[c] = true
			continue
		}
		if value := valueOf(c, e); value != nil {
			skip[c], skip[value] = true, true
			continue
		}
		if lay := layoutOf(c.DataAtom); e.bytes > 0 && e.bytes <= maxFacts && e.nodes <= 200 && (lay == block || lay == cell) &&
			s.size[n].bytes != e.bytes && onlyFacts(factText(c, skip)) {
			skip[c] = true
			continue
		}
		s.findFacts(c, skip)
	}
}

// isKey reports whether n is a block that holds an OpenPGP key, signature or message.
func isKey(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Pre, atom.Textarea, atom.Code, atom.Div, atom.P, atom.Td:
		c := n.FirstChild
		return c != nil && c.Type == html.TextNode && strings.HasPrefix(strings.TrimSpace(c.Data), "-----BEGIN PGP")
	}
	return false
}

// valueOf returns the element that holds the value of n, if n is a label alone.
func valueOf(n *html.Node, e extent) *html.Node {
	if e.bytes == 0 || e.bytes > maxHeading || n.DataAtom != atom.Dt && layoutOf(n.DataAtom) != cell || labelOf(briefText(n, nil)) == noFact {
		return nil
	}
	for c := n.NextSibling; c != nil; c = c.NextSibling {
		if isElement(c) {
			return c
		}
	}
	return nil
}

// onlyFacts reports whether each line of a marked text is a label and its value, or
// a row of a table with such a head.
func onlyFacts(marked string) bool {
	rows := strings.Split(marked, "\n")
	labelled, table := 0, false
	for i := 0; i < len(rows); i++ {
		parts := splitRow(rows[i])
		switch {
		case len(parts) == 0:
		case table && strings.ContainsRune(rows[i], markCell) && len(rows[i]) < 120:
		case headRow(rows[i], parts):
			table = true
			labelled++
		case startsLabel(parts[0]) && len(rows[i]) < 160:
			labelled++
		case labelOf(parts[0]) != noFact:
			labelled++
			if len(parts) == 1 {
				i++ // its value is the next line
			}
		default:
			return false
		}
	}
	return labelled > 0
}

// prose cuts off what is no prose at the beginning of a text (labels with their
// values, prices alone), and, where rules of signs part it, all but its longest part.
func prose(text string) string {
	if parts := ruled(text); len(parts) > 1 {
		best := ""
		for _, p := range parts {
			if p = withoutFacts(p); len(p) > len(best) {
				best = p
			}
		}
		return best
	}
	if rest := withoutFacts(text); rest != "" {
		return rest
	}
	return text
}

// ruled parts a text at lines of nothing but signs.
func ruled(text string) []string {
	var parts []string
	var part []string
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) >= 5 && strings.IndexFunc(line, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) < 0 {
			parts, part = append(parts, strings.Join(part, "\n")), nil
			continue
		}
		part = append(part, line)
	}
	return append(parts, strings.Join(part, "\n"))
}

// withoutFacts cuts lines of facts off the beginning of a text.
func withoutFacts(text string) string {
	rows := strings.Split(text, "\n")
	for len(rows) > 0 {
		row := rows[0]
		priced := len(row) < 30 && strings.ContainsAny(row, "0123456789") && len(pricesIn(row, false)) > 0
		if row != "" && !startsLabel(row) && !strings.HasPrefix(row, "- ") && !priced && !sells.MatchString(short(row, 20)) {
			break
		}
		rows = rows[1:]
	}
	return strings.TrimSpace(strings.Join(rows, "\n"))
}
