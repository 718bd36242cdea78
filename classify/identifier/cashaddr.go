package identifier

import (
	"encoding/hex"

	"vigil"
)

// cashaddrPrefixes are what the checksum of a Bitcoin Cash address covers
// besides the address; people leave it out when they write one.
var cashaddrPrefixes = []struct{ prefix, network string }{
	{"bitcoincash", mainnet}, {"bchtest", testnet}, {"bchreg", testnet},
}

// Lengths of an address without prefix: of 20 bytes and of 32.
const (
	cashaddr20 = 42
	cashaddr32 = 61
)

// cashaddrSteps is for cashaddrPolymod what bech32Steps is for bech32Polymod.
var cashaddrSteps = func() *[32]uint64 {
	var t [32]uint64
	for top := range t {
		for i, g := range [...]uint64{0x98f2bc8e61, 0x79b76d99e2, 0xf33e5fb3c4, 0xae2eabe2a8, 0x1e4f43e470} {
			if top>>i&1 == 1 {
				t[top] ^= g
			}
		}
	}
	return &t
}()

// cashaddrPolymod takes one more 5-bit value into a checksum of 40 bits
// (Bitcoin Cash specification, cashaddr).
func cashaddrPolymod(sum uint64, v byte) uint64 {
	return sum&0x07ffffffff<<5 ^ uint64(v) ^ cashaddrSteps[sum>>35&31]
}

// decodeCashaddr reads a Bitcoin Cash address written without its prefix.
func decodeCashaddr(s string) (vigil.Identifier, bool) {
	s, ok := oneCase(s)
	if !ok || len(s) != cashaddr20 && len(s) != cashaddr32 {
		return vigil.Identifier{}, false
	}
	data, ok := fiveBits(s)
	if !ok {
		return vigil.Identifier{}, false
	}
	body, ok := eightBits(data[:len(data)-8])
	if !ok {
		return vigil.Identifier{}, false
	}
	scheme, ok := cashaddrScheme(body[0], len(body)-1)
	if !ok {
		return vigil.Identifier{}, false
	}
	for _, p := range cashaddrPrefixes {
		if cashaddrChecksum(p.prefix, data) {
			return coin("bch", p.prefix+":"+s, p.network, scheme+hex.EncodeToString(body[1:]), "bch"), true
		}
	}
	return vigil.Identifier{}, false
}

// cashaddrScheme says what the hash behind a version byte is: its top bit is
// reserved, four bits are the type, three the size of the hash.
func cashaddrScheme(version byte, size int) (string, bool) {
	switch {
	case version == 0x00 && size == 20:
		return keyHash, true
	case version == 0x08 && size == 20:
		return scriptKey, true
	case version == 0x0b && size == 32: // P2SH32, in force since May 2023
		return "bch32:", true
	}
	return "", false
}

func cashaddrChecksum(prefix string, data []byte) bool {
	sum := uint64(1)
	for i := range len(prefix) {
		sum = cashaddrPolymod(sum, prefix[i]&31)
	}
	sum = cashaddrPolymod(sum, 0)
	for _, v := range data {
		sum = cashaddrPolymod(sum, v)
	}
	return sum == 1
}
