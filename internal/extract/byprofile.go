package extract

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"vigil"
)

// read fills l from d by the profile's rule for that type of page. It reports
// whether there is one.
func (p *profile) read(d *document, l *vigil.Listing, ps *problems) bool {
	for _, r := range p.rules() {
		if r.matches(d) {
			l.Profile, l.PageType = p.Name, r.typ
			newReading(p, d).fill(r.rule, l, ps)
			return true
		}
	}
	return false
}

// readAny is read for a page that is of that market in any case: of one that no
// rule knows, it takes title and text.
func (p *profile) readAny(d *document, l *vigil.Listing, ps *problems) {
	if p.read(d, l, ps) {
		return
	}
	l.Profile = p.Name
	if d.status >= 400 {
		l.PageType = vigil.PageNotice
	}
	rd := newReading(p, d)
	l.Title = short(withoutSite(d.headTitle()), maxTitle)
	l.Description = textOf(d.root.Nodes[0], rd.skip)
	rd.links(l)
}

// matches reports whether d is a page of that type. That a list is of one category
// takes its address, where the profile says so: without, it is any list.
func (t typedRule) matches(d *document) bool {
	if t.name == "category" && t.rule.URL.Regexp != nil && d.address == "" {
		return false
	}
	return t.rule.matches(d)
}

func (r *pageRule) matches(d *document) bool {
	if r.URL.Regexp != nil {
		if d.address != "" && !r.URL.MatchString(d.address) || d.address == "" && !r.Select.defined() {
			return false
		}
	}
	return !r.Select.defined() || r.Select.found(d)
}

// A reading is one page read by one profile.
type reading struct {
	*document
	p      *profile
	skip   map[*html.Node]bool       // what no fact holds: chrome, reviews, quotes
	rows   map[*html.Node][][]string // of elements in which labels were looked for
	blank  map[string]bool           // labels beside which the page shows nothing, in lower case
	labels map[string]bool           // of the rule's places, in lower case
}

func newReading(p *profile, d *document) *reading {
	r := &reading{document: d, p: p, skip: make(map[*html.Node]bool), rows: make(map[*html.Node][][]string), labels: make(map[string]bool)}
	for _, s := range slices.Concat(p.Chrome, p.Reviews, p.Quotes) {
		for _, n := range s.all(d) {
			r.skip[n] = true
		}
	}
	return r
}

// know takes note of the labels that a rule names.
func (r *reading) know(rule *pageRule) {
	for _, f := range rule.fields() {
		for _, label := range f.place.labels() {
			r.labels[strings.ToLower(label)] = true
		}
	}
}

func (r *reading) fill(rule *pageRule, l *vigil.Listing, ps *problems) {
	r.know(rule)
	first := func(p place) string { return short(firstLine(r.first(p)), maxTitle) }
	l.Title = first(rule.Title)
	l.Vendor = first(rule.Vendor)
	l.ShipsFrom = first(rule.ShipsFrom)
	l.Rating = first(rule.Rating)
	l.Sales = number(first(rule.Sales))
	l.Stock = number(first(rule.Stock))
	l.ShipsTo = r.list(rule.ShipsTo, listOf)
	l.Category = r.list(rule.Category, categoryPath)
	l.Description = strings.Join(r.values(rule.Description), "\n")
	l.Contact = r.contacts(rule.Contact)
	l.PGP = armored(strings.Join(r.values(rule.PGP), "\n"))
	r.prices(rule, l)
	r.times(first(rule.PostedAt), first(rule.LastSeen), l, ps)
	r.links(l)
}

// prices takes the prices at their place, then those in tables.
func (r *reading) prices(rule *pageRule, l *vigil.Listing) {
	f := numbers{comma: decimalComma(l.Lang), currency: string(r.p.Writes.Currency)}
	if w := r.p.Writes.Numbers; w.known {
		f.comma, f.strict = w.comma, true
	}
	var found []vigil.Price
	for _, v := range r.values(rule.Price) {
		found = append(found, pricesAs(v, f)...)
	}
	for _, n := range r.nodes(rule.PriceTable) {
		found = append(found, tier(r.rowsOf(n), f, rule.PriceTable)...)
	}
	setPrices(l, distinct(found))
}

