package classify

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"vigil"
)

// A kind says what a word stands for.
type kind uint8

const (
	unknown kind = iota
	human
	thing // an animal, a plant, a work, goods
)

// track follows through the listing what its pronouns stand for: the nearest noun
// before them that can be meant. She and he pass over goods, which are not called so
// where a person or an animal was named; they, both and each do not.
func (r *reading) track(views []clauseView) {
	type state struct {
		being, any kind
		before     []early
	}
	states := make(map[*lexicon]*state)
	for _, cv := range views {
		if cv.lex.known.anaphor < 0 {
			continue
		}
		s := states[cv.lex]
		if s == nil {
			s = new(state)
			states[cv.lex] = s
		}
		cv.refs = make([]kind, len(cv.tokens))
		k := cv.lex.known
		carried := s.any == human || s.being == human
		end := 0 // of the last person noun; parts of it do not count
		for _, h := range cv.hits {
			switch h.class {
			case k.nonhuman, k.hive:
				s.being, s.any, s.before = thing, thing, nil
			case k.depiction, k.opus:
				if s.being != human || cv.shows(h) {
					s.being = thing
				}
				s.any = thing
			case k.goods, k.document:
				s.any = thing
			case k.person:
				if h.i >= end && cv.stands(h, false) && !(s.being == thing && cv.beside(h)) && !cv.own(h) && !(cv.is(h.i, k.caste) && r.swarm(cv)) && !cv.doubtful(h, s.being) {
					s.being, s.any = human, human
					for _, e := range s.before {
						e.refs[e.i] = human
						e.about = true
					}
					s.before = nil
					cv.about = true
				}
				end = max(end, h.j)
			case k.pronoun, k.whose:
				cv.refs[h.i] = s.being
				cv.about = cv.about || s.being == human
			case k.anaphor:
				cv.refs[h.i] = s.any
				if s.any == unknown && s.being == unknown {
					s.before = append(s.before, early{cv.view, h.i})
				}
				cv.about = cv.about || s.any == human
			}
		}
		// A clause without a subject of its own goes on about the last one, where the
		// listing is headed by a person.
		cv.about = cv.about || carried && (r.subject || r.topic)
		cv.about = cv.about || s.being == unknown && cv.have.has(k.pronoun)
	}
	r.names(views)
}

// An early word stands before what it means: "they are two women".
type early struct {
	*view
	i int
}

// shows reports whether a work is followed by what ties a person to it: "portrait of".
func (v *view) shows(h hit) bool { return v.is(h.j, v.lex.known.of) }

// beside reports whether a person is named only as company or source: "raised with
// children", "from a breeder".
func (v *view) beside(h hit) bool {
	for i := h.i; i > max(0, h.i-3); i-- {
		if v.ends(i, v.lex.known.before) || v.ends(i, v.lex.known.of) {
			return true
		}
	}
	return false
}

// doubtful reports whether a noun that is said of animals and wares too is likely to be:
// after one, or in a clause with goods, unless an age follows it.
func (v *view) doubtful(h hit, before kind) bool {
	k := v.lex.known
	if !v.is(h.i, k.ambiguous) {
		return false
	}
	aged := h.j < len(v.tokens) && v.tokens[h.j].apart && v.tokens[h.j].number
	return before == thing || v.have.has(k.goods) && !aged
}

// own reports whether a person is of the writer's family or staff and mentioned in passing:
// "worn by my sister". A clause that begins so may be the start of an offer.
func (v *view) own(h hit) bool {
	return h.i > 1 && v.is(h.i, v.lex.known.kin) && (v.tokens[h.i-1].text == "my" || v.tokens[h.i-1].text == "our")
}

// titled reports whether the first clause of a listing, which is its title or stands for
// one, is about a person, and no ware or animal: it names one near its beginning who is
// not of the writer's family.
func titled(cv clauseView) bool {
	k := cv.lex.known
	if cv.have.has(k.nonhuman) || cv.have.has(k.goods) || cv.have.has(k.depiction) || cv.have.has(k.opus) {
		return false
	}
	for _, h := range cv.hits {
		if h.class == k.person && h.i <= 2*reach && cv.head(h) {
			return !(h.i > 0 && cv.is(h.i, k.kin) && (cv.tokens[h.i-1].text == "my" || cv.tokens[h.i-1].text == "our"))
		}
	}
	return false
}

