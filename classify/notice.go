package classify

import (
	"slices"
	"strings"

	"vigil"
)

// longestNotice is how many words a listing may have in which an age is taken for that of
// somebody offered because it is hardly more than that.
const longestNotice = 45

// fewest is how many words it may have where it does not even say of whom it is: "16, F. Bids
// close Friday."
const fewest = 12

// notices files ages under 18 in a listing that is hardly more than somebody, an age, and the
// terms on which they are handed over: "Kitchen help, 15, 700", "Two for the nets, both under
// sixteen. 350 apiece." It must speak of a person, or of work that persons do, and of nothing
// that has an age, too; in the manner of no other kind of text.
func (r *reading) notices(views []clauseView) {
	scrap := !r.longer(fewest)
	if r.minor || r.shut || r.terms.just || r.terms.fair && !scrap || r.effigy(views) || r.otherText() || r.longer(longestNotice) {
		return
	}
	disguised := r.disguised()
	n := r.notice(views, disguised)
	terms, somebody := n.terms, n.somebody
	if scrap && n.bare() {
		terms, somebody = terms || n.handed, true
	}
	if n.other || !terms || !somebody {
		return
	}
	for _, cv := range r.everyClause() {
		for _, y := range cv.youths(disguised) {
			if cv.have.has(cv.lex.known.duration) && !y.tied {
				continue
			}
			human := y.tied && cv.unambiguous(0, len(cv.tokens))
			if n.beasts <= spare(human) && n.wares <= spare(human || y.tied && cv.inWords(y.span)) {
				r.minor = true
				r.matches = append(r.matches, r.at(cv, ageIndicator, y.span))
			}
		}
	}
}

// disguised reports whether the listing spells words in disguise.
func (r *reading) disguised() bool {
	return slices.ContainsFunc(r.fields, func(f *field) bool { return len(f.odd) > 0 })
}

// spare is how many things may be named beside somebody who is named for certain.
func spare(certain bool) int {
	if certain {
		return 1
	}
	return 0
}

// inWords reports whether an age is spelt out, as those of animals and wares hardly are.
func (v *view) inWords(s span) bool {
	for i := s.start; i < s.end; i++ {
		if v.tokens[i].number {
			return false
		}
	}
	return true
}

// longer reports whether the listing has more than n words.
func (r *reading) longer(n int) bool {
	for _, f := range r.fields {
		for range strings.FieldsSeq(f.text) {
			if n--; n < 0 {
				return true
			}
		}
	}
	return false
}

// otherText reports whether the listing has cues of a text that is no offer.
func (r *reading) otherText() bool {
	for g, genre := range genres {
		if genre != "offer" && genre != vigil.GenreOfferService && (r.tally.strong[g] > 0 || r.tally.score(g) > 2) {
			return true
		}
	}
	return false
}

// A notice is what a listing says beside an age.
type notice struct {
	somebody bool // it names a person, or work that persons do
	terms    bool // it says what is asked, or who takes over
	beasts   int  // different animals, but for those that work is told by: "for sheep"
	wares    int  // different things, likewise
	other    bool // it is of what is meant for the young, or in somebody's own name
	handed   bool // it has a word for handing something over
	timed    bool // it speaks of time, experience or sizes
}

// bare reports whether the notice names nothing that an age could be of but a person.
func (n notice) bare() bool { return n.beasts == 0 && n.wares == 0 && !n.timed }

// notice reads what the listing says beside an age.
func (r *reading) notice(views []clauseView, disguised bool) notice {
	var n notice
	var term bool
	things := make(map[string]bool) // whether no work is told by it
	beasts := make(map[string]bool)
	for _, cv := range views {
		k := cv.lex.known
		for _, h := range cv.hits {
			name := cv.tokens[h.i].text
			switch h.class {
			case k.person, k.role, k.task, k.sex, k.tool:
				n.other = n.other || h.i > 0 && cv.is(h.i, k.kin) && cv.tells(h.i-1, "my")
				n.somebody = n.somebody || h.class != k.person || cv.head(h)
			case k.pronoun, k.whose:
				n.somebody = n.somebody || cv.means(h) != thing
			case k.nonhuman, k.goods, k.depiction, k.opus, k.hive:
				before, seen := things[name]
				things[name] = (before || !seen) && !cv.errand(h)
				beasts[name] = beasts[name] || h.class == k.nonhuman || h.class == k.hive
			case k.young:
				n.other = true
			case k.transfer:
				n.handed = true
			case k.term:
				term = true
			case k.holder, k.owing:
				n.terms = true
			case k.time, k.duration:
				n.timed = true
			}
		}
		n.somebody = n.somebody || slices.ContainsFunc(cv.tokens, func(t token) bool { return t.text == "she's" || t.text == "he's" })
		n.other = n.other || cv.itself() || slices.ContainsFunc(cv.tokens, func(t token) bool { return t.text == "our" || t.text == "my" && !cv.about })
	}
	for name, thing := range things {
		switch {
		case thing && beasts[name]:
			n.beasts++
		case thing:
			n.wares++
		}
	}
	n.terms = n.terms || term && (n.handed || r.tally.of("offer") > 0) || r.price || r.strong() || r.priced(disguised)
	return n
}

// priced reports whether a clause of the listing has a number that can be a price.
func (r *reading) priced(disguised bool) bool {
	for _, f := range r.fields {
		for _, c := range f.clauses() {
			if c.priced(disguised) {
				return true
			}
		}
	}
	return false
}

// errand reports whether a thing is what somebody is to see to, or is given for: "for sheep",
// "against motorbike"; or part of a word for work, or what somebody is brought by.
func (v *view) errand(h hit) bool {
	for i := h.i; i > max(0, h.i-3) && !v.begins(i); i-- {
		switch v.tokens[i-1].text {
		case "for", "against", "to", "at", "in", "by", "la", "para", "pour", "für", "для":
			return true
		}
	}
	k := v.lex.known
	return v.is(h.i, v.lex.class("dest")) || slices.ContainsFunc(v.hits, func(o hit) bool { return o.class == k.task && o.i <= h.i && o.j >= h.j })
}

// priced reports whether the clause has a number that can be a price; in a disguised listing
// that may be written "4oo" or "9 0 0".
func (c clause) priced(disguised bool) bool {
	single := 0
	for _, t := range c.tokens {
		if t.number && len(strings.Map(dropMarks, t.text)) >= 3 || t.amount || t.text == "hundred" || t.text == "thousand" {
			return true
		}
		if disguised && len(t.text) >= 3 && isDigit(rune(t.text[0])) && strings.Trim(t.text[1:], "0123456789o") == "" {
			return true
		}
		if single++; len(t.text) > 1 || !t.number {
			single = 0
		}
		if disguised && single >= 3 {
			return true
		}
	}
	return false
}

// effigy reports whether the listing is of dolls, mannequins and the like, which have
// sexes and ages but are never sold with a person.
func (r *reading) effigy(views []clauseView) bool {
	return slices.ContainsFunc(views, func(cv clauseView) bool { return cv.have.has(cv.lex.known.effigy) })
}
