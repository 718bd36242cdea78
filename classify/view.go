package classify

import (
	"slices"
	"strconv"
	"strings"
)

// A hit is a term of a lexicon at tokens i to j of a clause.
type hit struct {
	class, rank int
	i, j        int
}

// A view is a clause as one lexicon sees it.
type view struct {
	lex    *lexicon
	tokens []token
	hits   []hit // by i, longest first
	first  []int // of each token: its first hit
	have   classSet
	tagged bool
	bare   bool   // words are taken for what they may mean, whatever stands around them
	refs   []kind // of each token: what a word that stands for something means
	about  bool   // the clause speaks of a person, in words or not
}

// newView finds the hits of lexicon n in a clause. ps are the terms of its field, by
// their starts.
func newView(v *vocabulary, n int, c clause, ps []place) *view {
	w := &view{lex: v.lexicons[n], tokens: c.tokens}
	begin, end := c.tokens[0].start, c.tokens[len(c.tokens)-1].end
	from, _ := slices.BinarySearchFunc(ps, begin, func(p place, at int) int { return p.start - at })
	for _, p := range ps[from:] {
		if p.start >= end {
			break
		}
		for _, m := range v.meanings[p.term] {
			if m.lex != n || m.class < 0 {
				continue
			}
			if i, j := c.at(p.start), c.ending(p.end); i >= 0 && j > i {
				w.hits = append(w.hits, hit{m.class, m.rank, i, j})
				w.have.add(m.class)
			}
		}
	}
	w.doses()
	w.labels()
	w.order()
	return w
}

// order sorts the hits and finds those of each token.
func (w *view) order() {
	slices.SortStableFunc(w.hits, func(a, b hit) int {
		if a.i != b.i {
			return a.i - b.i
		}
		return b.j - a.j
	})
	w.first = make([]int, len(w.tokens)+1)
	k := 0
	for i := range w.first {
		for k < len(w.hits) && w.hits[k].i < i {
			k++
		}
		w.first[i] = k
	}
}

// drop takes away the persons at the terms of a class: words for machines.
func (v *view) drop(class int) {
	if !v.have.has(class) {
		return
	}
	k := v.lex.known
	var at []span
	for _, h := range v.hits {
		if h.class == class {
			at = append(at, span{h.i, h.j})
		}
	}
	v.hits = slices.DeleteFunc(v.hits, func(h hit) bool {
		return (h.class == k.person || h.class == k.ambiguous) && slices.Contains(at, span{h.i, h.j})
	})
	v.have = classSet{}
	for _, h := range v.hits {
		v.have.add(h.class)
	}
	v.order()
}

// doses adds measures such as "28g" to the hits: they are of goods.
func (v *view) doses() {
	if v.lex.known.goods < 0 {
		return
	}
	for i := range v.tokens {
		switch unit(v.tokens, i) {
		case "g", "mg", "ug", "kg", "oz", "ml", "lb", "lbs", "mcg", "µg", "cm", "mm", "hp", "mah", "gb", "tb", "cc":
			v.label(v.lex.known.goods, i, i+1)
		}
	}
}

// unit returns what stands at token i beside a number: "g" of "28g" and of "28 g"; empty for
// nothing.
func unit(ts []token, i int) string {
	u := strings.TrimLeft(ts[i].text, "0123456789.,")
	if len(u) == len(ts[i].text) && (i == 0 || !ts[i-1].number) {
		return ""
	}
	return u
}

// labels adds to the hits what stands for persons or wares by its number: "number 3" and
// "lot 2" for what bears it; "three hands", "five who sew", "eleven taken" for persons.
func (v *view) labels() {
	if v.lex.known.anaphor < 0 {
		return
	}
	for i, t := range v.tokens[:len(v.tokens)-1] {
		next := v.tokens[i+1]
		switch t.text {
		case "number", "item", "lot", "no", "nr", "position":
			if next.number && len(next.text) < 4 {
				v.label(v.lex.known.anaphor, i, i+2)
			}
			continue
		}
		if v.numeral(i) < 2 || next.apart {
			continue
		}
		switch next.text {
		case "hands", "taken", "captured", "souls", "heads":
			v.label(v.lex.known.person, i, i+2)
		case "who", "whom", "adults":
			v.label(v.lex.known.person, i, i+1)
		}
	}
}

