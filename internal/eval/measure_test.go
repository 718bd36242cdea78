package eval_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"vigil/internal/eval"
)

// near reports whether two numbers agree to nine places, NaN with NaN.
func near(a, b float64) bool {
	return math.Abs(a-b) < 1e-9 || math.IsNaN(a) && math.IsNaN(b)
}

func check(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !near(got, want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestPrecisionRecallAndF1(t *testing.T) {
	c := eval.Tally([]eval.Point{
		{Positive: true, Flagged: true}, {Positive: true, Flagged: true}, {Positive: true, Flagged: true},
		{Flagged: true},
		{Positive: true}, {Positive: true},
		{}, {}, {}, {},
	})
	if want := (eval.Count{TP: 3, FP: 1, FN: 2, TN: 4}); c != want {
		t.Fatalf("counted %+v, want %+v", c, want)
	}
	check(t, "precision", c.Precision(), 0.75)
	check(t, "recall", c.Recall(), 0.6)
	check(t, "F1", c.F1(), 2*0.75*0.6/(0.75+0.6))
	none := eval.Count{TN: 5}
	check(t, "precision without alarms", none.Precision(), math.NaN())
	check(t, "recall without positives", none.Recall(), math.NaN())
}

func TestErrorsInLevels(t *testing.T) {
	os := []eval.Ordinal{
		{Got: 0, Min: 0, Max: 0}, {Got: 1, Min: 0, Max: 0}, {Got: 0, Min: 0, Max: 0}, // level 0: mean 1/3
		{Got: 0, Min: 3, Max: 3}, // level 3: mean 3
		{Got: 3, Min: 1, Max: 2}, // off by 1 from the nearest that is right
		{Got: 2, Min: 1, Max: 2}, // right
	}
	check(t, "MAE", eval.MAE(os), 5.0/6)
	check(t, "macro-MAE", eval.MacroMAE(os), (1.0/3+3)/2)
	check(t, "MAE of nothing", eval.MAE(nil), math.NaN())
	check(t, "macro-MAE of nothing", eval.MacroMAE(nil), math.NaN())
}

func points(pairs ...any) []eval.Point {
	var ps []eval.Point
	for i := 0; i < len(pairs); i += 2 {
		ps = append(ps, eval.Point{Score: pairs[i].(float64), Positive: pairs[i+1].(bool)})
	}
	return ps
}

func TestAreaUnderThePrecisionRecallCurve(t *testing.T) {
	check(t, "perfect order", eval.PRAUC(points(0.9, true, 0.8, true, 0.1, false)), 1)
	check(t, "one negative between", eval.PRAUC(points(0.7, true, 0.9, true, 0.8, false)), 0.5*1+0.5*2.0/3)
	check(t, "all equal", eval.PRAUC(points(0.5, true, 0.5, false, 0.5, false, 0.5, false)), 0.25)
	check(t, "no positives", eval.PRAUC(points(0.5, false)), math.NaN())
}

// random returns points with few distinct scores, so that there are ties.
func random(r *rand.Rand, n int) []eval.Point {
	ps := make([]eval.Point, n)
	for i := range ps {
		score := float64(r.IntN(12)) / 11
		ps[i] = eval.Point{Score: score, Positive: r.Float64() < score, Flagged: score > 0.5}
	}
	return ps
}

// The same area, by trying every threshold instead of walking down once.
func TestAreaAgreesWithTryingEveryThreshold(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		ps := random(r, 1+r.IntN(60))
		area, before := 0.0, 0.0
		for i := 11; i >= 0; i-- {
			flagged := append([]eval.Point(nil), ps...)
			for k := range flagged {
				flagged[k].Flagged = flagged[k].Score >= float64(i)/11
			}
			c := eval.Tally(flagged)
			if c.TP+c.FP > 0 {
				area += (c.Recall() - before) * c.Precision()
				before = c.Recall()
			}
		}
		check(t, "area", eval.PRAUC(ps), area)
	}
}

func TestPrecisionAtK(t *testing.T) {
	ps := points(0.9, true, 0.8, false, 0.5, true, 0.5, false, 0.5, false, 0.1, true)
	check(t, "P@1", eval.PrecisionAt(ps, 1), 1)
	check(t, "P@2", eval.PrecisionAt(ps, 2), 0.5)
	check(t, "P@3 over a tie of one in three", eval.PrecisionAt(ps, 3), (1+1.0/3)/3)
	check(t, "P@5", eval.PrecisionAt(ps, 5), 0.4)
	check(t, "P@6", eval.PrecisionAt(ps, 6), 0.5)
	check(t, "P@7 of six", eval.PrecisionAt(ps, 7), math.NaN())
}

func TestRecallAtAFalsePositiveRate(t *testing.T) {
	ps := points(0.9, true, 0.8, true, 0.7, false, 0.6, true, 0.2, false)
	for _, tt := range []struct{ most, recall, rate float64 }{{0, 2.0 / 3, 0}, {0.5, 1, 0.5}, {0.49, 2.0 / 3, 0}, {1, 1, 1}} {
		recall, rate := eval.RecallAtFPR(ps, new(eval.Histogram), tt.most)
		check(t, "recall", recall, tt.recall)
		check(t, "rate", rate, tt.rate)
	}
	var others eval.Histogram
	for range 98 {
		others.Add(0.1)
	}
	recall, rate := eval.RecallAtFPR(ps, &others, 0.01)
	check(t, "recall with 98 more negatives", recall, 1)
	check(t, "rate with 98 more negatives", rate, 0.01)
	others.Add(0.6) // as high as the last positive: it is counted with it
	recall, rate = eval.RecallAtFPR(ps, &others, 0.0199)
	check(t, "recall with one as high as a positive", recall, 1)
	check(t, "rate with one as high as a positive", rate, 2.0/101)
	others.Add(0.95)
	others.Add(1)
	recall, _ = eval.RecallAtFPR(ps, &others, 0.01)
	check(t, "recall with two negatives above all", recall, 0)
	if recall, _ := eval.RecallAtFPR(points(0.3, true), new(eval.Histogram), 1); !math.IsNaN(recall) {
		t.Errorf("recall without negatives is %v, want none", recall)
	}
}

func TestCalibration(t *testing.T) {
	ps := points(0.05, false, 0.06, false, 0.9, true, 0.91, true, 0.92, false, 1.0, true)
	check(t, "Brier", eval.Brier(ps), (0.05*0.05+0.06*0.06+0.1*0.1+0.09*0.09+0.92*0.92)/6)
	bins := eval.EqualBins(ps, 10)
	if len(bins) != 2 || bins[0].N != 2 || bins[1].N != 4 {
		t.Fatalf("bins %+v, want two of 2 and 4 texts", bins)
	}
	if bins[0].Low != 0 || bins[0].High != 0.1 || bins[1].Low != 0.9 || bins[1].High != 1 {
		t.Errorf("bins %+v, want 0 to 0.1 and 0.9 to 1", bins)
	}
	check(t, "mean score of the second bin", bins[1].Score, (0.9+0.91+0.92+1)/4)
	check(t, "ECE", eval.ECE(bins), 2.0/6*0.055+4.0/6*math.Abs(0.75-(0.9+0.91+0.92+1)/4))
	adaptive := eval.AdaptiveBins(ps, 3)
	if len(adaptive) != 3 || adaptive[0].N != 2 || adaptive[1].N != 2 || adaptive[2].N != 2 {
		t.Fatalf("adaptive bins %+v, want three of 2 texts", adaptive)
	}
	check(t, "adaptive ECE", eval.ECE(adaptive), (0.055+math.Abs(1-0.905)+math.Abs(0.5-0.96))/3)
	check(t, "ECE of nothing", eval.ECE(nil), math.NaN())
}

func TestEqualScoresStayInOneAdaptiveBin(t *testing.T) {
	ps := points(0.1, false, 0.1, true, 0.1, false, 0.1, false, 0.1, false, 0.9, true)
	bins := eval.AdaptiveBins(ps, 3)
	if len(bins) != 2 || bins[0].N != 5 || bins[1].N != 1 {
		t.Errorf("bins %+v, want one of 5 and one of 1", bins)
	}
}

// Scores that are drawn as true probabilities are calibrated, to within chance.
func TestTrueProbabilitiesAreCalibrated(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	ps := make([]eval.Point, 20000)
	for i := range ps {
		s := r.Float64()
		ps[i] = eval.Point{Score: s, Positive: r.Float64() < s}
	}
	for _, bins := range [][]eval.Bin{eval.EqualBins(ps, eval.Bins), eval.AdaptiveBins(ps, eval.Bins)} {
		if e := eval.ECE(bins); e > 0.015 {
			t.Errorf("ECE of true probabilities is %v", e)
		}
	}
	if b := eval.Brier(ps); math.Abs(b-1.0/6) > 0.005 { // ∫ s(1−s) ds
		t.Errorf("Brier of true probabilities is %v, want about 1/6", b)
	}
}
