package classify

import (
	"cmp"
	"slices"

	"vigil"
	"vigil/classify/indicator"
)

// unshut is the share of its weight that a genre's counter-indicator keeps where the
// seller's voice outweighs the genre.
const unshut = 0.3

// offersPerson reports whether the listing, in its own voice, shows an indicator of
// an offered person.
func (r *reading) offersPerson() bool {
	return !r.shut && slices.ContainsFunc(r.matches, func(m match) bool {
		return m.scope == asserted && offers(r.c.taxonomy[m.indicator])
	})
}

// strong reports whether one of the matches may ask for a review alone.
func (r *reading) strong() bool {
	return !r.shut && slices.ContainsFunc(r.matches, func(m match) bool {
		return m.scope == asserted && r.c.taxonomy[m.indicator].Tier == indicator.TierA
	})
}

func (r *reading) genre() vigil.Genre {
	goods := false
	for n, l := range r.c.vocabulary.lexicons {
		goods = goods || r.have[n].has(l.known.goods)
	}
	return r.tally.genre(r.offersPerson(), goods)
}

// findings weighs the matches and counter-indicators. The sum of the weights and
// the model's bias is the logit of the score.
func (r *reading) findings() []vigil.Finding {
	fs := []vigil.Finding{}
	w := weighing{r: r, best: make(map[string]int), counters: make(map[string]bool)}
	w.candidates(distinct(r.matches))
	w.vote()
	for i, m := range w.matches {
		f := r.finding(m, w.weights[i])
		if r.secret(m) {
			withhold(&f)
		}
		fs = append(fs, f)
	}
	slices.SortStableFunc(fs, func(a, b vigil.Finding) int {
		return cmp.Or(
			cmp.Compare(b.Field, a.Field), // title before description
			cmp.Compare(a.Start, b.Start), cmp.Compare(a.Indicator, b.Indicator), cmp.Compare(a.End, b.End))
	})
	return fs
}

// withhold puts a hash in the place of a finding's text.
func withhold(f *vigil.Finding) {
	f.Withheld = vigil.Withhold(f.Text)
	f.Text = ""
}

// finding shows a match.
func (r *reading) finding(m match, weight float64) vigil.Finding {
	f := r.fields[m.field]
	return vigil.Finding{
		Indicator: m.indicator, Polarity: r.c.taxonomy[m.indicator].Polarity, Field: f.name,
		Start: m.lo, End: m.hi, Text: f.given[m.lo:m.hi], Weight: weight,
	}
}

// distinct drops matches of one indicator that overlap an earlier one in a field, an
// asserted one being preferred, and what goes beyond maxFindings.
func distinct(ms []match) []match {
	ms = slices.Clone(ms)
	slices.SortStableFunc(ms, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.indicator, b.indicator), cmp.Compare(a.field, b.field),
			cmp.Compare(a.scope, b.scope), cmp.Compare(a.lo, b.lo), cmp.Compare(b.hi, a.hi))
	})
	var out []match
	begin := 0 // of this indicator in this field, in out
	for i, m := range ms {
		if i == 0 || m.indicator != ms[i-1].indicator || m.field != ms[i-1].field {
			begin = len(out)
		}
		overlaps := func(o match) bool { return m.lo < o.hi && o.lo < m.hi }
		if len(out)-begin < maxFindings && !slices.ContainsFunc(out[begin:], overlaps) {
			out = append(out, m)
		}
	}
	return out
}

// A weighing gives matches their weights: one vote a family.
type weighing struct {
	r        *reading
	matches  []match
	weights  []float64
	best     map[string]int // of each family: the match that votes
	counters map[string]bool
}

