package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// A shape is an element of a picture.
type shape struct {
	name string
	attr map[string]string
	text string // what stands in it
}

// read parses a picture as XML, and fails the test if it is none.
func read(t *testing.T, pic template.HTML) []shape {
	t.Helper()
	var out []shape
	var open []int
	ids := map[string]bool{}
	d := xml.NewDecoder(strings.NewReader(string(pic)))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, pic)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			s := shape{name: tok.Name.Local, attr: map[string]string{}}
			for _, a := range tok.Attr {
				s.attr[a.Name.Local] = a.Value
			}
			if id := s.attr["id"]; id != "" {
				if ids[id] {
					t.Errorf("two elements with the ID %s", id)
				}
				ids[id] = true
			}
			open = append(open, len(out))
			out = append(out, s)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				out[open[len(open)-1]].text += string(tok)
			}
		}
	}
	if len(out) < 3 || out[0].name != "svg" || out[1].name != "title" || out[2].name != "desc" {
		t.Fatalf("want an svg with a title and a description first:\n%s", pic)
	}
	if out[0].attr["aria-labelledby"] != out[1].attr["id"]+" "+out[2].attr["id"] || out[0].attr["role"] != "img" {
		t.Errorf("the picture is not labelled by its title and description: %v", out[0].attr)
	}
	for _, s := range out {
		for name, v := range s.attr {
			if strings.HasPrefix(name, "on") || name == "style" || name == "href" {
				t.Errorf("<%s %s=%q>", s.name, name, v)
			}
			if strings.Contains(v, "url(#") {
				if id := strings.TrimSuffix(strings.TrimPrefix(v, "url(#"), ")"); !ids[id] {
					t.Errorf("no pattern %s", id)
				}
			}
			if strings.Contains(v, "NaN") || strings.Contains(v, "Inf") {
				t.Errorf("<%s %s=%q>", s.name, name, v)
			}
		}
		if !slices.Contains([]string{"svg", "title", "desc", "text", "rect", "path", "circle", "defs", "pattern"}, s.name) {
			t.Errorf("a picture with a <%s>", s.name)
		}
	}
	return out
}

func num(t *testing.T, s shape, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s.attr[name], 64)
	if err != nil {
		t.Fatalf("%s of %v: %v", name, s, err)
	}
	return v
}

// of returns the shapes with a name and a class.
func of(all []shape, name, class string) (out []shape) {
	for _, s := range all {
		if s.name == name && s.attr["class"] == class {
			out = append(out, s)
		}
	}
	return out
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.2 }

func TestBarsAreAsLongAsTheirNumbers(t *testing.T) {
	c := Bars{Text: Text{ID: "b", Title: "T", Desc: "D"}, Labels: []string{"one", "two", "none"},
		Series: []Series{{Name: "x", Values: []float64{10, 5, 0}}, {Name: "y", Values: []float64{30, 1, 0}}}}
	all := read(t, c.SVG())
	x, y := of(all, "rect", "s0")[1:], of(all, "rect", "s1")[1:] // the first of each is in the legend
	if len(x) != 2 || len(y) != 2 {
		t.Fatalf("%d and %d bars, want 2 each: a zero has none", len(x), len(y))
	}
	unit := num(t, x[0], "width") / 10
	for i, want := range []float64{10, 5} {
		if got := num(t, x[i], "width") / unit; !near(got, want) {
			t.Errorf("bar %d of x stands for %v, want %v", i, got, want)
		}
		if begin := num(t, x[i], "x") + num(t, x[i], "width"); !near(num(t, y[i], "x"), begin) {
			t.Errorf("bar %d of y begins at %s, want where that of x ends: %v", i, y[i].attr["x"], begin)
		}
	}
	if got := num(t, y[0], "width") / unit; !near(got, 30) {
		t.Errorf("the bar of y stands for %v, want 30", got)
	}
	if end := num(t, y[0], "x") + num(t, y[0], "width"); end > Width {
		t.Errorf("the longest bar ends at %v, outside of the picture", end)
	}
	if n := len(of(all, "pattern", "pattern")); n != 1 {
		t.Errorf("%d patterns, want 1: series are not told apart by colour only", n)
	}
	if !slices.ContainsFunc(all, func(s shape) bool { return s.name == "text" && s.text == "40" }) {
		t.Error("the sum of the first row is not said")
	}
}

