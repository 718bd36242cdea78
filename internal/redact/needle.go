package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"slices"

	"vigil"
)

// Lengths of what is looked for, in bytes as squeeze folds them.
const (
	minNeedle = 3  // what is shorter is withheld in its own place only
	strong    = 6  // from here on also within words; what is shorter must be a word
	window    = 24 // from here on by windows, so that parts of a long text are found
	maxSpread = 24 // bytes of digits before a telephone number's last ones that are taken for its first
	maxNumber = 8  // last digits by which a number is found without its country code
)

// A matcher finds withheld values in texts, whatever way they are spelt. It takes
// time in proportion to the text, however many values there are.
type matcher struct {
	scan  func(string) []vigil.Identifier // finds obfuscated identifiers; nil for none
	keys  map[string]int                  // key of an identifier → rule
	words map[string]word                 // folded; shorter than window
	long  [][]byte                        // folded
	parts map[string]part                 // a window of a long one → where it is
	sizes [window]bool                    // of words
	first [1 << 16]bool                   // first two bytes of any of them
}

// A word is a short value.
type word struct {
	rule   int
	number bool // digits only
}

// A part says where a window of a long value stands.
type part struct{ long, at, rule int }

func newMatcher(scan func(string) []vigil.Identifier) *matcher {
	return &matcher{scan: scan, keys: map[string]int{}, words: map[string]word{}, parts: map[string]part{}}
}

// empty reports whether m finds nothing.
func (m *matcher) empty() bool { return len(m.words) == 0 && len(m.parts) == 0 && len(m.keys) == 0 }

// add makes m find a value. The first rule that withholds it counts.
func (m *matcher) add(value string, rule int) {
	vs := views(value)
	m.addFolded(squeeze(vs[0]), rule)
	if len(vs) > 1 { // as its author meant it
		m.addFolded(squeeze(vs[len(vs)-1]), rule)
	}
}

func (m *matcher) addFolded(sq view, rule int) {
	f := sq.b
	switch n := len(f); {
	case n < minNeedle:
	case n < window:
		s := string(f)
		if _, ok := m.words[s]; !ok {
			m.words[s] = word{rule, digits(sq)}
		}
		m.sizes[n] = true
		m.first[two(f)] = true
	default:
		m.long = append(m.long, f)
		for i := 0; i+window <= n; i += window {
			m.addWindow(f, i, rule)
		}
		m.addWindow(f, n-window, rule)
	}
}

func (m *matcher) addWindow(f []byte, at, rule int) {
	w := f[at : at+window]
	m.first[two(w)] = true
	if _, ok := m.parts[string(w)]; !ok {
		m.parts[string(w)] = part{len(m.long) - 1, at, rule}
	}
}

// addNumber makes m find a telephone number, also without its country code.
func (m *matcher) addNumber(value string, rule int) {
	m.add(value, rule)
	if sq := squeeze(plainView(value)); len(sq.b) >= maxNumber+2 && digits(sq) {
		n := len(sq.b) - maxNumber
		m.addFolded(view{sq.b[n:], sq.at[n:], sq.num[n:]}, rule)
	}
}

// addKey makes m find every spelling that the scanner reads as an identifier with key.
func (m *matcher) addKey(key string, rule int) {
	if _, ok := m.keys[key]; !ok && key != "" {
		m.keys[key] = rule
	}
}

func two(b []byte) int { return int(b[0])<<8 | int(b[1]) }

// digits reports whether a squeezed text is digits only.
func digits(sq view) bool { return !slices.Contains(sq.num, false) }

// A match is a part of a text that is withheld under a rule.
type match struct {
	place
	rule int
}

// find returns what is withheld of a text, in order, apart from one another. It
// widens each match to whole words: what is left of a word would tell the rest.
func (m *matcher) find(s string) []match {
	if m.empty() || s == "" {
		return nil
	}
	ms := m.identifiers(s)
	for _, v := range views(s) {
		ms = m.inView(ms, v, true)
	}
	return tidy(ms)
}

