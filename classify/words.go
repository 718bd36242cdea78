package classify

import "unicode/utf8"

// A wordPlace is a word of a folded text: where it stands, and its number in a table.
type wordPlace struct{ start, end, number int32 }

// unlisted stands for the number of a word that the table does not hold.
const unlisted = -1

// split appends the words of a text to ps, and reports whether the text is all ASCII. Each
// word is looked up here, once for all who ask. An apostrophe within a word is part of it.
func (t *wordTable) split(ps []wordPlace, text string) (_ []wordPlace, ascii bool) {
	ascii = true
	for i := 0; i < len(text); {
		start, h := i, hashBegin
		for i < len(text) {
			c := text[i]
			if isLower(rune(c)) || isDigit(rune(c)) || c == '\'' && inside(text, i) {
				h = hashByte(h, c)
				i++
				continue
			}
			if c < utf8.RuneSelf {
				break
			}
			ascii = false
			r, size := utf8.DecodeRuneInString(text[i:])
			if !wordRune(r) {
				break
			}
			for end := i + size; i < end; i++ {
				h = hashByte(h, text[i])
			}
		}
		if i == start {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		n, ok := t.hashed(text[start:i], h)
		if !ok {
			n = unlisted
		}
		ps = append(ps, wordPlace{int32(start), int32(i), n})
	}
	return ps, ascii
}
