package extract

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"vigil"
)

// BenchmarkEngines reads each engine's pages by its profile and generically, and makes
// their trees alone with goquery: the floor.
func BenchmarkEngines(b *testing.B) {
	r := newReader(b)
	all := enginePages(b)
	for _, engine := range slices.Sorted(maps.Keys(all)) {
		var pages []vigil.Page
		var size int64
		for _, p := range all[engine] {
			pages = append(pages, p.page)
			size += int64(len(p.page.Body))
		}
		each := func(name string, f func(vigil.Page) error) {
			b.Run(engine+"/"+name, func(b *testing.B) {
				b.SetBytes(size / int64(len(pages)))
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					if err := f(pages[n%len(pages)]); err != nil {
						b.Fatal(err)
					}
					n++
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "pages/s")
			})
		}
		each("profile", func(p vigil.Page) error { _, err := r.Read(p, engine); return err })
		each("auto", func(p vigil.Page) error { _, err := r.Read(p, Auto); return err })
		each("generic", func(p vigil.Page) error { _, err := r.Read(p, Generic); return err })
		each("goquery", func(p vigil.Page) error {
			_, err := goquery.NewDocumentFromReader(bytes.NewReader(p.Body))
			return err
		})
	}
}
