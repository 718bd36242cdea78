package extract

import (
	"bytes"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"vigil"
	"vigil/fixtures"
)

// listingPages returns the markets' listing pages, and their size in bytes.
func listingPages(b *testing.B) (pages []vigil.Page, size int64) {
	b.Helper()
	for _, m := range markets(b) {
		all := marketPages(b, m)
		expected, err := fixtures.Expected(m.Name)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range expected {
			pages = append(pages, all[e.Path])
			size += int64(len(all[e.Path].Body))
		}
	}
	return pages, size
}

func benchmarkRead(b *testing.B, profile string) {
	r := newReader(b)
	pages, size := listingPages(b)
	b.SetBytes(size / int64(len(pages)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := r.Read(pages[n%len(pages)], profile); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "pages/s")
}

func BenchmarkReadByProfile(b *testing.B) { benchmarkRead(b, Auto) }

func BenchmarkReadGeneric(b *testing.B) { benchmarkRead(b, Generic) }

// BenchmarkParseAlone is the yardstick: what goquery takes to make the tree.
func BenchmarkParseAlone(b *testing.B) {
	pages, size := listingPages(b)
	b.SetBytes(size / int64(len(pages)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := goquery.NewDocumentFromReader(bytes.NewReader(pages[n%len(pages)].Body)); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "pages/s")
}
