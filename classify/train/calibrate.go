package train

import (
	"fmt"
	"math"
	"slices"

	"vigil/classify"
	"vigil/internal/eval"
)

// A Platt is a calibration of logits (Platt 1999): P(review or above) is the logistic function
// of A·logit + B. Being linear, it changes bias and weights and needs no step of its own.
type Platt struct{ A, B float64 }

func (p Platt) logit(x float64) float64 { return p.A*x + p.B }

// fitPlatt fits a calibration to logits that the samples got from models without them. As
// in Platt's paper, positives aim at (n₊+1)/(n₊+2) and negatives at 1/(n₋+2). Newton's method
// with halved steps; A stays between 0.2 and 3.
func fitPlatt(logits []float64, samples []Sample) Platt {
	var x, y []float64
	pos, neg := 0.0, 0.0
	for i, s := range samples {
		switch {
		case s.Min >= review:
			pos++
			x, y = append(x, logits[i]), append(y, 1)
		case s.Max < review:
			neg++
			x, y = append(x, logits[i]), append(y, 0)
		}
	}
	for i := range y {
		if y[i] == 1 {
			y[i] = (pos + 1) / (pos + 2)
		} else {
			y[i] = 1 / (neg + 2)
		}
	}
	p := Platt{A: 1}
	for range 100 {
		next := newton(p, x, y)
		if math.Abs(next.A-p.A)+math.Abs(next.B-p.B) < 1e-12 {
			break
		}
		p = next
	}
	p.A = min(3, max(0.2, p.A))
	return p
}

// newton makes one step, halved until the loss does not rise.
func newton(p Platt, x, y []float64) Platt {
	var ga, gb, haa, hab, hbb float64
	for i := range x {
		q := sigmoid(p.logit(x[i]))
		d, h := q-y[i], q*(1-q)
		ga += float64(d * x[i])
		gb += d
		haa += float64(h * x[i] * x[i])
		hab += float64(h * x[i])
		hbb += h
	}
	haa, hbb = haa+1e-9, hbb+1e-9
	det := haa*hbb - hab*hab
	da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
	before := plattLoss(p, x, y)
	for step := 1.0; step > 1e-10; step /= 2 {
		next := Platt{p.A - float64(step*da), p.B - float64(step*db)}
		if plattLoss(next, x, y) <= before {
			return next
		}
	}
	return p
}

func plattLoss(p Platt, x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		z := p.logit(x[i])
		sum += softplus(z) - float64(y[i]*z)
	}
	return sum
}

// A Calibration is what a way to calibrate gives, cross-validated once more.
type Calibration struct {
	Name       string
	Brier, ECE float64
}

// calibrations compares ways to calibrate: each is fitted to the logits of four folds and
// tried on the fifth.
func calibrations(logits []float64, samples []Sample) []Calibration {
	ways := []struct {
		name string
		fit  func([]float64, []Sample) func(float64) float64
	}{
		{"none", func([]float64, []Sample) func(float64) float64 { return sigmoid }},
		{"Platt", func(l []float64, s []Sample) func(float64) float64 {
			p := fitPlatt(l, s)
			return func(x float64) float64 { return sigmoid(p.logit(x)) }
		}},
		{"isotonic", isotonic},
	}
	var out []Calibration
	for _, w := range ways {
		var ps []eval.Point
		for k := range folds {
			in, held := split(samples, k)
			f := w.fit(pick(logits, in), pick(samples, in))
			for _, i := range held {
				if s := samples[i]; s.Min >= review || s.Max < review {
					ps = append(ps, eval.Point{Score: f(logits[i]), Positive: s.Min >= review})
				}
			}
		}
		out = append(out, Calibration{w.name, eval.Brier(ps), eval.ECE(eval.EqualBins(ps, eval.Bins))})
	}
	return out
}

// room returns the logits that the threshold of review may have: above what any weak
// feature reaches alone, and not above what any strong one does, or two weak votes do.
func room(space []classify.Feature, m classify.Model) (low, high float64) {
	low, high = m.Bias, math.Inf(1)
	var weak []float64
	pair := 0.0
	for _, f := range space {
		w := m.Weights[f.Name]
		switch f.Kind {
		case classify.Strong:
			high = min(high, m.Bias+w)
		case classify.Pair:
			pair = w
		case classify.Weak:
			weak = append(weak, w)
			low = max(low, m.Bias+w)
		case classify.Told:
			low = max(low, m.Bias+w)
		}
	}
	if slices.Sort(weak); len(weak) >= 2 {
		high = min(high, m.Bias+weak[0]+weak[1]+pair)
	}
	return low, high
}

