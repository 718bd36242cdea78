package extract

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

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

// prices returns the prices of the thing that the page is about: those stated for
// programs, behind a label and in the elements that are named for it; else the first
// line that says little more. One that is struck out holds no longer.
func (g *guess) prices() ([]vigil.Price, int) {
	comma := decimalComma(g.l.Lang)
	shown, sure := pricesIn(g.found[factPrice], comma), g.sureOf(factPrice)
	named := g.s.priced[:min(len(g.s.priced), maxPrices)]
	if g.s.thread.first != nil {
		named = nil
	}
	var old []vigil.Price
	for _, n := range named {
		skip := make(map[*html.Node]bool)
		for _, x := range struck(n) {
			old = append(old, pricesIn(briefCells(x, nil), comma)...)
			skip[x] = true
		}
		if g.s.hidden(n) {
			continue
		}
		shown = append(shown, pricesIn(briefCells(n, skip), comma)...)
		sure = max(sure, 85)
	}
	if len(shown) == 0 {
		shown = old
	}
	told := slices.Concat(g.ld.prices, g.d.metaPrice())
	if len(told)+len(shown) == 0 {
		if g.found[factPrice] != "" || len(named) > 0 {
			return nil, 0 // it is stated, and cannot be read
		}
		return g.priceLine(comma), 55
	}
	if len(told) > 0 {
		sure = 95
	}
	return spelledAs(told, shown), sure
}

// spelledAs returns the prices that a page tells to programs, and then those that it
// shows. One that is in both is spelled as it is shown.
func spelledAs(told, shown []vigil.Price) []vigil.Price {
	var all []vigil.Price
	equal := func(p vigil.Price) func(vigil.Price) bool {
		return func(q vigil.Price) bool { return spelledPrice(p) == spelledPrice(q) }
	}
	for _, p := range slices.Concat(told, shown) {
		if slices.ContainsFunc(all, equal(p)) {
			continue
		}
		if i := slices.IndexFunc(shown, equal(p)); i >= 0 {
			p = shown[i]
		}
		all = append(all, p)
	}
	return all[:min(len(all), maxPrices)]
}

// isStruck reports whether n is struck out.
func isStruck(n *html.Node) bool {
	return n.DataAtom == atom.Del || n.DataAtom == atom.S || n.DataAtom == atom.Strike || hasWord(n, "old", "was", "through", "strike")
}

// struck returns the elements within n that are struck out, up to a bound.
func struck(n *html.Node) []*html.Node {
	var all []*html.Node
	budget := 100
	for d := range n.Descendants() {
		if budget--; budget < 0 {
			break
		}
		if isElement(d) && isStruck(d) {
			all = append(all, d)
		}
	}
	return all
}

// metaPrice returns the price in a page's OpenGraph or microdata.
func (d *document) metaPrice() []vigil.Price {
	for _, prefix := range []string{"product:price:", "og:price:"} {
		amount, code := d.meta(prefix+"amount"), currency(strings.ToUpper(d.meta(prefix+"currency")))
		if code == "" {
			continue
		}
		if dec, ok := decimal(amount, coins[code], false); ok && plainDecimal.MatchString(dec) {
			return []vigil.Price{{Amount: dec, Currency: code}}
		}
	}
	return nil
}

// priceLine returns the prices of the first line that says little more.
func (g *guess) priceLine(comma bool) []vigil.Price {
	texts := []string{g.outside}
	if g.s.region != nil {
		texts = []string{markedText(g.s.region, g.s.leaveOut), g.outside}
	}
	for _, text := range texts {
		for row := range strings.SplitSeq(text, "\n") {
			if len(row) > 60 || !strings.ContainsAny(row, "0123456789") {
				continue
			}
			row = unmarked(row)
			if len(row) < 40 && !notAPrice.MatchString(row) {
				if ps := pricesIn(row, comma); len(ps) > 0 {
					return ps
				}
			}
		}
	}
	return nil
}

// notAPrice matches lines whose amounts are no price: rates, balances, fees.
var notAPrice = regexp.MustCompile(`(?i)=|\bbalance\b|\bwallet\b|\brate\b|\bdeposit\b|\bcart\b|\bfee\b|\bguthaben\b|\bkurs\b|\bsolde\b|\bsaldo\b|\bpanier\b|\bwarenkorb\b|\bcarrito\b|\bpostage\b|\bshipping\b|\bversand\b|\blivraison\b|\benvío\b|баланс|доставк|курс|корзин`)

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
