package identifier

import (
	"cmp"
	"slices"
	"strings"

	"vigil"
)

// Methods: what was done to a text before it was an identifier.
const (
	plain    = "plain"
	joined   = "joined"
	folded   = "folded"
	refanged = "refanged"
)

// Scan returns the identifiers in text, by place, none overlapping another: of
// two that do, a private key stays, or else the one with more characters. Start and End are byte
// offsets into text, and Raw is text[Start:End], except that what is Redacted
// has no Raw.
//
// Text may be anything, valid UTF-8 or not; Scan reads it once, in time linear
// to its length.
func Scan(text string) []vigil.Identifier { return Options{}.Scan(text) }

// Options say what is known of a text beyond its words. The zero Options know
// nothing.
type Options struct {
	// Region is the country, in two letters (ISO 3166-1), whose phone numbers
	// may stand without a country code; without it they are none.
	Region string
}

// Scan is the function Scan with what o knows.
func (o Options) Scan(text string) []vigil.Identifier {
	if text == "" {
		return []vigil.Identifier{}
	}
	v := newView(text)
	sc := scanner{text: v.text, contacts: contacts{region: strings.ToUpper(o.Region)}}
	sc.scan()
	sc.pgp()
	sc.secretBlocks()
	hits := choose(sc.hits)
	sc.context(hits)
	out := make([]vigil.Identifier, 0, len(hits))
	for _, h := range hits {
		id := h.id
		id.Start, id.End = v.span(h.start, h.end)
		if id.Method == plain && id.End-id.Start != h.end-h.start {
			id.Method = joined // something invisible stood inside
		}
		if !id.Redacted {
			id.Raw = text[id.Start:id.End]
			id.Warned = sc.warned(h.start, h.end)
		}
		out = append(out, id)
	}
	return out
}

// A hit is a candidate at a place of the view.
type hit struct {
	start, end int
	n          int // characters of the identifier, without what stood between them
	id         vigil.Identifier
}

// found keeps a candidate.
func (sc *scanner) found(start, end, n int, method string, id vigil.Identifier) {
	id.Method = method
	sc.hits = append(sc.hits, hit{start, end, n, id})
}

// choose returns the hits that stay, by place. Where hits overlap, the first to
// stay is one that must be redacted, lest another repeat it, then the longest,
// then the next longest that overlaps none of these, and so on.
func choose(hits []hit) []hit {
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.start, b.start) })
	var out []hit
	for len(hits) > 0 {
		n, end := 1, hits[0].end
		for n < len(hits) && hits[n].start < end {
			end = max(end, hits[n].end)
			n++
		}
		out = append(out, chooseAmong(hits[:n])...)
		hits = hits[n:]
	}
	return out
}

// chooseAmong does so for hits that hang together, of which there are few.
func chooseAmong(hits []hit) []hit {
	if len(hits) == 1 {
		return hits
	}
	hits = slices.Clone(hits)
	slices.SortStableFunc(hits, func(a, b hit) int {
		if a.id.Redacted != b.id.Redacted {
			if a.id.Redacted {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.n, a.n)
	})
	var out []hit // by place
	for _, h := range hits {
		i, _ := slices.BinarySearchFunc(out, h, func(a, b hit) int { return cmp.Compare(a.start, b.start) })
		if i > 0 && out[i-1].end > h.start || i < len(out) && out[i].start < h.end {
			continue
		}
		out = slices.Insert(out, i, h)
	}
	return out
}

// run looks at text[start:end], a longest run of ASCII letters and digits. seen
// are the classes of its characters, or of more.
func (sc *scanner) run(start, end int, seen byte) {
	n := end - start
	if n > 0 {
		sc.contact(start, end, seen)
	}
	if n == 2 {
		sc.word(start, end)
		return
	}
	if n < 4 || seen&isDigit == 0 && n < minClassA {
		return
	}
	sc.iban(start, end)
	switch n {
	case evmLen:
		if id, ok := decodeEVM(sc.text[start:end]); ok {
			sc.found(start, end, n, plain, id)
			return
		}
	case onionLen: // as long as a Stellar account
		sc.onion(start, end)
		sc.stellar(start, end)
	case tonRawLen:
		sc.tonRaw(start, end)
	case stellarMuxedLen:
		sc.stellar(start, end)
	}
	sc.classA(start, end)
	if n >= solanaShortest && n <= solanaLongest {
		sc.solana(start, end)
	}
	if n > minClassA && start > 0 && sc.text[start-1] == '%' && isHex(sc.text[start]) && isHex(sc.text[start+1]) {
		sc.starts(start+2, sc.text[start+2])
		sc.run(start+2, end, seen) // behind an escaped character of a URL, bitcoin%3A1…
	}
}

// classA looks at text[start:end] as a class A identifier.
func (sc *scanner) classA(start, end int) {
	n := end - start
	if n < minClassA || n > maxClassA {
		return
	}
	s := sc.text[start:end]
	if first := &classALengths[s[0]]; !first.has(n) && !(first.segwit && n <= maxBech32) {
		return
	}
	if id, ok := decodeClassA(s); ok {
		sc.found(start, end, n, plain, id)
		return
	}
	if id, ok := decodeFolded(s); ok { // 0, O, I or l in the place of what they look like
		sc.found(start, end, n, folded, id)
	}
}
