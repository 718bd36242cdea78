package watchlist

import (
	"encoding/base64"
	"strings"
	"testing"

	"vigil"
)

const (
	acct = "acct20:5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
	sol  = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA" // Solana's token program
)

func TestCellIsParsedAndNotBelieved(t *testing.T) {
	for _, c := range []struct {
		symbol, heading, raw string
		keys                 string // kind and key of each, in order
		problem              string // what is said, if anything
	}{
		{"XBT", "", btc1, "btc h160:pkh:a31c06bd463e3923bc1aadbde48b16976c080717", ""},
		{"BTC", "", " " + segw + " ", "btc h160:pkh:751e76e8199196d454941c45d1b3a323f1433bd6", ""},
		{"BCH", "", btc1, "bch h160:pkh:a31c06bd463e3923bc1aadbde48b16976c080717", ""},
		{"XBT", "", tron, "tron acct20:5cd0fb0ab3ce40f3051414c604b27756e69e43db", "listed as XBT"},
		{"USDT", "", tron, "tron acct20:5cd0fb0ab3ce40f3051414c604b27756e69e43db", ""},
		{"USDT", "", btc1, "btc h160:pkh:a31c06bd463e3923bc1aadbde48b16976c080717", ""},
		{"USDT", "", sol, "sol sol:" + sol, ""},
		{"SOL", "", sol, "sol sol:" + sol, ""},
		{"", "", sol, "", "fits the rule of no kind"},
		{"ETH", "", evm, "evm " + acct, ""},
		{"ETH", "", strings.ToLower(evm), "evm " + acct, ""},
		{"USDC", "", strings.ToLower(evm), "evm " + acct, ""},
		{"", "", strings.ToLower(evm), "evm " + acct, ""},
		{"ETH", "", evm[2:], "evm " + acct, ""},
		{"", "", evm[2:], "", "fits the rule of no kind"},
		{"ETH", "", strings.Replace(evm, "aAeb", "AAeb", 1), "", "ERC-55"},
		{"ETH", "", "0x0000000000000000000000000000000000000018", "", "nobody's account"},
		{"ETH", "", "0x" + strings.Repeat("4b", 32), "", "hash of a transaction"},
		{"XMR", "", xmr[:67], "", "no valid address of XMR"},
		{"TRX", "", "TJRyWwFs9wTFGZg3Jbr\u0412riFbNfCug5tDeC", "", "no valid address of TRX"},                              // В is no V
		{"TRX", "", "\u0422JRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC", "tron acct20:5cd0fb0ab3ce40f3051414c604b27756e69e43db", ""}, // Т for T
		{"", "", evm + ", " + tron, "evm " + acct + " tron acct20:5cd0fb0ab3ce40f3051414c604b27756e69e43db", ""},
		{"XRP", "", "rrrrrrrrrrrrrrrrrrrrrhoLvTp (Address tag 102334770)", "xrp xrp:rrrrrrrrrrrrrrrrrrrrrhoLvTp:102334770", ""},
		{"BTC", "", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "", "test network"},
		{"", "binance account id", "123456789", "exchange-account exch:binance:123456789", ""},
		{"", "", "Binance 123456789", "exchange-account exch:binance:123456789", ""},
		{"", "", "123456789", "", "without the name of an exchange"},
		{"", "an unknown place account id", "123456789", "", "without the name of an exchange"},
		{"", "telegram", "example_shop", "telegram tg:example_shop", ""},
		{"", "telegram", "@Example_Shop", "telegram tg:example_shop", ""},
		{"", "iban", "de89 3704 0044 0532 0130 00", "iban iban:DE89370400440532013000", ""},
		{"", "pgp fingerprint", "C959 BDBA FA32 A2F8 9A15 3B67 8CFD E121 9796 5A9A", "pgp pgp:C959BDBAFA32A2F89A153B678CFDE12197965A9A", ""},
		{"", "", "\xff\xfe" + btc1[:20], "", "UTF-8"},
	} {
		p := parse(strings.TrimSpace(c.raw), column{symbol: c.symbol, heading: c.heading})
		got := strings.Join(keys(vigil.ListRow{Parsed: p.ids}), " ")
		if got != c.keys {
			t.Errorf("%s %q: parsed %q, want %q", c.symbol, c.raw, got, c.keys)
		}
		if c.problem == "" != (p.problem == "") || !strings.Contains(p.problem, c.problem) {
			t.Errorf("%s %q: problem %q, want one that says %q", c.symbol, c.raw, p.problem, c.problem)
		}
	}
}

// A list may hold what must never be stored, and what it stands for.
func TestSecretsOfAListAreWithheld(t *testing.T) {
	const wif = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ" // Bitcoin wiki, "Wallet import format"
	const card = "4111 1111 1111 1111"                                // Visa's test number
	im := mustRead(t, withDate(text("a.csv", "w\n"+btc1+" "+wif+"\n"+card+"\n"+segw+"\n"), "raw=w"))
	for _, r := range im.Rows {
		if strings.Contains(r.Raw, wif) || strings.Contains(r.Raw, "4111") {
			t.Errorf("row %+v, want it withheld", r)
		}
	}
	for _, p := range im.Problems {
		if strings.Contains(p.Reason, wif) || strings.Contains(p.Reason, "4111") {
			t.Errorf("problem %q repeats a secret", p.Reason)
		}
	}
	same(t, "rows", raws(im), []string{"[private-key withheld]", "[card withheld]", segw})
}

