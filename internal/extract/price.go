package extract

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigil"
)

// maxPrices is how many prices a listing lists.
const maxPrices = 32

// symbols are signs of currencies that stand before or after an amount. Where
// several countries share a sign, the one is taken that markets mean by it; signs
// without such a one, as kr, are not read.
var symbols = map[string]string{
	"$": "USD", "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD",
	"R$": "BRL", "MX$": "MXN", "€": "EUR", "£": "GBP", "¥": "JPY", "CN¥": "CNY", "元": "CNY", "₽": "RUB", "₴": "UAH",
	"₺": "TRY", "₹": "INR", "₩": "KRW", "₪": "ILS", "₫": "VND", "₸": "KZT", "₦": "NGN", "zł": "PLN", "Kč": "CZK",
	"₿": "BTC", "฿": "BTC", "Ƀ": "BTC", "ɱ": "XMR", "Ł": "LTC", "Ð": "DOGE", "Ξ": "ETH",
}

// words are names of currencies, in lower case, that stand after an amount, or
// before it if they are codes.
var words = map[string]string{
	"usd": "USD", "dollar": "USD", "dollars": "USD", "eur": "EUR", "euro": "EUR", "euros": "EUR", "евро": "EUR",
	"gbp": "GBP", "chf": "CHF", "jpy": "JPY", "cny": "CNY", "rmb": "CNY", "rub": "RUB", "rur": "RUB", "руб": "RUB",
	"рублей": "RUB", "рубля": "RUB", "рубль": "RUB", "uah": "UAH", "грн": "UAH", "pln": "PLN", "czk": "CZK",
	"cad": "CAD", "aud": "AUD", "nzd": "NZD", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "huf": "HUF", "brl": "BRL",
	"inr": "INR", "hkd": "HKD", "sgd": "SGD", "krw": "KRW", "zar": "ZAR", "kzt": "KZT", "dólares": "USD",
	"btc": "BTC", "xbt": "BTC", "bitcoin": "BTC", "bitcoins": "BTC", "xmr": "XMR", "monero": "XMR", "ltc": "LTC",
	"litecoin": "LTC", "eth": "ETH", "ethereum": "ETH", "bch": "BCH", "doge": "DOGE", "zec": "ZEC", "usdt": "USDT",
	"usdc": "USDC", "trx": "TRX", "xrp": "XRP",
}

// codes are currencies whose code is a word too; they count in capitals only.
var codes = map[string]string{
	"AED": "AED", "ARS": "ARS", "BGN": "BGN", "BYN": "BYN", "CLP": "CLP", "COP": "COP", "GEL": "GEL", "IDR": "IDR",
	"ILS": "ILS", "MXN": "MXN", "MYR": "MYR", "NGN": "NGN", "PEN": "PEN", "PHP": "PHP", "RON": "RON", "RSD": "RSD",
	"SAR": "SAR", "THB": "THB", "TRY": "TRY", "TWD": "TWD", "VND": "VND", "DASH": "DASH", "SOL": "SOL", "TON": "TON",
	"BNB": "BNB", "ADA": "ADA", "DAI": "DAI",
}

// coins are currencies that are stated to more than two decimals.
var coins = map[string]bool{
	"BTC": true, "XMR": true, "LTC": true, "ETH": true, "BCH": true, "DOGE": true, "ZEC": true, "USDT": true, "USDC": true,
	"TRX": true, "XRP": true, "DASH": true, "SOL": true, "TON": true, "BNB": true, "ADA": true, "DAI": true,
}

// A subunit is a part of a coin: 10 to the power of -places.
type subunit struct {
	of     string
	places int
}

// subunits are the names that currency gives for parts of coins.
var subunits = map[string]subunit{
	"mBTC": {"BTC", 3}, "µBTC": {"BTC", 6}, "sat": {"BTC", 8}, "mXMR": {"XMR", 3}, "mLTC": {"LTC", 3}, "mETH": {"ETH", 3},
	"gwei": {"ETH", 9}, "mBCH": {"BCH", 3},
}

