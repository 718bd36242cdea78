package eval

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
)

// z is the 97.5 % point of the normal distribution: intervals are of 95 %.
const z = 1.959963984540054

// An Interval is of 95 % confidence.
type Interval struct{ Low, High float64 }

// MarshalJSON writes [low, high]; null for what is unknown.
func (i Interval) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]number{number(i.Low), number(i.High)})
}

// Wilson is the score interval of a share of hits in n (Wilson 1927):
// (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n), p = hits/n. It is right for 0 hits too, where
// its upper end is z²/(n + z²). Without trials it is 0 to 1.
func Wilson(hits, n int) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	p, m := float64(hits)/float64(n), float64(n)
	mid := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	i := Interval{max(0, (mid-half)/(1+z*z/m)), min(1, (mid+half)/(1+z*z/m))}
	if hits == 0 {
		i.Low = 0
	}
	if hits == n {
		i.High = 1
	}
	return i
}

// Resamples is how many times a bootstrap draws.
const Resamples = 1000

// Bootstrap returns percentile intervals (Efron 1979) of several measures at once. groups
// names the group of each text: whole groups are drawn, with replacement, as many as there
// are, since texts of a group are no independent witnesses. measure gets the texts drawn,
// by index, and returns its measures; draws in which one is NaN count for the others. The
// seed is fixed: equal input gives equal intervals.
func Bootstrap(groups []string, measure func(drawn []int) []float64) []Interval {
	byGroup, order := make(map[string][]int), []string{}
	for i, g := range groups {
		if byGroup[g] == nil {
			order = append(order, g)
		}
		byGroup[g] = append(byGroup[g], i)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var seen [][]float64 // of each measure
	drawn := make([]int, 0, len(groups))
	for range Resamples {
		drawn = drawn[:0]
		for range order {
			drawn = append(drawn, byGroup[order[r.IntN(len(order))]]...)
		}
		for k, v := range measure(drawn) {
			if k == len(seen) {
				seen = append(seen, nil)
			}
			if !math.IsNaN(v) {
				seen[k] = append(seen[k], v)
			}
		}
	}
	out := make([]Interval, len(seen))
	for k, vs := range seen {
		slices.Sort(vs)
		out[k] = Interval{quantile(vs, 0.025), quantile(vs, 0.975)}
	}
	return out
}

// quantile interpolates between the values next to place q·(n−1) of sorted ones. NaN
// without values.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
