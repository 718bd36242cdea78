// Package sheet makes tables of hostile text safe for the spreadsheets that open them.
package sheet

import (
	"iter"
	"strings"
)

const (
	// signs begin a formula in one spreadsheet or another: the usual four, the
	// full-width ones of East Asia, and those of old commands (OWASP, "CSV Injection";
	// ASVS 5.0, 1.2.10).
	signs = "=+-@|%＝＋－＠"
	// blanks are skipped by some before they look for a sign.
	blanks = " \t\r\n\x00\u00a0\u3000"
	// splits end a cell where a comma is the sign of decimals, whatever the quotes say.
	splits = ";\t"
)

// Cell returns a text for a cell of a CSV file (RFC 4180), such that no spreadsheet runs
// it. An apostrophe is put before what could begin a formula, and before an apostrophe;
// so it is behind each semicolon and tab, where some spreadsheets begin a cell of their
// own. [Text] is the way back.
func Cell(text string) string {
	var b strings.Builder
	for part := range parts(text) {
		if risky(part) {
			b.WriteByte('\'')
		}
		b.WriteString(part)
	}
	return b.String()
}

// Text returns the text of which [Cell] made a cell.
func Text(cell string) string {
	var b strings.Builder
	for part := range parts(cell) {
		b.WriteString(strings.TrimPrefix(part, "'"))
	}
	return b.String()
}

// parts splits a text behind each of splits.
func parts(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := text; rest != ""; {
			end := strings.IndexAny(rest, splits) + 1
			if end == 0 {
				end = len(rest)
			}
			if !yield(rest[:end]) {
				return
			}
			rest = rest[end:]
		}
	}
}

// risky reports whether a spreadsheet might take a part for a formula, or for the end of
// a cell and then one.
func risky(part string) bool {
	return strings.IndexByte("'\t\r\n\x00", part[0]) >= 0 || strings.IndexAny(strings.TrimLeft(part, blanks), signs) == 0
}
