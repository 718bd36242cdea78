package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// An extent is how much an element holds.
type extent struct {
	bytes  int // of text, without white space
	words  int
	linked int // words in links
	nodes  int
	digits bool
	hash   uint64 // of its text and elements, digits taken as one
}

// FNV-1a, as the Internet draft on FNV gives it.
const (
	fnvBasis = 14695981039346656037
	fnvPrime = 1099511628211
)

// measure sums up n and all elements within it.
func measure(n *html.Node, size map[*html.Node]extent, link bool) extent {
	e := extent{nodes: 1, hash: fnvBasis}
	if n.Type == html.TextNode {
		e.text(n.Data, link)
		return e
	}
	if isElement(n) {
		for i := range len(n.Data) {
			e.hash = (e.hash ^ uint64(n.Data[i])) * fnvPrime
		}
		if layoutOf(n.DataAtom) == dropped && n.DataAtom != atom.Head {
			size[n] = e
			return e
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		in := measure(c, size, link || n.DataAtom == atom.A)
		e.bytes += in.bytes
		e.words += in.words
		e.linked += in.linked
		e.nodes += in.nodes
		e.digits = e.digits || in.digits
		if in.bytes > 0 {
			e.hash = (e.hash ^ in.hash) * fnvPrime
		}
	}
	if isElement(n) {
		size[n] = e
	}
	return e
}

// text adds a run of text.
func (e *extent) text(s string, link bool) {
	in, digit := false, false
	for _, r := range s {
		if unicode.IsSpace(r) {
			in = false
			continue
		}
		e.bytes += utf8.RuneLen(r)
		if !in {
			e.words++
			in = true
			e.hash = (e.hash ^ ' ') * fnvPrime
		}
		// Balances, rates and counts differ from page to page.
		if digit && (r >= '0' && r <= '9' || r == '.' || r == ',') {
			continue
		}
		digit = r >= '0' && r <= '9'
		if digit {
			e.digits = true
			r = '0'
		}
		e.hash = (e.hash ^ uint64(r)) * fnvPrime
	}
	if link {
		e.linked = e.words
	}
}

// prose reports whether n is more than links.
func (e extent) prose() bool { return e.words > 0 && e.linked*2 < e.words }

// titles are the texts that the head of a page offers as its title.
type titles struct {
	whole string
	parts []string
}

// maxParts bounds the parts of a title.
const maxParts = 8

// titlesOf takes a head's title apart at the signs that stand between the name of a
// thing and that of its market.
func titlesOf(whole string) titles {
	whole = short(whole, 2*maxTitle)
	t := titles{whole: whole}
	type cut struct{ from, to int }
	cuts := []cut{{0, 0}}
	for i := 0; i < len(whole) && len(cuts) < maxParts; i++ {
		for _, sep := range []string{" | ", " :: ", " — ", " – ", " » ", " « ", " › ", " · ", " - ", ": "} {
			if strings.HasPrefix(whole[i:], sep) && i > 0 {
				cuts = append(cuts, cut{i, i + len(sep)})
				i += len(sep) - 1
				break
			}
		}
	}
	cuts = append(cuts, cut{len(whole), len(whole)})
	for i := range cuts {
		for j := i + 1; j < len(cuts); j++ {
			if p := strings.TrimSpace(whole[cuts[i].to:cuts[j].from]); p != "" {
				t.parts = append(t.parts, p)
			}
		}
	}
	return t
}

// is reports whether s is the title or a part of it.
func (t titles) is(s string) bool {
	if len(s) < 2 || len(s) > len(t.whole) {
		return false
	}
	for _, p := range t.parts {
		if strings.EqualFold(p, s) {
			return true
		}
	}
	return false
}
