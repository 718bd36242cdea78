package link_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/link"
)

// A drawn is what a picture shows.
type drawn struct {
	title, desc string
	texts       []string
	classes     map[string]int
}

// look parses a picture and checks that it is self-contained: known elements
// and attributes only, nothing that runs or is loaded.
func look(t testing.TB, svg string) drawn {
	t.Helper()
	elements := strings.Fields("svg title desc rect text tspan path circle line g")
	attributes := strings.Fields(`xmlns class viewBox width height role aria-labelledby font-family font-size font-weight fill id x y x1 y1 x2 y2 rx cx cy r d
		stroke stroke-width stroke-dasharray text-anchor`)
	out := drawn{classes: map[string]int{}}
	var path []string
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("SVG does not parse: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			path = append(path, tok.Name.Local)
			if !slices.Contains(elements, tok.Name.Local) {
				t.Fatalf("element %s in a picture", tok.Name.Local)
			}
			for _, a := range tok.Attr {
				if !slices.Contains(attributes, a.Name.Local) || strings.Contains(a.Value, "url(") {
					t.Fatalf("attribute %s=%q in a picture", a.Name.Local, a.Value)
				}
				if a.Name.Local == "class" {
					for _, c := range strings.Fields(a.Value) {
						out.classes[c]++
					}
				}
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			text := string(tok)
			switch strings.Join(path, " ") {
			case "svg title":
				out.title += text
			case "svg desc":
				out.desc += text
			}
			if n := len(path); n > 0 && (path[n-1] == "text" || path[n-1] == "tspan") {
				out.texts = append(out.texts, text)
			}
		}
	}
}

func (d drawn) says(text string) bool {
	return slices.ContainsFunc(d.texts, func(s string) bool { return strings.Contains(s, text) })
}

// star has n listings of n/4 vendors, each linked to the next by a key of their
// own, and a key that half of them share.
func star(t testing.TB, n int) *link.Graph {
	var ms []vigil.Mention
	for i := range n {
		where := fmt.Sprintf("s%d/v%03d/l%04d", i%3, i/4, i)
		ms = append(ms, says(where, fmt.Sprintf("xmr:k%04d", i), 1), says(where, fmt.Sprintf("xmr:k%04d", i+1), 2))
		if i%2 == 0 {
			ms = append(ms, says(where, "btc:shared", 3))
		}
		if i%5 == 0 {
			ms = append(ms, says(where, "tg:weakname", 3, class(vigil.ClassC)))
		}
	}
	return build(t, link.Options{MaxVendors: 1000, ChromeShare: 1}, nil, ms...)
}

func TestAPictureShowsListingsKeysAndLegend(t *testing.T) {
	g := build(t, link.Options{}, []vigil.Tie{tie(vigil.TieJoin, "l2", "l9", "", 5)},
		says("tidewater/fathom9/l1", "btc:1abc", 1), says("tidewater/fathom9/l1", "btc:1abc", 8), says("lanternmart/lowtide/l2", "btc:1abc", 3), says("lanternmart/lowtide/l2", "xmr:own", 3))
	p, _ := g.Path("l1", "l9", false)
	pic := link.Picture{Component: g.Components()[0].ID, Label: link.Plain, Path: &p, Mark: func(key string) string {
		if key == "btc:1abc" {
			return "on list x as of 2026-01-01"
		}
		return ""
	}}
	d := look(t, svgText(t, g, pic))
	for _, want := range []string{
		"fathom9", " at tidewater", "l1", "captured 2026-03-01 to 2026-03-08", "btc 1abc", "▲ on list x as of 2026-01-01", "joined by amara", "seen in file 12",
		"linked by (strong)", "joined by a person", "chosen path", "▲ marked, as stated", link.Caution, "no capture with an identifier",
		"Not drawn: 1 identifier that only one listing names.",
	} {
		if !d.says(want) {
			t.Errorf("the picture does not say %q; it says %q", want, d.texts)
		}
	}
	if d.title != "3 listings linked by 1 identifier and 1 decision" || !strings.Contains(d.desc, "from listing l1 of fathom9 at tidewater to listing l9") {
		t.Errorf("title %q, description %q", d.title, d.desc)
	}
	if d.classes["links-path"] != 2*2+2+1 || d.classes["links-marked"] != 2 || d.classes["links-join"] != 3 || d.classes["links-weak"] != 0 {
		t.Errorf("classes %v: want a path of four edges, two steps and its legend", d.classes)
	}
}

