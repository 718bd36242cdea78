package classify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jdkato/prose/v2"

	"vigil"
)

// ordinary is a listing of 200 words that offers no person.
var ordinary = strings.Repeat("Solid oak table with four chairs, used for two years and kept dry. Pickup on Friday or by post within the country. "+
	"The surface has small marks, see the pictures. Ask before you order, as other items are listed too. ", 5)

// listings returns n listings, of which share percent hold a clause that is a candidate.
func listings(n, share int) []vigil.Listing {
	ls := make([]vigil.Listing, n)
	for i := range ls {
		ls[i] = vigil.Listing{ID: fmt.Sprint(i), Title: "Oak table", Description: ordinary}
		if i%100 < share {
			ls[i].Description += "We have one healthy woman for sale and deliver her to your city."
		}
	}
	return ls
}

func BenchmarkAssess(b *testing.B) {
	c := classifier(b)
	for _, share := range []int{0, 2, 20, 100} {
		b.Run(fmt.Sprintf("candidates=%d%%", share), func(b *testing.B) {
			ls := listings(100, share)
			b.SetBytes(int64(len(ordinary)))
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c.Assess(ls[i%len(ls)])
				i++
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "listings/s")
		})
	}
}

// BenchmarkProse is what a user of prose would write, on the same listings: the
// whole document through all stages, the model shared.
func BenchmarkProse(b *testing.B) {
	model := prose.ModelFromData("default")
	ls := listings(100, 20)
	b.SetBytes(int64(len(ordinary)))
	i := 0
	for b.Loop() {
		if _, err := prose.NewDocument(ls[i%len(ls)].Description, prose.UsingModel(model)); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "listings/s")
}
