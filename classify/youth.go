package classify

import (
	"slices"
	"strings"
)

// A youth is an age under 18 that a clause states.
type youth struct {
	span
	tied bool // to a person: "boy, 14", "f 15", "two brothers, 11 and 13"
}

// Bounds of ages that are taken for such without a word that says so; below are quantities
// and the ages of animals, above is somebody of age.
const (
	leastTied = youngest
	leastSaid = 6
)

// youths returns the ages under 18 that the clause states, in more forms than [view.minority]
// does: these are for listings that are hardly more than a person, an age and terms.
// disguised says that the listing spells words in disguise, so that "1 6" and "1.6" may be
// ages, too.
func (v *view) youths(disguised bool) []youth {
	var out []youth
	for i := 0; i < len(v.tokens); i++ {
		y, ok := v.youth(i, disguised)
		if !ok {
			continue
		}
		if v.aboutLife(y.end) && !v.ofOthers(i) && !v.is(y.end, v.lex.known.nonhuman) && !v.is(y.end, v.lex.known.currency) {
			out = append(out, y)
		}
		i = y.end - 1
	}
	return out
}

func (v *view) youth(i int, disguised bool) (youth, bool) {
	if end, ok := v.notYet(i); ok {
		return youth{span{i, end}, false}, true
	}
	if v.deniedHere(i) {
		return youth{}, false
	}
	if v.is(i, v.lex.known.aged) || v.tells(i, "years") && i+1 < len(v.tokens) && v.tokens[i+1].apart {
		return v.agedYouth(i, disguised)
	}
	if n, ok := glued(v.tokens[i].text); ok {
		return youth{span{i, i + 1}, v.tied(i)}, leastSaid <= n && n < adult
	}
	n, end := v.yearsAt(i, disguised)
	if n == 0 || v.tokens[i].amount {
		return youth{}, false
	}
	if end < len(v.tokens) && v.is(end, v.lex.known.age) && leastSaid <= n && n < adult {
		return youth{span{i, v.longest(end, v.lex.known.age)}, false}, true
	}
	last, young := v.manyYoung(i, end, disguised)
	unit := v.unit(last)
	if pointed(v.tokens[i].text) && unit == last {
		return youth{}, false
	}
	switch {
	case unit > last && n < adult && (v.tells(unit, "ago") && v.tells(i-1, "born")):
		return youth{span{i - 1, unit + 1}, true}, true
	case v.birthday(end) && leastTied <= n-1 && n-1 < adult && (v.begins(i) || v.subjectOf(i)):
		return youth{span{i, end + 1}, v.tied(i)}, true
	case young && last == end && v.begins(i) && v.is(unit, v.lex.known.sex) && v.rests(unit+1) && (!v.tells(unit, "m") || v.tokens[unit].apart):
		return youth{span{i, unit}, true}, true
	case !young || !v.rests(unit):
		return youth{}, false
	case v.tied(i) && (!v.plural(i) || last > end || unit > last), v.tells(i-1, "of") && v.tied(i-1), v.subjectOf(i), v.is(i-1, v.lex.known.sex):
		return youth{span{i, unit}, true}, true
	case unit > last && n >= inWords && v.begins(i) && (unit == len(v.tokens) || v.tokens[unit].apart) && !v.ourselves():
		return youth{span{i, unit}, false}, true
	case v.begins(i) && last == end && !v.tokens[i].number && (last == len(v.tokens) || v.tokens[last].apart):
		return youth{span{i, end}, false}, true // "fourteen", and nothing else
	}
	return youth{}, false
}

// deniedHere reports whether a negation stands before token i in its part of the clause: in
// "not 18, he's 16" none does before 16.
func (v *view) deniedHere(i int) bool {
	k := v.lex.known
	for j := i; j > max(0, i-reach) && !v.tokens[j].apart; j-- {
		if v.is(j-1, k.not) || v.is(j-1, k.no) {
			return true
		}
	}
	return false
}

// glued reads an age and its unit written as one word: "16years".
func glued(text string) (n int, ok bool) {
	for _, unit := range []string{"years", "yrs", "yo", "y"} {
		if digits, cut := strings.CutSuffix(text, unit); cut {
			n = number(digits)
			return n, n > 0
		}
	}
	return 0, false
}

// pointed reports whether a number has a point or comma: 1.7.
func pointed(text string) bool { return isDigit(rune(text[0])) && strings.ContainsAny(text, ".,") }

// ourselves reports whether a clause is of its writer, as one about years in a trade is.
func (v *view) ourselves() bool {
	return slices.ContainsFunc(v.tokens, func(t token) bool { return t.text == "we" || t.text == "i" || t.text == "since" })
}

// plural reports whether the noun for persons that ends before token i is of several.
func (v *view) plural(i int) bool {
	return v.ends(i, v.lex.known.person) && neutralPerson(v.tokens[i-1].text) == "women" || v.ends(i, v.lex.class("collective"))
}

// agedYouth reads "age sixteen", "aged 14", "ages 12 to 16", "age: 1 6", and "years: 17".
func (v *view) agedYouth(i int, disguised bool) (youth, bool) {
	at := i + 1
	n, end := v.yearsAt(at, disguised)
	if n == 0 || v.tokens[at].amount {
		return youth{}, false
	}
	last, young := v.manyYoung(at, end, disguised)
	if !young && (n < leastSaid || n >= adult) {
		return youth{}, false
	}
	return youth{span{i, last}, v.tied(i)}, true
}

