package indicator_test

import (
	"slices"
	"strings"
	"testing"

	"vigil"
	"vigil/classify/indicator"
)

func TestTheTaxonomyCoversIndicatorsAndCounterIndicators(t *testing.T) {
	tax, err := indicator.Load()
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, in := range tax.Indicators {
		n[in.Polarity]++
	}
	if n[vigil.For] < 14 || n[vigil.Against] < 8 {
		t.Errorf("%d indicators and %d counter-indicators, want 14 and 8 at least", n[vigil.For], n[vigil.Against])
	}
	if _, ok := tax.Find("SAL-1"); !ok {
		t.Error("SAL-1 is not found")
	}
	if _, ok := tax.Find("XXX-1"); ok {
		t.Error("XXX-1 is found")
	}
}

func TestLexiconsPointToDefinedIndicators(t *testing.T) {
	tax, err := indicator.Load()
	if err != nil {
		t.Fatal(err)
	}
	ls, err := indicator.Lexicons()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, l := range ls {
		for _, p := range l.Patterns {
			if _, ok := tax.Find(p.Indicator); !ok && p.Sign == "" {
				t.Errorf("%s: pattern %q is for %s, which the taxonomy lacks", l.Lang, p.Match, p.Indicator)
			}
			used[p.Indicator] = true
		}
		for _, c := range l.Combos {
			used[c.Indicator] = true
		}
	}
	for _, in := range tax.Indicators {
		computed := slices.Contains([]string{"AGE-1", "AGE-3", "OBF-1", "SAL-5", "MUL-2", "PAY-2", "WRD-1"}, in.ID) // found by code, not by patterns
		if in.Polarity == vigil.For && !used[in.ID] && !computed {
			t.Errorf("%s: no lexicon recognises it", in.ID)
		}
	}
}

// one is a taxonomy of one indicator, to be spoilt.
const one = `{"version":"1","indicators":[{"id":"SAL-1","name":"n","definition":"d","sources":["s"],"tier":"A","family":"f","evidence":"untested","polarity":"for"}]}`

func TestSpoiltTaxonomiesAreRefused(t *testing.T) {
	if _, err := indicator.Parse([]byte(one)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"version":"1"`, `"version":""`}, {`"SAL-1"`, `"sal"`}, {`"name":"n"`, `"name":""`}, {`["s"]`, `[]`}, {`"tier":"A"`, `"tier":"D"`},
		{`"untested"`, `"sure"`}, {`"for"`, `"maybe"`}, {`"family":"f"`, `"familie":"f"`}, {`"indicators":[`, `"indicators":[` + one[strings.Index(one, "[{")+1:len(one)-2] + `,`},
	} {
		if _, err := indicator.Parse([]byte(strings.Replace(one, change[0], change[1], 1))); err == nil {
			t.Errorf("with %s it was taken", change[1])
		}
	}
}

func TestSpoiltLexiconsAreRefused(t *testing.T) {
	for _, s := range []string{
		``, `{}`, `{"lang":"english","version":"1"}`, `{"lang":"en","version":"1","classes":{"person":[""]}}`,
		`{"lang":"en","version":"1","classes":{"person":["Woman"]}}`, `{"lang":"en","version":"1","cues":{"news":{"strong":[" x"]}}}`, `{"lang":"en","version":"1","clases":{}}`,
	} {
		if _, err := indicator.ParseLexicon([]byte(s)); err == nil {
			t.Errorf("%s was taken", s)
		}
	}
}
