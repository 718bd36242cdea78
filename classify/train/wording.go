package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"

	"vigil/classify"
)

// ridge is the strength of the normal prior that draws the weights of grams to 0.
const ridge = 0.075

// leastTexts is in how many texts a gram must stand to be weighed.
const leastTexts = 3

// loose is how far a gram's weight may lie from 0 that stands as often in positives as in
// negatives.
const loose = 0.3

// noteCount is what a text of level note counts for beside others. A note is one weak sign of
// trafficking: nearly a review, and no harmless text. Taught as if it were one, it would teach
// that the signs are harmless; on authors unseen, counting it less finds more offers with as
// many alarms in all, and fewer at texts of level none.
const noteCount = 0.1

// A wordingProblem is a logistic regression over grams: P(review or above) is the logistic
// function of the bias and the sum of value times weight. The loss is −log P of the labels,
// times what each row counts for, and ridge/2 · Σ (weight/spread)². A gram's spread is loose
// and the size of its log ratio, log (P(gram | positive) / P(gram | negative)): what naive Bayes
// takes for a sign is free to be one (Wang and Manning 2012, doi:10.5555/2390665.2390688).
type wordingProblem struct {
	grams  []string // by index
	rows   [][]weighted
	label  []float64
	count  []float64 // what each row counts for
	spread []float64 // of each gram
}

// A weighted gram is its index and its value in a text.
type weighted struct {
	gram  int
	value float64
}

func newWordingProblem(samples []Sample) *wordingProblem {
	p := &wordingProblem{grams: vocabulary(samples)}
	index := make(map[string]int, len(p.grams))
	for i, g := range p.grams {
		index[g] = i
	}
	for _, s := range samples {
		if !s.worded() {
			continue
		}
		var row []weighted
		for _, g := range s.Wording.Grams {
			if i, ok := index[g.Key]; ok {
				row = append(row, weighted{i, g.Value})
			}
		}
		y := 0.0
		if s.Min >= review {
			y = 1
		}
		n := 1.0
		if s.Min == note && s.Max == note {
			n = noteCount
		}
		p.rows, p.label, p.count = append(p.rows, row), append(p.label, y), append(p.count, n)
	}
	p.spreads()
	return p
}

// spreads sets the spread of each gram, and scales its values by it: the problem is solved
// in weight/spread.
func (p *wordingProblem) spreads() {
	count := [2][]float64{make([]float64, len(p.grams)), make([]float64, len(p.grams))}
	total := [2]float64{}
	for i, row := range p.rows {
		side := int(p.label[i])
		total[side]++
		for _, g := range row {
			count[side][g.gram]++
		}
	}
	p.spread = make([]float64, len(p.grams))
	for k := range p.spread {
		odds := (count[1][k] + 1) / (total[1] + 2) * (total[0] + 2) / (count[0][k] + 1)
		p.spread[k] = loose + math.Abs(math.Log(odds))
	}
	for _, row := range p.rows {
		for i, g := range row {
			row[i].value = g.value * p.spread[g.gram]
		}
	}
}

// worded reports whether a sample teaches wording: it has some, and its label says on
// which side of review it is.
func (s Sample) worded() bool { return len(s.Wording.Grams) > 0 && (s.Min >= review || s.Max < review) }

// vocabulary returns the grams that are weighed, in order: those of most texts.
func vocabulary(samples []Sample) []string {
	count := make(map[string]int)
	for _, s := range samples {
		if s.worded() {
			for _, g := range s.Wording.Grams {
				count[g.Key]++
			}
		}
	}
	var out []string
	for g, n := range count {
		if n >= leastTexts {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	out = out[:min(len(out), classify.MaxGrams)]
	slices.Sort(out)
	return out
}

// objective is the loss at x, the weights over their spreads and the bias last; it fills grad, unless that is nil.
func (p *wordingProblem) objective(x, grad []float64) float64 {
	n := len(p.grams)
	clear(grad)
	loss := 0.0
	for i, row := range p.rows {
		z := x[n]
		for _, g := range row {
			z += float64(x[g.gram] * g.value)
		}
		loss += float64(p.count[i] * (softplus(z) - float64(p.label[i]*z)))
		if grad == nil {
			continue
		}
		d := float64(p.count[i] * (sigmoid(z) - p.label[i]))
		grad[n] += d
		for _, g := range row {
			grad[g.gram] += float64(d * g.value)
		}
	}
	for k, w := range x[:n] {
		loss += float64(ridge * w * w / 2)
		if grad != nil {
			grad[k] += float64(ridge * w)
		}
	}
	return loss
}

// fitWording makes the wording score of samples. Without any that teach it, it has no
// grams.
func fitWording(samples []Sample) (classify.Wording, error) {
	p := newWordingProblem(samples)
	if len(p.grams) == 0 {
		return classify.Wording{}, nil
	}
	x := make([]float64, len(p.grams)+1)
	// The optimiser asks for loss and slope of a point one after the other: both are
	// made at once.
	at, grad := make([]float64, len(x)), make([]float64, len(x))
	res, err := optimize.Minimize(optimize.Problem{
		Func: func(x []float64) float64 {
			copy(at, x)
			return p.objective(x, grad)
		},
		Grad: func(g, x []float64) {
			if !slices.Equal(at, x) {
				copy(at, x)
				p.objective(x, grad)
			}
			copy(g, grad)
		},
	}, x, &optimize.Settings{GradientThreshold: flatWording, Converger: optimize.NeverTerminate{}, MajorIterations: 1000}, &optimize.LBFGS{})
	if res == nil {
		return classify.Wording{}, fmt.Errorf("minimise the loss of the wording: %w", err)
	}
	w := classify.Wording{Bias: round2(res.X[len(p.grams)]), Grams: make(map[string]float64, len(p.grams))}
	for i, g := range p.grams {
		if v := round2(res.X[i] * p.spread[i]); v != 0 {
			w.Grams[g] = v
		}
	}
	return w, nil
}

// flatWording is the gradient at which the descent ends. Weights are rounded to hundredths, far coarser than what it leaves open.
const flatWording = 1e-1

// word returns the samples with the wording score that each got from samples of other
// parts, so that what weighs the score sees it as it will be on texts that are new to it.
func word(samples []Sample) ([]Sample, error) {
	out := slices.Clone(samples)
	return out, each(parts(samples), func(p part) error {
		w, err := fitWording(pick(samples, p.in))
		if err != nil {
			return err
		}
		for _, i := range p.held {
			out[i] = samples[i].with(w)
		}
		return nil
	})
}

// with returns a sample with the score of a wording.
func (s Sample) with(w classify.Wording) Sample {
	v := w.Value(s.Wording)
	features := make(map[string]float64, len(s.Features)+1)
	for name, x := range s.Features {
		features[name] = x
	}
	delete(features, classify.WordingFeature)
	if v != 0 {
		features[classify.WordingFeature] = v
	}
	s.Features = features
	return s
}
