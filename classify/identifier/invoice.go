package identifier

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"vigil"
)

// Lengths in an invoice, in characters of 5 bits: time of issue, signature, and
// the fields that have only one length.
const (
	invoiceTime      = 7
	invoiceSignature = 104
	invoiceHash      = 52 // p, s and h
	invoiceNode      = 53 // n
)

// readInvoice reads a Lightning invoice (BOLT-11). Beyond the checksum it must
// have a sound amount, the fields that the standard asks for, and a signature; the
// node that signed, which is the payee, is its key. Custodians sign for many.
func readInvoice(b bech32Text) (vigil.Identifier, bool) {
	if b.constant != bech32Const || !soundAmount(strings.TrimPrefix(b.hrp, b.form.hrp)) || len(b.data) < invoiceTime+invoiceSignature {
		return vigil.Identifier{}, false
	}
	split := len(b.data) - invoiceSignature
	node, ok := invoiceFields(b.data[invoiceTime:split])
	if !ok {
		return vigil.Identifier{}, false
	}
	digest := invoiceDigest(b.hrp, b.data[:split])
	payee, ok := invoicePayee(digest[:], b.data[split:], node)
	if !ok {
		return vigil.Identifier{}, false
	}
	return b.coin("lightning", nodeKey+hex.EncodeToString(payee)), true
}

// nodeKey is the key scheme of nodes.
const nodeKey = "ln:"

// soundAmount reports whether s is empty, or a number without leading zeros and
// perhaps a multiplier; the smallest one, pico, must leave whole millisatoshis.
func soundAmount(s string) bool {
	if s == "" {
		return true
	}
	n := len(s)
	multiplier := s[n-1]
	if strings.IndexByte("munp", multiplier) >= 0 {
		n--
	}
	if n == 0 || n > 19 || s[0] == '0' {
		return false
	}
	for i := range n {
		if !isDigitByte(s[i]) {
			return false
		}
	}
	return multiplier != 'p' || s[n-1] == '0'
}

// invoiceFields checks the tagged fields: each a type, a length of 10 bits, and
// data. One payment hash, one secret and one description or its hash must be
// there. It returns the payee's key where it is stated.
func invoiceFields(data []byte) (node []byte, ok bool) {
	const p, s, d, h, n = 1, 16, 13, 23, 19
	var seen [32]int
	for len(data) > 0 {
		if len(data) < 3 {
			return nil, false
		}
		typ, size := data[0], int(data[1])<<5|int(data[2])
		if data = data[3:]; size > len(data) {
			return nil, false
		}
		field := data[:size]
		data = data[size:]
		switch typ {
		case p, s, h:
			if size != invoiceHash {
				continue // as the standard's own example has it
			}
		case n:
			if size != invoiceNode {
				continue
			}
			if node, ok = eightBits(field); !ok {
				return nil, false
			}
		}
		seen[typ]++
	}
	return node, seen[p] == 1 && seen[s] == 1 && seen[d]+seen[h] == 1 && seen[n] <= 1
}

// invoiceDigest is what is signed: the hash of the human-readable part and the
// data, filled up with zero bits to whole bytes.
func invoiceDigest(hrp string, data []byte) [32]byte {
	msg := []byte(hrp)
	acc, bits := uint32(0), 0
	for _, v := range data {
		acc, bits = acc<<5|uint32(v), bits+5
		if bits >= 8 {
			bits -= 8
			msg = append(msg, byte(acc>>bits))
		}
	}
	if bits > 0 {
		msg = append(msg, byte(acc<<(8-bits)))
	}
	return sha256.Sum256(msg)
}

// invoicePayee checks a signature, of r, s and the number of the public key that
// it leads to, and returns the key: node where that is given.
func invoicePayee(digest, signature, node []byte) ([]byte, bool) {
	sig, ok := eightBits(signature)
	if !ok || len(sig) != 65 || sig[64] > 3 {
		return nil, false
	}
	if node != nil {
		key, err := secp256k1.ParsePubKey(node)
		var r, s secp256k1.ModNScalar
		if err != nil || r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:64]) || s.IsOverHalfOrder() {
			return nil, false // beside a stated key the standard wants the low s
		}
		return node, ecdsa.NewSignature(&r, &s).Verify(digest, key)
	}
	const compressed = 27 + 4 // how the library marks the number and the form
	key, _, err := ecdsa.RecoverCompact(append([]byte{compressed + sig[64]}, sig[:64]...), digest)
	if err != nil {
		return nil, false
	}
	return key.SerializeCompressed(), true
}
