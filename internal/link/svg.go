package link

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Picture says what to draw, and how.
type Picture struct {
	// Component is the ID of the one to draw. Empty draws the Path alone.
	Component string
	// Path marks its steps. Its nodes are drawn whatever the room.
	Path *Path
	// Most is how many listings and keys are drawn, 60 by default and at most
	// 200. Of a larger component the most closely linked part is drawn, and
	// the picture says how much is missing.
	Most int
	// Only, if not nil, says which listings may be drawn, such as those of an
	// export. The picture says how many others of the component there are.
	Only func(listing string) bool
	// Weak draws weak links between the listings shown as well.
	Weak bool
	// Label shows identifiers; nil shows their kinds only.
	Label Label
	// Name names a listing, such as by its title; nil shows its ID.
	Name func(Listing) string
	// Mark says why a key stands out, such as the name and date of a watchlist
	// that has it; empty if it does not.
	Mark func(key string) string
}

// allows reports whether a listing may be drawn.
func (p Picture) allows(listing string) bool { return p.Only == nil || p.Only(listing) }

func (p Picture) mark(key string) string {
	if p.Mark == nil {
		return ""
	}
	return p.Mark(key)
}

// WriteSVG draws a component: listings on the left, by vendor, and what they are
// linked by on the right. The picture needs nothing else: no script, style sheet
// or font of its own. Colours and sizes are presentation attributes, which a
// page's style sheet may override by class; what a colour says, words or the kind
// of line say too.
func (g *Graph) WriteSVG(w io.Writer, p Picture) error {
	switch {
	case p.Most < 0:
		return fmt.Errorf("picture of %d nodes: expected none (for 60) or more", p.Most)
	case p.Component == "" && (p.Path == nil || len(p.Path.Steps) == 0):
		return errors.New("picture of nothing: expected a component, or a path with steps")
	}
	if p.Most == 0 {
		p.Most = 60
	}
	p.Most = min(p.Most, 200)
	p.Mark = remembered(p.Mark)
	c, ok := uint32(0), p.Component == ""
	if !ok {
		if c, ok = g.findComponent(p.Component); !ok {
			return fmt.Errorf("no component %q in this graph: expected an ID that its list of components shows", clip(p.Component, 80))
		}
	}
	hops, err := g.hopsOf(p.Path)
	if err != nil {
		return err
	}
	d := g.choose(p, c, p.Component != "", hops)
	s := &sketch{page: newPage(w), g: g, p: p, d: d, l: g.arrange(d), id: "links-" + cmp.Or(p.Component, "path")}
	s.draw()
	return s.page.end("SVG")
}

// remembered asks mark once for each key.
func remembered(mark func(string) string) func(string) string {
	if mark == nil {
		return nil
	}
	known := map[string]string{}
	return func(key string) string {
		text, ok := known[key]
		if !ok {
			text = mark(key)
			known[key] = text
		}
		return text
	}
}

// hopsOf finds a path's edges in the graph.
func (g *Graph) hopsOf(p *Path) ([]hop, error) {
	if p == nil {
		return nil, nil
	}
	var hops []hop
	for _, s := range p.Steps {
		in, ok := g.findEdge(s.From)
		out, ok2 := g.findEdge(s.To)
		if !ok || !ok2 {
			return nil, errors.New("the path to be drawn is not of this graph: expected one that its Path returned")
		}
		hops = append(hops, hop{in, out})
	}
	return hops, nil
}

func (g *Graph) findEdge(e Edge) (uint32, bool) {
	l, ok := g.find(e.Listing.ID)
	if !ok {
		return 0, false
	}
	for _, i := range g.edgesOf(l) {
		if k := g.keys[g.edges[i].key]; k.key == e.Key && g.names[k.chain] == e.Chain {
			return i, true
		}
	}
	return 0, false
}

// sketch draws one picture.
type sketch struct {
	*page
	g  *Graph
	p  Picture
	d  drawing
	l  *layout
	id string
}

// Colours: those of the reviewer's pages.
const (
	inkColour   = "#23292b"
	quietColour = "#596466"
	lineColour  = "#d9d7cd"
	cardColour  = "#fdfcf9"
	linkColour  = "#2a6569"
	weakColour  = "#657072"
	pathColour  = "#b0500f"
	markColour  = "#74406a"
)

