package eval

import (
	"cmp"
	"math"
	"slices"
)

// A step is all points of one score, of which none may be put before another.
type step struct {
	score    float64
	pos, neg int
}

// steps sorts points into falling scores.
func steps(ps []Point) []step {
	sorted := slices.Clone(ps)
	slices.SortFunc(sorted, func(a, b Point) int { return cmp.Compare(b.Score, a.Score) })
	var out []step
	for _, p := range sorted {
		if len(out) == 0 || out[len(out)-1].score != p.Score {
			out = append(out, step{score: p.Score})
		}
		if s := &out[len(out)-1]; p.Positive {
			s.pos++
		} else {
			s.neg++
		}
	}
	return out
}

// PRAUC is the area under the precision-recall curve as average precision:
// Σ (Rᵢ − Rᵢ₋₁)·Pᵢ over the distinct scores i in falling order, without interpolation
// (Davis and Goadrich 2006 say why). Equal scores make one step. NaN without positives.
func PRAUC(ps []Point) float64 {
	all := Tally(ps)
	positives := all.TP + all.FN
	area, pos, n := 0.0, 0, 0
	for _, s := range steps(ps) {
		pos += s.pos
		n += s.pos + s.neg
		area += float64(s.pos) / float64(positives) * float64(pos) / float64(n)
	}
	if positives == 0 {
		return math.NaN()
	}
	return area
}

// PrecisionAt is the share of positives among the k highest scores. Where equal scores
// straddle place k, it is the mean over their orders. NaN with fewer than k points.
func PrecisionAt(ps []Point, k int) float64 {
	if k < 1 || len(ps) < k {
		return math.NaN()
	}
	found, left := 0.0, k
	for _, s := range steps(ps) {
		n := s.pos + s.neg
		if n >= left {
			return (found + float64(s.pos)*float64(left)/float64(n)) / float64(k)
		}
		found += float64(s.pos)
		left -= n
	}
	return found / float64(k)
}

// RecallAtFPR is the greatest recall of any threshold whose false positive rate
// FP / (FP + TN) is at most max, and that rate. Negatives that are no points are counted by
// their scores in others. NaN without positives or without negatives.
func RecallAtFPR(ps []Point, others *Histogram, most float64) (recall, rate float64) {
	all := Tally(ps)
	positives, negatives := all.TP+all.FN, all.FP+all.TN+others.N()
	if positives == 0 || negatives == 0 {
		return math.NaN(), math.NaN()
	}
	pos, neg, below := 0, 0, others.N()
	at := cells // of the histogram: what is not below a score is counted
	for _, s := range steps(ps) {
		for ; at > cell(s.score); at-- {
			below -= int(others.of[at-1])
		}
		pos += s.pos
		neg += s.neg
		r := float64(neg+others.N()-below) / float64(negatives)
		if r > most {
			break
		}
		recall, rate = float64(pos)/float64(positives), r
	}
	return recall, rate
}

// cells is how many scores of four places there are from 0 to 1.
const cells = 10001

// A Histogram counts scores to four places, which is all that an assessment has, so that
// a corpus of any size takes little memory. The zero value is empty.
type Histogram struct {
	of [cells]int32
	n  int
}

// Add counts a score from 0 to 1.
func (h *Histogram) Add(score float64) {
	h.of[cell(score)]++
	h.n++
}

// N is the number of scores.
func (h *Histogram) N() int { return h.n }

// cell is the place of a score.
func cell(score float64) int { return min(cells-1, max(0, int(math.Round(score*(cells-1))))) }
