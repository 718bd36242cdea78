package identifier

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/sha3"
)

// The encoders here are written from the standards, apart from the decoders, by
// other means (big integers): a fault must be made twice to stay unseen.

const (
	bitcoinAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	rippleAlphabet  = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
)

func encodeBase58(b []byte, alphabet string) string {
	var out []byte
	n, base, mod := new(big.Int).SetBytes(b), big.NewInt(58), new(big.Int)
	for n.Sign() > 0 {
		n.DivMod(n, base, mod)
		out = append([]byte{alphabet[mod.Int64()]}, out...)
	}
	zeros := 0
	for zeros < len(b) && b[zeros] == 0 {
		zeros++
	}
	return strings.Repeat(alphabet[:1], zeros) + string(out)
}

// base58Check returns prefix and payload with their checksum.
func base58Check(prefix string, payload []byte, alphabet string) string {
	b := append([]byte(prefix), payload...)
	first := sha256.Sum256(b)
	second := sha256.Sum256(first[:])
	return encodeBase58(append(b, second[:4]...), alphabet)
}

func encodeSegwit(hrp string, version byte, program []byte) string {
	data := []byte{version}
	acc, bits := 0, 0
	for _, c := range program {
		acc, bits = acc<<8|int(c), bits+8
		for bits >= 5 {
			bits -= 5
			data = append(data, byte(acc>>bits&31))
		}
	}
	if bits > 0 {
		data = append(data, byte(acc<<(5-bits)&31))
	}
	constant := uint32(bech32mConst)
	if version == 0 {
		constant = bech32Const
	}
	return encodeBech32(hrp, data, constant)
}

func encodeBech32(hrp string, data []byte, constant uint32) string {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	sum := uint32(1)
	for _, c := range []byte(hrp) {
		sum = bech32Polymod(sum, c>>5)
	}
	sum = bech32Polymod(sum, 0)
	for _, c := range []byte(hrp) {
		sum = bech32Polymod(sum, c&31)
	}
	var b strings.Builder
	b.WriteString(hrp + "1")
	for _, v := range data {
		sum = bech32Polymod(sum, v)
		b.WriteByte(alphabet[v])
	}
	for range 6 {
		sum = bech32Polymod(sum, 0)
	}
	sum ^= constant
	for i := range 6 {
		b.WriteByte(alphabet[sum>>(5*(5-i))&31])
	}
	return b.String()
}

func encodeMonero(tag byte, body []byte) string {
	b := append([]byte{tag}, body...)
	h := sha3.NewLegacyKeccak256()
	h.Write(b)
	b = append(b, h.Sum(nil)[:4]...)
	sizes := []int{0, 2, 3, 5, 6, 7, 9, 10, 11}
	var out strings.Builder
	for len(b) > 0 {
		n := min(8, len(b))
		block := encodeBase58(b[:n], bitcoinAlphabet)
		block = strings.TrimLeft(block, "1")
		out.WriteString(strings.Repeat("1", sizes[n]-len(block)) + block)
		b = b[n:]
	}
	return out.String()
}

func mustHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEncodersOfTheTestsAgreeWithPublishedVectors(t *testing.T) {
	genesis := mustHex(t, "62e907b15cbf27d5425399ebf6f0fb50ebb88f18")
	for got, want := range map[string]string{
		base58Check("\x00", genesis, bitcoinAlphabet): "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
		encodeSegwit("bc", 16, []byte{0x75, 0x1e}):    "bc1sw50qgdz25j",
		encodeMonero(18, mustHex(t, "9f2a76d879aaf0670039dc8dbdca01f0ca26a2f6d93268e3674666bfdc5957e4"+
			"716cfc7da7e6ce366935c55747839a85be798037ab189c7dd0f10b7f1690cb78")): standardXMR,
	} {
		if got != want {
			t.Errorf("encoded %s, want %s", got, want)
		}
	}
}

// extended returns an extended key of a version.
func extended(version uint32, body []byte) string {
	return base58Check(string(binary.BigEndian.AppendUint32(nil, version)), body, bitcoinAlphabet)
}
