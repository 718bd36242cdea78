package identifier

import (
	"encoding/base32"

	"vigil"
)

// Lengths of the keys of Stellar (SEP-23) in characters: accounts and seeds,
// and accounts with the number of a customer.
const (
	stellarLen      = 56
	stellarMuxedLen = 69
)

// The version bytes of SEP-23.
const (
	stellarAccount = 6 << 3  // G…
	stellarMuxed   = 12 << 3 // M…
	stellarSeed    = 18 << 3 // S…
)

// stellar looks at text[start:end], all letters and digits, as a key of Stellar.
func (sc *scanner) stellar(start, end int) {
	switch sc.text[start] {
	case 'G', 'M', 'S':
	default:
		return
	}
	if id, ok := decodeStellar(sc.text[start:end]); ok {
		sc.found(start, end, end-start, plain, id)
	}
}

// decodeStellar reads an account, a muxed account, whose key is that of the
// account behind it, or a secret seed, of which it returns nothing. The standard
// knows upper case only. A CRC of 16 bits makes these class B.
func decodeStellar(s string) (vigil.Identifier, bool) {
	if len(s) != stellarLen && len(s) != stellarMuxedLen {
		return vigil.Identifier{}, false
	}
	code := base32.StdEncoding.WithPadding(base32.NoPadding)
	b, err := code.DecodeString(s)
	if err != nil || code.EncodeToString(b) != s { // bits left over must be zero
		return vigil.Identifier{}, false
	}
	body := b[:len(b)-2]
	if crc := crc16(body); b[len(b)-2] != byte(crc) || b[len(b)-1] != byte(crc>>8) {
		return vigil.Identifier{}, false
	}
	switch {
	case b[0] == stellarSeed && len(s) == stellarLen:
		id := secret(mainnet)
		id.Class = vigil.ClassB
		return id, true
	case b[0] == stellarAccount && len(s) == stellarLen, b[0] == stellarMuxed && len(s) == stellarMuxedLen:
		id := coin("xlm", s, mainnet, "xlm:"+stellarAddress(b[1:33]), "xlm")
		id.Class = vigil.ClassB
		return id, true
	}
	return vigil.Identifier{}, false
}

// stellarAddress returns the account G… of a public key of 32 bytes.
func stellarAddress(key []byte) string {
	b := append([]byte{stellarAccount}, key...)
	crc := crc16(b)
	return base32.StdEncoding.EncodeToString(append(b, byte(crc), byte(crc>>8)))
}

// crc16 is CRC-16/XMODEM: polynomial x^16+x^12+x^5+1, beginning at zero.
func crc16(b []byte) uint16 {
	var crc uint16
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			top := crc >> 15
			crc <<= 1
			if top == 1 {
				crc ^= 0x1021
			}
		}
	}
	return crc
}
