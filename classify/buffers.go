package classify

// Buffers are what the reading of one listing writes into and the next one may use again.
type buffers struct {
	chars  []char
	fields [2]fieldBuffers // title and description

	lexemes    []lexeme // of words that a gramTable does not hold
	tokens     []wordToken
	termShapes []shape
	shapes     []shaped
	hearer     hearer
	of         []float64
}

// newLexeme returns a lexeme of a word that stands for itself. Those that were returned
// before stay what they are, wherever the slice goes.
func (b *buffers) newLexeme(word string) *lexeme {
	b.lexemes = append(b.lexemes, lexeme{word: word, plain: true, spelling: unlisted, gram: unlisted})
	return &b.lexemes[len(b.lexemes)-1]
}

// Field buffers hold what a reading knows of a field.
type fieldBuffers struct {
	out    []byte
	lo, hi []int32
	words  []wordPlace
	places []place
	seen   []seen
	tokens []token
	parted []clause
}

// keep is how many bytes of a field a reading's buffers may have been for to be kept.
const keep = 1 << 16

// release gives a reading's buffers back. The reading is at its end.
func (r *reading) release() {
	b := r.scratch
	r.scratch, r.fields = nil, nil
	places, tokens := 0, 0
	for _, f := range b.fields {
		places, tokens = places+cap(f.places), tokens+cap(f.tokens)
	}
	if cap(b.chars) <= 2*keep && places <= 2*keep && tokens <= keep/4 {
		r.c.buffers.Put(b)
	}
}
