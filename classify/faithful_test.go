package classify_test

import (
	"strings"
	"testing"

	"vigil"
)

// without blanks the bytes of a listing that findings for an indicator cite.
func without(l vigil.Listing, a vigil.Assessment) vigil.Listing {
	blank := func(text, field string) string {
		b := []byte(text)
		for _, f := range a.Findings {
			if f.Field == field && f.Polarity == vigil.For {
				copy(b[f.Start:f.End], strings.Repeat(" ", f.End-f.Start))
			}
		}
		return string(b)
	}
	l.Title, l.Description = blank(l.Title, vigil.FieldTitle), blank(l.Description, vigil.FieldDescription)
	return l
}

// Comprehensiveness: the bytes that are cited are what the score rests on.
func TestWithoutTheCitedBytesTheScoreDrops(t *testing.T) {
	c := classifier(t)
	for _, s := range positives(t) {
		a := c.Assess(s.listing())
		if a.Level.Rank() < vigil.LevelReview.Rank() {
			continue
		}
		if b := c.Assess(without(s.listing(), a)); b.Score >= a.Score || b.Level.Rank() >= vigil.LevelReview.Rank() && b.Level.Rank() >= a.Level.Rank() {
			t.Errorf("%s: level %s, %v; without the cited bytes %s, %v: %q %q", s.ID, a.Level, a.Score, b.Level, b.Score, s.Title, s.Description)
		}
	}
}
