package identifier

import "unicode/utf8"

// maxSpelling is the longest identifier that spell reads, in characters: more
// than an invoice with many routes, or what a QR code of it can hold.
const maxSpelling = 4096

// A spelling is what the letters and digits of a text are from one place on, in
// lower case, with look-alikes folded and without what stands between.
type spelling struct {
	text []byte
	ends []spellingEnd
}

// A spellingEnd is the end of a piece, where an identifier may end.
type spellingEnd struct {
	at           int // in the scanner's text
	n            int // characters so far
	folded       bool
	upper, lower bool // letters of these cases are among them; look-alikes have none
}

// maxEven is the length of pieces up to which there may be more than maxJoin, if
// all have that length but the last.
const maxEven = 8

// spell reads pieces from start on into sc.spelt: up to maxJoin, or up to
// maxGroups short ones of one length. It stops where they cannot begin an
// identifier any more, as begins says.
func (sc *scanner) spell(start int, begins func([]byte) bool) {
	sp := &sc.spelt
	sp.text, sp.ends = sp.text[:0], sp.ends[:0]
	var end spellingEnd
	for i := start; len(sp.ends) < maxGroups; {
		if i = sc.piece(i, &end); end.n > maxSpelling {
			return
		}
		if len(sp.ends) < 4 && !begins(sp.text) { // by then it is decided
			return
		}
		sp.ends = append(sp.ends, end)
		if len(sp.ends) >= maxJoin && (sp.ends[0].n > maxEven || end.n != len(sp.ends)*sp.ends[0].n) {
			return
		}
		if i = sc.acrossGap(i); i < 0 {
			return
		}
	}
}

// piece reads the letters and digits at i and returns where they end.
func (sc *scanner) piece(i int, end *spellingEnd) int {
	sp := &sc.spelt
	for i < len(sc.text) && end.n <= maxSpelling {
		c := sc.text[i]
		size := 1
		switch {
		case byteClass[c]&isLetter != 0:
			end.upper = end.upper || c < 'a'
			end.lower = end.lower || c >= 'a'
			c |= 0x20
		case byteClass[c]&isDigit != 0:
		case c < utf8.RuneSelf:
			end.at = i
			return i
		default:
			var r rune
			r, size = utf8.DecodeRuneInString(sc.text[i:])
			if c = fold(r); c == 0 {
				end.at = i
				return i
			}
			if isLetterByte(c) {
				c |= 0x20
			}
			end.folded = true
		}
		sp.text = append(sp.text, c)
		end.n++
		i += size
	}
	end.at = i
	return i
}

// acrossGap returns where the next piece begins behind the gap at i; -1 if
// nothing that may stand between pieces does.
func (sc *scanner) acrossGap(i int) int {
	for from := i; i < len(sc.text) && i-from <= maxGap; {
		c := sc.text[i]
		if byteClass[c]&alphanumeric != 0 {
			return i
		}
		if c < utf8.RuneSelf {
			if byteClass[c]&isGap == 0 {
				return -1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(sc.text[i:])
		if fold(r) != 0 {
			return i
		}
		if !gapRune(r) {
			return -1
		}
		i += size
	}
	return -1
}
