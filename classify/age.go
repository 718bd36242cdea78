package classify

import (
	"slices"
	"strings"

	"vigil"
)

// ageIndicator is the indicator whose words are never kept.
const ageIndicator = "AGE-1"

// adult is the age from which a person is no child (Palermo Protocol, art. 3(d)).
const adult = 18

// minority returns the tokens that state an age under 18: a number with a unit or the
// word age, or "under 18". Negated statements ("nobody under 18") do not count.
func (v *view) minority() []span {
	var out []span
	k := v.lex.known
	for i := range v.tokens {
		if s, ok := v.statedAge(i); ok && !v.is(s.end, k.nonhuman) && v.aboutLife(s.end) && !v.ofOthers(i) {
			out = append(out, s)
		}
	}
	return out
}

// statedAge returns the tokens of an age under 18 that begins at token i.
func (v *view) statedAge(i int) (span, bool) {
	k := v.lex.known
	if n, unit := strings.CutSuffix(v.tokens[i].text, "yo"); unit && young(number(n)) {
		return span{i, i + 1}, true
	}
	if n := v.count(i); young(n) && (v.lex.lang == "en" || n >= youngest && (v.tokens[i].number || n >= inWords)) {
		for _, h := range v.hitsAt(i + 1) {
			if h.class == k.age {
				return span{i, h.j}, true
			}
		}
	}
	if n := v.count(i); n >= youngest && young(n) {
		if v.sexed(i) {
			return span{i, i + 1}, true
		}
		if v.afterPerson(i) || v.predicate(i) {
			return span{i, i + 1}, true
		}
		if v.years(i) {
			return span{i, i + 2}, true
		}
	}
	for _, h := range v.hitsAt(i) {
		if h.class == k.underage && !v.denied(i) && (v.tokens[i].apart || v.being(i) || i == 0 && h.j == len(v.tokens)) && v.rests(h.j) {
			return span{i, h.j}, true
		}
		if h.class == k.aged && !v.is(h.j+1, k.currency) {
			if end, ok := v.youngOf(h.j); ok {
				return span{i, end}, true
			}
		}
		if n := v.count(h.j); h.class == k.under && !v.denied(i) && (n == adult || n >= youngest && young(n) && v.rests(h.j+1)) {
			return span{i, h.j + 1}, true
		}
	}
	return span{}, false
}

// youngOf reports whether one of the ages from token i on is under 18, and where they end:
// "15", "19 and 15", "12 to 16".
func (v *view) youngOf(i int) (end int, ok bool) {
	for end = i; v.count(end) > 0; {
		ok = ok || young(v.count(end))
		if end++; end < len(v.tokens) && (v.tokens[end].text == "and" || v.tokens[end].text == "to" || v.tokens[end].text == "or") && v.count(end+1) > 0 {
			end++
		} else if end >= len(v.tokens) || !v.tokens[end].apart {
			break
		}
	}
	return end, ok
}

// youngest is the least number that is taken for an age without a word that says
// so; smaller ones are quantities.
const youngest = 8

// inWords is the least number in words that is taken for an age where the word for years
// of age is that for years of anything: smaller ones are how long a lease runs.
const inWords = 10

// afterPerson reports whether a number follows a single person as an age does: "girl, 15",
// "girl (15)", "a girl of fifteen".
func (v *view) afterPerson(i int) bool {
	person := i - 1
	if v.ends(i, v.lex.known.of) {
		person--
	} else if !v.tokens[i].apart || i+1 < len(v.tokens) && !v.tokens[i+1].apart {
		return false
	}
	for _, h := range v.hitsAt(person) {
		if h.class == v.lex.known.person && h.j == person+1 && !v.is(h.i, v.lex.class("collective")) && neutralPerson(v.tokens[person].text) == "woman" {
			return true
		}
	}
	return false
}

// unexplained reports whether an age is a number from youngest on that nothing else explains.
func (v *view) unexplained(s span) bool {
	for i := s.start; i < s.end; i++ {
		if v.count(i) >= youngest {
			return true
		}
	}
	return false
}

