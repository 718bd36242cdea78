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
		"person": {"maid", "maids", "lady", "ladies", "deckhand", "deckhands", "craftsman", "craftsmen", "waitress", "waitresses"},
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
