package classify_test

import (
	"slices"
	"strings"
	"testing"

	"vigil"
)

// transfers are texts whose wording the lexicons were not first written for: persons
// placed, passed on, lent or held, spoken of by pronouns, and texts that only look so.
// Those of level none must stay at note.
func transfers(t testing.TB) []sample { return samples(t, "testdata/transfers.jsonl") }

// knownMisses are the positives and transfers that are still assessed wrongly: all are of few
// words. A change that mends one takes it off this list.
var knownMisses = map[string]bool{
	"p027": true, "p052": true, "p056": true, "p064": true,
	"t053": true, "t117": true, "t134": true, "t137": true, "t139": true,
}

func TestTransfersOfPersonsAreSeen(t *testing.T) {
	c := classifier(t)
	for _, s := range transfers(t) {
		a := c.Assess(s.listing())
		wrong := a.Level.Rank() < s.Level.Rank()
		if s.Level == vigil.LevelNone {
			wrong = a.Level.Rank() > vigil.LevelNote.Rank()
		}
		if wrong != knownMisses[s.ID] {
			t.Errorf("%s (%s): level %s, want %s, known to be wrong: %v: %q %q\n%s",
				s.ID, s.Group, a.Level, s.Level, knownMisses[s.ID], s.Title, s.Description, show(a))
		}
		if err := intact(s.listing(), a); err != nil {
			t.Errorf("%s: %v", s.ID, err)
		}
	}
}

// A pronoun is as good as the noun it stands for, and as harmless.
func TestPronounsMeanWhatWasNamedBefore(t *testing.T) {
	c := classifier(t)
	for _, tt := range []struct {
		named, rest string
		offer       bool
	}{
		{"Two women", "We sell them to the first who pays.", true},
		{"Two goats", "We sell them to the first who pays.", false},
		{"Two tickets", "We sell them to the first who pays.", false},
		{"Housekeeper, 30", "I hand her over in May for 2000.", true},
		{"Mare, 9", "I hand her over in May for 2000.", false},
		{"Portrait of a woman", "I hand her over in May for 2000.", false},
		{"A man and a woman", "Bid on one or on both.", true},
		{"A vase and a bowl", "Bid on one or on both.", false},
		{"Three workers", "Number 2 is sold with papers.", true},
		{"Three lamps", "Number 2 is sold with papers.", false},
	} {
		a := c.Assess(vigil.Listing{Title: tt.named, Description: tt.rest})
		sold := has(a, "SAL-1") || has(a, "SAL-2")
		if tt.offer && !sold || !tt.offer && a.Level.Rank() >= vigil.LevelReview.Rank() {
			t.Errorf("%q %q: level %s, offer of a person: %v\n%s", tt.named, tt.rest, a.Level, tt.offer, show(a))
		}
	}
}

// No finding may repeat the bytes that state a minor's age.
func TestWhatOverlapsAStatedAgeIsWithheld(t *testing.T) {
	c := classifier(t)
	a := c.Assess(vigil.Listing{Description: "Girl, 15, for sale. We deliver her to you."})
	type shown struct{ Indicator, Text string }
	var got []shown
	for _, f := range a.Findings {
		got = append(got, shown{f.Indicator, f.Text})
	}
	for _, want := range []shown{{"SAL-1", ""}, {"AGE-1", ""}, {"DEL-1", "deliver her to you"}} {
		if !slices.Contains(got, want) {
			t.Errorf("findings %v, want %v among them", got, want)
		}
	}
	for _, s := range append(positives(t), transfers(t)...) {
		a := c.Assess(s.listing())
		for _, age := range a.Findings {
			for _, f := range a.Findings {
				over := age.Indicator == "AGE-1" && f.Field == age.Field && f.Start < age.End && age.Start < f.End
				if over && (f.Text != "" || f.Withheld == "") {
					t.Errorf("%s: %s shows %q over a stated age", s.ID, f.Indicator, f.Text)
				}
			}
		}
	}
}

func TestMarksOfFormTellGenres(t *testing.T) {
	c := classifier(t)
	for text, want := range map[string]vigil.Genre{
		"PORTVALE - A woman was sold for 900, the mayor said in a report.":              vigil.GenreNews,
		"> woman for sale\nSeen this on another page. Reported it.":                     vigil.GenreForum,
		"In the year 154 Tiron sells one woman to Markos, the register names no price.": vigil.GenreHistory,
	} {
		if a := c.Assess(vigil.Listing{Description: text}); a.Genre != want || a.Level.Rank() > vigil.LevelNote.Rank() {
			t.Errorf("%q: genre %s at %s, want %s\n%s", text, a.Genre, a.Level, want, show(a))
		}
	}
}

func TestExchangedNounsChangeNoTransfer(t *testing.T) {
	c := classifier(t)
	nouns := strings.NewReplacer("women", "men", "woman", "man", "girls", "boys", "girl", "boy", "Women", "Men", "Woman", "Man", "Girls", "Boys", "Girl", "Boy")
	for _, s := range transfers(t) {
		other := vigil.Listing{Title: swapWords(nouns, s.Title), Description: swapWords(nouns, s.Description)}
		if want, got := c.Assess(s.listing()), c.Assess(other); got.Score != want.Score {
			t.Errorf("%s: score %v, %v as %q %q", s.ID, want.Score, got.Score, other.Title, other.Description)
		}
	}
}
