package extract

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"vigil"
)

// readGeneric reads a page of an unknown market by what shop pages have in common:
// structured data, labels, and where their text stands.
func (d *document) readGeneric(l *vigil.Listing, chrome *Chrome) {
	l.Profile = Generic
	s := survey(d.root.Nodes[0], d.elements, d.headTitle(), chrome)
	ld := readJSONLD(d.jsonLD)
	g := &guess{l: l, d: d, s: s, ld: ld}
	g.label()
	head := d.headline(s, ld, g.found)
	if s.heading = head.node; s.heading == nil {
		s.heading = d.heading(s)
	}
	s.aroundHead = make(map[*html.Node]bool)
	for n := s.heading; n != nil; n = n.Parent {
		s.aroundHead[n] = true
	}
	s.region = s.common(append(s.labels[:len(s.labels):len(s.labels)], slices.DeleteFunc([]*html.Node{head.node}, func(n *html.Node) bool { return n == nil })...))
	g.labelNear()
	prices, sure := g.prices()
	l.PageType = d.pageType(s, ld, g.found, len(prices) > 0)
	l.Title = head.text
	g.say("title", l.Title != "", head.sure)
	if l.PageType == vigil.PageListing || l.PageType == vigil.PageVendor {
		g.facts()
	}
	if l.PageType == vigil.PageListing {
		setPrices(l, prices)
		g.say("price", l.Price != nil, sure)
	}
	b := d.describe(l, s, ld)
	l.Description = b.text
	g.say("description", b.text != "", b.sure)
}

// A guess is a generic reading on its way.
type guess struct {
	l  *vigil.Listing
	d  *document
	s  *surveyed
	ld product

	near    map[fact]string // labelled in the region of the page's facts
	found   map[fact]string // labelled anywhere but in chrome, near ones first
	outside string          // the marked text that found was read from
}

// say notes how sure the reader is of a field, of 100, if it was read.
func (g *guess) say(field string, read bool, sure int) {
	if !read {
		return
	}
	if g.l.Sure == nil {
		g.l.Sure = make(map[string]float64)
	}
	g.l.Sure[field] = float64(sure) / 100
}

// label reads what stands behind labels outside what the host repeats, then anywhere
// but in chrome. What one vendor's pages all say is repeated, and true of each.
func (g *guess) label() {
	root := g.s.root
	g.outside = factText(root, g.s.leaveOut)
	texts := []string{g.outside}
	if len(g.s.repeated) > 0 {
		skip := maps.Clone(g.s.leaveOut)
		maps.Copy(skip, g.s.repeated)
		g.outside = factText(root, skip)
		texts = []string{g.outside, texts[0]}
	}
	g.found = make(map[fact]string)
	for _, t := range texts {
		for f, v := range labelled(t) {
			keep(g.found, f, v)
		}
	}
	// Beside a price, "from" and "to" tell of goods.
	for weak, f := range map[fact]fact{factFrom: factShipsFrom, factTo: factShipsTo} {
		if v := g.found[weak]; g.found[factPrice] != "" && !strings.ContainsAny(v, "0123456789") {
			keep(g.found, f, v)
		}
	}
}

// labelNear reads what stands behind labels in the region of the page's facts, which
// counts before what stands elsewhere.
func (g *guess) labelNear() {
	if g.s.region == nil {
		return
	}
	g.near = labelled(factText(g.s.region, g.s.leaveOut))
	maps.Copy(g.found, g.near)
}

// sureOf says how sure a labelled fact is.
func (g *guess) sureOf(f fact) int {
	switch {
	case g.near[f] != "":
		return 95
	case g.found[f] != "":
		return 85
	}
	return 0
}