// thresholds chooses those of the levels on cross-validated logits. A review begins where it is
// as likely as not, if a weak vote alone stays below and a strong one above; a note and a priority
// where errors are fewest. A weak vote alone is a note, whatever the texts say, and two strong
// votes are a priority.
func thresholds(space []classify.Feature, m classify.Model, logits []float64, samples []Sample) (classify.Thresholds, error) {
	low, high := room(space, m)
	if high-low < 0.02 {
		return classify.Thresholds{}, fmt.Errorf("no threshold of review fits between a weak indicator alone (logit %.2f) and a strong one (%.2f)", low, high)
	}
	at := round2(max(low+0.01, min(high-0.01, 0)))
	t := classify.Thresholds{Review: cut(at)}
	t.Note = cut(best(logits, samples, note, m.Bias+0.02, weakest(space, m)-0.02))
	logits, samples = voted(space, logits, samples)
	t.Priority = cut(best(logits, samples, priority, at+0.05, max(at+0.1, strongest(space, m))))
	return t, nil
}

// voted returns the samples, and their logits, in which a rule voted: only these can be a
// priority.
func voted(space []classify.Feature, logits []float64, samples []Sample) (ls []float64, ss []Sample) {
	for i, s := range samples {
		if slices.ContainsFunc(space, func(f classify.Feature) bool {
			return (f.Kind == classify.Strong || f.Kind == classify.Weak) && s.Features[f.Name] > 0
		}) {
			ls, ss = append(ls, logits[i]), append(ss, s)
		}
	}
	return ls, ss
}

// strongest is the least logit that two strong votes make.
func strongest(space []classify.Feature, m classify.Model) float64 {
	var strong []float64
	for _, f := range space {
		if f.Kind == classify.Strong {
			strong = append(strong, m.Weights[f.Name])
		}
	}
	if len(strong) < 2 {
		return math.Inf(1)
	}
	slices.Sort(strong)
	return m.Bias + strong[0] + strong[1] - 0.02
}

// weakest is the least logit that a weak vote makes alone.
func weakest(space []classify.Feature, m classify.Model) float64 {
	least := math.Inf(1)
	for _, f := range space {
		if f.Kind == classify.Weak {
			least = min(least, m.Bias+m.Weights[f.Name])
		}
	}
	return least
}

// best returns the cut of fewest mistakes from low to high: the middle of the widest range of
// such cuts, to hundredths.
func best(logits []float64, samples []Sample, rank int, low, high float64) float64 {
	edges := []float64{low}
	for _, x := range sorted(logits) {
		if x > low && x < high {
			edges = append(edges, x)
		}
	}
	edges = append(edges, high)
	wrong := mistakes(logits, samples, rank)
	least, widest, at := len(samples)+1, 0.0, (low+high)/2
	for i := 0; i+1 < len(edges); {
		mid := (edges[i] + edges[i+1]) / 2
		c := wrong(mid)
		j := i + 1
		for j+1 < len(edges) && wrong((edges[j]+edges[j+1])/2) == c {
			j++
		}
		if width := edges[j] - edges[i]; c < least || c == least && width > widest {
			least, widest, at = c, width, (edges[i]+edges[j])/2
		}
		i = j
	}
	return round2(at)
}

// mistakes returns how many samples a cut of a level puts on the wrong side.
func mistakes(logits []float64, samples []Sample, rank int) func(cut float64) int {
	var below, above []float64 // the logits of samples
	for i, s := range samples {
		switch {
		case s.Min >= rank:
			above = append(above, logits[i])
		case s.Max < rank:
			below = append(below, logits[i])
		}
	}
	slices.Sort(below)
	slices.Sort(above)
	return func(cut float64) int {
		rightly, _ := slices.BinarySearch(below, cut)
		missed, _ := slices.BinarySearch(above, cut)
		return len(below) - rightly + missed
	}
}

// cut is a threshold of the score, which has four places.
func cut(logit float64) float64 { return math.Round(1e4*sigmoid(logit)) / 1e4 }
