package eval

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"vigil"
)

// A number is a measure; JSON has null for NaN, and four places otherwise.
type number float64

// MarshalJSON writes null for what is undefined, such as the precision of no alarms.
func (n number) MarshalJSON() ([]byte, error) {
	if f := float64(n); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return json.Marshal(math.Round(f*1e4) / 1e4)
	}
	return []byte("null"), nil
}

// A Measure is a value and its bootstrap interval.
type Measure struct {
	Value number   `json:"value"`
	CI    Interval `json:"ci95"`
}

// A Report is everything that is measured of one system.
type Report struct {
	System      string      `json:"system"`
	Texts       int         `json:"texts"`
	Groups      int         `json:"groups"`
	Negatives   int         `json:"negatives"` // rows without labels
	Recall      Measure     `json:"recall"`    // at review or above, as those down to ece
	Precision   Measure     `json:"precision"`
	AgainstNone Measure     `json:"precision_against_none"` // of alarms at texts for review and at those of level none
	F1          Measure     `json:"f1"`
	PRAUC       Measure     `json:"pr_auc"`
	RecallAtFPR Measure     `json:"recall_at_fpr_0.001"` // rows without labels are among the negatives
	FPR         number      `json:"fpr_reached"`
	PrecisionAt []AtK       `json:"precision_at"`
	MAE         Measure     `json:"mae"`
	MacroMAE    Measure     `json:"macro_mae"`
	Brier       Measure     `json:"brier"`
	ECE         Measure     `json:"ece"`
	ECEAdaptive Measure     `json:"ece_adaptive"`
	Obfuscated  Measure     `json:"obfuscated_recall"`
	NObfuscated int         `json:"obfuscated_positives"`
	Coverage    number      `json:"coverage"` // share not abstained from
	Risk        number      `json:"risk"`     // share of wrong answers among those
	Abstained   int         `json:"abstained"`
	Levels      []LevelRow  `json:"levels"`
	Indicators  []IndicRow  `json:"indicators"`
	Alarms      []Alarm     `json:"false_alarms"`
	ByLang      []PartRow   `json:"by_lang"`
	ByGenre     []PartRow   `json:"by_genre"`
	ByCorpus    []PartRow   `json:"by_corpus"`
	Reliability Reliability `json:"reliability"`
}

// AtK is precision at k.
type AtK struct {
	K     int    `json:"k"`
	Value number `json:"value"`
}

// A LevelRow is the question whether a text is at a level or above.
type LevelRow struct {
	Level vigil.Level `json:"level"`
	Count
	Precision number   `json:"precision"`
	PCI       Interval `json:"precision_95"` // Wilson
	Recall    number   `json:"recall"`
	RCI       Interval `json:"recall_95"` // Wilson
	F1        number   `json:"f1"`
}

// An IndicRow is one indicator: by text, and by spans that are equal or overlap.
type IndicRow struct {
	ID      string `json:"id"`
	N       int    `json:"n"` // texts labelled with it
	Text    PRF    `json:"text"`
	Exact   PRF    `json:"span_exact"`
	Overlap PRF    `json:"span_overlap"`
}

// PRF is precision, recall and F1.
type PRF struct {
	Precision number `json:"precision"`
	Recall    number `json:"recall"`
	F1        number `json:"f1"`
}

// A PartRow is a part of the texts at review or above.
type PartRow struct {
	Part      string `json:"part"`
	N         int    `json:"n"`
	Positives int    `json:"positives"`
	Found     int    `json:"found"`
	Recall    number `json:"recall"`
	Negatives int    `json:"negatives"`
	Alarms    int    `json:"alarms"`
	Coverage  number `json:"coverage"`
}

// Reliability holds both kinds of bins.
type Reliability struct {
	Equal    []Bin `json:"equal"`
	Adaptive []Bin `json:"adaptive"`
}

// mostFPR is the false positive rate at which recall is told.
const mostFPR = 0.001

// Report measures what the system has said so far.
func (s *System) Report() Report {
	ps := points(s.outcomes, reviewRank)
	r := Report{System: s.Name, Texts: len(s.outcomes), Negatives: s.others.N(), Groups: groups(s.outcomes)}
	_, rate := RecallAtFPR(ps, &s.others, mostFPR)
	r.FPR = number(rate)
	s.measure(&r)
	for _, k := range []int{10, 50, 100} {
		if len(ps) >= k {
			r.PrecisionAt = append(r.PrecisionAt, AtK{k, number(PrecisionAt(ps, k))})
		}
	}
	r.Abstained = s.abstained
	for _, o := range s.outcomes {
		if o.insufficient {
			r.Abstained++
		}
		if p, ok := o.at(reviewRank); ok && o.obfuscated && p.Positive {
			r.NObfuscated++
		}
	}
	n := len(s.outcomes) + s.others.N()
	r.Coverage, r.Risk = number(ratio(n-r.Abstained, n)), number(risk(s.outcomes))
	r.Levels = levels(s.outcomes)
	r.Indicators = s.indicRows()
	for _, a := range s.negatives {
		r.Alarms = append(r.Alarms, a.per10k())
	}
	slices.SortStableFunc(r.Alarms, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(a.Corpus, b.Corpus), cmp.Compare(a.Class, b.Class))
	})
	r.ByLang = parts(s.outcomes, func(o outcome) string { return o.lang })
	r.ByGenre = parts(s.outcomes, func(o outcome) string { return string(o.genre) })
	r.ByCorpus = parts(s.outcomes, func(o outcome) string { return o.corpus })
	r.Reliability = Reliability{EqualBins(ps, Bins), AdaptiveBins(ps, Bins)}
	return r
}