// holds reports whether anything in s is withheld.
func (m *matcher) holds(s string) bool { return len(m.find(s)) > 0 }

func (m *matcher) identifiers(s string) (ms []match) {
	if m.scan == nil || len(m.keys) == 0 {
		return nil
	}
	for _, id := range m.scan(s) {
		if rule, ok := m.keys[id.Key]; ok && id.Start >= 0 && id.Start < id.End && id.End <= len(s) {
			ms = append(ms, match{place{id.Start, id.End}, rule})
		}
	}
	return ms
}

// inView adds what is found in one reading, and in what is encoded in it.
func (m *matcher) inView(ms []match, v view, encoded bool) []match {
	sq := squeeze(v)
	for i := 0; i+1 < len(sq.b); {
		lo, hi, rule := m.at(sq, i)
		if hi == 0 {
			i++
			continue
		}
		lo, hi = sq.widen(lo, hi)
		ms = append(ms, match{sq.span(lo, hi), rule})
		i = max(hi, i+1)
	}
	if encoded {
		ms = m.inRuns(ms, v)
	}
	return ms
}

// at returns the longest value that begins at byte i of a squeezed text; hi is 0 if
// there is none. Of a long value, lo may lie before i.
func (m *matcher) at(sq view, i int) (lo, hi, rule int) {
	b := sq.b[i:]
	if !m.first[two(b)] {
		return 0, 0, 0
	}
	if len(b) >= window {
		if p, ok := m.parts[string(b[:window])]; ok {
			lo, hi = m.extend(sq.b, i, p)
			return lo, hi, p.rule
		}
	}
	for n := min(window-1, len(b)); n >= minNeedle; n-- {
		if !m.sizes[n] {
			continue
		}
		if w, ok := m.words[string(b[:n])]; ok && (n >= strong || sq.word(i, i+n)) {
			lo, hi = i, i+n
			if w.number {
				lo = sq.spread(lo)
			}
			return lo, hi, w.rule
		}
	}
	return 0, 0, 0
}

// extend returns how far the text agrees with a long value around a window of it.
func (m *matcher) extend(b []byte, i int, p part) (lo, hi int) {
	long := m.long[p.long]
	lo, hi = i, i+window
	for k := p.at; lo > 0 && k > 0 && i-lo < window && b[lo-1] == long[k-1]; lo, k = lo-1, k-1 {
	}
	for k := p.at + window; hi < len(b) && k < len(long) && b[hi] == long[k]; hi, k = hi+1, k+1 {
	}
	return lo, hi
}

// touch reports whether byte i of a squeezed view stands right behind the one before.
func (v view) touch(i int) bool { return v.at[i-1].hi >= v.at[i].lo }

// word reports whether bytes lo to hi are a word, or one that is spelt with a gap
// after each letter.
func (v view) word(lo, hi int) bool {
	if lo > 0 && v.touch(lo) || hi < len(v.b) && v.touch(hi) {
		return false
	}
	gaps := 0
	for i := lo + 1; i < hi; i++ {
		if !v.touch(i) {
			gaps++
		}
	}
	return gaps == 0 || gaps >= (hi-lo)/2
}

// maxWiden bounds how far a match is widened, in bytes to each side.
const maxWiden = 256

// widen returns the whole words that lo to hi touch.
func (v view) widen(lo, hi int) (int, int) {
	for n := 0; n < maxWiden && lo > 0 && v.touch(lo); n++ {
		lo--
	}
	for n := 0; n < maxWiden && hi < len(v.b) && v.touch(hi); n++ {
		hi++
	}
	return lo, hi
}

// spread returns where the digits begin that lead to lo: those of a country or an
// area stand before a number's last ones, with little between.
func (v view) spread(lo int) int {
	for n := 0; n < maxSpread && lo > 0; n++ {
		if !v.num[lo-1] || v.at[lo].lo-v.at[lo-1].hi > 3 {
			break
		}
		lo--
	}
	return lo
}

