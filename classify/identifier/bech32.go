package identifier

import (
	"encoding/hex"
	"strconv"
	"strings"

	"vigil"
)

// bech32Digits gives the value of each character of BIP-173's alphabet in lower
// case, or -1. Cashaddr has the same alphabet.
var bech32Digits = func() *[256]int8 {
	var t [256]int8
	for i := range t {
		t[i] = -1
	}
	for i, c := range "qpzry9x8gf2tvdw0s3jn54khce6mua7l" {
		t[c] = int8(i)
	}
	return &t
}()

// The checksum constants of bech32 (BIP-173) and bech32m (BIP-350).
const (
	bech32Const  = 1
	bech32mConst = 0x2bc830a3
)

// maxBech32 is the longest text that the checksum was made for.
const maxBech32 = 90

// bech32Steps says what each value of the five bits that leave a checksum does to
// the rest: the sum of BIP-173's generators for the bits that are set.
var bech32Steps = func() *[32]uint32 {
	var t [32]uint32
	for top := range t {
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				t[top] ^= g
			}
		}
	}
	return &t
}()

// bech32Polymod takes one more 5-bit value into a checksum (BIP-173).
func bech32Polymod(sum uint32, v byte) uint32 {
	return sum&0x1ffffff<<5 ^ uint32(v) ^ bech32Steps[sum>>25&31]
}

// oneCase returns s in lower case; false if it mixes cases.
func oneCase(s string) (string, bool) {
	lower := strings.ToLower(s)
	return lower, s == lower || s == strings.ToUpper(s)
}

// decodeBech32 splits s into its human-readable part and its 5-bit data without
// the checksum, and returns which constant the checksum was made with.
func decodeBech32(s string) (hrp string, data []byte, constant uint32, ok bool) {
	if len(s) > maxBech32 {
		return "", nil, 0, false
	}
	return decodeBech32Long(s)
}

// decodeBech32Long does so for a text of any length, as BOLT-11, ZIP-316 and
// others allow it. Beyond 90 characters the checksum no longer finds every slip
// of a few characters, but chance still passes it only once in 2^30 times.
func decodeBech32Long(s string) (hrp string, data []byte, constant uint32, ok bool) {
	s, ok = oneCase(s)
	sep := strings.LastIndexByte(s, '1')
	if !ok || sep < 1 || len(s)-sep-1 < 6 {
		return "", nil, 0, false
	}
	hrp = s[:sep]
	data, ok = fiveBits(s[sep+1:])
	if !ok {
		return "", nil, 0, false
	}
	sum := uint32(1)
	for i := range len(hrp) {
		if hrp[i] < 33 || hrp[i] > 126 {
			return "", nil, 0, false
		}
		sum = bech32Polymod(sum, hrp[i]>>5)
	}
	sum = bech32Polymod(sum, 0)
	for i := range len(hrp) {
		sum = bech32Polymod(sum, hrp[i]&31)
	}
	for _, v := range data {
		sum = bech32Polymod(sum, v)
	}
	return hrp, data[:len(data)-6], sum, sum == bech32Const || sum == bech32mConst
}

// fiveBits returns the values of lower-case characters.
func fiveBits(s string) ([]byte, bool) {
	out := make([]byte, len(s))
	for i := range len(s) {
		v := bech32Digits[s[i]]
		if v < 0 {
			return nil, false
		}
		out[i] = byte(v)
	}
	return out, true
}

// eightBits regroups 5-bit values. What is left over must be fewer than 5 bits,
// all zero.
func eightBits(data []byte) ([]byte, bool) {
	out := make([]byte, 0, len(data)*5/8)
	acc, bits := uint32(0), 0
	for _, v := range data {
		acc = acc<<5 | uint32(v)
		bits += 5
		if bits >= 8 {
			bits -= 8
			out = append(out, byte(acc>>bits))
			acc &= 1<<bits - 1
		}
	}
	return out, bits < 5 && acc == 0
}

// segwitHRP are the human-readable parts of segwit addresses (SLIP-173), without
// the separator.
var segwitHRP = []struct{ hrp, kind, network string }{
	{"bc", "btc", mainnet}, {"tb", "btc", testnet}, {"bcrt", "btc", testnet},
	{"ltc", "ltc", mainnet}, {"tltc", "ltc", testnet}, {"rltc", "ltc", testnet},
}

// startsSegwit reports whether a text whose first characters are s may be a
// segwit address, in either case. Two characters decide nearly always.
func startsSegwit(s string) bool {
	if len(s) < 2 {
		return len(s) == 1
	}
	switch [2]byte{s[0] | 0x20, s[1] | 0x20} { // lower case, for letters
	case [2]byte{'b', 'c'}, [2]byte{'t', 'b'}, [2]byte{'l', 't'}, [2]byte{'t', 'l'}, [2]byte{'r', 'l'}:
		return true
	}
	return false
}

// decodeSegwit reads a segregated witness address by the rules of BIP-350:
// version 0 has bech32's checksum and 20 or 32 bytes, versions 1 to 16 have
// bech32m's and 2 to 40 bytes.
func decodeSegwit(s string) (vigil.Identifier, bool) {
	if !startsSegwit(s) {
		return vigil.Identifier{}, false
	}
	hrp, data, constant, ok := decodeBech32(s)
	if !ok || len(data) == 0 || data[0] > 16 {
		return vigil.Identifier{}, false
	}
	version := data[0]
	program, ok := eightBits(data[1:])
	if !ok || len(program) < 2 || len(program) > 40 {
		return vigil.Identifier{}, false
	}
	want := uint32(bech32mConst)
	if version == 0 {
		want = bech32Const
		ok = len(program) == 20 || len(program) == 32
	}
	if !ok || constant != want {
		return vigil.Identifier{}, false
	}
	key := "segwit:" + strconv.Itoa(int(version)) + ":"
	if version == 0 && len(program) == 20 {
		key = keyHash // the same hash of the same public key as in P2PKH
	}
	for _, p := range segwitHRP {
		if p.hrp == hrp {
			return coin(p.kind, strings.ToLower(s), p.network, key+hex.EncodeToString(program), p.kind), true
		}
	}
	return vigil.Identifier{}, false
}
