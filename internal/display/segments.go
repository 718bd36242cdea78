package display

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"vigil"
)

// Why a segment's bytes are not shown.
const (
	Withheld = "withheld" // the law forbids to repeat them
	Redacted = "redacted" // a secret, such as a private key
	Masked   = "masked"   // the middle of an identifier that nobody has asked for
)

// A Segment is a run of bytes of a field that the same marks cover.
// Segments of a field, put together, are the field.
type Segment struct {
	Text       string            // empty if Hidden
	Bytes      int               // how many bytes of the field it stands for
	Hidden     string            // why they are not shown; empty if they are
	Findings   []vigil.Finding   // all that cover it
	Ends       []vigil.Finding   // those of them that end with it
	Identifier *vigil.Identifier // the one that it is part of
	Last       bool              // the identifier ends with it
}

// For reports whether an indicator covers the segment.
func (s Segment) For() bool { return s.covered(vigil.For) }

// Against reports whether a counter-indicator covers the segment.
func (s Segment) Against() bool { return s.covered(vigil.Against) }

func (s Segment) covered(polarity string) bool {
	return slices.ContainsFunc(s.Findings, func(f vigil.Finding) bool { return f.Polarity == polarity })
}

// maxMarked bounds how many findings, and how many identifiers, of a field are
// labelled: a text that is built to have thousands stays readable. What must be
// hidden is hidden whatever their number.
const maxMarked = 256

// Segments splits a field's text where the findings and identifiers of a begin
// and end. Marks may overlap; those that do not fit the text are left out.
// Text that must not be repeated is hidden; the middle of identifiers is, too,
// unless reveal is set.
func Segments(field, text string, a vigil.Assessment, reveal bool) []Segment {
	m := marksOf(field, text, a, reveal)
	return m.split(text, 0, len(text))
}

// Around returns the segments of the text around f, at most context bytes on
// either side, as [Segments] would mark them.
func Around(text string, f vigil.Finding, a vigil.Assessment, context int, reveal bool) []Segment {
	if !fits(text, f.Start, f.End) {
		return nil
	}
	a.Findings = keepWithheld(a.Findings, f)
	m := marksOf(f.Field, text, a, reveal)
	return m.split(text, runeStart(text, f.Start-context), runeStart(text, min(f.End, f.Start+maxQuote)+context))
}

// maxQuote is how many bytes of a finding are quoted in a list of findings.
const maxQuote = 400

// keepWithheld returns f and every finding whose text must not be shown.
func keepWithheld(fs []vigil.Finding, f vigil.Finding) []vigil.Finding {
	kept := []vigil.Finding{f}
	for _, g := range fs {
		if g.Withheld != "" && g != f {
			kept = append(kept, g)
		}
	}
	return kept
}

// runeStart moves i back to where a character begins, and into the text.
func runeStart(text string, i int) int {
	i = max(0, min(i, len(text)))
	for n := 0; i > 0 && i < len(text) && n < utf8.UTFMax && !utf8.RuneStart(text[i]); n++ {
		i--
	}
	return i
}

// marks are what is known about the bytes of one field.
type marks struct {
	findings    []vigil.Finding
	identifiers []vigil.Identifier
	hidden      []span
}

// A span is a run of bytes that is not shown.
type span struct {
	start, end int
	why        string
}