func (v *view) label(class, i, j int) {
	v.hits = append(v.hits, hit{class: class, i: i, j: j})
	v.have.add(class)
}

// numeral returns the number that token i states, before the hits are in order.
func (v *view) numeral(i int) int {
	for _, h := range v.hits {
		if h.i == i && h.class == v.lex.known.digit {
			return h.rank
		}
	}
	return number(v.tokens[i].text)
}

func (v *view) hitsAt(i int) []hit {
	if i < 0 || i >= len(v.tokens) {
		return nil
	}
	return v.hits[v.first[i]:v.first[i+1]]
}

// is reports whether a term of the class starts at token i.
func (v *view) is(i, class int) bool {
	for _, h := range v.hitsAt(i) {
		if h.class == class {
			return true
		}
	}
	return false
}

// ends reports whether a term of the class ends before token i.
func (v *view) ends(i, class int) bool {
	for k := max(0, i-4); k < i; k++ {
		for _, h := range v.hitsAt(k) {
			if h.class == class && h.j == i {
				return true
			}
		}
	}
	return false
}

// tag asks for the parts of speech. Persons, pronouns, origins and places are
// shown to the tagger as one fixed word each, so that exchanging a gender, a
// nationality or a religion can change no tag and hence no result.
func (v *view) tag(t *tagger) {
	words := make([]string, len(v.tokens))
	for i, tok := range v.tokens {
		words[i] = tok.text
	}
	k := v.lex.known
	for _, h := range v.hits {
		for i := h.i; i < h.j; i++ {
			switch h.class {
			case k.origin:
				words[i] = "foreign"
			case k.place:
				words[i] = "london"
			case k.pronoun:
				words[i] = neutralPronoun(words[i])
			}
		}
		if h.class == k.person && h.j == h.i+1 {
			words[h.i] = neutralPerson(words[h.i])
		}
	}
	tags := t.tag(words)
	if tags == nil {
		return
	}
	v.tagged = true
	for i := range v.tokens {
		v.tokens[i].tag = tags[i]
	}
}

func neutralPronoun(w string) string {
	switch w {
	case "she", "he":
		return "she"
	case "herself", "himself":
		return "herself"
	}
	return "her"
}

func neutralPerson(w string) string {
	if strings.HasSuffix(w, "s") || strings.HasSuffix(w, "men") || w == "people" || w == "children" {
		return "women"
	}
	return "woman"
}

// stands reports whether a hit counts where a pattern asks for its class: a person
// must be the thing spoken of.
func (v *view) stands(h hit, any bool) bool {
	if v.bare {
		return true
	}
	switch k := v.lex.known; h.class {
	case k.person:
	case k.anaphor:
		return v.means(h) == human
	case k.pronoun, k.whose:
		return v.means(h) != thing
	default:
		return true
	}
	return v.head(h) && (any || v.object(h))
}

// head reports whether a person is the head of its phrase, as in "tall woman", and no
// modifier, as in "girl scout cookies" or "toy man".
func (v *view) head(h hit) bool {
	k := v.lex.known
	if h.i > 0 && !v.tokens[h.i].apart && (v.ends(h.i, k.nonhuman) || v.ends(h.i, k.goods) || v.ends(h.i, k.depiction)) {
		return false
	}
	if h.j == len(v.tokens) || v.tokens[h.j].apart {
		return true
	}
	for _, next := range v.hitsAt(h.j) {
		switch next.class {
		case k.nonhuman, k.goods, k.depiction, k.person:
			return false
		}
	}
	if v.is(h.j, k.trade) || v.is(h.j, k.place) || v.is(h.j, k.pronoun) || v.is(h.j, k.anaphor) {
		return true
	}
	return !v.tokens[h.j].tag.noun()
}

