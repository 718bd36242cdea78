package eval

import "math"

// A Point is one text as a binary question: is it at or above a level?
type Point struct {
	Score    float64 // 0…1, from the system that is measured
	Positive bool    // by the label
	Flagged  bool    // by the system
}

// A Count holds the four cells of a binary table.
type Count struct{ TP, FP, FN, TN int }

// Tally counts points.
func Tally(ps []Point) Count {
	var c Count
	for _, p := range ps {
		switch {
		case p.Positive && p.Flagged:
			c.TP++
		case p.Flagged:
			c.FP++
		case p.Positive:
			c.FN++
		default:
			c.TN++
		}
	}
	return c
}

// Precision is TP / (TP + FP): the share of alarms that are right. NaN without alarms.
func (c Count) Precision() float64 { return ratio(c.TP, c.TP+c.FP) }

// Recall is TP / (TP + FN): the share of positives that are found. NaN without positives.
func (c Count) Recall() float64 { return ratio(c.TP, c.TP+c.FN) }

// F1 is 2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall. NaN without
// positives and alarms.
func (c Count) F1() float64 { return ratio(2*c.TP, 2*c.TP+c.FP+c.FN) }

func ratio(a, b int) float64 {
	if b == 0 {
		return math.NaN()
	}
	return float64(a) / float64(b)
}

// An Ordinal is one text with its ranks, 0 for none to 4 for escalate.
type Ordinal struct{ Got, Min, Max int }

// off is how many levels lie between the level given and the nearest right one.
func (o Ordinal) off() int { return max(0, o.Min-o.Got, o.Got-o.Max) }

// MAE is the mean absolute error in levels: 1/n · Σ |got − label|, where a label that allows
// several levels is as near as its nearest. NaN without texts.
func MAE(os []Ordinal) float64 {
	sum := 0
	for _, o := range os {
		sum += o.off()
	}
	return ratio(sum, len(os))
}

// MacroMAE is the mean, over the levels that labels name, of the MAE of each level's texts
// (Baccianella, Esuli, Sebastiani 2009), so that rare levels count as much as common
// ones. Texts whose label allows several levels are left out. NaN without texts.
func MacroMAE(os []Ordinal) float64 {
	byLevel := make(map[int][]Ordinal)
	for _, o := range os {
		if o.Min == o.Max {
			byLevel[o.Min] = append(byLevel[o.Min], o)
		}
	}
	sum := 0.0
	for rank := range 5 {
		if of := byLevel[rank]; len(of) > 0 {
			sum += MAE(of)
		}
	}
	if len(byLevel) == 0 {
		return math.NaN()
	}
	return sum / float64(len(byLevel))
}
