package identifier

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vigil"
)

// The genesis block pays to this address.
const genesis = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"

func TestBase58AddressesOfEveryChain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, v := range versions {
		for range 200 {
			payload := randomBytes(r, 20)
			if r.IntN(10) == 0 {
				clear(payload[:1+r.IntN(4)]) // leading zeros shorten version 0
			}
			text := base58Check(v.bytes, payload, bitcoinAlphabet)
			id := one(t, text)
			if id.Kind != v.kind || id.Value != text || id.Class != vigil.ClassA || id.Network != v.network || id.Method != plain {
				t.Fatalf("%s: %+v, want %s on %s", text, id, v.kind, v.network)
			}
			if !slices.Equal(id.Readings, v.readings) {
				t.Fatalf("%s: readings %v, want %v", text, id.Readings, v.readings)
			}
			if strings.HasPrefix(id.Key, "test:") != (v.network == testnet) {
				t.Fatalf("%s: key %s on %s", text, id.Key, v.network)
			}
		}
	}
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.UintN(256))
	}
	return b
}

func TestUnknownVersionBytesAreRefused(t *testing.T) {
	payload := bytes.Repeat([]byte{7}, 20)
	for v := range 256 {
		if slices.ContainsFunc(versions, func(x version) bool { return x.bytes == string([]byte{byte(v)}) }) {
			continue
		}
		none(t, base58Check(string([]byte{byte(v)}), payload, bitcoinAlphabet))
	}
	none(t, base58Check("\x00", payload[:19], bitcoinAlphabet))
	none(t, base58Check("\x00\x00", payload, bitcoinAlphabet))
}

func TestOneWrongCharacterIsRefused(t *testing.T) {
	for i := range len(genesis) {
		c := byte('2')
		if genesis[i] == c {
			c = '3'
		}
		none(t, genesis[:i]+string(c)+genesis[i+1:])
	}
	none(t, genesis[1:])
	none(t, genesis+"1")
	none(t, "1"+genesis)
}

func TestReadingsAreTheCallersOwn(t *testing.T) {
	one(t, genesis).Readings[0] = "spoiled"
	if got := one(t, genesis).Readings[0]; got != "btc" {
		t.Errorf("a caller changed the table: %q", got)
	}
}

func TestOneKeyForOnePublicKeyHash(t *testing.T) {
	hash := bytes.Repeat([]byte{0xa5}, 20)
	want := one(t, base58Check("\x00", hash, bitcoinAlphabet)).Key
	for name, text := range map[string]string{
		"P2WPKH":        encodeSegwit("bc", 0, hash),
		"litecoin":      base58Check("\x30", hash, bitcoinAlphabet),
		"litecoin wpkh": encodeSegwit("ltc", 0, hash),
		"dogecoin":      base58Check("\x1e", hash, bitcoinAlphabet),
	} {
		if got := one(t, text).Key; got != want {
			t.Errorf("%s: key %s, want %s", name, got, want)
		}
	}
	if got := one(t, encodeSegwit("tb", 0, hash)).Key; got != "test:"+want {
		t.Errorf("testnet: key %s, want it apart from %s", got, want)
	}
}

// From the XRP Ledger's documentation: the genesis account, and an example.
func TestRippleAddresses(t *testing.T) {
	for _, text := range []string{"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59"} {
		if id := one(t, text); id.Kind != "xrp" || id.Key != "xrp:"+text {
			t.Errorf("%s: %+v", text, id)
		}
	}
	none(t, "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi")
	none(t, base58Check("\x01", bytes.Repeat([]byte{9}, 20), rippleAlphabet))
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		one(t, base58Check("\x00", randomBytes(r, 20), rippleAlphabet))
	}
}

// The contract of a dollar token on Tron, and its 20 bytes as Tron's explorers
// show them.
func TestTronAndEVMShareAKey(t *testing.T) {
	tron := one(t, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
	evm := one(t, "0xa614f803b6fd780986a42c78ec9c7f77e6ded13c")
	if tron.Kind != "tron" || tron.Key != evm.Key {
		t.Errorf("tron %s %s, evm %s: want one key", tron.Kind, tron.Key, evm.Key)
	}
}

func TestPrivateKeysAreNeverRepeated(t *testing.T) {
	secretKey := bytes.Repeat([]byte{0x42}, 32)
	body := append(bytes.Repeat([]byte{1}, 41), 0)
	private := append(body, secretKey...)
	texts := []string{extended(0x0488ade4, private), extended(0x04b2430c, private), extended(0x04358394, private)}
	for v := range wifVersions {
		texts = append(texts, base58Check(string([]byte{v}), secretKey, bitcoinAlphabet),
			base58Check(string([]byte{v}), append(secretKey[:32:32], 1), bitcoinAlphabet))
	}
	for _, text := range texts {
		id := one(t, text)
		if id.Kind != "private-key" || !id.Redacted || id.Value+id.Raw+id.Key != "" {
			t.Errorf("%s: %+v", text, id)
		}
	}
	broken := "key: " + texts[3][:20] + " " + texts[3][20:]
	ids := Scan(broken)
	if len(ids) != 1 || !ids[0].Redacted || ids[0].Start != 5 || ids[0].End != len(broken) {
		t.Errorf("a broken private key: %+v", ids)
	}
	mail := Scan(texts[3] + "@example.com") // the longer address must not repeat the key
	if len(mail) != 1 || !mail[0].Redacted {
		t.Errorf("a private key as a mail name: %+v", mail)
	}
	none(t, base58Check("\x80", append(secretKey[:32:32], 2), bitcoinAlphabet)) // not the mark of a compressed key
}

// BIP-32, test vector 1, chain m (BSD-2-Clause).
const (
	bip32Public  = "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"
	bip32Private = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
)

func TestExtendedKeys(t *testing.T) {
	id := one(t, bip32Public)
	const chainCode, public = "873dff81c02f525623fd1fe5167eac3a55a049de3d314bb42ee227ffed37d508", "0339a36013301597daef41fbe593a02cc513d0b55527ec2df1050e2e8ff49c85c2"
	if want := "xpub:" + chainCode + public; id.Kind != "xpub" || id.Key != want {
		t.Errorf("%+v, want key %s", id, want)
	}
	if id := one(t, bip32Private); id.Kind != "private-key" {
		t.Errorf("xprv: %+v", id)
	}
	body := append(bytes.Repeat([]byte{1}, 41), mustHex(t, public)...)
	var keys []string
	for v, k := range extendedKeys {
		text := extended(v, body)
		if k.private {
			none(t, text) // a public key under a private key's version
			continue
		}
		id := one(t, text)
		keys = append(keys, strings.TrimPrefix(id.Key, "test:"))
	}
	if slices.Sort(keys); len(slices.Compact(keys)) != 1 {
		t.Errorf("one account under several versions has several keys: %v", keys)
	}
}

func FuzzBase58(f *testing.F) {
	f.Add(genesis)
	f.Add("1111111111111111111114oLvT2")
	f.Add(strings.Repeat("z", 112))
	f.Fuzz(func(t *testing.T, s string) {
		b, ok := bitcoinBase58.decode(s, 0, 82)
		if ok && encodeBase58(b, bitcoinAlphabet) != s {
			t.Fatalf("%q decodes to %x, which encodes to %q", s, b, encodeBase58(b, bitcoinAlphabet))
		}
		if !ok && len(s) <= maxBase58 && strings.Trim(s, bitcoinAlphabet) == "" && len(s) < 111 {
			t.Fatalf("%q is refused", s)
		}
	})
}
