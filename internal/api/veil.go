package api

import (
	"slices"
	"strings"
	"unicode/utf8"

	"vigil"
	"vigil/internal/display"
)

// veiled returns a listing and its assessment without what must not be shown: what
// the law forbids to repeat and secrets always, identifiers unless they are revealed.
func veiled(l vigil.Listing, a vigil.Assessment, reveal bool) (vigil.Listing, vigil.Assessment) {
	fields := map[string]string{}
	for _, name := range []string{vigil.FieldTitle, vigil.FieldDescription, vigil.FieldContact, vigil.FieldPGP} {
		if text, _ := l.Field(name); text != "" {
			fields[name] = veil(name, text, a, reveal)
		}
	}
	l.Title, l.Description = fields[vigil.FieldTitle], fields[vigil.FieldDescription]
	l.Contact, l.PGP = apart(fields[vigil.FieldContact], l.Contact), apart(fields[vigil.FieldPGP], l.PGP)
	a.Findings = slices.Clone(a.Findings)
	for i, f := range a.Findings {
		a.Findings[i].Text = ""
		if text := fields[f.Field]; f.Withheld == "" && 0 <= f.Start && f.Start <= f.End && f.End <= len(text) {
			a.Findings[i].Text = text[f.Start:f.End]
		}
	}
	a.Identifiers = slices.Clone(a.Identifiers)
	for i, id := range a.Identifiers {
		if !reveal {
			a.Identifiers[i] = masked(id)
		}
	}
	return l, a
}

// veil replaces what is hidden of a field, character by character.
func veil(field, text string, a vigil.Assessment, reveal bool) string {
	var b strings.Builder
	b.Grow(len(text))
	at := 0
	for _, s := range display.Segments(field, text, a, reveal) {
		if s.Hidden == "" {
			b.WriteString(s.Text)
		} else {
			b.WriteString(starred(text[at : at+s.Bytes]))
		}
		at += s.Bytes
	}
	return b.String()
}

// starred returns as many characters as s has, of as many bytes each. Line feeds
// stay: they part the lines of a field.
func starred(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch n := utf8.RuneLen(r); {
		case r == '\n':
			b.WriteByte('\n')
		case r == utf8.RuneError: // perhaps of one byte that is no UTF-8
			b.Reset()
			return strings.Repeat("*", len(s))
		default:
			b.WriteString([]string{"*", "·", "•", "🞄"}[n-1])
		}
	}
	return b.String()
}

// apart parts a veiled field into as many lines or blocks as it was put together
// from.
func apart(text string, of []string) []string {
	if text == "" {
		return nil
	}
	var parts []string
	for _, p := range of {
		n := min(len(p), len(text))
		parts, text = append(parts, text[:n]), text[min(n+1, len(text)):]
	}
	return parts
}

// masked returns an identifier of which as much is shown as [display.Mask] shows.
// Its key, which tells which it is, is left out.
func masked(id vigil.Identifier) vigil.Identifier {
	one := vigil.Assessment{Identifiers: []vigil.Identifier{id}}
	part := func(text string) string {
		one.Identifiers[0].Field, one.Identifiers[0].Start, one.Identifiers[0].End = "", 0, len(text)
		return veil("", text, one, false)
	}
	id.Value, id.Raw, id.Key = part(id.Value), part(id.Raw), ""
	return id
}

// maskedHits returns hits without the identifiers that they are about.
func maskedHits(hits []vigil.Hit) []vigil.Hit {
	hits = slices.Clone(hits)
	for i := range hits {
		hits[i].Identifier = masked(hits[i].Identifier)
		hits[i].Row.Raw, hits[i].Row.Parsed, hits[i].Row.URL = "", nil, ""
	}
	return hits
}
