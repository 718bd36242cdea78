package wall

import (
	"strings"

	"golang.org/x/net/html"
)

// isAside reports whether a class or an id names a part that is on every page.
func isAside(names string) bool {
	names = strings.ToLower(names[:min(len(names), 512)])
	for name := range strings.FieldsSeq(names) {
		switch name {
		case "header", "site-header", "page-header", "top", "foot":
			return true
		}
	}
	for w := range strings.FieldsFuncSeq(names, func(r rune) bool { return r < 'a' || r > 'z' }) {
		switch w {
		case "nav", "navbar", "navigation", "menu", "topbar", "sidebar", "footer", "masthead", "modal", "dropdown", "popup", "offcanvas", "cookie", "cookies", "breadcrumb", "breadcrumbs":
			return true
		}
	}
	return false
}

func hidden(a attrs) bool {
	style := strings.ReplaceAll(strings.ToLower(a.get("style")), " ", "")
	return strings.Contains(style, "display:none")
}

// inline reports whether an element does not part words.
func inline(tag string) bool {
	switch tag {
	case "a", "b", "i", "u", "s", "em", "strong", "span", "font", "wbr", "code", "tt", "small", "big", "mark", "abbr", "kbd", "sub", "sup":
		return true
	}
	return false
}

// attrs are an element's attributes.
type attrs []html.Attribute

// get returns the beginning of an attribute's value.
func (a attrs) get(name string) string {
	for _, x := range a {
		if x.Key == name {
			return x.Val[:min(len(x.Val), 2048)]
		}
	}
	return ""
}

func hasAny(s string, list ...string) bool {
	s = strings.ToLower(s)
	for _, x := range list {
		if strings.Contains(s, x) {
			return true
		}
	}
	return false
}
