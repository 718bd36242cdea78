package duplicate

import "unicode"

// Signatures are kept, so their hashes must be the same in every process and on
// every machine: hash/maphash, which is seeded anew by each process, is out. They
// are fed one folded character at a time, which FNV-1a does as fast as a hash of
// whole buffers would, and needs no module. Neither is keyed: who knows the code
// can make two words collide, which gains a candidate that the template view,
// which compares the words themselves, shows to be none.

// hashPrime and hashBasis are those of 64-bit FNV-1a (Fowler, Noll, Vo).
const (
	hashPrime = 0x100000001b3
	hashBasis = 0xcbf29ce484222325
)

// A fold hashes characters without regard to case and to full width.
type fold uint64

func newFold() fold { return hashBasis }

func (h *fold) add(r rune) { *h = (*h ^ fold(foldRune(r))) * hashPrime }

func (h fold) sum() uint64 { return mix(uint64(h)) }

// foldRune returns the character that stands for r where words are compared.
func foldRune(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r < 0x80 || r >= badByte:
		return r
	case 0xff01 <= r && r <= 0xff5e: // full width forms of ASCII
		return foldRune(r - 0xfee0)
	}
	return unicode.ToLower(r)
}

// hashString returns the hash of a name as it is spelt.
func hashString(s string) uint64 {
	h := uint64(hashBasis)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * hashPrime
	}
	return mix(h)
}

// mix spreads a change of any bit over all (the finaliser of splitmix64: Steele,
// Lea, Flood, OOPSLA 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// gamma is the step of splitmix64.
const gamma = 0x9e3779b97f4a7c15
