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

// newLexeme returns a lexeme of a word that stands for itself.
func (b *buffers) newLexeme(word string) *lexeme {
	b.lexemes = append(b.lexemes, lexeme{word: word, plain: true, number: -1, gram: -1})
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
	if cap(b.chars) <= 2*keep && cap(b.fields[0].places)+cap(b.fields[1].places) <= 2*keep {
		r.c.buffers.Put(b)
	}
}