func TestBarsOfAWhole(t *testing.T) {
	c := Bars{Text: Text{ID: "b"}, Labels: []string{"a", "b"}, Series: []Series{{Values: []float64{25, 900}}}, Of: []float64{100, 300}}
	all := read(t, c.SVG())
	whole, bars := of(all, "rect", "whole"), of(all, "rect", "s0")
	if got := num(t, bars[0], "width") / num(t, whole[0], "width"); math.Abs(got-0.25) > 0.01 {
		t.Errorf("25 of 100 is drawn as %v", got)
	}
	if got, want := num(t, bars[1], "width"), num(t, whole[1], "width"); !near(got, want) {
		t.Errorf("more than the whole is %v wide, want %v", got, want)
	}
}

var column = regexp.MustCompile(`M([\d.-]+) ([\d.-]+)h([\d.-]+)v([\d.-]+)h[\d.-]+z`)

func TestColumnsStandOnEachOther(t *testing.T) {
	a, b := []float64{1, 0, 3, 8}, []float64{2, 4, 0, 4}
	all := read(t, Columns{Text: Text{ID: "c"}, Labels: []string{"m", "t", "w", "t"}, Series: []Series{{Name: "a", Values: a}, {Name: "b", Values: b}}}.SVG())
	parse := func(class string) [][]float64 {
		var out [][]float64
		for _, m := range column.FindAllStringSubmatch(of(all, "path", class)[0].attr["d"], -1) {
			var v []float64
			for _, s := range m[1:] {
				f, err := strconv.ParseFloat(s, 64)
				if err != nil {
					t.Fatal(err)
				}
				v = append(v, f)
			}
			out = append(out, v)
		}
		return out
	}
	lower, upper := parse("s0"), parse("s1")
	if len(lower) != 3 || len(upper) != 3 {
		t.Fatalf("%d and %d columns, want 3 each", len(lower), len(upper))
	}
	unit := -lower[0][3] // of 1
	for i, want := range []float64{1, 3, 8} {
		if got := -lower[i][3] / unit; math.Abs(got-want) > 0.05 {
			t.Errorf("column %d of a stands for %v, want %v", i, got, want)
		}
	}
	if top := lower[0][1] + lower[0][3]; !near(upper[0][1], top) {
		t.Errorf("the first column of b begins at %v, want the top of a's, %v", upper[0][1], top)
	}
	if !near(upper[1][1], lower[0][1]) {
		t.Errorf("where a has nothing, b begins at %v, want the floor %v", upper[1][1], lower[0][1])
	}
	if last := upper[2]; last[1]+last[3] < 0 || last[0]+last[2] > Width {
		t.Errorf("the highest column is outside of the picture: %v", last)
	}
}

func TestStripsHaveOneScale(t *testing.T) {
	all := read(t, Strips{Text: Text{ID: "s"}, Labels: []string{"m", "t"}, Series: []Series{{Name: "a", Values: []float64{1, 4}}, {Name: "b", Values: []float64{0, 2}}}}.SVG())
	heights := func(class string) (out []float64) {
		for _, m := range column.FindAllStringSubmatch(of(all, "path", class)[0].attr["d"], -1) {
			v, err := strconv.ParseFloat(m[4], 64)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, -v)
		}
		return out
	}
	a, b := heights("s0"), heights("s1")
	if len(a) != 2 || len(b) != 1 || !near(a[1], 4*a[0]) || !near(b[0], 2*a[0]) {
		t.Errorf("heights %v and %v: want 1 to 4, and 2", a, b)
	}
}

func TestDotsAreWhereTheirValuesAre(t *testing.T) {
	all := read(t, Dots{Text: Text{ID: "d"}, From: -1, To: 1, Marks: []float64{-1, 0, 1}, Rows: []Dot{
		{Label: "a", Value: 0.5, Low: 0, High: 1}, {Label: "b", Missing: "too few"}, {Label: "c", Value: math.NaN()},
	}}.SVG())
	dots, spans, grid := of(all, "circle", "dot"), of(all, "path", "span"), of(all, "path", "grid")
	if len(dots) != 1 || len(spans) != 1 || len(grid) != 3 {
		t.Fatalf("%d dots, %d intervals, %d marks: want 1, 1, 3", len(dots), len(spans), len(grid))
	}
	at := func(s shape) (x float64) { fmt.Sscanf(s.attr["d"], "M%g", &x); return x }
	zero, one := at(grid[1]), at(grid[2])
	if got := num(t, dots[0], "cx"); !near(got, (zero+one)/2) {
		t.Errorf("0.5 is at %v, between %v and %v", got, zero, one)
	}
	if got := at(spans[0]); !near(got, zero) {
		t.Errorf("the interval begins at %v, want %v", got, zero)
	}
	if !slices.ContainsFunc(all, func(s shape) bool { return s.text == "too few" }) {
		t.Error("it does not say why there is no value")
	}
}

