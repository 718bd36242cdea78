package bundle

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Print writes the report for a reader: a line a layer, then what all this does
// not prove. What the bundle says of itself is written so that it cannot act on
// a terminal.
func (r Report) Print(w io.Writer) error {
	var b strings.Builder
	for _, l := range r.Layers {
		fmt.Fprintf(&b, "%-11s  %-18s  %s\n", l.Result, l.Name, Visible(l.Detail))
	}
	fmt.Fprintf(&b, "\n%s\n", r.Scope)
	_, err := io.WriteString(w, b.String())
	return err
}

// PrintJSON writes the report as one line of JSON.
func (r Report) PrintJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// Limits of what is shown.
const (
	maxShown = 4 << 10 // bytes of a detail
	maxMarks = 4       // combining marks in a row
)

// Visible writes characters that cannot be seen, that turn text around or that
// steer a terminal as their code points, and bytes that are no text as such.
func Visible(s string) string {
	cut := ""
	if len(s) > maxShown {
		s, cut = strings.ToValidUTF8(s[:maxShown], ""), "…"
	}
	var b strings.Builder
	marks := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "‹0x%02X›", s[i])
		case !unicode.IsPrint(r) || marks > maxMarks:
			fmt.Fprintf(&b, "‹U+%04X›", r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String() + cut
}
