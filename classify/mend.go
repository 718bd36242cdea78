package classify

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Bounds on what counts as one disguised word or spaced-out phrase.
const (
	maxWord   = 32 // runes of a word that is tried
	maxJoined = 3  // marks within it
	maxSpaced = 64 // letters of a spaced-out run that is tried
)

// words are those that disguised spellings are mended towards.
type words struct {
	words   map[string]bool
	longest int // in runes
}

func (v *words) add(w string) {
	v.words[w] = true
	v.longest = max(v.longest, utf8.RuneCountInString(w))
}

// A writer writes folded text from characters, mending words on the way.
type writer struct {
	in    []char
	vocab words
	latin bool // most letters are Latin
	out   []byte
	lo    []int32
	hi    []int32
	word0 []char // scratch
	word1 []char
	odd   map[int]int
}

func newWriter(in []char, vocab words, b *fieldBuffers) *writer {
	n := len(in) + len(in)/8
	w := &writer{in: in, vocab: vocab, out: slices.Grow(b.out[:0], n), lo: slices.Grow(b.lo[:0], n), hi: slices.Grow(b.hi[:0], n)}
	latin, other := 0, 0
	for _, c := range in {
		switch {
		case c.r < utf8.RuneSelf:
			if isLower(c.r) {
				latin++
			}
		case unicode.IsLetter(c.r):
			other++
		}
	}
	w.latin = latin >= other
	return w
}

func isLower(r rune) bool { return 'a' <= r && r <= 'z' }
func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// wordRune reports whether r belongs to a word. Other letters and digits do too.
func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return isLower(r) || isDigit(r)
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// disguise reports whether r may stand for a letter inside a word.
func disguise(r rune) bool {
	switch r {
	case '@', '$', '!', '|', '€', '§', '£', '¢', '¥':
		return true
	}
	return false
}

// run goes through the characters once: spaced-out letters, words, the rest.
func (w *writer) run() {
	for i := 0; i < len(w.in); {
		if n := w.plain(i); n > 0 {
			i += n
			continue
		}
		if n := w.spaced(i); n > 0 {
			i += n
			continue
		}
		if r := w.in[i].r; wordRune(r) || disguise(r) && i+1 < len(w.in) && isLower(w.in[i+1].r) {
			i += w.word(i)
			continue
		}
		w.other(i)
		i++
	}
}

// plain writes the word at i if no more of it need be looked at: two letters or more, none
// thrice in a row, and a space or a mark after them that joins nothing. It returns how
// many characters it took; 0 if the word is another.
func (w *writer) plain(i int) int {
	end := i
	for end < len(w.in) && isLower(w.in[end].r) {
		if end > i+1 && w.in[end].r == w.in[end-1].r && w.in[end].r == w.in[end-2].r {
			return 0
		}
		end++
	}
	if end-i < 2 || end == len(w.in) {
		return 0
	}
	switch w.in[end].r {
	case ' ', '\n', ',', ':', ';':
	case '.':
		if end+1 < len(w.in) && wordRune(w.in[end+1].r) {
			return 0
		}
	default:
		return 0
	}
	w.copy(w.in[i:end])
	return end - i
}

// copy writes ASCII characters as they are.
func (w *writer) copy(cs []char) {
	n, m := len(w.out), len(w.out)+len(cs)
	w.out, w.lo, w.hi = slices.Grow(w.out, len(cs))[:m], slices.Grow(w.lo, len(cs))[:m], slices.Grow(w.hi, len(cs))[:m]
	out, lo, hi := w.out[n:m], w.lo[n:m], w.hi[n:m]
	for i, c := range cs {
		out[i], lo[i], hi[i] = byte(c.r), c.lo, c.hi
	}
}

// put writes a rune that stands for the bytes of c.
func (w *writer) put(r rune, c char) {
	if r < utf8.RuneSelf {
		w.out = append(w.out, byte(r))
		w.lo = append(w.lo, c.lo)
		w.hi = append(w.hi, c.hi)
		return
	}
	n := len(w.out)
	w.out = utf8.AppendRune(w.out, r)
	for range len(w.out) - n {
		w.lo = append(w.lo, c.lo)
		w.hi = append(w.hi, c.hi)
	}
}

// other writes what is no word: marks that part clauses as they are, anything
// else as one space.
func (w *writer) other(i int) {
	c := w.in[i]
	switch c.r {
	case '\n', '\r':
		w.breakAt('\n', c)
	case '.', ',', ';', ':', '!', '?', '"', '(', ')', '%', '+', '$', '\'', '€', '£', '₿':
		w.put(c.r, c)
	case '-', '/':
		// A hyphen or stroke between spaces parts what stands on its sides.
		if i > 0 && i+1 < len(w.in) && w.in[i-1].r == ' ' && w.in[i+1].r == ' ' {
			w.put(',', c)
			return
		}
		w.breakAt(' ', c)
	default:
		w.breakAt(' ', c)
	}
}

// breakAt writes white space, one for a run of it; a newline wins over a space.
func (w *writer) breakAt(r rune, c char) {
	n := len(w.out)
	if n > 0 && (w.out[n-1] == ' ' || w.out[n-1] == '\n') {
		if r == '\n' {
			w.out[n-1] = '\n'
		}
		return
	}
	w.put(r, c)
}

