package watchlist

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"vigil"
	"vigil/fixtures"
)

// sound fails if an import is not what Read promises, or differs the second time.
func sound(t *testing.T, in func() Input) {
	t.Helper()
	im, err := Read(t.Context(), in())
	if err != nil {
		if !reflect.DeepEqual(im, Import{}) {
			t.Fatalf("error %v came with %+v", err, im)
		}
		return
	}
	if len(im.Rows) == 0 || im.List.Rows != len(im.Rows) || im.List.AsOf == "" || !validName(im.List.Name) {
		t.Fatalf("list %+v with %d rows", im.List, len(im.Rows))
	}
	unparsed := 0
	for i, r := range im.Rows {
		if r.N != i+1 || r.List != im.List.ID || r.Raw == "" {
			t.Fatalf("row %d: %+v", i, r)
		}
		if len(r.Parsed) == 0 {
			unparsed++
			if r.Problem == "" {
				t.Fatalf("row %+v says not why it is unparsed", r)
			}
		}
		for _, p := range r.Parsed {
			if p.Key == "" || p.Value == "" || strings.HasPrefix(p.Key, "test:") || p.Kind == "card" || p.Kind == "private-key" {
				t.Fatalf("row %+v: identifier %+v", r, p)
			}
		}
		var back vigil.ListRow
		b, err := json.Marshal(r)
		if err != nil || json.Unmarshal(b, &back) != nil || !reflect.DeepEqual(back, r) {
			t.Fatalf("row %+v is stored as %+v", r, back)
		}
	}
	if unparsed != im.List.Unparsed {
		t.Fatalf("%d rows are unparsed, the list says %d", unparsed, im.List.Unparsed)
	}
	if again, err := Read(t.Context(), in()); err != nil || !reflect.DeepEqual(again, im) {
		t.Fatalf("read again: %+v, %v", again, err)
	}
	x := &Index{}
	if err := x.Add(im.List, im.Rows); err != nil {
		t.Fatal(err)
	}
	l := vigil.Listing{ID: "l", Description: im.Rows[0].Raw}
	if _, err := hitsOf(t.Context(), x, l, assess(l), now); err != nil {
		t.Fatal(err)
	}
}

// fuzz reads mutations of files as a format.
func fuzz(f *testing.F, format Format, columns string, seeds ...string) {
	for _, name := range seeds {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			b, err = fixtures.FS.ReadFile("watchlists/" + name)
		}
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sound(t, func() Input {
			in := withDate(Input{Now: now, Format: format, Files: []File{{"list.txt", bytes.NewReader(b)}}})
			if columns != "" {
				in.Map, _ = ParseMap(columns)
			}
			return in
		})
	})
}

func FuzzDetect(f *testing.F) {
	fuzz(f, "", "", "sdn.csv", "plain_LTC.txt", "plain_XBT.json", "tagpack.yaml", "misp.json", "entities.ftm.json", "sdn_advanced.xml")
}
func FuzzOFACXML(f *testing.F) { fuzz(f, OFACXML, "", "sdn_advanced.xml") }
func FuzzOFACCSV(f *testing.F) { fuzz(f, OFACCSV, "", "sdn.csv", "sdn_comments.csv") }
func FuzzPlain(f *testing.F)   { fuzz(f, Plain, "", "plain_LTC.txt", "plain_XBT.json") }
func FuzzTagPack(f *testing.F) { fuzz(f, TagPack, "", "tagpack.yaml", "actorpack.yaml") }
func FuzzMISP(f *testing.F)    { fuzz(f, MISP, "", "misp.json", "manifest.json") }
func FuzzFTM(f *testing.F)     { fuzz(f, FTM, "", "entities.ftm.json", "nested.ftm.json") }
func FuzzCSV(f *testing.F) {
	fuzz(f, CSV, "raw=3,party=2,programme=1,symbol=4,exchange=5,from=6,until=7,confidence=8", "orders.csv")
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{btc1, evm + ", " + tron, xmr[:67], "Binance 123456789", "\u0422JRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC", "4111 1111 1111 1111"} {
		f.Add(s, "USDT", "")
		f.Add(s, "", "binance account id")
	}
	f.Fuzz(func(t *testing.T, raw, symbol, heading string) {
		p := parse(strings.TrimSpace(raw), column{symbol, heading})
		for _, rest := range p.rest {
			if !strings.Contains(strings.ToValidUTF8(raw, "\ufffd"), rest) {
				t.Fatalf("rest %q of %q", rest, raw)
			}
		}
		if len(p.ids) == 0 && p.problem == "" {
			t.Fatalf("%q: nothing, and no reason", raw)
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add("to: "+xmr[:67]+"!", 3, 9)
	f.Fuzz(func(t *testing.T, text string, start, end int) {
		if start < 0 || end < start || end > len(text) {
			start, end = 0, 0
		}
		barred := vigil.Identifier{Field: vigil.FieldDescription, Redacted: true, Start: start, End: end}
		for _, w := range words(vigil.Listing{Description: text}, vigil.Assessment{Identifiers: []vigil.Identifier{barred}}) {
			if text[w.Start:w.End] != w.Raw || w.Start < end && start < w.End {
				t.Fatalf("word %+v of %q, from %d to %d withheld", w, text, start, end)
			}
		}
	})
}
