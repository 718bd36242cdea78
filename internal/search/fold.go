package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of a text that is read. What lies behind them is not found.
const (
	maxField = 1 << 20 // bytes of a field
	maxWord  = 128     // bytes of a folded word; what is longer is cut, and equal if it begins alike
)

// A Token is a word of a field, folded, and the bytes that it stands for.
type Token struct {
	Word       string
	Start, End int
}

// Words returns the words of a text, folded.
func Words(text string) []string {
	var ws []string
	for _, t := range tokens(nil, text, MaxTokens) {
		ws = append(ws, t.Word)
	}
	return ws
}

// tokens appends up to n words of a text to ts, in one pass.
func tokens(ts []Token, text string, n int) []Token {
	w := wordReader{ts: ts, left: n}
	text = text[:min(len(text), maxField)]
	for i := 0; i < len(text) && w.left > 0; {
		if len(w.word) == 0 {
			if end := plainWord(text, i); end > i {
				w.ts = append(w.ts, Token{lower(text[i:min(end, i+maxWord)]), i, end})
				w.left--
				i = end
				continue
			}
		}
		b := text[i]
		if b < utf8.RuneSelf {
			if 'A' <= b && b <= 'Z' {
				b += 'a' - 'A'
			}
			w.take(rune(b), i, i+1)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		w.decompose(r, i, i+size)
		i += size
	}
	w.end()
	return w.ts
}

// plainWord returns where a word of letters and digits of ASCII alone ends that
// begins at i, which most words are; i if there is none.
func plainWord(text string, i int) (end int) {
	for end = i; end < len(text) && isPlain(text[end]); end++ {
	}
	if end < len(text) && text[end] >= utf8.RuneSelf { // the word may go on
		return i
	}
	return end
}

func isPlain(b byte) bool {
	return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' || 'A' <= b && b <= 'Z'
}

// lower returns a plain word folded, which is itself where it has no capitals.
func lower(word string) string {
	for i := range len(word) {
		if 'A' <= word[i] && word[i] <= 'Z' {
			return strings.ToLower(word)
		}
	}
	return word
}

// A wordReader gathers characters into words.
type wordReader struct {
	ts          []Token
	left        int
	word        []rune
	bytes       int
	start, last int
	latin       bool
	foreign     bool
}

// decompose takes the parts of a character's compatibility form.
func (w *wordReader) decompose(r rune, lo, hi int) {
	if r >= 0x1F130 && r <= 0x1F1FF { // letters in squares and flags have no such form
		for _, first := range []rune{0x1F130, 0x1F150, 0x1F170, 0x1F1E6} {
			if r >= first && r < first+26 {
				w.take('a'+r-first, lo, hi)
				return
			}
		}
	}
	var buf [utf8.UTFMax]byte
	d := norm.NFKD.Properties(buf[:utf8.EncodeRune(buf[:], r)]).Decomposition()
	if d == nil {
		w.take(unicode.ToLower(r), lo, hi)
		return
	}
	for len(d) > 0 {
		r, n := utf8.DecodeRune(d)
		w.take(unicode.ToLower(r), lo, hi)
		d = d[n:]
	}
}

// take adds a folded character to the word, or ends the word with it.
func (w *wordReader) take(r rune, lo, hi int) {
	switch {
	case 'a' <= r && r <= 'z':
		w.latin = true
	case '0' <= r && r <= '9':
	case r < utf8.RuneSelf:
		w.end()
		return
	case hidden(r):
		return
	case unspaced(r):
		w.end()
		w.add(r, lo, hi)
		w.end()
		return
	case unicode.IsLetter(r):
		w.foreign = true
	case unicode.IsDigit(r):
		r = digit(r)
	case unicode.Is(unicode.Mc, r): // a vowel sign within a word
		if len(w.word) == 0 {
			return
		}
	default:
		w.end()
		return
	}
	w.add(r, lo, hi)
}

func (w *wordReader) add(r rune, lo, hi int) {
	if len(w.word) == 0 {
		w.start, w.bytes = lo, 0
	}
	w.last = hi
	if n := utf8.RuneLen(r); w.bytes+n <= maxWord {
		w.word = append(w.word, r)
		w.bytes += n
	} else {
		w.bytes = maxWord
	}
}

// end ends the word, if there is one. In a word that has Latin letters, letters
// of other scripts that look like Latin ones are meant to be taken for them.
func (w *wordReader) end() {
	if len(w.word) > 0 && w.left > 0 {
		if w.latin && w.foreign {
			for i, r := range w.word {
				w.word[i] = lookAlike(r)
			}
		}
		w.ts = append(w.ts, Token{string(w.word), w.start, w.last})
		w.left--
	}
	w.word, w.bytes, w.latin, w.foreign = w.word[:0], 0, false, false
}

// hidden reports whether r shows nothing of its own: marks, format and direction
// controls, fillers.
func hidden(r rune) bool {
	switch r {
	case 0x115F, 0x1160, 0x3164, 0xFFA0, 'ـ':
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf)
}

// unspaced reports whether r is of a script that sets no spaces between words:
// each letter is a word of its own then, and a word of a query is a phrase.
func unspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// digit maps Arabic digits to ASCII ones.
func digit(r rune) rune {
	for _, zero := range []rune{0x660, 0x6F0} {
		if zero <= r && r <= zero+9 {
			return '0' + r - zero
		}
	}
	return r
}

// lookAlike returns the Latin letter that a Greek or Cyrillic one looks like.
func lookAlike(r rune) rune {
	switch r {
	case 'а', 'α':
		return 'a'
	case 'в', 'β':
		return 'b'
	case 'с', 'ϲ':
		return 'c'
	case 'ԁ':
		return 'd'
	case 'е', 'ε':
		return 'e'
	case 'һ', 'н':
		return 'h'
	case 'і', 'ι':
		return 'i'
	case 'ј':
		return 'j'
	case 'к', 'κ':
		return 'k'
	case 'м':
		return 'm'
	case 'о', 'ο', 'σ':
		return 'o'
	case 'р', 'ρ':
		return 'p'
	case 'ԛ':
		return 'q'
	case 'ѕ':
		return 's'
	case 'т', 'τ':
		return 't'
	case 'ν':
		return 'v'
	case 'ԝ', 'ω':
		return 'w'
	case 'х', 'χ':
		return 'x'
	case 'у', 'γ', 'υ':
		return 'y'
	}
	return r
}
