package report

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/classify"
	identifiers "vigil/classify/identifier"
	"vigil/fixtures"
	"vigil/internal/eval"
)

// host is an example name of rend-spec-v3 (torproject/torspec, CC0).
const host = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"

var captured = time.Date(2026, 11, 3, 7, 15, 0, 0, time.UTC)

// A world is some exhibits that the real classifier assessed, with the log's entries.
type world struct {
	classifier *classify.Classifier
	exhibits   []vigil.Exhibit
	events     []vigil.Event
	in         Input
}

// texts returns labelled invented texts.
func texts(t testing.TB, most int) []vigil.Listing {
	t.Helper()
	var out []vigil.Listing
	for _, name := range []string{"train-e.jsonl", "train-b-lang.jsonl"} {
		data, err := fixtures.FS.ReadFile("texts/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			r, err := eval.ParseRow(line, func(string) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			if out = append(out, r.Listing); len(out) == most {
				return out
			}
		}
	}
	return out
}

// classifier is loaded once: that takes as long as all tests do.
var classifier = sync.OnceValues(func() (*classify.Classifier, error) {
	c, err := classify.New()
	if err == nil {
		c.Identify = identifiers.Scan
	}
	return c, err
})

// newWorld returns a world of n listings; change, if not nil, changes each before
// it is assessed.
func newWorld(t testing.TB, n int, change func(i int, l *vigil.Listing)) *world {
	t.Helper()
	c, err := classifier()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{classifier: c}
	all := texts(t, n)
	for i := range n {
		l := all[i%len(all)]
		if change != nil {
			change(i, &l)
		}
		w.add(i, l)
	}
	w.in = Input{
		ID: "bundle-0123456789abcdef", Kind: "evidential", Tool: "vigil test", Made: captured.AddDate(0, 0, 20),
		Order: vigil.Order{
			ID: "ORD-TEST-1", Case: "CASE-TEST-1", Authority: "a court that does not exist, file 7", LegalBasis: "an invented act, section 1",
			Purpose: "to test", NotBefore: captured.AddDate(0, 0, -2), NotAfter: captured.AddDate(0, 3, 0), File: []byte("version = 1\n"),
			SignedBy: []string{"judge@court.example"},
			Sources:  []vigil.Source{{Order: "ORD-TEST-1", Name: "market-a", Hosts: []string{host}, MaxPages: 5000, NotBefore: captured.AddDate(0, 0, -2), NotAfter: captured.AddDate(0, 3, 0)}},
		},
		Taxonomy: c.Taxonomy(),
		Models: []Model{{
			ID: c.Model(), Texts: 1000, Bias: c.Bias(), Thresholds: Thresholds{.36, .65, .93},
			Tests: []Test{
				{Name: "Cross-validation", On: "invented texts", Seen: true, Texts: 1000, Positives: 400, Negatives: 600,
					Found: Rate{.69, .66, .72, true}, Right: Rate{.87, .85, .89, true}, False: Rate{.076, .065, .089, true},
					Languages: []Part{{"en", 800, 300, 210, 500, 40}, {"de", 200, 100, 66, 100, 6}}},
				{Name: "held-2", On: "invented texts", Texts: 300, Positives: 150, Negatives: 150,
					Found: Rate{.7, .61, .78, true}, Right: Rate{.94, .89, .98, true}, False: Rate{}},
			},
		}},
	}
	w.seq()
	return w
}

// add assesses a listing and makes an exhibit of it, and its log entries.
func (w *world) add(i int, l vigil.Listing) {
	at := captured.Add(time.Duration(i) * 97 * time.Minute)
	url := fmt.Sprintf("http://%s/listing/%d", host, i)
	pg := vigil.Page{
		Source: "ORD-TEST-1/market-a", URL: url, FinalURL: url, Method: vigil.ByFetch, CapturedAt: at, Status: 200,
		RawSHA256: vigil.SumHex([]byte(l.Description)), BodySHA256: vigil.SumHex([]byte(l.Description)),
	}
	pg.ID = vigil.NewPageID(pg)
	l.Source, l.Page, l.URL, l.ID = pg.Source, pg.ID, url, vigil.NewListingID(pg.Source, url)
	if l.Vendor == "" {
		l.Vendor = "vendor-" + fmt.Sprint(i%7)
	}
	a := w.classifier.Assess(l)
	e := vigil.Exhibit{Page: pg, Listing: l, Assessment: a}
	w.log(vigil.ActFetch, vigil.TypePage, pg.ID, "crawler-1", at)
	w.log(vigil.ActExtract, vigil.TypeListing, l.ID, "crawler-1", at.Add(time.Second))
	w.log(vigil.ActClassify, vigil.TypeAssessment, l.ID, "crawler-1", at.Add(2*time.Hour))
	if i%3 == 0 {
		e.Decisions = []vigil.Decision{{
			Listing: l.ID, Source: l.Source, Page: pg.ID, Model: a.Model, Level: a.Level, Verdict: vigil.Relevant, Reason: "offer-of-person",
			Note: "read twice", Reviewer: "reviewer-" + fmt.Sprint(i%2), Time: at.Add(50 * time.Hour),
		}}
		w.log(vigil.ActView, vigil.TypeListing, l.ID, "reviewer-1", at.Add(49*time.Hour))
		w.log(vigil.ActDecide, vigil.TypeDecision, l.ID, "reviewer-1", at.Add(50*time.Hour))
	}
	w.exhibits = append(w.exhibits, e)
}

func (w *world) log(action, typ, id, actor string, at time.Time) {
	w.events = append(w.events, vigil.Event{
		V: 1, Seq: int64(len(w.events)), Time: at, Actor: actor, Action: action, Object: vigil.Object{Type: typ, ID: id, SHA256: vigil.SumHex([]byte(id + action))}, Order: "ORD-TEST-1",
	})
}

// seq makes the input range over what the world has now.
func (w *world) seq() {
	w.in.Exhibits, w.in.Events = sequence(w.exhibits), sequence(w.events)
}

func sequence[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, one := range all {
			if !yield(one, nil) {
				return
			}
		}
	}
}

// render returns the report.
func (w *world) render(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	if err := Render(&out, w.in); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
