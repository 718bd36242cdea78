package classify_test

import (
	"fmt"
	"strings"
	"testing"

	"vigil"
)

// disguises spell a text so that a person reads it as before.
var disguises = map[string]func(string) string{
	"upper case": strings.ToUpper,
	"title case": func(s string) string {
		words := strings.Split(s, " ")
		for i, w := range words {
			if w != "" {
				words[i] = strings.ToUpper(w[:1]) + w[1:]
			}
		}
		return strings.Join(words, " ")
	},
	"homoglyphs":  strings.NewReplacer("a", "а", "e", "е", "o", "о", "p", "р").Replace, // Cyrillic
	"zero width":  inWords("\u200b"),
	"soft hyphen": inWords("\u00ad"),
	"direction":   inWords("\u202e"),
	"leet":        letters(strings.NewReplacer("e", "3", "o", "0", "a", "4").Replace),
	"fullwidth": func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r - ' ' + 0xff00
			}
			return r
		}, s)
	},
	"marks": func(s string) string {
		return strings.NewReplacer("a", "a\u0336", "e", "e\u0301", "o", "o\u0336").Replace(s)
	},
	"references": strings.NewReplacer("a", "&#97;", "e", "&#x65;").Replace,
	"spaced":     spacedWords(" ", "   "),
	"dotted":     spacedWords(".", " "),
	"wide space": func(s string) string { return strings.ReplaceAll(s, " ", " \u00a0 ") },
}

func inWords(mark string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i, r := range s {
			if i > 0 && letter(r) && letter(rune(s[i-1])) {
				b.WriteString(mark)
			}
			b.WriteRune(r)
		}
		return b.String()
	}
}

func letter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// letters applies f to words of four letters and more; with shorter ones a
// reader is lost as well.
func letters(f func(string) string) func(string) string {
	return func(s string) string {
		words := strings.Split(s, " ")
		for i, w := range words {
			if len(w) >= 5 {
				// One letter in two words of three is enough of a disguise.
				words[i] = w[:1] + f(w[1:3]) + w[3:]
			}
		}
		return strings.Join(words, " ")
	}
}

// spacedWords sets the letters of some words apart.
func spacedWords(between, around string) func(string) string {
	return func(s string) string {
		words := strings.Split(s, " ")
		for i, w := range words {
			if len(w) >= 4 && strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") == "" {
				words[i] = around[1:] + strings.Join(strings.Split(w, ""), between) + around[1:]
			}
		}
		return strings.Join(words, " ")
	}
}

