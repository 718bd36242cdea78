package watchlist

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"strings"
	"testing"

	"vigil"
	"vigil/fixtures"
)

func sha() hash.Hash { return sha256.New() }

func TestPlainListsMayNameTheirCoin(t *testing.T) {
	im := mustRead(t, withDate(input(t, "plain_LTC.txt")))
	same(t, "rows", raws(im), []string{ltc, btc2})
	same(t, "lines", []int{im.Rows[0].Line, im.Rows[1].Line}, []int{2, 4})
	same(t, "symbols", []string{im.Rows[0].Symbol, im.Rows[1].Symbol}, []string{"LTC", "LTC"})
	has(t, im.Problems, 4, "listed as LTC, but by its checksum it is btc")
}

func TestFilesMayEndInASymbol(t *testing.T) {
	for name, want := range map[string]string{
		"sanctioned_addresses_XBT.txt": "XBT", "a-ltc.json": "LTC", "a_BTG.txt": "BTG", "XBT.txt": "", "a_list.txt": "", "wallets-OLD.txt": "", "a_.txt": "",
	} {
		same(t, name, symbolOfName(name), want)
	}
}

func TestPlainJSON(t *testing.T) {
	im := mustRead(t, withDate(input(t, "plain_XBT.json")))
	same(t, "rows", raws(im), []string{btc1, segw})
	has(t, im.Problems, 0, "element 2 is not a string")
	has(t, im.Problems, 0, "element 4 is not a string")
	in := withDate(text("a.json", `["`+btc1+`",`))
	in.Format = Plain
	wrong(t, in, "malformed")
}

func TestTagsInheritFromTheHeadOfTheirPack(t *testing.T) {
	im := mustRead(t, input(t, "tagpack.yaml", "actorpack.yaml"))
	same(t, "list", []string{im.List.Title, im.List.AsOf, im.List.AsOfFrom}, []string{"Invented funds", "2025-01-20", "file: lastmod"})
	same(t, "inherited", bare(row(t, im, btc1)), vigil.ListRow{
		N: 1, Line: 12, Raw: btc1, Symbol: "BTC", Party: "Head Label; Harbour Ledger Collective", PartyID: "harbour_ledger", Terror: true,
		Category: "terrorism, hosted_wallet", Confidence: 60, URL: "https://example.org/head",
	})
	same(t, "own", bare(row(t, im, strings.ToLower(evm))), vigil.ListRow{
		N: 2, Line: 13, Raw: strings.ToLower(evm), Symbol: "ETH", Party: "Own Label", Category: "shop, stall",
		Confidence: 20, URL: "https://example.org/tag",
	})
	has(t, im.Problems, 23, `confidence "of_the_heart"`)
	has(t, im.Problems, 25, "no mapping")
	has(t, im.Problems, 26, "no identifier is in the row")
	has(t, im.Problems, 27, "tags a transaction")
	same(t, "rows", len(im.Rows), 4)
}

// bare returns a row without what the list and the identifier package say.
func bare(r vigil.ListRow) vigil.ListRow {
	r.List, r.Parsed = "", nil
	return r
}

func TestTagPackOfTheFixtures(t *testing.T) {
	b, err := fixtures.FS.ReadFile("watchlists/tagpack.yaml")
	if err != nil {
		t.Fatal(err)
	}
	im := mustRead(t, text("tagpack.yaml", string(b)))
	same(t, "rows", len(im.Rows), 3)
	same(t, "unparsed", im.List.Unparsed, 1)
	same(t, "party", row(t, im, "3BZECeAH8gSKkjrTx8PwMrNQBLG18yHpvf").Party, "Example Donation Box")
}

func TestAliasesOfYAMLMayNotUnfoldWithoutBound(t *testing.T) {
	const head = "title: a\nlastmod: 2025-01-01\n"
	im := mustRead(t, text("a.yaml", head+"x: &x {currency: BTC, label: L, address: "+btc1+"}\ntags:\n- *x\n- address: "+segw+"\n"))
	same(t, "an alias is followed", raws(im), []string{btc1, segw})

	var wide strings.Builder // each tag repeats a list of many concepts
	wide.WriteString(head + "c: &c [" + strings.Repeat("a,", 20000) + "]\ntags:\n")
	for range 20000 {
		wide.WriteString("- {address: " + btc1 + ", concepts: *c}\n")
	}
	wrong(t, text("a.yaml", wide.String()), "unfolds to more than")

	laughs := head + "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 20 {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 10))
	}
	im = mustRead(t, text("a.yaml", laughs+"tags:\n- {address: "+btc1+", concepts: *a20}\n"))
	same(t, "what is not asked for is not unfolded", im.Rows[0].Category, "")
}

