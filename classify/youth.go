package classify

import (
	"slices"
	"strings"
)

// A youth is an age under 18 that a clause states of a human.
type youth struct {
	span
	tied  bool // to a person: "boy, 14", "f 15", "two brothers, 11 and 13"
	loose bool // it may be a time or a number as well, unless the listing says little else: "fifteen years"
}

// Bounds of ages that are taken for such without a word that says so: below are quantities,
// hours and the ages of animals, above is somebody of age.
const (
	leastBare = 8 // where nothing but its place makes a number an age: "maid, 15"
	leastSaid = 6 // where it is said of somebody: "she is seven"
	oldest    = 60
)

// youths returns the ages under 18 that the clause states. disguised says that the listing
// spells words in disguise, so that "1 6" and "1.6" may be ages, too.
func (v *view) youths(disguised bool) []youth {
	var out []youth
	for i := 0; i < len(v.tokens); i++ {
		y, ok := v.youth(i, disguised)
		if !ok {
			continue
		}
		if v.aboutLife(y.end) && !v.ofOthers(i) && !v.measured(y.end) {
			out = append(out, y)
		}
		i = y.end - 1
	}
	return out
}

// youth reads an age that begins at token i, by the constructions that state one.
func (v *view) youth(i int, disguised bool) (youth, bool) {
	if end, ok := v.notYet(i); ok {
		return youth{span: span{i, end}, tied: v.tied(i)}, true
	}
	if end, ok := v.schooled(i); ok {
		return youth{span: span{i, end}}, true
	}
	if v.deniedHere(i) {
		return youth{}, false
	}
	if end, ok := v.born(i); ok {
		return youth{span: span{i, end}, tied: true}, true
	}
	if n, ok := glued(v.tokens[i].text); ok {
		return youth{span: span{i, i + 1}, tied: v.tied(i)}, young(n) && n >= v.leastOfAge(i, i+1) && !v.ofThing(i+1)
	}
	if v.is(i, v.lex.known.aged) || v.tells(i, "years") && v.begins(i) && i+1 < len(v.tokens) && v.tokens[i+1].apart {
		f, ok := v.figures(i+1, disguised)
		return youth{span: span{i, f.end}, tied: v.tied(i)}, ok && f.youngOf(1) && !v.measured(f.end)
	}
	f, ok := v.figures(i, disguised)
	if !ok {
		return youth{}, false
	}
	if end := v.ofAge(f.end); end > f.end {
		return youth{span: span{i, end}, tied: v.tied(i)}, f.youngOf(v.leastOfAge(i, end)) && !v.ofThing(end)
	}
	return v.bareAge(i, f)
}

// leastOfAge is the least number at token i that a word for years of age before token end
// makes an age of a human. Of whom it says so it may be any; else small ones are those of
// animals, and in languages where that word is the one for years of anything, how long a
// lease runs.
func (v *view) leastOfAge(i, end int) int {
	switch {
	case v.lex.lang != "en" && !v.tokens[i].number:
		return inWords
	case v.lex.lang == "en" && (v.tied(i) || v.subjectOf(i, false) || v.is(end, v.lex.known.person)):
		return 1
	}
	return leastBare
}

// inWords is the least number that is an age where a clause is nothing but it and years.
const inWords = 10

// bareAge reads ages without the words for it: by whom they are said of, what stands about them,
// or when they come.
func (v *view) bareAge(i int, f figures) (youth, bool) {
	unit := v.unit(f.end)
	if pointed(v.tokens[i].text) && unit == f.end && f.end == i+1 {
		return youth{}, false
	}
	y := youth{span: span{i, unit}, tied: true}
	if f.first <= adult && v.turns(i) && (v.rests(unit) || v.season(unit) > unit) {
		return y, f.first >= leastSaid
	}
	if end := v.season(f.end); end > f.end && (v.begins(i) || v.said(i, f)) {
		coming := !v.tells(f.end, "since") && !v.tells(f.end, "at")
		return youth{span: span{i, end}, tied: v.tied(i)}, f.youngOf(leastBare) || coming && f.first == adult
	}
	switch k := v.lex.known; {
	case f.most == 0 || f.least < leastSaid:
		return youth{}, false
	case v.begins(i) && unit == f.end && v.childAt(unit): // "12, boy"
		return y, f.least >= leastBare
	case v.begins(i) && v.is(unit, k.sex) && !strings.HasPrefix(v.word(unit), "adult") && unit == f.end && v.rests(unit+1) && (!v.tells(unit, "m") || v.tokens[unit].apart):
		return y, f.youngOf(leastBare)
	case !v.rests(unit):
		return youth{}, false
	case v.said(i, f), v.is(i-1, k.sex) && f.youngOf(leastBare):
		return y, true
	}
	y.tied = v.named(i)
	if v.apposed(i, unit, f) {
		return y, true
	}
	y.loose = true
	return y, v.alone(i, unit, f)
}