// facts fills in who, where and when.
func (g *guess) facts() {
	l, ld, s := g.l, g.ld, g.s
	g.vendor()
	if l.PageType == vigil.PageVendor {
		l.Rating = rating.FindString(g.found[factRating])
		l.Sales = number(g.found[factSales])
		l.ShipsFrom = short(firstLine(g.found[factShipsFrom]), 100)
		g.sayFacts()
		return
	}
	sure := 90
	if l.Category = ld.category; l.Category == nil {
		l.Category, sure = categoryPath(g.found[factCategory]), g.sureOf(factCategory)
	}
	if crumbs := s.crumbs(g.d.elements, l.Title); len(crumbs) > len(l.Category) {
		l.Category, sure = crumbs, 70
	}
	g.say("category", l.Category != nil, sure)
	found := g.found
	delete(found, factPrice) // read already, with the others
	fill(l, found)
	sure = g.sureOf(factPosted)
	if l.PostedAt == "" && ld.posted != "" {
		l.PostedAt, sure = posted(ld.posted), 90
	}
	if l.PostedAt == "" && s.when != nil {
		l.PostedAt, sure = posted(oneLine(get(s.when.Attr, "datetime"))), 75
	}
	g.say("posted_at", l.PostedAt != "", sure)
	if n := soldCount.FindStringSubmatch(g.outside); l.Sales == nil && n != nil {
		l.Sales = number(n[1])
		g.say("sales", l.Sales != nil, 60)
	}
	sure = g.sureOf(factRating)
	if l.Rating == "" {
		l.Rating, sure = short(ld.rating, 50), 90
	}
	g.sayFacts()
	g.say("rating", l.Rating != "", sure)
}

// soldCount is a count of sales that stands before its word.
var soldCount = regexp.MustCompile(`(?i)([0-9][0-9.,]{0,10}) (?:sold|sales|verkauft|ventes|vendus|ventas|vendidos|продано|продаж)(?:[^\pL]|$)`)

// sayFacts says how sure the facts are that labels alone give.
func (g *guess) sayFacts() {
	g.say("ships_from", g.l.ShipsFrom != "", g.sureOf(factShipsFrom))
	g.say("ships_to", g.l.ShipsTo != nil, g.sureOf(factShipsTo))
	g.say("sales", g.l.Sales != nil && g.found[factSales] != "", g.sureOf(factSales))
	g.say("rating", g.l.Rating != "", g.sureOf(factRating))
}

// vendor finds who offers.
func (g *guess) vendor() {
	l := g.l
	if l.PageType == vigil.PageVendor && g.s.heading != nil && l.Title != "" {
		l.Vendor = vendorName(withoutLabel(l.Title, factVendor))
		g.say("vendor", l.Vendor != "", 75)
		return
	}
	for _, try := range []struct {
		name string
		sure int
	}{
		{vendorName(g.found[factVendor]), g.sureOf(factVendor)},
		{g.ld.vendor, 95},
		{g.s.thread.author, 85},
		{g.byMarkup(), 70},
	} {
		if l.Vendor = try.name; l.Vendor != "" {
			g.say("vendor", true, try.sure)
			return
		}
	}
	if l.PageType == vigil.PageVendor {
		l.Vendor = vendorName(withoutLabel(l.Title, factVendor))
		g.say("vendor", l.Vendor != "", 60)
	}
}

func (g *guess) byMarkup() string {
	if g.l.PageType != vigil.PageListing {
		return ""
	}
	if v := g.d.vendorByMarkup(g.s); v != "" {
		return v
	}
	for _, n := range g.s.authors[:min(len(g.s.authors), maxValues)] {
		if t := vendorName(briefText(n, g.s.leaveOut)); t != "" && len(t) < 60 && labelOf(t) == noFact {
			return t
		}
	}
	// In a column beside the page's matter, if there is one alone.
	name := ""
	for _, n := range g.s.aside[:min(len(g.s.aside), maxValues)] {
		t := vendorName(briefText(n, nil))
		if t == "" || len(t) > 60 || labelOf(t) != noFact {
			continue
		}
		if name != "" && t != name {
			return ""
		}
		name = t
	}
	return name
}

// readFlat reads a page that makes no tree: by labels and lines alone.
func (d *document) readFlat(l *vigil.Listing) {
	title, marked := flatText(d.markup)
	l.Profile = Generic
	l.Title = short(withoutSite(firstLine(title)), maxTitle)
	l.Description = unmarked(marked)
	found := labelled(marked)
	fill(l, found)
	if l.Price != nil && l.Vendor != "" {
		l.PageType = vigil.PageListing
	}
	g := &guess{l: l}
	g.say("title", l.Title != "", 40)
	g.say("description", l.Description != "", 30)
	g.say("vendor", l.Vendor != "", 60)
	g.say("price", l.Price != nil, 60)
}
