package display

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks in a row are shown: more than any
// script needs, fewer than it takes to paint over the lines around.
const maxMarks = 8

// Visible returns s with everything spelt out that a terminal or a browser
// would obey or hide: control, escape, bidirectional and zero-width characters
// as ‹U+202E›, bytes that are not UTF-8 as ‹0xFF›. Line feeds and tabs stay.
func Visible(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	marks := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if marks = nextMarks(marks, r); marks > maxMarks {
			fmt.Fprintf(&b, "‹U+%04X›", r)
		} else {
			writeVisible(&b, r, s[i:i+size])
		}
		i += size
	}
	return b.String()
}

// nextMarks counts combining marks in a row.
func nextMarks(n int, r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return n + 1
	}
	return 0
}

// writeVisible writes one character, spelt raw in the text.
func writeVisible(b *strings.Builder, r rune, raw string) {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(b, "‹0x%02X›", raw[0])
	case r == '\n' || r == '\t' || !hidden(r):
		b.WriteString(raw)
	default:
		fmt.Fprintf(b, "‹U+%04X›", r)
	}
}

// plain reports whether s is printable ASCII, line feeds and tabs.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// hidden reports whether r is something that a reader can't see, or that
// changes how other characters are seen.
func hidden(r rune) bool {
	switch r {
	case 0xfe0e, 0xfe0f: // text or emoji style of the character before
		return false
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180c, 0x180d, 0x180f, 0x2800, 0x3164, 0xffa0:
		return true // printable by their category, yet blank
	}
	if unicode.Is(unicode.Variation_Selector, r) {
		return true
	}
	return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r)
}

// Clean returns s as one line for a table cell or a message: white space runs
// become one space, and what Visible would spell out is dropped, but for bytes
// that are not UTF-8, which become U+FFFD.
func Clean(s string) string {
	var b strings.Builder
	space, marks := false, 0
	for _, r := range s {
		switch marks = nextMarks(marks, r); {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case hidden(r) || marks > maxMarks:
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Cut returns s cut to a number of terminal columns, with "…" where something
// is missing.
func Cut(s string, columns int) string {
	if width(s) <= columns {
		return s
	}
	n := 0
	for i, r := range s {
		n += runeWidth(r)
		if n > columns-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// width returns how many terminal columns s takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth follows Unicode Standard Annex 11 in its broad strokes: East Asian
// wide characters and emoji take two columns, combining marks none.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// Head returns the first n bytes of s, or some fewer, so that no character is cut.
func Head(s string, n int) string { return s[:runeStart(s, n)] }
