// Package train makes the classifier's linear model from labelled texts.
//
// Rules find what a text shows; the model only weighs it. So there is little to
// learn, and it is learned so that everybody can repeat it: the same texts and
// rules give the same file, byte for byte.
package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"vigil"
	"vigil/classify"
	"vigil/internal/eval"
)

// Name and Version are those of the models that this package makes.
const (
	Name    = "vigil-listing"
	Version = "2.0.0"
)

// folds is how many parts a cross-validation has.
const folds = 5

// A Sample is a labelled text as the model sees it.
type Sample struct {
	Features map[string]float64
	Min, Max int    // ranks of the right levels, 0 to 3: the model does not tell escalate from priority
	Group    string // samples of a group are on one side of every split
	Author   string
	Wording  classify.Worded
}

// A Model is a trained model and how it came about.
type Model struct {
	classify.Model
	Platt       Platt // folded into bias and weights
	Calibration []Calibration
}

// Samples reads the features of rows.
func Samples(c *classify.Classifier, rows []eval.Row) []Sample {
	out := make([]Sample, len(rows))
	for i, r := range rows {
		out[i] = Sample{Features: c.Features(r.Listing), Min: rank(r.Min), Max: rank(r.Max), Group: r.Group, Author: r.Author}
		out[i].Wording = c.Worded(r.Listing)
		// Levels of other languages are capped at review: there the label says "at least".
		if r.Lang != "" && r.Lang != "en" && r.Max == vigil.LevelReview {
			out[i].Max = priority
		}
	}
	return out
}

// Ranks of levels.
const (
	note = iota + 1
	review
	priority
)

func rank(l vigil.Level) int { return min(l.Rank(), priority) }

// Fit trains a model on samples and chooses calibration and thresholds by
// cross-validation within them.
func Fit(space []classify.Feature, samples []Sample) (Model, error) {
	if err := enough(samples); err != nil {
		return Model{}, err
	}
	w, err := fitWording(samples)
	if err != nil {
		return Model{}, err
	}
	if samples, err = word(samples); err != nil {
		return Model{}, err
	}
	logits, err := unseen(space, samples)
	if err != nil {
		return Model{}, err
	}
	p, err := newProblem(space).solve(samples)
	if err != nil {
		return Model{}, err
	}
	m := Model{Platt: fitPlatt(logits, samples)}
	m.Calibration = calibrations(logits, samples)
	m.Model = p.model(m.Platt)
	m.Wording = w
	for i := range logits {
		logits[i] = m.Platt.logit(logits[i])
	}
	m.Thresholds, err = thresholds(space, m.Model, logits, samples)
	return m, err
}

// enough refuses samples that no model can be made of.
func enough(samples []Sample) error {
	var above, below int
	seen := make(map[string]bool)
	for _, s := range samples {
		seen[s.Group] = true
		switch {
		case s.Min >= review:
			above++
		case s.Max < review:
			below++
		}
	}
	if above < folds || below < folds || len(seen) < 2*folds {
		return fmt.Errorf("%d texts at review or above and %d below in %d groups, expected at least %d, %d and %d",
			above, below, len(seen), folds, folds, 2*folds)
	}
	return nil
}

// unseen returns the logit that each sample got from the model of the parts that lack it.
func unseen(space []classify.Feature, samples []Sample) ([]float64, error) {
	out := make([]float64, len(samples))
	return out, each(parts(samples), func(p part) error {
		s, err := newProblem(space).solve(pick(samples, p.in))
		if err != nil {
			return err
		}
		for _, i := range p.held {
			out[i] = s.logit(samples[i])
		}
		return nil
	})
}

// fold says in which part of a cross-validation a group is.
func fold(group string) int {
	h := sha256.Sum256([]byte("vigil train 1 " + group))
	return int(binary.BigEndian.Uint32(h[:4]) % folds)
}

// split returns the indices of the samples outside fold k, and of those in it.
func split(samples []Sample, k int) (in, held []int) {
	for i, s := range samples {
		if fold(s.Group) == k {
			held = append(held, i)
		} else {
			in = append(in, i)
		}
	}
	return in, held
}

func pick[T any](all []T, is []int) []T {
	out := make([]T, len(is))
	for n, i := range is {
		out[n] = all[i]
	}
	return out
}

// Train makes the model of texts: data is the bytes that their rows were read from, of
// which the model keeps the hash.
func Train(c *classify.Classifier, rows []eval.Row, data []byte) (Model, error) {
	m, err := Fit(c.Space(), Samples(c, rows))
	if err != nil {
		return Model{}, err
	}
	sum := sha256.Sum256(data)
	m.Name, m.Version, m.Texts, m.Data = Name, Version, len(rows), "sha256:"+hex.EncodeToString(sum[:])
	return m, nil
}

// Encode writes a model as model.json holds it.
func Encode(m classify.Model) ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}

// Blank returns a model of a feature space that was never trained: its weights are the
// prior's. With it, a program whose model.json is out of date can read features.
func Blank(space []classify.Feature) ([]byte, error) {
	p := newProblem(space)
	m := solution{problem: p, at: p.prior()}.model(Platt{A: 1})
	m.Name, m.Version = Name, "0"
	lo, hi := room(space, m)
	r := (lo + hi) / 2
	m.Thresholds = classify.Thresholds{Note: cut((m.Bias + weakest(space, m)) / 2), Review: cut(r), Priority: cut(hi + 1)}
	return Encode(m)
}

// sorted returns the distinct values of vs in order.
func sorted(vs []float64) []float64 {
	out := slices.Clone(vs)
	slices.Sort(out)
	return slices.Compact(out)
}