// childAt reports whether a part of the clause at token i is a boy or a girl.
func (v *view) childAt(i int) bool {
	return i < len(v.tokens) && v.tokens[i].apart && v.begins(i+1) && !v.plural(i+1) &&
		(youngster(v.tokens[i].text) || v.is(i, v.lex.known.person) && v.is(i, v.lex.known.ambiguous))
}

// said reports whether ages at token i are said of somebody: "she is 15", "boy of 12", "girl,
// 14", "two brothers, 11 and 13". One number after several persons is how many they are.
func (v *view) said(i int, f figures) bool {
	several := f.end > i+1
	switch {
	case v.subjectOf(i, several):
		return true
	case v.tells(i-1, "of"):
		return v.tied(i-1) && !v.ends(i-1, v.lex.class("collective"))
	case f.least < leastBare:
		return false
	}
	bare := !v.begins(i) && v.tells(i-2, "the") // "the driver 15": a share
	return v.tied(i) && !bare && (!v.plural(i) || !v.quantity(i, f) || v.unit(f.end) > f.end)
}

// apposed reports whether ages from token i to end stand where a description states them: as
// a part of their own, in a clause that names somebody before; or as bounds.
func (v *view) apposed(i, end int, f figures) bool {
	several := f.end > i+1
	switch {
	case v.lex.lang != "en" || f.least < leastBare || !v.rests(end):
		return false
	case v.bounds(i, end, several):
		return true
	case !v.begins(i) || !v.begins(end):
		return false
	case end > f.end:
		return f.first >= inWords && !v.ourselves() && (v.tied(i) || v.is(end, v.lex.known.sex))
	}
	return v.named(i) && !v.quantity(i, f) || several && f.highest <= adult && v.joined(i, end)
}

// alone reports whether ages from token i to end are a part of their own in a clause that may
// be of somebody: "fourteen", "13 years".
func (v *view) alone(i, end int, f figures) bool {
	switch {
	case f.least < leastBare || !v.begins(i) || !v.begins(end) || v.quantity(i, f):
		return false
	case end > f.end:
		return f.first >= inWords && !v.ourselves()
	}
	return !v.tokens[i].number && (v.about || i == 0 && end == len(v.tokens))
}

// bounds reports whether ages from token i to end are those between which somebody is wanted:
// "thirteen and up", "ten to thirteen is best", "boys between 10 and 12".
func (v *view) bounds(i, end int, several bool) bool {
	if v.tells(i-1, "between") && several {
		return v.named(i) && (v.begins(i-1) || v.tied(i-1))
	}
	if !v.begins(i) {
		return false
	}
	for _, words := range [][]string{{"and", "up"}, {"and", "upwards"}, {"or", "so"}, {"or", "younger"}, {"or", "under"}, {"is", "best"}, {"preferred"}} {
		if v.follow(end, words) {
			return true
		}
	}
	return false
}

// follow reports whether words stand from token i on.
func (v *view) follow(i int, words []string) bool {
	for n, w := range words {
		if !v.tells(i+n, w) {
			return false
		}
	}
	return true
}

// joined reports whether the ages from token i to end are two or three with "and" or "to"
// between them, as prices and sizes hardly are.
func (v *view) joined(i, end int) bool {
	return slices.ContainsFunc(v.tokens[i:end], func(t token) bool { return t.text == "and" || t.text == "to" })
}

// named reports whether somebody is named in the clause before token i.
func (v *view) named(i int) bool {
	k := v.lex.known
	for _, h := range v.hits {
		if h.j > i {
			break
		}
		if h.class == k.person && v.head(h) && v.object(h) || h.class == k.role || (h.class == k.pronoun || h.class == k.whose) && v.means(h) != thing {
			return true
		}
	}
	return slices.ContainsFunc(v.tokens[:i], func(t token) bool { return youngster(t.text) })
}

// quantity reports whether a number at token i may say how many the persons before it are.
func (v *view) quantity(i int, f figures) bool {
	several := f.end > i+1
	if several && !slices.ContainsFunc(v.tokens[i:f.end], func(t token) bool { return t.text == "or" }) && f.highest <= adult {
		return false
	}
	for j := i; j > 0; j-- {
		if v.plural(j) {
			return true
		}
	}
	return false
}

// ourselves reports whether a clause is of its writer, as one about years in a trade is.
func (v *view) ourselves() bool {
	return slices.ContainsFunc(v.tokens, func(t token) bool { return t.text == "we" || t.text == "i" || t.text == "since" })
}

