package classify_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"vigil"
)

// shapes returns the grams of shapes of a text.
func shapes(t *testing.T, text string) []string {
	t.Helper()
	var keys []string
	for _, g := range classifier(t).Worded(vigil.Listing{Description: text, Lang: "en"}).Grams {
		if strings.HasPrefix(g.Key, "%") {
			keys = append(keys, g.Key)
		}
	}
	return keys
}

// Offers of one structure have the same shapes, whoever is offered and for what.
func TestShapesAreOfStructureAndNotOfWords(t *testing.T) {
	want := shapes(t, "The housemaid goes to the new household against 900, her passport with us.")
	if len(want) < 10 || !slices.Contains(want, "%P…S") {
		t.Fatalf("shapes %q", want)
	}
	for _, text := range []string{
		"The seamstress goes to the new household against 4,500, her passport with us.",
		"The welder goes to the new household against 700, his visa with us.",
	} {
		if got := shapes(t, text); !slices.Equal(got, want) {
			t.Errorf("%q: shapes %q, want %q", text, got, want)
		}
	}
	if got := shapes(t, "The household pays 900 to its housemaid, who keeps her passport."); slices.Equal(got, want) {
		t.Errorf("another structure has the same shapes")
	}
}

// exchanged exchanges the words of gender of a text, each for that of the other.
func exchanged(text string) string {
	other := map[string]string{
		"woman": "man", "man": "woman", "women": "men", "men": "women", "girl": "boy", "boy": "girl", "girls": "boys", "boys": "girls",
		"lady": "gentleman", "gentleman": "lady", "ladies": "gentlemen", "gentlemen": "ladies", "she": "he", "he": "she",
	}
	var b strings.Builder
	for text != "" {
		n := strings.IndexFunc(text, func(r rune) bool { return !letter(r) })
		if n < 0 {
			n = len(text)
		}
		word := text[:n]
		if o, ok := other[strings.ToLower(word)]; ok {
			if word != strings.ToLower(word) {
				o = strings.ToUpper(o[:1]) + o[1:]
			}
			word = o
		}
		b.WriteString(word)
		if text = text[n:]; text != "" {
			_, size := utf8.DecodeRuneInString(text)
			b.WriteString(text[:size])
			text = text[size:]
		}
	}
	return b.String()
}

// every is one in how many training texts the exchange is tried on.
const every = 5

// Exchanging the genders of a text changes no score, in texts by any author.
func TestExchangedGendersChangeNoScoreOfAnyTrainingText(t *testing.T) {
	c := classifier(t)
	files, err := filepath.Glob("../fixtures/texts/train-*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	joined := regexp.MustCompile(`(?i)\w[-_@.|0-9]+\w*(man|men|girl|boy|lady|ladies|he)|(man|men|girls?|boys?|lady|ladies|she|he)[-_@.|0-9]`)
	n, changed := 0, 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(b) {
			var l vigil.Listing
			if err := json.Unmarshal(line, &l); err != nil {
				t.Fatal(err)
			}
			text := l.Title + "\n" + l.Description
			// In a word that is disguised or joined by hyphens, no word stands to be exchanged.
			if n++; n%every != 0 || !ascii(text) || bytes.Contains(line, []byte(`"obfuscated":true`)) || joined.MatchString(text) {
				continue
			}
			other := l
			other.Title, other.Description = exchanged(l.Title), exchanged(l.Description)
			if other.Title == l.Title && other.Description == l.Description {
				continue
			}
			changed++
			want, got := c.Assess(l), c.Assess(other)
			if want.Score != got.Score || want.Level != got.Level {
				t.Errorf("%s: %s %v, with genders exchanged %s %v: %q %q", l.ID, want.Level, want.Score, got.Level, got.Score, other.Title, other.Description)
			}
		}
	}
	if changed < 100 {
		t.Errorf("only %d texts were changed", changed)
	}
}