func TestReliabilityPutsSharesOverScores(t *testing.T) {
	all := read(t, Reliability{Text: Text{ID: "r"}, Points: []Promise{{Score: 0.25, Share: 0.75, Low: 0.5, High: 1, N: 4}, {Score: 1, Share: 0, N: 1}}}.SVG())
	dots := of(all, "circle", "dot")
	if len(dots) != 2 {
		t.Fatalf("%d dots, want 2", len(dots))
	}
	side := (num(t, dots[1], "cx") - num(t, dots[0], "cx")) / 0.75
	if got := (num(t, dots[1], "cy") - num(t, dots[0], "cy")) / side; math.Abs(got-0.75) > 0.01 {
		t.Errorf("a share of 0.75 is %v of the side above one of 0", got)
	}
	bars := of(all, "rect", "s0")
	if got := num(t, bars[0], "height") / num(t, bars[1], "height"); math.Abs(got-4) > 0.1 {
		t.Errorf("4 listings against 1 are drawn as %v", got)
	}
}

func TestLinesLeaveGaps(t *testing.T) {
	all := read(t, Lines{Text: Text{ID: "l"}, Labels: []string{"1", "2", "3"}, Series: []Series{{Name: "s", Values: []float64{0, math.NaN(), 1}}}}.SVG())
	d := of(all, "path", "line l0")[0].attr["d"]
	if strings.Count(d, "M") != 2 || strings.Contains(d, "L") {
		t.Errorf("line %q: want two points and no line over the gap", d)
	}
}

// Whatever labels and numbers come: a picture is well formed, and what they hold
// is text.
func FuzzPictures(f *testing.F) {
	f.Add("a", "b", 1.0, -3.0)
	f.Add(`</text><script>alert(1)</script>`, `" onload="x`, math.NaN(), math.Inf(1))
	f.Add("\u202e\x00\ufffe]]>", strings.Repeat("长", 200), 1e300, 1e-300)
	f.Add("&amp;<!--", "\xff\xfe", 5e-324, math.MaxFloat64)
	f.Fuzz(func(t *testing.T, a, b string, v, w float64) {
		text := Text{ID: "x" + a, Title: a, Desc: b}
		series := []Series{{Name: a, Class: b, Values: []float64{v, w}}, {Name: b, Values: []float64{w}}, {Name: a + b}}
		labels := []string{a, b}
		for _, pic := range []template.HTML{
			Bars{Text: text, Labels: labels, Series: series}.SVG(),
			Bars{Text: text, Labels: labels, Series: series, Of: []float64{w, v}, Notes: labels}.SVG(),
			Columns{Text: text, Labels: labels, Series: series}.SVG(),
			Strips{Text: text, Labels: labels, Series: series}.SVG(),
			Lines{Text: text, Labels: labels, Series: series}.SVG(),
			Dots{Text: text, From: -1, To: 1, Rows: []Dot{{Label: a, Value: v, Low: w, High: v, Note: b}, {Label: b, Missing: a}}}.SVG(),
			Reliability{Text: text, Across: a, Up: b, Points: []Promise{{Score: v, Share: w, Low: v, High: w, N: 3}}}.SVG(),
		} {
			all := read(t, pic)
			if len(pic) > 20_000+20*(len(a)+len(b)) {
				t.Errorf("%d bytes", len(pic))
			}
			if utf8.ValidString(a) && !strings.ContainsFunc(a, func(r rune) bool { return r < ' ' || r == '\ufffe' || r == '\uffff' }) && all[1].text != a {
				t.Errorf("the title is %q, want %q", all[1].text, a)
			}
		}
	})
}
