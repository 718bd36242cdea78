package identifier

import (
	"math/rand/v2"
	"strings"
	"testing"

	"vigil"
)

// The vectors in this file are those of BIP-173 and BIP-350 (BSD-2-Clause).

var validBech32 = map[uint32][]string{
	bech32Const: {
		"A12UEL5L", "a12uel5l",
		"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
		"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
		"11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
		"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
		"?1ezyfcl",
	},
	bech32mConst: {
		"A1LQFN3A", "a1lqfn3a",
		"an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
		"abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
		"11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
		"split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
		"?1v759aa",
	},
}

var invalidBech32 = []string{
	"\x201nwldj5", "\x7f1axkwrx", "\x801eym55h",
	"an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
	"pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "de1lg7wt\xff", "A1G7SGD8", "10a06t8", "1qzzfhee",
	"\x201xj0phk", "\x7f1g6xzxy", "\x801vctc34",
	"an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
	"qyrz8wqd2c9m", "1qyrz8wqd2c9m", "y1b0jsk6g", "lt1igcx5c0", "in1muywd", "mm1crxm3i", "au1s5cgom", "M1VUXWEZ", "16plkw9", "1p2gdwpf",
}

func TestBech32(t *testing.T) {
	for want, texts := range validBech32 {
		for _, s := range texts {
			if _, _, got, ok := decodeBech32(s); !ok || got != want {
				t.Errorf("%s: constant %#x, valid %t; want %#x", s, got, ok, want)
			}
		}
	}
	for _, s := range invalidBech32 {
		if _, _, _, ok := decodeBech32(s); ok {
			t.Errorf("%q is taken for valid", s)
		}
	}
}

