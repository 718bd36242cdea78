package identifier

import "unicode/utf8"

// Some identifiers are longer than what joins puts together, or have other
// characters than letters and digits. They are known by how they begin, and read
// from there on.

// startMask and nextMask say, for the first two characters of a token, in which
// group of beginnings they are: a pair begins something if it shares a bit. In
// prose hardly any pair does.
var startMask, nextMask = func() (first, next [256]byte) {
	for bit, pair := range []struct{ first, next string }{
		{"lL", "nNtT"},     // ln…, ltcmweb
		{"uU", "1lLiItT"},  // u1, utest
		{"zZ", "sSuUtT"},   // zs1, zu1, ztestsapling
		{"tT", "mMeEuUsS"}, // tmweb, tex1, textest1, tu1, tsp1
		{"EU", "Qf"},       // addresses of TON
		{"k0", "Qf"},       // the same on its test network
		{"sS", "pP"},       // sp1
	} {
		for i := range len(pair.first) {
			first[pair.first[i]] |= 1 << bit
		}
		for i := range len(pair.next) {
			next[pair.next[i]] |= 1 << bit
		}
	}
	for c := range next {
		switch {
		case c >= 0x80: // may be a look-alike
			next[c] = 0xff
		case byteClass[c]&isGap != 0: // the first piece may be one letter
			next[c] = 0xff &^ tonStart
		}
	}
	return first, next
}()

// Groups of startMask.
const tonStart = 1<<4 | 1<<5

// starts looks at the token at start, whose first character is first when folded.
func (sc *scanner) starts(start int, first byte) {
	group := startMask[first]
	if first != sc.text[start] {
		if group &^= tonStart; group == 0 {
			return // class B is not guessed at
		}
	}
	_, size := utf8.DecodeRuneInString(sc.text[start:])
	second, after := foldedAt(sc.text, start+size)
	group &= nextMask[second]
	if group&tonStart != 0 && second == sc.text[start+size] {
		sc.ton(start)
	}
	if group&^tonStart == 0 || first != sc.text[start] && second == ' ' {
		return
	}
	if third, _ := foldedAt(sc.text, after); mayStart(first|0x20, second|0x20, third) {
		sc.bech32(start)
	}
}

// foldedAt returns the character at s[i:] when folded, a space for one that may
// stand between pieces, and where the next one begins; 0 where there is none.
func foldedAt(s string, i int) (c byte, next int) {
	if i >= len(s) {
		return 0, i
	}
	if c = s[i]; c < utf8.RuneSelf {
		if byteClass[c]&isGap != 0 {
			c = ' '
		}
		return c, i + 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	if c = fold(r); c == 0 && gapRune(r) {
		c = ' '
	}
	return c, i + size
}

// mayStart reports whether three characters, letters in lower case, may begin one
// of longForms or an offer. It is here to be quick.
func mayStart(first, second, third byte) bool {
	if second == ' ' || third == ' ' {
		return true
	}
	third |= 0x20 // digits have this bit
	switch [2]byte{first, second} {
	case [2]byte{'l', 'n'}:
		return third == 'b' || third == 't' || third == 'u' || third == 'o'
	case [2]byte{'l', 't'}:
		return third == 'c'
	case [2]byte{'u', 't'}, [2]byte{'z', 't'}:
		return third == 'e'
	case [2]byte{'t', 'm'}:
		return third == 'w'
	case [2]byte{'t', 'e'}:
		return third == 'x'
	case [2]byte{'t', 's'}:
		return third == 'p'
	case [2]byte{'z', 's'}, [2]byte{'z', 'u'}, [2]byte{'t', 'u'}, [2]byte{'s', 'p'}:
		return isSeparator(third)
	}
	return true
}