// object reports whether a person is no beneficiary ("shoes for women") and not what a
// thing shows ("painting of a woman").
func (v *view) object(h hit) bool {
	k := v.lex.known
	for i := h.i - 1; i >= max(0, h.i-4) && !v.tokens[i+1].apart; i-- {
		switch {
		case v.ends(i+1, k.before) || v.ends(i+1, k.depiction):
			return false
		case v.ends(i+1, k.of):
			return !v.ends(i, k.depiction) && !v.ends(i, k.goods) && !v.ends(i, k.nonhuman)
		case !v.fillsPhrase(i):
			return true
		}
	}
	return true
}

// fillsPhrase reports whether token i can stand in a noun phrase before its head.
func (v *view) fillsPhrase(i int) bool {
	if i >= len(v.tokens) {
		return false
	}
	k := v.lex.known
	of := false
	for _, h := range v.hitsAt(i) {
		switch h.class {
		case k.goods, k.depiction, k.nonhuman, k.before, k.not:
			return false
		case k.origin, k.digit, k.person:
			return true
		case k.of:
			of = true
		}
	}
	t := v.tokens[i].tag
	return of || v.tokens[i].number || !t.noun() && !t.verb() && t != "IN" && t != "TO" && t != "WP"
}

// count returns the number that token i states; 0 if it states none below 1,000.
func (v *view) count(i int) int {
	for _, h := range v.hitsAt(i) {
		if h.class == v.lex.known.digit {
			return h.rank
		}
	}
	if i >= len(v.tokens) || !v.tokens[i].number || len(v.tokens[i].text) > 3 {
		return 0
	}
	n, err := strconv.Atoi(v.tokens[i].text)
	if err != nil {
		return 0
	}
	return n
}

// sum reports whether token i can be a price by its form.
func (v *view) sum(i int) bool {
	t := &v.tokens[i]
	if !t.number || len(t.text) > 9 {
		return false
	}
	if t.amount || v.is(i+1, v.lex.known.currency) || strings.HasSuffix(t.text, "k") {
		return true
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(t.text, ",", ""), 64)
	year := n >= 1900 && n < 2100 && len(t.text) == 4 && !t.apart && (i == 0 || v.dates(i-1))
	return err == nil && (n >= 100 && n < 1e6 && !year || n != float64(int(n)))
}

// dates reports whether token i is what stands before a year.
func (v *view) dates(i int) bool {
	switch v.tokens[i].text {
	case "in", "since", "until", "from", "year", "by", "of", "to", "before", "after",
		"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december":
		return true
	}
	return v.tokens[i].number
}

// headed reports whether the clause, or a part of it after a comma or colon, begins with
// the name of one person or more, as headings have it: "one healthy woman", "maid, 30".
func (v *view) headed() bool {
	for i, t := range v.tokens {
		if (i == 0 || t.apart) && v.heading(i) {
			return true
		}
	}
	return false
}

// heading reports whether token i begins such a name.
func (v *view) heading(i int) bool {
	k := v.lex.known
	determined := false
	for begin := i; i < begin+reach && i < len(v.tokens) && !v.is(i, k.person) && v.fillsPhrase(i); i++ {
		determined = determined || v.is(i, k.det) || v.is(i, k.digit) || v.tokens[i].number
	}
	for _, h := range v.hitsAt(i) {
		if h.class != k.person || !v.head(h) {
			continue
		}
		last := h.j == len(v.tokens)
		if determined && (last || v.tokens[h.j].apart) {
			return true
		}
		return !last && v.tokens[h.j].apart && v.tokens[h.j].number
	}
	return false
}
