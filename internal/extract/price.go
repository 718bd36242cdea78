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

// amountForm is a number with or without separators of thousands; the spaces are
// plain, no-break, thin and narrow.
const amountForm = `[0-9]{1,3}(?:[ \x{00a0}\x{2009}\x{202f}][0-9]{3})+(?:[.,][0-9]{1,12})?|[0-9]{1,3}(?:['’][0-9]{3})+(?:[.,][0-9]{1,12})?|[0-9][0-9.,]{0,30}`

var (
	amount = regexp.MustCompile(amountForm)
	// before and after are what a currency looks like beside an amount.
	before = regexp.MustCompile(`(?:[A-Z]{0,2}[$¥]|[€£元₽₴₺₹₩₪₫₸₦₿฿ɃɱŁÐΞ]|zł|Kč|\pL{3,10})[ \x{00a0}\x{2009}\x{202f}]{0,2}$`)
	after  = regexp.MustCompile(`^[ \x{00a0}\x{2009}\x{202f}]{0,2}(?:[A-Z]{0,2}[$¥]|[€£元₽₴₺₹₩₪₫₸₦₿฿ɃɱŁÐΞ]|zł|Kč|\pL{3,10})`)
)

// pricesIn returns the distinct prices that s states, in order. With decimalComma,
// a single comma before three digits parts decimals, not thousands.
func pricesIn(s string, decimalComma bool) []vigil.Price {
	var ps []vigil.Price
	for len(ps) < maxPrices {
		p, end := nextPrice(s, decimalComma)
		if end == 0 {
			break
		}
		if p.Amount != "" && !slices.Contains(ps, p) {
			ps = append(ps, p)
		}
		s = s[end:]
	}
	return ps
}

// nextPrice finds the first amount in s and the currency beside it. It returns
// where to go on, or 0 if there is no amount left; the price is empty if no
// currency stands beside the amount.
func nextPrice(s string, decimalComma bool) (p vigil.Price, end int) {
	at := amount.FindStringIndex(s)
	if at == nil {
		return p, 0
	}
	num := strings.TrimRight(s[at[0]:at[1]], ".,")
	end = at[0] + len(num)
	if r, _ := utf8.DecodeLastRuneInString(s[:at[0]]); unicode.IsLetter(r) && !isSymbol(r) && !unicode.In(r, unicode.Han) && currencyBefore(s[:at[0]]) == "" {
		return p, end // part of a word, as in a product's number
	}
	cur, n := currencyAfter(s[end:])
	// A sign before the amount is bound to it; a code might end another price.
	if c := currencyBefore(s[:at[0]]); c != "" && (cur == "" || isSymbolBefore(s[:at[0]])) {
		cur, n = c, 0
	}
	if cur == "" {
		return p, end
	}
	dec, ok := decimal(num, coins[cur], decimalComma)
	if !ok {
		return p, end
	}
	return vigil.Price{Amount: dec, Currency: cur}, end + n
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
	m := after.FindStringIndex(s)
	if m == nil {
		return "", 0
	}
	found := strings.TrimFunc(s[:m[1]], unicode.IsSpace)
	next := firstRune(s[m[1]:])
	if unicode.IsLetter(next) && unicode.IsLetter(firstRune(found)) {
		return "", 0
	}
	// The sign in "5 $20" belongs to the second number.
	if isSymbol(firstRune(found)) && unicode.IsDigit(next) {
		return "", 0
	}
	return currency(found), m[1]
}

// currency returns the code of a currency's sign, name or code; empty if it is none.
func currency(s string) string {
	if c := symbols[s]; c != "" {
		return c
	}
	if c := codes[s]; c != "" {
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

// decimal returns a number as written on a page with a point before its decimals
// and no other separator. It keeps every stated digit but leading zeros.
func decimal(num string, coin, decimalComma bool) (string, bool) {
	num = strings.Map(func(r rune) rune {
		if r == '\'' || r == '’' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, num)
	last := strings.LastIndexAny(num, ".,")
	whole, frac := num, ""
	if last >= 0 && !groups(num, last, coin, decimalComma) {
		whole, frac = num[:last], num[last+1:]
	}
	if !grouped(whole) {
		return "", false
	}
	whole = strings.TrimLeft(strings.NewReplacer(".", "", ",", "").Replace(whole), "0")
	if whole == "" {
		whole = "0"
	}
	if frac == "" {
		return whole, true
	}
	return whole + "." + frac, true
}

// groups reports whether the last separator of num, at i, parts thousands.
func groups(num string, i int, coin, decimalComma bool) bool {
	if len(num)-i-1 != 3 || i == 0 || num[:i] == "0" {
		return false
	}
	sep := num[i]
	if first := strings.IndexAny(num, ".,"); first != i {
		// Two of a kind part thousands; of two kinds, the last parts decimals.
		return num[first] == sep
	}
	if i > 3 {
		return false
	}
	// One separator before three digits. Money has two decimals, coins have many.
	if !coin {
		return true
	}
	return sep == ',' && !decimalComma
}

// grouped reports whether a whole number is digits with separators, if any, of one
// kind before each three.
func grouped(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == ',' })
	if strings.Contains(s, ".") && strings.Contains(s, ",") || len(parts) == 0 {
		return false
	}
	for i, p := range parts {
		if i > 0 && len(p) != 3 || i == 0 && len(parts) > 1 && len(p) > 3 {
			return false
		}
	}
	return strings.Count(s, ".")+strings.Count(s, ",") == len(parts)-1
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

// decimalComma reports whether the language lang writes decimals after a comma.
func decimalComma(lang string) bool {
	switch lang {
	case "de", "fr", "es", "ru", "it", "pt", "nl", "pl", "cs", "uk", "tr", "sv", "da", "no", "fi", "ro", "bg", "hu", "el", "id":
		return true
	}
	return false
}