func TestMalformedYAMLYieldsNothing(t *testing.T) {
	for _, c := range []struct{ content, says string }{
		{"tags: [a", "malformed"},
		{"tags:\n\t- a", "malformed"},
		{"- tags:\n", "mapping"},
		{"title: a\n", "neither tags nor actors"},
		{"tags: a\n", "no list"},
		{"tags: &a [*a]\n", "no identifier"},
		{"title: " + strings.Repeat("x", maxYAML), "larger than"},
		{"# nothing\n", "no document"},
		{"tags: " + strings.Repeat("[", 20000), "malformed"},
	} {
		in := withDate(text("a.yaml", c.content))
		in.Format = TagPack
		_, err := Read(t.Context(), in)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.40q: error %v, want one that says %q", c.content, err, c.says)
		}
	}
}

func TestEventsOfMISP(t *testing.T) {
	im := mustRead(t, input(t, "misp.json", "manifest.json"))
	same(t, "rows", raws(im), []string{
		btc1, "DE89 3704 0044 0532 0130 00", "+44 7700 900461", "harbour@example.org", "quay@example.net", "[card withheld]", btc2,
		evmLower, xmr, "GB29NWBK60161331926819", "example_shop", "C959BDBAFA32A2F89A153B678CFDE12197965A9A",
	})
	var got []string
	for _, r := range im.Rows {
		got = append(got, strings.Join(keys(r), " "))
	}
	same(t, "keys", got, []string{
		"btc h160:pkh:a31c06bd463e3923bc1aadbde48b16976c080717", "iban iban:DE89370400440532013000", "phone tel:+447700900461",
		"email email:harbour@example.org", "xmpp xmpp:quay@example.net", "", got[6],
		"evm " + acct, got[8], "iban iban:GB29NWBK60161331926819", "telegram tg:example_shop", "pgp pgp:C959BDBAFA32A2F89A153B678CFDE12197965A9A",
	})
	r := row(t, im, btc1)
	same(t, "row", []string{r.Party, r.PartyID, r.Category, r.Listed},
		[]string{"Invented case", "0f9f0b0a-9c8d-4a51-9a5e-000000000001", "Financial fraud", "2025-01-07"})
	same(t, "holder of the account", row(t, im, "GB29NWBK60161331926819").Party, "Salt Road Brokerage")
	same(t, "deleted", row(t, im, btc2).Delisted, "2025-01-08")
	if len(im.Notes) != 1 || !strings.Contains(im.Notes[0], "000000000002.json") {
		t.Errorf("notes %q, want one that names the event that is missing", im.Notes)
	}
	in := text("a.json", `{"Event":{"date":"2025-01-01","Attribute":[{"type":"btc","value":"`+btc1+`"}`)
	wrong(t, in, "malformed")
	one := `{"Event":{"date":"2025-01-01","Attribute":[{"type":"btc","value":"` + btc1 + `"}]}}`
	for _, many := range []string{"[" + one + "," + one + "]", `{"response":[` + one + "," + one + "]}"} {
		in := text("a.json", many)
		in.Format = MISP
		same(t, "rows of two events", len(mustRead(t, in).Rows), 2)
	}
}

const evmLower = "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"

func TestEntitiesAreJoinedWithHoldersAndSanctions(t *testing.T) {
	im := mustRead(t, input(t, "entities.ftm.json"))
	same(t, "as-of", []string{im.List.AsOf, im.List.AsOfFrom}, []string{"2025-02-11", "file: the latest last_seen"})
	same(t, "rows", raws(im), []string{btc1, tron, "123456789", "987654321", "DE89370400440532013000"})
	same(t, "holder's sanction", bare(im.Rows[0]), vigil.ListRow{
		N: 1, Line: 1, Raw: btc1, Symbol: "BTC", Party: "Harbour Ledger Collective", PartyID: "p-1",
		Programmes: []string{"US-TERR", "SDGT"}, Terror: true, Category: "crime.terror, sanction", Listed: "2023-06-06", From: "2023-06-06",
	})
	same(t, "its own order, with partial dates", bare(im.Rows[1]), vigil.ListRow{
		N: 2, Line: 2, Raw: tron, Symbol: "USDT", Party: "Ansel Quill", PartyID: "p-2", URL: "https://example.org/order",
		Programmes: []string{"Bureau of Nothing 18/26"}, Listed: "2022-01-01", From: "2022-01-01", Until: "2024-05-31",
	})
	same(t, "account at an exchange", keys(im.Rows[2]), []string{"exchange-account exch:binance:123456789"})
	same(t, "account nowhere known", keys(im.Rows[3]), nil)
	same(t, "owner of a bank account", []string{im.Rows[4].Party, strings.Join(keys(im.Rows[4]), "")},
		[]string{"Harbour Ledger Collective", "iban iban:DE89370400440532013000"})
	has(t, im.Problems, 5, "no address")
	has(t, im.Problems, 6, "malformed entity")
	has(t, im.Problems, 7, "no id or no schema")
}

