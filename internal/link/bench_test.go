package link_test

import (
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"testing"

	"vigil"
	"vigil/internal/link"
)

// manyMentions hands out n mentions of a third as many keys in a quarter as many
// listings, in order, as a store would: each mention has strings of its own.
func manyMentions(n int) iter.Seq2[vigil.Mention, error] {
	return func(yield func(vigil.Mention, error) bool) {
		r := rand.New(rand.NewPCG(1, 2))
		listings := n / 4
		for i := 0; i < n; i += 3 {
			key := fmt.Sprintf("h160:pkh:%040x", i)
			value := fmt.Sprintf("1%033d", i)
			first := r.IntN(max(1, listings-200))
			for j := range 3 {
				l := first + 60*j + r.IntN(60)
				m := vigil.Mention{
					Listing: fmt.Sprintf("%032x", l), Source: fmt.Sprintf("ORD-2026-1/market-%d", l%9), Vendor: fmt.Sprintf("vendor-%d", l/8),
					Page: fmt.Sprintf("%032x", l+1<<40), At: at(1 + j), Model: "rules 3.1 0011223344556677",
					Identifier: vigil.Identifier{
						Field: "description", Kind: "btc", Value: value, Key: key, Class: vigil.ClassA, Network: "mainnet", Readings: []string{"btc", "bch", "bsv"},
						Method: "plain", Start: 100, End: 134, Raw: value,
					},
				}
				if !yield(m, nil) {
					return
				}
			}
		}
	}
}

// BenchmarkBuild builds a graph of a million edges, components included. It
// reports how much memory the graph holds, and how fast mentions come alone.
func BenchmarkBuild(b *testing.B) {
	const n = 999_999
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		g, err := link.Build(manyMentions(n), nil, link.Options{})
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		_, _, edges, strong := g.Sizes()
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-held")
		b.ReportMetric(float64(edges), "edges")
		b.ReportMetric(float64(strong), "strong")
		b.ReportMetric(float64(len(g.Components())), "components")
	}
}

// BenchmarkMentions is the part of BenchmarkBuild that makes mentions up.
func BenchmarkMentions(b *testing.B) {
	for b.Loop() {
		for m := range manyMentions(999_999) {
			if m.Listing == "" {
				b.Fatal("no listing")
			}
		}
	}
}

func million(b *testing.B) *link.Graph {
	b.Helper()
	g, err := link.Build(manyMentions(999_999), nil, link.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return g
}

func BenchmarkPath(b *testing.B) {
	g := million(b)
	c := g.Components()[0]
	ls, _ := g.Members(c.ID)
	for b.Loop() {
		p, ok := g.Path(ls[0].ID, ls[len(ls)-1].ID, false)
		if !ok {
			b.Fatal("no path")
		}
		b.ReportMetric(float64(len(p.Steps)), "steps")
		b.ReportMetric(float64(c.Listings), "listings")
	}
}

func BenchmarkSVG(b *testing.B) {
	g := star(b, 300)
	c := g.Components()[0].ID
	for b.Loop() {
		if err := g.WriteSVG(io.Discard, link.Picture{Component: c, Label: link.Plain, Weak: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSVGOfAGiant draws 60 nodes of a component of a quarter million.
func BenchmarkSVGOfAGiant(b *testing.B) {
	g := million(b)
	c := g.Components()[0].ID
	for b.Loop() {
		if err := g.WriteSVG(io.Discard, link.Picture{Component: c, Label: link.Plain}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGraphML(b *testing.B) {
	g := million(b)
	for b.Loop() {
		if err := g.WriteGraphML(io.Discard, link.Export{Label: link.Plain}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkExportsOfAHub writes a key that 100,000 listings name.
func BenchmarkExportsOfAHub(b *testing.B) {
	var ms []vigil.Mention
	for i := range 100_000 {
		ms = append(ms, says(fmt.Sprintf("s/v%d/l%06d", i%99, i), "email:support@example.org", 1))
	}
	g := build(b, link.Options{}, nil, ms...)
	for b.Loop() {
		for _, write := range []func(io.Writer, link.Export) error{g.WriteGraphML, g.WriteCSV, g.WriteJSON} {
			if err := write(io.Discard, link.Export{Label: link.Plain}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
