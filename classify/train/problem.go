package train

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"

	"vigil/classify"
)

// gap is how far, in logits, a strong indicator alone is kept from a weak one alone: the
// threshold of review fits between.
const gap = 0.2

// slack is how far weak votes may lie apart.
const slack = 0.4

// A parameter of the model, which stays between low and high, and which the prior
// draws to prior, the more the smaller spread is. Where the texts say little, the prior
// says what tiers mean.
type parameter struct{ prior, spread, low, high float64 }

// Places of the parameters that belong to no feature.
const (
	biasAt = iota // logit of review without findings
	featuresAt
)

// parameters returns those of a feature space.
//
// A strong vote weighs −bias + p, so that alone it makes the logit p > 0; a weak one
// −bias − gap − p, 0 < p ≤ slack, so that alone it stays below −gap; a pair of these
// bias + 2·gap + 2·slack + p, so that together they make the logit p at least.
// Counter-indicators and rotation cannot weigh for, combinations and context not against.
// The logit that one strong vote or two weak ones make is the highest that the threshold of
// review may be; it is some way above 0, so that the wording alone has to be sure.
//
// The wording weighs 5 at least. Rules were written with many of the texts in view, and look
// surer there than they are; on authors unseen, more weight on the wording orders texts
// better, above all where precision is high.
func parameters(space []classify.Feature) []parameter {
	ps := []parameter{{-2.5, 1, -6, -0.9}}
	for _, f := range space {
		ps = append(ps, map[classify.Kind]parameter{
			classify.Strong:      {1.8, 1, 1.2, 5},
			classify.Weak:        {0.3, 0.4, 0.05, slack},
			classify.Told:        {0.1, 0.2, 0, 0.2},
			classify.Context:     {0.2, 0.3, 0, 0.8},
			classify.Inverse:     {-0.3, 0.3, -2, 0},
			classify.Combination: {0.2, 0.5, 0, 3},
			classify.Pair:        {1.5, 1, 1.2, 5},
			classify.Counter:     {-0.8, 0.8, -4, -0.2},
			classify.Score:       {5, 0.5, 5, 8},
		}[f.Kind])
	}
	return ps
}

// A problem is a logistic regression within bounds: P(review or above) is the logistic function
// of the logit, which is linear in the features. The loss is −log P of the labels and
// ½ · Σ ((p − prior)/spread)². Thresholds of the other levels are chosen on the same logit.
type problem struct {
	space  []classify.Feature
	index  map[string]int // of features
	params []parameter
}

func newProblem(space []classify.Feature) *problem {
	p := &problem{space: space, index: make(map[string]int), params: parameters(space)}
	for i, f := range space {
		p.index[f.Name] = i
	}
	return p
}

func (p *problem) prior() []float64 {
	x := make([]float64, len(p.params))
	for i, q := range p.params {
		x[i] = q.prior
	}
	return x
}

// An entry is how a sample's logit depends on one parameter.
type entry struct {
	at    int
	value float64
}

// design returns the entries of a sample, and what its logit has beside them.
func (p *problem) design(s Sample) (es []entry, offset float64) {
	bias := 1.0
	for i, f := range p.space {
		v := s.Features[f.Name]
		if v == 0 {
			continue
		}
		switch f.Kind {
		case classify.Strong:
			bias -= v
			es = append(es, entry{featuresAt + i, v})
		case classify.Weak:
			bias -= v
			offset -= gap * v
			es = append(es, entry{featuresAt + i, -v})
		case classify.Pair:
			bias += v
			offset += 2 * (gap + slack) * v
			es = append(es, entry{featuresAt + i, v})
		default:
			es = append(es, entry{featuresAt + i, v})
		}
	}
	return append(es, entry{biasAt, bias}), offset
}

// A row is some samples, all alike, ready for the optimiser.
type row struct {
	entries []entry
	offset  float64
	above   bool // they are for review
	times   float64
}

// rows returns the samples in the order in which each kind first comes. One that may be for
// review or not teaches nothing.
func (p *problem) rows(samples []Sample) []row {
	var out []row
	index := make(map[string]int)
	for _, s := range samples {
		above := s.Min >= review
		if !above && s.Max >= review {
			continue
		}
		es, offset := p.design(s)
		key := fmt.Sprint(es, above)
		if i, ok := index[key]; ok {
			out[i].times++
			continue
		}
		index[key] = len(out)
		out = append(out, row{es, offset, above, 1})
	}
	return out
}

// Products are converted to float64 before they are added, so that no platform fuses the
// two and rounds otherwise than others.

func (r *row) logit(x []float64) float64 {
	sum := r.offset
	for _, e := range r.entries {
		sum += float64(e.value * x[e.at])
	}
	return sum
}

