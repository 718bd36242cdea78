package report

import (
	"fmt"
	"io"
	"runtime"
	"testing"

	"vigil"
)

// many repeats a few exhibits under other IDs, as a bundle would be read.
func many(w *world, n int) {
	some, events := w.exhibits, w.events
	w.in.Exhibits = func(yield func(vigil.Exhibit, error) bool) {
		for i := range n {
			e := some[i%len(some)]
			e.Listing.ID = fmt.Sprintf("%032x", i)
			e.Assessment.ID, e.Page.ID = e.Listing.ID, fmt.Sprintf("%032x", n+i)
			if !yield(e, nil) {
				return
			}
		}
	}
	w.in.Events = func(yield func(vigil.Event, error) bool) {
		for i := range 3 * n {
			e := events[i%len(events)]
			e.Object.ID = fmt.Sprintf("%032x", i/3)
			if !yield(e, nil) {
				return
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWorld(b, 300, nil)
			many(w, n)
			var size counter
			for b.Loop() {
				size = 0
				if err := Render(&size, w.in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)/1e6, "MB/page")
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "listings/s")
		})
	}
}

// A counter counts what is written.
type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

// What a report holds does not grow with the bundle beyond its rows.
func TestALargeBundleIsNotHeld(t *testing.T) {
	w := newWorld(t, 300, nil)
	w.in.Detail, w.in.Rows = 50, 500
	held := func(n int) uint64 {
		many(w, n)
		seen, inner := 0, w.in.Exhibits
		var most uint64
		w.in.Exhibits = func(yield func(vigil.Exhibit, error) bool) {
			for e, err := range inner {
				e.Page.Body = make([]byte, 10_000)
				if !yield(e, err) {
					return
				}
				if seen++; seen%(n/4) == 0 {
					runtime.GC()
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
				}
			}
		}
		if err := Render(io.Discard, w.in); err != nil {
			t.Fatal(err)
		}
		return most
	}
	small, large := held(1000), held(8000)
	if large > small+4<<20 {
		t.Errorf("of 1,000 listings %d bytes are held, of 8,000 %d", small, large)
	}
}
