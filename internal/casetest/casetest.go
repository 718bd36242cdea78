// Package casetest makes cases for tests: real case files with invented listings.
package casetest

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// Start is when the clock of a test case begins.
func Start() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

// A Case is a real case file with invented listings and a clock that
// stands until it is moved.
type Case struct {
	store.Store
	Source string
	Now    time.Time // moved by tests
	Hits   func(context.Context, vigil.Listing, vigil.Assessment) ([]vigil.Hit, error)
}

// New makes a case with one order of one source.
func New(t testing.TB) *Case {
	t.Helper()
	c := &Case{Now: Start()}
	s, err := bolt.Create(filepath.Join(t.TempDir(), "vigil.db"), bolt.Options{Tool: "vigil test", Now: func() time.Time { return c.Now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c.Store = s
	host := vigil.OnionName(make(ed25519.PublicKey, ed25519.PublicKeySize))
	o := vigil.Order{
		Version: 1, ID: "ORD-2026-0001", Case: "CASE-2026-001", NotBefore: Start().AddDate(0, -1, 0), NotAfter: Start().AddDate(0, 3, 0),
		File: []byte("invented"), SHA256: vigil.SumHex([]byte("invented")),
	}
	src := vigil.Source{
		Order: o.ID, Name: "market-a", Hosts: []string{host}, Start: []string{"http://" + host + "/"}, Paths: []string{"/*"},
		NotBefore: o.NotBefore, NotAfter: o.NotAfter, MaxPages: 1 << 20, Concurrency: 1,
	}
	o.Sources, c.Source = []vigil.Source{src}, src.ID()
	if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "registrar", Action: vigil.ActAuthorize, Order: o.ID}, Record: o}); err != nil {
		t.Fatal(err)
	}
	return c
}

