package exchange

import (
	"bytes"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/classify/identifier"
)

// Identifiers that the listings of the tests name: all published as examples.
const (
	genesisAddress = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"                                                              // Bitcoin's first block
	segwitAddress  = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"                                                      // BIP-173
	evmAddress     = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"                                                      // ERC-55
	xrpAddress     = "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn"                                                              // XRPL's documentation
	dramaNumber    = "+447700900461"                                                                                   // Ofcom's, for drama
	exampleMail    = "quay@example.net"                                                                                // RFC 2606
	moneroAddress  = "46BeWrHpwXmHDpDEUmZBWZfoQpdc6HaERCNmx1pEYL2rAcuwufPN9rXHHtyUA4QVy66qeFQkn6sfK8aHYjA3jk3o1Bv16em" // getmonero.org's, as of 2015
	exampleKey     = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"                                             // Bitcoin wiki: a private key
	harbourHost    = "harbourexampleexampleexampleexampleexampleexampleexample.onion"
)

// opened is when the page of the first listing was captured.
func opened() time.Time { return time.Date(2026, 11, 20, 9, 30, 15, 250_000_000, time.UTC) }

// exhibit makes the nth exhibit of the tests from the text of a listing.
func exhibit(n int, vendor, text string) vigil.Exhibit {
	source, address := "ORD-2026-0001/harbour", "http://"+harbourHost+"/listing/"+string(rune('a'+n))
	p := vigil.Page{
		Source: source, URL: address, FinalURL: address, Method: vigil.ByFetch, CapturedAt: opened().Add(time.Duration(n) * time.Hour), Status: 200,
		Response: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, BodySize: int64(1000 + n),
		RawSHA256: vigil.SumHex([]byte(text)), BodySHA256: vigil.SumHex([]byte(text)),
	}
	p.ID = vigil.NewPageID(p)
	l := vigil.Listing{
		ID: vigil.NewListingID(source, address), Source: source, Page: p.ID, URL: address, PageType: vigil.PageListing,
		Title: "secret title of the page", Description: text, Vendor: vendor,
	}
	as := vigil.Assessment{
		ID: l.ID, Source: source, Page: p.ID, Level: vigil.LevelPriority, Score: 0.8312, Genre: vigil.GenreOfferPerson, Lang: "en", Model: "vigil-rules 3 abcdef",
		Findings: []vigil.Finding{
			{Indicator: "SAL-1", Polarity: vigil.For, Field: vigil.FieldDescription, Start: 0, End: 4, Text: text[:4]},
			{Indicator: "SAL-1", Polarity: vigil.For, Field: vigil.FieldDescription, Start: 2, End: 4, Text: text[2:4]},
			{Indicator: "CTX-2", Polarity: vigil.Against, Field: vigil.FieldDescription, Start: 0, End: 2, Text: text[:2]},
		},
	}
	for _, id := range identifier.Scan(text) {
		id.Field = vigil.FieldDescription
		as.Identifiers = append(as.Identifiers, id)
	}
	return vigil.Exhibit{Page: p, Listing: l, Assessment: as, Decisions: []vigil.Decision{{
		Listing: l.ID, Source: source, Page: p.ID, Verdict: vigil.Relevant, Reason: "offer-of-person", Note: "words of a note", Reviewer: "j.doe", Time: p.CapturedAt.Add(time.Hour),
	}}}
}

