package identifier

import (
	"encoding/hex"

	"vigil"
)

// Key schemes of Zcash's shielded addresses.
const (
	saplingKey = "zec:sapling:"
	orchardKey = "zec:orchard:"
)

// Typecodes of the receivers in a unified address (ZIP-316).
const (
	receiverP2PKH   = 0
	receiverP2SH    = 1
	receiverSapling = 2
	receiverOrchard = 3
)

// readUnified reads a unified address (ZIP-316, bech32m without a limit): a
// shuffled list of receivers, in the order of their types. Its key is that of its
// Sapling receiver, which is the key of the same address written zs1…, else that
// of its Orchard receiver, else that of its transparent one.
func readUnified(b bech32Text) (vigil.Identifier, bool) {
	raw, ok := b.bytes()
	if !ok || b.constant != bech32mConst {
		return vigil.Identifier{}, false
	}
	if raw, ok = f4Unjumble(raw); !ok {
		return vigil.Identifier{}, false
	}
	var padding [16]byte // the human-readable part, with zeros behind it
	copy(padding[:], b.hrp)
	body := raw[:len(raw)-len(padding)]
	if string(raw[len(body):]) != string(padding[:]) {
		return vigil.Identifier{}, false
	}
	keys, ok := receivers(body)
	if !ok {
		return vigil.Identifier{}, false
	}
	for _, typ := range []uint64{receiverSapling, receiverOrchard, receiverP2PKH, receiverP2SH} {
		if key := keys[typ]; key != "" {
			return b.coin("zec", key), true
		}
	}
	return vigil.Identifier{}, false
}

// receivers returns the keys of the receivers that it knows, by typecode. Each
// item is a typecode and a length, both in Bitcoin's compactSize, and its bytes.
func receivers(b []byte) (map[uint64]string, bool) {
	keys := map[uint64]string{}
	for last, first := uint64(0), true; len(b) > 0; first = false {
		typ, n := compactSize(b)
		if n == 0 || !first && typ <= last {
			return nil, false
		}
		b = b[n:]
		size, n := compactSize(b)
		if n == 0 || size > uint64(len(b)-n) {
			return nil, false
		}
		value := b[n : n+int(size)]
		b, last = b[n+int(size):], typ
		want, scheme := 0, ""
		switch typ {
		case receiverP2PKH:
			want, scheme = 20, keyHash
		case receiverP2SH:
			want, scheme = 20, scriptKey
		case receiverSapling:
			want, scheme = shieldedLen, saplingKey
		case receiverOrchard:
			want, scheme = shieldedLen, orchardKey
		default: // made later, or facts such as an end of validity
			continue
		}
		if len(value) != want {
			return nil, false
		}
		keys[typ] = scheme + hex.EncodeToString(value)
	}
	return keys, keys[receiverP2PKH] == "" || keys[receiverP2SH] == ""
}

// compactSize reads a number as Bitcoin writes it, of up to 2^32−1, in its
// shortest form, and says how many bytes it has; 0 if there is none.
func compactSize(b []byte) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	width := 0
	switch b[0] {
	default:
		return uint64(b[0]), 1
	case 0xfd:
		width = 2
	case 0xfe:
		width = 4
	case 0xff:
		return 0, 0
	}
	if len(b) < 1+width {
		return 0, 0
	}
	for i := range width {
		v |= uint64(b[1+i]) << (8 * i)
	}
	if width == 2 && v < 0xfd || width == 4 && v <= 0xffff {
		return 0, 0
	}
	return v, 1 + width
}
