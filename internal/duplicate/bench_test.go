package duplicate

import (
	"fmt"
	"runtime"
	"testing"
)

// BenchmarkAHundredThousandListings prints what clusters cost and how good they
// are, boilerplate shared by each market's listings included.
func BenchmarkAHundredThousandListings(b *testing.B) {
	w := newWorld(100_000, 1)
	b.Logf("families with more than one: %d pairs planted", w.plantedPairs())
	for b.Loop() {
		before := heap()
		x := w.indexed(chosen(), w.common(chosen()))
		after := heap()
		s := w.score(x)
		b.ReportMetric(s.precision, "precision")
		b.ReportMetric(s.recall, "recall")
		b.ReportMetric(float64(after-before)/1e6, "MB-kept")
		b.ReportMetric(float64(s.largest), "largest")
		b.ReportMetric(float64(x.Crowded()), "crowded")
		state, err := x.AppendBinary(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(state))/1e6, "MB-state")
	}
}

func (w *world) plantedPairs() int {
	families, pairs := map[int]int{}, 0
	for _, f := range w.family {
		pairs += families[f]
		families[f]++
	}
	return pairs
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkChoices prints the table from which the settings were chosen.
func BenchmarkChoices(b *testing.B) {
	w := newWorld(20_000, 2)
	for _, shingle := range []int{1, 2, 3, 4, 5} {
		for _, bands := range [][2]int{{16, 8}, {25, 5}, {32, 4}, {42, 3}, {16, 4}} {
			for _, threshold := range []float64{0.3, 0.4, 0.5, 0.6} {
				if shingle != 3 && bands != [2]int{32, 4} {
					continue
				}
				t := tune{shingle, bands[0], bands[1], threshold}
				b.Run(fmt.Sprintf("shingle=%d/bands=%dx%d/least=%.1f", t.shingle, t.bands, t.rows, t.threshold), func(b *testing.B) {
					for b.Loop() {
						s := w.score(w.indexed(t, w.common(t)))
						b.ReportMetric(s.precision, "precision")
						b.ReportMetric(s.recall, "recall")
						b.ReportMetric(float64(s.largest), "largest")
					}
				})
			}
		}
	}
	b.Run("no survey", func(b *testing.B) {
		for b.Loop() {
			s := w.score(w.indexed(chosen(), Common{}))
			b.ReportMetric(s.precision, "precision")
			b.ReportMetric(s.recall, "recall")
			b.ReportMetric(float64(s.largest), "largest")
		}
	})
}
