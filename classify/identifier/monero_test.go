package identifier

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"vigil"
)

// From monero-ecosystem/monero-python, tests/test_address.py (BSD-3-Clause): a
// standard address, the same with a payment ID, a subaddress.
const (
	standardXMR   = "47ewoP19TN7JEEnFKUJHAYhGxkeTRH82sf36giEp9AcNfDBfkAtRLX7A6rZz18bbNHPNV7ex6WYbMN3aKisFRJZ8Ebsmgef"
	integratedXMR = "4HMcpBpe4ddJEEnFKUJHAYhGxkeTRH82sf36giEp9AcNfDBfkAtRLX7A6rZz18bbNHPNV7ex6WYbMN3aKisFRJZ8M7yKhzQhKW3ECCLWQw"
	subaddressXMR = "84LooD7i35SFppgf4tQ453Vi3q5WexSUXaVgut69ro8MFnmHwuezAArEZTZyLr9fS6QotjqkSAxSF6d1aDgsPoX849izJ7m"
)

func TestMoneroAddresses(t *testing.T) {
	const keys = "9f2a76d879aaf0670039dc8dbdca01f0ca26a2f6d93268e3674666bfdc5957e4" +
		"716cfc7da7e6ce366935c55747839a85be798037ab189c7dd0f10b7f1690cb78"
	for _, text := range []string{standardXMR, integratedXMR} {
		id := one(t, text)
		if id.Kind != "xmr" || id.Class != vigil.ClassA || id.Network != mainnet || id.Key != "xmr:"+keys {
			t.Errorf("%s: %+v, want key xmr:%s", text, id, keys)
		}
	}
	if id := one(t, subaddressXMR); id.Network != mainnet || id.Key == "xmr:"+keys {
		t.Errorf("a subaddress cannot be tied to its account: %+v", id)
	}
}

// The test and stage networks' addresses of the same file, with the key pairs
// that it states.
func TestMoneroTestNetworks(t *testing.T) {
	for text, keys := range map[string]string{
		"9wuKTHsxGiwEsMp2fYzJiVahyhU2aZi1oZ6R6fK5U64uRa1Pxi8diZh2S1GJFqYXRRhcbfzfWiPD819zKEZkXTMwP7hMs5N":            "7cf743dcfd23d452e9b2936caeb622c9849f1ff1ddfd62bfdfac64113c1a4e92e3924b14d99a9c088e5a45278d5218f2d053b1c03c480f00ed2ee3dce80806c4",
		"A7bzU6hSszTEsMp2fYzJiVahyhU2aZi1oZ6R6fK5U64uRa1Pxi8diZh2S1GJFqYXRRhcbfzfWiPD819zKEZkXTMwZqGSmLeBXqMEBnZVkh": "7cf743dcfd23d452e9b2936caeb622c9849f1ff1ddfd62bfdfac64113c1a4e92e3924b14d99a9c088e5a45278d5218f2d053b1c03c480f00ed2ee3dce80806c4",
		"52jzuBBUMty3xPL3JsQxGP74LDuV6E1LS8Zda1PbdqQjGzFmH6N9ep9McbFKMALujVT9S5mKpbEgC5VPhfoAiVj8LdAqbp6":            "180c1d7bbf7f2e11aa90d0f61bf49024370e01cd54f33f2d36bba0357c9c205f94b66a81e646927b3da74392306f789c5024734b4ce6351ad74c4c7d7351b3ad",
		"5CSfuyzxyAV3xPL3JsQxGP74LDuV6E1LS8Zda1PbdqQjGzFmH6N9ep9McbFKMALujVT9S5mKpbEgC5VPhfoAiVj8Vz8ySmoqYgTE8dR1yS": "180c1d7bbf7f2e11aa90d0f61bf49024370e01cd54f33f2d36bba0357c9c205f94b66a81e646927b3da74392306f789c5024734b4ce6351ad74c4c7d7351b3ad",
	} {
		if id := one(t, text); id.Network != testnet || id.Key != "test:xmr:"+keys {
			t.Errorf("%s: %+v", text, id)
		}
	}
	for _, text := range []string{
		"BaU3yLuDqdcETYzeF7vFSVEKNR4sSGxBV1Evrw5yNBf2VMiuAwfDmiF3RHqLHkaA5A6RGiNNRUqvtaqhMtdjA1SQ1tnQV8D",
		"7AeQwvrLtPeYoXVPRkEu8oEL7N9wnqHjYKwSvTf6YKbHgYmw6AJMsjggzVLo21egMK9qcoV1mxCTfP4FbaGb7JEMDfpLetk",
	} {
		if id := one(t, text); id.Network != testnet {
			t.Errorf("%s: %+v", text, id)
		}
	}
}

