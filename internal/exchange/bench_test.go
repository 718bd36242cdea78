package exchange

import (
	"io"
	"strconv"
	"testing"

	"vigil"
)

// BenchmarkWrite writes a thousand listings, each with identifiers of its own.
func BenchmarkWrite(b *testing.B) {
	e := harbour()[1]
	d := dossier()
	d.Exhibits = func(yield func(vigil.Exhibit, error) bool) {
		for i := range 1000 {
			n := e
			n.Listing.ID, n.Page.ID = strconv.Itoa(i), strconv.Itoa(-i)
			n.Assessment.Identifiers = nil
			for _, id := range e.Assessment.Identifiers {
				id.Value, id.Key = id.Value+strconv.Itoa(i), id.Key+strconv.Itoa(i)
				n.Assessment.Identifiers = append(n.Assessment.Identifiers, id)
			}
			if !yield(n, nil) {
				return
			}
		}
	}
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Write(io.Discard, f, d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