// spaced handles letters set apart by one and the same separator ("w o m a n",
// "w.o.m.a.n"). It returns how many characters it took; 0 if i starts no such run
// or the letters make up no known words.
func (w *writer) spaced(i int) int {
	if i > 0 && wordRune(w.in[i-1].r) || i+4 >= len(w.in) || !wordRune(w.in[i].r) || wordRune(w.in[i+1].r) || !wordRune(w.in[i+2].r) {
		return 0
	}
	sep := w.in[i+1].r
	if sep == '\n' || sep == '\r' {
		return 0
	}
	letters := []char{w.in[i]}
	end := i + 1
	for end+1 < len(w.in) && len(letters) < maxSpaced && w.in[end].r == sep && wordRune(w.in[end+1].r) &&
		(end+2 >= len(w.in) || !wordRune(w.in[end+2].r)) {
		letters = append(letters, w.in[end+1])
		end += 2
	}
	if len(letters) < 3 {
		return 0
	}
	digits := 0 // a number before words: "1 6 y e a r s"
	for digits < 2 && digits < len(letters) && isDigit(letters[digits].r) {
		digits++
	}
	words := w.segment(letters)
	if words == nil && digits > 0 && len(letters)-digits >= shortest {
		if words = w.segment(letters[digits:]); words != nil {
			for _, c := range letters[:digits] {
				w.put(c.r, c)
			}
			w.put(' ', char{' ', letters[digits].lo, letters[digits].lo})
		}
	}
	if words == nil && len(letters) >= shortest && (sep != ' ' || w.alone(i, end)) {
		// No word that matters, but one word: "o.p.e.n.s".
		for _, c := range letters {
			w.put(c.r, c)
		}
		return end - i
	}
	if words == nil {
		return 0
	}
	for k, word := range words {
		if k > 0 {
			w.put(' ', char{' ', word[0].lo, word[0].lo})
		}
		w.mended(word)
	}
	return end - i
}

// alone reports whether characters i to end are set off from the words around them by
// more than one space.
func (w *writer) alone(i, end int) bool {
	before := i < 2 || w.in[i-1].r != ' ' || w.in[i-2].r == ' '
	after := end+1 >= len(w.in) || w.in[end].r != ' ' || w.in[end+1].r == ' '
	return before && after
}

// segment parts letters into words of the vocabulary, as few as can be, each mended
// if it needs to be. It returns nil if that cannot be done.
func (w *writer) segment(letters []char) [][]char {
	best := make([][][]char, len(letters)+1)
	best[0] = [][]char{}
	for end := 1; end <= len(letters); end++ {
		for start := max(0, end-w.vocab.longest); start < end; start++ {
			if best[start] == nil || best[end] != nil && len(best[end]) <= len(best[start])+1 {
				continue
			}
			if end-start == 1 && letters[start].r != 'a' {
				continue
			}
			if word := w.known(letters[start:end]); word != nil {
				best[end] = append(best[start][:len(best[start]):len(best[start])], word)
			}
		}
	}
	return best[len(letters)]
}

// word writes the word at i, mended if it is disguised, and returns how many
// characters it took.
func (w *writer) word(i int) int {
	base, clean := i, true
	for ; base < len(w.in) && wordRune(w.in[base].r); base++ {
		c := w.in[base].r
		clean = clean && isLower(c) && (base < i+2 || w.in[base-1].r != c || w.in[base-2].r != c)
	}
	end, marks := base, 0
	for end < len(w.in) && end-i < maxWord && (wordRune(w.in[end].r) || marks < maxJoined && w.joins(end)) {
		if !wordRune(w.in[end].r) {
			marks++
		}
		end++
	}
	if clean && end == base && base > i || base-i > maxWord {
		for _, c := range w.in[i:base] {
			w.put(c.r, c)
		}
		return base - i
	}
	for n := end; n > i; n-- {
		// Ends within a word are no ends.
		if n < len(w.in) && n < end && wordRune(w.in[n].r) && wordRune(w.in[n-1].r) {
			continue
		}
		if n == base && clean {
			break
		}
		if word := w.known(w.in[i:n]); word != nil {
			start := len(w.out)
			if w.mended(word); plainly(word, w.in[i:n]) {
				delete(w.odd, start)
			}
			return n - i
		}
	}
	return w.unmended(i, base)
}

// joins reports whether the mark at i may be part of a word: a letter's
// disguise ("s@le"), or a mark between letters ("wo-man").
func (w *writer) joins(i int) bool {
	r := w.in[i].r
	if disguise(r) {
		return true
	}
	switch r {
	case '.', '-', '_', '*', '~', '`', '^':
	default:
		return false
	}
	return i+1 < len(w.in) && wordRune(w.in[i-1].r) && wordRune(w.in[i+1].r)
}

// mended writes a word that was disguised.
func (w *writer) mended(word []char) {
	start := len(w.out)
	for _, c := range word {
		w.put(c.r, c)
	}
	if w.odd == nil {
		w.odd = make(map[int]int)
	}
	w.odd[start] = len(w.out)
}

// plainly reports whether a word stands in the text as the vocabulary spells it.
func plainly(word, given []char) bool {
	if len(word) != len(given) {
		return false
	}
	for i, c := range word {
		if c.r != given[i].r || i > 0 && c.lo != word[i-1].hi {
			return false
		}
	}
	return true
}

// unmended writes the word from i to end, which spells no known word, with
// look-alikes folded if it is mostly Latin. It returns how many characters it took.
func (w *writer) unmended(i, end int) int {
	if end == i { // a mark that turned out to disguise nothing
		w.other(i)
		return 1
	}
	latin := 0
	for _, c := range w.in[i:end] {
		if isLower(c.r) {
			latin++
		}
	}
	for _, c := range w.in[i:end] {
		if f, ok := lookalikes[c.r]; ok && 2*latin >= end-i {
			c.r = f
		}
		w.put(c.r, c)
	}
	return end - i
}
