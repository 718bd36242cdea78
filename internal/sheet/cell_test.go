package sheet

import (
	"strings"
	"testing"
)

func TestNoCellBeginsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"two crates of tea":                  "two crates of tea",
		"a+b = c":                            "a+b = c",
		"=1+1":                               "'=1+1",
		"  =1+1":                             "'  =1+1",
		"\u00a0\u3000＝1+1":                   "'\u00a0\u3000＝1+1",
		"@SUM(A1)":                           "'@SUM(A1)",
		"|calc":                              "'|calc",
		"\ttea":                              "'\ttea",
		"'tis":                               "''tis",
		"tea; green":                         "tea; green",
		`tea;=HYPERLINK("x")`:                `tea;'=HYPERLINK("x")`,
		"tea\t-1;'x; +1":                     "tea\t'-1;''x;' +1",
		"tea;\t=1":                           "tea;'\t'=1",
		strings.Repeat(" ", 63) + "\u3000=1": "'" + strings.Repeat(" ", 63) + "\u3000=1",
		"tea; ;=1":                           "tea; ;'=1",
		"sold by weight: 5 - 6 kg":           "sold by weight: 5 - 6 kg",
	} {
		if got := Cell(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// However a spreadsheet splits a cell, no part of it begins as a formula does, and what
// it was can be had back.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1", "a;=1", "a;\t =1", "'", ";';'='", "\u3000=", "tea", " \t \t=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cell := Cell(text)
		if got := Text(cell); got != text {
			t.Errorf("%q becomes %q, and that %q", text, cell, got)
		}
		for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == '\t' }) {
			if bare := strings.TrimLeft(part, blanks); bare != "" && strings.IndexAny(bare, signs) == 0 {
				t.Errorf("%q of %q begins a formula", part, cell)
			}
		}
	})
}
