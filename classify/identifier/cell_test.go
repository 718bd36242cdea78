package identifier

import (
	"strings"
	"testing"
)

func TestColumnSaysWhatACellHolds(t *testing.T) {
	// Of the Solana cookbook: the address of the system's token program has no
	// checksum, and no word beside it.
	const sol = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
	for _, c := range []struct{ column, cell, kind, key string }{
		{"solana", sol, "sol", "sol:" + sol},
		{"eth", "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "evm", "acct20:5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"},
		{"EVM", " 5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed ", "evm", "acct20:5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"},
		{"binance account id", "123456789", "exchange-account", "exch:binance:123456789"},
		{"pgp fingerprint", "C959BDBAFA32A2F89A153B678CFDE12197965A9A", "pgp", "pgp:C959BDBAFA32A2F89A153B678CFDE12197965A9A"},
		{"telegram", "@example_shop", "telegram", "tg:example_shop"},
		{"xvg", "D9mPdAN6GTFM9L1KtdqZz2Gk8JkfAb8YTL", "", ""}, // the column does not mend a checksum
		{"", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "btc", "h160:pkh:751e76e8199196d454941c45d1b3a323f1433bd6"},
	} {
		ids := Options{}.Cell(c.column, c.cell)
		if c.kind == "" {
			if len(ids) != 0 {
				t.Errorf("Cell(%q, %q) = %+v, want nothing", c.column, c.cell, ids)
			}
			continue
		}
		if len(ids) != 1 || ids[0].Kind != c.kind || ids[0].Key != c.key {
			t.Errorf("Cell(%q, %q) = %+v, want one %s with key %s", c.column, c.cell, ids, c.kind, c.key)
			continue
		}
		if got := c.cell[ids[0].Start:ids[0].End]; got != ids[0].Raw {
			t.Errorf("Cell(%q, %q): offsets hold %q, raw is %q", c.column, c.cell, got, ids[0].Raw)
		}
	}
}

func TestColumnIsNoPartOfACell(t *testing.T) {
	for _, column := range []string{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "mail@example.org", strings.Repeat("solana ", 50)} {
		if ids := (Options{}).Cell(column, "nothing"); len(ids) != 0 {
			t.Errorf("Cell(%q, nothing) = %+v, want nothing", column, ids)
		}
	}
	ids := Options{}.Cell("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "eth")
	if len(ids) != 0 {
		t.Errorf("a column was read as a cell: %+v", ids)
	}
}
