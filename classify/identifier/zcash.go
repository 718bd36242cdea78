package identifier

import (
	"encoding/hex"

	"vigil"
)

// Lengths of the raw addresses of Zcash's shielded pools in bytes (Zcash
// protocol specification, sections 5.6.3.1 and 5.6.4.2): diversifier and key.
const shieldedLen = 43

// readSapling reads a Sapling address, zs1….
func readSapling(b bech32Text) (vigil.Identifier, bool) {
	raw, ok := b.bytes()
	if !ok || b.constant != bech32Const || len(raw) != shieldedLen {
		return vigil.Identifier{}, false
	}
	return b.coin("zec", saplingKey+hex.EncodeToString(raw)), true
}

// readTex reads an address that takes payments from transparent addresses only
// (ZIP-320), tex1…: the hash of a public key, as in t1….
func readTex(b bech32Text) (vigil.Identifier, bool) {
	raw, ok := b.bytes()
	if !ok || b.constant != bech32mConst || len(raw) != 20 {
		return vigil.Identifier{}, false
	}
	return b.coin("zec", keyHash+hex.EncodeToString(raw)), true
}
