package classify

import "slices"

// A shape is what a word is in the structure of an offer, whatever the word: someone, a
// sum, a paper, a debt. Runs of shapes say "one of them, for so much" in words that no
// training text has.
type shape byte

const (
	noShape   shape = 0
	otherWord shape = 'x'
	anyNumber shape = 'n'
	anySum    shape = 'S'
	somebody  shape = 'P'
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

// rank is the place of a shape among those that a word may have; the least counts.
func rank(s shape) int {
	return slices.IndexFunc(shapeClasses(), func(c struct {
		shape shape
		names []string
	}) bool {
		return c.shape == s
	})
}

// shapeTerms finds the shape of each term of a vocabulary, in English. Terms with a masked
// word in them have none; what differs by gender alone is somebody if one of it is.
func (m *masker) shapeTerms(v *vocabulary) {
	m.shapes = make([]shape, len(v.terms))
	m.person = make(map[string]bool)
	if m.english < 0 {
		return
	}
	lex := v.lexicons[m.english]
	for t, ms := range v.meanings {
		if m.masks(v.terms[t]) {
			m.personify(v, lex, t)
			continue
		}
		best := len(shapeClasses())
		for _, is := range ms {
			if is.lex != m.english || is.class < 0 {
				continue
			}
			for r, c := range shapeClasses()[:best] {
				if slices.ContainsFunc(c.names, func(name string) bool { return lex.class(name) == is.class }) {
					best = r
					m.shapes[t] = c.shape
					break
				}
			}
		}
	}
}

// personify files the masked word of a term as somebody, if that is what it means.
func (m *masker) personify(v *vocabulary, lex *lexicon, t int) {
	person := slices.ContainsFunc(v.meanings[t], func(is meaning) bool { return is.lex == m.english && is.class >= 0 && is.class == lex.known.person })
	if w, ok := m.alike[v.terms[t]]; ok && person {
		m.person[w] = true
	}
}

// functionWord reports whether a word stands for itself in a shape.
func functionWord(w string) bool {
	switch w {
	case "for", "to", "with", "from", "by", "of", "at", "in", "on", "against", "per", "and", "or", "if", "until", "after", "before", "is", "are", "was", "were",
		"be", "will", "can", "may", "has", "have", "i", "we", "you", "my", "our", "your", "me", "us", "who", "that", "as", "over", "out", "off", "back", "up":
		return true
	}
	return false
}

// A shaped word is the shape of one word or of a term of several.
type shaped struct {
	key        string
	first, end int // words
	clause     int
}

// shapesOf returns the shapes of the words of a listing, of which those of one term, and
// other words that follow each other, are one.
func (r *reading) shapesOf(ws []wordToken) []shaped {
	of := make([]shape, len(ws))
	ranks := make([]int, len(ws))
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
			at := rank(s)
			for i := k; i < len(ws) && ws[i].field == n && ws[i].start < p.end; i++ {
				if of[i] == noShape || at < ranks[i] {
					of[i], ranks[i] = s, at
				}
			}
		}
	}
	out := make([]shaped, 0, len(ws))
	for i, w := range ws {
		var key string
		switch {
		case w.word == maskAttribute:
			continue
		case w.word == maskMoney || w.word == maskNumber && w.end-w.start >= 3:
			key = string(anySum)
		case w.word == maskNumber:
			key = string(anyNumber)
		case w.word == maskPronoun || w.word == maskHer:
			key = w.word
		case r.c.masker.person[w.word]:
			key = string(somebody)
		case of[i] == noShape && functionWord(w.word):
			key = w.word
		case of[i] == noShape:
			key = string(otherWord)
		default:
			key = string(of[i])
		}
		if last := len(out) - 1; last >= 0 && out[last].clause == w.clause && out[last].key == key && len(key) == 1 {
			out[last].end = i + 1
			continue
		}
		out = append(out, shaped{key, i, i + 1, w.clause})
	}
	return out
}

// shapeReach is how many shapes apart two may be that are taken together.
const shapeReach = 6

// shapeGrams calls f with the pairs and threes of shapes that follow each other in a clause,
// and with pairs further apart of which neither is any other word.
func (r *reading) shapeGrams(ws []wordToken, f func(key []byte, first, end int)) {
	ss := r.shapesOf(ws)
	var key []byte
	for i, s := range ss {
		for j := i + 1; j < len(ss) && j <= i+shapeReach && ss[j].clause == s.clause; j++ {
			switch {
			case j == i+2:
				key = append(append(append(append(append(append(key[:0], '%'), s.key...), ' '), ss[i+1].key...), ' '), ss[j].key...)
				f(key, s.first, ss[j].end)
			case j == i+1:
				key = append(append(append(append(key[:0], '%'), s.key...), ' '), ss[j].key...)
				f(key, s.first, ss[j].end)
			}
			if j > i+1 && s.key != "x" && ss[j].key != "x" {
				key = append(append(append(append(key[:0], '%'), s.key...), "…"...), ss[j].key...)
				f(key, s.first, ss[j].end)
			}
		}
	}
}
