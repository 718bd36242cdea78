package main

import (
	"testing"

	"vigil"
	"vigil/fixtures"
	"vigil/internal/extract"
)

// The chain from a market's page to a level, over every listing of the fixture
// markets: no ordinary listing may alarm, and no offer of a person be missed.
func TestEveryFixtureListingGetsItsLevel(t *testing.T) {
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := extract.New()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClassifier()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range markets {
		expected, err := fixtures.Expected(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		pages := map[string]fixtures.Page{}
		for _, p := range m.Pages {
			pages[p.Path] = p
		}
		for _, e := range expected {
			p := pages[e.Path]
			body, err := fixtures.FS.ReadFile(p.File)
			if err != nil {
				t.Fatal(err)
			}
			l, err := reader.Read(vigil.Page{FinalURL: "http://" + m.Host + e.Path, Body: body}, "auto")
			if err != nil {
				t.Fatal(err)
			}
			a := c.Assess(l)
			r := a.Level.Rank()
			if r < e.LevelMin.Rank() || r > e.LevelMax.Rank() {
				t.Errorf("%s%s %q: level %s (score %.2f, %s), want %s to %s", m.Name, e.Path, e.Facts.Title, a.Level, a.Score, a.Genre, e.LevelMin, e.LevelMax)
			}
			checkOffsets(t, l, a)
		}
	}
}

// The labelled texts were never shown to whoever wrote the rules, who was told
// the kinds of misses only. So these are honest figures, and low ones. The bounds hold what was reached; they are not
// what is aimed at. Of the stated minors none may be missed.
func TestTextsThatTheRulesHaveNotSeen(t *testing.T) {
	texts, err := fixtures.Texts()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClassifier()
	if err != nil {
		t.Fatal(err)
	}
	var offers, seen, others, alarms int
	for _, x := range texts {
		l := vigil.Listing{ID: x.ID, Title: x.Title, Description: x.Description, Lang: x.Lang}
		a := c.Assess(l)
		checkOffsets(t, l, a)
		flagged := a.Level.Rank() >= vigil.LevelReview.Rank()
		switch {
		case x.LevelMin == vigil.LevelEscalate:
			if a.Level != vigil.LevelEscalate {
				t.Errorf("%s offers a minor, and is %s", x.ID, a.Level)
			}
			fallthrough
		case x.LevelMin.Rank() >= vigil.LevelReview.Rank():
			offers++
			if flagged {
				seen++
			}
		case x.LevelMax.Rank() < vigil.LevelReview.Rank():
			others++
			if flagged {
				alarms++
			}
		}
	}
	t.Logf("%d of %d offers of persons seen, %d false alarms in %d other texts", seen, offers, alarms, others)
	if seen < 40 || alarms > 5 {
		t.Error("worse than it was: 40 of 60 seen, 5 false alarms in 85")
	}
}

// checkOffsets holds what every finding and identifier must: it points at the
// exact bytes that it speaks of.
func checkOffsets(t *testing.T, l vigil.Listing, a vigil.Assessment) {
	t.Helper()
	field := map[string]string{vigil.FieldTitle: l.Title, vigil.FieldDescription: l.Description}
	for _, f := range a.Findings {
		got := field[f.Field][f.Start:f.End]
		switch {
		case f.Withheld != "" && (f.Text != "" || f.Withheld != vigil.Withhold(got)):
			t.Errorf("%s: finding %s withholds %q wrongly", l.Title, f.Indicator, got)
		case f.Withheld == "" && got != f.Text:
			t.Errorf("%s: finding %s says %q, the text has %q", l.Title, f.Indicator, f.Text, got)
		}
	}
	for _, id := range a.Identifiers {
		if got := field[id.Field][id.Start:id.End]; !id.Redacted && got != id.Raw {
			t.Errorf("%s: identifier %s says %q, the text has %q", l.Title, id.Kind, id.Raw, got)
		}
	}
}
