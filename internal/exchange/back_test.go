package exchange

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/watchlist"
)

// wide names identifiers of many kinds, all published as examples.
func wide() vigil.Exhibit {
	return exhibit(0, "lowtide", strings.Join([]string{
		"bitcoin " + genesisAddress, "bitcoin " + segwitAddress, "monero " + moneroAddress, "ethereum " + evmAddress, "ripple " + xrpAddress,
		"litecoin LT2KVaAy1ppRuxRgrS5RNU3vBsy7RibPeA", "tron TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC",
		"stellar GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
		"phone " + dramaNumber, "mail " + exampleMail, "IBAN DE89370400440532013000", "telegram @harbour_example", "jabber: quay@xmpp.example.net",
		"threema ECHOECHO", "matrix @quay:example.org", "paypal.me/harbourexample", "signal harbour.42",
		"duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion",
	}, "\n"))
}

// read reads a file back, as another party that runs this program would.
func read(t *testing.T, f watchlist.Format, text string, m watchlist.ColumnMap) []vigil.ListRow {
	t.Helper()
	im, err := watchlist.Read(t.Context(), watchlist.Input{
		Files: []watchlist.File{{Name: "export", Body: strings.NewReader(text)}}, Format: f, Map: m, AsOf: "2026-11-22", Now: opened().AddDate(0, 0, 9),
	})
	if err != nil {
		t.Fatal(err)
	}
	return im.Rows
}

// keysOf returns the keys of all rows, sorted, each once.
func keysOf(rows []vigil.ListRow) []string {
	keys := map[string]bool{}
	for _, r := range rows {
		for _, k := range r.Keys() {
			keys[k] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// namedIn returns the keys of the identifiers that an exhibit names, sorted.
func namedIn(e vigil.Exhibit, keep func(vigil.Identifier) bool) []string {
	keys := map[string]bool{}
	for _, id := range e.Assessment.Identifiers {
		if id.Links() && keep(id) {
			keys[id.Key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

func TestTheWideListingIsWide(t *testing.T) {
	kinds := map[string]bool{}
	for _, id := range wide().Assessment.Identifiers {
		kinds[id.Kind] = true
	}
	if len(kinds) < 15 {
		t.Errorf("it names %d kinds, want 15 or more: %v", len(kinds), slices.Sorted(maps.Keys(kinds)))
	}
}

func TestOurReaderReadsTheEventBack(t *testing.T) {
	// What MISP has a type or an object for that the reader knows.
	kinds := " btc xmr evm xrp ltc tron xlm phone email iban telegram xmpp "
	got := keysOf(read(t, watchlist.MISP, first(written(t, MISP, dossier(wide()))), nil))
	want := namedIn(wide(), func(id vigil.Identifier) bool { return strings.Contains(kinds, " "+id.Kind+" ") })
	if !slices.Equal(got, want) {
		t.Errorf("read back\n%q\nwant\n%q", got, want)
	}
}

func TestOurReaderReadsTheTagPackBack(t *testing.T) {
	rows := read(t, watchlist.TagPack, first(written(t, TagPack, dossier(wide()))), nil)
	want := namedIn(wide(), func(id vigil.Identifier) bool { return symbol(id) != "" })
	if got := keysOf(rows); !slices.Equal(got, want) || len(want) < 7 {
		t.Errorf("read back\n%q\nwant\n%q", got, want)
	}
	for _, r := range rows {
		if r.Confidence != 20 || r.Problem != "" || r.Party != "named by a listing of lowtide on ORD-2026-0001/harbour" || !strings.HasPrefix(r.URL, "http://"+harbourHost) {
			t.Errorf("read back %+v", r)
		}
	}
}

func TestOurReaderReadsTheTableBack(t *testing.T) {
	m, err := watchlist.ParseMap("raw=identifier,symbol=symbol,party=vendor,category=kind,url=url")
	if err != nil {
		t.Fatal(err)
	}
	text := first(written(t, CSV, dossier(wide())))
	want := namedIn(wide(), func(id vigil.Identifier) bool { return id.Class != vigil.ClassC })
	got := keysOf(read(t, watchlist.CSV, text, m))
	for _, k := range want {
		if !slices.Contains(got, k) {
			t.Errorf("%s was not read back", k)
		}
	}
}

func TestHostileVendorsBreakNoTagPack(t *testing.T) {
	e := exhibit(0, "x\"\n- address: \"evil\" # \\ \t\u2028 ...\n---\n&a *b !!binary %x {a: [b]}", "pay to "+genesisAddress)
	rows := read(t, watchlist.TagPack, first(written(t, TagPack, dossier(e))), nil)
	if len(rows) != 1 || rows[0].Raw != genesisAddress || !strings.Contains(rows[0].Party, `x"‹U+000A›- address: "evil" # \`) {
		t.Errorf("read back %+v", rows)
	}
}

func first(text string, _ Tally) string { return text }

// FuzzWrite looks for texts of a page that break a file.
func FuzzWrite(f *testing.F) {
	f.Add("lowtide", "http://"+harbourHost+"/a", "SAL-1", "text/html", "offer-of-person")
	f.Add("=x\"\n- address: y", "http://h/\u202e?q=\"'<>&", "\x00", "\xff/\x00", "\r\n")
	f.Add("\u2028\u0085\ufeff\x7f{}[]", "javascript:alert(1)", "x\\u0000", "a/b;c", "'")
	base := exhibit(0, "", "pay to "+genesisAddress+" or "+segwitAddress)
	f.Fuzz(func(t *testing.T, vendor, address, code, mime, reason string) {
		e := base
		e.Listing.URL, e.Listing.Vendor, e.Assessment.Model = address, vendor, code
		e.Assessment.Findings = []vigil.Finding{{Indicator: code}}
		e.Page.Response = http.Header{"Content-Type": {mime}}
		e.Decisions = []vigil.Decision{{Reason: reason, Reviewer: vendor, Verdict: vigil.Urgent}}
		d := dossier(e)
		d.Coded = func(string) bool { return true }
		for _, format := range Formats() {
			var b bytes.Buffer
			if _, err := Write(&b, format, d); err != nil {
				t.Fatal(format, err)
			}
			sound(t, format, b.String())
		}
	})
}
