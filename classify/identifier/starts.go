package identifier

// Some identifiers are longer than what joins puts together, or have other
// characters than letters and digits. They are known by how they begin, and read
// from there on.

// startMask and nextMask say, for the first two characters of a token, in which
// group of beginnings they are: a pair begins something if it shares a bit. In
// prose hardly any pair does.
var startMask, nextMask = func() (first, next [256]byte) {
	for bit, pair := range []struct{ first, next string }{
		{"lL", "nNtT"},    // ln…, ltcmweb
		{"uU", "1lLiItT"}, // u1, utest
		{"zZ", "sSuUtT"},  // zs1, zu1, ztestsapling
		{"tT", "mMeEuU"},  // tmweb, tex1, textest1, tu1
		{"EU", "Qf"},      // addresses of TON
		{"k0", "Qf"},      // the same on its test network
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
	next := start + 1
	if first != sc.text[start] { // a look-alike has more bytes
		for next < len(sc.text) && sc.text[next]&0xc0 == 0x80 {
			next++
		}
	}
	if next >= len(sc.text) {
		return
	}
	group := startMask[first] & nextMask[sc.text[next]]
	switch {
	case group == 0:
	case group&tonStart != 0 && first == sc.text[start]:
		sc.ton(start)
		fallthrough // U is u1 as well
	default:
		sc.bech32(start)
	}
}
