package extract

import (
	"strings"

	"golang.org/x/net/html"

	"vigil"
)

// read fills l from d by the profile's rule for that type of page. It reports
// whether there is one.
func (p *profile) read(d *document, l *vigil.Listing) bool {
	for _, r := range p.rules() {
		if r.rule.matches(d) {
			l.Profile, l.PageType = p.Name, r.typ
			r.rule.read(d, l, p.leaveOut(d))
			return true
		}
	}
	return false
}

// readAny is read for a page that is of that market in any case: of one that no
// rule knows, it takes title and text.
func (p *profile) readAny(d *document, l *vigil.Listing) {
	if p.read(d, l) {
		return
	}
	l.Profile = p.Name
	if d.status >= 400 {
		l.PageType = vigil.PageNotice
	}
	l.Title = short(withoutSite(d.headTitle()), maxTitle)
	l.Description = textOf(d.root.Nodes[0], p.leaveOut(d))
}

// leaveOut returns the elements that no description holds.
func (p *profile) leaveOut(d *document) map[*html.Node]bool {
	skip := make(map[*html.Node]bool)
	for _, s := range append(p.Chrome[:len(p.Chrome):len(p.Chrome)], p.Reviews...) {
		for _, n := range s.all(d) {
			skip[n] = true
		}
	}
	return skip
}

func (r *pageRule) matches(d *document) bool {
	if r.URL.Regexp != nil {
		if d.address != "" && !r.URL.MatchString(d.address) || d.address == "" && r.Select.Matcher == nil {
			return false
		}
	}
	return r.Select.Matcher == nil || r.Select.found(d.root)
}

func (r *pageRule) read(d *document, l *vigil.Listing, skip map[*html.Node]bool) {
	first := func(p place) string { return short(firstLine(p.first(d, skip)), maxTitle) }
	l.Title = first(r.Title)
	l.Vendor = first(r.Vendor)
	l.ShipsFrom = first(r.ShipsFrom)
	l.Rating = first(r.Rating)
	l.PostedAt = posted(first(r.PostedAt))
	l.Sales = number(first(r.Sales))
	l.ShipsTo = r.ShipsTo.list(d, skip, listOf)
	l.Category = r.Category.list(d, skip, categoryPath)
	l.Description = strings.Join(r.Description.values(d, skip), "\n")
	setPrices(l, pricesIn(strings.Join(r.Price.values(d, skip), "\n"), decimalComma(l.Lang)))
}

// first returns the first value at the place that is not empty.
func (p place) first(d *document, skip map[*html.Node]bool) string {
	for _, v := range p.values(d, skip) {
		if v != "" {
			return v
		}
	}
	return ""
}

// list returns the items of all values: each value is an item, or a single one is
// taken apart by split.
func (p place) list(d *document, skip map[*html.Node]bool, split func(string) []string) []string {
	values := p.values(d, skip)
	if len(values) == 1 {
		return split(values[0])
	}
	var items []string
	for _, v := range values {
		if v != "" {
			items = append(items, short(v, 100))
		}
	}
	return items
}

// maxValues is how many elements of one place are read.
const maxValues = 300

// values returns what stands at the place, in page order; nothing if it is not
// defined.
func (p place) values(d *document, skip map[*html.Node]bool) []string {
	var nodes []*html.Node
	switch {
	case p.Select.Matcher != nil:
		nodes = outermost(p.Select.all(d))
	case p.Label != "":
		nodes = d.root.Nodes
	}
	var values []string
	for _, n := range nodes[:min(len(nodes), maxValues)] {
		v := ""
		switch {
		case p.Label != "":
			v = behind(n, p.Label, skip)
		case p.Attr != "":
			v = oneLine(get(n.Attr, p.Attr))
		default:
			v = textOf(n, skip)
		}
		if v = p.Match.of(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}

// outermost drops the nodes that lie within another: their text is told already,
// and telling it again would take quadratic time.
func outermost(nodes []*html.Node) []*html.Node {
	in := make(map[*html.Node]bool, len(nodes))
	for _, n := range nodes {
		in[n] = true
	}
	var out []*html.Node
next:
	for _, n := range nodes {
		for a := range n.Ancestors() {
			if in[a] {
				continue next
			}
		}
		out = append(out, n)
	}
	return out
}

// behind returns what stands behind a label within n: on its line, in the next
// cell or element, or on the next line.
func behind(n *html.Node, label string, skip map[*html.Node]bool) string {
	rows := strings.Split(markedText(n, skip), "\n")
	label = strings.TrimSuffix(strings.TrimSpace(label), ":")
	for i, row := range rows {
		parts := splitRow(row)
		for j, part := range parts {
			rest, ok := cutLabel(part, label)
			switch {
			case !ok:
			case rest != "":
				return strings.TrimSpace(rest + " " + strings.Join(parts[j+1:], " "))
			case j+1 < len(parts):
				return strings.Join(parts[j+1:], " ")
			case i+1 < len(rows):
				return strings.Join(splitRow(rows[i+1]), " ")
			}
		}
	}
	return ""
}

// cutLabel returns what follows label in s, which begins with it; case does not
// matter. A label ends at a colon or at the end of s.
func cutLabel(s, label string) (rest string, ok bool) {
	if len(s) < len(label) || !strings.EqualFold(s[:len(label)], label) {
		return "", false
	}
	rest = strings.TrimSpace(s[len(label):])
	if rest == "" {
		return "", true
	}
	rest, ok = strings.CutPrefix(rest, ":")
	return strings.TrimSpace(rest), ok
}