func TestDisguiseDoesNotLowerTheLevel(t *testing.T) {
	c := classifier(t)
	for name, disguise := range disguises {
		t.Run(name, func(t *testing.T) {
			for _, s := range positives(t) {
				if !ascii(s.Title + s.Description) {
					continue
				}
				l := s.listing()
				l.Lang = "en"
				want := c.Assess(l).Level
				l.Title, l.Description = disguise(l.Title), disguise(l.Description)
				got := c.Assess(l)
				if got.Level.Rank() < want.Rank() {
					t.Errorf("%s: level %s, undisguised %s: %q %q", s.ID, got.Level, want, l.Title, l.Description)
				}
				if err := intact(l, got); err != nil {
					t.Errorf("%s: %v", s.ID, err)
				}
			}
		})
	}
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

func TestADisguisedWordIsPointedAtAsWritten(t *testing.T) {
	c := classifier(t)
	for given, want := range map[string]string{
		"nice day. Woman for sale here":              "Woman for sale",
		"nice day. W\u200bom\u200ban for s\u0430le.": "W\u200bom\u200ban for s\u0430le",
		"nice day. w0man for s@le!!":                 "w0man for s@le",
		"nice day. w o m a n   f o r   s a l e now":  "w o m a n   f o r   s a l e",
		"nice day. w o m a n f o r s a l e":          "w o m a n f o r s a l e",
		"nice day. W.O.M.A.N for sale":               "W.O.M.A.N for sale",
		"nice day. wo-man for-sale":                  "wo-man for-sale",
		"nice day. womaaaaan for saaaale":            "womaaaaan for saaaale",
		"nice day. &#119;oman for s&#x61;le":         "&#119;oman for s&#x61;le",
		"nice day. 🅆🄾🄼🄰🄽 for sale":                   "🅆🄾🄼🄰🄽 for sale",
		"nice day \xff\xfe. woman for sale\xff":      "woman for sale",
	} {
		a := c.Assess(vigil.Listing{Description: given})
		found := ""
		for _, f := range a.Findings {
			if f.Indicator == "SAL-1" {
				found = f.Text
			}
		}
		if found != want {
			t.Errorf("%q: found %q, want %q", given, found, want)
		}
	}
}

func TestFramesLowerTheScore(t *testing.T) {
	c := classifier(t)
	for name, frame := range map[string]func(string) string{
		"news": func(s string) string {
			return "Police said on Monday that two suspects were arrested. According to prosecutors the advertisement read: " + s
		},
		"policy":  func(s string) string { return "Indicators of human trafficking, training material, example: " + s },
		"fiction": func(s string) string { return "A novel. Chapter one, in which the villain says: " + s },
		"forum":   func(s string) string { return "Does anyone know if this is real? I saw a listing, all fake: " + s },
		"history": func(s string) string { return "Museum exhibition on the slave trade in the 18th century. " + s },
	} {
		for _, s := range positives(t) {
			if !ascii(s.Title + s.Description) {
				continue
			}
			l := vigil.Listing{Description: s.Title + ". " + s.Description}
			plain := c.Assess(l)
			l.Description = frame(l.Description)
			if framed := c.Assess(l); framed.Score >= plain.Score {
				t.Errorf("%s as %s: score %v, unframed %v: %q", s.ID, name, framed.Score, plain.Score, l.Description)
			}
		}
	}
}

func TestNegationLowersTheScore(t *testing.T) {
	c := classifier(t)
	for said, denied := range map[string]string{
		"We sell women.":                        "We do not sell women.",
		"We deliver women to your city.":        "We never deliver women to your city.",
		"Women are for sale.":                   "Women are not for sale.",
		"I hold her passport, the woman knows.": "I don't hold her passport, the woman knows.",
		"The woman is for sale at auction.":     "No woman is for sale at auction.",
		"Buy women here.":                       "If you suspect that someone will buy women here.",
		"The girl goes to the highest bidder.":  "The girl never goes to the highest bidder.",
	} {
		a, b := c.Assess(vigil.Listing{Description: said}), c.Assess(vigil.Listing{Description: denied})
		if a.Level.Rank() < vigil.LevelReview.Rank() || b.Level.Rank() > vigil.LevelNote.Rank() {
			t.Errorf("%q: %s; %q: %s\n%s", said, a.Level, denied, b.Level, show(b))
		}
	}
	for _, still := range []string{
		"No time wasters, woman for sale.", "Not a scam, woman for sale.", "No refund. We sell women.", "No fakes: selling one woman.",
	} {
		if a := c.Assess(vigil.Listing{Description: still}); a.Level.Rank() < vigil.LevelReview.Rank() {
			t.Errorf("%q: %s\n%s", still, a.Level, show(a))
		}
	}
}

// Origin, religion and gender must be worth nothing: exchanging one for another
// leaves every score as it was.
func TestExchangedAttributesChangeNoScore(t *testing.T) {
	c := classifier(t)
	frames := []string{
		"Selling %s woman, 25, price 5000 USD.", "Two healthy %s women for sale, delivery included.", "%s maid for sale. We keep her passport.",
		"We have three %s girls available.", "The young %s worker is not allowed outside.", "Looking for a %s cook for our restaurant.",
		"Nice %s restaurant, two women work there.", "%s woman. Delivery to your city.", "Auction: %s girl, starting bid 900.", "Buy a quiet %s wife.",
	}
	values := []string{
		"Romanian", "Thai", "Nigerian", "Ukrainian", "German", "Brazilian", "Filipina", "Moldovan", "Yazidi", "Kurdish", "American", "Chinese",
		"Christian", "Muslim", "Jewish", "Hindu", "Buddhist", "black", "white", "Asian", "European", "Arab", "Roma", "foreign",
	}
	for _, frame := range frames {
		want := c.Assess(vigil.Listing{Description: fmt.Sprintf(frame, values[0])})
		for _, v := range values[1:] {
			got := c.Assess(vigil.Listing{Description: fmt.Sprintf(frame, v)})
			if got.Score != want.Score || got.Level != want.Level {
				t.Errorf("%q: score %v with %s, %v with %s", frame, got.Score, v, want.Score, values[0])
			}
		}
	}
	gender := strings.NewReplacer("women", "men", "woman", "man", "girls", "boys", "girl", "boy", "Women", "Men", "Woman", "Man", "Girls", "Boys", "Girl", "Boy",
		"she", "he", "She", "He", "hers", "his", "her", "his", "Her", "His", "wife", "husband", "ladies", "gentlemen", "female", "male")
	for _, s := range append(positives(t), negatives(t)...) {
		if !ascii(s.Title+s.Description) || strings.Contains(s.Title+s.Description, "other") || strings.Contains(s.Title+s.Description, "where") {
			continue // the words hold a pronoun
		}
		other := vigil.Listing{Title: swapWords(gender, s.Title), Description: swapWords(gender, s.Description)}
		want, got := c.Assess(s.listing()), c.Assess(other)
		if got.Score != want.Score {
			t.Errorf("%s: score %v, %v with genders exchanged: %q %q\n%s\n%s", s.ID, want.Score, got.Score, other.Title, other.Description, show(want), show(got))
		}
	}
}

// swapWords applies r to whole words.
func swapWords(r *strings.Replacer, s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return !letter(r) })
	var b strings.Builder
	for _, w := range words {
		i := strings.Index(s, w)
		b.WriteString(s[:i])
		if n := r.Replace(w); len(n) <= len(w)+4 && exact(w) {
			w2 := n
			b.WriteString(w2)
		} else {
			b.WriteString(w)
		}
		s = s[i+len(w):]
	}
	return b.String() + s
}

// exact reports whether a word is one that the exchange is about.
func exact(w string) bool {
	switch strings.ToLower(w) {
	case "woman", "women", "girl", "girls", "she", "her", "hers", "wife", "ladies", "female":
		return true
	}
	return false
}
