package identifier

import (
	"encoding/hex"
	"strings"

	"golang.org/x/crypto/sha3"

	"vigil"
)

// evmLen is the length of an account with its 0x.
const evmLen = 42

// decodeEVM reads 0x and 40 hex digits. Letters in both cases must be the
// checksum of ERC-55, about 15 bits; in one case there is no check at all.
func decodeEVM(s string) (vigil.Identifier, bool) {
	if len(s) != evmLen || s[0] != '0' || s[1]|0x20 != 'x' {
		return vigil.Identifier{}, false
	}
	digits := s[2:]
	account20, err := hex.DecodeString(digits)
	if err != nil || notAnAccount(account20) {
		return vigil.Identifier{}, false
	}
	lower := strings.ToLower(digits)
	sum := erc55(lower)
	class := vigil.ClassC
	if digits != lower && digits != strings.ToUpper(digits) {
		class = vigil.ClassB
		if digits != sum {
			return vigil.Identifier{}, false
		}
	}
	return vigil.Identifier{
		Kind: "evm", Value: "0x" + sum, Key: account + lower, Class: class,
		Network: mainnet, Readings: []string{"evm"},
	}, true
}

// erc55 returns 40 lower-case hex digits with the letters in the case that
// ERC-55 asks for: upper where the digit of the Keccak-256 of the text is 8 or
// more.
func erc55(lower string) string {
	h := sha3.NewLegacyKeccak256()
	h.Write([]byte(lower))
	sum := hex.EncodeToString(h.Sum(nil))
	out := []byte(lower)
	for i, c := range out {
		if c >= 'a' && sum[i] >= '8' {
			out[i] = c - 'a' + 'A'
		}
	}
	return string(out)
}

// notAnAccount reports whether 20 bytes were written for another purpose: zero,
// precompiled contracts and burn addresses (16 leading zero bytes), a single
// repeated digit (placeholders), or readable text in hex.
func notAnAccount(b []byte) bool {
	zeros, same, text := 0, true, true
	for i, c := range b {
		if c == 0 && zeros == i {
			zeros++
		}
		same = same && c == b[0] && c>>4 == c&15
		text = text && c >= 0x20 && c < 0x7f
	}
	return zeros >= 16 || same || text
}