// measure fills in the measures that have bootstrap intervals.
func (s *System) measure(r *Report) {
	into := []*Measure{&r.Recall, &r.Precision, &r.AgainstNone, &r.F1, &r.PRAUC, &r.RecallAtFPR, &r.MAE, &r.MacroMAE, &r.Brier, &r.ECE, &r.ECEAdaptive, &r.Obfuscated}
	names := make([]string, len(s.outcomes))
	all := make([]int, len(s.outcomes))
	for i, o := range s.outcomes {
		names[i], all[i] = o.group, i
	}
	drawn := make([]outcome, 0, len(all))
	measures := func(is []int) []float64 {
		drawn = drawn[:0]
		for _, i := range is {
			drawn = append(drawn, s.outcomes[i])
		}
		return s.vector(drawn)
	}
	for i, v := range measures(all) {
		into[i].Value = number(v)
	}
	for i, ci := range Bootstrap(names, measures) {
		into[i].CI = ci
	}
}

// vector returns the measures of some outcomes, in the order of [System.measure].
func (s *System) vector(os []outcome) []float64 {
	ps, ord := points(os, reviewRank), ordinals(os)
	c := Tally(ps)
	var hidden, plain []Point
	for _, o := range os {
		p, ok := o.at(reviewRank)
		if ok && o.obfuscated {
			hidden = append(hidden, p)
		}
		if ok && (p.Positive || o.ordinal.Max == 0) {
			plain = append(plain, p)
		}
	}
	atFPR, _ := RecallAtFPR(ps, &s.others, mostFPR)
	return []float64{
		c.Recall(), c.Precision(), Tally(plain).Precision(), c.F1(), PRAUC(ps), atFPR, MAE(ord), MacroMAE(ord), Brier(ps),
		ECE(EqualBins(ps, Bins)), ECE(AdaptiveBins(ps, Bins)), Tally(hidden).Recall(),
	}
}

func groups(os []outcome) int {
	seen := make(map[string]bool)
	for _, o := range os {
		seen[o.group] = true
	}
	return len(seen)
}

// levels measures the question of each level above none.
func levels(os []outcome) []LevelRow {
	var rows []LevelRow
	for _, l := range []vigil.Level{vigil.LevelNote, vigil.LevelReview, vigil.LevelPriority, vigil.LevelEscalate} {
		c := Tally(points(os, l.Rank()))
		rows = append(rows, LevelRow{
			Level: l, Count: c, F1: number(c.F1()),
			Precision: number(c.Precision()), PCI: Wilson(c.TP, c.TP+c.FP),
			Recall: number(c.Recall()), RCI: Wilson(c.TP, c.TP+c.FN),
		})
	}
	return rows
}

func (s *System) indicRows() []IndicRow {
	var rows []IndicRow
	for _, id := range slices.Sorted(maps.Keys(s.indicators)) {
		c := s.indicators[id]
		rows = append(rows, IndicRow{id, c.text.TP + c.text.FN, c.text.prf(), c.exact.prf(), c.overlap.prf()})
	}
	return rows
}

func (c Count) prf() PRF {
	return PRF{number(c.Precision()), number(c.Recall()), number(c.F1())}
}

// parts splits outcomes by a name.
func parts(os []outcome, name func(outcome) string) []PartRow {
	by := make(map[string][]outcome)
	for _, o := range os {
		by[name(o)] = append(by[name(o)], o)
	}
	var rows []PartRow
	for _, part := range slices.Sorted(maps.Keys(by)) {
		c := Tally(points(by[part], reviewRank))
		judged := 0
		for _, o := range by[part] {
			if !o.insufficient {
				judged++
			}
		}
		rows = append(rows, PartRow{
			Part: part, N: len(by[part]), Positives: c.TP + c.FN, Found: c.TP, Recall: number(c.Recall()),
			Negatives: c.FP + c.TN, Alarms: c.FP, Coverage: number(ratio(judged, len(by[part]))),
		})
	}
	return rows
}