// harbour is what most tests write: three listings that share identifiers, one
// under restricted handling, and one that withholds a part of its text.
func harbour() []vigil.Exhibit {
	first := exhibit(0, "=lowtide", "pay to "+genesisAddress+" or phone "+dramaNumber+" or mail "+exampleMail)
	first.Decisions = append(first.Decisions, vigil.Decision{Verdict: vigil.NotRelevant, Reason: "she told me so", Reviewer: "m.roe", Time: opened().Add(2 * time.Hour)})
	first.Hits = []vigil.Hit{{
		Listing: first.Listing.ID, Identifier: first.Assessment.Identifiers[0], State: vigil.HitCurrent,
		Row:  vigil.ListRow{N: 7, Raw: genesisAddress, Party: "A Listed Person", Programmes: []string{"SDGT"}},
		List: vigil.Watchlist{Name: "ofac-sdn", AsOf: "2025-02-14"},
	}}
	second := exhibit(1, "lowtide & <sons>", "the same "+genesisAddress+", monero "+moneroAddress+", ethereum "+evmAddress+" and ripple "+xrpAddress+" and the key "+exampleKey)
	minor := exhibit(2, "withheldvendor", "pay to "+segwitAddress)
	minor.Decisions[0].Verdict = vigil.SuspectedMinor
	partly := exhibit(3, "fathom", "aged "+segwitAddress+" words")
	at := strings.Index(partly.Listing.Description, segwitAddress)
	partly.Assessment.Findings = append(partly.Assessment.Findings, vigil.Finding{
		Indicator: "MIN-1", Polarity: vigil.For, Field: vigil.FieldDescription, Start: 0, End: at + 3, Withheld: vigil.Withhold(partly.Listing.Description[:at+3]),
	})
	return []vigil.Exhibit{first, second, minor, partly}
}

// dossier is the exhibits as they go out, all identifiers whole.
func dossier(exhibits ...vigil.Exhibit) Dossier {
	return Dossier{
		ID: "export-1", Unit: "Unit of CASE-7", Tool: "vigil 1.0", Marking: Amber, Time: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		Order: vigil.Order{
			ID: "ORD-2026-0001", Case: "CASE-7", LegalBasis: "Test Code, section 1", SHA256: vigil.SumHex([]byte("order")),
			NotBefore: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC),
		},
		Exhibits: each(exhibits),
		Show:     func(id vigil.Identifier) (string, bool) { return id.Value, true },
		Coded:    func(reason string) bool { return reason == "offer-of-person" },
	}
}

func each(exhibits []vigil.Exhibit) iter.Seq2[vigil.Exhibit, error] {
	return func(yield func(vigil.Exhibit, error) bool) {
		for _, e := range exhibits {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// masking is dossier with contacts masked.
func masking(exhibits ...vigil.Exhibit) Dossier {
	d := dossier(exhibits...)
	d.Show = func(id vigil.Identifier) (string, bool) {
		if id.Kind == "phone" || id.Kind == "email" {
			return id.Value[:2] + "…", false
		}
		return id.Value, true
	}
	return d
}

// written returns the file of a dossier.
func written(t testing.TB, f Format, d Dossier) (string, Tally) {
	t.Helper()
	var b bytes.Buffer
	n, err := Write(&b, f, d)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), n
}

// valuesOf returns the values of a kind that an exhibit names.
func valuesOf(e vigil.Exhibit) []string {
	var out []string
	for _, id := range e.Assessment.Identifiers {
		if id.Value != "" && !slices.Contains(out, id.Value) {
			out = append(out, id.Value)
		}
	}
	return out
}

func TestARestrictedListingStaysSoUntilAnAdjudicationDeniesIt(t *testing.T) {
	e := exhibit(0, "=lowtide", "pay to "+genesisAddress)
	say := func(reviewer string, v vigil.Verdict, part vigil.Part) {
		e.Decisions = append(e.Decisions, vigil.Decision{Verdict: v, Reason: "goods", Reviewer: reviewer, Part: part, Page: e.Page.ID, Time: opened()})
	}
	want := func(leaves bool, after string) {
		t.Helper()
		if _, ok := Leaving(e); ok != leaves {
			t.Errorf("after %s it leaves: %v, want %v", after, ok, leaves)
		}
	}
	want(true, "a reading")
	say("m.roe", vigil.SuspectedMinor, vigil.Reading)
	want(false, "a second that suspects a minor")
	say("a.poe", vigil.NotRelevant, vigil.Reading)
	want(false, "a third that does not")
	say("a.poe", vigil.NotRelevant, vigil.Adjudication)
	want(true, "an adjudication that denies it")
	say("a.poe", "", vigil.Withdrawal)
	want(false, "that it was taken back")
}
