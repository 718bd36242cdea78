package identifier

import (
	"bytes"
	"encoding/base32"
	"testing"

	"vigil"
)

// From SEP-23 (stellar/stellar-protocol, Apache-2.0).
const sepAccount = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"

var sepMuxed = []string{
	"MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ",
	"MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK",
}

var sepInvalid = []string{
	"GAAAAAAAACGC6",
	"MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUR",
	"GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZA",
	"GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUACUSI",
	"G47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVP2I",
	"MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLKA",
	"MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAAV75I",
	"M47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ",
	"MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUK===",
	"MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUO",
	"BAAD6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RGR4TV",
}

func TestStellarAccounts(t *testing.T) {
	for _, text := range append(sepMuxed, sepAccount) {
		if id := one(t, text); id.Kind != "xlm" || id.Class != vigil.ClassB || id.Value != text || id.Key != "xlm:"+sepAccount {
			t.Errorf("%s: %+v, want the key of %s", text, id, sepAccount)
		}
	}
	for _, text := range sepInvalid {
		none(t, text)
	}
	// A contract, a pool, a signed payload: nobody is paid there.
	none(t, "CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA")
	none(t, "LA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUPJN")
	if ids := Scan("web+stellar:pay?destination=" + sepAccount + "&amount=120"); len(ids) != 1 || ids[0].Raw != sepAccount {
		t.Errorf("SEP-7: %+v", ids)
	}
}

func TestStellarSeedsAreNeverRepeated(t *testing.T) {
	b := append([]byte{stellarSeed}, bytes.Repeat([]byte{0x42}, 32)...)
	crc := crc16(b)
	seed := base32.StdEncoding.EncodeToString(append(b, byte(crc), byte(crc>>8)))
	id := one(t, seed)
	if seed[0] != 'S' || id.Kind != "private-key" || !id.Redacted || id.Value+id.Raw+id.Key != "" {
		t.Errorf("%s: %+v", seed, id)
	}
}

// The check value of the CRC catalogue for CRC-16/XMODEM.
func TestCRC16(t *testing.T) {
	if got := crc16([]byte("123456789")); got != 0x31c3 {
		t.Errorf("%#x, want 0x31c3", got)
	}
}

func FuzzStellar(f *testing.F) {
	for _, s := range append(append(sepMuxed, sepInvalid...), sepAccount) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := decodeStellar(s)
		if ok && !id.Redacted && (id.Value != s || len(id.Key) != len("xlm:")+stellarLen) {
			t.Fatalf("%q → %+v", s, id)
		}
	})
}
