package identifier

import (
	"encoding/binary"
	"encoding/hex"
	"slices"

	"vigil"
)

// Networks of a coin.
const (
	mainnet = "mainnet"
	testnet = "testnet"
)

// Key schemes; see the package comment.
const (
	keyHash   = "h160:pkh:"
	scriptKey = "h160:sh:"
	account   = "acct20:"
)

// A version is what the first bytes of a base58check payload say about the 20
// bytes after them.
type version struct {
	bytes    string
	kind     string
	network  string
	scheme   string
	readings []string // every chain with these bytes, likeliest first
}

// versions lists the version bytes of the chains' own sources: Bitcoin Core and
// Litecoin Core chainparams.cpp, Dogecoin Core, Dash Core, Bitcoin Cash Node,
// zcashd, and the Tron documentation. Other bytes are refused.
var versions = []version{
	{"\x00", "btc", mainnet, keyHash, []string{"btc", "bch", "bsv"}},
	{"\x05", "btc", mainnet, scriptKey, []string{"btc", "ltc", "bch", "bsv"}}, // ltc: before it chose 0x32
	{"\x6f", "btc", testnet, keyHash, []string{"btc", "ltc", "bch"}},
	{"\xc4", "btc", testnet, scriptKey, []string{"btc", "ltc", "bch", "doge"}},
	{"\x30", "ltc", mainnet, keyHash, []string{"ltc"}},
	{"\x32", "ltc", mainnet, scriptKey, []string{"ltc"}},
	{"\x3a", "ltc", testnet, scriptKey, []string{"ltc"}},
	{"\x1e", "doge", mainnet, keyHash, []string{"doge", "dgb", "xvg"}},
	{"\x16", "doge", mainnet, scriptKey, []string{"doge"}},
	{"\x71", "doge", testnet, keyHash, []string{"doge"}},
	{"\x4c", "dash", mainnet, keyHash, []string{"dash"}},
	{"\x10", "dash", mainnet, scriptKey, []string{"dash"}},
	{"\x8c", "dash", testnet, keyHash, []string{"dash"}},
	{"\x13", "dash", testnet, scriptKey, []string{"dash"}},
	{"\x41", "tron", mainnet, account, []string{"tron"}},
	{"\x1c\xb8", "zec", mainnet, keyHash, []string{"zec"}},
	{"\x1c\xbd", "zec", mainnet, scriptKey, []string{"zec"}},
	{"\x1d\x25", "zec", testnet, keyHash, []string{"zec"}},
	{"\x1c\xba", "zec", testnet, scriptKey, []string{"zec"}},
}

// decodeBase58Address reads a base58check address of any chain in versions.
func decodeBase58Address(s string) (vigil.Identifier, bool) {
	b, ok := bitcoinBase58.decode(s, 25, 26)
	if !ok {
		return vigil.Identifier{}, false
	}
	prefix := string(b[:len(b)-24]) // the payload has 20 bytes, the checksum 4
	i := slices.IndexFunc(versions, func(v version) bool { return v.bytes == prefix })
	if i < 0 || !base58Checksum(b) {
		return vigil.Identifier{}, false
	}
	v := versions[i]
	return coin(v.kind, s, v.network, v.scheme+hex.EncodeToString(b[len(prefix):len(b)-4]), v.readings...), true
}

// decodeRipple reads a classic address of the XRP Ledger: version 0 and the 20
// bytes of an account ID, in the ledger's own alphabet.
func decodeRipple(s string) (vigil.Identifier, bool) {
	b, ok := rippleBase58.decode(s, 25, 25)
	if !ok || b[0] != 0 || !base58Checksum(b) {
		return vigil.Identifier{}, false
	}
	return coin("xrp", s, mainnet, "xrp:"+s, "xrp"), true
}

// wifVersions are the version bytes of private keys in wallet import format:
// Bitcoin, its test networks, Litecoin, Dogecoin, Dash.
var wifVersions = map[byte]string{0x80: mainnet, 0xef: testnet, 0xb0: mainnet, 0x9e: mainnet, 0xcc: mainnet}

