package classify

import (
	"cmp"
	"math"
	"slices"
)

// A gramKind is a kind of gram. Each kind of a listing's grams counts so much, however many
// they are: see [worth].
type gramKind byte

const (
	wordGram  gramKind = iota // a word
	pairGram                  // two words that follow each other in a clause
	partGram                  // three to five letters of a word, its edges included
	classGram                 // a class of terms of the lexicon, or a cue of a genre
	shapeGram                 // shapes that follow each other
	gramKinds
)

// worth is what each of n grams of a kind is worth: the reciprocal root of their number, so
// that each kind counts alike in a text of any length. A few grams are no basis, so that there
// are always some more than there are. Structure alone counts less than words: on authors
// unseen, classes of words and still more shapes are surer of themselves than they are right.
func worth(kind gramKind, n int) float64 {
	w := 1 / math.Sqrt(float64(n+10))
	switch kind {
	case classGram:
		return 0.7 * w
	case shapeGram:
		return 0.5 * w
	default:
		return w
	}
}

// longestWord is how many bytes a word may have of which parts are looked at.
const longestWord = 24

// A lexeme is a word as the wording sees it.
type lexeme struct {
	word  string // its spelling: that of what stands for it, or its own
	plain bool   // it stands for itself, so that its letters may be looked at
	shape shape  // that it has whatever the terms of the text say, or if they say none; noShape for none

	// What a model knows of it.
	spelling int32   // its number among those of which pairs are made; unlisted for none
	gram     int32   // unlisted for none
	parts    []int32 // grams among its parts, in their order
	of       int     // how many parts there are, known or not; 0 for a word that no table holds
}

// A wordToken is a word of a listing and its place.
type wordToken struct {
	*lexeme
	field      int
	start, end int // in the folded text
	clause     int
}

// wordTokens returns the words of the listing, masked, up to [maxWords]. They are good until
// the reading is released.
func (r *reading) wordTokens() []wordToken {
	b := r.scratch
	ws := b.tokens[:0]
	b.lexemes = b.lexemes[:0]
	clause := 0
	for n, f := range r.fields {
		for _, c := range f.clauses() {
			clause++
			for i := range c.tokens {
				if len(ws) == maxWords {
					b.tokens = ws
					return ws
				}
				t := &c.tokens[i]
				l := r.c.grams.lexeme(t)
				if l == nil {
					l = b.newLexeme(t.text)
				}
				if last := len(ws) - 1; l.shape == attribute && last >= 0 && ws[last].shape == attribute && ws[last].clause == clause {
					ws[last].end = t.end // "eastern european" is one attribute, as "thai" is
					continue
				}
				ws = append(ws, wordToken{l, n, t.start, t.end, clause})
			}
		}
	}
	b.tokens = ws
	return ws
}

// A gramSink takes the grams of words, which it knows by their indices.
type gramSink interface {
	word(i int)
	pair(i int)                       // of i and i+1
	parts(i int)                      // of which there are some
	shape(form shapeForm, s []shaped) // two or three, or the first and last of more
	term(term, first, end int)        // of the vocabulary, at some words
}

// grams hands all grams of words to a sink.
func (r *reading) grams(ws []wordToken, to gramSink) {
	for i, w := range ws {
		to.word(i)
		if i+1 < len(ws) && ws[i+1].clause == w.clause {
			to.pair(i)
		}
		if w.hasParts() {
			to.parts(i)
		}
	}
	r.shapeGrams(ws, to)
	r.classGrams(ws, to)
}

// classGrams hands the terms that stand for signs to a sink.
func (r *reading) classGrams(ws []wordToken, to gramSink) {
	for n, fd := range r.fields {
		from, _ := slices.BinarySearchFunc(ws, n, func(w wordToken, n int) int { return cmp.Compare(w.field, n) })
		for _, p := range fd.places {
			if len(r.c.masker.signs[p.term]) == 0 {
				continue
			}
			for from < len(ws) && ws[from].field == n && ws[from].end <= p.start {
				from++
			}
			end := from
			for end < len(ws) && ws[end].field == n && ws[end].start < p.end {
				end++
			}
			if end == from {
				break // beyond the words that are read
			}
			to.term(p.term, from, end)
		}
	}
}

// hasParts reports whether a lexeme's letters are looked at.
func (l *lexeme) hasParts() bool { return l.plain && len(l.word) <= longestWord }

// parts calls f with the runs of three to five letters of a word, "_" standing for its edges.
func parts(word string, f func(part string)) {
	word = "_" + word + "_"
	var starts [longestWord + 3]int
	n := 0
	for i := range word {
		starts[n] = i
		n++
	}
	starts[n] = len(word)
	for size := 3; size <= 5; size++ {
		for i := 0; i+size <= n; i++ {
			f(word[starts[i]:starts[i+size]])
		}
	}
}

// A speller spells grams as a model's file does, and counts them.
type speller struct {
	ws     []wordToken
	masker *masker
	kinds  map[string]gramKind
	count  [gramKinds]int
	buf    []byte
}

func (s *speller) add(kind gramKind, key []byte) {
	s.count[kind]++
	if _, ok := s.kinds[string(key)]; !ok {
		s.kinds[string(key)] = kind
	}
}

func (s *speller) word(i int) {
	s.buf = append(s.buf[:0], s.ws[i].word...)
	s.add(wordGram, s.buf)
}

func (s *speller) pair(i int) {
	s.buf = append(append(append(s.buf[:0], s.ws[i].word...), ' '), s.ws[i+1].word...)
	s.add(pairGram, s.buf)
}

func (s *speller) parts(i int) {
	parts(s.ws[i].word, func(part string) {
		s.buf = append(append(s.buf[:0], partMark), part...)
		s.add(partGram, s.buf)
	})
}

func (s *speller) shape(form shapeForm, ss []shaped) {
	s.buf = append(s.buf[:0], shapeMark)
	for i, of := range ss {
		switch {
		case i == 0:
		case form == nearShapes:
			s.buf = append(s.buf, ' ')
		case i < len(ss)-1:
			continue
		default:
			s.buf = append(s.buf, farMark...)
		}
		s.buf = append(s.buf, s.masker.shapeNames[of.shape]...)
	}
	s.add(shapeGram, s.buf)
}

func (s *speller) term(term, _, _ int) {
	for _, sign := range s.masker.signs[term] {
		s.buf = append(s.buf[:0], sign...)
		s.add(classGram, s.buf)
	}
}
