package duplicate

import (
	"fmt"
	"runtime"
	"strings"
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
	tunes := []tune{
		{1, 32, 4, 0.5}, {2, 32, 4, 0.5}, {3, 32, 4, 0.5}, {4, 32, 4, 0.5},
		{2, 32, 4, 0.3}, {2, 32, 4, 0.4}, {2, 32, 4, 0.6}, {3, 32, 4, 0.4},
		{2, 16, 8, 0.5}, {2, 25, 5, 0.5}, {2, 16, 4, 0.5}, {2, 42, 3, 0.5},
	}
	for name, w := range map[string]*world{"markets": newWorld(5_000, 2), "short": newShortWorld(5_000, 2, false), "short han": newShortWorld(5_000, 2, true)} {
		run := func(name string, t tune, c Common) {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					s := w.score(w.indexed(t, c))
					b.ReportMetric(s.precision, "precision")
					b.ReportMetric(s.recall, "recall")
					b.ReportMetric(float64(s.largest), "largest")
				}
			})
		}
		for _, t := range tunes {
			run(fmt.Sprintf("%s/shingle=%d/bands=%dx%d/least=%.1f", name, t.shingle, t.bands, t.rows, t.threshold), t, w.common(t))
		}
		if name == "markets" {
			run(name+"/no survey", chosen(), Common{})
		}
	}
}

// BenchmarkSign prints what the signature of a text costs.
func BenchmarkSign(b *testing.B) {
	m := newMaker(3)
	s := NewSigner(Common{})
	for name, text := range map[string]string{"listing": m.own(12, 12), "1MB": strings.Repeat(m.own(12, 12), 1200)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s.Sign(text, nil)
			}
		})
	}
}

// BenchmarkTemplate and BenchmarkDiff print what the views cost.
func BenchmarkTemplate(b *testing.B) {
	m := newMaker(4)
	text := m.own(12, 12)
	texts := []Text{{Text: text}}
	for range 19 {
		texts = append(texts, Text{Text: m.edited(text, 15)})
	}
	for b.Loop() {
		Template(texts)
	}
}

func BenchmarkDiff(b *testing.B) {
	m := newMaker(5)
	for name, n := range map[string]int{"listing": 1, "100kB unlike": 120} {
		one, other := strings.Repeat(m.own(12, 12), n), ""
		for range n {
			other += m.own(12, 12)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Diff(one, other)
			}
		})
	}
}
