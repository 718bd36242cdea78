package classify

import (
	"slices"

	"vigil"
)

// frames tells whether the listing as a whole is one of a person, as a shop's is of its
// ware: its title or first clause names somebody, it goes on to speak of them in the third
// person, and it speaks neither of work on fair terms nor of other wares, and in nobody's
// own name. Within such a frame patterns may be looser.
func (r *reading) frames(views []clauseView) {
	if r.shut || r.terms.fair || r.ware.is || !(r.subject || r.topic || r.unnamed(views)) {
		return
	}
	if r.tally.of(vigil.GenreRecruitment) > gateFrom || r.tally.strong[genreIndex(string(vigil.GenreIndependentAdult))] > 0 {
		return
	}
	if r.tally.of(vigil.GenreIndependentAdult) >= gateFrom {
		return
	}
	r.frame = (r.third(views) || r.topic && r.humane) && !r.others(views)
}

// unnamed reports whether the listing begins with somebody who is not named: "she cooks".
func (r *reading) unnamed(views []clauseView) bool {
	for _, cv := range views {
		k := cv.lex.known
		for _, h := range cv.hits {
			switch h.class {
			case k.pronoun:
				return h.i < reach && cv.means(h) != thing
			case k.nonhuman, k.goods, k.depiction, k.opus:
				return false
			}
		}
	}
	return false
}

// third reports whether the listing speaks of a person in the third person, states a sex
// or an age, or counts persons.
func (r *reading) third(views []clauseView) bool {
	for _, cv := range views {
		k := cv.lex.known
		for _, h := range cv.hits {
			switch {
			case (h.class == k.pronoun || h.class == k.anaphor || h.class == k.whose) && cv.means(h) != thing && (cv.means(h) == human || h.class == k.pronoun):
				return true
			case h.class == k.aged || h.class == k.age || h.class == k.sex:
				return true
			case h.class == k.person && h.i > 0 && cv.count(h.i-1) > 0:
				return true
			case h.class == k.person && h.j < len(cv.tokens) && cv.tokens[h.j].number:
				return true
			}
		}
	}
	return false
}

// others reports whether the listing is one of other things: its first clause names a
// ware, an animal or a work, or it names two of them anywhere; or it sells time.
func (r *reading) others(views []clauseView) bool {
	seen := make(map[int]bool)
	for i, cv := range views {
		k := cv.lex.known
		for _, h := range cv.hits {
			switch h.class {
			case k.nonhuman, k.goods, k.depiction, k.opus:
				if i == 0 {
					return true
				}
				if !cv.is(h.i, k.potion) && !cv.is(h.i, k.store) {
					seen[h.class<<16|h.rank] = true
				}
			case k.time, k.hive:
				return true
			}
		}
		if cv.itself() {
			return true
		}
	}
	return len(seen) >= 2 && 2*len(seen) > r.ware.humans
}

// itself reports whether the clause speaks of its writer as the one who works or seeks.
func (v *view) itself() bool {
	if v.lex.lang != "en" {
		return false
	}
	for i, t := range v.tokens {
		switch t.text {
		case "am", "i'm":
			return true
		case "i":
			if i+1 < len(v.tokens) && slices.Contains([]string{"look", "work", "offer", "seek", "teach"}, v.tokens[i+1].text) {
				return true
			}
		}
	}
	return false
}
