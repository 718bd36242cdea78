package review

import (
	"vigil"
	"vigil/store"
)

// A chart is a bar chart of what waits at each level, in SVG user units. The
// numbers stand beside it in a table.
type chart struct {
	Width, Height int
	Bars          []levelBar
	Waiting, All  int
}

// A levelBar is one bar of a chart.
type levelBar struct {
	Level        vigil.Level
	Waiting, All int
	Y, Middle, W int
	LabelX       int
}

// Measures of the level chart.
const (
	chartLabels = 70  // width of the column of level names
	chartBars   = 200 // length of the longest bar
	chartRow    = 26
)

// waitingChart draws how many listings of each level wait; beside each bar stands
// of how many.
func waitingChart(levels []store.LevelCount) chart {
	most := 1
	for _, l := range levels {
		most = max(most, l.Waiting)
	}
	c := chart{Width: chartLabels + chartBars + 130, Height: max(1, len(levels)) * chartRow}
	for i, l := range levels {
		b := levelBar{Level: l.Level, Waiting: l.Waiting, All: l.All, Y: i*chartRow + 5, Middle: i*chartRow + chartRow/2, W: l.Waiting * chartBars / most}
		if b.Waiting > 0 {
			b.W = max(b.W, 3)
		}
		b.LabelX = chartLabels + b.W + 8
		c.Bars, c.Waiting, c.All = append(c.Bars, b), c.Waiting+l.Waiting, c.All+l.All
	}
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