// plural reports whether the noun for persons that ends before token i is of several.
func (v *view) plural(i int) bool {
	return v.ends(i, v.lex.known.person) && neutralPerson(v.tokens[i-1].text) == "women" || v.ends(i, v.lex.class("collective"))
}

// unit returns the token after a unit of years at token i; i if there is none.
func (v *view) unit(i int) int {
	if i >= len(v.tokens) || v.tokens[i].apart {
		return i
	}
	switch v.tokens[i].text {
	case "y", "yr", "yrs", "years", "year":
		return i + 1
	}
	return i
}

// ofAge returns where the words for years of age at token i end; i for none. What a hyphen
// joins, as in "15-year-old", is one word by now.
func (v *view) ofAge(i int) int {
	for _, h := range v.hitsAt(i) {
		if h.class == v.lex.known.age {
			return h.j // the longest is the first
		}
	}
	switch v.word(i) {
	case "yearold", "yearsold", "yrold", "yrsold":
		return i + 1
	}
	return i
}

// tells reports whether token i is a word.
func (v *view) tells(i int, word string) bool {
	return v.word(i) == word
}

// begins reports whether a part of the clause begins at token i, or the clause ends before it.
func (v *view) begins(i int) bool { return i <= 0 || i >= len(v.tokens) || v.tokens[i].apart }

// rests reports whether what ends before token i is the end of a phrase, so that a number
// there counts no thing.
func (v *view) rests(i int) bool {
	if i >= len(v.tokens) || v.tokens[i].apart {
		return true
	}
	switch v.tokens[i].text {
	case "and", "but", "or", "now", "already", "when", "who", "so", "with", "the", "she", "he", "they", "in", "this", "from", "by", "for",
		"to", "at", "since", "on", "not", "no", "only", "will", "can", "has", "as", "if", "is", "which", "because", "wants", "knows":
		return true
	}
	return false
}

// measured reports whether a measure, a thing or a currency stands at token i.
func (v *view) measured(i int) bool {
	return i < len(v.tokens) && !v.tokens[i].apart && (v.is(i, v.lex.known.currency) || v.is(i, v.lex.known.goods) || v.is(i, v.lex.known.nonhuman) || v.tells(i, "k"))
}

// ofThing reports whether the words after an age make it one of a thing or an animal: "two yr
// old jersey heifers", "2 yrs old debt".
func (v *view) ofThing(i int) bool {
	k := v.lex.known
	for j := i; j < min(i+3, len(v.tokens)) && !v.tokens[j].apart; j++ {
		for _, h := range v.hitsAt(j) {
			switch h.class {
			case k.person, k.role:
				return false
			case k.nonhuman, k.goods, k.depiction, k.opus, k.owing:
				return true
			}
		}
	}
	return false
}

// youngster reports whether a word is a name of a young person that is no term of the lexicons.
func youngster(w string) bool {
	switch w {
	case "lad", "lads", "lass", "lasses", "ward", "youth", "youths", "youngster", "youngsters":
		return true
	}
	return false
}

