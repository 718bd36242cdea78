package baseline

import (
	"maps"
	"math"
	"slices"

	"vigil"
	"vigil/internal/eval"
)

// grams returns the words and pairs of words of a listing, with how often each stands there.
func grams(l vigil.Listing) map[string]float64 {
	ws := words(l)
	counts := make(map[string]float64)
	for i, w := range ws {
		counts[w]++
		if i > 0 {
			counts[ws[i-1]+" "+w]++
		}
	}
	return counts
}

// NaiveBayes is the multinomial model over words and pairs of words, with add-one smoothing
// (McCallum and Nigam 1998).
func NaiveBayes(rows []eval.Row) System {
	var texts, total [2]float64
	counts := [2]map[string]float64{{}, {}}
	vocabulary := make(map[string]bool)
	for _, r := range rows {
		y, ok := label(r)
		if !ok {
			continue
		}
		k := class(y)
		texts[k]++
		for g, n := range grams(r.Listing) {
			counts[k][g] += n
			total[k] += n
			vocabulary[g] = true
		}
	}
	size := float64(len(vocabulary))
	odds := func(g string) float64 {
		return math.Log((counts[1][g]+1)/(total[1]+size)) - math.Log((counts[0][g]+1)/(total[0]+size))
	}
	return System{"naive Bayes", func(l vigil.Listing) eval.Judgement {
		sum := math.Log((texts[1] + 1) / (texts[0] + 1))
		gs := grams(l)
		for _, g := range slices.Sorted(maps.Keys(gs)) {
			if vocabulary[g] {
				sum += gs[g] * odds(g)
			}
		}
		return judgement(1 / (1 + math.Exp(-sum)))
	}}
}

func class(positive bool) int {
	if positive {
		return 1
	}
	return 0
}

// A vectorizer turns listings into TF-IDF vectors of length one: (1 + log tf)·log((1+n)/(1+df)) + 1,
// over the grams that stand in two training texts or more.
type vectorizer struct {
	index map[string]int
	idf   []float64
}

type component struct {
	at    int
	value float64
}

func newVectorizer(rows []eval.Row) *vectorizer {
	df := make(map[string]int)
	for _, r := range rows {
		for g := range grams(r.Listing) {
			df[g]++
		}
	}
	v := &vectorizer{index: make(map[string]int)}
	for _, g := range slices.Sorted(maps.Keys(df)) {
		if df[g] >= 2 {
			v.index[g] = len(v.idf)
			v.idf = append(v.idf, math.Log(float64(1+len(rows))/float64(1+df[g]))+1)
		}
	}
	return v
}

func (v *vectorizer) vector(l vigil.Listing) []component {
	var cs []component
	gs := grams(l)
	norm := 0.0
	for _, g := range slices.Sorted(maps.Keys(gs)) {
		if i, ok := v.index[g]; ok {
			x := (1 + math.Log(gs[g])) * v.idf[i]
			cs = append(cs, component{i, x})
			norm += x * x
		}
	}
	for i := range cs {
		cs[i].value /= math.Sqrt(norm)
	}
	return cs
}

// LogisticRegression is TF-IDF with an L2-penalised logistic regression (C = 10), fitted by
// accelerated gradient descent (Nesterov 1983).
func LogisticRegression(rows []eval.Row) System {
	v := newVectorizer(rows)
	var xs [][]component
	var ys []float64
	for _, r := range rows {
		if y, ok := label(r); ok {
			xs, ys = append(xs, v.vector(r.Listing)), append(ys, float64(class(y)))
		}
	}
	w, b := descend(xs, ys, len(v.idf), 0.1)
	return System{"TF-IDF + logistic regression", func(l vigil.Listing) eval.Judgement {
		return judgement(sigmoid(dot(w, v.vector(l)) + b))
	}}
}

// rounds is enough for the loss to settle: its curvature is bounded, for vectors have
// length one.
const rounds = 400

// descend minimises Σ log-loss + penalty/2·|w|².
func descend(xs [][]component, ys []float64, size int, penalty float64) (w []float64, b float64) {
	w, ahead := make([]float64, size), make([]float64, size)
	aheadB := 0.0
	step := 1 / (0.5*float64(len(xs)) + penalty)
	for t := 1; t <= rounds; t++ {
		grad := make([]float64, size)
		gb := 0.0
		for i, x := range xs {
			d := sigmoid(dot(ahead, x)+aheadB) - ys[i]
			gb += d
			for _, c := range x {
				grad[c.at] += d * c.value
			}
		}
		push := float64(t-1) / float64(t+2)
		for i := range w {
			next := ahead[i] - step*(grad[i]+penalty*ahead[i])
			ahead[i] = next + push*(next-w[i])
			w[i] = next
		}
		next := aheadB - step*gb
		aheadB = next + push*(next-b)
		b = next
	}
	return w, b
}

func dot(w []float64, x []component) float64 {
	sum := 0.0
	for _, c := range x {
		sum += w[c.at] * c.value
	}
	return sum
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// All returns every baseline, the learned ones from these rows.
func All(rows []eval.Row) []System {
	return []System{Majority(rows), Keywords(), Pronouns(), NaiveBayes(rows), LogisticRegression(rows)}
}
