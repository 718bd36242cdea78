package duplicate

import (
	"math/bits"
)

// Sizes of a signature.
const (
	permutations = 128
	lanes        = permutations / 4 // four 16-bit values in each
)

// Rules for short texts. A text of fewer than minWords words has too few
// shingles for their overlap to mean anything, and what is left of it without
// its numbers is soon said by two people independently.
const (
	minWords    = 8 // words, slots apart
	minShingles = 6 // different ones that are not common
	minExact    = 3 // words, slots apart, of a text that is compared at all
)

// A form says what a signature can be compared by.
type form uint8

const (
	silent form = iota // nothing: too few words, or boilerplate only
	exact              // equality of all words, numbers included
	full               // overlap of shingles
)

// A Signature is what is kept of a text to compare it with others. The zero
// Signature is near to nothing. Signatures made with different [Common] sets
// must not be compared.
type Signature struct {
	form form
	key  uint64        // of exact: hash of the words as they stand
	min  [lanes]uint64 // of full: 128 minima, 16 bits each
}

// Comparable reports whether the text had enough words of its own to be compared
// with others.
func (s Signature) Comparable() bool { return s.form != silent }

// Similarity estimates the Jaccard similarity of two texts: the shingles that
// both have, as a share of those that either has. Its standard error is
// √(J(1−J)/128), at most 0.045. For short texts it is 1 or 0.
func (s Signature) Similarity(t Signature) float64 {
	switch {
	case s.form != t.form || s.form == silent:
		return 0
	case s.form == exact:
		if s.key == t.key {
			return 1
		}
		return 0
	}
	return float64(agreeing(&s.min, &t.min, lanes)) / permutations
}

// agreeing counts the equal 16-bit values in the first n lanes of a and b.
func agreeing(a, b *[lanes]uint64, n int) int {
	const low = 0x7fff7fff7fff7fff
	same := 0
	for i := range n {
		v := a[i] ^ b[i]
		same += bits.OnesCount64(^((v&low + low) | v | low)) // the top bit of each value that is zero
	}
	return same
}

// tune holds what may be chosen; see the table in README.md.
type tune struct {
	shingle     int     // words
	bands, rows int     // bands·rows ≤ permutations
	threshold   float64 // least estimated similarity
}

// chosen returns the settings in use. Whoever changes them, or anything of how
// words are split and hashed, changes stateVersion too.
func chosen() tune { return tune{shingle: 2, bands: 32, rows: 4, threshold: 0.5} }

// A Signer makes signatures. Several goroutines may use it at once. The zero
// Signer signs nothing: use [NewSigner].
type Signer struct {
	tune
	common Common
	a, b   [permutations]uint64
}

// NewSigner returns a signer that passes over common shingles. Its 128 hash
// functions a·x+b mod 2⁶⁴ are the same in every process: a and b are what
// splitmix64 yields from seed 0, a made odd.
func NewSigner(common Common) *Signer { return newSigner(common, chosen()) }

func newSigner(common Common, t tune) *Signer {
	s := &Signer{tune: t, common: common}
	state := uint64(0)
	for i := range permutations {
		state += gamma
		s.a[i] = mix(state) | 1
		state += gamma
		s.b[i] = mix(state)
	}
	return s
}

// Sign returns the signature of a text, in time linear in its length. slots are
// identifiers that the caller knows of, beside those that have the shape of one.
func (s *Signer) Sign(text string, slots []Span) Signature {
	if s.shingle == 0 {
		return Signature{}
	}
	g := signing{Signer: s, key: hashBasis}
	for i := range g.min {
		g.min[i] = ^uint64(0)
	}
	ring := newRing(s.shingle)
	for w := range words(text, slots) {
		g.key = mix(g.key*hashPrime + w.fold)
		if !w.slot {
			g.words++
		}
		if h, ok := ring.push(w.shingled()); ok {
			g.shingle(h)
		}
	}
	return g.signature()
}

// A signing is one text on its way to a signature.
type signing struct {
	*Signer
	min      [permutations]uint64
	key      uint64
	words    int                 // slots apart
	own      int                 // different shingles that are not common, up to minShingles
	distinct [minShingles]uint64 // these
}

func (g *signing) shingle(x uint64) {
	if g.common.has(x) {
		return
	}
	g.count(x)
	for i := range g.min {
		if h := x*g.a[i] + g.b[i]; h < g.min[i] {
			g.min[i] = h
		}
	}
}

// count counts x if it is new and the count still matters.
func (g *signing) count(x uint64) {
	if g.own == minShingles {
		return
	}
	for _, y := range g.distinct[:g.own] {
		if x == y {
			return
		}
	}
	g.distinct[g.own] = x
	g.own++
}

func (g *signing) signature() Signature {
	switch {
	case g.words < minExact || g.own == 0:
		return Signature{}
	case g.words < minWords || g.own < minShingles:
		return Signature{form: exact, key: g.key}
	}
	s := Signature{form: full}
	for i, m := range g.min {
		s.min[i/4] |= mix(m) >> 48 << (16 * (i % 4))
	}
	return s
}

// A ring hashes each run of some words.
type ring struct {
	words []uint64
	n     int
}

func newRing(size int) ring { return ring{words: make([]uint64, size)} }

// push adds a word; ok is false until there are enough for a shingle.
func (r *ring) push(w uint64) (shingle uint64, ok bool) {
	r.words[r.n%len(r.words)] = w
	r.n++
	if r.n < len(r.words) {
		return 0, false
	}
	h := uint64(hashBasis)
	for i := range r.words {
		h = mix(h*hashPrime + r.words[(r.n+i)%len(r.words)])
	}
	return h, true
}
