package extract

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// minCards is how many alike blocks with links make a list.
const minCards = 4

// surveyed is what one walk over a page finds for the generic reader.
type surveyed struct {
	root     *html.Node
	chrome   map[*html.Node]bool // navigation, head, foot, reviews, related things
	leaveOut map[*html.Node]bool // chrome and cards

	h1, h2    *html.Node // the first of each, outside chrome
	heading   *html.Node // the one of them that names the page
	named     *html.Node // itemprop=name of a product, or what a class calls its title
	described []*html.Node
	priced    []*html.Node
	vendors   []*html.Node
	when      *html.Node   // the first time with a date for programs
	links     []*html.Node // outside chrome and cards
	trail     *html.Node   // breadcrumbs
	cards     []*html.Node // the largest group of alike blocks with links
	menus     []*html.Node // items of lists of bare links
	password  bool
	captcha   bool
	pages     bool // links to further pages
	hasKey    bool // an OpenPGP key
}

// survey walks over a page's tree twice: the first time to find what is not the
// page's own matter, the second time for the rest.
func survey(root *html.Node) *surveyed {
	s := &surveyed{root: root, chrome: make(map[*html.Node]bool), leaveOut: make(map[*html.Node]bool)}
	s.mark(root)
	s.findCards(root)
	for n := range s.chrome {
		s.leaveOut[n] = true
	}
	for _, n := range slices.Concat(s.cards, s.menus) {
		s.leaveOut[n] = true
	}
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
	case atom.Img:
		s.captcha = s.captcha || strings.Contains(strings.ToLower(get(n.Attr, "src")+get(n.Attr, "id")+get(n.Attr, "class")), "captcha")
	case atom.A, atom.Link:
		s.pages = s.pages || strings.EqualFold(get(n.Attr, "rel"), "next")
	}
	if hasWord(n, "pagination", "pager") {
		s.pages = true
	}
	if s.trail == nil && hasWord(n, "breadcrumb", "breadcrumbs", "crumb", "crumbs") {
		s.trail = n
	}
}

// role says whether an element belongs to the page's matter.
type role int

const (
	matter        role = iota
	always             // chrome
	unlessHeading      // chrome, unless it holds the page's heading
)

func chromeOf(n *html.Node) role {
	switch n.DataAtom {
	case atom.Nav, atom.Footer, atom.Button:
		return always
	case atom.Header, atom.Aside:
		return unlessHeading
	case atom.Html, atom.Body, atom.Main, atom.Article:
		return matter
	}
	switch strings.ToLower(get(n.Attr, "role")) {
	case "navigation", "banner", "contentinfo", "search":
		return unlessHeading
	}
	switch {
	case hasWord(n, "review", "reviews", "feedback", "feedbacks", "comments", "testimonials", "ratings",
		"related", "similar", "also", "recommended", "recommendations", "breadcrumb", "breadcrumbs", "crumb", "crumbs", "pagination", "pager", "cookie"):
		return unlessHeading
	case hasWord(n, "nav", "navbar", "navigation", "navi", "menu", "topmenu", "sidebar", "sidenav", "topbar", "masthead", "footer", "foot"):
		return unlessHeading
	case isNamed(n, "header", "site-header", "page-header", "head", "top"):
		return unlessHeading
	}
	return matter
}

// hasWord reports whether one of the words of n's class and id is in list.
func hasWord(n *html.Node, list ...string) bool {
	for _, a := range n.Attr {
		if a.Key != "class" && a.Key != "id" || len(a.Val) > 512 {
			continue
		}
		for _, w := range strings.FieldsFunc(strings.ToLower(a.Val), func(r rune) bool { return !unicode.IsLetter(r) }) {
			for _, want := range list {
				if w == want {
					return true
				}
			}
		}
	}
	return false
}

// isNamed reports whether n's id or one of its classes is in list.
func isNamed(n *html.Node, list ...string) bool {
	for _, a := range n.Attr {
		if a.Key != "class" && a.Key != "id" || len(a.Val) > 512 {
			continue
		}
		for _, w := range strings.Fields(strings.ToLower(a.Val)) {
			for _, want := range list {
				if w == want {
					return true
				}
			}
		}
	}
	return false
}

