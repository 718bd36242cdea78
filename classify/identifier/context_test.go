package identifier

import (
	"slices"
	"strings"
	"testing"

	"vigil"
)

// Ambiguous addresses, of the hash of the genesis block's key.
var (
	ambiguousD = base58Check("\x1e", make20(7), bitcoinAlphabet)
	ambiguous3 = base58Check("\x05", make20(7), bitcoinAlphabet)
)

func make20(c byte) []byte { return []byte(strings.Repeat(string(rune(c)), 20)) }

// The words beside an address decide which of its readings comes first; none is
// ever lost.
func TestWordsBesideAnAddressOrderItsReadings(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"send to %3", "btc"}, {"litecoin:%3", "ltc"}, {"LITECOIN:%3?amount=1", "ltc"}, {"bitcoin:%3?label=litecoin", "btc"},
		{"bitcoincash:%3", "bch"}, {"LTC: %3", "ltc"}, {"ltc address is %3", "ltc"}, {"BTC %3 / LTC", "btc"}, {"%3 (LTC)", "ltc"},
		{"%3 ltc", "ltc"}, {"%3 LTC: none", "btc"}, {"%3\nLTC", "btc"}, {"Bitcoin Cash: %3", "bch"}, {"bitcoin sv %3", "bsv"},
		{"litecoin or bitcoin: %3", "btc"}, {"https://blockchair.com/litecoin/address/%3", "ltc"}, {"salty %3", "btc"},
		{"notlitecoin %3", "btc"}, {"litecoin " + strings.Repeat("x", 60) + " %3", "btc"},
		{"%D", "doge"}, {"dogecoin:%D", "doge"}, {"DGB %D", "dgb"}, {"verge: %D", "xvg"}, {"bitcoin: %D", "doge"},
		{"1 BTC or doge, %1", "btc"}, {"bch:%1", "bch"}, {"bsv %1", "bsv"},
	} {
		for mark, address := range map[string]string{"%3": ambiguous3, "%D": ambiguousD, "%1": genesis} {
			if !strings.Contains(tt.text, mark) {
				continue
			}
			ids := check(t, strings.Replace(tt.text, mark, address, 1))
			if len(ids) != 1 || ids[0].Kind != tt.want {
				t.Errorf("%s: %+v, want %s", tt.text, ids, tt.want)
				continue
			}
			all, got := slices.Sorted(slices.Values(one(t, address).Readings)), slices.Sorted(slices.Values(ids[0].Readings))
			if !slices.Equal(all, got) || ids[0].Key != one(t, address).Key {
				t.Errorf("%s: readings %v, want %v in some order; key %s", tt.text, got, all, ids[0].Key)
			}
		}
	}
	ids := check(t, "BTC: "+ambiguous3+" LTC: "+ambiguous3+" "+ambiguous3)
	if len(ids) != 3 || ids[0].Kind != "btc" || ids[1].Kind != "ltc" || ids[2].Kind != "btc" {
		t.Errorf("each its own word: %+v", ids)
	}
}

// A word of one text must not reach into the answer to another.
func TestReadingsOfATextAreItsOwn(t *testing.T) {
	check(t, "litecoin:"+ambiguous3)
	if got := one(t, ambiguous3).Readings; !slices.Equal(got, []string{"btc", "ltc", "bch", "bsv"}) {
		t.Errorf("%v", got)
	}
}

