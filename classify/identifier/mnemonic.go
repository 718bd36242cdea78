package identifier

import (
	"crypto/sha256"
	_ "embed"
	"slices"
	"strings"

	"vigil"
)

// mnemonicWords is the English list of BIP-39 (bitcoin/bips, bip-0039/english.txt,
// MIT), 2048 words of 3 to 8 letters that differ in their first four.
//
//go:embed bip39_english.txt
var mnemonicWords string

// mnemonicIndex finds a word's number by its first four letters, packed: an open
// hash of 8192 places, of which nearly all words of prose meet an empty one.
var mnemonicIndex = func() *[1 << mnemonicBits]mnemonicWord {
	var t [1 << mnemonicBits]mnemonicWord
	n := uint16(0)
	for w := range strings.FieldsSeq(mnemonicWords) {
		i := mnemonicPlace(w)
		for t[i].word != "" {
			i = (i + 1) % len(t)
		}
		t[i] = mnemonicWord{w, n}
		n++
	}
	return &t
}()

type mnemonicWord struct {
	word string
	n    uint16
}

const mnemonicBits = 13

// mnemonicPlace returns where the search for w begins, in either case.
func mnemonicPlace(w string) int {
	h := uint32(0)
	for i := range min(4, len(w)) {
		h = h<<5 | uint32(w[i]&0x1f)
	}
	return int(h * 0x9e3779b1 >> (32 - mnemonicBits))
}

// Sizes of a mnemonic, in words.
const (
	minMnemonic = 12
	maxMnemonic = 24
	// maxPhrase is the longest run of words of the list that is taken for a
	// phrase and not for the list.
	maxPhrase = 48
)

// A phrase is the words of the list that stand side by side, the last of them.
type phrase struct {
	n      int // words so far
	end    int // of the last
	start  int // of the first
	hits   int // how many hits there were before it
	hit    int // the hit that was last found in them
	recent [maxMnemonic]struct{ start, n int }
}

func (p *phrase) reset() { p.n = 0 }

// word looks at text[start:end], ASCII letters, as the next word of a mnemonic
// (BIP-39): 12, 15, 18, 21 or 24 words, of which the last bits are a checksum. A
// mnemonic is a private key: what is found of it is its place.
func (p *phrase) word(sc *scanner, start, end int) {
	n := mnemonicNumber(sc.text[start:end])
	if n < 0 {
		p.n = 0
		return
	}
	if p.n > 0 && !spacesOnly(sc.text, p.end, start) {
		p.n = 0
	}
	if p.n == 0 {
		p.start, p.hits = start, len(sc.hits)
	}
	p.recent[p.n%maxMnemonic] = struct{ start, n int }{start, n}
	p.n++
	p.end = end
	if p.n == maxPhrase+1 { // the list: what was valid in it is so by chance
		found := slices.DeleteFunc(sc.hits[p.hits:], func(h hit) bool { return h.id.Redacted && h.start >= p.start })
		sc.hits = sc.hits[:p.hits+len(found)]
		p.hit = -1
	}
	if p.n < minMnemonic || p.n > maxPhrase {
		return
	}
	for size := minMnemonic; size <= min(p.n, maxMnemonic); size += 3 {
		if p.valid(size) {
			sc.foundMnemonic(p.recent[(p.n-size)%maxMnemonic].start, end)
		}
	}
}

// foundMnemonic keeps the place of a mnemonic. One in 16 runs of words is valid
// by chance: of several that overlap, none of the words may be shown.
func (sc *scanner) foundMnemonic(start, end int) {
	if n := len(sc.hits); n > 0 && sc.phrase.hit == n-1 && sc.hits[n-1].end > start {
		h := &sc.hits[n-1]
		h.start, h.end = min(h.start, start), end
		h.n = h.end - h.start
		return
	}
	sc.phrase.hit = len(sc.hits)
	sc.found(start, end, end-start, plain, vigil.Identifier{
		Kind: "private-key", Class: vigil.ClassB, Readings: []string{"private-key"}, Redacted: true,
	})
}

// valid reports whether the last size words have the right checksum: of the 11
// bits of each, one in 33 is the beginning of the SHA-256 of the others. Words
// that are all one are an example.
func (p *phrase) valid(size int) bool {
	var bits [maxMnemonic*11/8 + 1]byte
	at := 0
	for i := p.n - size; i < p.n; i++ {
		n := p.recent[i%maxMnemonic].n
		for b := 10; b >= 0; b-- {
			bits[at/8] |= byte(n>>b&1) << (7 - at%8)
			at++
		}
	}
	entropy := size * 11 * 32 / 33 / 8
	sum := sha256.Sum256(bits[:entropy])
	check := size / 3
	return bits[entropy]>>(8-check) == sum[0]>>(8-check)
}

// mnemonicNumber returns the number of w in the list, in either case, and -1 if
// it is not in it.
func mnemonicNumber(w string) int {
	if len(w) < 3 || len(w) > 8 {
		return -1
	}
	for i := mnemonicPlace(w); ; i = (i + 1) % len(mnemonicIndex) {
		switch t := &mnemonicIndex[i]; {
		case t.word == "":
			return -1
		case len(t.word) == len(w) && strings.EqualFold(t.word, w):
			return int(t.n)
		}
	}
}

// spacesOnly reports whether nothing but a few spaces, marks and numbers stands
// in s[from:to]: words may be numbered.
func spacesOnly(s string, from, to int) bool {
	const most = 12
	return to-from <= most && strings.Trim(s[from:to], " \t\r\n.,;|-_)(\"'0123456789") == ""
}