func TestAPictureOfSomeListingsShowsNoOthers(t *testing.T) {
	g := build(t, link.Options{}, nil,
		says("tidewater/fathom9/l1", "btc:1abc", 1), says("lanternmart/lowtide/l2", "btc:1abc", 3), says("lanternmart/lowtide/l3", "btc:1abc", 4),
		says("lanternmart/lowtide/l3", "xmr:own", 4), says("lanternmart/other/l4", "xmr:own", 4), says("tidewater/fathom9/l1", "xmr:mine", 4))
	only := func(ids ...string) link.Picture {
		return link.Picture{Component: g.Components()[0].ID, Label: link.Plain, Weak: true, Only: func(id string) bool { return slices.Contains(ids, id) },
			Mark: func(key string) string { return map[string]string{"xmr:own": "on list x"}[key] }}
	}
	d := look(t, svgText(t, g, only("l1", "l2")))
	if d.classes["links-listing"] != 2 || d.says("l3") || d.says("l4") || d.says("on list x") || !d.says("btc 1abc") {
		t.Errorf("the picture of l1 and l2 says %q", d.texts)
	}
	if !d.says("The group has 2 listings more, which this picture was not asked to show.") {
		t.Errorf("others are left out in silence: %q", d.texts)
	}
	if d := look(t, svgText(t, g, only("l1", "l3"))); !d.says("on list x") || d.says("l4") {
		t.Errorf("a marked key of one listing shown is left out, or brings another's: %q", d.texts)
	}
}

func TestALargeComponentIsDrawnInPartAndSaysWhatIsMissing(t *testing.T) {
	g := star(t, 300)
	c := g.Components()[0]
	d := look(t, svgText(t, g, link.Picture{Component: c.ID, Label: link.Plain}))
	listings, keys := d.classes["links-listing"], d.classes["links-key"]
	if listings+keys != 60 || listings < 20 || keys < 10 {
		t.Errorf("%d listings and %d keys are drawn, want 60 in all", listings, keys)
	}
	ls, ks := g.Members(c.ID)
	tying := 0
	for _, k := range ks {
		if k.Strong > 1 {
			tying++
		}
	}
	want := fmt.Sprintf("drawn: %d listings and %d identifiers that tie them are missing.", len(ls)-listings, tying-keys)
	if !d.says(want) || !strings.Contains(d.desc, want) {
		t.Errorf("the picture does not say %q: %q", want, d.texts[len(d.texts)-3:])
	}
}

func TestWhatAPictureCanHoldItShowsWhole(t *testing.T) {
	g := star(t, 24)
	d := look(t, svgText(t, g, link.Picture{Component: g.Components()[0].ID, Weak: true}))
	if d.classes["links-listing"] != 24 || d.classes["links-key"] != 23+1+1 || d.says("Only the most closely linked part") {
		t.Errorf("%d listings and %d keys, want 24 and 25, and nothing missing", d.classes["links-listing"], d.classes["links-key"])
	}
	if !d.says("weak: no checksum") || !d.says("weak: ties nothing") {
		t.Error("the weak key does not say why it is weak")
	}
	if d := look(t, svgText(t, g, link.Picture{Component: g.Components()[0].ID})); !d.says("5 weak edges of these listings, which tie nothing") {
		t.Errorf("weak edges are left out in silence: %q", d.texts)
	}
}

func TestThePathAndMarksAreDrawnHoweverLittleRoomThereIs(t *testing.T) {
	g := star(t, 300)
	p, ok := g.Path("l0001", "l0299", false)
	if !ok {
		t.Fatal("no path")
	}
	pic := link.Picture{Component: g.Components()[0].ID, Most: 8, Path: &p, Label: link.Plain, Mark: func(key string) string {
		if key == "xmr:k0150" {
			return "on list x"
		}
		return ""
	}}
	d := look(t, svgText(t, g, pic))
	for _, s := range p.Steps {
		if !d.says(s.Key.Identifier.Value) || !d.says(s.To.Listing.ID) {
			t.Errorf("step by %s to %s is not drawn", s.Key.Key, s.To.Listing.ID)
		}
	}
	pic.Path = nil
	if d := look(t, svgText(t, g, pic)); !d.says("▲ on list x") || d.classes["links-listing"]+d.classes["links-key"] > 8 {
		t.Errorf("the marked key is not drawn within 8 nodes: %v", d.classes)
	}
}

func TestLongAddressesKeepTheirEndAndLongTitlesTheirBeginning(t *testing.T) {
	address := strings.Repeat("4abcdefghi", 9) + "end-1"
	g := build(t, link.Options{}, nil, says("s/v/l1", "xmr:"+address, 1), says("s/v/l2", "xmr:"+address, 1))
	d := look(t, svgText(t, g, link.Picture{Component: g.Components()[0].ID, Label: link.Plain, Name: func(link.Listing) string { return strings.Repeat("漢字", 40) }}))
	if !d.says("xmr 4abcdefghi4abcdefghi4a…bcdefghiend-1") || !d.says(strings.Repeat("漢字", 12)+"…") {
		t.Errorf("%q: want the end of the address, and the beginning of the title", d.texts)
	}
}

