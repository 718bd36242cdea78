package extract

import (
	"strings"
	"testing"

	"vigil"
)

func TestPricesAreReadAsTheyAreMeant(t *testing.T) {
	for _, tt := range []struct {
		text string
		want string
	}{
		{"$12.50", "12.50 USD"},
		{"12.50 $", "12.50 USD"},
		{"US$ 7", "7 USD"},
		{"A$7, C$8, R$9", "7 AUD; 8 CAD; 9 BRL"},
		{"€ 1.234,56", "1234.56 EUR"},
		{"1.234,56 €", "1234.56 EUR"},
		{"1 234,56 €", "1234.56 EUR"},
		{"1\u00a0234,56\u00a0€", "1234.56 EUR"},
		{"1’234.50 CHF", "1234.50 CHF"},
		{"$1,234,567.89", "1234567.89 USD"},
		{"1.234.567 EUR", "1234567 EUR"},
		{"£1,234", "1234 GBP"},
		{"1.500 €", "1500 EUR"},
		{"0.015 BTC", "0.015 BTC"},
		{"1.234 BTC", "1.234 BTC"},
		{"1,234 USDT", "1234 USDT"},
		{"฿0.01", "0.01 BTC"},
		{"₿ 0.00000001", "0.00000001 BTC"},
		{"0,05 XMR", "0.05 XMR"},
		{"0,050 XMR", "0.050 XMR"},
		{"12 USD", "12 USD"},
		{"USD12", "12 USD"},
		{"USD 12", "12 USD"},
		{"usd 12", "12 USD"},
		{"XBT 2", "2 BTC"},
		{"007 EUR", "7 EUR"},
		{"3000 руб.", "3000 RUB"},
		{"2 500 ₽", "2500 RUB"},
		{"99 zł, 120 Kč", "99 PLN; 120 CZK"},
		{"12,50 Euro", "12.50 EUR"},
		{"5 DASH", "5 DASH"},
		{"0.2 XMR ($30)", "0.2 XMR; 30 USD"},
		{"$10 - $20", "10 USD; 20 USD"},
		{"5 $20", "20 USD"},
		{"12 $ 500 g", "12 USD"},
		{"$5 for one, $5 for the other", "5 USD"},
		{"1 EUR\n2 EUR", "1 EUR; 2 EUR"},
		{"price: 12 USD.", "12 USD"},
		{"12 USD, 13 EUR", "12 USD; 13 EUR"},

		{"", ""},
		{"12", ""},
		{"free", ""},
		{"15 mBTC", "0.015 BTC"}, // a thousandth of what it looks like
		{"12 dashes", ""},        // a word
		{"5 dash", ""},           // a word
		{"model X12 USD", ""},    // a product's number
		{"posted 2026-03-12", ""},
		{"1.2.3.4 EUR", ""}, // no number
		{"$1,23,4", ""},
		{"12 kr", ""}, // of three countries
	} {
		if got := spell(pricesIn(tt.text, false)); got != tt.want {
			t.Errorf("prices in %q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestALanguageDecidesAboutCommas(t *testing.T) {
	for _, tt := range []struct {
		lang, want string
	}{
		{"de", "1.234"}, {"ru", "1.234"}, {"en", "1234"}, {"", "1234"},
	} {
		got := spell(pricesIn("1,234 LTC", decimalComma(tt.lang)))
		if want := tt.want + " LTC"; got != want {
			t.Errorf("1,234 LTC on a page in %q: %s, want %s", tt.lang, got, want)
		}
	}
}

// spell writes prices as "12 USD; 0.1 XMR".
func spell(ps []vigil.Price) string {
	var all []string
	for _, p := range ps {
		all = append(all, p.Amount+" "+p.Currency)
	}
	return strings.Join(all, "; ")
}
