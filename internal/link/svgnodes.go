package link

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	legendHeight = 62
	nameColumns  = 50 // that fit into a listing's card
	keyColumns   = 40 // that fit into a key's card, in its upper line
	factColumns  = 52 // and in its lower one
)

func (s *sketch) text(x, y int, class, attributes, text string) {
	s.printf(`<text class="%s" x="%d" y="%d" %s>%s</text>`+"\n", class, x, y, attributes, xmlText(text))
}

const small = `font-size="11" fill="` + quietColour + `"`

// group draws the card of a vendor with its listings.
func (s *sketch) group(g group) {
	height := headHeight + rowHeight*len(g.listings)
	s.printf(`<rect class="links-vendor" x="%d" y="%d" width="%d" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n", margin, g.top, cardsRight-margin, height, cardColour, lineColour)
	vendor, source := s.g.names[g.vendor], s.g.names[g.source]
	if vendor == "" {
		vendor = "vendor not stated"
	}
	if source == "" {
		source = "source not known"
	}
	s.printf(`<text class="links-head" x="%d" y="%d" font-size="12"><tspan font-weight="600">%s</tspan><tspan fill="%s"> at %s</tspan></text>`+"\n",
		margin+12, g.top+18, xmlText(fit(vendor, 26, false)), quietColour, xmlText(fit(source, 24, true)))
	for _, n := range g.listings {
		s.listing(n)
	}
}

func (s *sketch) listing(n uint32) {
	l, y := s.g.listingAt(n), s.l.y[n]
	name := l.ID
	if s.p.Name != nil {
		name = s.p.Name(l)
	}
	s.printf(`<g class="links-listing"><title>%s</title>`+"\n", xmlText(l.Words()))
	s.text(margin+12, y-2, "links-name", `font-size="13"`, fit(name, nameColumns, s.p.Name == nil))
	s.text(margin+12, y+13, "links-seen", small, seen(l.First, l.Last))
	s.printf(`<circle class="links-dot" cx="%d" cy="%d" r="5.5" fill="%s" stroke="#ffffff" stroke-width="1.5"/></g>`+"\n", cardsRight, y, linkColour)
}

// key draws the card of an identifier or a join.
func (s *sketch) key(n uint32) {
	k, y := s.g.keyAt(n), s.l.keyY[n]
	mark := s.p.mark(k.Key)
	colour, width, dash := linkColour, 1.2, ""
	switch {
	case mark != "":
		colour, width = markColour, 3
	case k.Strong == 0:
		colour, dash = weakColour, ` stroke-dasharray="2 4"`
	}
	head, below := s.p.Label.of(k.Identifier), s.keyFacts(n, k)
	if k.Tie != nil {
		head, below = "joined by "+k.Tie.By, k.Tie.Reason
	}
	if mark != "" {
		below = "▲ " + mark
	}
	s.printf(`<g class="links-key%s"><title>%s</title>`+"\n", class(mark != "", " links-marked")+class(k.Strong == 0, " links-weak"), xmlText(s.keyTitle(k, mark)))
	s.printf(`<rect x="%d" y="%d" width="%d" height="%d" rx="3" fill="#ffffff" stroke="%s" stroke-width="%g"%s/>`+"\n", keysLeft, y-rowHeight/2, pictureWidth-margin-keysLeft, rowHeight, colour, width, dash)
	s.text(keysLeft+14, y-2, "links-label", `font-size="12.5" font-family="ui-monospace, 'Noto Sans Mono', 'DejaVu Sans Mono', monospace"`, fit(head, keyColumns, true))
	attributes := small
	if mark != "" {
		attributes = `font-size="11" font-weight="600" fill="` + markColour + `"`
	}
	s.text(keysLeft+14, y+13, "links-facts", attributes, fit(below, factColumns, false))
	s.marker(n, y, colour)
	s.printf("</g>\n")
}

// marker draws where the edges of a key end: a square, or the number of the
// step that goes by it.
func (s *sketch) marker(n uint32, y int, colour string) {
	step := 0
	if s.p.Path != nil {
		step = 1 + slices.IndexFunc(s.p.Path.Steps, func(x Step) bool {
			return x.Key.Key == s.g.keys[n].key && x.Key.Chain == s.g.names[s.g.keys[n].chain]
		})
	}
	if step == 0 {
		s.printf(`<rect class="links-dot" x="%d" y="%d" width="10" height="10" fill="%s" stroke="#ffffff" stroke-width="1.5"/>`+"\n", keysLeft-5, y-5, colour)
		return
	}
	s.printf(`<circle class="links-dot links-path" cx="%d" cy="%d" r="9" fill="%s" stroke="#ffffff" stroke-width="1.5"/>`+"\n", keysLeft, y, pathColour)
	s.text(keysLeft, y+4, "links-step", `font-size="11" font-weight="700" text-anchor="middle" fill="#ffffff"`, decimal(step))
}

func class(is bool, name string) string {
	if is {
		return name
	}
	return ""
}

// keyFacts says how common a key is, or why it is weak.
func (s *sketch) keyFacts(n uint32, k Key) string {
	out := count(k.Listings, "listing") + ", " + count(k.Vendors, "vendor") + ", " + count(k.Sources, "source")
	if k.Chain != "" {
		out += ", on " + k.Chain
	}
	if k.Strong > 0 {
		return out
	}
	weak := s.g.edgeWeaknesses(s.g.edges[s.g.keys[n].from])
	return "weak: " + weak[0].Text
}

func (s *sketch) keyTitle(k Key, mark string) string {
	if k.Tie != nil {
		return fmt.Sprintf("joined by %s on %s: %s", k.Tie.By, day(k.Tie.At), k.Tie.Reason)
	}
	out := fmt.Sprintf("%s: %s, %s, %s, rarity %.2f", s.p.Label.of(k.Identifier), count(k.Listings, "listing"), count(k.Vendors, "vendor"), count(k.Sources, "source"), k.Weight)
	if _, why := codes(k.Weak); why != "" {
		out += "; weak: " + why
	}
	if mark != "" {
		out += "; " + mark
	}
	return out
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

func seen(first, last time.Time) string {
	switch {
	case first.IsZero():
		return "no capture with an identifier"
	case day(first) == day(last):
		return "captured " + day(first)
	}
	return "captured " + day(first) + " to " + day(last)
}

// notes are the lines below the legend: what is missing, and the caution.
func (s *sketch) notes() []string {
	var out []string
	if s.p.Path != nil && s.p.Path.Weak {
		out = append(out, "The chosen path takes weak links: there is no path of strong ones.")
	}
	switch {
	case s.d.moreListings > 0 && s.p.Only != nil:
		out = append(out, "The group has "+count(s.d.moreListings, "listing")+" more, which this picture was not asked to show.")
	case s.d.moreListings > 0 || s.d.moreKeys > 0:
		out = append(out, fmt.Sprintf("Only the most closely linked part is drawn: %s and %s that tie them are missing. The export has all.",
			count(s.d.moreListings, "listing"), count(s.d.moreKeys, "identifier")))
	}
	var aside []string
	if s.d.single > 0 {
		aside = append(aside, count(s.d.single, "identifier")+" that only one listing names")
	}
	if s.d.weak > 0 {
		aside = append(aside, count(s.d.weak, "weak edge")+" of these listings, which tie nothing")
	}
	if len(aside) > 0 {
		out = append(out, "Not drawn: "+strings.Join(aside, "; ")+".")
	}
	return append(out, Caution)
}

func (s *sketch) description(notes []string) string {
	out := fmt.Sprintf("On the left %s in %s, on the right what links them: %s. ", count(len(s.d.listings), "listing"), count(len(s.l.groups), "group by vendor and source"), s.by())
	out = strings.Replace(out, "group by vendor and sources", "groups by vendor and source", 1)
	if s.p.Path != nil {
		out += "The marked path leads from " + s.p.Path.From.Words() + " to " + s.p.Path.To.Words() + ". "
	}
	return out + strings.Join(notes, " ")
}

// legend explains the lines and signs that the picture has.
func (s *sketch) legend(y int, notes []string) {
	s.printf(`<line class="links-rule" x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s"/>`+"\n", margin, y-10, pictureWidth-margin, y-10, lineColour)
	x := margin
	item := func(text string, weak, path, join bool) {
		class, attributes := s.lineOf(weak, path, join)
		s.printf(`<path class="%s" d="M%d %dh34" %s/>`+"\n", class, x, y+8, attributes)
		s.text(x+42, y+12, "links-legend", `font-size="12"`, text)
		x += 42 + 7*len(text) + 26
	}
	item("linked by (strong)", false, false, false)
	if s.hasEdge(func(e edge, _ bool) bool { return e.weak != 0 }) {
		item("weak: ties nothing", true, false, false)
	}
	if s.hasEdge(func(e edge, _ bool) bool { _, ok := s.g.tie(s.g.keys[e.key]); return ok }) {
		item("joined by a person", false, false, true)
	}
	if s.hasEdge(func(_ edge, path bool) bool { return path }) {
		item("chosen path", false, true, false)
	}
	if s.hasMark() {
		s.printf(`<rect class="links-marked" x="%d" y="%d" width="30" height="14" rx="3" fill="#ffffff" stroke="%s" stroke-width="3"/>`+"\n", x, y+1, markColour)
		s.text(x+40, y+12, "links-legend", `font-size="12"`, "▲ marked, as stated")
	}
	for i, n := range notes {
		s.text(margin, y+34+17*i, "links-note", `font-size="12" fill="`+quietColour+`"`, n)
	}
}

func (s *sketch) hasEdge(is func(e edge, path bool) bool) bool {
	for _, i := range s.d.edges {
		if is(s.g.edges[i], s.d.onPath[i]) {
			return true
		}
	}
	return false
}

func (s *sketch) hasMark() bool {
	for _, k := range s.d.keys {
		if s.p.mark(s.g.keys[k].key) != "" {
			return true
		}
	}
	return false
}