// sexed reports whether a number stands alone before or after a sex: "16, male", "f 16".
func (v *view) sexed(i int) bool {
	k := v.lex.known
	if !v.rests(i + 1) {
		return false
	}
	begins := i == 0 || v.tokens[i].apart
	metres := i+1 < len(v.tokens) && v.tokens[i+1].text == "m" && !v.tokens[i+1].apart
	return begins && !metres && v.is(i+1, k.sex) || i > 0 && v.is(i-1, k.sex)
}

// predicate reports whether a number is what a person is said to be: "she is 15", or one
// in words that is the whole clause.
func (v *view) predicate(i int) bool {
	alone := len(v.tokens) == 1 && !v.tokens[0].number
	return v.about && (alone || v.being(i) && v.rests(i+1))
}

// being reports whether a form of to be, said of a person, stands before token i.
func (v *view) being(i int) bool {
	for i > 0 && (v.tokens[i-1].text == "only" || v.tokens[i-1].text == "just" || v.tokens[i-1].text == "a" || v.tokens[i-1].text == "still" || v.tokens[i-1].text == "about") {
		i--
	}
	if i == 0 {
		return false
	}
	switch v.tokens[i-1].text {
	case "she's", "he's":
		return true
	case "is", "are", "turns", "turned":
	default:
		return false
	}
	if i == 1 || v.tokens[i-1].apart {
		return v.about
	}
	switch v.tokens[i-2].text {
	case "one", "other", "youngest", "younger", "second", "first", "she", "he", "they", "who", "both":
		return v.about
	}
	return v.ends(i-1, v.lex.known.person) || v.ends(i-1, v.lex.known.anaphor) || v.ends(i-1, v.lex.known.pronoun)
}

// rests reports whether what ends before token i is the end of a phrase, so that a number
// there counts no thing.
func (v *view) rests(i int) bool {
	if i >= len(v.tokens) || v.tokens[i].apart {
		return true
	}
	switch v.tokens[i].text {
	case "and", "but", "or", "now", "already", "when", "who", "so", "with", "the", "she", "he", "they", "in", "this", "from", "by", "for":
		return true
	}
	return false
}

// years reports whether token i is a number of years that stands alone or after a person.
func (v *view) years(i int) bool {
	if i+1 >= len(v.tokens) || v.tokens[i+1].apart {
		return false
	}
	switch v.tokens[i+1].text {
	case "y", "yr", "yrs", "years", "year":
	default:
		return false
	}
	alone := i == 0 || v.tokens[i].apart || v.ends(i, v.lex.known.person) || v.being(i)
	return alone && v.about && (i+2 >= len(v.tokens) || v.tokens[i+2].apart)
}

// ofOthers reports whether the person next before token i is a child whom the offered
// person looks after: "with children aged 4".
func (v *view) ofOthers(i int) bool {
	k := v.lex.known
	for n := len(v.hits) - 1; n >= 0; n-- {
		h := v.hits[n]
		if h.class != k.minor || h.j > i {
			continue
		}
		for j := max(0, h.i-3); j < h.i; j++ {
			switch v.tokens[j].text {
			case "with", "our", "my", "your", "for", "to", "of", "their":
				return true
			}
		}
		return false
	}
	return false
}

// aboutLife reports whether the words after an age do not make it one of experience
// or of a thing.
func (v *view) aboutLife(i int) bool {
	for k := i; k < min(i+3, len(v.tokens)); k++ {
		if v.is(k, v.lex.known.duration) {
			return false
		}
	}
	return true
}

// denied reports whether a negation stands shortly before token i.
func (v *view) denied(i int) bool {
	k := v.lex.known
	for j := max(0, i-reach); j < i; j++ {
		if v.is(j, k.not) || v.is(j, k.no) {
			return true
		}
	}
	return false
}

func young(n int) bool { return 0 < n && n < adult }

