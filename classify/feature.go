package classify

import (
	"slices"
	"strings"

	"vigil"
	"vigil/classify/indicator"
)

// A Feature is one quantity of a listing that the linear model weighs.
type Feature struct {
	Name string
	Kind Kind
}

// A Kind says what a feature counts, and with it which weights it may have.
type Kind int

// Kinds of features.
const (
	Strong      Kind = iota // vote of a family by a tier A indicator: alone, it asks for a review
	Weak                    // vote of a family by a tier B indicator: alone, a note
	Told                    // an indicator that is reported or supposed, or in a text that tells about offers
	Context                 // tier C indicator beside a vote: lifts it a little
	Inverse                 // tier C indicator that is found less often in cases: never above 0
	Combination             // two votes together: never below 0
	Pair                    // two weak votes and no strong one: together a review
	Counter                 // counter-indicator: below 0
	Score                   // wording score, of either sign: never below 0
)

// Features of [Told], of which a listing has one at most.
const (
	hedgedFeature = "hedged" // reported, supposed: "if somebody sells a woman"
	shutFeature   = "shut"   // asserted, in a text whose genre shuts the gate
)

// WordingFeature is the name of the wording score, in logits.
const WordingFeature = "wording"

// A combination is a pair of votes that says more than its parts. A part is a family or
// an indicator; the weight is shown on the second's finding.
type combination struct{ name, first, second string }

// combinations returns the named pairs. strong+strong and weak+weak stand for any two
// families, the latter where no strong one votes.
func combinations() []combination {
	var cs []combination
	for _, name := range []string{
		anyStrong + "+" + anyStrong, anyWeak + "+" + anyWeak,
		"sale+delivery", "sale+terms", "terms+delivery", "documents+debt", "documents+confinement", "sale+documents",
		"TPC-2+MUL-1", "third-party+control", "third-party+MOV-1", "control+MOV-1",
	} {
		first, second, _ := strings.Cut(name, "+")
		cs = append(cs, combination{name, first, second})
	}
	return cs
}

const (
	anyStrong = "strong"
	anyWeak   = "weak"
)

// vote names the feature of a family's vote.
func vote(in indicator.Indicator) string { return in.Family + "/" + string(in.Tier) }

// Space returns the features of a taxonomy in a fixed order: votes, told ones, context,
// combinations, counter-indicators, the wording.
func Space(t indicator.Taxonomy) []Feature {
	var votes, context, counters []Feature
	for _, in := range t.Indicators {
		switch {
		case worded(in):
		case in.Polarity == vigil.Against:
			counters = append(counters, Feature{in.ID, Counter})
		case in.Tier == indicator.TierC && in.Evidence == indicator.Inverse:
			context = append(context, Feature{in.ID, Inverse})
		case in.Tier == indicator.TierC:
			context = append(context, Feature{in.ID, Context})
		default:
			f := Feature{vote(in), Weak}
			if in.Tier == indicator.TierA {
				f.Kind = Strong
			}
			if !slices.Contains(votes, f) {
				votes = append(votes, f)
			}
			// What is matched loosely votes as tier B.
			in.Tier = indicator.TierB
			if f = (Feature{vote(in), Weak}); !slices.Contains(votes, f) {
				votes = append(votes, f)
			}
		}
	}
	fs := append(votes, Feature{hedgedFeature, Told}, Feature{shutFeature, Told})
	fs = append(fs, context...)
	for _, c := range combinations() {
		f := Feature{c.name, Combination}
		if c.first == anyWeak {
			f.Kind = Pair
		}
		fs = append(fs, f)
	}
	return append(append(fs, counters...), Feature{WordingFeature, Score})
}

// A term is what one finding adds to one feature.
type term struct {
	feature string
	value   float64
}

// Features returns the feature vector of a listing, without the features that are 0. But
// for the wording score it does not depend on the model: the score is the logistic function
// of the bias and the sum of value times weight.
func (c *Classifier) Features(l vigil.Listing) map[string]float64 {
	r := c.read(l)
	r.run()
	w := r.weigh()
	sum := make(map[string]float64)
	for _, ts := range w.terms {
		for _, t := range ts {
			sum[t.feature] += t.value
		}
	}
	return sum
}
