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

// loose is how far a gram's weight may lie from 0 that as many authors write in positives as
// in negatives.
const loose = 0.3

// few is added to how many authors write a gram, so that one or two of them are no sign.
const few = 0.5

// noteCount is what a text of level note counts for beside others. A note is one weak sign of
// trafficking: nearly a review, and no harmless text. Taught as if it were one, it would teach
// that the signs are harmless; on authors unseen, counting it less finds more offers with as
// many alarms in all, and fewer at texts of level none.
const noteCount = 0.1

// A wordingProblem is a logistic regression over grams: P(review or above) is the logistic
// function of the bias and the sum of value times weight. The loss is −log P of the labels,
// times what each row counts for, and stiffness/2 · (weight/spread)² of each gram.
//
// A gram's spread is loose and the size of its log ratio: what naive Bayes takes for a sign is
// free to be one (Wang and Manning 2012, doi:10.5555/2390665.2390688). Here the ratio is of
// authors, not of texts: a turn of phrase that one author writes in ten offers is a habit, and
// one that ten authors write once each is a sign.
type wordingProblem struct {
	grams     []string // by index
	rows      [][]weighted
	label     []float64
	count     []float64 // what each row counts for
	author    []string  // of each row
	spread    []float64 // of each gram
	stiffness []float64 // of each gram
}

// A weighted gram is its index and its value in a text. There are tens of millions of them:
// going through them takes as long as memory does.
type weighted struct {
	gram  int32
	value float32
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
				row = append(row, weighted{int32(i), float32(g.Value)})
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
		p.author = append(p.author, cmp.Or(s.Author, s.Group)) // unsigned, a group stands for its author
	}
	p.spreads()
	p.stiffness = slices.Repeat([]float64{ridge}, len(p.grams))
	return p
}

// spreads sets the spread of each gram, and scales its values by it: the problem is solved
// in weight/spread.
func (p *wordingProblem) spreads() {
	authors := p.authorsOf()
	p.spread = make([]float64, len(p.grams))
	for k := range p.spread {
		p.spread[k] = loose + math.Abs(math.Log((authors[1][k]+few)/(authors[0][k]+few)))
	}
	for _, row := range p.rows {
		for i, g := range row {
			row[i].value = float32(float64(g.value) * p.spread[g.gram])
		}
	}
}

// authorsOf returns how many authors write each gram in a negative, and in a positive.
func (p *wordingProblem) authorsOf() (n [2][]float64) {
	var last [2][]string // the author counted last for each gram
	for side := range n {
		n[side], last[side] = make([]float64, len(p.grams)), make([]string, len(p.grams))
	}
	for _, i := range p.rowsByAuthor() {
		n, last := n[int(p.label[i])], last[int(p.label[i])]
		for _, g := range p.rows[i] {
			if n[g.gram] == 0 || last[g.gram] != p.author[i] {
				last[g.gram] = p.author[i]
				n[g.gram]++
			}
		}
	}
	return n
}

// rowsByAuthor returns the rows' indices, those of an author together.
func (p *wordingProblem) rowsByAuthor() []int {
	order := make([]int, len(p.rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p.author[i], p.author[j]) })
	return order
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

// logit is what x, the weights over their spreads and the bias last, says of a row.
func (p *wordingProblem) logit(x []float64, row []weighted) float64 {
	z := x[len(p.grams)]
	for _, g := range row {
		z += float64(x[g.gram] * float64(g.value))
	}
	return z
}

// objective is the loss at x, the weights over their spreads and the bias last; it fills grad, unless that is nil.
func (p *wordingProblem) objective(x, grad []float64) float64 {
	n := len(p.grams)
	clear(grad)
	loss := 0.0
	for i, row := range p.rows {
		z := p.logit(x, row)
		loss += float64(p.count[i] * (softplus(z) - float64(p.label[i]*z)))
		if grad == nil {
			continue
		}
		d := float64(p.count[i] * (sigmoid(z) - p.label[i]))
		grad[n] += d
		for _, g := range row {
			grad[g.gram] += float64(d * float64(g.value))
		}
	}
	for k, w := range x[:n] {
		loss += float64(p.stiffness[k] * w * w / 2)
		if grad != nil {
			grad[k] += float64(p.stiffness[k] * w)
		}
	}
	return loss
}

// stiffen holds a gram's weight the closer to 0, the more texts there are that x, the weights
// over their spreads, leaves open and that the gram would decide. This is what it costs to learn
// from texts of which every gram is blotted out with probability one half, to second order
// (Wager, Wang and Liang 2013, arXiv:1307.1493): texts by another author lack many of the
// grams that would give them away, and the rest must do.
func (p *wordingProblem) stiffen(x []float64) {
	for i, row := range p.rows {
		q := sigmoid(p.logit(x, row))
		open := float64(p.count[i] * q * (1 - q))
		for _, g := range row {
			p.stiffness[g.gram] += float64(open * float64(g.value) * float64(g.value))
		}
	}
}

// fitWording makes the wording score of samples. Without any that teach it, it has no
// grams.
func fitWording(samples []Sample) (classify.Wording, error) {
	p := newWordingProblem(samples)
	if len(p.grams) == 0 {
		return classify.Wording{}, nil
	}
	x, err := p.minimise(make([]float64, len(p.grams)+1), roughWording)
	if err != nil {
		return classify.Wording{}, err
	}
	p.stiffen(x)
	if x, err = p.minimise(x, flatWording); err != nil {
		return classify.Wording{}, err
	}
	w := classify.Wording{Bias: round2(x[len(p.grams)]), Grams: make(map[string]float64, len(p.grams))}
	for i, g := range p.grams {
		if v := round2(x[i] * p.spread[i]); v != 0 {
			w.Grams[g] = v
		}
	}
	return w, nil
}

// minimise returns where the loss is least, descending from x until no slope is above flat.
func (p *wordingProblem) minimise(x []float64, flat float64) ([]float64, error) {
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
	}, x, &optimize.Settings{GradientThreshold: flat, Converger: optimize.NeverTerminate{}, MajorIterations: 1000}, &optimize.LBFGS{})
	if res == nil {
		return nil, fmt.Errorf("minimise the loss of the wording: %w", err)
	}
	return res.X, nil
}

// flatWording is the gradient at which the descent ends. Weights are rounded to hundredths, far coarser than what it leaves open.
const flatWording = 1e-1

// roughWording is that of the first descent, which only says which texts are open.
const roughWording = 1

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
