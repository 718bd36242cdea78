package extract

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// A selector is a CSS selector, compiled. It takes time linear in the page, whatever
// the page: each of its compounds, the parts between combinators, is tried once on
// each element. (A matcher that climbs from each element to its ancestors reads the
// attributes of one ancestor as often as it has descendants.)
type selector struct {
	text   string
	groups [][]step // of which one must match
}

// A step is a compound, and what ties it to the step before.
type step struct {
	tie      byte // ' ' descendant, '>' child, '+' next sibling, '~' later sibling; 0 for the first
	compound goquery.Matcher
}

// pseudo matches pseudo-classes, outside of attributes' values.
var pseudo = regexp.MustCompile(`:+[A-Za-z-]*`)

// quoted matches what stands in brackets or quotes: attributes and their values.
var quoted = regexp.MustCompile(`\[(?:"[^"]*"|'[^']*'|[^\]"'])*\]`)

// Those that look no further than an element, its first sibling or its first child.
var quick = map[string]bool{":not": true, ":first-child": true, ":empty": true, ":root": true, ":checked": true}

// UnmarshalText compiles a selector.
func (s *selector) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	if !isCSS(text) {
		return fmt.Errorf("selector %q is not CSS", text)
	}
	for _, m := range pseudo.FindAllString(quoted.ReplaceAllString(text, ""), -1) {
		if !quick[m] {
			return fmt.Errorf("selector %q: %s is not allowed, as it takes too long on hostile pages", text, m)
		}
	}
	groups, ok := steps(text)
	if !ok {
		return fmt.Errorf("selector %q: want at most %d steps, :not() with a single element, and values with spaces, commas, > or + in quotes", text, maxSteps)
	}
	s.text, s.groups = text, groups
	return nil
}

// isCSS reports whether text is a selector. A list of selectors compiles only as a
// whole, so that the list matches any element if text is a selector, and none if not.
func isCSS(text string) bool {
	probe := goquery.NewDocumentFromNode(&html.Node{Type: html.ElementNode, Data: "p"})
	return text != "" && probe.Is(text+", *")
}

// steps takes a selector apart.
func steps(text string) (groups [][]step, ok bool) {
	var group []step
	tie, start := byte(0), 0
	end := func(i int) bool {
		compound := strings.TrimSpace(text[start:i])
		if compound == "" {
			return true
		}
		group = append(group, step{tie, goquery.Single(compound)})
		tie = ' '
		return isCSS(compound) && len(group) <= maxSteps
	}
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\\':
			i++
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			depth--
		case depth > 0 && strings.IndexByte(" >+,", c) >= 0:
			return nil, false
		case depth > 0:
		case c == ',':
			if !end(i) || len(group) == 0 {
				return nil, false
			}
			groups, group, tie, start = append(groups, group), nil, 0, i+1
		case strings.IndexByte(" \t\n>+~", c) >= 0:
			if !end(i) {
				return nil, false
			}
			if c == '>' || c == '+' || c == '~' {
				tie = c
			}
			start = i + 1
		}
	}
	if !end(len(text)) || len(group) == 0 {
		return nil, false
	}
	return append(groups, group), true
}

func (s selector) defined() bool { return s.groups != nil }

// all returns what s matches within d, in page order.
func (s selector) all(d *document) []*html.Node {
	var nodes []*html.Node
	s.each(d, func(n *html.Node) bool {
		nodes = append(nodes, n)
		return true
	})
	return nodes
}

// found reports whether s matches anything within d.
func (s selector) found(d *document) bool {
	found := false
	s.each(d, func(*html.Node) bool {
		found = true
		return false
	})
	return found
}

// each calls f with what s matches, in page order, until f reports false.
func (s selector) each(d *document, f func(*html.Node) bool) {
	seen := make([][]trace, len(s.groups))
	for i, g := range s.groups {
		if len(g) > 1 {
			seen[i] = make([]trace, len(d.elements))
		}
	}
	for i := range d.elements {
		hit := false
		for j, g := range s.groups {
			hit = d.advance(g, seen[j], i) || hit
		}
		if hit && !f(d.elements[i]) {
			return
		}
	}
}

// A trace holds, as bits, which steps of a group, the last but one at most, match an
// element, an ancestor of it, or a sibling before it.
type trace struct{ here, above, before uint32 }

// maxSteps bounds the steps of a group: the bits of a trace.
const maxSteps = 32

// advance finds which steps of g the i-th element matches. It reports whether the last
// is one of them.
func (d *document) advance(g []step, seen []trace, i int) bool {
	if len(g) == 1 {
		return g[0].compound.Match(d.elements[i])
	}
	var t, parent, prev trace
	if p := d.parent[i]; p >= 0 {
		parent = seen[p]
	}
	if p := d.prev[i]; p >= 0 {
		prev = seen[p]
	}
	t.above, t.before = parent.here|parent.above, prev.here|prev.before
	for k, s := range g {
		if k > 0 && tied(s.tie, parent, prev, t)&(1<<(k-1)) == 0 {
			continue
		}
		if s.compound.Match(d.elements[i]) {
			t.here |= 1 << k
		}
	}
	seen[i] = t
	return t.here&(1<<(len(g)-1)) != 0
}

// tied returns the steps that hold where a tie leads to.
func tied(tie byte, parent, prev, t trace) uint32 {
	switch tie {
	case '>':
		return parent.here
	case '+':
		return prev.here
	case '~':
		return t.before
	}
	return t.above
}
