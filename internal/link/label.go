package link

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigil"
)

// maxLabel is how many bytes of a text are shown at most.
const maxLabel = 1024

// A Label says how an identifier is shown. What is not shown as its Value is
// masked: then neither its key nor its bytes leave the program. The zero Label
// masks all, and shows kinds only.
type Label func(vigil.Identifier) string

// Plain is the Label that masks nothing.
func Plain(id vigil.Identifier) string { return id.Value }

// of returns how id is shown: its kind, and what the label makes of it.
func (f Label) of(id vigil.Identifier) string {
	shown := f.value(id)
	if shown == "" {
		return id.Kind
	}
	return id.Kind + " " + shown
}

// value returns what the label makes of id.
func (f Label) value(id vigil.Identifier) string {
	if f == nil {
		return ""
	}
	return visible(f(id), maxLabel)
}

// masks reports whether id must not leave as it is.
func (f Label) masks(id vigil.Identifier) bool { return f == nil || f(id) != id.Value }

// Path returns a path as it may be shown.
func (f Label) Path(p Path) Path {
	p.Steps = slices.Clone(p.Steps)
	for i := range p.Steps {
		s := &p.Steps[i]
		s.From, s.To, s.Key = f.edge(s.From, s.Key.Identifier), f.edge(s.To, s.Key.Identifier), f.key(s.Key)
	}
	return p
}

// Neighbours returns neighbours as they may be shown.
func (f Label) Neighbours(ns []Neighbour) []Neighbour {
	ns = slices.Clone(ns)
	for i := range ns {
		n := &ns[i]
		id := n.Key.Identifier
		n.Key, n.Here, n.There = f.key(n.Key), f.edge(n.Here, id), slices.Clone(n.There)
		for j := range n.There {
			n.There[j] = f.edge(n.There[j], id)
		}
	}
	return ns
}

// KeyEdges returns a key with its edges as they may be shown.
func (f Label) KeyEdges(k KeyEdges) KeyEdges {
	id := k.Identifier
	k.Key, k.Edges = f.key(k.Key), slices.Clone(k.Edges)
	for i := range k.Edges {
		k.Edges[i] = f.edge(k.Edges[i], id)
	}
	return k
}

// key returns a key as it may be shown.
func (f Label) key(k Key) Key {
	if k.Tie == nil && f.masks(k.Identifier) {
		k.Key, k.Identifier.Key, k.Identifier.Value = "", "", f.value(k.Identifier)
	}
	return k
}

// edge returns an edge to the key of an identifier as it may be shown.
func (f Label) edge(e Edge, id vigil.Identifier) Edge {
	if strings.HasPrefix(e.Key, tiePrefix) {
		return e
	}
	masked := f.masks(id)
	e.Evidence = slices.Clone(e.Evidence)
	for i := range e.Evidence {
		v := &e.Evidence[i]
		spelt := vigil.Identifier{Kind: v.Kind, Value: v.Value, Key: e.Key, Class: v.Class, Network: v.Network}
		if masked || f.masks(spelt) {
			v.Raw, v.Value = "", f.value(spelt)
		}
	}
	if masked {
		e.Key = ""
	}
	return e
}

// visible returns the beginning of s as text that looks like what it is: what
// cannot be seen, or changes how other characters are seen, is spelt out as in
// ‹U+202E›, and bytes that are not UTF-8 as in ‹0xFF›. It ends in "…" if
// something of s is missing, and fits into XML and CSV.
func visible(s string, most int) string {
	cut := clip(s, most)
	if len(cut) == len(s) && plain(s) {
		return s
	}
	var b strings.Builder
	marks := 0
	for i := 0; i < len(cut); {
		r, size := utf8.DecodeRuneInString(cut[i:])
		if marks++; !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		}
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "‹0x%02X›", cut[i])
		case hidden(r) || marks > 4: // no script needs more marks on one letter
			fmt.Fprintf(&b, "‹U+%04X›", r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	if len(cut) < len(s) {
		b.WriteString("…")
	}
	return b.String()
}

// plain reports whether s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// hidden reports whether r is not to be seen as a character of its own.
func hidden(r rune) bool {
	switch r {
	case ' ', 0xfe0e, 0xfe0f: // the latter choose the style of the character before
		return false
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180c, 0x180d, 0x180f, 0x2800, 0x3164, 0xffa0:
		return true // printable by their category, yet blank
	}
	return !unicode.IsPrint(r) || unicode.Is(unicode.Variation_Selector, r)
}
