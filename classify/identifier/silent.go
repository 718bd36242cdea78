package identifier

import (
	"encoding/hex"

	"vigil"
)

// readSilent reads a silent payment address (BIP-352): bech32m of a version and
// two public keys, to scan and to spend. Version 0 has nothing else; later ones,
// up to 30, may say more behind. What is paid to it lands elsewhere each time, so
// this is the only address of its owner that shows twice.
func readSilent(b bech32Text) (vigil.Identifier, bool) {
	if b.constant != bech32mConst || len(b.data) == 0 || b.data[0] > 30 {
		return vigil.Identifier{}, false
	}
	keys, ok := eightBits(b.data[1:])
	if !ok || len(keys) < 66 || b.data[0] == 0 && len(keys) != 66 || keys[0]>>1 != 1 || keys[33]>>1 != 1 {
		return vigil.Identifier{}, false
	}
	return b.coin("btc", "sp:"+hex.EncodeToString(keys[:66])), true
}