// smallWords are words for subunits. They are written as they are meant: an M would
// be a million times as much.
var smallWords = map[string]string{
	"mBTC": "mBTC", "mbtc": "mBTC", "mɃ": "mBTC", "millibitcoin": "mBTC", "µBTC": "µBTC", "μBTC": "µBTC", "uBTC": "µBTC",
	"sats": "sat", "satoshi": "sat", "satoshis": "sat", "mXMR": "mXMR", "mLTC": "mLTC", "mETH": "mETH", "gwei": "gwei", "Gwei": "gwei",
	"mBCH": "mBCH",
}

// amountForm is a number with or without separators of thousands; the spaces are
// plain, no-break, thin and narrow.
const amountForm = `[0-9]{1,3}(?:[ \x{00a0}\x{2009}\x{202f}][0-9]{3})+(?:[.,][0-9]{1,12})?|[0-9]{1,3}(?:['’][0-9]{3})+(?:[.,][0-9]{1,12})?|[0-9][0-9.,]{0,30}`

var (
	amount = regexp.MustCompile(amountForm)
	// before and after are what a currency looks like beside an amount.
	before = regexp.MustCompile(`(?:[A-Z]{0,2}[$¥]|[€£元₽₴₺₹₩₪₫₸₦₿฿ɃɱŁÐΞ]|zł|Kč|\pL{3,10})[ \x{00a0}\x{2009}\x{202f}]{0,2}$`)
	after  = regexp.MustCompile(`^(?:[.,][-–—]{1,2})?[ \x{00a0}\x{2009}\x{202f}]{0,2}([A-Z]{0,2}[$¥]|[€£元₽₴₺₹₩₪₫₸₦₿฿ɃɱŁÐΞ]|zł|Kč|\pL{3,10})`)
)

// pricesIn returns the distinct prices that s states, in order. With decimalComma,
// a single comma before three digits parts decimals, not thousands.
func pricesIn(s string, decimalComma bool) []vigil.Price {
	return pricesAs(s, numbers{comma: decimalComma})
}

// pricesAs returns the distinct prices that s states, in order. Both ends of a range
// are prices, though its currency is stated once.
func pricesAs(s string, f numbers) []vigil.Price {
	var ps []vigil.Price
	add := func(p vigil.Price) {
		if p.Amount != "" && !slices.Contains(ps, p) && len(ps) < maxPrices {
			ps = append(ps, p)
		}
	}
	var last quantity
	for len(ps) < maxPrices {
		q, end := nextQuantity(s, f)
		if end == 0 {
			break
		}
		if rangeDash.MatchString(s[:q.start]) {
			switch {
			case last.opens && last.currency == "" && q.currency != "" && !q.before:
				add(last.price(q.currency, f))
			case last.currency != "" && q.currency == "" && q.bare:
				q.currency = last.currency
			}
		}
		if q.currency == "" && q.bare {
			q.currency = f.currency
		}
		if q.currency != "" {
			add(q.price(q.currency, f))
		}
		last, s = q, s[end:]
	}
	return ps
}

// rangeDash is what stands between the ends of a range.
var rangeDash = regexp.MustCompile(`^\s{0,3}(?:-|–|—|to|bis|à|до|hasta)\s{0,3}$`)

// rangeStart is what may stand on the line before a range whose first end has no
// currency: without it, that end may be anything.
var rangeStart = regexp.MustCompile(`(?i)(?:^|\n|[:|(]|(?:^|[^\pL])(?:from|between|von|ab|zwischen|de|entre|desde|от)\s)\s{0,3}$`)

// A quantity is a number in a text that may be a price.
type quantity struct {
	num      string // as written
	start    int    // of the number, in the text searched
	currency string // beside it; empty if there is none
	before   bool   // the currency stands before it
	bare     bool   // nothing stands beside it: no unit, no word
	opens    bool   // a range may begin with it
}

// price returns q as a price in currency cur; empty if it is no number.
func (q quantity) price(cur string, f numbers) vigil.Price {
	part, small := subunits[cur]
	if small {
		cur = part.of
	}
	dec, ok := f.decimal(q.num, coins[cur])
	if !ok {
		return vigil.Price{}
	}
	return vigil.Price{Amount: shifted(dec, part.places), Currency: cur}
}

