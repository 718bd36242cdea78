package classify

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"vigil/classify/indicator"
)

func TestScannerFindsWhatSearchFinds(t *testing.T) {
	terms := []string{"a", "ab", "for sale", "sale", "for", "женщина", "ale", "b a"}
	var table wordTable
	s := newScanner(&table, terms)
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", "ab", "for", "sale", "ale", "b", "женщина", "éa", "a1", "x"}
	for range 2000 {
		var b strings.Builder
		for range r.IntN(12) {
			b.WriteString(words[r.IntN(len(words))])
			b.WriteString([]string{" ", " ", ", ", ""}[r.IntN(4)])
		}
		text := b.String()
		ps, _ := table.split(nil, text)
		got, want := s.scan(new(fieldBuffers), text, ps), search(text, terms)
		order := func(a, b place) int {
			if a.start != b.start {
				return a.start - b.start
			}
			return a.term - b.term
		}
		slices.SortFunc(got, order)
		slices.SortFunc(want, order)
		if !slices.Equal(got, want) {
			t.Fatalf("%q: found %v, want %v", text, got, want)
		}
	}
}

func search(text string, terms []string) []place {
	var out []place
	for n, term := range terms {
		for i := 0; i+len(term) <= len(text); i++ {
			if p := (place{n, i, i + len(term)}); strings.HasPrefix(text[i:], term) && wholeWords(text, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

func wholeWords(text string, p place) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:p.start])
	after, _ := utf8.DecodeRuneInString(text[p.end:])
	return (p.start == 0 || !wordRune(before)) && (p.end == len(text) || !wordRune(after))
}

func TestFoldedBytesLieInTheField(t *testing.T) {
	ls, err := indicator.Lexicons()
	if err != nil {
		t.Fatal(err)
	}
	v, err := compile(ls)
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"Plain  Text\n\n here":   "plain text\nhere",
		"28g MP3 5F-PB22 H264":   "28g mp3 5f pb22 h264",
		"S M L XL":               "s m l xl",
		"U.S. e.g. 5,000.50 $5k": "u.s. e.g. 5,000.50 $5k",
		"don\u2019t":             "don't",
		"a &amp; b &bogus; &":    "a b bogus; ",
		"Ёлка й":                 "елка и",
		"ﬁne \u2163":             "fine iv",
		"a - b":                  "a , b",
		"жeнщинa":                "женщина",
	} {
		f := fold(given, v.words)
		if f.text != want {
			t.Errorf("%q folds to %q, want %q", given, f.text, want)
		}
		if len(f.lo) != len(f.text) || len(f.hi) != len(f.text) {
			t.Fatalf("%q: %d and %d offsets for %d bytes", given, len(f.lo), len(f.hi), len(f.text))
		}
		for i := range f.lo {
			if f.lo[i] < 0 || f.hi[i] < f.lo[i] || int(f.hi[i]) > len(given) || i > 0 && f.lo[i] < f.lo[i-1] {
				t.Errorf("%q: byte %d stands for %d to %d", given, i, f.lo[i], f.hi[i])
			}
		}
	}
}

func TestBadPatternsAreRefused(t *testing.T) {
	for _, match := range []string{"", "word?", "@nothing", "@person ~9", "@person <x", "@person #nothing", "@person a||b", "~2", "@person?"} {
		_, err := compile([]indicator.Lexicon{{
			Lang: "en", Version: "1", Classes: map[string][]string{"person": {"woman"}},
			Patterns: []indicator.Pattern{{Indicator: "SAL-1", Match: match}},
		}})
		if err == nil {
			t.Errorf("pattern %q was taken", match)
		}
	}
}
