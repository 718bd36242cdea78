package classify

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// How a gram begins that is no word and no pair of words, in a model's file.
const (
	partMark  = '+'
	shapeMark = '%'
	classMark = '@'
	farMark   = "…" // between two shapes that do not follow each other
)

// A gramTable is a wording made ready to be heard: its grams by what they are made of, so
// that those of a text are found without being spelled. Grams are known by their numbers.
type gramTable struct {
	bias          float64
	weights       []float64
	words         wordTable // words as they stand in texts, whoever knows them
	lexemes       []lexeme  // of each word
	money, number lexeme    // what stands for a sum, and for another number
	parts         wordTable
	partGrams     []int32   // of each part
	pairs         keyTable  // by [pairKey]
	shapes        keyTable  // by [shapeKey]
	signs         [][]int32 // of each term: the grams of its signs, -1 for one without weight
}

func (t *gramTable) empty() bool { return len(t.weights) == 0 }

// newGramTable takes in a wording, and words that others know. What no text can have, as a
// class that the lexicon lacks, weighs nothing and is left out.
func newGramTable(words *wordTable, m *masker, w Wording) *gramTable {
	t := &gramTable{bias: w.Bias, weights: make([]float64, 0, len(w.Grams)), words: words.clone()}
	grams := make(map[string]int32)   // words and signs
	spelled := make(map[string]int32) // words of grams
	spell := func(word string) int32 {
		if _, ok := spelled[word]; !ok {
			spelled[word] = int32(len(spelled))
		}
		return spelled[word]
	}
	shapes := m.shapesByName()
	for n, key := range sortedKeys(w.Grams) {
		gram := int32(n)
		t.weights = append(t.weights, w.Grams[key])
		first, second, pair := strings.Cut(key, " ")
		switch {
		case key == "":
		case key[0] == classMark:
			grams[key] = gram
		case key[0] == partMark:
			t.parts.add(key[1:])
			t.partGrams = append(t.partGrams, gram)
		case key[0] == shapeMark:
			if k, ok := readShapes(key, shapes); ok {
				t.shapes.put(k, gram)
			}
		case pair:
			t.pairs.put(pairKey(spell(first), spell(second)), gram)
		default:
			grams[key] = gram
			spell(key)
		}
	}
	t.file(m, spelled, grams)
	return t
}

// file makes the lexemes of all words, and the grams of the vocabulary's terms.
func (t *gramTable) file(m *masker, spelled, grams map[string]int32) {
	number := func(of map[string]int32, key string) int32 {
		if n, ok := of[key]; ok {
			return n
		}
		return unlisted
	}
	known := func(l lexeme) lexeme {
		l.gram, l.spelling = number(grams, l.word), number(spelled, l.word)
		if l.hasParts() {
			parts(l.word, func(part string) {
				l.of++
				if n, ok := t.parts.number(part); ok {
					l.parts = append(l.parts, t.partGrams[n])
				}
			})
		}
		return l
	}
	for _, w := range slices.Concat(m.words.words, m.functions.words, sortedKeys(spelled)) {
		if r, _ := utf8.DecodeRuneInString(w); wordRune(r) { // what stands for a word stands in no text
			t.words.add(w)
		}
	}
	for _, w := range t.words.words {
		t.lexemes = append(t.lexemes, known(m.lexeme(w)))
	}
	t.money = known(lexeme{word: maskMoney, shape: anySum})
	t.number = known(lexeme{word: maskNumber, shape: figure})
	t.signs = make([][]int32, len(m.signs))
	for term, signs := range m.signs {
		for _, s := range signs {
			t.signs[term] = append(t.signs[term], number(grams, s))
		}
	}
}

// lexeme returns the lexeme of a token; nil for a word that the table does not hold.
func (t *gramTable) lexeme(tok *token) *lexeme {
	switch {
	case tok.amount:
		return &t.money
	case tok.number || isDigit(rune(tok.text[0])):
		return &t.number
	}
	n := tok.word
	if n == unlisted {
		var ok bool
		if n, ok = t.words.number(tok.text); !ok {
			return nil
		}
	}
	return &t.lexemes[n]
}

// pairKey is the key of two words, by their numbers among the words of grams.
func pairKey(first, second int32) uint64 { return uint64(first)<<32 | uint64(second) }