// segwitAddresses are BIP-350's valid addresses and their scripts, and the
// examples of BIP-173.
var segwitAddresses = []struct{ text, script, network string }{
	{"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6", mainnet},
	{"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262", testnet},
	{"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6", mainnet},
	{"BC1SW50QGDZ25J", "6002751e", mainnet},
	{"bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323", mainnet},
	{"tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy", "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433", testnet},
	{"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c", "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433", testnet},
	{"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", mainnet},
	{"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "0014751e76e8199196d454941c45d1b3a323f1433bd6", mainnet},
	{"bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3", "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262", mainnet},
}

// invalidSegwit are those that BIP-350 calls invalid, those of BIP-173 that are
// invalid still, and BIP-173's valid ones that BIP-350 made invalid.
var invalidSegwit = map[string]string{
	"tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut": "human-readable part",
	"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd": "bech32 instead of bech32m",
	"tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf": "bech32 instead of bech32m",
	"BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL": "bech32 instead of bech32m",
	"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh":                     "bech32m instead of bech32",
	"tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47": "bech32m instead of bech32",
	"bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4": "character in checksum",
	"BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R": "witness version",
	"bc1pw5dgrnzv": "program of 1 byte",
	"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav": "program of 41 bytes",
	"BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P":                                         "program length of version 0",
	"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq":               "mixed case",
	"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf":             "padding of more than 4 bits",
	"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j":               "padding that is not zero",
	"bc1gmk9yu": "no data",
	"tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty": "human-readable part",
	"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5": "checksum",
	"BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2": "witness version",
	"bc1rw5uspcuh": "program length",
	"bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90": "program length",
	"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7":               "mixed case",
	"bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du":                                        "padding of more than 4 bits",
	"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv":               "padding that is not zero",
	"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k7grplx":   "valid before BIP-350",
	"BC1SW50QA3JX3S":                       "valid before BIP-350",
	"bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj": "valid before BIP-350",
}

func TestSegwitAddresses(t *testing.T) {
	for _, a := range segwitAddresses {
		id := one(t, a.text)
		if want := keyOfScript(a.script, a.network); id.Key != want {
			t.Errorf("%s: key %s, want %s", a.text, id.Key, want)
		}
		if id.Kind != "btc" || id.Network != a.network || id.Class != vigil.ClassA || id.Value != strings.ToLower(a.text) {
			t.Errorf("%s: %+v", a.text, id)
		}
	}
	for text, reason := range invalidSegwit {
		if ids := Scan(text); len(ids) > 0 {
			t.Errorf("%s (%s): %+v", text, reason, ids)
		}
	}
}

func TestSegwitOfEveryChain(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, p := range segwitHRP {
		for range 100 {
			version := byte(r.UintN(17))
			program := randomBytes(r, 2+r.IntN(39))
			if version == 0 {
				program = randomBytes(r, 20+12*r.IntN(2))
			}
			if id := one(t, encodeSegwit(p.hrp, version, program)); id.Kind != p.kind || id.Network != p.network {
				t.Fatalf("%s: %+v", p.hrp, id)
			}
		}
	}
}

// Bech32's weakness: characters q inserted before a final p keep the checksum.
// BIP-350 ends it, and the lengths of version 0 did before.
func TestInsertedCharactersAreRefused(t *testing.T) {
	data := []byte{0}
	for range 32 { // a version 0 address of 20 bytes that ends in p
		data = append(data, 3)
	}
	for last := range byte(32) {
		for v := range byte(32) {
			data[31], data[32] = last, v
			s := encodeBech32("bc", data, bech32Const)
			if !strings.HasSuffix(s, "p") {
				continue
			}
			one(t, s)
			for n := 1; n < 20; n++ {
				none(t, s[:len(s)-1]+strings.Repeat("q", n)+"p")
			}
			return
		}
	}
	t.Fatal("no address ends in p")
}

// From the Bitcoin Cash specification of cashaddr (MIT): legacy addresses and
// their new form.
func TestCashaddr(t *testing.T) {
	for legacy, cash := range map[string]string{
		"1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu": "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
		"1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR": "qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy",
		"16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb":  "qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r",
		"3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC": "ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
		"3LDsS579y7sruadqu11beEJoTjdFiFCdX4": "pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e",
		"31nwvkZwyPdgzjBJZXfDmSWsC4ZLKpYyUw": "pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37",
	} {
		want := one(t, legacy).Key
		for _, text := range []string{cash, strings.ToUpper(cash)} {
			id := one(t, text)
			if id.Kind != "bch" || id.Key != want || id.Value != "bitcoincash:"+cash {
				t.Errorf("%s: %+v, want key %s", text, id, want)
			}
		}
		if ids := Scan("bitcoincash:" + cash + "?amount=1"); len(ids) != 1 || ids[0].Key != want {
			t.Errorf("with its prefix: %+v", ids)
		}
		none(t, cash[:20]+"l"+cash[21:])
		none(t, strings.ToUpper(cash[:5])+cash[5:])
	}
	// Test network: mrtnetwork/blockchain_utils (BSD-3-Clause). 32 bytes:
	// graphsense/graphsense-lib (MIT).
	if id := one(t, "qpf29h80q4kzprl84jmwhf9du3jsu2tvw509nqz5cy"); id.Network != testnet || !strings.HasPrefix(id.Key, "test:") {
		t.Errorf("bchtest: %+v", id)
	}
	if id := one(t, "pvhfadjrmc4adxl8payajshf34wauh4jlrfnpuyetfnzh5llrnh9w3q8y9qcp"); !strings.HasPrefix(id.Key, "bch32:") {
		t.Errorf("P2SH32: %+v", id)
	}
}

func FuzzBech32(f *testing.F) {
	for _, a := range segwitAddresses {
		f.Add(a.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		hrp, data, constant, ok := decodeBech32(s)
		if ok && encodeBech32(hrp, data, constant) != strings.ToLower(s) {
			t.Fatalf("%q → %q %v → %q", s, hrp, data, encodeBech32(hrp, data, constant))
		}
		decodeSegwit(s)
		decodeCashaddr(s)
	})
}
