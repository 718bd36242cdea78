package indicator_test

import (
	"slices"
	"testing"

	"vigil/classify/indicator"
)

func TestNounsAndVerbsBringTheirForms(t *testing.T) {
	l, err := indicator.ParseLexicon([]byte(`{"lang":"en","version":"1","nouns":{"person":["maid","lady","deckhand","craftsman","waitress"]},
		"verbs":{"give":["give/gave/given away","swap*","carry","place","free","tie","pass on"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for class, want := range map[string][]string{
		"person": {"maid", "maids", "lady", "ladies", "deckhand", "deckhands", "craftsman", "craftsmen", "waitress", "waitresses",
			"gentleman", "gentlemen"},
		"give": {"give away", "gives away", "giving away", "swap", "swaps", "swapping", "carry", "carries", "carrying", "place", "places", "placing",
			"free", "frees", "freeing", "tie", "ties", "tying", "pass on", "passes on", "passing on"},
		"give-ed": {"gave away", "given away", "swapped", "carried", "placed", "freed", "tied", "passed on"},
	} {
		if got := l.Classes[class]; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
	if _, err := indicator.ParseLexicon([]byte(`{"lang":"de","version":"1","nouns":{"person":["frau"]}}`)); err == nil {
		t.Error("nouns of another language were taken")
	}
}

// A term that tells one gender brings that of the other, so that no result hangs on it.
func TestTermsBringThoseOfTheOtherGender(t *testing.T) {
	l, err := indicator.ParseLexicon([]byte(`{"lang":"en","version":"1","classes":{"a":["her brother","house man","girls"],"b":["boy","girl"]},
		"cues":{"support":{"strong":["rescued women"],"weak":["she says"]}},"patterns":[{"indicator":"SAL-1","match":"man|uncle? ~2 @a+"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for class, want := range map[string][]string{
		"a": {"her brother", "house man", "girls", "him brother", "his brother", "house woman", "boys"},
		"b": {"boy", "girl"},
	} {
		if got := l.Classes[class]; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
	if got, want := l.Cues["support"].Strong, []string{"rescued women", "rescued men"}; !slices.Equal(got, want) {
		t.Errorf("strong cues %q, want %q", got, want)
	}
	if got, want := l.Patterns[0].Match, "man|uncle|woman? ~2 @a+"; got != want {
		t.Errorf("pattern %q, want %q", got, want)
	}
}