// loss adds to grad, unless it is nil, and returns −log P of the label times its number.
func (r *row) loss(x, grad []float64) float64 {
	logit, sign := r.logit(x), 1.0
	if r.above {
		sign = -1
	}
	d := float64(r.times * sign * sigmoid(sign*logit))
	for _, e := range r.entries {
		if grad != nil {
			grad[e.at] += float64(e.value * d)
		}
	}
	return r.times * softplus(sign*logit)
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// softplus is log(1 + eˣ).
func softplus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// objective is the whole loss at x; it fills grad, unless that is nil.
func (p *problem) objective(rows []row, x, grad []float64) float64 {
	clear(grad)
	sum, lost := 0.0, 0.0 // lost is what rounding takes (Kahan 1965): a line search feels it
	for i := range rows {
		d := rows[i].loss(x, grad) - lost
		next := sum + d
		lost = (next - sum) - d
		sum = next
	}
	for i, q := range p.params {
		d := (x[i] - q.prior) / q.spread
		sum += float64(d * d / 2)
		if grad != nil {
			grad[i] += float64(d / q.spread)
		}
	}
	return sum
}

// A solution is a point of a problem.
type solution struct {
	*problem
	at []float64
}

// solve finds the least loss within the bounds, by active sets: parameters that leave
// their bounds are held there, and let go where the loss falls inwards.
func (p *problem) solve(samples []Sample) (solution, error) {
	rows, x := p.rows(samples), p.prior()
	held := make([]bool, len(x))
	grad := make([]float64, len(x))
	for range 100 {
		if err := p.descend(rows, x, held); err != nil {
			return solution{}, err
		}
		changed := false
		for i, q := range p.params {
			if !held[i] && (x[i] < q.low || x[i] > q.high) {
				x[i] = min(q.high, max(q.low, x[i]))
				held[i], changed = true, true
			}
		}
		if changed {
			continue
		}
		p.objective(rows, x, grad)
		for i, q := range p.params {
			if held[i] && (x[i] == q.low && grad[i] < -1e-6 || x[i] == q.high && grad[i] > 1e-6) {
				held[i], changed = false, true
				break
			}
		}
		if !changed {
			return solution{p, x}, nil
		}
	}
	return solution{}, fmt.Errorf("the bounds of the parameters did not settle")
}

// flat is the gradient at which the descent ends. Weights are rounded to hundredths, far
// above what it leaves open.
const flat = 1e-5

// steep is the slope with which a descent may not end: the prior alone curves the loss by more
// than 0.2, so that below it no weight is off by half of a hundredth.
const steep = 1e-3

// starts is how often a descent is begun anew.
const starts = 3

// descend moves x, but for what is held, to the least loss.
func (p *problem) descend(rows []row, x []float64, held []bool) error {
	var free []int
	for i := range x {
		if !held[i] {
			free = append(free, i)
		}
	}
	if len(free) == 0 {
		return nil
	}
	full := func(y []float64) []float64 {
		z := append([]float64(nil), x...)
		for k, i := range free {
			z[i] = y[k]
		}
		return z
	}
	grad := make([]float64, len(x))
	slope := math.Inf(1)
	var err error
	// Where a line search fails for want of digits, a fresh start goes on.
	for try := 0; try < starts && slope > steep; try++ {
		var res *optimize.Result
		at := make([]float64, len(free))
		res, err = optimize.Minimize(optimize.Problem{
			Func: func(y []float64) float64 {
				copy(at, y)
				return p.objective(rows, full(y), grad)
			},
			Grad: func(g, y []float64) {
				if !slices.Equal(at, y) {
					copy(at, y)
					p.objective(rows, full(y), grad)
				}
				for k, i := range free {
					g[k] = grad[i]
				}
			},
		}, pick(x, free), &optimize.Settings{GradientThreshold: flat, Converger: optimize.NeverTerminate{}, MajorIterations: 2000}, &optimize.LBFGS{})
		if res == nil {
			return fmt.Errorf("minimise the loss: %w", err)
		}
		copy(x, full(res.X))
		p.objective(rows, x, grad)
		slope = 0
		for _, i := range free {
			slope = max(slope, math.Abs(grad[i]))
		}
	}
	if slope > steep {
		return fmt.Errorf("minimise the loss: it ended at a slope of %v: %w", slope, err)
	}
	return nil
}

// logit is that of review for a sample.
func (s solution) logit(of Sample) float64 {
	es, offset := s.design(of)
	return (&row{entries: es, offset: offset}).logit(s.at)
}

// model writes the solution as bias and weights, calibrated and rounded to hundredths.
func (s solution) model(c Platt) classify.Model {
	m := classify.Model{Weights: make(map[string]float64)}
	bias := s.at[biasAt]
	m.Bias = round2(c.logit(bias))
	for i, f := range s.space {
		w := s.at[featuresAt+i]
		switch f.Kind {
		case classify.Strong:
			w = -bias + w
		case classify.Weak:
			w = -bias - gap - w
		case classify.Pair:
			w += bias + 2*(gap+slack)
		}
		m.Weights[f.Name] = round2(c.A * w)
	}
	for i, f := range s.space {
		if w := m.Weights[f.Name]; f.Kind == classify.Counter {
			m.Weights[s.space[i].Name] = min(w, -0.01)
		}
	}
	return m
}

// round2 rounds to hundredths; never to a negative zero.
func round2(x float64) float64 { return math.Round(x*100)/100 + 0 }
