package extract

import (
	"strings"
	"unicode"
)

// numbers says how a market writes its prices.
type numbers struct {
	comma    bool   // decimals stand behind a comma
	strict   bool   // and that is known: a point or comma is never guessed at
	currency string // of amounts without one; empty if they are no prices
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

// decimal is the function of that name; where the market's way to write numbers is
// known, nothing is guessed.
func (f numbers) decimal(num string, coin bool) (string, bool) {
	if !f.strict {
		return decimal(num, coin, f.comma)
	}
	point, group := ".", ","
	if f.comma {
		point, group = ",", "."
	}
	whole, frac, _ := strings.Cut(num, point)
	if !grouped(strings.ReplaceAll(whole, group, ".")) && !spaced(whole) || strings.ContainsAny(frac, ".,'’ ") {
		return "", false
	}
	whole = strings.TrimLeft(strings.Map(digit, whole), "0")
	if whole == "" {
		whole = "0"
	}
	if frac == "" {
		return whole, true
	}
	return whole + "." + frac, true
}

// spaced reports whether a whole number is digits in groups parted by spaces or
// apostrophes, as amount finds them.
func spaced(s string) bool { return !strings.ContainsAny(s, ".,") }

// digit keeps digits only.
func digit(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

// shifted moves the point of a decimal by n places to the left.
func shifted(dec string, n int) string {
	if n == 0 {
		return dec
	}
	whole, frac, _ := strings.Cut(dec, ".")
	if len(whole) <= n {
		whole = strings.Repeat("0", n+1-len(whole)) + whole
	}
	i := len(whole) - n
	return whole[:i] + "." + whole[i:] + frac
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

// decimalComma reports whether the language lang writes decimals after a comma.
func decimalComma(lang string) bool {
	switch lang {
	case "de", "fr", "es", "ru", "it", "pt", "nl", "pl", "cs", "uk", "tr", "sv", "da", "no", "fi", "ro", "bg", "hu", "el", "id":
		return true
	}
	return false
}
