package identifier

import (
	"encoding/hex"

	"vigil"
)

// readMWEB reads a stealth address of Litecoin's MimbleWimble extension blocks
// (LIP-0004; Litecoin Core, key_io.cpp): version 0 and two public keys, to scan
// and to spend.
func readMWEB(b bech32Text) (vigil.Identifier, bool) {
	if b.constant != bech32Const || len(b.data) == 0 || b.data[0] != 0 {
		return vigil.Identifier{}, false
	}
	keys, ok := eightBits(b.data[1:])
	if !ok || len(keys) != 66 || keys[0]>>1 != 1 || keys[33]>>1 != 1 { // compressed points begin with 2 or 3
		return vigil.Identifier{}, false
	}
	return b.coin("ltc", "mweb:"+hex.EncodeToString(keys)), true
}
