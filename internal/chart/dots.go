package chart

import (
	"html/template"
	"math"
)

// Dots are values with their intervals, one a row, on an axis that they share.
type Dots struct {
	Text
	From, To float64   // of the axis
	Marks    []float64 // on it
	Signs    []string  // what the signs of the rows are, by [Dot.Mark]; nil where they are all of one kind
	Rows     []Dot
}

// A Dot is a value between two others, or a word where there is none.
type Dot struct {
	Label            string // empty for a further value of the row before
	Value, Low, High float64
	Missing          string // instead of a value
	Note             string // behind it
	Mark             int    // which sign it has: 0 is a filled circle, 1 an open one, 2 a diamond
}

// SVG draws the dots.
func (c Dots) SVG() template.HTML {
	const labels, notes = 118, 84
	var signs []Series
	for _, name := range c.Signs {
		signs = append(signs, Series{Name: name})
	}
	var p, blind pen
	top := blind.legend(c.ID, signs, func(int, float64, float64) {})
	pl := plane{labels, top, Width - notes, top}
	for _, d := range c.Rows {
		pl.bottom += d.step()
	}
	x := func(v float64) float64 {
		return pl.left + (min(c.To, max(c.From, v))-c.From)/(c.To-c.From)*(pl.right-pl.left)
	}
	p.open(c.Text, pl.bottom+22)
	p.legend(c.ID, signs, func(i int, x, y float64) { p.sign(i, x+6, y) })
	for _, m := range c.Marks {
		p.f(`<path class="grid" d="M%s %sV%s"/>`, n(x(m)), n(pl.top), n(pl.bottom))
		p.text(x(m), pl.bottom+12, "middle", "n", Count(m))
	}
	y := pl.top - rowStep/2
	for _, d := range c.Rows {
		y += d.step()
		p.label(0, y, "", d.Label, fits(labels-2))
		p.label(pl.right+10, y, "n", d.Note, 13)
		if d.Missing != "" || math.IsNaN(d.Value) {
			p.text(pl.left+6, y, "start", "n", d.Missing)
			continue
		}
		p.f(`<path class="span" d="M%s %sH%sM%s %sv6M%s %sv6"/>`, n(x(d.Low)), n(y), n(x(d.High)), n(x(d.Low)), n(y-3), n(x(d.High)), n(y-3))
		p.sign(d.Mark, x(d.Value), y)
	}
	return p.close()
}

// step is how far a dot lies below the one before.
func (d Dot) step() float64 {
	if d.Label == "" {
		return rowStep / 2
	}
	return rowStep
}

// sign draws one of the marks of points.
func (p *pen) sign(mark int, x, y float64) {
	switch mark % 3 {
	case 1:
		p.f(`<circle class="dot open" cx="%s" cy="%s" r="4"/>`, n(x), n(y))
	case 2:
		p.f(`<path class="dot" d="M%s %sl5 5l-5 5l-5 -5z"/>`, n(x), n(y-5))
	default:
		p.f(`<circle class="dot" cx="%s" cy="%s" r="4.5"/>`, n(x), n(y))
	}
}

// Lines are shares, 0 to 1, over time: one line a series, each with a mark of its
// own. A value that is no number leaves a gap.
type Lines struct {
	Text
	Labels []string
	Series []Series
}

