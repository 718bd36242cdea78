package extract

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"vigil"
)

func TestDeepNestingIsReadFlat(t *testing.T) {
	body := "<title>Lamp - Market</title><p>Seller: harbour</p><p>Price: $5</p>" +
		strings.Repeat("<div><b>", 400) + "<p>the deepest text</p><a href=/next>next</a><img src=/a.png>"
	l := read(t, capture(body))
	wantProblem(t, l, "could not be made into a tree")
	if l.Title != "Lamp" || !strings.Contains(l.Description, "the deepest text") {
		t.Errorf("title %q, description %q", l.Title, l.Description)
	}
	if l.Vendor != "harbour" || l.Price == nil || l.Price.Amount != "5" || l.PageType != vigil.PageListing {
		t.Errorf("vendor %q, price %v, type %s", l.Vendor, l.Price, l.PageType)
	}
	if len(l.Links) != 1 || len(l.MediaURLs) != 1 {
		t.Errorf("links %q, media %q", l.Links, l.MediaURLs)
	}
}

func TestCutPagesAreReadToTheirEnd(t *testing.T) {
	const page = `<html><head><title>Lamp</title></head><body><h1>Lamp</h1><p>A <b class="x">good</b> lamp</p><!-- end --></body></html>`
	for n := range len(page) {
		l := read(t, capture(page[:n]))
		if n > 60 && l.Title != "Lamp" {
			t.Errorf("cut at %d: title %q", n, l.Title)
		}
	}
	l := read(t, capture(`<h1>Lamp</h1><p>A good lamp</p><img src="/sta`))
	wantProblem(t, l, "ends inside a tag")
	if l.Description != "A good lamp" {
		t.Errorf("description %q", l.Description)
	}
	l = read(t, capture(`<h1>Lamp</h1>`))
	if len(l.Problems) > 0 {
		t.Errorf("problems of a whole page: %q", l.Problems)
	}
	p := capture(`<h1>Lamp</h1>`)
	p.Truncated = "length"
	wantProblem(t, read(t, p), "cut off: length")
}

// attacks are pages of about the given size that would cost a careless reader far
// more: quadratic time, or memory out of all proportion. A test with them would not
// end then.
func attacks(size int) map[string]string {
	repeat := func(s string) string { return strings.Repeat(s, size/len(s)) }
	var formats, bodies, attrs, sections strings.Builder
	for i := range 400 {
		fmt.Fprintf(&formats, "<font color=%d>", i)
	}
	for i := 0; bodies.Len() < size; i++ {
		fmt.Fprintf(&bodies, "<body a%d>", i)
	}
	for i := 0; attrs.Len() < size/2; i++ {
		fmt.Fprintf(&attrs, " a%d=b", i)
	}
	for i := 0; sections.Len() < size; i++ {
		fmt.Fprintf(&sections, `<h2>Description</h2><h3>Description</h3><dt>Description<a href=%d>`, i)
	}
	return map[string]string{
		"formatting reopened in each paragraph": "<p>" + formats.String() + repeat("<p>x"),
		"attributes added to the body":          bodies.String(),
		"attributes":                            "<p" + attrs.String() + "><b" + attrs.String() + ">x",
		"bare paragraphs":                       repeat("<p>"),
		"links":                                 repeat("<a href=x>"),
		"links and blocks":                      repeat("<a href=x><div><div></a>"),
		"tables":                                repeat("<table><td>"),
		"one long tag":                          "<p " + repeat("x") + repeat("x") + ">",
		"one long text":                         repeat("x ") + repeat("x "),
		"open comment":                          "<!--" + repeat("x"),
		"numbers":                               "<p class=price>" + repeat("1 "),
		"digits":                                "<p class=price>" + repeat("1"),
		"commas":                                "<p class=price>" + repeat("1,"),
		"labels":                                repeat("<p>Vendor"),
		"nested descriptions":                   repeat("<div class=description>"),
		"nested descriptions, deep":             strings.Repeat("<div class='description price vendor'>", 450) + repeat("text "),
		"headings":                              sections.String(),
		"cards":                                 repeat("<div><a href=1>x</a></div>"),
		"entities":                              repeat("&amp;"),
		"select":                                "<select>" + repeat("<option>x"),
		"frames":                                repeat("<frameset><noframes>"),
		"drawings":                              repeat("<svg><style><p>"),
		"srcset":                                `<img srcset="` + repeat("a,") + `">`,
		"JSON-LD":                               `<script type="application/ld+json">` + repeat("[") + `</script>`,
	}
}

