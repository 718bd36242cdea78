package eval

import (
	"math"
	"strings"

	"vigil"
)

// A Judgement is what a system says of a listing. Systems without levels of their own
// give none or review.
type Judgement struct {
	Score        float64 // 0…1
	Level        vigil.Level
	Insufficient bool // it abstains: too little text, or a language it cannot read
	Findings     []vigil.Finding
}

// An outcome is a judgement beside its label.
type outcome struct {
	group, lang, corpus, class string
	genre                      vigil.Genre
	obfuscated, insufficient   bool
	ordinal                    Ordinal
	score                      float64
}

// reviewRank is the rank from which a level asks for a person's time.
var reviewRank = vigil.LevelReview.Rank()

// at returns the outcome as the question whether it is at a level or above; false if the
// label leaves that open.
func (o outcome) at(rank int) (Point, bool) {
	p := Point{Score: o.score, Positive: o.ordinal.Min >= rank, Flagged: o.ordinal.Got >= rank}
	return p, p.Positive || o.ordinal.Max < rank
}

// A System collects what one classifier or baseline says. It holds some 150 bytes a
// labelled row, and nothing for a negative. The zero value has no name and is ready.
type System struct {
	Name string

	outcomes   []outcome
	indicators map[string]*indicatorCount
	negatives  []*Alarm // by corpus and class, in order of appearance
	index      map[[2]string]*Alarm
	others     Histogram
	abstained  int // among negatives
}

// Add takes in the judgement of a labelled row. corpus names where the row is from.
func (s *System) Add(corpus string, r Row, j Judgement) {
	got := max(0, j.Level.Rank())
	s.outcomes = append(s.outcomes, outcome{
		group: r.Group, lang: r.Lang, corpus: corpus, class: r.Class, genre: r.Genre,
		obfuscated: r.Obfuscated, insufficient: j.Insufficient, score: j.Score,
		ordinal: Ordinal{Got: got, Min: r.Min.Rank(), Max: r.Max.Rank()},
	})
	if r.Marked {
		s.mark(r, j)
	}
	if r.Max.Rank() < reviewRank {
		s.alarm(corpus, r.Class, got >= reviewRank)
	}
}

// AddNegative takes in the judgement of a listing that offers nobody.
func (s *System) AddNegative(corpus string, n Negative, j Judgement) {
	s.others.Add(j.Score)
	if j.Insufficient {
		s.abstained++
	}
	s.alarm(corpus, n.Class, j.Level.Rank() >= reviewRank)
}

// maxClasses bounds the classes told apart; a hostile file could name one a row.
const maxClasses = 500

func (s *System) alarm(corpus, class string, alarmed bool) {
	if s.index == nil {
		s.index = make(map[[2]string]*Alarm)
	}
	if len(s.index) >= maxClasses && s.index[[2]string{corpus, class}] == nil {
		class = "…"
	}
	a := s.index[[2]string{corpus, class}]
	if a == nil {
		a = &Alarm{Corpus: corpus, Class: class}
		s.index[[2]string{corpus, class}] = a
		s.negatives = append(s.negatives, a)
	}
	a.N++
	if alarmed {
		a.Alarms++
	}
}

// An Alarm counts false alarms among the negatives of one class of a corpus.
type Alarm struct {
	Corpus string   `json:"corpus"`
	Class  string   `json:"class,omitempty"`
	N      int      `json:"n"`
	Alarms int      `json:"alarms"`
	Per10k number   `json:"per_10000"`
	CI     Interval `json:"per_10000_95"` // Wilson
}

// per10k fills in the rate and its bounds.
func (a Alarm) per10k() Alarm {
	i := Wilson(a.Alarms, a.N)
	a.Per10k, a.CI = number(1e4*ratio(a.Alarms, a.N)), Interval{1e4 * i.Low, 1e4 * i.High}
	return a
}

// An indicatorCount counts one indicator: by text, by span alike, by span overlapping.
type indicatorCount struct{ text, exact, overlap Count }

// mark compares the findings with the marks. A finding counts where the text is at note or
// above: below, it shows a reader what was not believed. Counter-indicators are not
// compared, for labels name them now and then only, nor is the wording as a whole, which
// they never name.
func (s *System) mark(r Row, j Judgement) {
	if s.indicators == nil {
		s.indicators = make(map[string]*indicatorCount)
	}
	want, got := make(map[string][]Mark), make(map[string][]vigil.Finding)
	for _, m := range r.Marks {
		if !strings.HasPrefix(m.ID, "CTR-") {
			want[m.ID] = append(want[m.ID], m)
		}
	}
	for _, f := range j.Findings {
		if f.Polarity == vigil.For && j.Level.Rank() > 0 && !strings.HasPrefix(f.Indicator, "WRD-") {
			got[f.Indicator] = append(got[f.Indicator], f)
		}
	}
	for id := range want {
		s.count(id).text.add(true, len(got[id]) > 0)
	}
	for id := range got {
		if len(want[id]) == 0 {
			s.count(id).text.add(false, true)
		}
	}
	if !r.worded() {
		return
	}
	for id, c := range s.indicators {
		c.exact.spans(r, want[id], got[id], func(a, b [2]int) bool { return a == b })
		c.overlap.spans(r, want[id], got[id], func(a, b [2]int) bool { return a[0] < b[1] && b[0] < a[1] })
	}
}

func (s *System) count(id string) *indicatorCount {
	if s.indicators[id] == nil {
		s.indicators[id] = new(indicatorCount)
	}
	return s.indicators[id]
}

func (c *Count) add(positive, flagged bool) {
	switch {
	case positive && flagged:
		c.TP++
	case flagged:
		c.FP++
	case positive:
		c.FN++
	}
}

// spans pairs marks with findings of one indicator, each with one at most, in their order.
// Unpaired marks are misses, unpaired findings false.
func (c *Count) spans(r Row, want []Mark, got []vigil.Finding, same func(a, b [2]int) bool) {
	taken := make([]bool, len(got))
	for _, m := range want {
		c.add(true, pair(r, m, got, taken, same))
	}
	for i := range got {
		if !taken[i] {
			c.FP++
		}
	}
}

func pair(r Row, m Mark, got []vigil.Finding, taken []bool, same func(a, b [2]int) bool) bool {
	places := r.Places(m)
	for i, f := range got {
		if taken[i] || f.Field != m.Field {
			continue
		}
		for _, at := range places {
			if same(at, [2]int{f.Start, f.End}) {
				taken[i] = true
				return true
			}
		}
	}
	return false
}

// points returns all outcomes that answer the question of a level.
func points(os []outcome, rank int) []Point {
	var ps []Point
	for _, o := range os {
		if p, ok := o.at(rank); ok {
			ps = append(ps, p)
		}
	}
	return ps
}

func ordinals(os []outcome) []Ordinal {
	out := make([]Ordinal, len(os))
	for i, o := range os {
		out[i] = o.ordinal
	}
	return out
}

// risk is the share of wrong answers, at review, among the texts that were judged.
func risk(os []outcome) float64 {
	wrong, n := 0, 0
	for _, o := range os {
		if p, ok := o.at(reviewRank); ok && !o.insufficient {
			n++
			if p.Positive != p.Flagged {
				wrong++
			}
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return float64(wrong) / float64(n)
}
