package watchlist

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
)

// Identifiers of published test vectors; fixtures/internal/gen names their
// sources.
const (
	btc1 = "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo"
	btc2 = "1FjL87pn8ky6Vbavd1ZHeChRXtoxwRGCRd"
	segw = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
	evm  = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
	tron = "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"
	ltc  = "LT2KVaAy1ppRuxRgrS5RNU3vBsy7RibPeA"
	xmr  = "42ey1afDFnn4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJJQAWDm"
)

var now = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)

// input returns an Input of files of testdata.
func input(t *testing.T, names ...string) Input {
	t.Helper()
	in := Input{Now: now}
	for _, n := range names {
		f, err := os.Open(filepath.Join("testdata", n))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		in.Files = append(in.Files, File{Name: n, Body: f})
	}
	return in
}

// text returns an Input of one file with a text.
func text(name, content string) Input {
	return Input{Now: now, Files: []File{{Name: name, Body: strings.NewReader(content)}}}
}

func mustRead(t *testing.T, in Input) Import {
	t.Helper()
	im, err := Read(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// wrong reads what must fail, and checks what the error says.
func wrong(t *testing.T, in Input, says ...string) {
	t.Helper()
	im, err := Read(t.Context(), in)
	if err == nil {
		t.Fatalf("read %d rows, want an error that says %q", len(im.Rows), says)
	}
	if !reflect.DeepEqual(im, Import{}) {
		t.Errorf("an error came with %+v, want nothing", im)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q, want it to say %q", err, s)
		}
	}
}

// row returns the row with a raw identifier.
func row(t *testing.T, im Import, raw string) vigil.ListRow {
	t.Helper()
	i := slices.IndexFunc(im.Rows, func(r vigil.ListRow) bool { return r.Raw == raw })
	if i < 0 {
		t.Fatalf("no row has %q; there are %d, first %q", raw, len(im.Rows), raws(im)[:min(len(im.Rows), 10)])
	}
	return im.Rows[i]
}

func raws(im Import) (out []string) {
	for _, r := range im.Rows {
		out = append(out, r.Raw)
	}
	return out
}

// keys returns kind and key of all that a row parsed to.
func keys(r vigil.ListRow) (out []string) {
	for _, p := range r.Parsed {
		out = append(out, p.Kind+" "+p.Key)
	}
	return out
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// has fails unless one of the problems is of a line and says something.
func has(t *testing.T, ps []Problem, line int, says string) {
	t.Helper()
	if !slices.ContainsFunc(ps, func(p Problem) bool { return p.Line == line && strings.Contains(p.Reason, says) }) {
		t.Errorf("no problem of line %d says %q; there are %v", line, says, ps)
	}
}

func TestFormatIsFoundFromTheContent(t *testing.T) {
	for name, want := range map[string]Format{
		"sdn.csv": OFACCSV, "sdn_comments.csv": OFACCSV, "plain_LTC.txt": Plain, "plain_XBT.json": Plain,
		"tagpack.yaml": TagPack, "actorpack.yaml": TagPack, "misp.json": MISP, "manifest.json": MISP,
		"entities.ftm.json": FTM, "nested.ftm.json": FTM, "../../../fixtures/watchlists/sdn_advanced.xml": OFACXML,
	} {
		head, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, before := range []string{"", "\ufeff"} {
			s := newSource(File{name, io.MultiReader(strings.NewReader(before), bytes.NewReader(head))}, sha256.New())
			got, err := formatOf(Input{}, []*source{s})
			if err != nil || got != want {
				t.Errorf("%s (%q before it): format %q, error %v; want %s", name, before, got, err, want)
			}
		}
	}
}

func TestContentOfNoFormatSaysWhatToGive(t *testing.T) {
	wrong(t, text("a.csv", "name,wallet\nx,y\n"), "--format", "--map raw=")
	wrong(t, text("a.xml", "<html><body/></html>"), "SDN_ADVANCED.XML")
	wrong(t, text("a.json", `{"a":1}`), "array of strings")
	wrong(t, text("a.txt", "\n \n"), "empty")
	wrong(t, text("a.txt", "P\x00K\x03"), "UTF-8")
	wrong(t, Input{Now: now}, "no file")
	in := text("a.txt", btc1)
	in.Format = "pdf"
	wrong(t, in, `"pdf" is not known`, "ofac-xml")
	in = input(t, "plain_LTC.txt", "misp.json")
	wrong(t, in, "one list at a time")
	in = text("a.txt", btc1)
	in.Format, in.Map = Plain, ColumnMap{"raw": "1"}
	wrong(t, in, "for format csv")
}

func TestDateMustBeStatedByFileOrImporter(t *testing.T) {
	wrong(t, text("a.txt", btc1), "states no date", "--as-of 2026-03-20")
	in := text("a.txt", btc1)
	in.AsOf = "2026-13-01"
	wrong(t, in, "2006-01-02")
	in = text("a.txt", btc1)
	in.AsOf = "2026-03-23"
	wrong(t, in, "future")

	in = text("a.txt", btc1)
	in.AsOf = "2026-03-01"
	im := mustRead(t, in)
	same(t, "as-of", []string{im.List.AsOf, im.List.AsOfFrom}, []string{"2026-03-01", "importer"})

	im = mustRead(t, input(t, "misp.json"))
	same(t, "date of the file", []string{im.List.AsOf, im.List.AsOfFrom},
		[]string{"2025-01-10", "file: the newest event's publish_timestamp, timestamp or date"})

	in = input(t, "misp.json")
	in.AsOf = "2025-02-01"
	im = mustRead(t, in)
	same(t, "as-of", im.List.AsOf, "2025-02-01")
	if len(im.Notes) != 1 || !strings.Contains(im.Notes[0], "2025-01-10") {
		t.Errorf("notes %q, want one that names the file's own date", im.Notes)
	}
}

func TestListWithoutIdentifiersIsAnError(t *testing.T) {
	for format, content := range map[Format]string{
		Plain: "# only a remark", TagPack: "title: a\ntags: []\n", MISP: `{"Event":{"info":"a","date":"2025-01-01"}}`,
		FTM: `{"id":"a","schema":"Person","properties":{}}`,
	} {
		in := withDate(text("a", content))
		in.Format = format
		wrong(t, in, "no identifier is in it", "take everybody off")
	}
}

func TestListNamesItsFilesAndHashesThem(t *testing.T) {
	im := mustRead(t, withDate(input(t, "sdn.csv", "sdn_comments.csv")))
	h := sha256.New()
	for _, n := range []string{"sdn.csv", "sdn_comments.csv"} {
		b, err := os.ReadFile(filepath.Join("testdata", n))
		if err != nil {
			t.Fatal(err)
		}
		h.Write(b)
	}
	l := im.List
	same(t, "hash", l.SHA256, hex.EncodeToString(h.Sum(nil)))
	same(t, "file", l.File, "sdn.csv, sdn_comments.csv")
	same(t, "name", l.Name, "ofac-sdn")
	same(t, "ID", l.ID, vigil.NewWatchlistID("ofac-sdn", "2025-02-14", l.SHA256))
	same(t, "imported at", l.ImportedAt, now)
	sum, err := vigil.HashRows(im.Rows)
	same(t, "hash of the rows", l.RowsSHA256, sum)
	same(t, "error of the hash", err, nil)
	for i, r := range im.Rows {
		if r.N != i+1 || r.List != l.ID {
			t.Errorf("row %d has number %d and list %s, want %d and %s", i, r.N, r.List, i+1, l.ID)
		}
	}
	if again := mustRead(t, withDate(input(t, "sdn.csv", "sdn_comments.csv"))); !reflect.DeepEqual(again, im) {
		t.Error("the same files gave another import")
	}
}

// withDate gives an Input a date, and a map of columns if there is one.
func withDate(in Input, columns ...string) Input {
	in.AsOf = "2025-02-14"
	for _, c := range columns {
		m, err := ParseMap(c)
		if err != nil {
			panic(err)
		}
		in.Map = m
	}
	return in
}

func TestNameOfAListIsTheImportersOrTheFiles(t *testing.T) {
	for _, c := range []struct{ file, given, want string }{
		{"Sanctioned Wallets.TXT", "", "sanctioned-wallets"},
		{`C:\lists\_a.txt`, "", "a"},
		{"a.txt", "nbctf", "nbctf"},
	} {
		in := withDate(text(c.file, btc1))
		in.Name = c.given
		same(t, c.file, mustRead(t, in).List.Name, c.want)
	}
	in := withDate(input(t, "plain_LTC.txt", "plain_XBT.json"))
	same(t, "two files", mustRead(t, in).List.Name, "plain")
	for _, bad := range []string{"-a", "A", "a b", "a/b", strings.Repeat("a", 65)} {
		in := withDate(text("a.txt", btc1))
		in.Name = bad
		wrong(t, in, "no name for a list")
	}
}

func TestWholeListMayBeDeclaredAboutTerrorOrNot(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		terror *bool
		want   bool
	}{{nil, true}, {&yes, true}, {&no, false}} {
		in := input(t, "nested.ftm.json")
		in.Terror = c.terror
		same(t, "terror", mustRead(t, in).Rows[0].Terror, c.want)
	}
	in := withDate(text("a.txt", btc1))
	in.Terror = &yes
	same(t, "terror of a plain list", mustRead(t, in).Rows[0].Terror, true)
}

func TestReadingStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, in := range []Input{withDate(text("a.txt", btc1)), input(t, "entities.ftm.json"), input(t, "../../../fixtures/watchlists/sdn_advanced.xml")} {
		if _, err := Read(ctx, in); err == nil || !strings.Contains(err.Error(), "canceled") {
			t.Errorf("%s: error %v, want canceled", in.Files[0].Name, err)
		}
	}
}

func TestLineThatIsTooLongCostsItself(t *testing.T) {
	im := mustRead(t, withDate(text("a.txt", btc1+"\n"+strings.Repeat("x", maxPlain+1)+"\n"+segw+"\n")))
	same(t, "rows", raws(im), []string{btc1, segw})
	has(t, im.Problems, 2, "too long")
	same(t, "line of the last row", im.Rows[1].Line, 3)
}

func TestErrorOfReadingIsTheErrorOfTheImport(t *testing.T) {
	in := withDate(text("a.txt", ""))
	in.Files[0].Body = io.MultiReader(strings.NewReader(btc1+"\n"), brokenReader{})
	wrong(t, in, "the disk is gone")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) {
	return 0, os.NewSyscallError("the disk is gone", os.ErrInvalid)
}
