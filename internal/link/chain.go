package link

import (
	"slices"
	"strings"

	"vigil"
)

// chainOf returns which chain's node of a key an identifier belongs to.
//
// Base58 addresses of most chains hold the hash of a public key or script, made
// in the same way on each. A hash of one public key on two chains shows one
// wallet, but software derives keys for each chain apart, so that it is rare and
// mostly an address mistaken for another's: a weak tie. Bitcoin and its
// forks are one: the same address is valid on each, and nobody can tell which
// was meant.
func chainOf(id *vigil.Identifier) string {
	if !strings.HasPrefix(id.Key, "h160:") || slices.ContainsFunc(id.Readings, bitcoinLike) {
		return ""
	}
	if len(id.Readings) > 0 {
		return id.Readings[0]
	}
	return id.Kind
}

func bitcoinLike(kind string) bool { return kind == "btc" || kind == "bch" || kind == "bsv" }

// isNode reports whether key names a Lightning node. An invoice is paid to its
// node, and most who take such payments have an account at somebody else's.
func isNode(key string) bool { return strings.HasPrefix(key, "ln:") }