// What the same file calls invalid: a changed character, another coin, another
// network byte, lower case.
func TestMoneroInvalid(t *testing.T) {
	for _, text := range []string{
		"47ewoP19TN7JCEnFKUJHAYhGxkeTRH82sf36giEp9AcNfDBfkAtRLX7A6rZz18bbNHPNV7ex6WYbMN3aKisFRJZ8Ebsmgef",
		"4HMcpBpe4ddJEEnFKUJHAYhGxkyTRH82sf36giEp9AcNfDBfkAtRLX7A6rZz18bbNHPNV7ex6WYbMN3aKisFRJZ8M7yKhzQhKW3ECCLWQw",
		"9wuKTHsxGiwEsMp3fYzJiVahyhU2aZi1oZ6R6fK5U64uRa1Pxi8diZh2S1GJFqYXRRhcbfzfWiPD819zKEZkXTMwP7hMs5N",
		"Wmtj8UAJhdrhbKvwyBJmLEUZKHcffv2VHNBaq6oTxJFwJjUj3QwMUSS32mddSX7vchbxXdmb4QuZA9TsN47441f61yAYLQYTo",
		"Cf6RinMUztY5otm6NEFjg3UWBBkXK6Lh23wKrLFMEcCY7i3A6aPLH9i4QMCkf6CdWk8Q9N7yoJf7ANKgtQMuPM6JANXgCWs",
		"41tjz19p4qc2gudqnwsdrhgcgxud8bgxy84ufe869nyw7ywbxw9s9gqbix7piu9d7qjvbjtrdnbubhcf663ydq3bsxj1brL",
		standardXMR[:67], standardXMR + "1", integratedXMR[:95],
	} {
		none(t, text)
	}
}

func TestMoneroOfEveryTag(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for tag := range 256 {
		known, ok := moneroTags[byte(tag)]
		body := randomBytes(r, 64)
		if known.integrated {
			body = randomBytes(r, 72)
		}
		text := encodeMonero(byte(tag), body)
		if !ok {
			if id, found := decodeMonero(text); found {
				t.Errorf("tag %d: %+v", tag, id)
			}
			continue
		}
		if id := one(t, text); id.Network != known.network {
			t.Errorf("tag %d: %+v", tag, id)
		}
	}
}

// From monero-project/monero, tests/unit_tests/base58.cpp (BSD-3-Clause).
func TestMoneroBase58(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "5Q": "\xff", "LUv": "\xff\xff", "2UzHL": "\xff\xff\xff", "7YXq9G": "\xff\xff\xff\xff",
		"VtB5VXc": "\xff\xff\xff\xff\xff", "3CUsUpv9t": "\xff\xff\xff\xff\xff\xff",
		"Ahg1opVcGW": "\xff\xff\xff\xff\xff\xff\xff", "jpXCZedGfVQ": "\xff\xff\xff\xff\xff\xff\xff\xff",
		"jpXCZedGfVQ5Q": "\xff\xff\xff\xff\xff\xff\xff\xff\xff", "11111": "\x00\x00\x00",
		"22222222222VtB5VXc": "\x06\x15\x60\x13\x76\x28\x79\xf7\xff\xff\xff\xff\xff",
	} {
		got, ok := decodeMoneroBase58(text)
		if !ok || !bytes.Equal(got, []byte(want)) {
			t.Errorf("%q: %x %t, want %x", text, got, ok, want)
		}
	}
	for _, text := range strings.Fields(`1 z 1111 zzzz 11111111 zzzzzzzz 123456789AB1 123456789AB11111111 5R zz LUw zzz 2UzHM zzzzz
		7YXq9H zzzzzz VtB5VXd zzzzzzz 3CUsUpv9u zzzzzzzzz Ahg1opVcGX zzzzzzzzzz jpXCZedGfVR zzzzzzzzzzz
		123456789AB5R 123456789ABzzzzzzzzzzz zzzzzzzzzzz11 10 11I 11O11 11l111 11_11111111 1101111111111`) {
		if got, ok := decodeMoneroBase58(text); ok {
			t.Errorf("%q: %x, want none", text, got)
		}
	}
	const account = "4AzKEX4gXdJdNeM6dfiBFL7kqund3HYGvMBF3ttsNd9SfzgYB6L7ep1Yg1osYJzLdaKAYSLVh6e6jKnAuzj3bw1oGy9kXCb"
	const keys = "f724bc5c6cfbb9d97602c300423a2f28641874513a035778a0c1778d833201e92209" +
		"39689edf1abd5bc1d031f73ecd6c993add66d6808870456afeb8e7eeb68d"
	if id := one(t, account); id.Key != "xmr:"+keys {
		t.Errorf("%+v, want key xmr:%s", id, keys)
	}
}

func FuzzMonero(f *testing.F) {
	f.Add(standardXMR)
	f.Add(integratedXMR)
	f.Fuzz(func(t *testing.T, s string) {
		if id, ok := decodeMonero(s); ok && (id.Value != s || len(s) != moneroLen && len(s) != moneroIntegratedLen) {
			t.Fatalf("%q → %+v", s, id)
		}
	})
}
