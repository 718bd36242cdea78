package chart

import (
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Columns are numbers over time: the series of one time stand on each other.
type Columns struct {
	Text
	Labels []string // of the times, from the left; "" is drawn without one
	Series []Series
}

// A plane is where a picture with two axes is drawn.
type plane struct{ left, top, right, bottom float64 }

// widest is how wide a column is at most.
const widest = 44

// SVG draws the columns.
func (c Columns) SVG() template.HTML {
	const high = 130
	var p pen
	var blind pen
	top := blind.legend(c.ID, c.Series, func(int, float64, float64) {})
	pl := plane{36, top + 6, Width - 4, top + 6 + high}
	p.open(c.Text, pl.bottom+24)
	p.patternsOf(c.ID, len(c.Series))
	p.legend(c.ID, c.Series, p.swatches(c.ID, c.Series))
	most := 0.0
	for i := range c.Labels {
		most = max(most, sum(c.Series, i))
	}
	marks := steps(most)
	scale := high / marks[len(marks)-1]
	for _, m := range marks {
		p.line(pl, pl.bottom-m*scale, Count(m))
	}
	step := (pl.right - pl.left) / float64(max(1, len(c.Labels)))
	base := make([]float64, len(c.Labels))
	for k, s := range c.Series {
		var d strings.Builder
		for i := range c.Labels {
			v := s.at(i)
			if v == 0 {
				continue
			}
			w := min(step*0.8, widest)
			x := pl.left + (float64(i)+0.5)*step - w/2
			d.WriteString("M" + n2(x) + " " + n2(pl.bottom-base[i]*scale) + "h" + n2(w) + "v" + n2(-v*scale) + "h" + n2(-w) + "z")
			base[i] += v
		}
		if d.Len() > 0 {
			p.area(c.ID, s, k, `<path d="`+d.String()+`"`)
		}
	}
	p.times(pl, step, c.Labels)
	return p.close()
}

// n2 writes a coordinate with two places: columns may be narrow.
func n2(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// line draws a mark of the upright axis.
func (p *pen) line(pl plane, y float64, name string) {
	p.f(`<path class="grid" d="M%s %sH%s"/>`, n(pl.left), n(y), n(pl.right))
	p.text(pl.left-5, y, "end", "n", name)
}

// times writes those labels that have room.
func (p *pen) times(pl plane, step float64, labels []string) {
	free := -math.MaxFloat64
	for i, label := range labels {
		x := pl.left + (float64(i)+0.5)*step
		half := letter * float64(len([]rune(label))) / 2
		if label == "" || x-half < free || x+half > Width+2 {
			continue
		}
		p.text(x, pl.bottom+13, "middle", "n", label)
		free = x + half + 8
	}
}

// Strips are numbers over time, each series by itself above the next, on one
// scale: for more times than columns with patterns can show.
type Strips struct {
	Text
	Labels []string // of the times, from the left; "" is drawn without one
	Series []Series // from the top
}

// SVG draws the strips.
func (c Strips) SVG() template.HTML {
	const labels, high, gap = 64, 46, 12
	pl := plane{labels, 8, Width - 34, 8 + float64(len(c.Series))*(high+gap) - gap}
	var p pen
	p.open(c.Text, pl.bottom+24)
	most := 0.0
	for _, s := range c.Series {
		for i := range c.Labels {
			most = max(most, s.at(i))
		}
	}
	scale := high / max(most, 1e-9)
	step := (pl.right - pl.left) / float64(max(1, len(c.Labels)))
	w := min(step*0.84, widest)
	for k, s := range c.Series {
		floor := pl.top + high + float64(k)*(high+gap)
		p.label(0, floor-high/2, "", s.Name, fits(labels))
		var d strings.Builder
		for i := range c.Labels {
			if v := s.at(i); v > 0 {
				d.WriteString("M" + n2(pl.left+(float64(i)+0.5)*step-w/2) + " " + n2(floor) + "h" + n2(w) + "v" + n2(-v*scale) + "h" + n2(-w) + "z")
			}
		}
		p.f(`<path class="grid" d="M%s %sH%sM%s %sH%s"/>`, n(pl.left), n(floor), n(pl.right), n(pl.left), n(floor-high), n(pl.right))
		if d.Len() > 0 {
			p.f(`<path d="%s" class="%s"/>`, d.String(), s.class(k))
		}
		p.text(pl.right+5, floor-high, "start", "n", Count(drawable(most)))
		p.text(pl.right+5, floor, "start", "n", "0")
	}
	p.times(pl, step, c.Labels)
	return p.close()
}
