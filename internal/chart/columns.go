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
			x, w := pl.left+float64(i)*step+step*0.1, step*0.8
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
