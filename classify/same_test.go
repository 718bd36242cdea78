package classify

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ac "github.com/petar-dambovaliev/aho-corasick"

	"vigil"
)

// texts returns the listings that the repository holds: the labelled ones, those of this
// package, and the pages of the invented markets as they are, mark-up included.
func texts(tb testing.TB) []vigil.Listing {
	tb.Helper()
	var ls []vigil.Listing
	for _, pattern := range []string{"../fixtures/texts/*.jsonl", "testdata/*.jsonl", "../fixtures/expected/*.json", "../fixtures/markets/*/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			tb.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				tb.Fatal(err)
			}
			if !strings.HasSuffix(name, ".jsonl") {
				ls = append(ls, vigil.Listing{Title: filepath.Base(name), Description: string(b)})
			}
			for line := range bytes.Lines(b) {
				var l vigil.Listing
				if json.Unmarshal(line, &l) != nil {
					l = vigil.Listing{Description: string(line)}
				}
				ls = append(ls, l)
			}
		}
	}
	return ls
}

// nameless returns listings that speak of somebody, or may seem to, without a noun for a
// person.
func nameless() []vigil.Listing {
	var ls []vigil.Listing
	for _, text := range []string{
		"She is for sale. 900 and she is delivered to your city.",
		"He cooks, cleans and never goes out. 900, delivered.",
		"Her passport stays with you until the debt is paid.",
		"Three hands for the mill, for sale at 900 each.",
		"Five who sew, for sale. Delivered to your door, 900 each.",
		"Eleven taken at the river, for sale, delivered.",
		"Number 3 is for sale. Delivered to your city for 900.",
		"I am independent and work for myself. Age 17. Incall only, no agency.",
		"Independent escort, I set my own hours and my own rates. I'm 16 years old, f 16.",
		"We keep Ana, Bea and Cleo. They work nights. 900 each.",
		"Job abroad: free visa, flight and housing, no experience, high salary. We hold your papers.",
		"Payment in escrow. Moved every week to another city.",
	} {
		ls = append(ls, vigil.Listing{Description: text}, vigil.Listing{Title: text, Description: "Ask for the price."})
	}
	return ls
}

// mixtures returns n listings of sentences, words and marks drawn from others, some of
// them with bytes spoilt.
func mixtures(from []vigil.Listing, n int) []vigil.Listing {
	var sentences, words []string
	for _, l := range from {
		for _, text := range []string{l.Title, l.Description} {
			sentences = append(sentences, strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".!?;\n", r) })...)
			words = append(words, strings.Fields(text)...)
		}
	}
	marks := []string{". ", ", ", "\n", " ", "; ", ": ", " - ", "! ", " & ", "' ", " (", "€", " \u200b", "й", "&amp;", "...", "-"}
	r := rand.New(rand.NewPCG(3, 5))
	text := func(most int) string {
		var b []byte
		for range r.IntN(most) {
			if r.IntN(3) > 0 {
				b = append(b, sentences[r.IntN(len(sentences))]...)
			} else {
				for range r.IntN(12) {
					b = append(append(b, words[r.IntN(len(words))]...), ' ')
				}
			}
			b = append(b, marks[r.IntN(len(marks))]...)
		}
		if r.IntN(6) == 0 && len(b) > 0 {
			b[r.IntN(len(b))] = byte(r.IntN(256))
		}
		return string(b)
	}
	ls := make([]vigil.Listing, n)
	for i := range ls {
		ls[i] = vigil.Listing{Title: text(2), Description: text(14)}
	}
	return ls
}

func TestScannerFindsWhatAnAutomatonFinds(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	terms := make([]string, len(c.vocabulary.terms))
	for i, term := range c.vocabulary.terms {
		terms[i] = pad(term)
	}
	b := ac.NewAhoCorasickBuilder(ac.Opts{MatchKind: ac.StandardMatch, DFA: true})
	automaton := b.Build(terms)
	order := func(a, b place) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return a.term - b.term
	}
	ls := texts(t)
	for _, l := range append(thin(ls), mixtures(ls, some(2000))...) {
		text := fold(l.Title+"\n"+l.Description, c.vocabulary.words).text
		var want []place
		it := automaton.IterOverlapping(pad(text))
		for m := it.Next(); m != nil; m = it.Next() {
			want = append(want, place{m.Pattern(), m.Start(), m.End() - 2})
		}
		ps, _ := c.grams.words.split(nil, text)
		got := c.scanner.scan(new(fieldBuffers), text, ps)
		slices.SortFunc(got, order)
		slices.SortFunc(want, order)
		if !slices.Equal(got, want) {
			t.Fatalf("%q: found %v, want %v", text, got, want)
		}
	}
}

// What is left out to save time changes no byte of an assessment.
func TestLeavingOutChangesNothing(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	all := *c
	all.thorough = true
	ls := append(texts(t), nameless()...)
	for _, l := range append(thin(ls), mixtures(ls, some(3000))...) {
		got, err := json.Marshal(c.Assess(l))
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(all.Assess(l))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%q, %q: assessed as\n%s\nin place of\n%s", l.Title, l.Description, got, want)
		}
	}
}

// some is a share of n where the race detector runs.
func some(n int) int {
	if raceDetector {
		return n / 10
	}
	return n
}

// thin is every tenth of listings where the race detector runs.
func thin(ls []vigil.Listing) []vigil.Listing {
	var out []vigil.Listing
	for i := range some(len(ls)) {
		out = append(out, ls[i*len(ls)/some(len(ls))])
	}
	return out
}
