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
	w := r.weigh()
	if r.c.model.reviews(w) {
		r.reviewed(w)
	}
	for i, m := range w.matches {
		f := r.finding(m, r.c.model.weight(w.terms[i]))
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

// reviewed adds the ages that a listing states which its score makes one for review. They
// weigh nothing, so that no feature depends on the score: they alone say the level.
func (r *reading) reviewed(w *weighing) {
	ages := r.agesOfReviewed()
	r.minor = r.minor || len(ages) > 0
	r.matches = append(r.matches, ages...)
	for _, m := range distinct(ages) {
		if !w.has(m) {
			w.add(m)
		}
	}
}

// has reports whether a match of m's indicator was taken in that overlaps m, or as many as
// are shown of one field.
func (w *weighing) has(m match) bool {
	n := 0
	for _, o := range w.matches {
		if o.indicator == m.indicator && o.field == m.field {
			if n++; m.lo < o.hi && o.lo < m.hi || n >= maxFindings {
				return true
			}
		}
	}
	return false
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
			cmp.Compare(a.scope, b.scope), weaker(a, b), cmp.Compare(a.lo, b.lo), cmp.Compare(b.hi, a.hi))
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

// weaker puts what is loosely matched after what is not.
func weaker(a, b match) int {
	switch {
	case a.weak == b.weak:
		return 0
	case a.weak:
		return 1
	}
	return -1
}

// A weighing turns matches into what the findings will be, and says what each adds to
// the features.
type weighing struct {
	r        *reading
	matches  []match
	terms    [][]term // of each match
	counters map[string]bool
}

// weigh weighs what was found.
func (r *reading) weigh() *weighing {
	w := &weighing{r: r, counters: make(map[string]bool)}
	w.candidates(distinct(r.matches))
	w.genres()
	w.vote()
	w.wording()
	return w
}

// candidates takes in the matches. What a scope turns round becomes a counter-indicator.
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
		default:
			w.add(m)
		}
	}
}

func (w *weighing) add(m match) {
	w.matches = append(w.matches, m)
	w.terms = append(w.terms, nil)
}

// term says that finding i adds to a feature.
func (w *weighing) term(i int, feature string, value float64) {
	w.terms[i] = append(w.terms[i], term{feature, value})
}

// counter adds a counter-indicator at m's place; only the first of its kind weighs.
func (w *weighing) counter(id string, m match, share float64) {
	same := func(o match) bool { return o.indicator == id && o.field == m.field && o.lo == m.lo && o.hi == m.hi }
	if slices.ContainsFunc(w.matches, same) {
		return
	}
	m.indicator = id
	w.add(m)
	if !w.counters[id] {
		w.counters[id] = true
		w.term(len(w.matches)-1, id, share)
	}
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