// candidates turns matches into what the findings will be, with weights as if each
// stood alone.
func (w *weighing) candidates(ms []match) {
	for _, m := range ms {
		switch m.scope {
		case negated:
			m.lo, m.hi = min(m.lo, m.cue[0]), max(m.hi, m.cue[1])
			w.counter("CTR-12", m, 1)
		case inhuman:
			m.lo, m.hi = m.cue[0], m.cue[1]
			w.counter("CTR-10", m, 1)
		case ware:
			m.lo, m.hi = m.cue[0], m.cue[1]
			w.counter("CTR-5", m, 1)
		case supposed, reported:
			w.add(m, w.r.c.model.Weights[m.indicator]*w.r.c.model.Hedge)
		default:
			share := 1.0
			if w.r.shut {
				share = w.r.c.model.Hedge
			}
			w.add(m, w.r.c.model.Weights[m.indicator]*share)
		}
	}
	w.genres()
}

func (w *weighing) add(m match, weight float64) {
	w.matches = append(w.matches, m)
	w.weights = append(w.weights, weight)
}

// counter adds a counter-indicator at m's place; only the first of its kind weighs.
func (w *weighing) counter(id string, m match, share float64) {
	same := func(o match) bool { return o.indicator == id && o.field == m.field && o.lo == m.lo && o.hi == m.hi }
	if slices.ContainsFunc(w.matches, same) {
		return
	}
	weight := 0.0
	if !w.counters[id] {
		w.counters[id] = true
		weight = w.r.c.model.Weights[id] * share
	}
	m.indicator = id
	w.add(m, weight)
}

// genres adds the counter-indicators of the listing's genre.
func (w *weighing) genres() {
	t := w.r.tally
	if g, score, shut := t.gate(); score >= gateFrom {
		share := unshut
		if shut {
			share = 1
		}
		w.cues(g, share)
	}
	independent := genreIndex(string(vigil.GenreIndependentAdult))
	if t.score(independent) >= gateFrom {
		share := 1.0
		if w.r.strong() {
			share = unshut
		}
		w.cues(independent, share)
	}
	if g := genreIndex(string(vigil.GenreScam)); t.score(g) >= 2*gateFrom {
		w.cues(g, 1)
	}
	if g := genreIndex(string(vigil.GenreRecruitment)); t.score(g) >= gateFrom && !w.r.strong() {
		w.cues(g, 1)
	}
}

// shown is how many cues of a genre are shown as findings.
const shown = 3

func (w *weighing) cues(genre int, share float64) {
	ps := w.r.tally.places[genre]
	for _, p := range ps[:min(len(ps), shown)] {
		lo, hi := w.r.fields[p.field].source(p.start, p.end)
		w.counter(genreCounters[genres[genre]], match{field: p.field, lo: lo, hi: hi}, share)
	}
}

// vote leaves each family one weight, its greatest, and context its weight only beside
// an indicator that is more than context.
func (w *weighing) vote() {
	taxonomy := w.r.c.taxonomy
	backed := make(map[string]bool) // families with a full vote
	for i, m := range w.matches {
		in := taxonomy[m.indicator]
		if offers(in) && w.weights[i] >= w.r.c.model.Weights[m.indicator] {
			backed[in.Family] = true
		}
	}
	for i, m := range w.matches {
		in := taxonomy[m.indicator]
		if in.Polarity == vigil.Against {
			continue
		}
		w.weights[i] = w.context(in, w.weights[i], backed)
		if k, ok := w.best[in.Family]; !ok {
			w.best[in.Family] = i
		} else if w.weights[i] > w.weights[k] {
			w.weights[k] = 0
			w.best[in.Family] = i
		} else {
			w.weights[i] = 0
		}
	}
}

// context returns the weight of an indicator given the families that vote in full.
func (w *weighing) context(in indicator.Indicator, weight float64, backed map[string]bool) float64 {
	if in.Tier != indicator.TierC {
		return weight
	}
	for _, j := range w.r.c.model.Joint {
		if j.Indicator == in.ID && backed[j.With] {
			return j.Weight
		}
	}
	if weight > 0 && len(backed) == 0 {
		return 0
	}
	return weight
}