// findCards looks for groups of children of one element that are alike and lead to
// different addresses: menus, and the largest group of cards.
func (s *surveyed) findCards(n *html.Node) {
	if s.chrome[n] {
		return
	}
	var (
		groups map[string][]*html.Node
		keys   []string // of groups, in page order
		seen   set
	)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !isElement(c) {
			continue
		}
		s.findCards(c)
		key := cardKey(c)
		if key == "" {
			continue
		}
		if href := firstHref(c, 40); href != "" && seen.add(href) {
			if groups == nil {
				groups = make(map[string][]*html.Node)
			}
			if groups[key] == nil {
				keys = append(keys, key)
			}
			groups[key] = append(groups[key], c)
		}
	}
	for _, key := range keys {
		g := groups[key]
		switch {
		case len(g) < minCards || !cardSized(g):
		case isMenu(g):
			s.menus = append(s.menus, g...)
		case len(g) > len(s.cards):
			s.cards = g
		}
	}
}

// isMenu reports whether most of g say no more than a link does: a few words,
// perhaps a count, no price.
func isMenu(g []*html.Node) bool {
	bare := 0
	sample := g[:min(len(g), 40)]
	for _, n := range sample {
		if t := briefText(n, nil); len(t) < 60 && !strings.Contains(t, "\n") && len(pricesIn(t, false)) == 0 {
			bare++
		}
	}
	return bare*2 > len(sample)
}

// cardKey returns what cards of one group share; empty for what is no card.
func cardKey(n *html.Node) string {
	switch n.DataAtom {
	case atom.Tr, atom.Li, atom.Div, atom.Article, atom.A, atom.Section, atom.Table, atom.Dl:
	default:
		return ""
	}
	class := get(n.Attr, "class")
	if first, _, ok := strings.Cut(strings.TrimSpace(class), " "); ok {
		class = first
	}
	// Rows of a striped table differ in their class.
	class = strings.TrimFunc(class, unicode.IsDigit)
	switch class {
	case "odd", "even", "alt":
		class = ""
	}
	return n.Data + "." + class
}

// firstHref returns the address of the first link within n, looking at no more
// than budget nodes.
func firstHref(n *html.Node, budget int) string {
	if n.DataAtom == atom.A {
		return get(n.Attr, "href")
	}
	for d := range n.Descendants() {
		if budget--; budget < 0 {
			return ""
		}
		if d.DataAtom == atom.A {
			return get(d.Attr, "href")
		}
	}
	return ""
}

// cardSized reports whether all of g are of the size of cards: none is half a page.
func cardSized(g []*html.Node) bool {
	for _, n := range g {
		budget := 400
		for range n.Descendants() {
			if budget--; budget < 0 {
				return false
			}
		}
	}
	return true
}

// collect notes what stands outside chrome and cards. Within an element that holds
// a fact it looks for headings and links only: told twice, it would cost twice.
func (s *surveyed) collect(n *html.Node, within bool) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			s.hasKey = s.hasKey || strings.Contains(c.Data, "BEGIN PGP PUBLIC KEY")
		case isElement(c) && !s.leaveOut[c]:
			s.note(c)
			s.collect(c, !within && s.noteFact(c) || within)
		}
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
}

// noteFact reports whether n's markup says that it holds a fact.
func (s *surveyed) noteFact(n *html.Node) bool {
	prop := strings.ToLower(get(n.Attr, "itemprop"))
	switch {
	case s.named == nil && (prop == "name" || hasWord(n, "title", "name") && hasWord(n, "product", "item", "listing")):
		s.named = n
	case prop == "description" || hasWord(n, "description", "desc", "descr"):
		s.described = append(s.described, n)
	case prop == "price" || hasWord(n, "price", "prices", "cost", "tiers", "preis", "prix", "precio"):
		s.priced = append(s.priced, n)
	case hasWord(n, "vendor", "seller", "merchant"):
		s.vendors = append(s.vendors, n)
	default:
		return false
	}
	return true
}

// crumbs returns the category in the page's breadcrumbs: the steps between the
// first, which leads home, and the title, where they end with it.
func (s *surveyed) crumbs(title string) []string {
	if s.trail == nil {
		return nil
	}
	steps := categoryPath(strings.ReplaceAll(briefText(s.trail, nil), "\n", ">"))
	if n := len(steps); n > 1 && steps[n-1] == title {
		steps = steps[:n-1]
	}
	if len(steps) < 2 {
		return nil
	}
	return steps[1:]
}
