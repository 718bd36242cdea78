package chart

import (
	"fmt"
	"html/template"
)

// Bars are rows of numbers side by side, each series behind the one before, with
// their sum.
type Bars struct {
	Text
	Labels []string // of the rows, from the top
	Series []Series
	// Of is the length of a whole bar, for each row, such as what is allowed: a
	// frame shows it. Nil scales all rows to the longest.
	Of []float64
	// Notes stand behind the bars; nil for the sums.
	Notes []string
}

// SVG draws the bars.
func (c Bars) SVG() template.HTML {
	const labels, notes = 118, 92
	const longest = Width - labels - notes
	var p pen
	p.open(c.Text, c.height())
	p.patternsOf(c.ID, len(c.Series))
	y := p.legend(c.ID, c.Series, p.swatches(c.ID, c.Series))
	for i, label := range c.Labels {
		middle := y + rowStep/2
		p.label(0, middle, "", label, fits(labels-2))
		x, scale := float64(labels), longest/c.most(i)
		if c.Of != nil {
			p.f(`<rect x="%d" y="%s" width="%d" height="%d" rx="2" class="whole"/>`, labels, n(middle-rowBar/2), longest, rowBar)
		}
		for k, s := range c.Series {
			w := min(s.at(i)*scale, float64(labels+longest)-x)
			if w <= 0 {
				continue
			}
			p.area(c.ID, s, k, fmt.Sprintf(`<rect x="%s" y="%s" width="%s" height="%d"`, n(x), n(middle-rowBar/2), n(max(w, 1.5)), rowBar))
			x += w
		}
		if c.Of != nil {
			x = labels + longest
		}
		note := Count(sum(c.Series, i))
		if c.Notes != nil {
			note = c.Notes[i]
		}
		p.label(x+8, middle, "n", note, 14)
		y += rowStep
	}
	return p.close()
}

// most is what the longest bar of row i stands for.
func (c Bars) most(i int) float64 {
	if c.Of != nil {
		return max(1e-9, drawable(c.Of[i]))
	}
	most := 1e-9
	for k := range c.Labels {
		most = max(most, sum(c.Series, k))
	}
	return most
}

// height is known before anything is drawn.
func (c Bars) height() float64 {
	var p pen
	return p.legend(c.ID, c.Series, func(int, float64, float64) {}) + rowStep*float64(len(c.Labels)) + 4
}
