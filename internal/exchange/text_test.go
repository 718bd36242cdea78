package exchange

import (
	"encoding/csv"
	"strings"
	"testing"
)

func TestTheTableIsRFC4180(t *testing.T) {
	text, _ := written(t, CSV, dossier(harbour()...))
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		t.Error("a line does not end in CR LF")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+3+4+1+1 {
		t.Errorf("%d rows, want a header, seven identifiers and two listings without one", len(rows))
	}
	if rows[1][3] != "'=lowtide" {
		t.Errorf("the vendor's cell is %q", rows[1][3])
	}
	for _, r := range rows {
		if len(r) != len(rows[0]) {
			t.Errorf("a row of %d cells, want %d", len(r), len(rows[0]))
		}
	}
}

func TestHiddenCharactersAreSpeltOut(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":                      "plain text",
		"a\u202eb":                        "a‹U+202E›b",
		"a\x1b[31m":                       "a‹U+001B›[31m",
		"one\ntwo":                        "one‹U+000A›two",
		"\xff":                            "\ufffd",
		"é" + "zürich":                    "ézürich",
		strings.Repeat("x", 30):           strings.Repeat("x", 20) + "…",
		"e\u0301\u0301\u0301\u0301\u0301": "e\u0301\u0301\u0301\u0301‹U+0301›",
	} {
		if got := line(in, 20); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
