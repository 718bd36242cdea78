package train

import (
	"fmt"
	"strings"
	"testing"

	"vigil/internal/eval"
)

func by(names ...string) []Sample {
	var out []Sample
	for i := range 40 * len(names) {
		out = append(out, Sample{Group: fmt.Sprint(i), Author: names[i%len(names)]})
	}
	return out
}

func TestTextsOfManyAuthorsArePartedByAuthor(t *testing.T) {
	samples := by("a", "b", "c", "d")
	ps := parts(samples)
	if len(ps) != 4 {
		t.Fatalf("%d parts, want one for each author", len(ps))
	}
	for k, p := range ps {
		if len(p.in) != 120 || len(p.held) != 40 {
			t.Errorf("part %d learns of %d and holds back %d", k, len(p.in), len(p.held))
		}
		for _, i := range p.in {
			if samples[i].Author == samples[p.held[0]].Author {
				t.Fatalf("part %d learns of author %q, whom it holds back", k, samples[i].Author)
			}
		}
	}
}

func TestOfManyAuthorsAPartHoldsBackSeveral(t *testing.T) {
	samples := by("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
	ps := parts(samples)
	if len(ps) != mostParts {
		t.Fatalf("%d parts, want %d", len(ps), mostParts)
	}
	seen := 0
	for k, p := range ps {
		held := make(map[string]bool)
		for _, i := range p.held {
			held[samples[i].Author] = true
		}
		for _, i := range p.in {
			if held[samples[i].Author] {
				t.Fatalf("part %d learns of author %q, whom it holds back", k, samples[i].Author)
			}
		}
		if seen += len(held); len(p.in)+len(p.held) != len(samples) {
			t.Errorf("part %d has %d samples, want %d", k, len(p.in)+len(p.held), len(samples))
		}
	}
	if seen != 10 {
		t.Errorf("%d authors were held back, want 10", seen)
	}
}

func TestTextsOfFewAuthorsArePartedByGroup(t *testing.T) {
	if ps := parts(by("a", "b", "c")); len(ps) != folds {
		t.Errorf("%d parts, want %d", len(ps), folds)
	}
}

func TestTheFirstPartsErrorIsTold(t *testing.T) {
	ps := parts(by("a", "b", "c", "d", "e"))
	first := ps[1].held[0]
	err := each(ps, func(p part) error {
		if p.held[0] >= first {
			return fmt.Errorf("part of %d", p.held[0])
		}
		return nil
	})
	if err == nil || err.Error() != fmt.Sprint("part of ", first) {
		t.Errorf("error %v, want that of the part of %d", err, first)
	}
}

func TestOneAuthorIsNoStranger(t *testing.T) {
	if got := byAuthor(by("a")); len(got) != 1 || len(got[0].in) != 0 {
		t.Errorf("%v", got)
	}
}

func TestTheCardShowsWhatIsFoundOfStrangers(t *testing.T) {
	m, err := Fit(space(), world(600))
	if err != nil {
		t.Fatal(err)
	}
	unseen := eval.Report{System: Strangers, Texts: 9, ByCorpus: []eval.PartRow{{Part: "q", N: 9, Positives: 4, Found: 3, Recall: 0.75, Alarms: 1}}}
	got, err := Card([]byte(begin+end), m, space(), []eval.Report{{System: "it", Texts: 7}, unseen})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got), "| q | 9 | 0.750 | 0.750 |") {
		t.Errorf("the card is\n%s", got)
	}
}

// A gram is free to be a sign where more authors write it in positives than in negatives, or
// the other way round, however often one of them does.
func TestSignsOfManyAuthorsAreFreerThanHabitsOfOne(t *testing.T) {
	p := &wordingProblem{
		grams:  []string{"sign", "habit", "idle"},
		rows:   [][]weighted{{{0, 1}, {1, 1}}, {{0, 1}, {1, 1}}, {{0, 1}, {1, 1}, {2, 1}}, {{2, 1}}, {}},
		label:  []float64{1, 1, 1, 0, 0},
		author: []string{"a", "b", "a", "a", "b"},
	}
	p.rows[1] = p.rows[1][:1] // the habit is a's
	p.spreads()
	if !(p.spread[0] > p.spread[1] && p.spread[1] > p.spread[2]) || p.spread[2] != loose {
		t.Errorf("spreads %v, want a sign above a habit, and %v last", p.spread, loose)
	}
	if p.rows[3][0].value != float32(loose) {
		t.Errorf("value %v, want it scaled by the spread", p.rows[3][0].value)
	}
}

// What would decide texts that are open is held stiffer than what stands in clear ones.
func TestGramsThatDecideOpenTextsAreHeldStiffer(t *testing.T) {
	p := &wordingProblem{
		grams:     []string{"clear", "open"},
		rows:      [][]weighted{{{0, 1}}, {{1, 1}}},
		count:     []float64{1, 1},
		stiffness: []float64{ridge, ridge},
	}
	p.stiffen([]float64{6, 0.1, 0})
	if !(p.stiffness[1] > p.stiffness[0] && p.stiffness[0] > ridge) {
		t.Errorf("stiffness %v, want the second above the first, and both above %v", p.stiffness, ridge)
	}
}
