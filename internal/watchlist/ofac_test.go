package watchlist

import (
	"os"
	"slices"
	"strings"
	"testing"

	"vigil"
	"vigil/fixtures"
)

// advanced returns the list of the fixtures, changed by pairs of old and new.
func advanced(t *testing.T, change ...string) Input {
	t.Helper()
	b, err := fixtures.FS.ReadFile("watchlists/sdn_advanced.xml")
	if err != nil {
		t.Fatal(err)
	}
	s := string(b)
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(s, change[i]) {
			t.Fatalf("the fixture does not hold %q", change[i])
		}
		s = strings.ReplaceAll(s, change[i], change[i+1])
	}
	return text("sdn_advanced.xml", s)
}

func TestAdvancedXMLGivesPartiesProgrammesAndDates(t *testing.T) {
	im := mustRead(t, advanced(t))
	same(t, "format", im.List.Format, "ofac-xml")
	same(t, "name", im.List.Name, "ofac-sdn")
	same(t, "as-of", []string{im.List.AsOf, im.List.AsOfFrom}, []string{"2025-02-14", "file: DateOfIssue"})

	r := row(t, im, btc1)
	r.List, r.Parsed = "", nil
	same(t, "row", r, vigil.ListRow{
		N: 1, Line: r.Line, Raw: btc1, Symbol: "XBT", Party: "HARBOUR LEDGER COLLECTIVE", PartyID: "70101",
		Programmes: []string{"SDGT"}, Terror: true, Listed: "2023-06-06",
	})
	gone := row(t, im, ltc)
	same(t, "name of two parts", gone.Party, "QUILL Ansel")
	same(t, "delisted", []string{gone.Listed, gone.Delisted}, []string{"2019-03-04", "2024-09-30"})
	same(t, "narcotics are no terror", gone.Terror, false)
	over := row(t, im, "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
	same(t, "validity", []string{over.From, over.Until}, []string{"2022-12-01", "2024-11-30"})
	cut := row(t, im, "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8")
	same(t, "programmes", cut.Programmes, []string{"SDGT", "FTO"})
	same(t, "parsed", cut.Parsed, nil)
	same(t, "unparsed", im.List.Unparsed, 1)
	same(t, "rows: the other features are no wallets", len(im.Rows), 5)
	has(t, im.Problems, cut.Line, "no valid address of ETH")
	if lines := strings.Split(fileText(t), "\n"); !strings.Contains(lines[r.Line-1], btc1) {
		t.Errorf("line %d is %q, want the one with %s", r.Line, lines[r.Line-1], btc1)
	}
}

func fileText(t *testing.T) string {
	t.Helper()
	b, err := fixtures.FS.ReadFile("watchlists/sdn_advanced.xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAdvancedXMLIsReadByLocalNames(t *testing.T) {
	want := raws(mustRead(t, advanced(t)))
	in := advanced(t, `xmlns="https://example.org/exports/ADVANCED_XML"`, `xmlns:a="urn:other"`, "<Sanctions ", "<a:Sanctions ", "</Sanctions>", "</a:Sanctions>",
		"<Feature ", "<a:Feature ", "</Feature>", "</a:Feature>")
	same(t, "rows under another namespace", raws(mustRead(t, in)), want)
	// Assets are added under new numbers: the text says what they are.
	in = advanced(t, `"344"`, `"9001"`, "Digital Currency Address - XBT", "Digital Currency Address - NEWCOIN")
	im := mustRead(t, in)
	same(t, "rows of a new asset", raws(im), want)
	same(t, "symbol", row(t, im, btc1).Symbol, "NEWCOIN")
}

func TestMeasureWithoutAnEndIsInForce(t *testing.T) {
	im := mustRead(t, advanced(t, "<Comment>CYBER2</Comment>", "<Comment>A</Comment></SanctionsMeasure><SanctionsMeasure SanctionsTypeID=\"1\"><Comment>CYBER2</Comment>"))
	r := row(t, im, "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
	same(t, "programmes", r.Programmes, []string{"A", "CYBER2"})
	same(t, "validity", []string{r.From, r.Until}, []string{"", ""})
}

func TestWalletWithoutAnEntryIsKeptAndReported(t *testing.T) {
	im := mustRead(t, advanced(t, `ProfileID="70101"`, `ProfileID="7"`))
	r := row(t, im, btc1)
	same(t, "keys", len(r.Parsed), 1)
	has(t, im.Problems, r.Line, "no sanctions entry")
}

func TestOnlyTheCommentOfAMeasureIsAProgramme(t *testing.T) {
	// The first entry is of a party without wallets.
	im := mustRead(t, advanced(t, `ProfileID="70101"`, `ProfileID="7"`, `<EntryEvent ID="8021" EntryEventTypeID="1" LegalBasisID="1">
        <Comment />`, `<EntryEvent ID="8021" EntryEventTypeID="1"><Comment>no programme</Comment>`))
	same(t, "programmes", row(t, im, ltc).Programmes, []string{"SDNTK"})
}

func TestPartyIsListedFromItsFirstEvent(t *testing.T) {
	im := mustRead(t, advanced(t, `<EntryEventType ID="2">Removed<`, `<EntryEventType ID="2">Amended<`))
	same(t, "listed", row(t, im, ltc).Listed, "2019-03-04")
	same(t, "delisted", row(t, im, ltc).Delisted, "")
	im = mustRead(t, advanced(t, `<EntryEventType ID="2">Removed<`, `<EntryEventType ID="2">Amended<`, "<Year>2024</Year><Month>9</Month>", "<Year>2018</Year><Month>9</Month>"))
	same(t, "listed", row(t, im, ltc).Listed, "2018-09-30")
}

func TestConsolidatedListHasItsOwnName(t *testing.T) {
	im := mustRead(t, advanced(t, ">SDN List<", ">Consolidated List<"))
	same(t, "name", im.List.Name, "ofac-consolidated")
}

func TestMalformedXMLYieldsNothing(t *testing.T) {
	whole := fileText(t)
	for name, c := range map[string]struct{ content, says string }{
		"cut off":         {whole[:strings.LastIndex(whole, "</SanctionsEntries>")], "cut off"},
		"cut in a tag":    {whole[:len(whole)-5], "EOF"},
		"crossed":         {strings.Replace(whole, "</Profile>", "</Feature>", 1), "does not begin there"},
		"other root":      {"<a><Sanctions/></a>", "begins with Sanctions"},
		"entities":        {strings.Replace(whole, "<!--", `<!DOCTYPE a [<!ENTITY b "c">]><!--`, 1), "document type"},
		"unknown entity":  {strings.Replace(whole, "QUILL", "&b;", 1), "entity"},
		"no features":     {strings.ReplaceAll(whole, "Digital Currency", "Other"), "parties come before"},
		"without parties": {`<Sanctions><SanctionsEntries/></Sanctions>`, "no feature type"},
		"two profiles":    {strings.ReplaceAll(whole, `<Profile ID="70102"`, `<Profile ID="70101"`), "two profiles"},
		"deep":            {"<Sanctions>" + strings.Repeat("<a>", 100), "nested"},
		"long text":       {"<Sanctions><Comment>" + strings.Repeat("x", 3*maxXMLToken), "longer than"},
		"long tag":        {"<Sanctions><a b=\"" + strings.Repeat("x", 3*maxXMLToken), "longer than"},
		"long remark":     {"<Sanctions><!--" + strings.Repeat("x", 3*maxXMLToken), "longer than"},
		"other charset":   {strings.Replace(whole, `encoding="utf-8"`, `encoding="utf-7"`, 1), "utf-7"},
	} {
		t.Run(name, func(t *testing.T) {
			in := text("sdn_advanced.xml", c.content)
			in.Format = OFACXML
			wrong(t, in, c.says)
		})
	}
}

func TestRemarksOfTheCSVAreJoinedWhereTheyWereCut(t *testing.T) {
	im := mustRead(t, withDate(input(t, "sdn.csv", "sdn_comments.csv")))
	same(t, "rows", raws(im), []string{btc1, btc2, evm, segw, tron})
	r := row(t, im, btc1)
	same(t, "party", []string{r.Party, r.PartyID, r.Symbol}, []string{"HARBOUR LEDGER COLLECTIVE", "90001", "XBT"})
	same(t, "programmes", r.Programmes, []string{"SDGT", "FTO"})
	same(t, "terror", []bool{r.Terror, row(t, im, tron).Terror}, []bool{true, false})
	same(t, "cut inside its name", []string{row(t, im, tron).Party, row(t, im, tron).Symbol}, []string{"SALT ROAD BROKERAGE", "USDT"})
	same(t, "all parsed", im.List.Unparsed, 0)
	same(t, "notes", im.Notes, nil)
	has(t, im.Problems, 4, "this has 4")
	same(t, "problems", len(im.Problems), 1)

	back := mustRead(t, withDate(input(t, "sdn_comments.csv", "sdn.csv")))
	same(t, "rows with the files in the other order", raws(back), raws(im))
}

func TestCSVWithoutItsCommentsSaysSo(t *testing.T) {
	im := mustRead(t, withDate(input(t, "sdn.csv")))
	same(t, "rows", raws(im), []string{btc1[:10], segw})
	if len(im.Notes) != 1 || !strings.Contains(im.Notes[0], "sdn_comments.csv") {
		t.Errorf("notes %q, want one that names sdn_comments.csv", im.Notes)
	}
	same(t, "keys of what was cut", row(t, im, btc1[:10]).Parsed, nil)
	has(t, im.Problems, 1, "cut off here")
}

func TestCommentsOfAnotherDayAreKeptWithoutParty(t *testing.T) {
	wrong(t, withDate(input(t, "sdn_comments.csv")), "no row of sdn.csv")

	sdn, err := os.ReadFile("testdata/sdn.csv")
	if err != nil {
		t.Fatal(err)
	}
	in := withDate(text("sdn.csv", strings.Replace(string(sdn), "90003,", "90033,", 1)))
	comments, err := os.ReadFile("testdata/sdn_comments.csv")
	if err != nil {
		t.Fatal(err)
	}
	in.Files = append(in.Files, File{"sdn_comments.csv", strings.NewReader(string(comments))})
	im := mustRead(t, in)
	r := row(t, im, tron)
	same(t, "party", []string{r.Party, r.PartyID, r.Symbol}, []string{"", "90003", "USDT"})
	has(t, im.Problems, 2, "no remark of entry 90003")
	if len(im.Notes) != 1 || !strings.Contains(im.Notes[0], "another day") {
		t.Errorf("notes %q, want one that says that the files are of different days", im.Notes)
	}
}

func TestMalformedRowOfATableCostsThatRow(t *testing.T) {
	sdn := "1,\"A\",-0- ,\"SDGT\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - XBT " + btc1 + ".\"\n" +
		"2,\"B,-0- ,\"SDGT\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - XBT " + btc2 + ".\"\n" +
		"3,\"C\",-0- ,\"SDGT\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - XBT " + segw + ".\"\n"
	in := withDate(text("sdn.csv", sdn))
	im := mustRead(t, in)
	same(t, "rows", raws(im), []string{btc1, segw})
	has(t, im.Problems, 2, "malformed row")
}

func TestRecordsOfTables(t *testing.T) {
	for _, c := range []struct {
		in   string
		want [][]string
		bad  []int
	}{
		{"a,b\nc,\"d \"\"e\"\", f\"\n", [][]string{{"a", "b"}, {"c", `d "e", f`}}, nil},
		{"a,\"b\nc\",d\r\ne,f,g", [][]string{{"a", "b\nc", "d"}, {"e", "f", "g"}}, nil},
		{"a,\"b\nc,d\ne,f\n", [][]string{{"c", "d"}, {"e", "f"}}, []int{1}},
		{"a\"b\",c\nd,\"e\"x\nf,\"\"\n", [][]string{{"f", ""}}, []int{1, 2}},
		{"\n \n\x1a", nil, nil},
		{"a,\"b\n" + strings.Repeat("c\n", 20) + "d,\"e", slices.Repeat([][]string{{"c"}}, 20), []int{1, 22}}, // no record is that long
	} {
		var got [][]string
		var bad []int
		in := withDate(text("a.csv", c.in))
		err := records(newSource(in.Files[0], sha()), ',', func(r record) error {
			got = append(got, r.fields)
			return nil
		}, func(line int, _ error) error {
			bad = append(bad, line)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		same(t, "records of "+c.in, got, c.want)
		same(t, "malformed lines of "+c.in, bad, c.bad)
	}
}