// shapeKey is the key of shapes that stand so.
func shapeKey(form shapeForm, ss []shaped) uint64 {
	last := len(ss) - 1
	if form == farShapes {
		return 1<<24 | uint64(ss[0].shape)<<8 | uint64(ss[last].shape)
	}
	k := uint64(0)
	for _, s := range ss {
		k = k<<8 | uint64(s.shape)
	}
	return k
}

// readShapes returns the key of the shapes that a model's file spells; false if no text can
// have them.
func readShapes(key string, shapes map[string]shape) (uint64, bool) {
	form, names := nearShapes, strings.Split(key[1:], " ")
	if first, last, ok := strings.Cut(key[1:], farMark); ok {
		form, names = farShapes, []string{first, last}
	}
	if len(names) < 2 || len(names) > 3 {
		return 0, false
	}
	var ss []shaped
	for _, name := range names {
		s, ok := shapes[name]
		if !ok {
			return 0, false
		}
		ss = append(ss, shaped{shape: s})
	}
	return shapeKey(form, ss), true
}

// A heardGram is a gram of a text where it stands first.
type heardGram struct {
	gram       int32
	first, end int16 // words, of [maxWords] at most
	kind       gramKind
}

// A hearer takes a text's grams, and keeps those that weigh something: each once.
type hearer struct {
	table *gramTable
	words []wordToken
	heard []heardGram
	count [gramKinds]int // of all, known or not
	seen  []uint64       // a bit for each gram
}

// listen makes a hearer ready for a text.
func (h *hearer) listen(t *gramTable, ws []wordToken) {
	if n := len(t.weights)/64 + 1; len(h.seen) < n {
		h.seen = make([]uint64, n)
	}
	h.table, h.words, h.heard, h.count = t, ws, h.heard[:0], [gramKinds]int{}
}

// forget makes a hearer ready to listen again.
func (h *hearer) forget() {
	for _, g := range h.heard {
		h.seen[g.gram/64] = 0
	}
}

func (h *hearer) add(kind gramKind, gram int32, first, end int) {
	if bit := uint64(1) << (gram % 64); h.seen[gram/64]&bit == 0 {
		h.seen[gram/64] |= bit
		h.heard = append(h.heard, heardGram{gram, int16(first), int16(end), kind})
	}
}

func (h *hearer) word(i int) {
	h.count[wordGram]++
	if g := h.words[i].gram; g >= 0 {
		h.add(wordGram, g, i, i+1)
	}
}

func (h *hearer) pair(i int) {
	h.count[pairGram]++
	first, second := h.words[i].spelling, h.words[i+1].spelling
	if first < 0 || second < 0 {
		return
	}
	if g, ok := h.table.pairs.get(pairKey(first, second)); ok {
		h.add(pairGram, g, i, i+2)
	}
}

func (h *hearer) parts(i int) {
	l := h.words[i].lexeme
	if l.of > 0 {
		h.count[partGram] += l.of
		for _, g := range l.parts {
			h.add(partGram, g, i, i+1)
		}
		return
	}
	parts(l.word, func(part string) {
		h.count[partGram]++
		if n, ok := h.table.parts.number(part); ok {
			h.add(partGram, h.table.partGrams[n], i, i+1)
		}
	})
}

func (h *hearer) shape(form shapeForm, ss []shaped) {
	h.count[shapeGram]++
	if g, ok := h.table.shapes.get(shapeKey(form, ss)); ok {
		h.add(shapeGram, g, ss[0].first, ss[len(ss)-1].end)
	}
}

func (h *hearer) term(term, first, end int) {
	for _, g := range h.table.signs[term] {
		h.count[classGram]++
		if g >= 0 {
			h.add(classGram, g, first, end)
		}
	}
}

// spread says what each word adds to the wording score, and returns the score. It is good
// until the reading is released.
func (r *reading) spread(ws []wordToken) (value float64, of []float64) {
	h := &r.scratch.hearer
	h.listen(r.c.grams, ws)
	defer h.forget()
	r.grams(ws, h)
	var each [gramKinds]float64
	for kind := range each {
		each[kind] = worth(gramKind(kind), h.count[kind])
	}
	of = append(r.scratch.of[:0], make([]float64, len(ws))...)
	r.scratch.of = of
	value = r.c.grams.bias
	for _, g := range h.heard {
		v := float64(r.c.grams.weights[g.gram] * each[g.kind])
		value += v
		if g.end == g.first+1 { // most are of one word
			of[g.first] += v
			continue
		}
		for i := g.first; i < g.end; i++ {
			of[i] += v / float64(g.end-g.first)
		}
	}
	return value, of
}
