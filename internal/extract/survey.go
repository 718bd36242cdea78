package extract

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// surveyed is what one walk over a page finds for the generic reader.
type surveyed struct {
	root     *html.Node
	besides  map[*html.Node]bool // chrome, and links and labels that look like buttons: no text of a description
	chrome   map[*html.Node]bool // navigation, head, foot, reviews, related things
	leaveOut map[*html.Node]bool // chrome and cards

	size       map[*html.Node]extent // of elements
	title      titles                // what the head calls the page
	repeated   map[*html.Node]bool   // stands on most pages of the host
	foreign    map[*html.Node]bool   // what others wrote, other things: in leaveOut too
	bodies     []section             // descriptions, below their headings
	thread     thread
	posts      map[*html.Node]bool // of the thread: no cards
	headings   []candidate         // of titles, outside chrome
	labels     []*html.Node        // texts that label a main fact
	aroundHead map[*html.Node]bool // what the headline lies in
	region     *html.Node          // holds the headline and the main facts; nil if that is the whole page
	buy        bool                // a button to buy with
	typed      bool                // says to programs that it is about a product

	h1, h2    *html.Node // the first of each, outside chrome
	heading   *html.Node // the element that names the page
	named     *html.Node // itemprop=name of a product, or what a class calls its title
	described []*html.Node
	priced    []*html.Node
	vendors   []*html.Node
	aside     []*html.Node // what names a vendor anywhere, chrome included
	authors   []*html.Node // what may name a vendor as well
	when      *html.Node   // the first time with a date for programs
	links     []*html.Node // outside chrome and cards
	cards     []*html.Node // the largest group of alike blocks with links
	menus     []*html.Node // items of lists of bare links
	password  bool
	captcha   bool
	asks      bool // a field for text
	answers   bool // the open tab shows what others wrote
	pages     bool // links to further pages
	hasKey    bool // an OpenPGP key
}

// A candidate may state the page's title.
type candidate struct {
	node *html.Node
	late bool // a main fact stands before it
}

// survey walks over a page's tree: to measure it, to find what is not the page's own
// matter, and for the rest.
func survey(root *html.Node, elements []*html.Node, headTitle string, chrome *Chrome) *surveyed {
	s := &surveyed{
		root: root, chrome: make(map[*html.Node]bool), leaveOut: make(map[*html.Node]bool), size: make(map[*html.Node]extent, len(elements)),
		title: titlesOf(headTitle), repeated: make(map[*html.Node]bool), foreign: make(map[*html.Node]bool),
	}
	measure(root, s.size, false)
	s.mark(root)
	s.findThread(elements)
	maps.Copy(s.leaveOut, s.chrome)
	s.besides = maps.Clone(s.chrome)
	for _, n := range elements {
		if layoutOf(n.DataAtom) == inline && s.size[n].bytes <= maxHeading && hasWord(n, "btn", "button", "badge", "label", "tag", "pill") {
			s.besides[n] = true
		}
		if e := s.size[n]; e.digits && e.bytes <= 40 && isStruck(n) {
			s.leaveOut[n] = true // a price that holds no longer
		}
	}
	s.findSections(elements)
	s.findCards(root)
	for _, n := range slices.Concat(s.cards, s.menus) {
		s.leaveOut[n] = true
	}
	maps.Copy(s.leaveOut, s.foreign)
	s.findRepeated(root, chrome)
	s.collect(root, false)
	return s
}

// mark finds chrome within n. It reports whether n holds a h1 that is not in
// chrome: what holds the page's heading is matter, whatever its class says.
func (s *surveyed) mark(n *html.Node) (heading bool) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if isElement(c) && s.mark(c) {
			heading = true
		}
	}
	if !isElement(n) {
		return heading
	}
	s.look(n)
	switch role := chromeOf(n); {
	case role == always, role == unlessHeading && !heading:
		s.chrome[n] = true
		return false
	}
	return heading || n.DataAtom == atom.H1
}

// look notes what counts anywhere on the page.
func (s *surveyed) look(n *html.Node) {
	switch n.DataAtom {
	case atom.Input:
		s.password = s.password || strings.EqualFold(get(n.Attr, "type"), "password")
		s.captcha = s.captcha || strings.Contains(strings.ToLower(get(n.Attr, "name")+get(n.Attr, "id")), "captcha")
		s.asks = s.asks || strings.EqualFold(get(n.Attr, "type"), "text") || get(n.Attr, "type") == ""
	case atom.Img:
		s.captcha = s.captcha || strings.Contains(strings.ToLower(get(n.Attr, "src")+get(n.Attr, "id")+get(n.Attr, "class")+get(n.Attr, "alt")), "captcha")
	case atom.A, atom.Link:
		s.pages = s.pages || strings.EqualFold(get(n.Attr, "rel"), "next")
	}
	s.captcha = s.captcha || hasWord(n, "captcha")
	if hasWord(n, "pagination", "pager") {
		s.pages = true
	}
	if hasWord(n, "vendor", "seller", "merchant", "userprofile") {
		s.aside = append(s.aside, n)
	}
}