// BIP-21 and its kin, ERC-681 and ERC-3770, SEP-7, the URIs of wallets: what is
// inside is found, and nothing else.
func TestSchemesOfPayments(t *testing.T) {
	const classic = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
	evm := mixedEVM[0]
	for text, want := range map[string]string{
		"bitcoin:" + genesis + "?amount=20.3&label=A%20B":      genesis,
		"bitcoin:?bc=" + samples[2]:                            samples[2],
		"BITCOIN:" + strings.ToUpper(samples[2]) + "?PJ=HTTPS": strings.ToUpper(samples[2]),
		"bitcoin%3A" + genesis + "%3Famount%3D1":               genesis,
		"litecoin:" + ambiguous3:                               ambiguous3,
		"dogecoin:" + ambiguousD + "?amount=5":                 ambiguousD,
		"bitcoincash:" + samples[5]:                            samples[5],
		"bchtest:qpf29h80q4kzprl84jmwhf9du3jsu2tvw509nqz5cy":   "qpf29h80q4kzprl84jmwhf9du3jsu2tvw509nqz5cy",
		"ethereum:" + evm:                                      evm,
		"ethereum:pay-" + evm + "@1?value=2.014e18":            evm,
		"eth:" + evm:                             evm,
		"arb1:" + evm:                            evm,
		"matic:" + evm:                           evm,
		"bnb:" + evm:                             evm,
		"monero:" + standardXMR + "?tx_amount=1": standardXMR,
		"zcash:" + zecSapling + "?amount=1&memo=VGhpcw":         zecSapling,
		"zcash:?address=" + zecUnified:                          zecUnified,
		"lightning:" + strings.ToUpper(boltCoffee):              strings.ToUpper(boltCoffee),
		"lightning%3A" + boltCoffee:                             boltCoffee,
		"LIGHTNING:" + lnurlExample:                             lnurlExample,
		"https://example.com/pay?lightning=" + lnurlExample:     lnurlExample,
		"solana:" + solAccount + "?amount=1&spl-token=none":     solAccount,
		"ton://transfer/" + tonMain[0] + "?amount=1":            tonMain[0],
		"web+stellar:pay?destination=" + sepAccount + "&memo=1": sepAccount,
		"xrpl:" + classic + "?amount=1":                         classic,
		"tron:" + samples[6]:                                    samples[6],
		"dash:" + dashAddress + "?amount=1":                     dashAddress,
	} {
		ids := check(t, text)
		if len(ids) != 1 || ids[0].Raw != want || ids[0].Method != plain {
			t.Errorf("%s: %+v, want %s", text, ids, want)
		}
	}
}

var dashAddress = base58Check("\x4c", make20(7), bitcoinAlphabet)

// Other extractors miss an address right behind a slash or an equals sign.
func TestExplorersLinks(t *testing.T) {
	for _, s := range slices.Concat(samples, []string{sepAccount, tonMain[0], mixedEVM[0]}) {
		for _, frame := range []string{
			"https://explorer.example/address/%", "http://x.example/?addr=%", "x.example/a?b=1&address=%&c=2",
			"https://explorer.example/#/account/%/transactions", `<a href="https://explorer.example/%">`,
		} {
			i := strings.Index(frame, "%")
			ids := check(t, frame[:i]+s+frame[i+1:])
			if len(ids) != 1 || ids[0].Raw != s || ids[0].Start != i {
				t.Errorf("%s: %+v", frame, ids)
			}
		}
	}
}

// The address that Solana's own documentation shows for a wallet
// (solana-labs/solana, docs/src/cli, Apache-2.0).
const solAccount = "7S3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv"

func TestSolanaNeedsAWord(t *testing.T) {
	for _, text := range []string{
		"sol: " + solAccount, "solana:" + solAccount, "SOL " + solAccount, "pay with Phantom to\n" + solAccount, solAccount + " (SOL)",
		"https://solscan.io/account/" + solAccount, "https://explorer.solana.com/address/" + solAccount + "?cluster=x",
	} {
		ids := check(t, text)
		if len(ids) != 1 || ids[0].Kind != "sol" || ids[0].Class != vigil.ClassC || ids[0].Key != "sol:"+solAccount || ids[0].Raw != solAccount {
			t.Errorf("%q: %+v", text, ids)
		}
	}
	for _, text := range []string{
		solAccount, "id " + solAccount, "solid " + solAccount, "sol " + strings.Repeat("x", 50) + " " + solAccount, solAccount + "\nsol",
		"sol " + solAccount[:20] + " " + solAccount[20:], "sol " + solAccount + "x", "sol " + strings.Replace(solAccount, "H", "Н", 1),
		"sol 11111111111111111111111111111111", "sol " + strings.Repeat("z", 44),
	} {
		none(t, text)
	}
	if ids := check(t, "sol "+genesis); len(ids) != 1 || ids[0].Kind != "btc" {
		t.Errorf("a checksum is worth more than a word: %+v", ids)
	}
}
