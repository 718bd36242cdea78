package identifier

import (
	"math/rand/v2"
	"strings"
	"testing"

	"vigil"
)

const bech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// shapes are what class A identifiers look like, without their checksum.
var shapes = []struct {
	prefix, alphabet string
	n                int
}{
	{"1", bitcoinAlphabet, 34}, {"3", bitcoinAlphabet, 34}, {"L", bitcoinAlphabet, 34}, {"D", bitcoinAlphabet, 34}, {"X", bitcoinAlphabet, 34},
	{"T", bitcoinAlphabet, 34}, {"t1", bitcoinAlphabet, 35}, {"t3", bitcoinAlphabet, 35},
	{"r", rippleAlphabet, 34}, {"X", rippleAlphabet, 47}, {"T", rippleAlphabet, 47},
	{"bc1q", bech32Alphabet, 42}, {"bc1q", bech32Alphabet, 62}, {"bc1p", bech32Alphabet, 62}, {"ltc1q", bech32Alphabet, 43},
	{"q", bech32Alphabet, cashaddr20}, {"p", bech32Alphabet, cashaddr20}, {"p", bech32Alphabet, cashaddr32},
	{"4", bitcoinAlphabet, 95}, {"8", bitcoinAlphabet, 95}, {"4", bitcoinAlphabet, 106},
	{"5", bitcoinAlphabet, 51}, {"K", bitcoinAlphabet, 52}, {"xpub", bitcoinAlphabet, 111}, {"zpub", bitcoinAlphabet, 111},
	{"zs1", bech32Alphabet, 78}, {"tex1", bech32Alphabet, 42}, {"u1", bech32Alphabet, 141}, {"ltcmweb1qq", bech32Alphabet, 121},
	{"sp1q", bech32Alphabet, 116}, {"lnbc1p", bech32Alphabet, 250}, {"lnbc2500u1p", bech32Alphabet, 250}, {"lnurl1dp68gurn8ghj7", bech32Alphabet, 80},
}

// TestRandomCandidatesAreNothing draws texts that have the shape of an address
// and none of its checksum, half of them in two pieces. One in four thousand
// million is valid by chance, of those in bech32 one in a thousand million. A
// million of each are drawn; fewer in a short run.
func TestRandomCandidatesAreNothing(t *testing.T) {
	each := 1_000_000
	if testing.Short() || raceDetector {
		each = 20_000
	}
	for i, s := range shapes {
		t.Run(s.prefix, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(15, uint64(i)))
			const batch = 1000
			for range each / batch {
				text := candidates(r, s.prefix, s.alphabet, s.n, batch)
				for _, id := range Scan(text) {
					if id.Class == vigil.ClassA {
						t.Errorf("%+v", id)
					}
				}
			}
		})
	}
}

// candidates returns a text of n random ones, which nothing joins to each other.
func candidates(r *rand.Rand, prefix, alphabet string, length, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(prefix)
		cut := len(prefix) + r.IntN(length-len(prefix))
		bits, left := uint64(0), 0
		for at := len(prefix); at < length; at++ {
			if i%2 == 1 && at == cut {
				b.WriteByte(' ')
			}
			if left == 0 {
				bits, left = r.Uint64(), 8
			}
			b.WriteByte(alphabet[bits&0xff%uint64(len(alphabet))])
			bits >>= 8
			left--
		}
		b.WriteString("; ")
	}
	return b.String()
}
