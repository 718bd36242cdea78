package identifier

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"vigil"
)

// offer looks at the token at start, which spell has read, as an offer (BOLT-12),
// lno1…. It reports whether it is one. An offer has no checksum, only a strict
// form: it is class C, and taken as it stands. A plus sign and white space may
// stand inside, as the standard has it.
func (sc *scanner) offer(start int) bool {
	const begin = offerHRP + "1"
	if !strings.HasPrefix(string(sc.spelt.text[:min(len(begin), len(sc.spelt.text))]), begin) || sc.spelt.ends[0].n < len(begin) {
		return false
	}
	text, end := offerText(sc.text, start)
	s, ok := oneCase(text)
	if !ok {
		return false
	}
	id, ok := decodeOffer(s)
	if !ok {
		return false
	}
	method := plain
	if len(text) != end-start {
		method = joined
	}
	sc.found(start, end, len(text), method, id)
	return true
}

// offerText returns the letters and digits at s[i:], with up to maxJoin pieces
// that a plus sign and white space join, and where they end.
func offerText(s string, i int) (text string, end int) {
	var b []byte
	for range maxJoin {
		for i < len(s) && isAlphanumeric(s[i]) && len(b) <= maxSpelling {
			b = append(b, s[i])
			i++
		}
		if i >= len(s) || s[i] != '+' {
			break
		}
		next := i + 1
		for next < len(s) && next-i <= maxGap && strings.IndexByte(" \t\r\n", s[next]) >= 0 {
			next++
		}
		if next >= len(s) || !isAlphanumeric(s[next]) {
			break
		}
		i = next
	}
	return string(b), i
}

// Types of the records of an offer.
const (
	offerChains      = 2
	offerCurrency    = 6
	offerAmount      = 8
	offerDescription = 10
	offerPaths       = 16
	offerIssuer      = 18
	offerIssuerID    = 22
)

// bitcoinChain is the hash of Bitcoin's genesis block, as BOLT-0 writes it.
const bitcoinChain = "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000"

// decodeOffer reads an offer in lower case: a stream of records (BOLT-1) with
// ascending types. It is known by the key of its issuer, which may be a node's,
// else by all that it says.
func decodeOffer(s string) (vigil.Identifier, bool) {
	data, ok := fiveBits(s[len(offerHRP)+1:])
	if !ok {
		return vigil.Identifier{}, false
	}
	raw, ok := eightBits(data)
	if !ok {
		return vigil.Identifier{}, false
	}
	records, ok := offerRecords(raw)
	if !ok || !soundOffer(records) {
		return vigil.Identifier{}, false
	}
	sum := sha256.Sum256(raw)
	key := "lno:" + hex.EncodeToString(sum[:])
	if node, ok := records[offerIssuerID]; ok {
		key = nodeKey + hex.EncodeToString(node)
	}
	network := mainnet
	if chains, ok := records[offerChains]; ok && !slices.Contains(chunks(chains, 32), bitcoinChain) {
		network = testnet // or a chain whose coins are not Bitcoin's
	}
	id := coin("lightning", s, network, key, "lightning")
	id.Class = vigil.ClassC
	return id, true
}

// chunks returns b in pieces of n bytes, in hex.
func chunks(b []byte, n int) []string {
	var out []string
	for c := range slices.Chunk(b, n) {
		out = append(out, hex.EncodeToString(c))
	}
	return out
}

// offerRecords splits an offer into records by type. Types below 80 and from
// 10^9 to below 2·10^9 belong to offers; an even one that is unknown says that
// who does not know it must not pay.
func offerRecords(b []byte) (map[uint64][]byte, bool) {
	records := map[uint64][]byte{}
	for last := uint64(0); len(b) > 0; {
		typ, n := bigSize(b)
		if n == 0 || typ <= last || typ >= 80 && typ < 1e9 || typ >= 2e9 || typ%2 == 0 && typ > offerIssuerID {
			return nil, false
		}
		size, m := bigSize(b[n:])
		if m == 0 || size > uint64(len(b)-n-m) {
			return nil, false
		}
		b = b[n+m:]
		records[typ] = b[:size]
		b, last = b[size:], typ
	}
	return records, len(records) > 0
}

// soundOffer checks what the reader of an offer must check.
func soundOffer(r map[uint64][]byte) bool {
	for _, typ := range []uint64{offerCurrency, offerDescription, offerIssuer} {
		if !utf8.Valid(r[typ]) {
			return false
		}
	}
	sum, amount := r[offerAmount]
	_, described := r[offerDescription]
	currency, priced := r[offerCurrency]
	node, named := r[offerIssuerID]
	paths, routed := r[offerPaths]
	chains, chained := r[offerChains]
	switch {
	case amount && !described, priced && (!amount || len(currency) != 3), !named && !routed, routed && len(paths) == 0,
		amount && (len(sum) == 0 || sum[0] == 0 || len(sum) > 8), // a number without leading zeros, and not zero
		chained && (len(chains) == 0 || len(chains)%32 != 0):
		return false
	case named:
		_, err := secp256k1.ParsePubKey(node)
		return err == nil && len(node) == secp256k1.PubKeyBytesLenCompressed
	}
	return true
}

// bigSize reads a number as Lightning writes it (BOLT-1), in its shortest form,
// and says how many bytes it has; 0 if there is none.
func bigSize(b []byte) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	if b[0] < 0xfd {
		return uint64(b[0]), 1
	}
	width := 2 << (b[0] - 0xfd)
	if len(b) < 1+width {
		return 0, 0
	}
	for _, c := range b[1 : 1+width] {
		v = v<<8 | uint64(c)
	}
	least := map[int]uint64{2: 0xfd, 4: 1 << 16, 8: 1 << 32}[width]
	if v < least {
		return 0, 0
	}
	return v, 1 + width
}
