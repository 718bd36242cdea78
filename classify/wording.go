package classify

import (
	"cmp"
	"math"
	"slices"

	"vigil"
	"vigil/classify/indicator"
)

// Wording weighs the words of an offer as a whole, where rules look for structure: rules
// and their lexicons never name every way to say a thing. It is a logistic regression over
// grams, trained on whether a text is one for review, and one more feature beside the rules,
// behind their gates.
type Wording struct {
	Bias  float64            `json:"bias"`
	Grams map[string]float64 `json:"grams"` // weight of each gram, in logits
}

// MaxGrams is how many grams a model may weigh.
const MaxGrams = 150000

// The indicators that a wording is shown as, and their family.
const (
	wordingFor     = "WRD-1"
	wordingAgainst = "CTR-15"
	wordingFamily  = "wording"
)

// Bounds of what is read for the wording, and of what it says.
const (
	maxWords   = 600 // of a listing
	leastWords = 5
	enough     = 16 // that are listened to, whoever they speak of

	told   = 0.8 // share of what a wording says for, where it tells of others' offers
	nobody = 0.4 // the same, where few words speak of nobody
)

// WordingLimit is the most that a wording score may be, in logits before its weight.
const WordingLimit = 4.0

// A Gram is one gram of a listing and what it is worth.
type Gram struct {
	Key   string
	Value float64
}

// wordable reports whether the wording of so many words can be read: English, and no scrap.
func (r *reading) wordable(words int) bool {
	return words >= leastWords && r.c.masker.english >= 0 && r.weighed()
}

// A Hearing says how much of a wording score counts.
type Hearing struct {
	Share        float64 // of what speaks for, from 0 to 1; at 0 nothing speaks, for or against
	For, Against float64 // the most that it may say, in logits before its weight
	Benefit      float64 // of the doubt: how far below where it speaks for it begins to speak against
}

// hear says how much of the score of so many words counts: all of it where the text speaks of
// somebody, and in longer texts, which hardly ever do not. In a short text that seems to speak of
// nobody, and in one about offers which others make, or that denies them, what speaks for counts
// in part; in a short denial, and where wares are named or weighed and nobody is, nothing does. Few
// words say less, and against what a rule saw only those do that are sure.
func (r *reading) hear(words int) Hearing {
	n := r.c.masker.english
	if !r.wordable(words) || r.c.without == WordingScore {
		return Hearing{}
	}
	k, have := r.c.vocabulary.lexicons[n].known, r.have[n]
	somebody := words >= enough || r.person || have.has(k.pronoun) || have.has(k.whose) || have.has(k.role) || have.has(k.person)
	denied := r.denies()
	if words < enough && denied || !somebody && have.has(k.goods) {
		return Hearing{}
	}
	h := Hearing{Share: 1, For: WordingLimit * ramp(words, 4, 10), Against: WordingLimit * ramp(words, 6, 14)}
	if r.offersPerson() {
		h.Benefit = benefit * (1 - ramp(words, 8, 20))
	}
	if !r.shut && r.strongFamilies() > 1 {
		h.Against *= 0.2 // whoever pads an offer shall not talk two strong signs away
	}
	if r.shut || denied {
		h.Share = told
	}
	if !somebody {
		h.Share *= nobody
		if r.weighedOut() {
			h.For = 0
		}
	}
	return h
}

// strongFamilies is of how many families there is a match that may ask for a review alone.
func (r *reading) strongFamilies() int {
	seen := make(map[string]bool)
	for _, m := range r.matches {
		if in := r.c.taxonomy[m.indicator]; m.scope == asserted && !m.weak && in.Tier == indicator.TierA && offers(in) {
			seen[in.Family] = true
		}
	}
	return len(seen)
}

// ramp is 0 up to none, 1 from all on, and between in proportion.
func ramp(words, none, all int) float64 {
	return max(0, min(1, float64(words-none)/float64(all-none)))
}

// denies reports whether all that the rules saw of an offer is denied or supposed. Of that
// the wording, which sees words and not what they do to each other, knows little.
func (r *reading) denies() bool {
	seen := false
	for _, m := range r.matches {
		switch {
		case !offers(r.c.taxonomy[m.indicator]):
		case m.scope == negated || m.scope == supposed:
			seen = true
		default:
			return false
		}
	}
	return seen
}

// worded returns the words of the listing and how much of their score counts; no words where
// none of it does.
func (r *reading) worded() ([]wordToken, Hearing) {
	if !r.wordable(maxWords) {
		return nil, Hearing{} // however many they are
	}
	ws := r.wordTokens()
	h := r.hear(len(ws))
	if h.Share == 0 {
		return nil, Hearing{}
	}
	return ws, h
}