// SVG draws the lines.
func (c Lines) SVG() template.HTML {
	const high = 130
	var p, blind pen
	top := blind.legend(c.ID, c.Series, func(int, float64, float64) {})
	pl := plane{36, top + 6, Width - 4, top + 6 + high}
	p.open(c.Text, pl.bottom+24)
	p.legend(c.ID, c.Series, func(i int, x, y float64) {
		p.f(`<path class="line l%d" d="M%s %sh14"/>`, i%3, n(x-1), n(y))
		p.sign(i, x+6, y)
	})
	for _, m := range []float64{0, 0.25, 0.5, 0.75, 1} {
		p.line(pl, pl.bottom-m*high, Count(m))
	}
	step := (pl.right - pl.left) / float64(max(1, len(c.Labels)))
	for k, s := range c.Series {
		d, pen := "", "M"
		var at [][2]float64
		for i := range c.Labels {
			if i >= len(s.Values) || math.IsNaN(s.Values[i]) {
				pen = "M"
				continue
			}
			x, y := pl.left+(float64(i)+0.5)*step, pl.bottom-high*min(1, max(0, s.Values[i]))
			d += pen + n(x) + " " + n(y)
			at, pen = append(at, [2]float64{x, y}), "L"
		}
		if d != "" {
			p.f(`<path class="line l%d" d="%s"/>`, k%3, d)
		}
		for _, xy := range at {
			p.sign(k, xy[0], xy[1])
		}
	}
	p.times(pl, step, c.Labels)
	return p.close()
}

// A Reliability shows how scores keep their promise: the share that came over the
// score that was given. On the diagonal they agree.
type Reliability struct {
	Text
	Across, Up string // what the axes are
	Points     []Promise
}

// A Promise is the listings of one range of scores, all in 0…1.
type Promise struct {
	Score            float64 // their mean
	Share, Low, High float64 // that came, with its interval
	N                int
}

// SVG draws the points, and their numbers as bars below.
func (c Reliability) SVG() template.HTML {
	const side, foot = 240, 44
	pl := plane{60, 8, 60 + side, 8 + side}
	x := func(v float64) float64 { return pl.left + side*min(1, max(0, v)) }
	y := func(v float64) float64 { return pl.bottom - side*min(1, max(0, v)) }
	var p pen
	p.open(c.Text, pl.bottom+foot+44)
	most := 1
	for _, d := range c.Points {
		most = max(most, d.N)
	}
	for _, m := range []float64{0, 0.25, 0.5, 0.75, 1} {
		p.f(`<path class="grid" d="M%s %sV%sM%s %sH%s"/>`, n(x(m)), n(pl.top), n(pl.bottom), n(pl.left), n(y(m)), n(pl.right))
		p.text(pl.left-5, y(m), "end", "n", Count(m))
		p.text(x(m), pl.bottom+foot+10, "middle", "n", Count(m))
	}
	p.f(`<path class="diagonal" d="M%s %sL%s %s"/>`, n(x(0)), n(y(0)), n(x(1)), n(y(1)))
	for _, d := range c.Points {
		if math.IsNaN(d.Score) || math.IsNaN(d.Share) {
			continue
		}
		p.f(`<path class="span" d="M%s %sV%sM%s %sh8M%s %sh8"/>`, n(x(d.Score)), n(y(d.Low)), n(y(d.High)), n(x(d.Score)-4), n(y(d.Low)), n(x(d.Score)-4), n(y(d.High)))
		p.sign(0, x(d.Score), y(d.Share))
		h := float64(foot-18) * float64(d.N) / float64(most)
		p.f(`<rect class="s0" x="%s" y="%s" width="8" height="%s"/>`, n(x(d.Score)-4), n(pl.bottom+foot-h), n(h))
	}
	p.text(pl.left+side/2, pl.bottom+foot+30, "middle", "", c.Across)
	p.f(`<text transform="translate(14 %s) rotate(-90)" text-anchor="middle">%s</text>`, n(pl.top+side/2), esc(c.Up))
	p.text(pl.right+12, pl.bottom+foot-9, "start", "n", "listings, at")
	p.text(pl.right+12, pl.bottom+foot+6, "start", "n", "most "+Count(float64(most)))
	p.text(pl.right+12, y(0.97), "start", "n", "above the line:")
	p.text(pl.right+12, y(0.97)+15, "start", "n", "more came than")
	p.text(pl.right+12, y(0.97)+30, "start", "n", "was promised")
	return p.close()
}
