package identifier

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

// samples are published addresses, one of each class A form.
var samples = []string{
	genesis,
	"3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC",
	"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
	"bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
	"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
	"qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
	"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
	"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
	standardXMR, integratedXMR, subaddressXMR,
	bip32Public,
	xlsMain, ltcMWEB, zecSapling, zecUnified, zecTex, boltDonation, lnurlExample, silentBTC,
}

func TestOneIdentifierWhole(t *testing.T) {
	got := Scan("pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa today")
	want := []vigil.Identifier{{
		Kind: "btc", Value: genesis, Key: "h160:pkh:62e907b15cbf27d5425399ebf6f0fb50ebb88f18",
		Class: vigil.ClassA, Network: "mainnet", Readings: []string{"btc", "bch", "bsv"},
		Method: "plain", Start: 4, End: 38, Raw: genesis,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNothingInNothing(t *testing.T) {
	for _, text := range []string{"", " ", "\x00", "\xff\xfe", "plain words only", "\u200b", "1", "bc1", "0x", "@", "t.me/"} {
		if got := Scan(text); got == nil || len(got) != 0 {
			t.Errorf("%q: %#v, want an empty slice", text, got)
		}
	}
}

func TestIdentifiersAreFoundWhereverTheyStand(t *testing.T) {
	for _, frame := range []string{
		"%", "(%)", "<b>%</b>", "btc:%", "bitcoin:%?amount=0.1", "BITCOIN:%", "monero:%?tx_amount=1", "addr=%&x=1",
		"https://example.com/address/%", "https://example.com/?a=%#x", "\"%\"", "%.", "%,", "%;x", "*%*", "_%_", "`%`", "[%]",
		"地址%请", "\xff%\xff", "\n%\n", "|%|", "$%", "#%", "%!", "«%»", "…%…", "address%20=%25%", "%\u200b", "\u200b%",
	} {
		for _, s := range samples {
			i := strings.LastIndex(frame, "%")
			text := frame[:i] + s + frame[i+1:]
			ids := Scan(text)
			if len(ids) != 1 || ids[0].Raw != s || ids[0].Start != i || ids[0].Method != plain {
				t.Errorf("%q: %+v", text, ids)
			}
		}
	}
}

// An ERC-681 token payment names the token's contract first and the payee as a
// parameter: both are found.
func TestEthereumURIs(t *testing.T) {
	payee, contract := mixedEVM[0], mixedEVM[1]
	for text, want := range map[string][]string{
		"ethereum:" + payee + "@1?value=1":                                 {payee},
		"ethereum:pay-" + payee:                                            {payee},
		"ethereum:" + contract + "@1/transfer?address=" + payee + "&x=1e8": {contract, payee},
		"eth:" + payee: {payee},
	} {
		var got []string
		for _, id := range Scan(text) {
			got = append(got, id.Value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestAPartOfALongerWordIsNothing(t *testing.T) {
	for _, s := range samples {
		none(t, "x"+s)
		none(t, s+"x")
		none(t, s+s)
	}
}

// Holes of other extractors, as regressions.
func TestHolesOfOtherExtractors(t *testing.T) {
	for name, text := range map[string]string{
		"bech32 without its checksum":         "bc1qqqqqqqqqqqqqqqqqqq",
		"an MD5 that begins with 1":           "1c0ffee1c0ffee1c0ffee1c0ffee1c0f",
		"base58 of an unknown version byte":   base58Check("\x06", make([]byte, 20), bitcoinAlphabet),
		"litecoin with a neighbouring byte":   base58Check("\x31", make([]byte, 20), bitcoinAlphabet),
		"dash with a neighbouring byte":       base58Check("\x4b", make([]byte, 20), bitcoinAlphabet),
		"tron with a neighbouring byte":       base58Check("\x42", make([]byte, 20), bitcoinAlphabet),
		"0x and other letters":                "0x" + strings.Repeat("Z", 40),
		"taproot with the checksum of v0":     "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
		"hex colours in a row":                "3F3F3F3F3F3F3F3F3F3F3F3F3F3F3F3F3F",
		"an address shown as valid in a test": "18yzhmcgHtRVoEX3doCrqhis6fFU1dHFUE",
	} {
		if ids := Scan(text); len(ids) != 0 {
			t.Errorf("%s: %+v", name, ids)
		}
	}
	hash := slices.Repeat([]byte{3}, 20)
	for name, text := range map[string]string{
		"zcash t3":               base58Check("\x1c\xbd", hash, bitcoinAlphabet),
		"taproot":                encodeSegwit("bc", 1, make([]byte, 32)),
		"segwit in upper case":   strings.ToUpper(encodeSegwit("bc", 0, hash)),
		"cashaddr, no prefix":    "ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
		"monero subaddress":      subaddressXMR,
		"monero integrated":      integratedXMR,
		"IBAN behind the word":   "IBAN DE89 3704 0044 0532 0130 00",
		"IBAN and a word":        "Pay to DE89370400440532013000 please",
		"address behind a =":     "?addr=" + genesis,
		"address behind a slash": "/address/" + genesis,
	} {
		if ids := Scan(text); len(ids) != 1 {
			t.Errorf("%s: %+v, want one", name, ids)
		}
	}
	if id := one(t, base58Check("\x1c\xba", hash, bitcoinAlphabet)); id.Network != testnet {
		t.Errorf("zcash t2 is of the test network: %+v", id)
	}
}

func TestTheLongestStays(t *testing.T) {
	email := Scan("x " + genesis + "@example.com y")
	if len(email) != 1 || email[0].Kind != "email" {
		t.Errorf("an address as a mail name: %+v", email)
	}
	ids := Scan(genesis + " " + samples[1] + " " + mixedEVM[0])
	if len(ids) != 3 {
		t.Errorf("three side by side: %+v", ids)
	}
	hits := []hit{{0, 10, 10, vigil.Identifier{}}, {8, 20, 12, vigil.Identifier{}}, {15, 60, 45, vigil.Identifier{}}, {61, 70, 9, vigil.Identifier{}}}
	var got [][2]int
	for _, h := range choose(hits) {
		got = append(got, [2]int{h.start, h.end})
	}
	if diff := cmp.Diff([][2]int{{0, 10}, {15, 60}, {61, 70}}, got); diff != "" {
		t.Error(diff)
	}
}

// check holds what Scan promises of any text.
func check(t testing.TB, text string) []vigil.Identifier {
	t.Helper()
	return checkWith(t, Options{}, text)
}

func checkWith(t testing.TB, o Options, text string) []vigil.Identifier {
	t.Helper()
	ids := o.Scan(text)
	end := 0
	for _, id := range ids {
		if id.Start < end || id.End <= id.Start || id.End > len(text) {
			t.Fatalf("%q: %s at %d–%d, after %d", text, id.Kind, id.Start, id.End, end)
		}
		end = id.End
		switch {
		case id.Redacted && id.Raw+id.Value+id.Key != "":
			t.Fatalf("%q: redacted and yet shown: %+v", text, id)
		case !id.Redacted && (id.Raw != text[id.Start:id.End] || id.Value == "" || id.Key == ""):
			t.Fatalf("%q: %+v, want raw %q", text, id, text[id.Start:id.End])
		}
		if len(id.Readings) == 0 || id.Readings[0] != id.Kind || id.Class == "" || id.Method == "" {
			t.Fatalf("%q: %+v is incomplete", text, id)
		}
	}
	return ids
}

func TestAnyOrderOfPiecesKeepsThePromises(t *testing.T) {
	pieces := append([]string{" ", "\n", "-", "[at]", "@", ".", "com", "[dot]", "\u200b", "\u00ad", "\xff", "о", "х", "1", "bc1", "0x", "DE89", "t.me/", "地", armorBegin, armorEnd, "(", "]", "{at}",
		"telegram ", "tg:", "pgp ", "0x", "session ", "cash app $", "+44 ", "7946 0123", "4111 1111 1111 1111", "PRIVATE KEY", "-----BEGIN ", "-----END ", "-----", "abandon ", "signal a.42"},
		samples...)
	pieces = append(pieces, mixedEVM[0], specOnions[0], "vendor@example.com", keyV4)
	r := rand.New(rand.NewPCG(9, 10))
	for range 5000 {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		check(t, b.String())
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range samples {
		f.Add(s)
		f.Add(s[:7] + " \u200b" + s[7:20] + "\n" + s[20:])
	}
	for _, s := range []string{
		"vendor [at] example (dot) com", "a@b.co", "\xf0\x9d\x90\x80@", "http://" + specOnions[0] + "/", mixedEVM[0],
		"DE89 3704 0044 0532 0130 00", "t.me/+AbCdEfGhIjKlMnOp", armorBegin + keyV4 + armorEnd, "а1\u0301ⓑ①Ａ", "\u200b\ufeff",
		"cash app $a1", "paypal.me/x", "revolut @abc", "signal ab_c.42", "threema *ABCD123", "wickr: vendor", "matrix.to/#/@a:b.org", "tg://join?invite=AbCdEfGhIjKlMnOp",
		"xmpp a@b.org", "pgp C959 BDBA FA32 A2F8 9A15 3B67 8CFD E121 9796 5A9A", "key id 0x97965A9A", "mtcn 1234567890", "binance id 123456789", mnemonics[0],
		"-----BEGIN PRIVATE KEY-----" + keyV4, "session 05" + keyV4, "expyuzz4wqqyqhjn.onion", "4111 1111 1111 1111", "+44 (0)20 7946 0123",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { check(t, s) })
}
