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

		{"12.5 mBTC", "0.0125 BTC"},
		{"1 mXMR", "0.001 XMR"},
		{"250 µBTC", "0.000250 BTC"},
		{"250 uBTC", "0.000250 BTC"},
		{"1,500 sats", "0.00001500 BTC"},
		{"123456789 satoshi", "1.23456789 BTC"},
		{"5 MBTC", ""}, // a million times as much, or a slip: not sure
		{"0.1 mbtc", "0.0001 BTC"},
		{"25,- €", "25 EUR"},
		{"CHF 25.-", "25 CHF"},

		{"10 - 20 EUR", "10 EUR; 20 EUR"},
		{"10–20 €", "10 EUR; 20 EUR"},
		{"from 10 to 20 USD", "10 USD; 20 USD"},
		{"Preis: 10 bis 20 €", "10 EUR; 20 EUR"},
		{"от 500 до 900 руб.", "500 RUB; 900 RUB"},
		{"EUR 10 - 20", "10 EUR; 20 EUR"},
		{"$10-20", "10 USD; 20 USD"},
		{"$10 - 20 g", "10 USD"},             // of what it buys
		{"phone 12 - 500 USD", "500 USD"},    // a name and a price
		{"pack of 10 - 50 USD", "50 USD"},    // likewise
		{"sizes 36 to 44, 30 EUR", "30 EUR"}, // no price before a word that is none
		{"2026-03-12 - 20 EUR", "20 EUR"},    // a date
		{"10 - 20 - 30 EUR", "30 EUR"},       // no range

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

func TestAMarketsOwnNumbersAreNotGuessedAt(t *testing.T) {
	point, comma := numbers{strict: true, currency: "USD"}, numbers{strict: true, comma: true, currency: "EUR"}
	for _, tt := range []struct {
		text string
		f    numbers
		want string
	}{
		{"1.234 BTC", point, "1.234 BTC"},
		{"1,234 BTC", point, "1234 BTC"},
		{"1.234 BTC", comma, "1234 BTC"},
		{"1,234 BTC", comma, "1.234 BTC"},
		{"0.050", point, "0.050 USD"},
		{"1.500", point, "1.500 USD"},
		{"1.500", comma, "1500 EUR"},
		{"1 234,56", comma, "1234.56 EUR"},
		{"1'234.50", point, "1234.50 USD"},
		{"1.234,56", point, ""}, // not as this market writes
		{"1,23,4", point, ""},
		{"12,50 XMR / 300", comma, "12.50 XMR; 300 EUR"},
		{"5 g 45", comma, "45 EUR"},
		{"98 % 4/5 10:30 2 pcs", comma, ""},
		{"10 - 20", comma, "10 EUR; 20 EUR"},
		{"free", comma, ""},
	} {
		if got := spell(pricesAs(tt.text, tt.f)); got != tt.want {
			t.Errorf("prices in %q with comma %v: %q, want %q", tt.text, tt.f.comma, got, tt.want)
		}
	}
}

// Amounts are shifted as text: no digit is lost that a float would lose.
func TestPartsOfCoinsAreExact(t *testing.T) {
	for _, tt := range []struct {
		dec  string
		n    int
		want string
	}{
		{"1", 3, "0.001"}, {"1234", 3, "1.234"}, {"12", 0, "12"}, {"0.1", 8, "0.000000001"}, {"123456789012345678", 8, "1234567890.12345678"}, {"1000", 3, "1.000"},
	} {
		if got := shifted(tt.dec, tt.n); got != tt.want {
			t.Errorf("%s shifted by %d: %s, want %s", tt.dec, tt.n, got, tt.want)
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
