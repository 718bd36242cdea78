package stats

import (
	"fmt"
	"testing"
	"time"

	"vigil"
	"vigil/internal/casetest"
)

// Catching up with a case of 10 000 listings, of which one in ten is decided.
func BenchmarkCatchUp(b *testing.B) {
	const listings = 10_000
	c := casetest.New(b)
	for n := range listings {
		id := c.AddLevel(b, n, vigil.LevelReview)
		if n%10 == 0 {
			d := vigil.Decision{Listing: id, Source: c.Source, Page: "p", Verdict: vigil.Relevant, Reason: "r", Reviewer: "ada", Time: c.Now}
			if _, err := c.Record(b.Context(), vigil.Result{Act: vigil.Act{Actor: "ada", Action: vigil.ActDecide}, Record: d}); err != nil {
				b.Fatal(err)
			}
		}
	}
	var p *Projection
	for b.Loop() {
		p = New(c.Store)
		if err := p.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(p.kept.bytes())/listings, "B/listing")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/listings, "µs/listing")
}

// A report of a million listings, one in ten of them decided twice.
func BenchmarkReport(b *testing.B) {
	p := New(nil)
	k := &p.kept
	at := casetest.Start()
	for n := range 1_000_000 {
		id := vigil.NewListingID("s", fmt.Sprint(n))
		k.assess(assessment{ID: id, Page: "p", Level: vigil.LevelReview, Score: 0.5, Model: "m"}, false, at)
		if n%10 == 0 {
			for _, who := range []string{"ada", "bo"} {
				k.decide(vigil.Decision{Listing: id, Page: "p", Verdict: vigil.Relevant, Reviewer: who}, at)
			}
		}
	}
	for i := 0; b.Loop(); i++ {
		k.report(at.Add(time.Hour))
	}
	b.ReportMetric(float64(k.bytes())/1e6, "B/listing")
}
