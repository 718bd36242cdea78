package extract

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

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
