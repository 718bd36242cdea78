package eval

import (
	"cmp"
	"math"
	"slices"
)

// Bins is how many bins the calibration errors use.
const Bins = 15

// Brier is the mean squared error of scores as probabilities: 1/n · Σ (score − y)², y being
// 1 for positives and 0 for others (Brier 1950). NaN without points.
func Brier(ps []Point) float64 {
	sum := 0.0
	for _, p := range ps {
		d := p.Score - p.y()
		sum += d * d
	}
	return sum / float64(len(ps))
}

func (p Point) y() float64 {
	if p.Positive {
		return 1
	}
	return 0
}

// A Bin is a range of scores with what was promised and what came.
type Bin struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	N     int     `json:"n"`
	Score float64 `json:"score"` // mean score
	Rate  float64 `json:"rate"`  // share of positives
}

// EqualBins sorts points into n ranges of scores of one width; those without points are
// left out. A score of 1 belongs to the last.
func EqualBins(ps []Point, n int) []Bin {
	parts := make([][]Point, n)
	for _, p := range ps {
		i := min(n-1, max(0, int(p.Score*float64(n))))
		parts[i] = append(parts[i], p)
	}
	var out []Bin
	for i, part := range parts {
		if len(part) > 0 {
			out = append(out, bin(part, float64(i)/float64(n), float64(i+1)/float64(n)))
		}
	}
	return out
}

// AdaptiveBins sorts points into n ranges with about as many points each (Nguyen and
// O'Connor 2015). Equal scores stay together, so there may be fewer.
func AdaptiveBins(ps []Point, n int) []Bin {
	sorted := slices.Clone(ps)
	slices.SortStableFunc(sorted, func(a, b Point) int { return cmp.Compare(a.Score, b.Score) })
	var out []Bin
	for from, k := 0, 1; from < len(sorted); k++ {
		to := max(from+1, k*len(sorted)/n)
		for to < len(sorted) && sorted[to].Score == sorted[to-1].Score {
			to++
		}
		out = append(out, bin(sorted[from:to], sorted[from].Score, sorted[to-1].Score))
		from = to
	}
	return out
}

func bin(ps []Point, low, high float64) Bin {
	b := Bin{Low: low, High: high, N: len(ps)}
	for _, p := range ps {
		b.Score += p.Score
		b.Rate += p.y()
	}
	b.Score /= float64(b.N)
	b.Rate /= float64(b.N)
	return b
}

// ECE is the expected calibration error: Σ n_b/n · |rate_b − score_b| over the bins b
// (Naeini, Cooper, Hauskrecht 2015). NaN without points.
func ECE(bins []Bin) float64 {
	sum, n := 0.0, 0
	for _, b := range bins {
		sum += float64(b.N) * math.Abs(b.Rate-b.Score)
		n += b.N
	}
	return sum / float64(n)
}
