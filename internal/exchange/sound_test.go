package exchange

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// sound fails the test if a file is none of its format, or does not name the two
// addresses and nothing that cannot be seen.
func sound(t *testing.T, f Format, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Fatalf("%s is not UTF-8", f)
	}
	for _, r := range text {
		if r >= ' ' && r < 0x7f {
			continue
		}
		if r != '\n' && r != '\r' && r != ' ' && !unicode.IsPrint(r) && r != utf8.RuneError {
			t.Fatalf("%s holds %U", f, r)
		}
	}
	switch f {
	case CSV:
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v; want 3\n%s", len(rows), err, text)
		}
		for _, c := range append(rows[1], rows[2]...) {
			for part := range strings.SplitSeq(c, ";") { // where a comma is the sign of decimals, a cell of its own
				if part = strings.TrimLeft(part, " "); part != "" && strings.ContainsRune("=+-@\t\r\n\x00", rune(part[0])) {
					t.Fatalf("a cell begins a formula: %q of %q", part, c)
				}
			}
		}
	case TagPack:
		var pack struct {
			Tags []struct{ Address, Label, Source string }
		}
		if err := yaml.Unmarshal([]byte(text), &pack); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if len(pack.Tags) != 2 || pack.Tags[0].Address != genesisAddress || pack.Tags[1].Address != segwitAddress {
			t.Fatalf("read back %+v", pack)
		}
	default:
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if strings.Count(text, genesisAddress) == 0 || strings.Count(text, segwitAddress) == 0 {
			t.Fatalf("%s lacks an address", f)
		}
	}
}
