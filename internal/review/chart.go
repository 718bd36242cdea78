package review

import (
	"vigil"
	"vigil/store"
)

// A chart is a bar chart of listings by level, in SVG user units. The numbers
// stand beside it in a table.
type chart struct {
	Width, Height int
	Bars          []levelBar
	Total         int
}

// A levelBar is one bar of a chart.
type levelBar struct {
	Level        vigil.Level
	N            int
	Uncounted    bool // there may be more than N
	Y, Middle, W int
	LabelX       int
}

// Measures of the level chart.
const (
	chartLabels = 70  // width of the column of level names
	chartBars   = 250 // length of the longest bar
	chartRow    = 26
)

// levelChart counts items by level. If the items were cut off, the last level
// met, and those below, may have more.
func levelChart(items []store.Item, cut bool) chart {
	n := map[vigil.Level]int{}
	most := 1
	for _, it := range items {
		n[it.Assessment.Level]++
		most = max(most, n[it.Assessment.Level])
	}
	c := chart{Width: chartLabels + chartBars + 60, Total: len(items)}
	least := vigil.LevelEscalate
	if len(items) > 0 {
		least = items[len(items)-1].Assessment.Level
	}
	for i, l := range levels() {
		b := levelBar{Level: l.Level, N: n[l.Level], Y: i*chartRow + 5, Middle: i*chartRow + chartRow/2, W: n[l.Level] * chartBars / most}
		if b.N > 0 {
			b.W = max(b.W, 3)
		}
		b.Uncounted = cut && l.Level.Rank() <= least.Rank()
		b.LabelX = chartLabels + b.W + 8
		c.Bars = append(c.Bars, b)
	}
	c.Height = len(c.Bars) * chartRow
	return c
}

// A bar shows a weight to the left or right of a middle line, in SVG user
// units of a picture that is 100 wide.
type bar struct{ X, W float64 }

// weightBar scales a weight against the heaviest.
func weightBar(w, most float64) bar {
	const half = 48
	if most <= 0 {
		return bar{X: 50}
	}
	length := max(2, half*max(w, -w)/most)
	if w < 0 {
		return bar{X: 50 - length, W: length}
	}
	return bar{X: 50, W: length}
}
