package bundle

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/order"
	"vigil/internal/signature"
)

// An example name of rend-spec-v3 (torproject/torspec, CC0).
const host = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"

const orderText = `version = 1
id = "ORD-TEST-1"
case = "CASE-TEST-1"
authority = "a court that does not exist"
legal_basis = "invented"
purpose = "to test"
not_before = 2026-11-01T00:00:00Z
not_after = 2027-02-01T00:00:00Z
retention_days = 365
signatures_required = 1

[[source]]
name = "market-a"
hosts = ["` + host + `"]
start = ["http://` + host + `/listings"]
paths = ["/listings*", "/listing/*"]
max_pages = 5000
max_depth = 6
`

var (
	registered = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	captured   = time.Date(2026, 11, 10, 12, 0, 0, 123456789, time.UTC)
	sealed     = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	later      = sealed.Add(48 * time.Hour)
)

// A party is somebody with a key.
type party struct {
	private []byte
	line    string // of an allowed_signers file
}

func newParty(t testing.TB, principal, namespace string) party {
	t.Helper()
	private, public, err := signature.GenerateKey("test")
	if err != nil {
		t.Fatal(err)
	}
	return party{private, fmt.Sprintf("%s namespaces=%q %s", principal, namespace, public)}
}

func (p party) signers(t testing.TB, others ...party) signature.Signers {
	t.Helper()
	text := p.line
	for _, o := range others {
		text += o.line
	}
	s, err := signature.ParseAllowedSigners(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (p party) sign(message []byte) ([]byte, error) {
	return signature.Sign(p.private, message, signature.Bundle)
}

// A testLog is a custody log in memory.
type testLog struct {
	t       testing.TB
	name    string
	entries []vigil.Entry
	hashes  [][custody.HashSize]byte
}

func (l *testLog) read(indexes []int64) ([][custody.HashSize]byte, error) {
	var hs [][custody.HashSize]byte
	for _, i := range indexes {
		hs = append(hs, l.hashes[i])
	}
	return hs, nil
}

// add appends the event of an act, with the record that it is about.
func (l *testLog) add(action string, at time.Time, r vigil.Record) {
	l.t.Helper()
	e := vigil.Event{V: custody.Version, Seq: int64(len(l.entries)), Time: at, Actor: "clerk", Action: action, Order: l.name, Tool: "vigil test"}
	if r != nil {
		b, err := json.Marshal(r)
		if err != nil {
			l.t.Fatal(err)
		}
		e.Object.Type, e.Object.ID, _ = r.Ref()
		e.Object.SHA256 = vigil.SumHex(b)
	}
	line, err := custody.Line(e)
	if err != nil {
		l.t.Fatal(err)
	}
	_, hs, err := custody.Append(e.Seq, line, l.read)
	if err != nil {
		l.t.Fatal(err)
	}
	l.hashes = append(l.hashes, hs...)
	l.entries = append(l.entries, vigil.Entry{Event: e, Line: line})
}

// excerpt returns every entry that tells of a record.
func (l *testLog) excerpt() Log {
	l.t.Helper()
	size := int64(len(l.entries))
	root, err := custody.Root(size, l.read)
	if err != nil {
		l.t.Fatal(err)
	}
	ex := Log{Checkpoint: vigil.Checkpoint{Log: l.name, Size: size, Root: root}}
	ex.Entries = func(yield func(ProvenEntry, error) bool) {
		for _, e := range l.entries {
			if e.Object.ID == "" {
				continue
			}
			p, err := custody.Prove(size, e.Seq, l.read)
			if !yield(ProvenEntry{Entry: e, Proof: p}, err) {
				return
			}
		}
	}
	return ex
}

// signedOrder returns the test order, signed by court.
func signedOrder(t testing.TB, court party) vigil.Order {
	t.Helper()
	o, err := order.Parse("order.toml", []byte(orderText))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := signature.Sign(court.private, []byte(orderText), signature.Order)
	if err != nil {
		t.Fatal(err)
	}
	if o, err = order.Authorize(o, [][]byte{sig}, court.signers(t), registered); err != nil {
		t.Fatal(err)
	}
	return o
}

// exhibit returns an invented listing of source market-a.
func exhibit(n int, change func(*vigil.Exhibit)) vigil.Exhibit {
	e := vigil.Exhibit{}
	source := "ORD-TEST-1/market-a"
	url := fmt.Sprintf("http://%s/listing/%d", host, n)
	e.Page = vigil.Page{
		Source: source, URL: url, Method: vigil.ByFetch, CapturedAt: captured.Add(time.Duration(n) * time.Minute), Status: 200,
		Request:  http.Header{"User-Agent": {"Mozilla/5.0"}, "Accept": {"text/html"}},
		Response: http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Content-Encoding": {"gzip"}, "Server": {"nginx"}},
		Body:     fmt.Appendf(nil, "<html><title>Listing %d</title>\r\n\r\n<p>Text</p></html>", n),
	}
	e.Listing = vigil.Listing{
		ID: vigil.NewListingID(source, url), Source: source, URL: url, PageType: vigil.PageListing,
		Title: fmt.Sprintf("Listing %d <script>alert(1)</script>", n), Description: "Papers are kept by the agency.\nPay to addr \u202eX\u202c here. É",
		Vendor: "a \"vendor\"", Price: &vigil.Price{Amount: "1.25", Currency: "XMR"}, MediaURLs: []string{"/a.jpg"},
	}
	e.Assessment = vigil.Assessment{
		ID: e.Listing.ID, Source: source, Level: vigil.LevelPriority, Score: 0.75, Genre: vigil.GenreOfferService, Lang: "en", Model: "test 1",
		Findings: []vigil.Finding{
			{Indicator: "T-1", Polarity: vigil.For, Field: vigil.FieldDescription, Start: 0, End: 15, Text: "Papers are kept", Weight: 1.5},
			{Indicator: "T-2", Polarity: vigil.Against, Field: vigil.FieldDescription, Start: 7, End: 29, Text: "are kept by the agency", Weight: -0.5},
			{Indicator: "T-3", Polarity: vigil.For, Field: vigil.FieldTitle, Start: 0, End: 7, Withheld: vigil.Withhold("Listing"), Weight: 0.5},
		},
		Identifiers: []vigil.Identifier{
			{Kind: "telegram", Value: "addr", Key: "telegram:addr", Class: vigil.ClassC, Method: "plain", Field: vigil.FieldDescription, Start: 38, End: 42, Raw: "addr"},
			{Kind: "card", Class: vigil.ClassB, Method: "plain", Field: vigil.FieldDescription, Start: 31, End: 34, Redacted: true},
		},
	}
	e.Decisions = []vigil.Decision{{
		Listing: e.Listing.ID, Source: source, Verdict: vigil.Relevant, Reason: "R1", Note: "two\nlines", Reviewer: "reviewer-1", Time: captured.Add(time.Hour),
	}}
	if change != nil {
		change(&e)
	}
	e.Page.RawSHA256, e.Page.RawSize = vigil.SumHex(e.Page.Body), int64(len(e.Page.Body))
	e.Page.BodySHA256, e.Page.BodySize = e.Page.RawSHA256, e.Page.RawSize
	e.Page.ID = vigil.NewPageID(e.Page)
	e.Listing.Page, e.Assessment.Page = e.Page.ID, e.Page.ID
	for i := range e.Decisions {
		e.Decisions[i].Page = e.Page.ID
	}
	return e
}

// exhibits returns one of each kind of capture, sorted by ID.
func exhibits() []vigil.Exhibit {
	return sortedByID([]vigil.Exhibit{
		exhibit(1, nil),
		exhibit(2, func(e *vigil.Exhibit) { // inline media replaced
			e.Page.Withheld = []vigil.Withheld{{MediaType: "image/png", SHA256: vigil.SumHex(nil), Bytes: 10, Offset: 3}}
			e.Page.Truncated = "length"
			e.Decisions = nil
		}),
		exhibit(3, func(e *vigil.Exhibit) { // imported
			e.Page.Method, e.Page.File, e.Page.Status, e.Page.Request, e.Page.Response = vigil.ByImport, "saved.html", 0, nil, nil
			e.Decisions = append(e.Decisions, e.Decisions[0])
			e.Decisions[1].Verdict, e.Decisions[1].Time = vigil.Unsure, e.Decisions[1].Time.Add(time.Hour)
		}),
	})
}

func sortedByID(es []vigil.Exhibit) []vigil.Exhibit {
	slices.SortFunc(es, func(a, b vigil.Exhibit) int { return strings.Compare(a.Listing.ID, b.Listing.ID) })
	return es
}

// items yields exhibits whose records the case keeps as their JSON form.
func items(es ...vigil.Exhibit) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for _, e := range es {
			if !yield(Item{Exhibit: e}, nil) {
				return
			}
		}
	}
}

