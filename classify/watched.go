package classify

import (
	"slices"

	ac "github.com/petar-dambovaliev/aho-corasick"
)

// The indicators that an authorised file's terms stand for.
const (
	codedAge   = "AGE-3"
	armedGroup = "TER-1"
)

// A watchlist is an authorised file made ready: words among the vocabulary's terms,
// and signs such as emoji, which are sought in the text as given.
type watchlist struct {
	words map[int]watch // by term of the vocabulary
	signs *ac.AhoCorasick
	kinds []watch // of signs
}

// watchlist adds an authorised file's words to the vocabulary.
func (v *vocabulary) watchlist(a authorised) watchlist {
	out := watchlist{words: make(map[int]watch)}
	var signs []string
	for _, t := range a.terms {
		if t.sign() {
			signs, out.kinds = append(signs, t.text), append(out.kinds, t.is)
			continue
		}
		out.words[v.term(t.text)] = t.is
	}
	if len(signs) > 0 {
		b := ac.NewAhoCorasickBuilder(ac.Opts{MatchKind: ac.StandardMatch, DFA: true})
		m := b.Build(signs)
		out.signs = &m
	}
	return out
}

// A watchedPlace is a term of an authorised file in a field.
type watchedPlace struct {
	is     watch
	lo, hi int // bytes of the field as given
}

// watched returns the watched terms of a field, by their places.
func (r *reading) watched(f *field) []watchedPlace {
	var out []watchedPlace
	if len(r.c.watchlist.words) > 0 {
		for _, p := range f.places {
			if is := r.c.watchlist.words[p.term]; is != unwatched {
				lo, hi := f.source(p.start, p.end)
				out = append(out, watchedPlace{is, lo, hi})
			}
		}
	}
	if r.c.watchlist.signs != nil {
		it := r.c.watchlist.signs.IterOverlapping(f.given[:min(len(f.given), maxField)])
		for m := it.Next(); m != nil; m = it.Next() {
			out = append(out, watchedPlace{r.c.watchlist.kinds[m.Pattern()], m.Start(), m.End()})
		}
	}
	slices.SortStableFunc(out, func(a, b watchedPlace) int { return a.lo - b.lo })
	return out
}

// watch files what the authorised file's terms stand for: a coded age where the listing
// offers a person, a group beside a sale, a delivery or a payment.
func (r *reading) watch() {
	for n, f := range r.fields {
		for _, p := range r.watched(f) {
			m := match{field: n, lo: p.lo, hi: p.hi, withheld: true}
			switch p.is {
			case code:
				if !r.handsOver() {
					continue
				}
				r.minor = true
				m.indicator = codedAge
			case group:
				if !r.beside(m) {
					continue
				}
				m.indicator = armedGroup
			}
			r.matches = append(r.matches, m)
		}
	}
}

// passage is how many bytes part two things of one passage at most.
const passage = 300

// beside reports whether a sale, a delivery or a payment is asserted in the passage of a
// group's name. The title belongs to the first passage of the description.
func (r *reading) beside(m match) bool {
	return slices.ContainsFunc(r.matches, func(o match) bool {
		if o.scope != asserted || !(transfer(o.indicator) || o.indicator == "SAL-5" || o.indicator == "PAY-1") {
			return false
		}
		switch {
		case o.field == m.field:
			return max(m.lo-o.hi, o.lo-m.hi) <= passage
		case o.field < m.field:
			return m.lo <= passage
		}
		return o.lo <= passage
	})
}

// secret reports whether a match shares bytes with words that are not kept: those that
// state a minor's age, or stand in an authorised file.
func (r *reading) secret(m match) bool {
	return m.withheld || slices.ContainsFunc(r.matches, func(o match) bool {
		return (o.indicator == ageIndicator || o.withheld) && o.field == m.field && m.lo < o.hi && o.lo < m.hi
	})
}