// nextQuantity finds the first amount in s and the currency beside it. It returns
// where to go on, or 0 if there is no amount left.
func nextQuantity(s string, f numbers) (q quantity, end int) {
	at := amount.FindStringIndex(s)
	if at == nil {
		return q, 0
	}
	q.start = at[0]
	q.num = strings.TrimRight(s[at[0]:at[1]], ".,")
	end = at[0] + len(q.num)
	if r, _ := utf8.DecodeLastRuneInString(s[:at[0]]); unicode.IsLetter(r) && !isSymbol(r) && !unicode.In(r, unicode.Han) && currencyBefore(s[:at[0]]) == "" {
		return q, end // part of a word, as in a product's number
	}
	var n int
	q.currency, n = currencyAfter(s[end:])
	// A sign before the amount is bound to it; a code might end another price.
	if c := currencyBefore(s[:at[0]]); c != "" && (q.currency == "" || isSymbolBefore(s[:at[0]])) {
		q.currency, q.before, n = c, true, 0
	}
	q.bare = q.currency == "" && standsAlone(s[:at[0]], s[end:])
	q.opens = q.currency == "" && rangeStart.MatchString(s[max(0, at[0]-16):at[0]])
	return q, end + n
}

// standsAlone reports whether a number between before and after is no part of 4/5,
// 10:30, 5 g or 98 %.
func standsAlone(before, after string) bool {
	unit := firstRune(strings.TrimLeftFunc(after, unicode.IsSpace))
	return !strings.HasSuffix(before, "/") && !strings.HasSuffix(before, ":") && !strings.HasPrefix(after, "/") && !strings.HasPrefix(after, ":") &&
		!unicode.IsLetter(unit) && unit != '%'
}

// currencyBefore returns the currency at the end of s.
func currencyBefore(s string) string {
	if i := len(s) - 48; i > 0 {
		s = s[i:]
	}
	m := before.FindStringIndex(s)
	if m == nil {
		return ""
	}
	if r, _ := utf8.DecodeLastRuneInString(s[:m[0]]); unicode.IsLetter(r) && unicode.IsLetter(firstRune(s[m[0]:])) {
		return ""
	}
	return currency(strings.TrimFunc(s[m[0]:m[1]], unicode.IsSpace))
}

func isSymbolBefore(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(s, unicode.IsSpace))
	return isSymbol(r)
}

// currencyAfter returns the currency at the beginning of s and its length with
// the space before it.
func currencyAfter(s string) (string, int) {
	m := after.FindStringSubmatchIndex(s)
	if m == nil {
		return "", 0
	}
	found := s[m[2]:m[3]]
	next := firstRune(s[m[1]:])
	if unicode.IsLetter(next) && unicode.IsLetter(firstRune(found)) {
		return "", 0
	}
	// The sign in "5 $20" belongs to the second number.
	if isSymbol(firstRune(found)) && unicode.IsDigit(next) {
		return "", 0
	}
	c := currency(found)
	if c == "" {
		return "", 0
	}
	return c, m[1]
}

// currency returns the code of a currency's sign, name or code; empty if it is none.
func currency(s string) string {
	if c := symbols[s]; c != "" {
		return c
	}
	if c := codes[s]; c != "" {
		return c
	}
	if c := smallWords[s]; c != "" {
		return c
	}
	if strings.HasSuffix(s, "$") || strings.HasSuffix(s, "¥") {
		// Letters before a sign that are no country's: a word's end.
		return symbols[strings.TrimLeft(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
	}
	return words[strings.ToLower(s)]
}

func isSymbol(r rune) bool {
	return r == 'Ð' || r == 'Ł' || unicode.Is(unicode.Sc, r) || r == 'Ƀ' || r == 'ɱ' || r == 'Ξ'
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// distinct returns ps without repetitions, and no more than a listing lists.
func distinct(ps []vigil.Price) []vigil.Price {
	var out []vigil.Price
	for _, p := range ps {
		if len(out) < maxPrices && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
