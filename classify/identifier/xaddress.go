package identifier

import (
	"encoding/binary"
	"strconv"

	"vigil"
)

// xAddressLen is the length of every X-address in characters.
const xAddressLen = 47

// decodeXAddress reads an address of the XRP Ledger that carries its destination
// tag (XLS-5d): two bytes say the network, then come the account ID, a flag, a
// tag of 32 bits and as many that are zero. At an exchange the tag names the
// customer, so it is part of the key.
func decodeXAddress(s string) (vigil.Identifier, bool) {
	b, ok := rippleBase58.decode(s, 35, 35)
	if !ok || b[0] == 5 && b[1] != 0x44 || b[0] == 4 && b[1] != 0x93 || b[0] != 5 && b[0] != 4 {
		return vigil.Identifier{}, false
	}
	tag := binary.LittleEndian.Uint64(b[23:])
	flag := b[22]
	if flag > 1 || tag >= 1<<32 || flag == 0 && tag != 0 || !base58Checksum(b) {
		return vigil.Identifier{}, false
	}
	network := mainnet
	if b[0] == 4 {
		network = testnet
	}
	key := "xrp:" + classicAddress(b[2:22])
	if flag == 1 {
		key += ":" + strconv.FormatUint(tag, 10)
	}
	return coin("xrp", s, network, key, "xrp"), true
}

// classicAddress returns the address r… of an account ID of 20 bytes.
func classicAddress(id []byte) string {
	return encodeBase58Digits(appendChecksum(append([]byte{0}, id...)), rippleDigits)
}
