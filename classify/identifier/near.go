package identifier

import "bytes"

// window is how many bytes before a candidate a word may stand that says what
// kind it is: about 40 Latin letters, or half as many Cyrillic ones.
const window = 48

// words are words or phrases in lower case; one that ends in * may go on.
type words []string

// nearest returns which of the sets has the word that stands nearest before
// text[start], within the window, and -1 if none has.
func (sc *scanner) nearest(start int, sets ...words) int {
	var buf [window]byte
	from := max(0, start-window)
	before := lower(buf[:0], sc.text[from:start])
	best, at := -1, -1
	for i, set := range sets {
		for _, w := range set {
			if end := lastWord(before, w); end > at {
				best, at = i, end
			}
		}
	}
	return best
}

// near reports whether one of the words stands before text[start], within the
// window.
func (sc *scanner) near(start int, w words) bool { return sc.nearest(start, w) == 0 }

// lastWord returns where w ends in text for the last time as a word of its own;
// -1 if it does not stand there.
func lastWord(text []byte, w string) int {
	stem := w[len(w)-1] == '*'
	if stem {
		w = w[:len(w)-1]
	}
	for end := len(text); ; {
		i := bytes.LastIndex(text[:end], []byte(w))
		if i < 0 {
			return -1
		}
		after := i + len(w)
		if (i == 0 || !wordByte(text[i-1])) && (stem || after == len(text) || !wordByte(text[after])) {
			return after
		}
		end = after - 1
	}
}

// wordByte reports whether c belongs to a word: a letter, or a byte of a
// character beyond ASCII.
func wordByte(c byte) bool { return c >= 0x80 || isLetterByte(c) }

// lower appends s in lower case, as far as ASCII, Latin-1 and Cyrillic go, byte
// for byte: nothing changes its length, and invalid UTF-8 does no harm.
func lower(dst []byte, s string) []byte {
	var last byte
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		case last == 0xc3 && c >= 0x80 && c <= 0x9e: // À–Þ
			c += 0x20
		case last == 0xd0 && c >= 0x90 && c <= 0x9f: // А–П
			c += 0x20
		case last == 0xd0 && c >= 0xa0 && c <= 0xaf: // Р–Я become D1 80–8F
			dst[len(dst)-1], c = 0xd1, c-0x20
		}
		last = s[i]
		dst = append(dst, c)
	}
	return dst
}
