package wall

import (
	"net/http"
	"strings"

	"vigil"
)

// How much of a page is looked at.
const (
	maxText  = 1 << 20  // bytes of markup
	maxWords = 24 << 10 // bytes of visible text
	maxToken = maxText  // bytes of one tag or text
	maxForms = 50

	maxFormText = 600 // letters that belong to a form itself
)

// A page with more substance than this is no wall of any kind, whatever else
// stands on it, unless its status alone says so: the rest is not even read.
const (
	mostLetters = 1500
	mostLinks   = 40
)

// A look is what one pass over a page found.
type look struct {
	status  int
	header  http.Header
	host    string // onion name of the page's own address
	links   int
	letters int // of visible text beside navigation, forms and links
	prices  int
	refresh bool
	script  bool // one that belongs to a known front
	reload  bool // one that sets a cookie, reloads or sends a form
	service bool // of a captcha
	forms   []form

	heads words // of title and headings
	text  words // visible, beside navigation
	noJS  words // of what is shown where scripts do not run

	canonical string          // onion name that the page gives as its own; "" if none
	onions    map[string]bool // names in text and links
	anchors   map[string]bool // links within the site, in scope or not
}

// A form is what a form asks for.
type form struct {
	aside    bool // in navigation, or hidden
	password int
	fields   int // for a line of text
	choices  int // boxes and lists
	area     bool
	search   bool
	captcha  bool
}

// substance reports whether there is more than any wall has.
func (l *look) substance() bool { return l.letters > mostLetters || len(l.anchors) > mostLinks }

// read looks at a page once.
func read(p Page) *look {
	l := &look{status: p.Status, header: p.Header, host: vigil.OnionBase(p.Host), links: p.Links, onions: map[string]bool{}, anchors: map[string]bool{}}
	r := reader{look: l, form: -1, loose: -1}
	l.refresh = p.Header.Get("Refresh") != ""
	for _, v := range p.Header.Values("Onion-Location") {
		l.setCanonical(v)
	}
	if l.links <= mostLinks {
		r.tokens(p.Text[:min(len(p.Text), maxText)], false)
	}
	l.heads, l.text, l.noJS = split(r.head.String()), split(r.body.String()), split(r.hidden.String())
	l.links = max(l.links, len(l.anchors))
	l.letters += max(r.formLetters-maxFormText, 0) // a whole page may be one form
	if len(p.Text) > maxText {                     // what was not looked at is taken for substance
		l.letters += maxText
	}
	l.prices = prices(r.body.String(), l.text)
	for _, b := range []string{r.body.String(), r.side.String(), r.head.String()} {
		l.noteOnions(b)
	}
	return l
}

// setCanonical notes the onion name in an address that the page gives as its own.
func (l *look) setCanonical(address string) {
	for name := range onionNames(address) {
		l.canonical = name
		return
	}
}

func (l *look) noteOnions(text string) {
	for name := range onionNames(text) {
		if len(l.onions) < 500 {
			l.onions[name] = true
		}
	}
}

// onionNames yields the valid onion names in a text.
func onionNames(text string) func(yield func(string) bool) {
	const suffix, length = ".onion", 56
	text = strings.ToLower(text)
	return func(yield func(string) bool) {
		for from := 0; ; {
			i := strings.Index(text[from:], suffix)
			if i < 0 {
				return
			}
			i += from
			from = i + len(suffix)
			if i < length {
				continue
			}
			name := text[i-length:i] + suffix
			if _, err := vigil.OnionKey(name); err == nil && !yield(name) {
				return
			}
		}
	}
}