// marksOf collects the marks of a that belong to the field and fit its text.
func marksOf(field, text string, a vigil.Assessment, reveal bool) marks {
	var m marks
	for _, f := range a.Findings {
		if f.Field != field || !fits(text, f.Start, f.End) {
			continue
		}
		if f.Withheld != "" {
			m.hidden = append(m.hidden, span{f.Start, f.End, Withheld})
		}
		if len(m.findings) < maxMarked {
			m.findings = append(m.findings, f)
		}
	}
	for _, id := range a.Identifiers {
		if id.Field != field || !fits(text, id.Start, id.End) {
			continue
		}
		m.hide(text, id, reveal)
		if len(m.identifiers) < maxMarked {
			m.identifiers = append(m.identifiers, id)
		}
	}
	slices.SortFunc(m.hidden, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	return m
}

// hide marks the bytes of id that are not to be shown.
func (m *marks) hide(text string, id vigil.Identifier, reveal bool) {
	if id.Redacted {
		m.hidden = append(m.hidden, span{id.Start, id.End, Redacted})
		return
	}
	if reveal {
		return
	}
	head, tail := maskEnds(id, text[id.Start:id.End])
	m.hidden = append(m.hidden, span{id.Start + head, id.End - tail, Masked})
}

// fits reports whether a mark is a run of the text that is not empty.
func fits(text string, start, end int) bool { return start >= 0 && start < end && end <= len(text) }

// split cuts text[from:to] at every edge of a mark.
func (m *marks) split(text string, from, to int) []Segment {
	cuts := m.cuts(from, to)
	segs := make([]Segment, 0, len(cuts))
	hidden, open := m.hidden, []span(nil)
	for i := 0; i+1 < len(cuts); i++ {
		start, end := cuts[i], cuts[i+1]
		for len(hidden) > 0 && hidden[0].start <= start {
			open = append(open, hidden[0])
			hidden = hidden[1:]
		}
		open = slices.DeleteFunc(open, func(s span) bool { return s.end <= start })
		s := m.segment(start, end)
		if s.Hidden = reason(open); s.Hidden == "" {
			s.Text = text[start:end]
		}
		segs = append(segs, s)
	}
	return segs
}

// segment returns what marks text[start:end], a run that no mark's edge divides.
func (m *marks) segment(start, end int) Segment {
	s := Segment{Bytes: end - start}
	for _, f := range m.findings {
		if f.Start <= start && end <= f.End {
			s.Findings = append(s.Findings, f)
			if f.End == end {
				s.Ends = append(s.Ends, f)
			}
		}
	}
	for i, id := range m.identifiers {
		if id.Start <= start && end <= id.End {
			s.Identifier, s.Last = &m.identifiers[i], id.End == end
			break
		}
	}
	return s
}

// cuts returns the edges of all marks that lie in from…to, those two included.
func (m *marks) cuts(from, to int) []int {
	cuts := []int{from, to}
	add := func(edges ...int) {
		for _, e := range edges {
			if from < e && e < to {
				cuts = append(cuts, e)
			}
		}
	}
	for _, f := range m.findings {
		add(f.Start, f.End)
	}
	for _, id := range m.identifiers {
		add(id.Start, id.End)
	}
	for _, h := range m.hidden {
		add(h.start, h.end)
	}
	sort.Ints(cuts)
	return slices.Compact(cuts)
}

// reason returns the gravest reason among the spans over one segment.
func reason(open []span) string {
	why := ""
	for _, s := range open {
		switch {
		case s.why == Withheld:
			return Withheld
		case s.why == Redacted, why == "":
			why = s.why
		}
	}
	return why
}

// maskEnds returns how many bytes of an identifier, spelt s, are shown at its two
// ends: 6 and 4 characters, fewer of short ones and of those that name a person,
// whose link or service before them is shown whole.
func maskEnds(id vigil.Identifier, s string) (head, tail int) {
	first, last := 6, 4
	switch {
	case id.Kind == "exchange-account":
		head, first, last = strings.IndexByte(s, ':')+1, 0, 2
	case namesPerson(id.Kind):
		head, first, last = strings.LastIndexAny(s, "/=")+1, 2, 2
	}
	switch n := utf8.RuneCountInString(s[head:]); {
	case n <= 8, id.Kind == "email" && id.Method == "joined": // in the base64 of a key, its head is the name
		return head, 0
	case n <= 16:
		first, last = min(first, 2), 2
	}
	for range first {
		_, size := utf8.DecodeRuneInString(s[head:])
		head += size
	}
	for range last {
		_, size := utf8.DecodeLastRuneInString(s[:len(s)-tail])
		tail += size
	}
	return head, tail
}

// namesPerson reports whether identifiers of a kind are names or numbers of
// people, as they are written.
func namesPerson(kind string) bool {
	switch kind {
	case "phone", "telegram", "xmpp", "wickr", "signal", "threema", "matrix", "cashtag", "paypal", "revolut", "mtcn":
		return true
	}
	return false
}

// Mask returns an identifier's value as it is shown before anybody has asked
// for it: first 6…last 4.
func Mask(id vigil.Identifier) string {
	if id.Redacted {
		return "withheld"
	}
	head, tail := maskEnds(id, id.Value)
	return Clean(id.Value[:head] + "…" + id.Value[len(id.Value)-tail:])
}

// Title returns an item's title as a line, without what must not be shown.
func Title(l vigil.Listing, a vigil.Assessment) string {
	var line []byte
	for _, s := range Segments(vigil.FieldTitle, l.Title, a, false) {
		switch s.Hidden {
		case "":
			line = append(line, s.Text...)
		case Masked:
			line = append(line, "…"...)
		default:
			line = append(line, "‹"+s.Hidden+"›"...)
		}
	}
	return Clean(string(line))
}
