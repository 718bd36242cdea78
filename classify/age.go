package classify

import (
	"slices"

	"vigil"
	"vigil/classify/indicator"
)

// ageIndicator is the indicator whose words are never kept.
const ageIndicator = "AGE-1"

// adult is the age from which a person is no child (Palermo Protocol, art. 3(d)).
const adult = 18

// minors returns the tokens from i to end that name a minor.
func (v *view) minors(i, end int) []span {
	var out []span
	for k := i; k < end; k++ {
		for _, h := range v.hitsAt(k) {
			if h.class == v.lex.known.minor && h.j <= end {
				out = append(out, span{h.i, h.j})
			}
		}
	}
	return out
}

// minors files a minor who is the person of an asserted match. Of the weaker
// indicators, which schools and families share, only in a seller's voice.
func (r *reading) minors(cv clauseView, id string, i, end int) {
	hired := r.tally.strong[genreIndex(string(vigil.GenreRecruitment))] > 0
	if r.shut || end-i > 2*reach || !transfer(id) && (hired || r.tally.of("offer") == 0) {
		return
	}
	for _, s := range cv.view.minors(i, end) {
		if cv.is(s.start, cv.lex.known.ambiguous) && !r.human {
			continue // kids of goats, babies of a grower
		}
		if r.effigy(r.clauses) || cv.company(s.start) {
			continue
		}
		r.minor = true
		r.matches = append(r.matches, r.at(cv, ageIndicator, s))
	}
}

// company reports whether the minors named at token i are those among whom the person of a
// match works, and no part of what is offered: "with children", "the children".
func (v *view) company(i int) bool {
	if i == 0 || v.tokens[i].apart {
		return false
	}
	switch v.tokens[i-1].text {
	case "with", "the", "knows", "our", "your", "their", "minds":
		return true
	}
	return false
}

// handsOver reports whether the listing offers to hand a person over, or shows an
// indicator in a seller's voice.
func (r *reading) handsOver() bool {
	offers := slices.ContainsFunc(r.matches, func(m match) bool {
		return m.scope == asserted && m.indicator != "SAL-5" && m.indicator != "MUL-1" && offers(r.c.taxonomy[m.indicator])
	})
	if r.shut || !offers {
		return false
	}
	return r.tally.of("offer") > 0 || r.terms.stated || slices.ContainsFunc(r.matches, func(m match) bool {
		return m.scope == asserted && transfer(m.indicator)
	})
}

// ages files stated ages under 18 in a listing that for certain offers a person, whatever
// its score: a rule says so, or it is a notice.
func (r *reading) ages(views []clauseView) {
	if r.jests(views) {
		return
	}
	if r.sells() {
		ms := r.stated(r.everyClause())
		r.minor = r.minor || len(ms) > 0
		r.matches = append(r.matches, ms...)
	}
	r.notices(views)
}

// sells reports whether a rule is sure that the listing hands a person over. In languages
// whose wording is not weighed, any rule is sure enough.
func (r *reading) sells() bool {
	if !r.handsOver() {
		return false
	}
	return !r.weighed() || slices.ContainsFunc(r.matches, func(m match) bool {
		return m.scope == asserted && !m.weak && transfer(m.indicator) && r.c.taxonomy[m.indicator].Tier == indicator.TierA
	})
}

// stated returns the ages under 18 that clauses state.
func (r *reading) stated(views []clauseView) []match {
	var out []match
	disguised := r.disguised()
	for _, cv := range views {
		for _, y := range cv.youths(disguised) {
			if !y.loose {
				out = append(out, r.at(cv, ageIndicator, y.span))
			}
		}
	}
	return out
}

// agesOfReviewed returns the stated ages under 18 of a listing that its score makes one for
// review. The score says that somebody is offered; what gainsays it are texts of other kinds.
// In languages whose wording is not weighed it rests on rules alone, and more gainsays it.
func (r *reading) agesOfReviewed() []match {
	if r.shut || r.jests(r.clauses) || r.effigy(r.clauses) {
		return nil
	}
	if !r.weighed() && (r.ware.is || !r.terms.sum && !r.terms.holder || r.genre() == vigil.GenreRecruitment) {
		return nil
	}
	return r.stated(r.everyClause())
}

// weighed reports whether the listing is in a language whose wording is weighed.
func (r *reading) weighed() bool { return r.lang == "en" || r.lang == undetermined }

// everyClause returns the views of all clauses: those that were followed, and for English
// the ones that hold no term, such as "he's 14".
func (r *reading) everyClause() []clauseView {
	if r.c.masker.english < 0 || !r.reads("en") {
		return r.clauses
	}
	type place struct{ field, start int }
	followed := make(map[place]bool)
	for _, cv := range r.clauses {
		followed[place{cv.field, cv.tokens[0].start}] = true
	}
	out := slices.Clone(r.clauses)
	for n, f := range r.fields {
		for _, c := range f.clauses() {
			if !followed[place{n, c.tokens[0].start}] {
				v := newView(r.c.vocabulary, r.c.masker.english, c, f.places)
				v.about = r.topic || r.subject
				out = append(out, clauseView{v, n})
			}
		}
	}
	return out
}

// jests reports whether the writer is what is sold, or the listing asks after a work.
func (r *reading) jests(views []clauseView) bool {
	for _, cv := range views {
		k := cv.lex.known
		if cv.have.has(k.opus) && r.tally.of("offer") == 0 && !r.terms.sum {
			return true
		}
		for i, t := range cv.tokens {
			if (t.text == "sell" || t.text == "sells" || t.text == "selling") && cv.tells(i+1, "me") {
				return true
			}
		}
	}
	return false
}