// Add puts a captured, read and assessed listing into the case, and a review
// if its level asks for one. It returns the listing's ID.
func (c *Case) Add(t testing.TB, l vigil.Listing, a vigil.Assessment) string {
	t.Helper()
	body := []byte("<html><body>" + l.Title + "</body></html>")
	sum := vigil.SumHex(body)
	p := vigil.Page{
		Source: c.Source, URL: l.URL, FinalURL: l.URL, Method: vigil.ByFetch, CapturedAt: c.Now, Status: 200,
		RawSHA256: sum, RawSize: int64(len(body)), BodySHA256: sum, BodySize: int64(len(body)), Body: body,
	}
	p.ID = vigil.NewPageID(p)
	l.ID, l.Source, l.Page = vigil.NewListingID(c.Source, l.URL), c.Source, p.ID
	a.ID, a.Source, a.Page = l.ID, c.Source, p.ID
	if a.Model == "" {
		a.Model = "test-model 1"
	}
	order := vigil.OrderOf(c.Source)
	for _, r := range []vigil.Result{
		{Act: vigil.Act{Actor: "collector", Action: vigil.ActFetch, Order: order}, Record: p},
		{Act: vigil.Act{Actor: "collector", Action: vigil.ActExtract, Order: order}, Record: l},
		{Act: vigil.Act{Actor: "collector", Action: vigil.ActClassify, Order: order}, Record: a},
	} {
		if _, err := c.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if a.Level.Rank() >= vigil.LevelReview.Rank() {
		task := vigil.NewTask(vigil.Review, c.Source, p.ID)
		task.Priority = a.Level.Rank()*50 + int(a.Score*50)
		if _, err := c.Enqueue(t.Context(), task); err != nil {
			t.Fatal(err)
		}
	}
	return l.ID
}

// AddLevel adds the nth simple listing, of a level.
func (c *Case) AddLevel(t testing.TB, n int, level vigil.Level) string {
	t.Helper()
	return c.Add(t,
		vigil.Listing{URL: Address(n), Title: fmt.Sprintf("Listing number %d", n), Description: "Two crates of tea.", Vendor: "vendor-a"},
		vigil.Assessment{Level: level, Score: float64(level.Rank()) / 5, Genre: vigil.GenreOfferGoods, Lang: "en"})
}

// Address returns the Address of the nth listing.
func Address(n int) string {
	return fmt.Sprintf("http://%s/listing/%d", vigil.OnionName(make(ed25519.PublicKey, ed25519.PublicKeySize)), n)
}

// PaymentAddress is the genesis block's payment Address, as published with
// Bitcoin: a test vector that belongs to no case.
const PaymentAddress = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"

// Sample is a dry invented offer with a finding for and one against, a
// statement of age that is withheld, and a payment identifier.
func Sample() (vigil.Listing, vigil.Assessment) {
	l := vigil.Listing{
		URL: Address(900), PageType: vigil.PageListing, Vendor: "harbour-desk", Title: "Worker transfer, papers stay with us",
		Description: "One worker, aged 99, sold to the buyer with her debt.\nPassport is kept by the agent until the debt is paid.\n" +
			"Not a story, not a report.\nPay to " + PaymentAddress + " before delivery.",
		Price: &vigil.Price{Amount: "12.5", Currency: "XMR"}, Category: []string{"services", "staff"}, ShipsFrom: "port north",
		PostedAt: "2026-11-20", MediaURLs: []string{"http://example.onion/1.jpg"},
	}
	a := vigil.Assessment{
		Level: vigil.LevelEscalate, Score: 0.9312, Genre: vigil.GenreOfferPerson, Lang: "en",
		Findings: []vigil.Finding{
			find(vigil.FieldTitle, l.Title, "papers stay with us", "DOC-1", vigil.For, 1.4),
			withheld(find(vigil.FieldDescription, l.Description, "aged 99", "AGE-1", vigil.For, 3)),
			find(vigil.FieldDescription, l.Description, "sold to the buyer", "SAL-1", vigil.For, 2.1),
			find(vigil.FieldDescription, l.Description, "buyer with her debt", "DEB-1", vigil.For, 1.1),
			find(vigil.FieldDescription, l.Description, "Not a story", "NEG-1", vigil.Against, -0.6),
		},
		Identifiers: []vigil.Identifier{{
			Field: vigil.FieldDescription, Kind: "btc", Value: PaymentAddress, Key: "h160:pkh:62e907b15cbf27d5425399ebf6f0fb50ebb88f18",
			Class: vigil.ClassA, Network: "mainnet", Readings: []string{"btc", "bch"}, Method: "plain",
			Start: strings.Index(l.Description, PaymentAddress), End: strings.Index(l.Description, PaymentAddress) + len(PaymentAddress), Raw: PaymentAddress,
		}},
	}
	return l, a
}

// Find returns a finding at the first place of words in a field's text.
func find(field, text, words, indicator, polarity string, weight float64) vigil.Finding {
	i := strings.Index(text, words)
	return vigil.Finding{Indicator: indicator, Polarity: polarity, Field: field, Start: i, End: i + len(words), Text: words, Weight: weight}
}

// withheld makes f one whose text must not be repeated.
func withheld(f vigil.Finding) vigil.Finding {
	f.Withheld, f.Text = "sha256:"+vigil.SumHex([]byte(f.Text)), ""
	return f
}

// Indicators explains the Indicators of the sample listing.
func Indicators(id string) (name, definition string) {
	switch id {
	case "SAL-1":
		return "Sale of a person", "A person is the object of a sale."
	case "DOC-1":
		return "Papers withheld", "Identity papers are kept by somebody else."
	case "DEB-1":
		return "Debt bondage", "A debt is to be worked off or handed on."
	case "AGE-1":
		return "Stated minor age", "The offer states an age under 18."
	case "NEG-1":
		return "Negation", "The words are denied."
	}
	return "", ""
}

// Events returns the entries of the order's log with an action, and of the case's own log.
func (c *Case) Events(t testing.TB, action string) []vigil.Event {
	t.Helper()
	var es []vigil.Event
	for _, name := range []string{"", vigil.OrderOf(c.Source)} {
		for e, err := range c.Log(context.Background(), name) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Action == action {
				es = append(es, e.Event)
			}
		}
	}
	return es
}
