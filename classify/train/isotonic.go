package train

import (
	"cmp"
	"slices"
	"sort"
)

// A block is a range of logits with one rate.
type block struct{ from, sum, n float64 }

// isotonic fits the rising step function of least squares, by pooling adjacent violators
// (Ayer et al. 1955), and returns it. It is here to be compared with Platt's: a step
// function cannot be written as weights of findings.
func isotonic(logits []float64, samples []Sample) func(float64) float64 {
	type pair struct{ x, y float64 }
	var ps []pair
	for i, s := range samples {
		if s.Min >= review {
			ps = append(ps, pair{logits[i], 1})
		} else if s.Max < review {
			ps = append(ps, pair{logits[i], 0})
		}
	}
	slices.SortStableFunc(ps, func(a, b pair) int { return cmp.Compare(a.x, b.x) })
	var bs []block
	for i, p := range ps {
		if i > 0 && p.x == ps[i-1].x {
			bs[len(bs)-1].sum += p.y
			bs[len(bs)-1].n++
		} else {
			bs = append(bs, block{p.x, p.y, 1})
		}
		if i+1 < len(ps) && ps[i+1].x == p.x {
			continue
		}
		for k := len(bs) - 1; k > 0 && bs[k-1].sum*bs[k].n >= bs[k].sum*bs[k-1].n; k-- {
			bs[k-1].sum += bs[k].sum
			bs[k-1].n += bs[k].n
			bs = bs[:k]
		}
	}
	return func(x float64) float64 {
		k := sort.Search(len(bs), func(i int) bool { return bs[i].from > x })
		b := bs[max(0, k-1)]
		return b.sum / b.n
	}
}
