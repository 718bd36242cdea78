package classify_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

func FuzzAssess(f *testing.F) {
	for _, s := range []string{
		"", "Woman for sale, delivery included.", "w o m a n f o r s a l e", "girl, 16yo, for sale", "We do not sell women.",
		// These make prose v2.0.0 panic, or read for hours.
		"\xff\xff's", "ȺȺȺ's", "r\xe9sum\xe9's", "woman for sale \xff\xff's", "sell woman ȺȺȺ's house", strings.Repeat("!.'(\"$,)", 300),
		"selling woman " + strings.Repeat("'s", 100), "sell " + strings.Repeat("a.", 200) + " woman",
		"&#119;&amp;&#x110000;&#0;&;&&", "wo\u200bman \u202efor s\u0430le", strings.Repeat("woman ", 200), strings.Repeat("g1rl-", 80), "ﷺ woman İ sale ẞ",
	} {
		f.Add(s, s)
	}
	c := classifier(f)
	f.Fuzz(func(t *testing.T, title, description string) {
		l := vigil.Listing{Title: title, Description: description}
		a := c.Assess(l)
		if err := intact(l, a); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, c.Assess(l)); diff != "" {
			t.Fatalf("a second assessment differs: %s", diff)
		}
	})
}

// Time must grow with the text and no faster. No time is asserted: what is
// quadratic here does not end before the test run does.
func TestHostileTextsEnd(t *testing.T) {
	c := classifier(t)
	for name, unit := range map[string]string{
		"marks": "!", "quotes": "'", "points": ".", "spaces": " ", "letters": "a", "spaced letters": "a ", "dotted letters": "w.o.", "leet": "1", "leet words": "g1rl ",
		"stops": "woman for sale. ", "no stops": "woman for sale ", "persons": "woman ", "references": "&#119;", "ampersands": "&", "hyphens": "wo-", "marks and letters": "a-!",
		"mixed scripts": "wоmаn ", "combining": "a\u0301", "bad bytes": "\xff", "numerals": "one ", "negations": "not ", "newlines": "\n", "emoji": "🅆",
		"combos": "job. no experience needed. high pay. free flight. ", "ages": "16 years old ", "cues": "police said ",
	} {
		t.Run(name, func(t *testing.T) {
			l := vigil.Listing{Title: "Woman for sale", Description: strings.Repeat(unit, (1<<17)/len(unit))}
			if err := intact(l, c.Assess(l)); err != nil {
				t.Error(err)
			}
		})
	}
}
