package identifier

import (
	"encoding/binary"
	"encoding/hex"

	"golang.org/x/crypto/sha3"

	"vigil"
)

// Lengths of Monero addresses in characters; integrated ones carry a payment ID
// of 8 bytes.
const (
	moneroLen           = 95
	moneroIntegratedLen = 106
)

// moneroTags are the first bytes of addresses (cryptonote_config.h). Stagenet
// counts as a test network: its coins are worth nothing either.
var moneroTags = map[byte]struct {
	network    string
	integrated bool
}{
	18: {mainnet, false}, 42: {mainnet, false}, 19: {mainnet, true}, // 42: subaddress
	53: {testnet, false}, 63: {testnet, false}, 54: {testnet, true},
	24: {testnet, false}, 36: {testnet, false}, 25: {testnet, true},
}

// decodeMonero reads a Monero address: tag, public spend key, public view key,
// payment ID if integrated, and four bytes of Keccak-256 over these.
func decodeMonero(s string) (vigil.Identifier, bool) {
	b, ok := decodeMoneroBase58(s)
	if !ok || len(b) < 69 {
		return vigil.Identifier{}, false
	}
	tag, known := moneroTags[b[0]]
	want := 69
	if tag.integrated {
		want += 8
	}
	if !known || len(b) != want || !moneroChecksum(b) {
		return vigil.Identifier{}, false
	}
	return coin("xmr", s, tag.network, "xmr:"+hex.EncodeToString(b[1:65]), "xmr"), true
}

// moneroChecksum reports whether b ends in the first four bytes of the
// Keccak-256 of the rest. It is Keccak as it was submitted, before NIST changed
// its padding for SHA-3.
func moneroChecksum(b []byte) bool {
	h := sha3.NewLegacyKeccak256()
	h.Write(b[:len(b)-4])
	return string(h.Sum(nil)[:4]) == string(b[len(b)-4:])
}

// moneroBlock is the number of bytes in a block of so many characters; -1 where
// no block has this length (base58.cpp of monero).
var moneroBlock = [...]int{0, -1, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8}

// decodeMoneroBase58 reads base58 in blocks: each 11 characters are 8 bytes,
// and fewer at the end are as many as moneroBlock says.
func decodeMoneroBase58(s string) ([]byte, bool) {
	const full = 11
	out := make([]byte, 0, len(s)/full*8+8)
	for len(s) > 0 {
		n := min(len(s), full)
		block, ok := decodeMoneroBlock(s[:n])
		if !ok {
			return nil, false
		}
		out = append(out, block...)
		s = s[n:]
	}
	return out, true
}

func decodeMoneroBlock(s string) ([]byte, bool) {
	size := moneroBlock[len(s)]
	if size < 0 {
		return nil, false
	}
	var v uint64
	for i := range len(s) {
		d := bitcoinBase58[s[i]]
		if d < 0 || v > (1<<64-1-uint64(d))/58 {
			return nil, false
		}
		v = v*58 + uint64(d)
	}
	if size < 8 && v>>(8*size) != 0 {
		return nil, false
	}
	return binary.BigEndian.AppendUint64(nil, v)[8-size:], true
}
