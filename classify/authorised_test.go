package classify_test

import (
	"strings"
	"testing"

	"vigil"
	"vigil/classify"
)

// The terms are invented; the repository holds no real ones.
const lexicon = `{
  "version": 1,
  "authority": "Order 12, Portvale district court",
  "codes": ["blue kite", "zorb7", "🪁"],
  "groups": ["Ashen Column"]
}`

func withLexicon(t testing.TB, file string) *classify.Classifier {
	t.Helper()
	c, err := classify.NewWith(classify.Options{Lexicon: strings.NewReader(file)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func finding(a vigil.Assessment, id string) (vigil.Finding, bool) {
	for _, f := range a.Findings {
		if f.Indicator == id {
			return f, true
		}
	}
	return vigil.Finding{}, false
}

func TestACodeInAnOfferOfAPersonIsEscalatedAndWithheld(t *testing.T) {
	c := withLexicon(t, lexicon)
	for _, code := range []string{"blue kite", "BLUE KITE", "ZORB7", "b l u e   k i t e", "🪁", "zo\u200brb7"} {
		l := vigil.Listing{Description: "A maid for sale, " + code + ", contact me."}
		a := c.Assess(l)
		f, ok := finding(a, "AGE-3")
		if !ok || a.Level != vigil.LevelEscalate {
			t.Errorf("%q: level %s, found %v\n%s", l.Description, a.Level, ok, show(a))
			continue
		}
		if at := l.Description[f.Start:f.End]; at != code || f.Text != "" || f.Withheld != vigil.Withhold(code) {
			t.Errorf("%q: points at %q, text %q, withheld %q", l.Description, at, f.Text, f.Withheld)
		}
		for _, f := range a.Findings {
			if strings.Contains(f.Text, code) {
				t.Errorf("%s repeats the code: %q", f.Indicator, f.Text)
			}
		}
	}
}

func TestACodeElsewhereSaysNothing(t *testing.T) {
	c := withLexicon(t, lexicon)
	for _, text := range []string{
		"A blue kite for sale, contact me.", "Police said on Monday that the maid for sale was called blue kite. Two men were arrested.", "blue kite 🪁 zorb7",
	} {
		if a := c.Assess(vigil.Listing{Description: text}); a.Level.Rank() > vigil.LevelNote.Rank() || has(a, "AGE-3") {
			t.Errorf("%q: level %s\n%s", text, a.Level, show(a))
		}
	}
}

func TestAGroupCountsBesideASaleOnly(t *testing.T) {
	c := withLexicon(t, lexicon)
	far := strings.Repeat("The weather is fine and the road is long. ", 10)
	for text, want := range map[string]bool{
		"Women for sale. Half of it goes to the Ashen Column.":         true,
		"Two maids will be delivered to you by the ashen column.":      true,
		"The Ashen Column is an armed group. It was founded in Tiron.": false,
		"Ashen Column banner, cotton, 2 m.":                            false,
		"Women for sale. " + far + "The Ashen Column.":                 false,
		"We do not sell women. The Ashen Column does.":                 false,
	} {
		a := c.Assess(vigil.Listing{Description: text})
		f, ok := finding(a, "TER-1")
		if ok != want || ok && (f.Text != "" || f.Withheld == "") {
			t.Errorf("%q: TER-1 is %v, want %v\n%s", text, ok, want, show(a))
		}
	}
}

func TestAnAuthorisedFileIsPartOfTheModelsName(t *testing.T) {
	plain, one, two := classifier(t).Model(), withLexicon(t, lexicon).Model(), withLexicon(t, lexicon+"\n").Model()
	if one == plain || one == two || !strings.HasPrefix(one, plain+" lexicon ") {
		t.Errorf("models are named %q, %q and %q", plain, one, two)
	}
}

func TestSpoiltAuthorisedFilesAreRefusedByLine(t *testing.T) {
	for file, want := range map[string]string{
		"":                   "line 1",
		"[]":                 "line 1",
		"{\n}":               "line 2: no version",
		"{\n\"x\": 1}":       "line 2: unknown key",
		"{\n\"version\": 2}": "line 2: version is 2",
		strings.Replace(lexicon, `"zorb7"`, `"zorb7", "Blue Kite"`, 1):           "line 4: stands in line 4",
		strings.Replace(lexicon, `"Ashen Column"`, `""`, 1):                      "line 5: a term without",
		strings.Replace(lexicon, `"Ashen Column"`, "\n\n7", 1):                   "line 7: expected a string",
		strings.Replace(lexicon, `"Ashen Column"`, "\n\"!!\"", 1):                "line 6: a term without",
		strings.Replace(lexicon, `"zorb7"`, `"z"`, 1):                            "line 4: a term too short",
		strings.Replace(lexicon, `"zorb7"`, `"`+strings.Repeat("z", 101)+`"`, 1): "line 4: a term of 101",
		strings.Replace(lexicon, `Order 12, Portvale district court`, ` `, 1):    "line 6: no version",
		strings.Replace(lexicon, `"groups"`, `"codes"`, 1):                       "line 5: stands in line 4",
		lexicon + "{}": "line 6: more than one",
		strings.Replace(lexicon, "Ashen", "\xff", 1): "expected UTF-8",
		strings.Replace(lexicon, `]`, ``, 1):         "line 5",
	} {
		_, err := classify.NewWith(classify.Options{Lexicon: strings.NewReader(file)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error that says %q", file, err, want)
		}
	}
}
