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
// hash, and before it a set of bits that is small enough to stay near, which is
// all that nearly every word of prose meets.
var mnemonicIndex = func() *mnemonicTable {
	var t mnemonicTable
	n := uint16(0)
	for w := range strings.FieldsSeq(mnemonicWords) {
		h := mnemonicHash(w)
		t.seen[h/64] |= 1 << (h % 64)
		i := h % mnemonicPlaces
		for t.places[i].word != "" {
			i = (i + 1) % mnemonicPlaces
		}
		t.places[i] = mnemonicWord{w, n}
		n++
	}
	return &t
}()

type mnemonicTable struct {
	seen   [1 << 16 / 64]uint64
	places [mnemonicPlaces]mnemonicWord
}

type mnemonicWord struct {
	word string
	n    uint16
}

const mnemonicPlaces = 1 << 13

// mnemonicHash returns 16 bits of the first four letters of w, in either case; w
// has at least three.
func mnemonicHash(w string) uint32 {
	h := uint32(w[0]&0x1f)<<15 | uint32(w[1]&0x1f)<<10 | uint32(w[2]&0x1f)<<5
	if len(w) > 3 {
		h |= uint32(w[3] & 0x1f)
	}
	return h * 0x9e3779b1 >> 16
}

// Sizes of a mnemonic, in words.
const (
	minMnemonic = 12
	maxMnemonic = 24
	// maxPhrase is the longest run of words of the list that is taken for a
	// phrase and not for the list.
	maxPhrase = 48
)

// A phrase is words side by side that may be words of the list: of 3 to 8
// letters. Prose has a shorter word or a longer one before there are twelve, so
// that only then it is looked whether they are in the list.
type phrase struct {
	count  int // words so far
	first  int // number of the phrase's first
	known  int // words before this one are in the list
	start  int // where the first begins, once it is known
	hit    int // the hit that was last found in them
	recent [phraseRing]phraseWord
}

// phraseRing is the number of words that are remembered: a power of two, at least
// maxMnemonic.
const phraseRing = 32

type phraseWord struct{ start, end, n int }

func (p *phrase) reset() { p.first = p.count }

// word looks at text[start:end], ASCII letters, as the next word of a mnemonic
// (BIP-39): 12, 15, 18, 21 or 24 words, of which the last bits are a checksum. A
// mnemonic is a private key: what is found of it is its place.
func (p *phrase) word(sc *scanner, start, end int) {
	if n := end - start; n < 3 || n > 8 {
		p.first = p.count
		return
	}
	w := &p.recent[p.count&(phraseRing-1)]
	w.start, w.end = start, end
	p.count++
	if p.count-p.first >= minMnemonic {
		p.check(sc)
	}
}

// check looks whether the words are in the list, and those that end in the last
// one are a mnemonic.
func (p *phrase) check(sc *scanner) {
	known := p.known
	for i := p.count - 1; i >= max(p.first, known); i-- {
		w := &p.recent[i&(phraseRing-1)]
		if w.n = mnemonicNumber(sc.text[w.start:w.end]); w.n < 0 {
			p.first = i + 1
		} else if i > p.first && !spacesOnly(sc.text, p.recent[(i-1)&(phraseRing-1)].end, w.start) {
			p.first = i
		}
	}
	n := p.count - p.first
	p.known = max(p.count, p.first)
	if n < minMnemonic {
		return
	}
	if n == minMnemonic {
		p.start = p.recent[p.first&(phraseRing-1)].start
	}
	if n == maxPhrase+1 { // the list: what was valid in it is so by chance
		sc.hits = slices.DeleteFunc(sc.hits, func(h hit) bool { return h.id.Redacted && h.start >= p.start })
		p.hit = -1
	}
	if n > maxPhrase {
		return
	}
	end := p.recent[(p.count-1)&(phraseRing-1)].end
	for size := minMnemonic; size <= min(n, maxMnemonic); size += 3 {
		if p.valid(size) {
			sc.foundMnemonic(p.recent[(p.count-size)&(phraseRing-1)].start, end)
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
	for i := p.count - size; i < p.count; i++ {
		n := p.recent[i&(phraseRing-1)].n
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
	h := mnemonicHash(w)
	if mnemonicIndex.seen[h/64]>>(h%64)&1 == 0 {
		return -1
	}
	for i := h % mnemonicPlaces; ; i = (i + 1) % mnemonicPlaces {
		switch t := &mnemonicIndex.places[i]; {
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
	if to == from+1 && s[from] == ' ' {
		return true
	}
	return to-from <= most && strings.Trim(s[from:to], " \t\r\n.,;|-_)(\"'0123456789") == ""
}
