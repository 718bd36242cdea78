package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"vigil"
)

// Colours: those of the reviewer's pages and of the pictures of links.
const (
	inkColour   = "#23292b"
	quietColour = "#4d5759"
	lineColour  = "#d9d7cd"
	fillColour  = "#2a6569"
)

// A picture is the timeline, with the numbers behind it.
type picture struct {
	SVG   template.HTML // empty if there is nothing to draw
	Lanes [lanes]string
	Rows  []spanRow
	Span  string // length of one in words
}

// A spanRow is a line of the table behind the picture.
type spanRow struct {
	From   string
	Counts [lanes]int
}

// Sizes of the timeline.
const (
	lineWidth  = 900
	lineLeft   = 92
	lineRight  = 12
	laneHeight = 38
	lineTop    = 14
)

// draw draws the timeline: a row for each kind of act, a bar with its number for
// each span in which it happened.
func draw(spans []span, width time.Duration) picture {
	p := picture{Lanes: laneNames(), Span: spanWords(width)}
	if len(spans) == 0 {
		return p
	}
	for _, s := range spans {
		p.Rows = append(p.Rows, spanRow{spanTime(s.From, width), s.Counts})
	}
	places := spans[len(spans)-1].At + 1
	room := float64(lineWidth-lineLeft-lineRight) / float64(max(places, 6))
	height := lineTop + int(lanes)*laneHeight + 34
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="timeline-t timeline-d" font-family="system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif" font-size="12" fill="%s">`+"\n",
		lineWidth, height, lineWidth, height, inkColour)
	fmt.Fprintf(&b, "<title id=\"timeline-t\">Timeline of the listings</title>\n<desc id=\"timeline-d\">A row for each kind of act, a bar for each span of %s with the number of acts in it. The table below has the same numbers.</desc>\n", p.Span)
	for l, name := range p.Lanes {
		base := lineTop + (l+1)*laneHeight
		fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s"/>`+"\n", lineLeft, base, lineWidth-lineRight, base, lineColour)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", lineLeft-10, base-4, name)
		drawLane(&b, spans, lane(l), base, room)
	}
	drawTimes(&b, spans, width, room)
	b.WriteString("</svg>")
	p.SVG = template.HTML(b.String())
	return p
}

// drawLane draws the bars of one lane. Their heights grow with the logarithm of
// the number, which stands above.
func drawLane(b *strings.Builder, spans []span, l lane, base int, room float64) {
	most := 0
	for _, s := range spans {
		most = max(most, s.Counts[l])
	}
	for _, s := range spans {
		n := s.Counts[l]
		if n == 0 {
			continue
		}
		h := 6 + 14*math.Log1p(float64(n))/math.Log1p(float64(most))
		x, w := lineLeft+float64(s.At)*room, min(room-2, 44)
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, x+(room-w)/2, float64(base)-h, w, h, fillColour)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="10" text-anchor="middle">%s</text>`+"\n", x+room/2, float64(base)-h-3, brief(n))
	}
}

// drawTimes names some of the spans below the lanes.
func drawTimes(b *strings.Builder, spans []span, width time.Duration, room float64) {
	y := lineTop + int(lanes)*laneHeight + 18
	free := 0.0
	for _, s := range spans {
		x := lineLeft + (float64(s.At)+.5)*room
		if x < free {
			continue
		}
		text := spanTime(s.From, width)
		half := 3.1 * float64(len(text))
		if x+half > lineWidth {
			continue
		}
		x = max(x, lineLeft+half)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" font-size="11" text-anchor="middle" fill="%s">%s</text>`+"\n", x, y, quietColour, text)
		free = x + 2*half + 16
	}
}

// brief writes a number in a few characters.
func brief(n int) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 10_000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

// spanTime writes when a span begins, as exactly as its length asks for.
func spanTime(t time.Time, width time.Duration) string {
	switch {
	case width < time.Minute:
		return t.Format("2006-01-02 15:04:05")
	case width < 24*time.Hour:
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("2006-01-02")
}

// spanWords writes the length of a span.
func spanWords(d time.Duration) string {
	const day = 24 * time.Hour
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{7 * day, "week"}, {day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d >= u.length && d%u.length == 0 {
			return plural(int(d/u.length), u.name)
		}
	}
	return "no length"
}

// Sizes of the scale of a score.
const (
	scaleWidth = 420
	scaleLeft  = 8
	scaleRoom  = scaleWidth - 2*scaleLeft
)

// scale draws where a score lies between the thresholds; nothing if they are not known.
func scale(a vigil.Assessment, m Model, known bool) template.HTML {
	if !known {
		return ""
	}
	at := func(score float64) float64 { return scaleLeft + scaleRoom*min(max(score, 0), 1) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="scale" viewBox="0 0 %d 52" width="%d" height="52" role="img" aria-label="Score %.4f on a scale from 0 to 1; note begins at %.4f, review at %.4f, priority at %.4f" font-family="system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif" font-size="11" fill="%s">`,
		scaleWidth, scaleWidth, a.Score, m.Thresholds.Note, m.Thresholds.Review, m.Thresholds.Priority, quietColour)
	bounds := []struct {
		from, to float64
		name     string
		fill     string
	}{
		{0, m.Thresholds.Note, "none", "#f4f2ea"}, {m.Thresholds.Note, m.Thresholds.Review, "note", "#e6e9e4"},
		{m.Thresholds.Review, m.Thresholds.Priority, "review", "#cfdedd"}, {m.Thresholds.Priority, 1, "priority", "#a9c6c7"},
	}
	for _, r := range bounds {
		fmt.Fprintf(&b, `<rect x="%.1f" y="20" width="%.1f" height="12" fill="%s" stroke="#7d8a8b" stroke-width=".6"/>`, at(r.from), at(r.to)-at(r.from), r.fill)
		anchor, x := "middle", (at(r.from)+at(r.to))/2
		if at(r.to)-at(r.from) < 44 {
			anchor, x = "end", at(r.to)
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="46" text-anchor="%s">%s</text>`, x, anchor, r.name)
	}
	x := at(a.Score)
	fmt.Fprintf(&b, `<path d="M%.1f 20l-6 -9h12z" fill="%s"/><line x1="%.1f" y1="18" x2="%.1f" y2="34" stroke="%s" stroke-width="1.6"/></svg>`, x, inkColour, x, x, inkColour)
	return template.HTML(b.String())
}
