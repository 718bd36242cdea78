package identifier

import "testing"

func TestExchangeAccounts(t *testing.T) {
	finds(t, Options{}, map[string]string{
		"Binance ID: 123456789":           "exchange-account exch:binance:123456789",
		"Binance Pay ID 123456789":        "exchange-account exch:binance:123456789",
		"OKX UID=12345678":                "exchange-account exch:okx:12345678",
		"okex account 12345678":           "exchange-account exch:okx:12345678",
		"huobi uid 12345678":              "exchange-account exch:htx:12345678",
		"Бинанс айди 123456789":           "exchange-account exch:binance:123456789",
		"bybit or binance, uid 123456789": "exchange-account exch:binance:123456789",
		"Binance 123456789":               "",
		"Binance has 123456789 users":     "",
		"ID 123456789":                    "",
		"Binance ID 12345":                "",
		"Binance ID 1234567890123":        "",
		"Binance ID 123456.789":           "",
		"Binance ID 12c456789":            "",
		"Binance account, tel 123456789":  "",
		"Binance ID 4111111111111111":     "card <4111111111111111>",
	})
}