// decodePrivateKey reads a private key in wallet import format. What it returns
// holds nothing of the key.
func decodePrivateKey(s string) (vigil.Identifier, bool) {
	b, ok := bitcoinBase58.decode(s, 37, 38)
	if !ok {
		return vigil.Identifier{}, false
	}
	network, known := wifVersions[b[0]]
	compressed := len(b) == 38
	if !known || compressed && b[33] != 1 || !base58Checksum(b) {
		return vigil.Identifier{}, false
	}
	return secret(network), true
}

// An extendedKey is what the four version bytes of an extended key say.
type extendedKey struct {
	network string
	private bool
}

// extendedKeys are the version bytes of BIP-32 and SLIP-132, and those of
// Dogecoin Core and of Litecoin's test network (chainparams.cpp, electrum-ltc).
var extendedKeys = map[uint32]extendedKey{
	0x0488b21e: {mainnet, false}, 0x0488ade4: {mainnet, true}, // xpub xprv
	0x049d7cb2: {mainnet, false}, 0x049d7878: {mainnet, true}, // ypub yprv
	0x04b24746: {mainnet, false}, 0x04b2430c: {mainnet, true}, // zpub zprv
	0x0295b43f: {mainnet, false}, 0x0295b005: {mainnet, true}, // Ypub Yprv
	0x02aa7ed3: {mainnet, false}, 0x02aa7a99: {mainnet, true}, // Zpub Zprv
	0x019da462: {mainnet, false}, 0x019d9cfe: {mainnet, true}, // Ltub Ltpv
	0x01b26ef6: {mainnet, false}, 0x01b26792: {mainnet, true}, // Mtub Mtpv
	0x02facafd: {mainnet, false}, 0x02fac398: {mainnet, true}, // dgub dgpv
	0x0436f6e1: {testnet, false}, 0x0436ef7d: {testnet, true}, // ttub ttpv
	0x043587cf: {testnet, false}, 0x04358394: {testnet, true}, // tpub tprv
	0x044a5262: {testnet, false}, 0x044a4e28: {testnet, true}, // upub uprv
	0x045f1cf6: {testnet, false}, 0x045f18bc: {testnet, true}, // vpub vprv
	0x024289ef: {testnet, false}, 0x024285b5: {testnet, true}, // Upub Uprv
	0x02575483: {testnet, false}, 0x02575048: {testnet, true}, // Vpub Vprv
}

// decodeExtendedKey reads an extended key (BIP-32): version, depth, parent,
// child number, chain code, key. Its identity is chain code and key: xpub, ypub
// and zpub of one account are one thing.
func decodeExtendedKey(s string) (vigil.Identifier, bool) {
	b, ok := bitcoinBase58.decode(s, 82, 82)
	if !ok {
		return vigil.Identifier{}, false
	}
	v, known := extendedKeys[binary.BigEndian.Uint32(b)]
	if !known || !base58Checksum(b) {
		return vigil.Identifier{}, false
	}
	switch first := b[45]; {
	case v.private && first == 0:
		return secret(v.network), true
	case !v.private && (first == 2 || first == 3):
		return coin("xpub", s, v.network, "xpub:"+hex.EncodeToString(b[13:78]), "xpub"), true
	}
	return vigil.Identifier{}, false
}

// coin fills in what all class A identifiers have in common.
func coin(kind, value, network, key string, readings ...string) vigil.Identifier {
	if network == testnet {
		key = "test:" + key
	}
	return vigil.Identifier{
		Kind: kind, Value: value, Key: key, Class: vigil.ClassA, Network: network,
		Readings: slices.Clone(readings), // the tables must not reach the caller
	}
}

// secret stands for a private key.
func secret(network string) vigil.Identifier {
	return vigil.Identifier{
		Kind: "private-key", Class: vigil.ClassA, Network: network,
		Readings: []string{"private-key"}, Redacted: true,
	}
}