// minRun is the length of the shortest run of an encoding that is decoded.
const minRun = 8

// inRuns adds what is found in base64 and in hex digits.
func (m *matcher) inRuns(ms []match, v view) []match {
	var r run
	for i := 0; i < len(v.b); i++ {
		if base64Value[v.b[i]] == 0 {
			continue
		}
		r.text, r.at = r.text[:0], r.at[:0]
		varied := false // base64 of words has capitals, digits or signs
		for ; i < len(v.b); i++ {
			c := v.b[i]
			if c == '\n' || c == '\r' {
				continue // lines of a long one
			}
			if base64Value[c] == 0 {
				break
			}
			r.text, r.at = append(r.text, base64Value[c]), append(r.at, i)
			varied = varied || c < 'a' || c > 'z'
		}
		if len(r.text) >= minRun && varied {
			ms = m.inRun(ms, v, r)
		}
	}
	return ms
}

// A run is characters that may encode something, and where they stand in a view.
type run struct {
	text []byte
	at   []int
}

// inRun reads a run from whichever of its first characters on it may begin.
func (m *matcher) inRun(ms []match, v view, r run) []match {
	for from := range 4 {
		whole := (len(r.text) - from) / 4 * 4
		text, _ := base64.RawStdEncoding.DecodeString(string(r.text[from : from+whole]))
		if rest := r.text[from+whole:]; len(rest) > 1 { // the end, without its padding
			last, _ := base64.StdEncoding.DecodeString(string(rest) + "AA"[:4-len(rest)])
			text = append(text, last[:len(rest)-1]...)
		}
		ms = m.inDecoded(ms, v, r, text, from, 3, 4)
	}
	for lo := 0; lo < len(r.text); lo++ {
		hi := lo
		for hi < len(r.text) && hexDigit(r.text[hi]) {
			hi++
		}
		for from := lo; from < lo+2 && hi-from >= minRun; from++ {
			text, _ := hex.DecodeString(string(r.text[from : hi-(hi-from)%2]))
			ms = m.inDecoded(ms, v, r, text, from, 1, 2)
		}
		lo = hi
	}
	return ms
}

// inDecoded adds the characters of a run that encode something withheld: each group
// of so many characters encodes so many bytes. What stands next to them goes too, up
// to a sign.
func (m *matcher) inDecoded(ms []match, v view, r run, text []byte, from, size, chars int) []match {
	for _, d := range views(string(text)) {
		for _, x := range m.inView(nil, d, false) {
			lo := from + x.lo/size*chars
			hi := min(len(r.text), from+(x.hi+size-1)/size*chars)
			for n := 0; n < maxWiden && lo > 0 && alnum(r.text[lo-1]); n++ {
				lo--
			}
			for n := 0; n < maxWiden && hi < len(r.text) && alnum(r.text[hi]); n++ {
				hi++
			}
			ms = append(ms, match{v.span(r.at[lo], r.at[hi-1]+1), x.rule})
		}
	}
	return ms
}

func hexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// base64Value holds the characters of base64 and base64url, the latter as the former
// writes them (RFC 4648, sections 4 and 5), and 0 for all else.
var base64Value = func() (t [256]byte) {
	for c := range 256 {
		switch b := byte(c); {
		case b < 128 && alnum(b), b == '+', b == '/':
			t[c] = b
		case b == '-':
			t[c] = '+'
		case b == '_':
			t[c] = '/'
		}
	}
	return t
}()

// tidy sorts matches and joins those that touch. The first rule counts.
func tidy(ms []match) []match {
	slices.SortFunc(ms, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi), cmp.Compare(a.rule, b.rule))
	})
	out := ms[:0]
	for _, x := range ms {
		if n := len(out); n > 0 && x.lo <= out[n-1].hi {
			out[n-1].hi = max(out[n-1].hi, x.hi)
			out[n-1].rule = min(out[n-1].rule, x.rule)
			continue
		}
		out = append(out, x)
	}
	return out
}
