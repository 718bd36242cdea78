package watchlist

import (
	"slices"
	"strings"

	"vigil"
)

// A coin is what the symbol of a list may stand for.
type coin struct {
	symbols  string
	headings []string // names of a column, in the order in which they are tried
	kinds    []string // that its addresses have; nil for tokens that live on many chains
}

// coins returns what the symbols of lists stand for. ISO 4217's XBT is bitcoin;
// USDT is an attribute and no chain.
func coins() []coin {
	return []coin{
		{"XBT BTC BITCOIN", []string{"btc"}, []string{"btc", "lightning"}},
		{"LTC LITECOIN", []string{"ltc"}, []string{"ltc"}},
		{"BCH BCC", []string{"bch"}, []string{"bch"}},
		{"BSV", []string{"bsv"}, []string{"bsv"}},
		{"DOGE DOGECOIN", []string{"doge"}, []string{"doge"}},
		{"DGB", []string{"dgb"}, []string{"dgb"}},
		{"XVG", []string{"xvg"}, []string{"xvg"}},
		{"DASH", []string{"dash"}, []string{"dash"}},
		{"ZEC ZCASH", []string{"zec"}, []string{"zec"}},
		{"XMR MONERO", []string{"xmr"}, []string{"xmr"}},
		{"XRP RIPPLE", []string{"xrp"}, []string{"xrp"}},
		{"XLM STELLAR", []string{"xlm"}, []string{"xlm"}},
		{"TRX TRON", []string{"tron"}, []string{"tron"}},
		{"SOL SOLANA SPL", []string{"solana"}, []string{"sol"}},
		{"TON TONCOIN", []string{"ton"}, []string{"ton"}},
		{"ETH ETHEREUM EVM ERC20 ETC BSC BNB ARB OP BASE MATIC POL AVAX FTM CRO CELO", []string{"eth"}, []string{"evm"}},
		{"USDT TETHER USDC DAI TUSD BUSD USDD PYUSD", []string{"eth", "solana", "ton"}, nil},
	}
}

func coinOf(symbol string) (coin, bool) {
	symbol = strings.ToUpper(strings.TrimSpace(symbol))
	if symbol == "" {
		return coin{}, false
	}
	for _, c := range coins() {
		if slices.Contains(strings.Fields(c.symbols), symbol) {
			return c, true
		}
	}
	return coin{}, false
}

// headingsOf returns the names of columns in which an identifier may stand that
// a list calls by a symbol; the empty one if it says nothing.
func headingsOf(symbol string) []string {
	if c, ok := coinOf(symbol); ok {
		return c.headings
	}
	return []string{""}
}

// symbolKinds returns the kinds that fit a symbol, and nil if any may.
func symbolKinds(symbol string) []string {
	c, _ := coinOf(symbol)
	return c.kinds
}

// misfiled reports whether an identifier is not what its list calls it.
func misfiled(symbol string, id vigil.Identifier) bool {
	kinds := symbolKinds(symbol)
	return kinds != nil && !slices.ContainsFunc(append([]string{id.Kind}, id.Readings...), func(k string) bool { return slices.Contains(kinds, k) })
}
