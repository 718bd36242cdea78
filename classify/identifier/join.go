package identifier

// Limits of joining.
const (
	// maxJoin is the most pieces that are put together to one identifier.
	maxJoin = 8
	// maxGroups is the same for pieces of one length, of which only the last may
	// be shorter: enough for a Bitcoin address with a space after every
	// character, and for a Monero address in groups of three.
	maxGroups = 36
	// maxGap is the most bytes between two pieces.
	maxGap = 16
	// maxClassA is the length of the longest class A identifier, an extended
	// key, with room for one more.
	maxClassA = 112
	// oddShare is how many characters of a join may come on one that stands in a
	// piece which looks like no word. Of the pieces of a random address, those of
	// three characters or more look like words in one case of six, those of two
	// in one of three: that so many do has a chance of less than 1 in 200.
	oddShare = 3
	// minClassA is the length of the shortest: a segwit address with a program
	// of two bytes.
	minClassA = 14
)

// joins tries every text that the last token ends and an earlier one begins.
// At least one of them must be unlike a word: prose costs nothing here, and of
// the addresses that do not begin with a digit anyway not one in two hundred has
// none.
func (sc *scanner) joins() {
	last := sc.count - 1
	low := max(sc.chain, last-maxGroups+1)
	if sc.unlikely < low || low == last {
		return
	}
	end := &sc.recent[last%ring]
	group := sc.recent[(last-1)%ring].n
	even := end.n <= group
	if !even {
		low = max(low, last-maxJoin+1) // only pieces of one length reach further back
	}
	if sc.unlikely < low || oddShare*(sc.odd-sc.recent[low%ring].odd) < minClassA {
		return
	}
	n, seen := end.n, end.seen
	j := join{sc: sc, first: last + 1, last: last, from: maxClassA}
	for i := last - 1; i >= low; i-- {
		t := &sc.recent[i%ring]
		n += t.n
		seen |= t.seen
		if even && t.n != group {
			if even = false; sc.unlikely <= last-maxJoin {
				return
			}
		}
		if n > maxClassA || !even && last-i >= maxJoin {
			return
		}
		if n >= minClassA && i <= sc.unlikely && sc.mayBegin(t, n, sc.odd-t.odd, seen) {
			j.try(i, n)
		}
	}
}

// alone decodes a token with look-alike letters by itself.
func (sc *scanner) alone(t *token) {
	if t.n >= minClassA && sc.mayBegin(t, t.n, t.n, t.seen) {
		j := join{sc: sc, first: sc.count, last: sc.count - 1, from: maxClassA}
		j.try(sc.count-1, t.n)
	}
}

// segwitInUse are the lengths of segwit addresses with 20 and 32 bytes. Only
// these are put together, not what no software makes yet.
const segwitInUse uint64 = 7<<42 | 3<<62

// mayBegin reports whether an identifier of n characters, of the classes seen and
// odd of them in pieces that look like no words, can begin with token t. It is
// here to be quick: what passes is still decoded.
func (sc *scanner) mayBegin(t *token, n, odd int, seen byte) bool {
	kinds := &classALengths[t.first]
	if kinds.segwit && n < 64 && segwitInUse>>n&1 == 1 && (t.folded() || startsSegwit(sc.text[t.start:t.end])) {
		return true
	}
	switch {
	case !kinds.has(n):
		return false
	case seen&isAlike != 0: // may yet be read as other characters
		return true
	case n == cashaddr20 || n == cashaddr32:
		return seen&notBech32 == 0
	}
	return seen&notBase58 == 0 && oddShare*odd >= n
}

// A join is the text of the tokens first to last, without what stands between
// them; it grows at its beginning.
type join struct {
	sc          *scanner
	first, last int
	homoglyphs  bool
	from        int // the text is sc.buf[from:]
}

// try decodes the n characters of tokens i to last.
func (j *join) try(i, n int) {
	for j.first > i {
		j.first--
		t := &j.sc.recent[j.first%ring]
		j.from -= t.n
		j.sc.clean(j.sc.buf[j.from:j.from], t)
		j.homoglyphs = j.homoglyphs || t.folded()
	}
	b := j.sc.buf[j.from:]
	if !j.homoglyphs && n < cashaddr20 && !fitsAddress(b) {
		return
	}
	s := string(b)
	method, decode := joined, decodeClassA
	if j.homoglyphs {
		method, decode = folded, decodeFolded
	}
	if id, ok := decode(s); ok {
		j.sc.found(j.sc.recent[i%ring].start, j.sc.recent[j.last%ring].end, n, method, id)
	}
}

// fitsAddress reports whether a text can be the 25 or 26 bytes of a base58
// address, as far as the zeros say with which it begins.
func fitsAddress(b []byte) bool {
	zeros := 0
	for zeros < len(b) && b[zeros] == b[0] && (b[0] == '1' || b[0] == 'r') {
		zeros++
	}
	return base58Fits(zeros, len(b)-zeros, 25, 26)
}