// yearsAt returns the number of years that begins at token i, and where it ends; 0 for none.
func (v *view) yearsAt(i int, disguised bool) (n, end int) {
	if i < 0 || i >= len(v.tokens) {
		return 0, i
	}
	text := v.tokens[i].text
	digit := func(i int) bool { return i < len(v.tokens) && len(v.tokens[i].text) == 1 && v.tokens[i].number }
	if disguised && text == "1" && digit(i+1) && !v.tokens[i+1].apart && !digit(i+2) {
		return 10 + number(v.tokens[i+1].text), i + 2
	}
	if disguised && len(text) == 3 && text[0] == '1' && (text[1] == '.' || text[1] == ',') {
		return 10 + number(text[2:]), i + 1
	}
	if n := v.count(i); n > 0 {
		return n, i + 1
	}
	return 0, i
}

// manyYoung reads on after an age that ends at token end: "13 and 16", "10, 11, 13", "12 to
// 16", "15-17". It returns where the ages end, and whether one of them is under 18. A number
// of another size ends them: it is a price.
func (v *view) manyYoung(i, end int, disguised bool) (last int, young bool) {
	n, _ := v.yearsAt(i, disguised)
	young = leastTied <= n && n < adult
	for last = end; last < len(v.tokens); {
		next := last
		if v.tells(next, "and") || v.tells(next, "to") || v.tells(next, "or") {
			next++
		}
		n, end := v.yearsAt(next, disguised)
		if n < leastSaid || n > 60 || v.tokens[next].amount || pointed(v.tokens[next].text) {
			break
		}
		young = young || leastTied <= n && n < adult
		last = end
	}
	return last, young
}

// unit returns the token after a unit of age at token i; i if there is none.
func (v *view) unit(i int) int {
	switch {
	case i >= len(v.tokens):
		return i
	case v.is(i, v.lex.known.age):
		return v.longest(i, v.lex.known.age)
	case v.tokens[i].apart:
		return i
	}
	switch v.tokens[i].text {
	case "y", "yr", "yrs", "years", "year":
		return i + 1
	}
	return i
}

// longest returns where the longest term of a class that begins at token i ends.
func (v *view) longest(i, class int) int {
	for _, h := range v.hitsAt(i) {
		if h.class == class {
			return h.j
		}
	}
	return i
}

// tells reports whether token i is a word.
func (v *view) tells(i int, word string) bool {
	return i >= 0 && i < len(v.tokens) && v.tokens[i].text == word
}

// begins reports whether a part of the clause begins at token i.
func (v *view) begins(i int) bool { return i == 0 || v.tokens[i].apart }

// tied reports whether a noun for persons ends before token i.
func (v *view) tied(i int) bool {
	k := v.lex.known
	for j := max(0, i-4); j < i; j++ {
		for _, h := range v.hitsAt(j) {
			if h.j == i && (h.class == k.person || h.class == k.role) && !v.ends(h.i, k.nonhuman) && !v.ends(h.i, k.goods) && !v.ends(h.i, k.depiction) {
				return true
			}
		}
	}
	return false
}

// subjectOf reports whether an age at token i is said of somebody named before: "one is 15",
// "both 14", "youngest 13", "three are 15".
func (v *view) subjectOf(i int) bool {
	being := false
	for i--; i > 0; i-- {
		switch v.tokens[i].text {
		case "is", "are", "aged", "be", "turns":
			being = true
			continue
		case "only", "just", "still", "barely", "about", "now", "under":
			continue
		}
		break
	}
	if i < 0 {
		return false
	}
	switch v.tokens[i].text {
	case "both", "youngest", "younger", "she's", "he's":
		return true
	case "other":
		return being || v.tells(i-1, "the")
	case "one", "all", "second", "first", "who", "she", "he", "they", "each", "must":
		return being
	}
	count := v.count(i)
	return i > 0 && v.tokens[i].text == "of" && v.count(i-1) > 0 ||
		being && (1 < count && count < 10 || v.ends(i+1, v.lex.known.person))
}

// birthday reports whether token i begins the time of a birthday to come: "17 next May",
// "fifteen in March".
func (v *view) birthday(i int) bool {
	if !v.tells(i, "next") && !v.tells(i, "in") && !v.tells(i, "this") {
		return false
	}
	if i+1 >= len(v.tokens) {
		return false
	}
	switch v.tokens[i+1].text {
	case "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
		"spring", "summer", "autumn", "winter", "month", "week":
		return true
	}
	return false
}

// notYet reads "not yet 15", "both under sixteen" and "not of age until next year" at token i.
func (v *view) notYet(i int) (end int, ok bool) {
	if v.tells(i, "not") && v.tells(i+1, "yet") {
		if n, end := v.yearsAt(i+2, false); leastSaid <= n && n <= adult && v.rests(end) {
			return end, true
		}
	}
	k := v.lex.known
	for _, h := range v.hitsAt(i) {
		if h.class == k.underage && !v.denied(i) && (v.begins(i) || v.subjectOf(i)) {
			return h.j, true
		}
		if h.class != k.under || v.denied(i) {
			continue
		}
		said := v.subjectOf(i) || i > 0 && v.count(i-1) > 0 || v.ends(i, k.person)
		n, end := v.yearsAt(h.j, false)
		alone := v.begins(i) && (end == len(v.tokens) || end < len(v.tokens) && v.tokens[end].apart)
		if leastSaid <= n && n <= adult && (alone || said && v.rests(end)) {
			return end, true
		}
	}
	return i, false
}