// collect notes what stands outside chrome and cards. Within an element that holds
// a fact it looks for headings and links only: told twice, it would cost twice.
func (s *surveyed) collect(n *html.Node, within bool) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			s.hasKey = s.hasKey || strings.Contains(c.Data, "BEGIN PGP PUBLIC KEY")
			s.noteLabel(c)
		case !isElement(c):
		case c.DataAtom == atom.Button || c.DataAtom == atom.Input:
			s.buy = s.buy || sells.MatchString(short(briefText(c, nil)+" "+get(c.Attr, "value"), 80))
		case !s.leaveOut[c] && !s.repeated[c]:
			s.note(c)
			s.collect(c, !within && s.noteFact(c) || within)
		}
	}
}

// sells matches what stands on buttons to buy with.
var sells = regexp.MustCompile(`(?i)\b(buy|add to (?:cart|basket|bag)|order now|purchase|kaufen|warenkorb|bestellen|acheter|panier|commander|comprar|carrito|pedir)\b|купить|корзину|заказать`)

// maxLabels is how many labels of main facts are noted.
const maxLabels = 64

// noteLabel notes a text that labels a main fact.
func (s *surveyed) noteLabel(text *html.Node) {
	if len(s.labels) == maxLabels {
		return
	}
	t := strings.TrimSpace(short(text.Data, 80))
	label, _, _ := strings.Cut(t, ":")
	switch labelOf(label) {
	case factVendor, factPrice, factShipsFrom, factShipsTo:
		s.labels = append(s.labels, text)
	}
}

func (s *surveyed) note(n *html.Node) {
	switch {
	case n.DataAtom == atom.H1 && s.h1 == nil:
		s.h1 = n
	case n.DataAtom == atom.H2 && s.h2 == nil:
		s.h2 = n
	case n.DataAtom == atom.Time && s.when == nil && get(n.Attr, "datetime") != "":
		s.when = n
	case n.DataAtom == atom.A:
		s.links = append(s.links, n)
	}
	if strings.HasSuffix(get(n.Attr, "itemtype"), "/Product") {
		s.typed = true
	}
	s.noteTitle(n)
}

// maxHeadings is how many candidates for a title are noted.
const maxHeadings = 64

// noteTitle notes n if it may state the page's title.
func (s *surveyed) noteTitle(n *html.Node) {
	e := s.size[n]
	if len(s.headings) == maxHeadings || e.bytes == 0 || e.bytes > maxTitle || e.nodes > 2*maxInHeading {
		return
	}
	if len(n.Data) == 2 && n.Data[0] == 'h' && isHeading(n) || e.bytes <= len(s.title.whole) && s.title.is(briefText(n, nil)) {
		s.headings = append(s.headings, candidate{n, len(s.labels) > 0})
	}
}

// isDescription reports whether n's markup names it a description, and not that of a
// shop or a market.
func isDescription(n *html.Node) bool {
	return strings.EqualFold(get(n.Attr, "itemprop"), "description") || hasWord(n, "description", "desc", "descr") &&
		!hasWord(n, "vendor", "seller", "store", "shop", "site", "category", "meta", "profile")
}

// noteFact reports whether n's markup says that it holds a fact.
func (s *surveyed) noteFact(n *html.Node) bool {
	prop := strings.ToLower(get(n.Attr, "itemprop"))
	switch {
	case s.named == nil && (prop == "name" || hasWord(n, "title", "name") && hasWord(n, "product", "item", "listing")):
		s.named = n
		if s.size[n].words > 0 {
			s.headings = append(s.headings, candidate{n, len(s.labels) > 0})
		}
	case isDescription(n):
		s.described = append(s.described, n)
	case prop == "price" || hasWord(n, "price", "prices", "cost", "tiers", "preis", "prix", "precio"):
		s.priced = append(s.priced, n)
	case prop == "seller" || hasWord(n, "vendor", "seller", "merchant"):
		s.vendors = append(s.vendors, n)
	case hasWord(n, "username", "userprofile", "author", "verkaeufer", "anbieter", "vendeur", "vendedor"):
		s.authors = append(s.authors, n)
	default:
		return false
	}
	return true
}
