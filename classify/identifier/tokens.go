package identifier

import "unicode/utf8"

// ring is the number of tokens that are remembered; a power of two, at least
// maxGroups.
const ring = 64

// A token is a longest run of ASCII letters and digits and of characters that
// are taken for them.
type token struct {
	start, end int // in the view's text
	n          int // characters
	odd        int // characters so far of tokens that do not look like words, without this one's
	first      byte
	seen       byte // classes of its characters
}

// folded reports whether not all of a token is ASCII.
func (t *token) folded() bool { return t.seen&isAlike != 0 }

// A scanner walks over a text once and keeps the last tokens.
type scanner struct {
	text   string
	recent [ring]token
	count  int // tokens so far
	chain  int // first token that no hard boundary parts from the next one
	gap    int // bytes since the last token; more than maxGap is a hard boundary
	// unlikely is the number of the last token that words of prose do not look
	// like: with a digit, or with letters of two scripts.
	unlikely int
	// odd counts the characters of all tokens so far that do not look like words:
	// with a digit, a capital within or look-alikes, or of one character.
	odd      int
	buf      [maxClassA]byte // of the join at hand
	spelt    spelling        // what was last read by spell
	hits     []hit
	contacts // what the contact kinds remember
}

// scan finds candidates; they may overlap.
func (sc *scanner) scan() {
	sc.unlikely = -1
	text, class := sc.text, byteClass
	for i := 0; i < len(text); {
		c := text[i]
		switch k := class[c]; {
		case k&alphanumeric != 0:
			i = sc.token(i, c)
		case k&isGap != 0:
			sc.gap++
			i++
		case c < utf8.RuneSelf:
			sc.boundary()
			if c == '@' {
				sc.at(i)
			}
			i++
		default:
			i = sc.other(i)
		}
	}
}

// other reads the character beyond ASCII at i.
func (sc *scanner) other(i int) int {
	r, size := utf8.DecodeRuneInString(sc.text[i:])
	if f := fold(r); f != 0 {
		return sc.token(i, f)
	}
	sc.gap += size
	if !gapRune(r) {
		sc.boundary()
	}
	return i + size
}

// boundary parts all tokens so far from those that follow.
func (sc *scanner) boundary() { sc.gap = maxGap + 1 }

// token reads the token at start, whose first character is first when folded, and
// returns where it ends. Each run of ASCII in it is looked at as it stands; then
// the token and what it makes up with those before it.
func (sc *scanner) token(start int, first byte) int {
	var seen byte
	i, run, n, alike := start, start, 0, 0
	if c := sc.text[start]; c < utf8.RuneSelf { // its case says nothing of the word
		seen = byteClass[c] &^ isUpper
		i++
		n++
	}
	text, class := sc.text, byteClass
	for {
		ascii := i
		for ; i < len(text); i++ {
			k := class[text[i]]
			if k&alphanumeric == 0 {
				break
			}
			seen |= k
		}
		n += i - ascii
		if i >= len(text) || text[i] < utf8.RuneSelf {
			break
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		f := fold(r)
		if f == 0 {
			break
		}
		sc.run(run, i, seen)
		seen |= isAlike | byteClass[f]
		alike++
		n++
		i += size
		run = i
	}
	sc.run(run, i, seen)
	if m := startMask[first]; m != 0 && start+1 < len(sc.text) && m&nextMask[sc.text[start+1]] != 0 {
		sc.starts(start, first)
	}
	if sc.gap > maxGap {
		sc.chain = sc.count
	}
	sc.gap = 0
	if n > maxClassA {
		sc.boundary()
		return i
	}
	if seen&isDigit != 0 || alike > 0 && alike < n {
		sc.unlikely = sc.count
	}
	t := &sc.recent[sc.count%ring]
	t.start, t.end, t.n, t.odd, t.first, t.seen = start, i, n, sc.odd, first, seen
	if seen&(isDigit|isUpper|isAlike) != 0 || n == 1 {
		sc.odd += n
	}
	sc.count++
	if t.folded() {
		sc.alone(t)
	}
	sc.joins()
	return i
}

// clean appends the characters of a token, folded.
func (sc *scanner) clean(dst []byte, t *token) []byte {
	s := sc.text[t.start:t.end]
	if !t.folded() {
		return append(dst, s...)
	}
	for _, r := range s {
		if r >= utf8.RuneSelf {
			r = rune(fold(r))
		}
		dst = append(dst, byte(r))
	}
	return dst
}