func TestAttacksAreReadWithinBounds(t *testing.T) {
	r := newReader(t)
	for name, body := range attacks(256 << 10) {
		t.Run(name, func(t *testing.T) {
			for _, profile := range []string{Generic, "tidewater", "lanternmart"} {
				l, err := r.Read(capture(body), profile)
				if err != nil {
					t.Fatal(err)
				}
				if len(l.Links) > maxLinks || len(l.MediaURLs) > maxLinks || len(l.Description) > maxHTML {
					t.Errorf("%d links, %d media, %d bytes of description", len(l.Links), len(l.MediaURLs), len(l.Description))
				}
			}
		})
	}
}

// TestTreesGrowWithThePage holds the reason for the sieve: without it, the first
// attack's tree would have 400 nodes for each four bytes.
func TestTreesGrowWithThePage(t *testing.T) {
	for name, body := range attacks(512 << 10) {
		var ps problems
		root := parse(sieve(body, &ps).markup, &ps)
		if root == nil {
			continue
		}
		nodes := 0
		for range root.Descendants() {
			nodes++
		}
		if nodes > 4*maxPieces {
			t.Errorf("%s: %d nodes for %d bytes", name, nodes, len(body))
		}
	}
}

// TestSieveDefusesFormatting shows what the plain parser makes of the first attack.
func TestSieveDefusesFormatting(t *testing.T) {
	attack := attacks(2 << 10)["formatting reopened in each paragraph"]
	count := func(root *html.Node) (n int) {
		for range root.Descendants() {
			n++
		}
		return n
	}
	plain, err := html.Parse(strings.NewReader(attack))
	if err != nil {
		t.Fatal(err)
	}
	var ps problems
	sieved := parse(sieve(attack, &ps).markup, &ps)
	if sieved == nil {
		t.Fatalf("no tree: %q", ps)
	}
	t.Logf("%d bytes: %d nodes as they are, %d sieved", len(attack), count(plain), count(sieved))
	if count(sieved) > len(attack)/4 || count(plain) < 50*count(sieved) {
		t.Errorf("%d bytes: %d nodes as they are, %d sieved", len(attack), count(plain), count(sieved))
	}
}

func TestUnknownProfileIsAnError(t *testing.T) {
	_, err := newReader(t).Read(capture("<h1>x</h1>"), "atlantis")
	if err == nil || !strings.Contains(err.Error(), `"atlantis" is not known: want auto, generic or one of berlusconi, bitwasp, classifieds, eckmar, lanternmart, silkroad, tidewater, woocommerce`) {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, body := range []string{
		"", "<h1>Lamp</h1>", "<title>a", "<p class=price>$1,2.3</p>", "<a href=http://x/><base href=//y>", "\xff\xfe<\x00",
		"<svg><title><script>", `<script type="application/ld+json">{"@type":"Product","name":"x","offers":[{"price":1,"priceCurrency":"EUR"}]}</script>`,
		"<dl><dt>Vendor<dd>x<dt>Ships to:<dd>a, b</dl>", "<table><tr><th>Price<th>Vendor<tr><td>1 EUR<td>y</table>",
		`<div class=breadcrumb>a > b</div><img srcset="a 1x, b 2x">`, "<meta charset=utf-7>+ADw-",
		`<div id=header><span class=balance></span></div><td id=cats><td id=content><h2 class=item_title>x</h2><div id=footer>Tidewater Market`,
	} {
		f.Add([]byte(body), "text/html", Auto)
		f.Add([]byte(body), "text/html; charset=windows-1251", "tidewater")
	}
	r := newReader(f)
	f.Fuzz(func(t *testing.T, body []byte, contentType, profile string) {
		p := capture(string(body), "Content-Type", contentType)
		l, err := r.Read(p, profile)
		if err != nil {
			return
		}
		again, _ := r.Read(p, profile)
		if !same(l, again) {
			t.Error("the same page gives two listings")
		}
		check(t, l)
	})
}
