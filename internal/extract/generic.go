package extract

import (
	"regexp"
	"slices"
	"strings"

	"vigil"
)

// readGeneric reads a page of an unknown market by what shop pages have in common:
// structured data, labels, and where their text stands.
func (d *document) readGeneric(l *vigil.Listing) {
	l.Profile = Generic
	s := survey(d.root.Nodes[0])
	s.heading = d.heading(s)
	ld := readJSONLD(d.jsonLD)
	outside := markedText(d.root.Nodes[0], s.leaveOut)
	found := labelled(outside)
	prices := d.pagePrices(s, ld, found, outside, l.Lang)
	l.PageType = d.pageType(s, ld, found, len(prices) > 0)
	l.Title = d.title(s, ld)
	if l.PageType == vigil.PageListing || l.PageType == vigil.PageVendor {
		d.facts(l, s, ld, found)
	}
	if l.PageType == vigil.PageListing {
		setPrices(l, prices)
	}
	l.Description = d.description(l, s, ld)
}

// facts fills in who, where and when.
func (d *document) facts(l *vigil.Listing, s *surveyed, ld product, found map[fact]string) {
	l.Vendor = vendorName(found[factVendor])
	if l.Vendor == "" {
		l.Vendor = ld.vendor
	}
	if l.Vendor == "" && l.PageType == vigil.PageListing {
		l.Vendor = d.vendorByMarkup(s)
	}
	if l.PageType == vigil.PageVendor {
		if l.Vendor == "" {
			l.Vendor = vendorName(withoutLabel(l.Title, factVendor))
		}
		l.Rating = rating.FindString(found[factRating])
		l.Sales = number(found[factSales])
		l.ShipsFrom = short(firstLine(found[factShipsFrom]), 100)
		return
	}
	l.Category = ld.category
	delete(found, factPrice) // read already, with the others
	fill(l, found)
	if l.Category == nil {
		l.Category = s.crumbs(l.Title)
	}
	if l.PostedAt == "" && ld.posted != "" {
		l.PostedAt = posted(ld.posted)
	}
	if l.PostedAt == "" && s.when != nil {
		l.PostedAt = posted(oneLine(get(s.when.Attr, "datetime")))
	}
	if l.Rating == "" {
		l.Rating = short(ld.rating, 50)
	}
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
}

// pagePrices returns the prices of the thing that the page is about: those stated
// for programs, behind a label and in the elements that are named for it; else the
// first line that says little more.
func (d *document) pagePrices(s *surveyed, ld product, found map[fact]string, outside, lang string) []vigil.Price {
	comma := decimalComma(lang)
	ps := slices.Concat(ld.prices, pricesIn(found[factPrice], comma))
	for _, n := range s.priced[:min(len(s.priced), maxPrices)] {
		ps = append(ps, pricesIn(briefCells(n, s.leaveOut), comma)...)
	}
	if len(ps) > 0 {
		return distinct(ps)
	}
	for row := range strings.SplitSeq(outside, "\n") {
		row = unmarked(row)
		if len(row) < 40 && !notAPrice.MatchString(row) {
			if ps := pricesIn(row, comma); len(ps) > 0 {
				return ps
			}
		}
	}
	return nil
}

// notAPrice matches lines whose amounts are no price: rates, balances, fees.
var notAPrice = regexp.MustCompile(`(?i)=|\bbalance\b|\bwallet\b|\brate\b|\bdeposit\b|\bcart\b|\bfee\b|\bguthaben\b|\bkurs\b|\bsolde\b|\bsaldo\b|баланс|курс`)

// description returns the text of what the page is about.
func (d *document) description(l *vigil.Listing, s *surveyed, ld product) string {
	text := ""
	for _, n := range s.described {
		if t := textOf(n, s.chrome); len(t) > len(text) {
			text = t
		}
	}
	if text == "" {
		text = s.underHeading()
	}
	if text == "" || len(text) < 20 && len(ld.description) > len(text) {
		text = ld.description
	}
	if text == "" && l.PageType != vigil.PageIndex {
		text = s.densest()
	}
	if text == "" {
		text = d.meta("og:description")
	}
	return text
}