func TestAPathIsDrawnAloneWithoutAComponent(t *testing.T) {
	g := build(t, link.Options{}, nil, says("s/v/l1", "tg:a", 1, class(vigil.ClassC)), says("s/w/l2", "tg:a", 1, class(vigil.ClassC)), says("s/w/l3", "tg:a", 1, class(vigil.ClassC)))
	p, _ := g.Path("l1", "l2", true)
	d := look(t, svgText(t, g, link.Picture{Path: &p}))
	if d.classes["links-listing"] != 2 || d.classes["links-key"] != 1 || !d.says("weak: ties nothing") || !d.says("The chosen path takes weak links") {
		t.Errorf("%v, want two listings, a key and a weak path", d.classes)
	}
}

func TestPicturesWithoutSenseAreRefused(t *testing.T) {
	g, other := star(t, 8), build(t, link.Options{}, nil, says("s/v/a", "xmr:z", 1), says("s/v/b", "xmr:z", 1))
	p, _ := other.Path("a", "b", false)
	for want, pic := range map[string]link.Picture{
		"picture of nothing": {}, "picture of -1 nodes": {Most: -1, Component: "x"}, "not of this graph": {Path: &p},
	} {
		if err := g.WriteSVG(io.Discard, pic); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestHostileTextsAreDrawnAsText(t *testing.T) {
	g := vile(t)
	for _, c := range g.Components() {
		svg := svgText(t, g, link.Picture{Component: c.ID, Label: link.Plain, Weak: true, Name: func(l link.Listing) string { return l.Vendor + l.ID }, Mark: func(k string) string { return k }})
		look(t, svg)
		if strings.ContainsAny(svg, "\u202e\x1b\u2066") || strings.Contains(svg, "<script") {
			t.Error("a hostile text is in the picture as it was")
		}
		if n := len(svg) / 60; n > 40_000 {
			t.Errorf("a picture of %d bytes", len(svg))
		}
	}
}

// No two cards may lie on each other.
func TestCardsDoNotOverlap(t *testing.T) {
	var dense []vigil.Mention // two listings with many keys
	for i := range 30 {
		key := fmt.Sprintf("xmr:%02d", i)
		dense = append(dense, says("s/v/l1", key, 1), says("s/v/l2", key, 1))
	}
	for n, g := range map[int]*link.Graph{2: star(t, 2), 9: star(t, 9), 24: star(t, 24), 80: star(t, 80), 0: build(t, link.Options{}, nil, dense...)} {
		svg := svgText(t, g, link.Picture{Component: g.Components()[0].ID, Most: 150, Weak: true})
		boxes := map[string][][2]int{}
		var height int
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			tok, err := d.Token()
			if err != nil {
				break
			}
			start, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			at := map[string]int{}
			for _, a := range start.Attr {
				var v int
				fmt.Sscan(a.Value, &v)
				at[a.Name.Local] = v
			}
			if start.Name.Local == "svg" {
				height = at["height"]
			}
			if start.Name.Local == "rect" && at["width"] > 100 && at["width"] < 1000 {
				x := fmt.Sprint(at["x"])
				boxes[x] = append(boxes[x], [2]int{at["y"], at["y"] + at["height"]})
			}
		}
		if len(boxes) != 2 {
			t.Fatalf("%d columns of cards, want 2", len(boxes))
		}
		for _, column := range boxes {
			slices.SortFunc(column, func(a, b [2]int) int { return a[0] - b[0] })
			for i, b := range column {
				if i > 0 && b[0] < column[i-1][1] || b[1] > height || b[0] < 40 {
					t.Errorf("%d listings: a card from %d to %d behind %v", n, b[0], b[1], column[max(0, i-1)])
				}
			}
		}
	}
}

func TestAListingAloneIsDrawnWithWhatItNames(t *testing.T) {
	g := build(t, link.Options{}, nil, says("s/v/l1", "xmr:a", 1), says("s/v/l1", "xmr:b", 1))
	c, _ := g.Component("l1")
	if d := look(t, svgText(t, g, link.Picture{Component: c.ID, Label: link.Plain})); d.title != "1 listing linked by 2 identifiers" || !d.says("xmr b") || d.says("Not drawn") {
		t.Errorf("%q: want the listing and both identifiers", d.texts)
	}
}