func TestPieceOfACellThatFitsNoRuleIsARowOfItsOwn(t *testing.T) {
	cut := xmr[:67]
	im := mustRead(t, withDate(text("a.csv", "w\n\""+evm+" ; "+cut+"\"\n"), "raw=w"))
	same(t, "rows", raws(im), []string{evm + " ; " + cut, cut})
	same(t, "keys of the first", keys(im.Rows[0]), []string{"evm " + acct})
	same(t, "keys of the second", im.Rows[1].Keys(), []string{vigil.RawKey(cut)})
	p := parse(evm+", "+cut[:30]+"\xff"+cut[30:], column{})
	same(t, "a piece that is not valid UTF-8", p.rest, []string{cut[:30] + "\ufffd" + cut[30:]})
}

// Anybody may put any address into a key of his own.
func TestKeyOfOpenPGPSpeaksForItselfOnly(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString("xjMEU/NfCxYJKwYBBAHaRw8BAQdAPwmJlL3ZFu1AUxl5NOSofIBzOhKA1i+AEJkuQ+47JAY=") // RFC 9580, appendix A.1
	if err != nil {
		t.Fatal(err)
	}
	const user = "Ansel Quill <quill@example.net>"
	key = append(append(key, 0xcd, byte(len(user))), user...) // a packet of type 13
	armored := "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + base64.StdEncoding.EncodeToString(key) + "\n-----END PGP PUBLIC KEY BLOCK-----"
	if found := scan(armored, column{heading: "pgp"}); len(found) != 2 {
		t.Fatalf("the key has %d identifiers, want its fingerprint and an address", len(found))
	}
	p := parse(armored, column{heading: "pgp"})
	same(t, "keys", keys(vigil.ListRow{Parsed: p.ids}), []string{"pgp pgp:C959BDBAFA32A2F89A153B678CFDE12197965A9A"})
	same(t, "rest", p.rest, nil)
}

func TestOnlyADistinctStringIsLookedFor(t *testing.T) {
	for s, want := range map[string]bool{
		xmr[:67]: true, "5be5543ff73456ab9f2d207887e2af87": true,
		"0x00000000000000000000000000000000000018fe": false, // too few different characters
		"unknown": false, "123456789": false, "address-not-known-yet": false, "two words of 1234567890 here": false,
		strings.Repeat("ab1cd2ef", 40): false,
	} {
		if got := Distinct(s); got != want {
			t.Errorf("Distinct(%q) = %t, want %t", s, got, want)
		}
	}
}

func TestValidityThatEndsBeforeItBegins(t *testing.T) {
	im := mustRead(t, withDate(text("a.csv", btc1+",2025-01-02,2025-01-01\n"+segw+",2025-01-01,2025-01-01\n"), "raw=1,from=2,until=3"))
	has(t, im.Problems, 1, "before its first day")
	same(t, "problems", len(im.Problems), 1)
}

func TestMemoryOfAListIsBounded(t *testing.T) {
	b := &builder{ctx: t.Context(), taken: maxTaken}
	if err := b.row(vigil.ListRow{Raw: btc1}, column{}); err == nil {
		t.Error("a row beyond the bound was kept")
	}
}

func TestDatesOfLists(t *testing.T) {
	for _, c := range []struct {
		in   string
		last bool
		want string
		ok   bool
	}{
		{"", true, "", true}, {"2024-02-29", true, "2024-02-29", true}, {"2024-02-29T23:00:00Z", false, "2024-02-29", true},
		{"2024-02", false, "2024-02-01", true}, {"2024-02", true, "2024-02-29", true}, {"2024", false, "2024-01-01", true},
		{"2024", true, "2024-12-31", true}, {"31.12.2024", true, "2024-12-31", true}, {"2023-02-29", false, "", false},
		{"01/02/2024", false, "", false}, {"soon", false, "", false},
	} {
		got, ok := readDate(c.in, c.last)
		if got != c.want || ok != c.ok {
			t.Errorf("readDate(%q, %t) = %q, %t; want %q, %t", c.in, c.last, got, ok, c.want, c.ok)
		}
	}
}

func TestProgrammesOfTerrorism(t *testing.T) {
	for p, want := range map[string]bool{
		"SDGT": true, "FTO": true, "sdgt ": true, "crime.terror": true, "terrorism_financing": true, "NL-UNSC1373": true, "NS-PLC": true,
		"SDNTK": false, "CYBER2": false, "IRGC": false, "DPRK3": false, "extremism": false, "crime": false, "": false, "UNSC1373": false,
	} {
		if Terror(p) != want {
			t.Errorf("Terror(%q) = %t, want %t", p, !want, want)
		}
	}
}