func (s *sketch) draw() {
	notes := s.notes()
	height := s.l.height + legendHeight + 17*len(notes)
	title := fmt.Sprintf("%s linked by %s", count(len(s.d.listings), "listing"), s.by())
	s.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="links" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="%s-t %s-d" font-family="system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif" font-size="13" fill="%s">`+"\n",
		pictureWidth, height, pictureWidth, height, xmlText(s.id), xmlText(s.id), inkColour)
	s.printf("<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">%s</desc>\n", xmlText(s.id), xmlText(title), xmlText(s.id), xmlText(s.description(notes)))
	s.printf(`<rect class="links-paper" width="%d" height="%d" fill="#ffffff"/>`+"\n", pictureWidth, height)
	s.text(margin, 26, "links-title", `font-size="16" font-weight="600"`, title)
	for _, i := range s.byWeight() {
		s.edge(i)
	}
	for _, g := range s.l.groups {
		s.group(g)
	}
	for _, k := range s.l.keys {
		s.key(k)
	}
	s.legend(s.l.height+22, notes)
	s.printf("</svg>\n")
}

func (s *sketch) by() string {
	joins := 0
	for _, k := range s.d.keys {
		if _, ok := s.g.tie(s.g.keys[k]); ok {
			joins++
		}
	}
	identifiers := count(len(s.d.keys)-joins, "identifier")
	if joins == 0 {
		return identifiers
	}
	return identifiers + " and " + count(joins, "decision")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// byWeight orders edges so that the path lies on top of strong ones, and those on
// top of weak ones.
func (s *sketch) byWeight() []uint32 {
	rank := func(i uint32) int {
		switch {
		case s.d.onPath[i]:
			return 2
		case s.g.edges[i].weak == 0:
			return 1
		}
		return 0
	}
	edges := slices.Clone(s.d.edges)
	slices.SortStableFunc(edges, func(i, j uint32) int { return cmp.Compare(rank(i), rank(j)) })
	return edges
}

// lineOf returns the class and attributes of an edge's line.
func (s *sketch) lineOf(weak, path, join bool) (class, attributes string) {
	class, colour, width, dash := "links-strong", linkColour, 1.6, ""
	switch {
	case weak:
		class, colour, width, dash = "links-weak", weakColour, 1.3, "2 4"
	case join:
		class, dash = "links-join", "10 4"
	}
	if path {
		class, colour, width = class+" links-path", pathColour, 3.4
	}
	attributes = fmt.Sprintf(`fill="none" stroke="%s" stroke-width="%g"`, colour, width)
	if dash != "" {
		attributes += ` stroke-dasharray="` + dash + `"`
	}
	return class, attributes
}

func (s *sketch) edge(i uint32) {
	e := s.g.edges[i]
	_, join := s.g.tie(s.g.keys[e.key])
	class, attributes := s.lineOf(e.weak != 0, s.d.onPath[i], join)
	y1, y2 := s.l.y[e.listing], s.l.keyY[e.key]
	bend := (keysLeft - cardsRight) / 2
	s.printf(`<path class="%s" d="M%d %dC%d %d %d %d %d %d" %s>`, class, cardsRight, y1, cardsRight+bend, y1, keysLeft-bend, y2, keysLeft, y2, attributes)
	s.printf("<title>%s</title></path>\n", xmlText(s.edgeTitle(i)))
}

// edgeTitle says of an edge what a pointer over it shows.
func (s *sketch) edgeTitle(i uint32) string {
	e := s.g.edgeAt(i)
	out := "strong"
	if !e.Strong {
		_, texts := codes(e.Weak)
		out = "weak: " + texts
	}
	if v := e.Evidence[0]; v.Kind == kindTie {
		out += fmt.Sprintf("; joined by %s on %s: %s", v.By, day(v.At), v.Reason)
	} else {
		out += fmt.Sprintf("; %s, first %s, last %s", count(e.places(), "place"), day(e.First), day(e.Last))
	}
	return out
}

// columns returns about how many columns of a fixed font a text takes.
func columns(r rune) int {
	switch {
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// fit cuts a text to a number of columns. With middle, what is missing is
// missing there: the end of an address is what people compare.
func fit(s string, most int, middle bool) string {
	runes := []rune(visible(s, maxLabel))
	width := 0
	for _, r := range runes {
		width += columns(r)
	}
	if width <= most {
		return string(runes)
	}
	tail := 0
	if middle {
		tail = most / 3
	}
	head, used := 0, 1+tail
	for head < len(runes) && used+columns(runes[head]) <= most {
		used += columns(runes[head])
		head++
	}
	end := len(runes)
	for end > head && tail >= columns(runes[end-1]) {
		tail -= columns(runes[end-1])
		end--
	}
	return strings.TrimRight(string(runes[:head]), " ") + "…" + string(runes[end:])
}
