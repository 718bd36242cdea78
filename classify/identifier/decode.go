package identifier

import (
	"strings"

	"vigil"
)

// lengths is a set of lengths up to 127 that identifiers with one first
// character have, and whether that character may begin a segwit address.
type lengths struct {
	low, high uint64
	segwit    bool
}

func (l *lengths) add(n int) {
	if n < 64 {
		l.low |= 1 << n
		return
	}
	l.high |= 1 << (n - 64)
}

func (l *lengths) has(n int) bool {
	if n < 64 {
		return l.low>>n&1 == 1
	}
	return l.high>>(n-64)&1 == 1
}

// classALengths says for each first character how long a class A identifier can
// be: what is not in it is not decoded. The lengths follow from the version
// bytes; a test holds them against the encoders.
var classALengths = func() *[256]lengths {
	var t [256]lengths
	for _, row := range []struct {
		firsts   string
		from, to int
	}{
		{"1rIl", 25, 35},            // version 0: each leading zero byte shortens it; I and l are taken for 1
		{"3mnLMQDA9X78yT", 34, 34},  // other versions of 25 bytes
		{"2t", 35, 35},              // 0xc4, and 26 bytes
		{"5K6L9cTQ7X", 51, 52},      // WIF
		{"xyzYZtuvUVLMd", 111, 111}, // extended keys
		{"48579AB", 95, 95},         // Monero
		{"45A", 106, 106},           // integrated
		{"XT", xAddressLen, xAddressLen},
		{"qpQP", cashaddr20, cashaddr20},
		{"pP", cashaddr32, cashaddr32},
	} {
		for i := range len(row.firsts) {
			for n := row.from; n <= row.to; n++ {
				t[row.firsts[i]].add(n)
			}
		}
	}
	for _, c := range "bBtTlLrR" {
		t[c].segwit = true
	}
	return &t
}()

// decodeClassA reads s as whatever class A identifier it is. No text is valid
// as two of them.
func decodeClassA(s string) (vigil.Identifier, bool) {
	if id, ok := decodeSegwit(s); ok {
		return id, true
	}
	switch n := len(s); {
	case n == moneroLen || n == moneroIntegratedLen:
		return decodeMonero(s)
	case n == 111:
		return decodeExtendedKey(s)
	case n == 51 || n == 52:
		return decodePrivateKey(s)
	case n == cashaddr20 || n == cashaddr32:
		return decodeCashaddr(s)
	case n == xAddressLen:
		return decodeXAddress(s)
	case n < 25 || n > 35:
		return vigil.Identifier{}, false
	case s[0] == 'r':
		return decodeRipple(s)
	}
	return decodeBase58Address(s)
}

// decodeFolded reads s as decodeClassA does, and with the characters that its
// alphabet leaves out taken for those they look like.
func decodeFolded(s string) (vigil.Identifier, bool) {
	if id, ok := decodeClassA(s); ok {
		return id, true
	}
	if f := foldBase58(s); f != s {
		if id, ok := decodeClassA(f); ok {
			return id, true
		}
	}
	for _, p := range segwitHRP {
		if len(s) <= len(p.hrp) || !strings.EqualFold(s[:len(p.hrp)], p.hrp) {
			continue
		}
		if f := foldBech32(s, len(p.hrp)); f != s {
			if id, ok := decodeSegwit(f); ok {
				return id, true
			}
		}
	}
	return vigil.Identifier{}, false
}
