// Package chart draws pictures of numbers as SVG, on the server: bars, columns over
// time, lines, values with intervals, and how scores keep their promise.
//
// A picture has a title and a description for those who do not see it, tells its
// series apart by patterns or marks as well as by colour, and takes its colours
// from classes of the page's style sheet, so that it can be read in the dark. It
// is an outline of numbers: whoever shows one shows the table beside it.
//
// Labels may come from anywhere. They are cut, and written so that nothing in them
// is markup. Numbers that are none, or below what a picture can show, are drawn as
// nothing.
package chart

import (
	"encoding/xml"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Width of every picture, in SVG user units; it is made to be shown at about as
// many pixels, or a little fewer.
const Width = 460

// A Text says what a picture shows.
type Text struct {
	ID    string // unique on the page: letters, digits and -
	Title string
	Desc  string // the numbers that matter, in words
}

// A Series is a row of numbers, one for each label of its picture.
type Series struct {
	Name   string
	Class  string // of the style sheet, for its colour; "s0", "s1", … by place if empty
	Values []float64
}

// Measures, in user units. A letter of the font size that style sheets give
// pictures (12) is taken to be this wide.
const (
	letter   = 7
	rowStep  = 26
	rowBar   = 16
	legendAt = 14
)

// patterns is how many patterns there are; series beyond have those of the first.
const patterns = 6

// A pen writes SVG.
type pen struct{ b strings.Builder }

// open begins a picture of a height.
func (p *pen) open(t Text, height float64) {
	id := idOf(t.ID)
	p.f(`<svg class="chart" viewBox="0 0 %d %s" role="img" aria-labelledby="%s-t %s-d">`, Width, n(height), id, id)
	p.f(`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, esc(t.Title), id, esc(t.Desc))
}

func (p *pen) close() template.HTML {
	p.b.WriteString("</svg>")
	return template.HTML(p.b.String()) // every text in it went through esc
}

// f writes markup; strings among args are markup too, so that texts go through esc.
func (p *pen) f(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// text writes a text at a place; anchor is start, middle or end.
func (p *pen) text(x, y float64, anchor, class, s string) {
	p.f(`<text x="%s" y="%s"`, n(x), n(y))
	if anchor != "start" {
		p.f(` text-anchor="%s"`, anchor)
	}
	if class != "" {
		p.f(` class="%s"`, class)
	}
	p.f(`>%s</text>`, esc(s))
}

// label writes a text of at most some letters, in full for who points at it.
func (p *pen) label(x, y float64, class, s string, most int) {
	cut := Cut(s, most)
	if cut == s {
		p.text(x, y, "start", class, s)
		return
	}
	p.f(`<text x="%s" y="%s" class="%s"><title>%s</title>%s</text>`, n(x), n(y), class, esc(s), esc(cut))
}

// patternsOf defines the patterns of a picture's series: lines and dots in the
// colour of the page over the series' own.
func (p *pen) patternsOf(id string, series int) {
	draw := [patterns]string{
		"",
		`<path d="M-1 1L1 -1M0 6L6 0M5 7L7 5"/>`,
		`<circle cx="1.5" cy="1.5" r="1.1"/><circle cx="4.5" cy="4.5" r="1.1"/>`,
		`<path d="M0 1.5H6M0 4.5H6"/>`,
		`<path d="M1.5 0V6M4.5 0V6"/>`,
		`<path d="M0 0L6 6M6 0L0 6"/>`,
	}
	if series < 2 {
		return
	}
	p.f(`<defs>`)
	for i := 1; i < min(series, patterns); i++ {
		p.f(`<pattern id="%s-p%d" class="pattern" width="6" height="6" patternUnits="userSpaceOnUse">%s</pattern>`, idOf(id), i, draw[i])
	}
	p.f(`</defs>`)
}

// area draws what belongs to series i: shape is an element without its end, such
// as `<rect x="1"`.
func (p *pen) area(id string, s Series, i int, shape string) {
	p.f(`%s class="%s"/>`, shape, s.class(i))
	if k := i % patterns; k > 0 {
		p.f(`%s fill="url(#%s-p%d)"/>`, shape, idOf(id), k)
	}
}

// legend names the series, and returns where the picture goes on. A picture of one
// series needs none.
func (p *pen) legend(id string, series []Series, mark func(i int, x, y float64)) float64 {
	if len(series) < 2 {
		return 4
	}
	x, y := 0.0, float64(legendAt)
	for i, s := range series {
		name := Cut(s.Name, 26)
		w := 20 + letter*float64(len([]rune(name)))
		if x > 0 && x+w > Width {
			x, y = 0, y+18
		}
		mark(i, x, y)
		p.text(x+18, y, "start", "", name)
		x += w + 12
	}
	return y + 16
}

// swatches is the mark of series that are areas.
func (p *pen) swatches(id string, series []Series) func(i int, x, y float64) {
	return func(i int, x, y float64) {
		p.area(id, series[i], i, fmt.Sprintf(`<rect x="%s" y="%s" width="12" height="12" rx="2"`, n(x), n(y-6)))
	}
}

func (s Series) class(i int) string {
	if s.Class != "" {
		return idOf(s.Class)
	}
	return "s" + strconv.Itoa(i%patterns)
}

// at returns the ith value, or 0 if it cannot be drawn.
func (s Series) at(i int) float64 {
	if i >= len(s.Values) {
		return 0
	}
	return drawable(s.Values[i])
}

func drawable(v float64) float64 {
	if math.IsNaN(v) || v < 1e-9 || v > 1e15 {
		return 0
	}
	return v
}

// sum adds up the series' ith values.
func sum(series []Series, i int) float64 {
	v := 0.0
	for _, s := range series {
		v += s.at(i)
	}
	return v
}

// fits returns how many letters go into a width.
func fits(width float64) int { return int(width / letter) }

// Cut returns s with at most so many letters, the last of them … if any are missing.
func Cut(s string, most int) string {
	seen := 0
	last := 0
	for i := range s {
		if seen == most-1 {
			last = i
		}
		if seen++; seen > most {
			return s[:last] + "…"
		}
	}
	return s
}

// esc writes text for XML: what no XML may hold becomes U+FFFD.
func esc(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) //nolint:errcheck // a Builder takes all
	return b.String()
}

// idOf returns s without what an ID or a class may not hold here.
func idOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, s)
}

// n writes a coordinate.
func n(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// Count writes a number for people: 1234 as 1 234, 1234567 as 1.2 M.
func Count(v float64) string {
	short := func(v float64) string { return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0") }
	switch {
	case v >= 1e9:
		return short(v/1e9) + " G"
	case v >= 1e6:
		return short(v/1e6) + " M"
	case v == math.Trunc(v) && v >= 1000:
		return fmt.Sprintf("%d %03d", int(v)/1000, int(v)%1000)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// steps returns the marks of an axis from 0 to at least most: some three to five
// round numbers.
func steps(most float64) []float64 {
	if most <= 0 {
		return []float64{0, 1}
	}
	unit := math.Pow(10, math.Floor(math.Log10(most)))
	step := unit
	for _, f := range []float64{0.25, 0.5, 1, 2, 5} {
		if step = unit * f; most/step <= 4 {
			break
		}
	}
	if most >= 1 {
		step = max(1, math.Ceil(step))
	}
	out := []float64{0}
	for v := step; ; v += step {
		out = append(out, v)
		if v >= most {
			return out
		}
	}
}
