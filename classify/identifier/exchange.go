package identifier

import "vigil"

// exchanges are the trading places whose accounts have numbers, with the name
// that goes into the key.
var exchanges = []struct {
	key   string
	names words
}{
	{"binance", words{"binance", "бинанс*"}}, {"okx", words{"okx", "okex"}}, {"bybit", words{"bybit", "байбит*"}},
	{"kucoin", words{"kucoin"}}, {"htx", words{"htx", "huobi"}}, {"mexc", words{"mexc"}}, {"bitget", words{"bitget"}},
	{"gate.io", words{"gate.io", "gateio"}}, {"kraken", words{"kraken"}}, {"coinbase", words{"coinbase"}},
	{"bitfinex", words{"bitfinex"}}, {"crypto.com", words{"crypto.com"}}, {"whitebit", words{"whitebit"}},
	{"garantex", words{"garantex", "гарантекс*"}},
}

// accountWords say that a number is an account's. Without one, "Binance 100000"
// is an amount.
var accountWords = words{
	"id", "uid", "account", "acct", "acc", "user", "pay id", "payid", "konto*", "nutzer*", "compte", "cuenta", "usuario", "utilisateur",
	"аккаунт*", "счет", "счёт", "айди", "ид",
}

// exchangeAccount looks at nb as the number of an account at an exchange, which
// is nothing without the exchange's name: both make the key.
func (sc *scanner) exchangeAccount(nb *number) {
	n := nb.size(0)
	start, end := nb.groups[0].start, nb.groups[0].end
	if len(nb.groups) != 1 || n > 12 || sc.nearest(start, accountWords, phoneWords) != 0 {
		return
	}
	sets := make([]words, len(exchanges))
	for i, e := range exchanges {
		sets[i] = e.names
	}
	i := sc.nearest(start, sets...)
	if i < 0 {
		return
	}
	value := exchanges[i].key + ":" + sc.text[start:end]
	sc.found(start, end, n, plain, vigil.Identifier{
		Kind: "exchange-account", Value: value, Key: "exch:" + value, Class: vigil.ClassC, Readings: []string{"exchange-account"},
	})
}
