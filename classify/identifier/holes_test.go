package identifier

import (
	"slices"
	"strings"
	"testing"
)

// More holes of other extractors (see TestHolesOfOtherExtractors), by what they
// get wrong about payments.
func TestHolesInPayments(t *testing.T) {
	hash := make20(3)
	for name, text := range map[string]string{
		"segwit version 0 with bech32m":       encodeBech32("bc", append([]byte{0}, toFive(hash)...), bech32mConst),
		"taproot with bech32":                 encodeBech32("bc", append([]byte{1}, toFive(make([]byte, 32))...), bech32Const),
		"an unknown human-readable part":      encodeBech32("bd", append([]byte{0}, toFive(hash)...), bech32Const),
		"monero's shape without its checksum": "4" + strings.Repeat("A", 94),
		"a shielded address cut short":        zecSapling[:77],
		"a private key's shape":               "59LKc" + strings.Repeat("1", 46),
		"prose that begins like the ledger's": "rememberthatthisisonlyaverylongword",
		"base58 in lower case":                strings.ToLower(genesis),
		"base58 in upper case":                strings.ToUpper(genesis),
		"an invoice that only has a checksum": encodeBech32("lnbc", make([]byte, 220), bech32Const),
		"a transaction hash":                  "0x" + strings.Repeat("8f", 32),
		"a payment ID":                        strings.Repeat("c3", 32),
		"an address inside a longer run":      "a" + genesis + "b",
		"a part of a Tron address":            "xTR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6tx",
	} {
		if ids := Scan(text); len(ids) != 0 {
			t.Errorf("%s: %+v", name, ids)
		}
	}
	for name, tt := range map[string]struct{ text, kind, network string }{
		"P2SH is not litecoin at first":      {ambiguous3, "btc", mainnet},
		"a shielded address":                 {zecSapling, "zec", mainnet},
		"cashaddr p… with its prefix":        {"bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq", "bch", mainnet},
		"a test network's segwit":            {encodeSegwit("tb", 0, hash), "btc", testnet},
		"a test network's base58":            {base58Check("\xc4", hash, bitcoinAlphabet), "btc", testnet},
		"a private key is no address":        {base58Check("\x80", slices.Repeat([]byte{1}, 32), bitcoinAlphabet), "private-key", mainnet},
		"taproot in upper case":              {strings.ToUpper(encodeSegwit("bc", 1, make([]byte, 32))), "btc", mainnet},
		"a subaddress":                       {subaddressXMR, "xmr", mainnet},
		"a Tron address under a wrong label": {"BTC: " + samples[6], "tron", mainnet},
		"an account in one case":             {strings.ToLower(mixedEVM[0]), "evm", mainnet},
		"dogecoin":                           {ambiguousD, "doge", mainnet},
		"the open network":                   {tonMain[0], "ton", mainnet},
		"behind an equals sign":              {"https://example.com/?addr=" + zecUnified, "zec", mainnet},
	} {
		ids := Scan(tt.text)
		if len(ids) != 1 || ids[0].Kind != tt.kind || ids[0].Network != tt.network {
			t.Errorf("%s: %+v, want one %s", name, ids, tt.kind)
		}
	}
}

// A list of seizures writes an address with letters of another alphabet. It must
// equal the one that another list has in ASCII.
func TestAListedAddressWithLookalikesIsTheSame(t *testing.T) {
	ascii := samples[6]
	other := strings.NewReplacer("T", "Т", "x", "х").Replace(ascii)
	if a, b := one(t, ascii), one(t, other); a.Key != b.Key || b.Method != folded || b.Raw != other {
		t.Errorf("%+v and %+v", a, b)
	}
}