// logOf returns a log that tells of an order and of exhibits.
func logOf(t testing.TB, o vigil.Order, es []vigil.Exhibit) *testLog {
	t.Helper()
	log := &testLog{t: t, name: o.ID}
	log.add(vigil.ActAuthorize, registered, o)
	for _, e := range es {
		log.add(vigil.ActFetch, e.Page.CapturedAt, e.Page)
		log.add(vigil.ActExtract, e.Page.CapturedAt, e.Listing)
		log.add(vigil.ActRefuse, e.Page.CapturedAt, nil) // of no concern here
		log.add(vigil.ActClassify, e.Page.CapturedAt, e.Assessment)
		for _, d := range e.Decisions {
			log.add(vigil.ActDecide, d.Time, d)
		}
	}
	return log
}

// contentsOf returns contents whose log tells of everything in it.
func contentsOf(t testing.TB, o vigil.Order, es []vigil.Exhibit) Contents {
	t.Helper()
	return Contents{
		ID: "bundle-test-1", Kind: Evidential, Order: o, Exhibits: items(es...), Tool: "vigil test", Made: sealed,
		Logs: []Log{logOf(t, o, es).excerpt()}, WACZKey: waczTestKey(t),
		Derived: []File{{Name: "data/report/report.html", Write: func(w io.Writer) error {
			_, err := io.WriteString(w, "<!doctype html><title>report</title>\n")
			return err
		}}},
	}
}