func TestEntitiesInsideEntities(t *testing.T) {
	im := mustRead(t, input(t, "nested.ftm.json"))
	same(t, "row", bare(im.Rows[0]), vigil.ListRow{
		N: 1, Line: 1, Raw: ltc, Symbol: "LTC", Party: "Ansel Quill", PartyID: "p-9",
		Programmes: []string{"EU-TERR"}, Terror: true, Listed: "2024-01-01", From: "2024-01-01",
	})
}

func TestEntitiesNeedAFileThatCanBeReadTwice(t *testing.T) {
	in := input(t, "entities.ftm.json")
	in.Files[0].Body = io.MultiReader(in.Files[0].Body)
	wrong(t, in, "read twice")

	in = text("a.ftm", "not json\n\"nor this\"\n")
	in.Format = FTM
	wrong(t, in, "no line is an entity", "2 are malformed")

	in = input(t, "entities.ftm.json")
	in.Files[0].Body = &growing{ReadSeeker: in.Files[0].Body.(io.ReadSeeker)}
	wrong(t, in, "changed while it was read")
}

// growing has one more byte each time that it is read from its beginning.
type growing struct {
	io.ReadSeeker
	more int
}

func (g *growing) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		g.more = 1
	}
	return g.ReadSeeker.Seek(offset, whence)
}

func (g *growing) Read(p []byte) (int, error) {
	n, err := g.ReadSeeker.Read(p)
	if err == io.EOF && n == 0 && g.more > 0 {
		g.more--
		return copy(p, "\n"), nil
	}
	return n, err
}

func TestTableIsReadByItsMap(t *testing.T) {
	in := withDate(input(t, "orders.csv"), "raw=wallet,party=Name,programme=order,symbol=currency,exchange=5,from=from,until=7")
	im := mustRead(t, in)
	same(t, "rows", raws(im), []string{tron, evm + ", " + ltc, "123456789", "987654321", btc2})
	same(t, "row", bare(im.Rows[0]), vigil.ListRow{
		N: 1, Line: 2, Raw: tron, Symbol: "USDT", Party: "Quill, Ansel", Programmes: []string{"12/24"}, From: "2023-01-01", Until: "2024-12-31",
	})
	same(t, "two in a cell", len(im.Rows[1].Parsed), 2)
	same(t, "quotes and a date with dots", []string{im.Rows[1].Party, im.Rows[1].Until}, []string{`Salt "Road" Brokerage`, "2099-12-31"})
	same(t, "account", keys(im.Rows[2]), []string{"exchange-account exch:binance:123456789"})
	has(t, im.Problems, 5, "without the name of an exchange")
	has(t, im.Problems, 6, "a quote is not closed")
	has(t, im.Problems, 7, `"soon" is no date`)
	same(t, "from", im.Rows[4].From, "")
	has(t, im.Problems, 8, "no identifier")

	in = withDate(text("a.tsv", btc1+"\tA\n"+segw+"\tB\n"), "raw=1,party=2")
	same(t, "by numbers, every row is data", raws(mustRead(t, in)), []string{btc1, segw})
}

func TestMapsThatDoNotFit(t *testing.T) {
	for _, s := range []string{"", "raw", "raw=", "party=1", "raw=1,raw=2", "raw=1,colour=2"} {
		if m, err := ParseMap(s); err == nil {
			t.Errorf("ParseMap(%q) = %v, want an error", s, m)
		}
	}
	wrong(t, withDate(text("a.csv", "a,b\n"+btc1+",x\n"), "raw=wallet"), `"wallet"`, "a, b")
	wrong(t, withDate(text("a.csv", btc1+"\n"), "raw=0"), "counted from 1")
	in := withDate(text("a.csv", btc1+"\n"))
	in.Format = CSV
	wrong(t, in, "--map raw=")
	in.Map = ColumnMap{"party": "1"}
	wrong(t, in, "no column raw")
}