// tier reads a row of a table of prices: what is bought stands in the cells before
// the price, or after it if the price is first.
func tier(rows [][]string, f numbers, p place) []vigil.Price {
	var ps []vigil.Price
	for _, cells := range rows {
		for i, c := range cells {
			bare := f
			if i == 0 {
				bare.currency = "" // a quantity
			}
			found := pricesAs(p.change(c), bare)
			if len(found) == 0 {
				continue
			}
			what := cells[:i]
			if i == 0 {
				what = cells[1:]
			}
			for _, q := range found {
				q.For = short(strings.Join(what, " "), 100)
				ps = append(ps, q)
			}
			break
		}
	}
	return ps
}

// contacts returns the lines at a place.
func (r *reading) contacts(p place) []string {
	var lines []string
	for _, v := range r.values(p) {
		for line := range strings.SplitSeq(v, "\n") {
			if line = strings.TrimSpace(line); line != "" && len(lines) < 100 {
				lines = append(lines, short(line, maxTitle))
			}
		}
	}
	return lines
}

// first returns the first value at the place.
func (r *reading) first(p place) string {
	if v := r.values(p); len(v) > 0 {
		return v[0]
	}
	return ""
}

// list returns the items of all values: each value is an item, or a single one is
// taken apart by split.
func (r *reading) list(p place, split func(string) []string) []string {
	values := r.values(p)
	if len(values) == 1 && p.Split == "" {
		return split(values[0])
	}
	var items []string
	for _, v := range values {
		items = append(items, short(oneLine(v), 100))
	}
	return items
}

// maxValues is how many elements of one place are read.
const maxValues = 300

// nodes returns the elements of a place, in page order; none lies in another.
func (r *reading) nodes(p place) []*html.Node {
	var nodes []*html.Node
	switch {
	case p.Select.defined():
		nodes = outermost(p.Select.all(r.document))
	case p.Label != "":
		nodes = r.root.Nodes
	}
	return nodes[:min(len(nodes), maxValues)]
}

// values returns what stands at the place, in page order, without empty values;
// nothing if the place is not defined.
func (r *reading) values(p place) []string {
	var values []string
	skip := r.without(p)
	for _, n := range r.nodes(p) {
		v := ""
		switch {
		case p.Label != "" && p.Attr == "":
			v = r.behind(n, p.labels())
		case p.Attr != "":
			v = oneLine(get(n.Attr, p.Attr))
		default:
			v = textOf(n, skip)
		}
		if v = p.change(v); v != "" {
			values = append(values, v)
		}
	}
	if p.Join != nil && len(values) > 0 {
		values = []string{strings.Join(values, *p.Join)}
	}
	if p.Split == "" {
		return values
	}
	var parts []string
	for _, v := range values {
		for s := range strings.SplitSeq(v, p.Split) {
			if s = strings.TrimSpace(s); s != "" && len(parts) < maxValues {
				parts = append(parts, s)
			}
		}
	}
	return parts
}

// without returns what the place's text leaves out.
func (r *reading) without(p place) map[*html.Node]bool {
	if len(p.Without) == 0 {
		return r.skip
	}
	skip := maps.Clone(r.skip)
	for _, s := range p.Without {
		for _, n := range s.all(r.document) {
			skip[n] = true
		}
	}
	return skip
}

// change makes of a text what the place's transforms say.
func (p *place) change(v string) string {
	v = p.Match.of(v)
	for _, rep := range p.Replace {
		if v = rep.Pattern.ReplaceAllString(v, rep.By); len(v) > 2*maxText {
			v = short(v, 2*maxText)
		}
	}
	v = strings.TrimSpace(v)
	v = strings.TrimSpace(strings.TrimPrefix(v, p.TrimPrefix))
	return strings.TrimSpace(strings.TrimSuffix(v, p.TrimSuffix))
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
