package extract

import (
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
	skip := make(map[*html.Node]bool, len(s.besides)+len(s.foreign))
	for _, m := range []map[*html.Node]bool{s.besides, s.foreign} {
		for n := range m {
			skip[n] = true
		}
	}
	for n := range s.repeated {
		if !s.size[n].prose() {
			skip[n] = true // links and buttons; what one vendor writes on each page stays
		}
	}
	for _, x := range s.bodies {
		skip[x.head] = true
	}
	taken := make(map[*html.Node]bool) // told already
	told := 0                          // bytes
	var bodies []body
	add := func(nodes []*html.Node, sure int) {
		var w lines
		var e extent
		for _, n := range nodes {
			if skip[n] || told > maxText || anyAround(n, taken) {
				continue
			}
			if n.Type == html.TextNode {
				w.text(n.Data, false)
				continue
			}
			in := s.size[n]
			e.words, e.linked = e.words+in.words, e.linked+in.linked
			w.element(n, skip, false)
			taken[n] = true
		}
		t := w.String()
		told += len(t)
		if t == "" || e.words > 0 && !e.prose() {
			return
		}
		bodies = append(bodies, body{t, nodes[0], sure})
	}
	elsewhere := func(n *html.Node) bool { return s.thread.first != nil && !liesIn(n, s.thread.first) }
	for _, x := range s.bodies[:min(len(s.bodies), maxValues)] {
		if !s.hidden(x.nodes[0]) && !elsewhere(x.nodes[0]) {
			add(x.nodes, 90)
		}
	}
	for _, n := range s.described[:min(len(s.described), maxValues)] {
		if elsewhere(n) {
			continue
		}
		sure := 90
		if get(n.Attr, "itemprop") != "" {
			sure = 95
		}
		add([]*html.Node{n}, sure)
	}
	return inOrder(bodies, s.root)
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
