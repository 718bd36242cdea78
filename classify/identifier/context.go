package identifier

import (
	"slices"
	"strings"
)

// maxContext is how many bytes away from an identifier a word may speak of it.
const maxContext = 40

// coinWords are the names of coins, as words and as schemes of URIs (BIP-21 and
// its kin), and of wallets and explorers that know one chain.
var coinWords = map[string]string{
	"btc": "btc", "xbt": "btc", "bitcoin": "btc", "bitcoins": "btc",
	"ltc": "ltc", "litecoin": "ltc", "litecoins": "ltc", "litecoinspace": "ltc",
	"bch": "bch", "bcash": "bch", "bitcoincash": "bch", "bchaddr": "bch",
	"bsv": "bsv", "bitcoinsv": "bsv",
	"doge": "doge", "dogecoin": "doge", "dogechain": "doge",
	"dgb": "dgb", "digibyte": "dgb", "digiexplorer": "dgb",
	"xvg": "xvg", "verge": "xvg",
	"ton": "ton", "toncoin": "ton", "tonkeeper": "ton", "tonscan": "ton", "tonviewer": "ton", "tonhub": "ton",
	"sol": "sol", "solana": "sol", "phantom": "sol", "solflare": "sol", "solscan": "sol", "spl": "sol", "solanafm": "sol", "solanabeach": "sol",
}

// context puts the reading first that the words beside an identifier speak of:
// the scheme of its URI, or a coin's name. No reading is dropped. It also finds
// the destination tags beside addresses of the XRP Ledger. Hits are by place.
func (sc *scanner) context(hits []hit) {
	for i := range hits {
		h := &hits[i]
		from, to := 0, len(sc.text)
		if i > 0 {
			from = hits[i-1].end
		}
		if i+1 < len(hits) {
			to = hits[i+1].start
		}
		if h.id.Kind == "xrp" {
			sc.destinationTag(h, to)
		}
		if len(h.id.Readings) < 2 {
			continue
		}
		isReading := func(w string) bool { return slices.Contains(h.id.Readings, coinWords[w]) }
		word := sc.wordBefore(h.start, from, isReading)
		if word == "" {
			word = sc.wordAfter(h.end, to)
		}
		if k := slices.Index(h.id.Readings, coinWords[word]); k > 0 {
			r := h.id.Readings
			h.id.Readings = slices.Insert(slices.Delete(r, k, k+1), 0, coinWords[word])
			h.id.Kind = h.id.Readings[0]
		}
	}
}

// wordBefore returns the last word, in lower case, that ends at most maxContext
// bytes before start, and not before from, for which want is true; "" if there is
// none. "Bitcoin Cash" is one word.
func (sc *scanner) wordBefore(start, from int, want func(string) bool) string {
	low := max(from, start-maxContext, 0)
	for end := start; end > low; {
		if !isLetterByte(sc.text[end-1]) {
			end--
			continue
		}
		begin := end
		for begin > low && isLetterByte(sc.text[begin-1]) {
			begin--
		}
		if begin == low && begin > from && isLetterByte(sc.text[begin-1]) {
			return "" // cut by the window
		}
		w := strings.ToLower(sc.text[begin:end])
		const first = "bitcoin "
		if (w == "cash" || w == "sv") && begin >= len(first) && strings.EqualFold(sc.text[begin-len(first):begin], first) {
			w = "bitcoin" + w
		}
		if want(w) {
			return w
		}
		end = begin
	}
	return ""
}

// wordAfter returns the first word behind end, in lower case, if it stands on the
// same line and does not speak of what comes next, as "ltc" in "… LTC: …" does.
func (sc *scanner) wordAfter(end, to int) string {
	s := sc.text[end:min(to, end+maxContext)]
	s = strings.TrimLeft(s, " \t([{-–—,/*_`\"'")
	n := 0
	for n < len(s) && isLetterByte(s[n]) {
		n++
	}
	if rest := strings.TrimLeft(s[n:], " *_"); rest != "" && strings.IndexByte(":=", rest[0]) >= 0 {
		return ""
	}
	return strings.ToLower(s[:n])
}