// A Worded is the wording of a listing.
type Worded struct {
	Grams []Gram // in the order of their keys; none where the wording cannot be read
	Hearing
}

// Worded returns the wording of a listing, whether or not it counts.
func (c *Classifier) Worded(l vigil.Listing) Worded {
	r := c.read(l)
	r.run()
	defer r.release()
	if !r.wordable(maxWords) {
		return Worded{}
	}
	ws := r.wordTokens()
	if !r.wordable(len(ws)) {
		return Worded{}
	}
	sp := speller{ws: ws, masker: r.c.masker, kinds: make(map[string]gramKind)}
	r.grams(ws, &sp)
	grams := make([]Gram, 0, len(sp.kinds))
	for key, kind := range sp.kinds {
		grams = append(grams, Gram{key, worth(kind, sp.count[kind])})
	}
	slices.SortFunc(grams, func(a, b Gram) int { return cmp.Compare(a.Key, b.Key) })
	return Worded{grams, r.hear(len(ws))}
}

// Value is the wording score of a listing in logits, within limits; 0 where none counts.
func (w Wording) Value(t Worded) float64 {
	if t.Share == 0 || len(t.Grams) == 0 || len(w.Grams) == 0 {
		return 0
	}
	sum := w.Bias
	for _, g := range t.Grams {
		sum += float64(w.Grams[g.Key] * g.Value)
	}
	return t.bounded(sum)
}

// slope is what a wording score near 0 is worth.
const slope = 0.8

// doubt is the score from which on a wording speaks for. It is learned from texts of which
// nearly half are offers; among listings they are rare.
const doubt = 0.5

// benefit is how far below doubt a wording of eight words or fewer begins to speak against what
// a rule saw: a blunt offer is hardly unlike harmless texts as short. From twenty words on there
// is none.
const benefit = 0.7

// bounded draws a wording score to within its limits, and takes the share of what speaks for.
func (h Hearing) bounded(x float64) float64 {
	limit, by := h.For, x-doubt
	if by < 0 {
		limit, by = h.Against, min(0, by+h.Benefit)
	}
	if limit <= 0 {
		return 0
	}
	y := limit * math.Tanh(slope*by/limit)
	if y > 0 {
		y *= h.Share
	}
	return y
}

// cited is how many runs of words a wording is shown by at most.
const cited = 6

// A run is some words of one clause and what they add to the wording score.
type run struct {
	first, end int
	sum        float64
}

// runs returns the runs of words that add most, the best of each clause, in the order of
// the text.
func runs(ws []wordToken, of []float64, sign float64) []run {
	var best []run
	for begin := 0; begin < len(ws); {
		end := begin
		var now, top run
		for now.first = begin; end < len(ws) && ws[end].clause == ws[begin].clause; end++ {
			if now.sum <= 0 {
				now = run{first: end}
			}
			now.sum += sign * of[end]
			if now.end = end + 1; now.sum > top.sum {
				top = now
			}
		}
		if top.sum > 0 {
			best = append(best, top)
		}
		begin = end
	}
	slices.SortStableFunc(best, func(a, b run) int { return cmp.Compare(b.sum, a.sum) })
	best = best[:min(len(best), cited)]
	slices.SortFunc(best, func(a, b run) int { return cmp.Compare(a.first, b.first) })
	return best
}

// wording adds the wording score, shared among the words that it rests on most.
func (w *weighing) wording() {
	r := w.r
	if r.c.grams.empty() {
		return
	}
	ws, heard := r.worded()
	if heard.Share == 0 {
		return
	}
	value, of := r.spread(ws)
	value = heard.bounded(value)
	if value == 0 {
		return
	}
	id, sign := wordingFor, 1.0
	if value < 0 {
		id, sign = wordingAgainst, -1
	}
	best := runs(ws, of, sign)
	sum := 0.0
	for _, b := range best {
		sum += b.sum
	}
	for _, b := range best {
		f := ws[b.first].field
		lo, _ := r.fields[f].source(ws[b.first].start, ws[b.first].end)
		_, hi := r.fields[f].source(ws[b.end-1].start, ws[b.end-1].end)
		w.add(match{indicator: id, field: f, lo: lo, hi: hi})
		w.term(len(w.matches)-1, WordingFeature, value*b.sum/sum)
	}
}

// worded reports whether an indicator is one of the wording.
func worded(in indicator.Indicator) bool { return in.Family == wordingFamily }
