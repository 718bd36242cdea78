package display

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/casetest"
)

// drawn writes segments as text: [marked:INDICATORS], <why hidden>, {identifier}.
func drawn(segs []Segment) string {
	var b strings.Builder
	for _, s := range segs {
		text := s.Text
		if s.Hidden != "" {
			text = fmt.Sprintf("<%s %d>", s.Hidden, s.Bytes)
		}
		if s.Identifier != nil {
			text = "{" + text + "}"
		}
		if len(s.Findings) > 0 {
			var ids []string
			for _, f := range s.Findings {
				ids = append(ids, f.Indicator)
			}
			text = "[" + text + ":" + strings.Join(ids, "+") + "]"
		}
		b.WriteString(text)
	}
	return b.String()
}

// at returns a finding with an indicator over text[start:end] of the title.
func at(indicator string, start, end int) vigil.Finding {
	return vigil.Finding{Indicator: indicator, Polarity: vigil.For, Field: vigil.FieldTitle, Start: start, End: end}
}

func TestSegments(t *testing.T) {
	const text = "abcdefghij"
	for _, c := range []struct {
		name     string
		findings []vigil.Finding
		want     string
	}{
		{"no finding", nil, "abcdefghij"},
		{"one in the middle", []vigil.Finding{at("X", 2, 4)}, "ab[cd:X]efghij"},
		{"over all", []vigil.Finding{at("X", 0, 10)}, "[abcdefghij:X]"},
		{"two that overlap", []vigil.Finding{at("X", 1, 5), at("Y", 3, 8)}, "a[bc:X][de:X+Y][fgh:Y]ij"},
		{"one inside another", []vigil.Finding{at("X", 1, 9), at("Y", 3, 5)}, "a[bc:X][de:X+Y][fghi:X]j"},
		{"two at one place", []vigil.Finding{at("X", 1, 3), at("Y", 1, 3)}, "a[bc:X+Y]defghij"},
		{"side by side", []vigil.Finding{at("X", 1, 3), at("Y", 3, 5)}, "a[bc:X][de:Y]fghij"},
		{"out of the text", []vigil.Finding{at("X", 8, 11), at("Y", -1, 2), at("Z", 4, 4), at("W", 5, 3)}, "abcdefghij"},
		{"of another field", []vigil.Finding{{Indicator: "X", Field: vigil.FieldDescription, Start: 1, End: 2}}, "abcdefghij"},
		{"withheld", []vigil.Finding{withheld(at("X", 2, 6)), at("Y", 4, 8)}, "ab[<withheld 2>:X][<withheld 2>:X+Y][gh:Y]ij"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := drawn(Segments(vigil.FieldTitle, text, vigil.Assessment{Findings: c.findings}, false))
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestSegmentsLabelAFindingWhereItEnds(t *testing.T) {
	segs := Segments(vigil.FieldTitle, "abcdef", vigil.Assessment{Findings: []vigil.Finding{at("X", 1, 5), at("Y", 2, 3)}}, false)
	var ends []string
	for _, s := range segs {
		for _, f := range s.Ends {
			ends = append(ends, s.Text+" ends "+f.Indicator)
		}
	}
	if diff := cmp.Diff([]string{"c ends Y", "de ends X"}, ends); diff != "" {
		t.Error(diff)
	}
}

func TestSegmentsMaskIdentifiers(t *testing.T) {
	text := "pay " + casetest.PaymentAddress + " now"
	id := vigil.Identifier{Field: vigil.FieldTitle, Kind: "btc", Value: casetest.PaymentAddress, Start: 4, End: 4 + len(casetest.PaymentAddress)}
	a := vigil.Assessment{Identifiers: []vigil.Identifier{id}}
	if got, want := drawn(Segments(vigil.FieldTitle, text, a, false)), "pay {1A1zP1}{<masked 24>}{vfNa} now"; got != want {
		t.Errorf("masked: %s, want %s", got, want)
	}
	if got, want := drawn(Segments(vigil.FieldTitle, text, a, true)), "pay {"+casetest.PaymentAddress+"} now"; got != want {
		t.Errorf("revealed: %s, want %s", got, want)
	}
	a.Identifiers[0].Redacted = true
	if got, want := drawn(Segments(vigil.FieldTitle, text, a, true)), "pay {<redacted 34>} now"; got != want {
		t.Errorf("a secret, though revealed: %s, want %s", got, want)
	}
}

func TestWithheldTextIsHiddenAmongAnyNumberOfMarks(t *testing.T) {
	text := strings.Repeat("x", 1000) + "SECRET"
	var a vigil.Assessment
	for i := range 999 {
		a.Findings = append(a.Findings, at("X", i, i+2))
	}
	a.Findings = append(a.Findings, withheld(at("AGE-1", 1000, 1006)))
	if got := drawn(Segments(vigil.FieldTitle, text, a, true)); strings.Contains(got, "SECRET") {
		t.Error("the text of a withheld finding is shown")
	}
}

func TestAroundQuotesAFindingAndHidesItsNeighbours(t *testing.T) {
	l, a := casetest.Sample()
	sale := a.Findings[2]
	got := drawn(Around(l.Description, sale, a, 12, false))
	if want := "r, [<withheld 7>:AGE-1], [sold to the buyer:SAL-1] with her de"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Around("short", sale, a, 12, false); got != nil {
		t.Errorf("a finding that does not fit the text is quoted: %v", got)
	}
}

func TestAroundDoesNotDivideCharacters(t *testing.T) {
	text := "ééééXéééé"
	f := at("X", 8, 9)
	if got, want := drawn(Around(text, f, vigil.Assessment{}, 3, false)), "éé[X:X]é"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMask(t *testing.T) {
	for value, want := range map[string]string{
		casetest.PaymentAddress: "1A1zP1…vfNa", "+15550100123": "+1…23", "short": "…", "": "…", "ключ-от-двери-номер-один": "ключ-о…один",
	} {
		if got := Mask(vigil.Identifier{Value: value}); got != want {
			t.Errorf("Mask(%q) = %q, want %q", value, got, want)
		}
	}
	for _, tt := range []struct{ kind, value, want string }{
		{"telegram", "https://t.me/four", "https://t.me/…"},
		{"telegram", "https://t.me/market_person_9", "https://t.me/ma…_9"},
		{"paypal", "https://paypal.me/somebody", "https://paypal.me/…"},
		{"matrix", "@somebody:example.org", "@s…rg"},
		{"phone", "+447700900123", "+4…23"},
		{"exchange-account", "binance:123456789", "binance:…89"},
	} {
		if got := Mask(vigil.Identifier{Kind: tt.kind, Value: tt.value}); got != tt.want {
			t.Errorf("Mask(%s %s) = %q, want %q", tt.kind, tt.value, got, tt.want)
		}
	}
	if got := Mask(vigil.Identifier{Kind: "private-key", Redacted: true}); got != "withheld" {
		t.Errorf("a redacted identifier is shown as %q", got)
	}
}

func FuzzSegments(f *testing.F) {
	f.Add("abcdefghij", 2, 5, 3, 8, 4, 9, false)
	f.Add("éé\xff\u202e", 1, 2, 0, 6, -1, 100, true)
	f.Add("", 0, 0, 0, 0, 0, 0, false)
	f.Fuzz(func(t *testing.T, text string, s1, e1, s2, e2, s3, e3 int, reveal bool) {
		a := vigil.Assessment{
			Findings:    []vigil.Finding{at("X", s1, e1), withheld(at("AGE-1", s2, e2))},
			Identifiers: []vigil.Identifier{{Field: vigil.FieldTitle, Kind: "btc", Start: s3, End: e3}},
		}
		pos := 0
		for _, s := range Segments(vigil.FieldTitle, text, a, reveal) {
			if s.Bytes <= 0 || pos+s.Bytes > len(text) {
				t.Fatalf("segment of %d bytes at %d of %d", s.Bytes, pos, len(text))
			}
			if s.Hidden == "" && s.Text != text[pos:pos+s.Bytes] || s.Hidden != "" && s.Text != "" {
				t.Fatalf("segment at %d shows %q, hidden %q", pos, s.Text, s.Hidden)
			}
			in := fits(text, s2, e2) && pos >= s2 && pos+s.Bytes <= e2
			if in != (s.Hidden == Withheld) {
				t.Fatalf("segment %d-%d is %q; %d-%d is to be withheld", pos, pos+s.Bytes, s.Hidden, s2, e2)
			}
			pos += s.Bytes
		}
		if pos != len(text) {
			t.Fatalf("segments cover %d of %d bytes", pos, len(text))
		}
		Around(text, a.Findings[0], a, s2, reveal)
	})
}

// withheld makes f one whose text must not be repeated.
func withheld(f vigil.Finding) vigil.Finding {
	f.Withheld, f.Text = vigil.Withhold(f.Text), ""
	return f
}
