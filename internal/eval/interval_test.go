package eval_test

import (
	"math"
	"testing"

	"vigil/internal/eval"
)

// The ends of Wilson's interval are the shares p at which the observed share lies 1.96
// standard errors away: (hits/n − p)² = z²·p(1−p)/n. Found here by bisection.
func wilsonEnd(hits, n int, from, to float64) float64 {
	const z = 1.959963984540054
	share := float64(hits) / float64(n)
	inside := func(p float64) bool { return (share-p)*(share-p) <= z*z*p*(1-p)/float64(n) }
	for range 200 {
		mid := (from + to) / 2
		if inside(mid) {
			from = mid
		} else {
			to = mid
		}
	}
	return from
}

func TestWilsonSolvesItsEquation(t *testing.T) {
	for _, tt := range []struct{ hits, n int }{{1, 10}, {5, 10}, {41, 60}, {3, 8844}, {9, 10}} {
		share := float64(tt.hits) / float64(tt.n)
		got := eval.Wilson(tt.hits, tt.n)
		check(t, "lower end", got.Low, wilsonEnd(tt.hits, tt.n, share, 0))
		check(t, "upper end", got.High, wilsonEnd(tt.hits, tt.n, share, 1))
	}
	none := eval.Wilson(0, 10696)
	if none.Low != 0 || none.High > 0.00036 || none.High < 0.00035 {
		t.Errorf("interval of 0 in 10,696 is %v, want 0 to 0.000359", none)
	}
	if all := eval.Wilson(7, 7); all.High != 1 || all.Low < 0.6 {
		t.Errorf("interval of 7 in 7 is %v", all)
	}
	if i := eval.Wilson(0, 0); i != (eval.Interval{Low: 0, High: 1}) {
		t.Errorf("interval of nothing is %v, want 0 to 1", i)
	}
}

// The bootstrap of a mean is close to what the central limit theorem says.
func TestBootstrapAgreesWithTheory(t *testing.T) {
	const n = 400
	values, groups := make([]float64, n), make([]string, n)
	for i := range values {
		values[i] = float64(i % 2)
		groups[i] = string(rune('a'+i/26%26)) + string(rune('a'+i%26)) + string(rune('a'+i/676))
	}
	mean := func(is []int) []float64 {
		sum := 0.0
		for _, i := range is {
			sum += values[i]
		}
		return []float64{sum / float64(len(is)), math.NaN()}
	}
	got := eval.Bootstrap(groups, mean)
	half := 1.96 * math.Sqrt(0.25/n)
	if math.Abs(got[0].Low-(0.5-half)) > 0.006 || math.Abs(got[0].High-(0.5+half)) > 0.006 {
		t.Errorf("interval %v, want about %v to %v", got[0], 0.5-half, 0.5+half)
	}
	if !math.IsNaN(got[1].Low) {
		t.Errorf("interval of what is never defined is %v", got[1])
	}
	if again := eval.Bootstrap(groups, mean); again[0] != got[0] {
		t.Errorf("another run gives %v, the first %v", again[0], got[0])
	}
}

// Copies of a text teach nothing: in one group, they leave the interval as wide as one text.
func TestBootstrapDrawsWholeGroups(t *testing.T) {
	groups := []string{"a", "a", "a", "a", "b", "b", "b", "b"}
	seen := map[float64]bool{}
	eval.Bootstrap(groups, func(is []int) []float64 {
		sum := 0.0
		for _, i := range is {
			if i < 4 {
				sum++
			}
		}
		seen[sum/float64(len(is))] = true
		return nil
	})
	if len(seen) != 3 || !seen[0] || !seen[0.5] || !seen[1] {
		t.Errorf("shares of group a in the draws: %v, want 0, 0.5 and 1 only", seen)
	}
}