// tied reports whether a noun for persons ends before token i.
func (v *view) tied(i int) bool {
	k := v.lex.known
	if w := v.word(i - 1); w == "unit" || w == "units" {
		return false // whose number it is
	}
	if i > 0 && i <= len(v.tokens) && v.lex.lang == "en" && youngster(v.tokens[i-1].text) {
		return true
	}
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
// "both 14", "youngest 13", "three are 15". "They are fifteen" may say how many they are,
// unless it tells several ages.
func (v *view) subjectOf(i int, several bool) bool {
	at, being := v.verbBefore(i)
	if at < 0 {
		return false
	}
	switch v.tokens[at].text {
	case "both", "youngest", "younger", "eldest", "oldest", "she's", "he's", "shes", "hes":
		return true
	case "other":
		return being || v.tells(at-1, "the")
	case "one", "second", "first", "who", "she", "he", "each", "must", "she'll", "he'll":
		return being
	case "have", "left": // "the one I have is fifteen"
		return being && slices.ContainsFunc(v.tokens[:at], func(t token) bool { return t.text == "one" })
	case "all", "they":
		return being && several
	}
	count := v.count(at)
	return at > 0 && v.tells(at, "of") && v.count(at-1) > 0 ||
		being && (1 < count && count < 10 || v.tied(at+1) && (several || !v.plural(at+1)))
}

// verbBefore goes back from token i over forms of to be and words such as "only", and returns
// where it came to; -1 for the beginning.
func (v *view) verbBefore(i int) (at int, being bool) {
	for at = i - 1; at >= 0; at-- {
		switch v.tokens[at].text {
		case "is", "are", "aged", "be", "turns", "turned", "becomes":
			being = true
		case "only", "just", "still", "barely", "about", "now", "under", "maybe", "perhaps", "nearly", "almost", "around", "already", "will":
		default:
			return at, being
		}
	}
	return -1, being
}

// turns reports whether an age at token i is one to come: "he turns sixteen", "she'll be 18".
// Whoever will be 18 is not yet.
func (v *view) turns(i int) bool {
	at, _ := v.verbBefore(i)
	for j := at + 1; j < i; j++ {
		switch v.tokens[j].text {
		case "turns", "becomes":
			return at < 0 || v.begins(j) || v.someone(at)
		case "be":
			return v.tells(at, "she'll") || v.tells(at, "he'll") || v.tells(at, "will") || j > 0 && v.tells(j-1, "will") && (at < 0 || v.someone(at) || v.about)
		}
	}
	return false
}

// someone reports whether token i ends what names or stands for somebody.
func (v *view) someone(i int) bool {
	k := v.lex.known
	switch v.tokens[i].text {
	case "she", "he", "who", "one", "youngest", "eldest", "other", "oldest":
		return true
	}
	return v.tied(i+1) || v.ends(i+1, k.pronoun) || v.ends(i+1, k.anaphor)
}

// schooled reads at token i that somebody is in a form of school, or will only now leave it:
// "finishes ninth form". Who did so may be of any age.
func (v *view) schooled(i int) (end int, ok bool) {
	switch v.tokens[i].text {
	case "finishes", "finishing", "finish", "attends", "school", "in", "still":
	default:
		return i, false
	}
	at := i + 1
	for at < len(v.tokens) && slices.Contains([]string{"the", "her", "his", "in"}, v.tokens[at].text) {
		at++
	}
	if at+1 >= len(v.tokens) || !form(v.tokens[at].text) {
		return i, false
	}
	switch v.tokens[at+1].text {
	case "form", "class", "grade":
		return at + 2, v.tokens[i].text != "in" || v.named(i)
	}
	return i, false
}

// form reports whether a word is the number of a form of school.
func form(w string) bool {
	switch w {
	case "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh":
		return true
	}
	digits := strings.TrimSuffix(w, "th")
	n := number(digits)
	return digits != w && 4 <= n && n <= 11
}

// born reads from token i "born fifteen years ago", and "born 2011, and we now write 2026".
func (v *view) born(i int) (end int, ok bool) {
	switch {
	case v.tells(i, "born"):
	case v.tells(i, "says") && v.about, v.tells(i, "birth"):
	default:
		return i, false
	}
	at := i + 1
	if v.tells(at, "in") {
		at++
	}
	n, after := v.yearsAt(at, false)
	if young(n) && v.unit(after) > after && v.tells(v.unit(after), "ago") {
		return v.unit(after) + 1, true
	}
	birth := v.year(at)
	if birth == 0 {
		return i, false
	}
	for j := at + 1; j < len(v.tokens); j++ {
		if now := v.year(j); now > 0 && (v.tells(j-1, "is") || v.tells(j-1, "write") || v.tells(j-1, "now")) {
			return at + 1, young(now - birth)
		}
	}
	return i, false
}

// notYet reads "not yet 15", "has not turned 16", "both under sixteen" and "not of age until
// next year" at token i.
func (v *view) notYet(i int) (end int, ok bool) {
	if v.tells(i, "not") {
		at := i + 1
		for slices.ContainsFunc([]string{"yet", "turned", "quite", "even"}, func(w string) bool { return v.tells(at, w) }) {
			at++
		}
		if n, end := v.yearsAt(at, false); at > i+1 && leastSaid <= n && n <= adult && v.rests(end) {
			return end, true
		}
	}
	k := v.lex.known
	for _, h := range v.hitsAt(i) {
		if h.class == k.underage && !v.denied(i) && (v.rests(h.j) || v.season(h.j) > h.j) && (v.begins(i) || v.someone(i-1) || v.subjectOf(i, false)) {
			return h.j, true
		}
		if h.class != k.under || v.denied(i) {
			continue
		}
		n, end := v.yearsAt(h.j, false)
		if leastSaid <= n && n <= adult && v.rests(end) && (v.begins(i) || v.said(i, figures{end: end}) || v.count(i-1) > 0 || v.tied(i) || v.tells(i-1, "them") || v.tells(i-1, "be")) {
			return end, true
		}
	}
	return i, false
}

// ofOthers reports whether the person next before token i is a child whom the offered
// person looks after: "with children aged 4".
func (v *view) ofOthers(i int) bool {
	k := v.lex.known
	for n := len(v.hits) - 1; n >= 0; n-- {
		h := v.hits[n]
		switch {
		case h.j > i:
			continue
		case h.class == k.pronoun:
			return false // "for minding babies, she is 12"
		case h.class != k.minor:
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
	for k := i; k < min(i+3, len(v.tokens)) && !v.tokens[k].apart; k++ {
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