// waczTestKey is the key of the test vector.
func waczTestKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	raw := sha512.Sum384([]byte("vigil test vector: captures"))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P384(), raw[:])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A world is a court, an exporter, and what they made.
type world struct {
	court, exporter party
	order           vigil.Order
	exhibits        []vigil.Exhibit
	contents        Contents
}

func newWorld(t testing.TB, es ...vigil.Exhibit) world {
	t.Helper()
	if es == nil {
		es = exhibits()
	}
	w := world{court: newParty(t, "judge@court.example", signature.Order), exporter: newParty(t, "vigil-case", signature.Bundle)}
	w.order, w.exhibits = signedOrder(t, w.court), es
	w.contents = contentsOf(t, w.order, es)
	return w
}

// sealing seals with the exporter's key.
func (w world) sealing() Sealing {
	return Sealing{At: sealed, Exporter: "exporter-1", Signer: []byte(w.exporter.line), Sign: w.exporter.sign}
}

// write writes w's bundle into a fresh folder.
func (w world) write(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := Write(dir, w.contents, w.sealing()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (w world) trust(t testing.TB) VerifyOptions {
	t.Helper()
	return VerifyOptions{Signers: w.court.signers(t, w.exporter), Now: later}
}

func TestTheRecordsOfADisputeAreInTheBundleAsTheyAre(t *testing.T) {
	e := exhibit(1, func(e *vigil.Exhibit) {
		first := e.Decisions[0]
		second, third, back := first, first, first
		second.Reviewer, second.Verdict = "reviewer-2", vigil.NotRelevant
		third.Reviewer, third.Part = "reviewer-3", vigil.Adjudication
		back.Reviewer, back.Verdict, back.Part = "reviewer-3", "", vigil.Withdrawal
		e.Decisions = append(e.Decisions, second, third, back, third)
	})
	if err := fits(e, vigil.Order{ID: vigil.OrderOf(e.Listing.Source)}); err != nil {
		t.Errorf("readings, adjudication and withdrawal are refused: %v", err)
	}
	e.Decisions[1].Verdict = ""
	if err := fits(e, vigil.Order{ID: vigil.OrderOf(e.Listing.Source)}); err == nil {
		t.Error("a reading without a verdict is taken")
	}
	e.Decisions[1].Verdict, e.Decisions[1].Part = vigil.Relevant, "ruling"
	if err := fits(e, vigil.Order{ID: vigil.OrderOf(e.Listing.Source)}); err == nil {
		t.Error("a decision of an unknown part, which nothing would count, is taken")
	}
	e.Decisions[1].Part = vigil.Withdrawal
	if err := fits(e, vigil.Order{ID: vigil.OrderOf(e.Listing.Source)}); err == nil {
		t.Error("a withdrawal with a verdict is taken")
	}
}
