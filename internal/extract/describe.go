package extract

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"vigil"
)

// explicit returns the text that the page itself calls its description: in markup
// for programs, by a class, below a heading, behind a tab. Several of them, as a
// short one and a long one, follow each other; a text within another counts once.
func (d *document) explicit(s *surveyed) body {
	bodies := s.explicitBodies()
	// One class for many small things is no name of a description.
	if len(bodies) > 4 {
		longest := slices.MaxFunc(bodies, func(a, b body) int { return len(a.text) - len(b.text) })
		bodies = []body{longest}
	}
	var all []string
	got := body{}
	for _, b := range bodies {
		if slices.ContainsFunc(all, func(t string) bool { return strings.Contains(t, b.text) }) {
			continue
		}
		all = slices.DeleteFunc(all, func(t string) bool { return strings.Contains(b.text, t) })
		all = append(all, b.text)
		if got.node == nil {
			got.node = b.node
		}
		got.sure = max(got.sure, b.sure)
	}
	got.text = strings.Join(all, "\n")
	return got
}

// explicitBodies returns the texts that the page calls descriptions, in page order.
func (s *surveyed) explicitBodies() []body {
	t := teller{s: s, skip: s.besidesText(), taken: make(map[*html.Node]bool)}
	elsewhere := func(n *html.Node) bool { return s.thread.first != nil && !liesIn(n, s.thread.first) }
	for _, x := range s.bodies[:min(len(s.bodies), maxValues)] {
		if !s.hidden(x.nodes[0]) && !elsewhere(x.nodes[0]) {
			t.tell(x.nodes, 90)
		}
	}
	for _, n := range s.described[:min(len(s.described), maxValues)] {
		sure := 90
		if get(n.Attr, "itemprop") != "" {
			sure = 95
		}
		if !elsewhere(n) {
			t.tell([]*html.Node{n}, sure)
		}
	}
	return inOrder(t.bodies, s.root)
}

// besidesText returns what no text of a description holds. What the host repeats is
// left out if it is links; what one vendor writes on each page stays.
func (s *surveyed) besidesText() map[*html.Node]bool {
	skip := maps.Clone(s.besides)
	maps.Copy(skip, s.foreign)
	for n := range s.repeated {
		if !s.size[n].prose() {
			skip[n] = true
		}
	}
	for _, x := range s.bodies {
		skip[x.head] = true
	}
	return skip
}

// A teller tells each part of a page once, and no more than a description holds.
type teller struct {
	s      *surveyed
	skip   map[*html.Node]bool
	taken  map[*html.Node]bool
	told   int // bytes
	bodies []body
}

// tell adds the text of nodes, unless it is links for the most part.
func (t *teller) tell(nodes []*html.Node, sure int) {
	var w lines
	var e extent
	for _, n := range nodes {
		switch {
		case t.skip[n] || t.told > maxText || anyAround(n, t.taken):
		case n.Type == html.TextNode:
			w.text(n.Data, false)
		default:
			in := t.s.size[n]
			e.words, e.linked = e.words+in.words, e.linked+in.linked
			w.element(n, t.skip, false)
			t.taken[n] = true
		}
	}
	text := w.String()
	t.told += len(text)
	if text != "" && (e.words == 0 || e.prose()) {
		t.bodies = append(t.bodies, body{text, nodes[0], sure})
	}
}

// inOrder puts bodies into page order.
func inOrder(bodies []body, root *html.Node) []body {
	if len(bodies) < 2 {
		return bodies
	}
	at := make(map[*html.Node]int, len(bodies))
	for i, b := range bodies {
		at[b.node] = -i
	}
	i := 1
	for n := range root.Descendants() {
		if _, ok := at[n]; ok {
			at[n] = i
		}
		i++
	}
	slices.SortStableFunc(bodies, func(a, b body) int { return at[a.node] - at[b.node] })
	return bodies
}

// describe returns the text of what the page is about.
func (d *document) describe(l *vigil.Listing, s *surveyed, ld product) body {
	if l.PageType == vigil.PageLogin || l.PageType == vigil.PageCaptcha {
		return body{} // fields and their names
	}
	got := d.explicit(s)
	switch {
	case got.text != "" && len(got.text) < 20 && len(ld.description) > len(got.text):
		return body{ld.description, got.node, 85}
	case got.text != "":
		return got
	case s.thread.first != nil:
		got = s.densest(s.thread.first)
		got.sure = 85
	case ld.description != "":
		return body{ld.description, nil, 85}
	case l.PageType != vigil.PageIndex:
		got = s.densest(s.root)
	}
	if got.text == "" {
		got = body{d.meta("og:description"), nil, 40}
	}
	return got
}
