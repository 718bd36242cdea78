package main

import (
	"testing"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/duplicate"
)

// A part of a text is shown as the text is, wherever it begins and ends.
func TestAPartOfATextHidesWhatTheTextHides(t *testing.T) {
	const text = "Offers é one\x1b[2J person, aged so, write to seller@market.example now"
	a := vigil.Assessment{
		Findings:    []vigil.Finding{{Field: vigil.FieldDescription, Start: 26, End: 33, Withheld: "sha256:0"}},
		Identifiers: []vigil.Identifier{{Kind: "email", Field: vigil.FieldDescription, Start: 44, End: 65, Raw: text[44:65]}},
	}
	segments := display.Segments(vigil.FieldDescription, text, a, false)
	for _, c := range []struct {
		from, to int
		want     string
	}{
		{0, len(text), "Offers é one‹U+001B›[2J person, ‹withheld›, write to seller…mple now"},
		{28, 31, "‹withheld›"},
		{24, 28, ", ‹withheld›"},
		{44, 50, "seller"},
		{44, 51, "seller…"},
		{55, 58, "…"},
		{8, 10, " "}, // between the two bytes of é
		{5, 5, ""},
	} {
		if got := shownText(segments, duplicate.Span{Start: c.from, End: c.to}); got != c.want {
			t.Errorf("bytes %d to %d are shown as %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

func TestLinesAreWrappedAtWhiteSpace(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"one two three", []string{"one two", "three"}},
		{"  a\n\nb ", []string{"a b"}},
		{"muchtoolong x", []string{"muchtoolong", "x"}},
		{"", nil},
	} {
		got := wrapped(c.text, 8)
		if len(got) != len(c.want) {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%q is %q, want %q", c.text, got, c.want)
			}
		}
	}
}
