package identifier

import (
	"encoding/hex"
	"strings"

	"vigil"
)

// toxLen is the length of a Tox ID in hex: a public key of 32 bytes, four bytes
// against spam that the owner may change, and a checksum of two.
const toxLen = 76

// tox looks at text[start:end], hex digits, as a Tox ID: all its pairs of bytes,
// the checksum included, add up to nothing by exclusive or (The Tox Reference,
// "Tox ID").
func (sc *scanner) tox(start, end int) {
	b, err := hex.DecodeString(sc.text[start:end])
	if err != nil {
		return
	}
	var sum [2]byte
	seen := map[byte]bool{}
	for i, c := range b {
		sum[i%2] ^= c
		seen[c] = true
	}
	const fewest = 12 // different bytes in a key; patterns have fewer, and add up by design
	if sum != [2]byte{} || len(seen) < fewest {
		return
	}
	id := strings.ToUpper(sc.text[start:end])
	sc.found(start, end, toxLen, plain, vigil.Identifier{
		Kind: "tox", Value: id, Key: "tox:" + strings.ToLower(id[:64]), Class: vigil.ClassB, Readings: []string{"tox"},
	})
}
