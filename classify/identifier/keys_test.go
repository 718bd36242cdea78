package identifier

import (
	"slices"
	"strings"
	"testing"
)

// TestSpellingsOfOneThingHaveOneKey holds in one place what ties listings
// together: each row is one thing, and no two rows are.
func TestSpellingsOfOneThingHaveOneKey(t *testing.T) {
	hash, script := make20(7), make20(8)
	keys := strings.Repeat("0123456789abcdef", 8)
	body := mustHex(t, keys)
	xpub := append(slices.Repeat([]byte{0}, 41), mustHex(t, "03"+keys[:64])...)
	shielded := slices.Repeat([]byte{9}, shieldedLen)
	things := map[string][]string{
		"h160:pkh:": {
			base58Check("\x00", hash, bitcoinAlphabet), encodeSegwit("bc", 0, hash), strings.ToUpper(encodeSegwit("bc", 0, hash)),
			base58Check("\x30", hash, bitcoinAlphabet), encodeSegwit("ltc", 0, hash), base58Check("\x1e", hash, bitcoinAlphabet),
			base58Check("\x4c", hash, bitcoinAlphabet), base58Check("\x1c\xb8", hash, bitcoinAlphabet),
			encodeBech32("tex", toFive(hash), bech32mConst), encodeCashaddr(0, hash),
		},
		"h160:sh:": {
			base58Check("\x05", script, bitcoinAlphabet), base58Check("\x32", script, bitcoinAlphabet), encodeCashaddr(8, script),
			base58Check("\x1c\xbd", script, bitcoinAlphabet),
		},
		"acct20:": {
			base58Check("\x41", hash, bitcoinAlphabet), "0x" + strings.Repeat("07", 20), "0X" + strings.Repeat("07", 20),
		},
		"xmr:": {
			encodeMonero(18, body), encodeMonero(19, append(slices.Clone(body), 1, 2, 3, 4, 5, 6, 7, 8)),
			encodeMonero(19, append(slices.Clone(body), 8, 7, 6, 5, 4, 3, 2, 1)),
		},
		"xrp:r":       {xlsAddresses[0].classic, xlsAddresses[0].main},
		"xrp:rGWrZyQ": {xlsMain, "rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf tag 16781933", "xrpl:rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf?dt=16781933"},
		"xlm:":        append([]string{sepAccount}, sepMuxed...),
		"ton:":        tonMain,
		"zec:sapling:": {encodeBech32("zs", toFive(shielded), bech32Const), strings.ToUpper(encodeBech32("zs", toFive(shielded), bech32Const)),
			encodeUnified("u", shielded), encodeUnified("zu", shielded)},
		"xpub:":  {extended(0x0488b21e, xpub), extended(0x049d7cb2, xpub), extended(0x04b24746, xpub), extended(0x019da462, xpub), extended(0x01b26ef6, xpub), extended(0x02facafd, xpub)},
		"ln:":    {boltDonation, boltCoffee, strings.ToUpper(boltCoffee)},
		"lnurl:": {lnurlExample, strings.ToLower(lnurlExample)},
		"iban:":  {"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "de89-3704-0044-0532-0130-00"},
	}
	owner := map[string]string{}
	for scheme, spellings := range things {
		for _, s := range spellings {
			ids := Scan(s)
			if len(ids) != 1 || !strings.HasPrefix(ids[0].Key, scheme) {
				t.Errorf("%s: %+v, want a key %s…", s, ids, scheme)
				continue
			}
			if _, seen := owner[ids[0].Key]; !seen {
				owner[ids[0].Key] = scheme
			}
			if owner[ids[0].Key] != scheme {
				t.Errorf("%s has the key of %s", s, owner[ids[0].Key])
			}
		}
	}
	if len(owner) != len(things) {
		t.Errorf("%d keys of %d things: %v", len(owner), len(things), owner)
	}
}

// Nothing of a test network has a key of a real one.
func TestTestNetworksNeverLink(t *testing.T) {
	hash := make20(7)
	for _, s := range []string{
		base58Check("\x6f", hash, bitcoinAlphabet), base58Check("\xc4", hash, bitcoinAlphabet), base58Check("\x3a", hash, bitcoinAlphabet),
		base58Check("\x71", hash, bitcoinAlphabet), base58Check("\x8c", hash, bitcoinAlphabet), base58Check("\x1d\x25", hash, bitcoinAlphabet),
		base58Check("\x1c\xba", hash, bitcoinAlphabet), encodeSegwit("tb", 0, hash), encodeSegwit("bcrt", 0, hash), encodeSegwit("tltc", 0, hash),
		encodeSegwit("rltc", 1, make([]byte, 32)), "qpf29h80q4kzprl84jmwhf9du3jsu2tvw509nqz5cy",
		encodeMonero(53, make([]byte, 64)), encodeMonero(24, make([]byte, 64)), tonTest[0], tonTest[1], xlsAddresses[0].test,
		zecSaplingTest, zecUnifiedTest, zecTexTest, encodeUnified("utest", make([]byte, shieldedLen)),
		extended(0x0436f6e1, append(make([]byte, 41), mustHex(t, "02"+strings.Repeat("11", 32))...)),
	} {
		if id := one(t, s); id.Network != testnet || !strings.HasPrefix(id.Key, "test:") {
			t.Errorf("%s: %+v", s, id)
		}
	}
}

// encodeCashaddr returns an address of Bitcoin Cash without its prefix.
func encodeCashaddr(version byte, hash []byte) string {
	data := append(toFive(append([]byte{version}, hash...)), make([]byte, 8)...)
	sum := uint64(1)
	for _, c := range []byte("bitcoincash\x00") {
		sum = cashaddrPolymod(sum, c&31)
	}
	for _, v := range data {
		sum = cashaddrPolymod(sum, v)
	}
	sum ^= 1
	for i := range 8 {
		data[len(data)-1-i] = byte(sum >> (5 * i) & 31)
	}
	var b strings.Builder
	for _, v := range data {
		b.WriteByte("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[v])
	}
	return b.String()
}

// encodeUnified returns a unified address with one Sapling receiver. F4Jumble has
// the rounds of its inverse, the other way round.
func encodeUnified(hrp string, sapling []byte) string {
	b := append([]byte{receiverSapling, shieldedLen}, sapling...)
	b = append(b, hrp...)
	b = append(b, make([]byte, 16-len(hrp))...)
	cut := min(64, len(b)/2)
	left, right := b[:cut], b[cut:]
	jumbleG(right, left, 0)
	jumbleH(left, right, 0)
	jumbleG(right, left, 1)
	jumbleH(left, right, 1)
	return encodeBech32(hrp, toFive(b), bech32mConst)
}
