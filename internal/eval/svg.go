package eval

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
)

// Size of the reliability picture, in pixels: a square of side plot above a histogram.
const (
	plot   = 400
	left   = 60
	top    = 50
	strip  = 80
	across = left + plot + 30
	down   = top + plot + strip + 70
)

// WriteSVG draws how scores keep their promise: for each bin the share of positives, with
// its 95 % interval, over the mean score. On the diagonal, they agree. Below, how many texts
// each bin has.
func WriteSVG(w io.Writer, r Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", across, down, across, down)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", across, down)
	fmt.Fprintf(&b, `<text x="%d" y="22" font-size="14">%s: score and share at review or above</text>`+"\n", left, html.EscapeString(r.System))
	fmt.Fprintf(&b, `<text x="%d" y="40" fill="#555">%d texts, ECE %s, adaptive %s, Brier %s</text>`+"\n",
		left, r.Texts, r.ECE.Value.text(3), r.ECEAdaptive.Value.text(3), r.Brier.Value.text(3))
	axes(&b)
	binMarks(&b, r.Reliability.Equal)
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func x(v float64) float64 { return left + v*plot }
func y(v float64) float64 { return top + (1-v)*plot }

func axes(b *strings.Builder) {
	for i := 0; i <= 5; i++ {
		v := float64(i) / 5
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1fM%.1f %.1fH%.1f" stroke="#ddd"/>`+"\n", x(v), y(0), y(1), x(0), y(v), x(1))
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end">%.1f</text>`+"\n", x(0)-8, y(v)+4, v)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%.1f</text>`+"\n", x(v), down-32, v)
	}
	fmt.Fprintf(b, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#999" stroke-dasharray="4 4"/>`+"\n", x(0), y(0), x(1), y(1))
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#333"/>`+"\n", left, top, plot, plot)
	fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">score</text>`+"\n", x(0.5), down-12)
	fmt.Fprintf(b, `<text transform="translate(18 %.1f) rotate(-90)" text-anchor="middle">share at review or above</text>`+"\n", y(0.5))
}

func binMarks(b *strings.Builder, bins []Bin) {
	most := 1
	for _, n := range bins {
		most = max(most, n.N)
	}
	floor := float64(down - 50)
	for _, n := range bins {
		i := Wilson(int(math.Round(n.Rate*float64(n.N))), n.N)
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f" stroke="#3465a4" stroke-width="2"/>`+"\n", x(n.Score), y(i.Low), y(i.High))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="5" fill="#3465a4"><title>%d texts: score %.3f, share %.3f</title></circle>`+"\n", x(n.Score), y(n.Rate), n.N, n.Score, n.Rate)
		h := float64(strip-20) * float64(n.N) / float64(most)
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#bbb"/>`+"\n", x(n.Low)+1, floor-h, x(n.High)-x(n.Low)-2, h)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="9" fill="#555">%d</text>`+"\n", (x(n.Low)+x(n.High))/2, floor-h-3, n.N)
	}
}
