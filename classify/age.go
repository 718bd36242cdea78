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
		if s, ok := v.statedAge(i); ok && !v.is(s.end, k.nonhuman) && v.aboutLife(s.end) {
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
	if young(v.count(i)) {
		for _, h := range v.hitsAt(i + 1) {
			if h.class == k.age {
				return span{i, h.j}, true
			}
		}
	}
	if n := v.count(i); n >= youngest && young(n) && v.afterPerson(i) {
		return span{i, i + 1}, true
	}
	for _, h := range v.hitsAt(i) {
		if h.class == k.aged && young(v.count(h.j)) && !v.is(h.j+1, k.currency) {
			return span{i, h.j + 1}, true
		}
		if h.class == k.under && v.count(h.j) == adult && !v.denied(i) {
			return span{i, h.j + 1}, true
		}
	}
	return span{}, false
}

// youngest is the least number that is taken for an age without a word that says
// so; smaller ones are quantities.
const youngest = 8

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
		if h.class == v.lex.known.person && h.j == person+1 && neutralPerson(v.tokens[person].text) == "woman" {
			return true
		}
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
	if r.shut || !transfer(id) && r.tally.of("offer") == 0 {
		return
	}
	for _, s := range cv.view.minors(i, end) {
		r.minor = true
		r.matches = append(r.matches, r.at(cv, ageIndicator, s))
	}
}

// handsOver reports whether the listing offers to hand a person over, or shows an
// indicator in a seller's voice.
func (r *reading) handsOver() bool {
	if !r.offersPerson() {
		return false
	}
	return r.tally.of("offer") > 0 || slices.ContainsFunc(r.matches, func(m match) bool {
		return m.scope == asserted && transfer(m.indicator)
	})
}

// ages files stated ages under 18, if the listing offers a person.
func (r *reading) ages(views []clauseView) {
	if !r.handsOver() && r.genre() != vigil.GenreIndependentAdult {
		return
	}
	for _, cv := range views {
		for _, s := range cv.minority() {
			r.minor = true
			r.matches = append(r.matches, r.at(cv, ageIndicator, s))
		}
	}
}