// number returns a number of one or two digits; 0 for anything else.
func number(s string) int {
	if len(s) == 0 || len(s) > 2 {
		return 0
	}
	n := 0
	for _, r := range s {
		if !isDigit(r) {
			return 0
		}
		n = 10*n + int(r-'0')
	}
	return n
}

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
		if r.effigy(r.clauses) {
			continue
		}
		r.minor = true
		r.matches = append(r.matches, r.at(cv, ageIndicator, s))
	}
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

// placed reports whether a listing without an indicator of a transfer still looks like
// one of a person: where a minor is stated, that is enough. It tells of a person, uses a
// word of transfer, and names a holder as well as terms.
func (r *reading) placed(views []clauseView) bool {
	if r.shut || !r.person || !r.terms.stated {
		return false
	}
	transfer, beast := false, false
	for _, cv := range views {
		k := cv.lex.known
		beast = beast || cv.have.has(k.nonhuman) || cv.have.has(k.goods) || cv.have.has(k.depiction)
		transfer = transfer || cv.about && cv.have.has(k.transfer)
	}
	return transfer && !beast && r.terms.holder
}

// ages files stated ages under 18, if the listing offers a person.
func (r *reading) ages(views []clauseView) {
	if r.jests(views) {
		return
	}
	if !r.handsOver() && !r.placed(views) && !r.frame && r.genre() != vigil.GenreIndependentAdult {
		r.starkly(views)
		r.notices(views)
		return
	}
	framed := r.frame && !r.handsOver() && !r.placed(views)
	for _, cv := range views {
		for _, s := range cv.minority() {
			if framed && !(cv.unexplained(s) && cv.heads(0, len(cv.tokens)) || cv.is(s.start, cv.lex.known.aged)) {
				continue
			}
			r.minor = true
			r.matches = append(r.matches, r.at(cv, ageIndicator, s))
		}
	}
	r.notices(views)
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

// fewest is how many words a listing may have that is nothing but an age and its terms.
const fewest = 12

// starkly files stated ages in a listing that is nothing but a person's age, and the terms of
// handing them over: "16, F. Bids close Friday." Nothing in it may speak of other things.
func (r *reading) starkly(views []clauseView) {
	words := 0
	for _, f := range r.fields {
		words += len(strings.Fields(f.text))
	}
	if words > fewest || r.shut || r.terms.just || !r.stark(views) {
		return
	}
	for _, cv := range views {
		for _, s := range cv.minority() {
			if cv.lex.lang == "en" && cv.unexplained(s) {
				r.minor = true
				r.matches = append(r.matches, r.at(cv, ageIndicator, s))
			}
		}
	}
}

// stark reports whether a listing states terms or a sum, or hands something over, and has
// no word of animals, wares, works, sizes or time, nor cues of another kind of text.
func (r *reading) stark(views []clauseView) bool {
	for g, genre := range genres {
		if genre != "offer" && r.tally.score(g) > weakCue {
			return false
		}
	}
	terms := r.terms.stated
	for _, f := range r.fields {
		for _, c := range clauses(f.text) {
			for _, t := range c.tokens {
				terms = terms || t.number && len(strings.Map(dropMarks, t.text)) >= 3
				switch t.text {
				case "l", "xl", "s", "size", "sizes":
					return false
				}
			}
		}
	}
	for _, cv := range views {
		k := cv.lex.known
		for _, class := range []int{k.nonhuman, k.goods, k.depiction, k.opus, k.hive, k.time, k.duration} {
			if cv.have.has(class) {
				return false
			}
		}
		terms = terms || cv.have.has(k.transfer)
	}
	return terms
}

// review files stated ages in a listing that is one for review whatever they say, and
// reports whether there are any.
func (r *reading) review() bool {
	if r.minor || r.shut || r.ware.is || !r.terms.sum && !r.terms.holder || r.genre() == vigil.GenreRecruitment {
		return false
	}
	for _, cv := range r.clauses {
		for _, s := range cv.minority() {
			if cv.unexplained(s) && len(cv.tokens) > 1 {
				r.minor = true
				r.matches = append(r.matches, r.at(cv, ageIndicator, s))
			}
		}
	}
	return r.minor
}
