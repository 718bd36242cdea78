package classify

import "slices"

// A shape is what a word is in the structure of an offer, whatever the word: someone, a
// sum, a paper, a debt. Runs of shapes say "one of them, for so much" in words that no
// training text has.
type shape byte

const (
	noShape    shape = 0
	pronoun    shape = 1
	possessive shape = 2
	attribute  shape = '~' // passed over, as if it did not stand there
	figure     shape = '#' // a number: a sum or none, by its length
	otherWord  shape = 'x'
	anyNumber  shape = 'n'
	anySum     shape = 'S'
	somebody   shape = 'P'
	firstWord  shape = 128 // of those that are words of function, each for itself
)

// shapeClasses are the classes of terms that make a shape, the weightier first.
func shapeClasses() []struct {
	shape shape
	names []string
} {
	return []struct {
		shape shape
		names []string
	}{
		{'G', []string{"nonhuman", "opus", "depiction"}},
		{somebody, []string{"person"}},
		{'R', []string{"role"}},
		{'D', []string{"document"}},
		{'B', []string{"debt", "owe", "owing"}},
		{'L', []string{"lock", "lockup", "confined", "lockup"}},
		{'H', []string{"holder", "keeper", "manager", "owner"}},
		{'g', []string{"goods"}},
		{'E', []string{"earnings", "earnword"}},
		{'V', []string{"deliver", "delivered", "shipped", "dest"}},
		{'X', []string{"sell", "buy", "forsale", "transferfull", "transferred", "transferverb", "transfernoun", "onloan", "vgive", "vgive-ed", "vhand", "vhand-ed", "transfer"}},
		{'K', []string{"stock", "perhead", "each"}},
		{'W', []string{"task", "work", "vwork"}},
		{'M', []string{"term", "price", "currency"}},
		{'N', []string{"not", "no"}},
		{'d', []string{"det", "our", "whose"}},
		{'a', []string{"anaphor"}},
	}
}

// shapeTerms finds the shape of each term of a vocabulary, in English. Terms with a masked
// word in them have none; what differs by gender alone is somebody if one of it is.
func (m *masker) shapeTerms(v *vocabulary) {
	m.shapes = make([]shape, len(v.terms))
	m.nameShapes()
	if m.english < 0 {
		return
	}
	lex, classes := v.lexicons[m.english], shapeClasses()
	for t, ms := range v.meanings {
		if m.masks(v.terms[t]) {
			m.personify(v, lex, t)
			continue
		}
		best := len(classes)
		for _, is := range ms {
			if is.lex != m.english || is.class < 0 {
				continue
			}
			for r, c := range classes[:best] {
				if slices.ContainsFunc(c.names, func(name string) bool { return lex.class(name) == is.class }) {
					best = r
					m.shapes[t] = c.shape
					break
				}
			}
		}
	}
}

// nameShapes gives shapes their names.
func (m *masker) nameShapes() {
	m.shapeNames[pronoun], m.shapeNames[possessive] = maskPronoun, maskHer
	for _, s := range []shape{otherWord, anyNumber, anySum} {
		m.shapeNames[s] = string(s)
	}
	for rank, c := range shapeClasses() {
		m.shapeNames[c.shape], m.ranks[c.shape] = string(c.shape), rank
	}
	for _, w := range functionWords() {
		m.shapeNames[int(firstWord)+int(m.functions.add(w))] = w
	}
}

// personify makes somebody of what stands for a term, if that is what the term means.
func (m *masker) personify(v *vocabulary, lex *lexicon, t int) {
	person := slices.ContainsFunc(v.meanings[t], func(is meaning) bool { return is.lex == m.english && is.class >= 0 && is.class == lex.known.person })
	n, ok := m.words.number(v.terms[t])
	if !ok || !person {
		return
	}
	for i, as := 0, m.lexemes[n].word; i < len(m.lexemes); i++ {
		if l := &m.lexemes[i]; l.word == as && l.shape == noShape {
			l.shape = somebody
		}
	}
}

// functionWords returns the words that stand for themselves in a shape.
func functionWords() []string {
	return []string{
		"for", "to", "with", "from", "by", "of", "at", "in", "on", "against", "per", "and", "or", "if", "until", "after", "before", "is", "are", "was", "were",
		"be", "will", "can", "may", "has", "have", "i", "we", "you", "my", "our", "your", "me", "us", "who", "that", "as", "over", "out", "off", "back", "up",
	}
}

// A shaped word is the shape of one word or of a term of several.
type shaped struct {
	shape      shape
	first, end int // words
	clause     int
}

// termShapes notes the shapes of the terms that words belong to, the weightiest of each word.
func (r *reading) termShapes(ws []wordToken, of []shape) {
	from := 0
	for n, fd := range r.fields {
		for from < len(ws) && ws[from].field < n {
			from++
		}
		k := from
		for _, p := range fd.places {
			s := r.c.masker.shapes[p.term]
			if s == noShape {
				continue
			}
			for k < len(ws) && ws[k].field == n && ws[k].end <= p.start {
				k++
			}
			for i := k; i < len(ws) && ws[i].field == n && ws[i].start < p.end; i++ {
				if of[i] == noShape || r.c.masker.ranks[s] < r.c.masker.ranks[of[i]] {
					of[i] = s
				}
			}
		}
	}
}

// shapesOf returns the shapes of the words of a listing, of which those of one term, and
// other words that follow each other, are one.
func (r *reading) shapesOf(ws []wordToken) []shaped {
	b := r.scratch
	b.termShapes = append(b.termShapes[:0], make([]shape, len(ws))...)
	r.termShapes(ws, b.termShapes)
	out := b.shapes[:0]
	for i, w := range ws {
		s := w.lexeme.shape
		switch {
		case s == attribute:
			continue
		case s == figure && w.end-w.start >= 3:
			s = anySum
		case s == figure:
			s = anyNumber
		case s != noShape && s < firstWord:
		case b.termShapes[i] != noShape:
			s = b.termShapes[i]
		case s == noShape:
			s = otherWord
		}
		if last := len(out) - 1; last >= 0 && out[last].clause == w.clause && out[last].shape == s && len(r.c.masker.shapeNames[s]) == 1 {
			out[last].end = i + 1
			continue
		}
		out = append(out, shaped{s, i, i + 1, w.clause})
	}
	b.shapes = out
	return out
}

// shapeReach is how many shapes apart two may be that are taken together.
const shapeReach = 6

// A shapeForm is how shapes stand that are taken together.
type shapeForm byte

const (
	nearShapes shapeForm = iota // two or three that follow each other
	farShapes                   // two with some between them, whatever these are
)

// shapeGrams hands a sink the pairs and threes of shapes that follow each other in a clause,
// and pairs further apart of which neither is any other word.
func (r *reading) shapeGrams(ws []wordToken, to gramSink) {
	ss := r.shapesOf(ws)
	for i, s := range ss {
		for j := i + 1; j < len(ss) && j <= i+shapeReach && ss[j].clause == s.clause; j++ {
			if j <= i+2 {
				to.shape(nearShapes, ss[i:j+1])
			}
			if j > i+1 && s.shape != otherWord && ss[j].shape != otherWord {
				to.shape(farShapes, ss[i:j+1])
			}
		}
	}
}