// means returns what a hit stands for.
func (v *view) means(h hit) kind {
	if h.class != v.lex.known.anaphor && h.class != v.lex.known.pronoun && h.class != v.lex.known.whose || v.refs == nil {
		return unknown
	}
	return v.refs[h.i]
}

// names takes a row of names after a verb of keeping ("I look after Ana, Bea and Cleo")
// for persons, whom the pronouns after it may mean.
func (r *reading) names(views []clauseView) {
	named := false
	for _, cv := range views {
		k := cv.lex.known
		if k.anaphor < 0 || cv.have.has(k.nonhuman) {
			continue
		}
		if !named && !r.person {
			named = r.row(cv)
			cv.about = cv.about || named
			continue
		}
		if named {
			for _, h := range cv.hits {
				if (h.class == k.anaphor || h.class == k.pronoun || h.class == k.whose) && cv.refs[h.i] == unknown {
					cv.refs[h.i] = human
					cv.about = true
				}
			}
		}
	}
	r.person = r.person || named
}

// row reports whether a clause has a verb of keeping and two or more names after it, and
// files whom it keeps.
func (r *reading) row(cv clauseView) bool {
	keep := cv.lex.class("keepverb")
	if keep < 0 || !cv.have.has(keep) {
		return false
	}
	for _, h := range cv.hits {
		if h.class != keep || h.i == 0 || !slices.Contains([]string{"i", "we"}, cv.tokens[h.i-1].text) {
			continue
		}
		n, end := 0, h.j
		for end < len(cv.tokens) && (cv.tokens[end].text == "and" || r.capital(cv, end)) {
			if cv.tokens[end].text != "and" {
				n++
			}
			end++
		}
		if n >= 2 {
			r.matches = append(r.matches, r.at(cv, "TPC-1", span{h.i, end}))
			return true
		}
	}
	return false
}

// capital reports whether token i is written as a name is and no term of the lexicon.
func (r *reading) capital(cv clauseView, i int) bool {
	f, t := r.fields[cv.field], cv.tokens[i]
	if len(cv.hitsAt(i)) > 0 || t.number {
		return false
	}
	lo, hi := f.source(t.start, t.end)
	first, n := utf8.DecodeRuneInString(f.given[lo:hi])
	second, _ := utf8.DecodeRuneInString(f.given[lo+n : hi])
	return unicode.IsUpper(first) && unicode.IsLower(second)
}

// terms are what a listing says of the terms of a transfer.
type terms struct {
	stated bool
	holder bool // somebody holds or takes over the person
	sum    bool // a number that can be a price
	fair   bool // a sign of ordinary work
	just   bool // several
}

// agree finds the terms of the listing: a price or words of payment, or somebody who
// holds or takes over a person, and not two signs of ordinary work.
func (r *reading) agree(views []clauseView) {
	fair := make(map[int]bool)
	r.terms.stated = r.price
	for _, cv := range views {
		k := cv.lex.known
		for _, h := range cv.hits {
			switch h.class {
			case k.term:
				r.terms.stated = true
			case k.holder:
				r.terms.stated, r.terms.holder = true, true
			case k.fair:
				if !cv.denied(h.i) {
					fair[h.rank] = true
				}
			}
		}
		for i := range cv.tokens {
			r.terms.sum = r.terms.sum || cv.sum(i)
		}
	}
	r.terms.stated = r.terms.stated || r.terms.sum
	r.terms.fair = len(fair) > 0
	for _, g := range []vigil.Genre{vigil.GenreIndependentAdult, vigil.GenreRecruitment} {
		if len(fair) > 0 && r.tally.strong[genreIndex(string(g))] > 0 {
			fair[-1] = true
		}
	}
	if len(fair) >= 2 {
		r.terms = terms{fair: true, just: true}
	}
}
