package baseline_test

import (
	"fmt"
	"math"
	"testing"

	"vigil"
	"vigil/internal/eval"
	"vigil/internal/eval/baseline"
)

func row(text string, level vigil.Level) eval.Row {
	return eval.Row{Listing: vigil.Listing{Title: text}, Label: eval.Label{Min: level, Max: level}}
}

func score(s baseline.System, text string) float64 { return s.Judge(vigil.Listing{Title: text}).Score }

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestMajorityIsTheShareOfPositives(t *testing.T) {
	s := baseline.Majority([]eval.Row{row("a", "review"), row("b", "none"), row("c", "note"), row("d", "none"), {Label: eval.Label{Min: "note", Max: "review"}}})
	near(t, "score", score(s, "x"), 0.25)
	if l := s.Judge(vigil.Listing{}).Level; l != vigil.LevelNone {
		t.Errorf("level %s", l)
	}
}

func TestKeywordsAndPronounsFlagWhatHoldsThem(t *testing.T) {
	near(t, "two keywords", score(baseline.Keywords(), "Lamp FOR SALE, fresh paint"), 2.0/3)
	near(t, "no keyword", score(baseline.Keywords(), "a lamp"), 0)
	near(t, "three pronouns", score(baseline.Pronouns(), "She and her dog; we"), 3.0/4)
	near(t, "parts of words", score(baseline.Pronouns(), "hero shed"), 0)
	if l := baseline.Keywords().Judge(vigil.Listing{Description: "an auction"}).Level; l != vigil.LevelReview {
		t.Errorf("level %s with a keyword, want review", l)
	}
}

// Grams of the positive: a, b, "a b" (3); of the negative: b, c, "b c" (3); vocabulary 5.
func TestNaiveBayesByHand(t *testing.T) {
	s := baseline.NaiveBayes([]eval.Row{row("a b", "priority"), row("b c", "none")})
	odds := (2.0 / 8) / (1.0 / 8) // of a; the classes are as likely
	near(t, "score of a", score(s, "a"), odds/(1+odds))
	near(t, "score of b", score(s, "b"), 0.5)
	near(t, "score of a word never seen", score(s, "z"), 0.5)
	near(t, "score of a b", score(s, "a b"), odds*odds/(1+odds*odds)) // a and the pair
}

func TestLogisticRegressionSeparates(t *testing.T) {
	var rows []eval.Row
	for i := range 40 {
		rows = append(rows, row(fmt.Sprintf("cook sold number%d", i), "review"), row(fmt.Sprintf("boat sold number%d", i), "none"))
	}
	s := baseline.LogisticRegression(rows)
	if hi, lo := score(s, "cook"), score(s, "boat"); hi < 0.9 || lo > 0.1 {
		t.Errorf("cook %v, boat %v, want them apart", hi, lo)
	}
	near(t, "cook and boat lie opposite", score(s, "cook")+score(s, "boat"), 1)
	near(t, "what both share", score(s, "sold"), 0.5)
}

// Where the penalised loss is least, its slope is nought: for one word w, of which half
// the texts have the label, Σ(σ(w·x+b) − y)·x + 0.1·w = 0. With x = 1 in every text that has
// a word of its own class, that is 40·(σ(w+b) − 1) + 0.1·w = 0.
func TestLogisticRegressionReachesTheLeastLoss(t *testing.T) {
	var rows []eval.Row
	for range 40 {
		rows = append(rows, row("cook", "review"), row("boat", "none"))
	}
	logit := func(p float64) float64 { return math.Log(p / (1 - p)) }
	p := score(baseline.LogisticRegression(rows), "cook")
	if slope := 40*(p-1) + 0.1*logit(p); math.Abs(slope) > 1e-3 {
		t.Errorf("slope %v at score %v, want 0", slope, p)
	}
}
