package search

import (
	"slices"
	"strings"

	"vigil"
)

// MaxTokens bounds the words of a listing that are read, in all fields together.
const MaxTokens = 16_384

// Names of fields that marks point into, beside those of findings.
const (
	FieldVendor   = "vendor"
	FieldCategory = "category" // its names, with line feeds between them
	FieldPlaces   = "places"   // where it ships from and to, likewise
)

// A Document is a listing's text as it is searched.
type Document struct {
	fields []field
}

type field struct {
	name   string
	tokens []Token
}

// NewDocument reads the words of a listing: title, vendor, categories,
// description, contact and places, in this order, up to [MaxTokens] in all.
func NewDocument(l vigil.Listing) *Document {
	d := &Document{fields: make([]field, 0, 6)}
	left := MaxTokens
	for _, f := range []string{vigil.FieldTitle, FieldVendor, FieldCategory, vigil.FieldDescription, vigil.FieldContact, FieldPlaces} {
		text := FieldText(l, f)
		if text == "" {
			continue
		}
		ts := tokens(make([]Token, 0, min(left, len(text)/5+1)), text, left)
		left -= len(ts)
		d.fields = append(d.fields, field{f, ts})
	}
	return d
}

// FieldText returns the text that marks of a field point into.
func FieldText(l vigil.Listing, name string) string {
	switch name {
	case FieldVendor:
		return l.Vendor
	case FieldCategory:
		return strings.Join(l.Category, "\n")
	case FieldPlaces:
		if l.ShipsFrom == "" && len(l.ShipsTo) == 0 {
			return ""
		}
		return l.ShipsFrom + "\n" + strings.Join(l.ShipsTo, "\n")
	}
	text, _ := l.Field(name)
	return text
}

// Prefixes of index terms. Words hold none of these characters.
const (
	inTitle    = "t:"
	inCategory = "c:"
	isVendor   = "v:"
)

// Terms returns what an index is to know a listing by, sorted, each once: its
// words, and those of title, category and vendor once more as such.
func (d *Document) Terms() []string {
	n := 1
	for _, f := range d.fields {
		n += 2 * len(f.tokens)
	}
	ts := make([]string, 0, n)
	for _, f := range d.fields {
		prefix := ""
		switch f.name {
		case vigil.FieldTitle:
			prefix = inTitle
		case FieldCategory:
			prefix = inCategory
		case FieldVendor:
			ts = append(ts, isVendor+joined(f.tokens))
		}
		for _, t := range f.tokens {
			ts = append(ts, t.Word)
			if prefix != "" {
				ts = append(ts, prefix+t.Word)
			}
		}
	}
	slices.Sort(ts)
	return slices.Compact(ts)
}

// Terms returns the index terms that every listing has of which t is true, and
// whether the converse holds as well. A term of facts or identifiers has none.
func (t Term) Terms() (all []string, sure bool) {
	prefix := ""
	switch t.Kind {
	case Vendor:
		return []string{isVendor + strings.Join(t.Words, " ")}, true
	case Title:
		prefix = inTitle
	case Category:
		prefix = inCategory
	case Text:
	default:
		return nil, false
	}
	for _, w := range t.Words {
		all = append(all, prefix+w)
	}
	return all, len(all) == 1
}

func joined(ts []Token) string {
	words := make([]string, len(ts))
	for i, t := range ts {
		words[i] = t.Word
	}
	return strings.Join(words, " ")
}

// Has reports whether a term of text is true of the listing.
func (d *Document) Has(t Term) bool {
	for _, f := range d.fields {
		if _, ok := f.find(t, 0); ok {
			return true
		}
	}
	return false
}

// find returns the number of the first token, from the given one on, at which t
// is true of the field. It compares as often as the field has tokens at most,
// but for phrases that repeat themselves, and so is bounded by [MaxWords].
func (f field) find(t Term, from int) (int, bool) {
	if !t.looksAt(f.name) || len(t.Words) == 0 {
		return 0, false
	}
	if t.Kind == Vendor {
		return 0, from == 0 && len(f.tokens) == len(t.Words) && f.stands(t.Words, 0)
	}
	for i := from; i+len(t.Words) <= len(f.tokens); i++ {
		if f.tokens[i].Word == t.Words[0] && f.stands(t.Words, i) {
			return i, true
		}
	}
	return 0, false
}

// stands reports whether words stand at the i-th token.
func (f field) stands(words []string, i int) bool {
	for k, w := range words {
		if f.tokens[i+k].Word != w {
			return false
		}
	}
	return true
}

// looksAt reports whether a term of text looks at a field.
func (t Term) looksAt(field string) bool {
	switch t.Kind {
	case Text:
		return true
	case Title:
		return field == vigil.FieldTitle
	case Category:
		return field == FieldCategory
	case Vendor:
		return field == FieldVendor
	}
	return false
}

// A Mark is a run of bytes of a field for which a listing was found.
type Mark struct {
	Field string `json:"field"`
	Start int    `json:"start"` // byte offset into [FieldText]
	End   int    `json:"end"`
}

// maxMarks bounds the marks of one listing.
const maxMarks = 64

// Marks returns where what the query asks for stands in a listing: up to 64
// places, field by field, title first, in the order of the text.
func (q Query) Marks(d *Document) (ms []Mark) {
	for _, f := range d.fields {
		of := f.marks(q)
		ms = append(ms, of[:min(len(of), maxMarks-len(ms))]...)
	}
	return ms
}

// marks returns the places of a field, of each term 64 at most.
func (f field) marks(q Query) (ms []Mark) {
	for _, c := range q.Clauses {
		if c.Not {
			continue
		}
		for _, t := range c.Any {
			n := 0
			for i, ok := f.find(t, 0); ok && n < maxMarks; i, ok = f.find(t, i+len(t.Words)) {
				ms = append(ms, Mark{f.name, f.tokens[i].Start, f.tokens[i+len(t.Words)-1].End})
				n++
			}
		}
	}
	slices.SortFunc(ms, func(a, b Mark) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	out := ms[:0]
	for _, m := range ms {
		if len(out) == 0 || m.Start >= out[len(out)-1].End {
			out = append(out, m)
		}
	}
	return out
}
