package extract

import (
	"fmt"
	"strings"
	"testing"

	"vigil"
)

// genericAttacks are pages of about the given size that aim at what the generic
// reader looks for.
func genericAttacks(size int) map[string]string {
	repeat := func(s string) string { return strings.Repeat(s, size/len(s)) }
	count := func(form string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, form, i)
		}
		return b.String()
	}
	text := repeat("words of a text. ")
	return map[string]string{
		"headings within sections":      strings.Repeat("<div><h2>Description</h2>", 160) + text,
		"headings of many kinds":        count("<div class=a%d>Reviews</div><p>x"),
		"tabs that name one pane":       repeat("<ul><li class=active><a href=#x>Description<li><a href=#x>Details</ul>") + "<div id=x>" + text + "</div>",
		"open tabs beside each other":   repeat("<ul><li class=active><a>Description<li>Reviews</ul>"),
		"open tabs within each other":   strings.Repeat("<div><ul><li class=active>Description<li>Reviews</ul>", 150) + repeat("<i></i>"),
		"posts within posts":            strings.Repeat("<div class=post><a class=username href=/u/1>x</a>", 200) + text,
		"posts":                         count("<div class=post id=p%d><a class=username href=/u/1>x</a>text</div>"),
		"comments":                      repeat("<div class=comment>x</div>"),
		"trails within trails":          strings.Repeat("<div class=breadcrumb><a href=/>x</a> > ", 400) + repeat("<a href=/x>y</a> > "),
		"trails":                        repeat("<p><a href=/x>y</a> > <a href=/x>y</a></p>"),
		"labels":                        repeat("Vendor: x<br>"),
		"labels within labels":          strings.Repeat("<div>Vendor: x", 400) + text,
		"cells of facts":                "<table>" + repeat("<tr><td>Price<td>5 EUR"),
		"a table with a wide head":      "<table><tr>" + repeat("<td>Price"),
		"a title of separators":         "<title>" + strings.Repeat(" - x", 10000) + "</title>" + repeat("<b>x</b>"),
		"headings with the title":       "<title>Lamp | x</title>" + repeat("<h1>Lamp</h1>"),
		"vendors beside":                repeat("<aside class=vendor>"),
		"vendors and their links":       repeat("<a class=seller href=/u/1></a>"),
		"prices struck out":             repeat("<del>5 EUR</del>"),
		"prices within prices":          strings.Repeat("<div class=price>", 400) + repeat("5 EUR "),
		"teasers":                       count("<div><div><a href=%d>x</a> 5 EUR</div><div><a href=y>x</a> 6 EUR</div></div>"),
		"paragraphs of divs":            repeat("<div>x</div>"),
		"rules of signs":                "<pre>" + repeat("-----\nx\n"),
		"lines of facts":                "<pre>" + repeat("Price: 5 EUR\n"),
		"dashes":                        "Ships to:<br>" + repeat("- x 5<br>"),
		"prices below their label":      "<p>Price</p>" + repeat("<p>5 EUR</p>"),
		"buttons":                       repeat("<a class=btn>x</a>"),
		"keys":                          repeat("<pre>-----BEGIN PGP MESSAGE-----</pre>"),
		"definitions without an end":    repeat("<dt>Vendor"),
		"empty cells":                   "<table><tr>" + repeat("<td>"),
		"microdata":                     repeat("<p itemprop=description itemtype=//x/Product>"),
		"JSON-LD of one product, often": `<script type="application/ld+json">[` + strings.Repeat(`{"@type":"Product","offers":[{"priceSpecification":[{"price":1,"priceCurrency":"EUR"}]}]},`, size/90) + `{}]</script>`,
	}
}

func TestAttacksOnTheGenericReaderAreReadWithinBounds(t *testing.T) {
	size := 256 << 10
	if raceDetector {
		size = 32 << 10
	}
	for name, body := range genericAttacks(size) {
		t.Run(name, func(t *testing.T) {
			var c Chrome
			for i := range minChromePages {
				p := capture(body)
				p.FinalURL = fmt.Sprint("http://market.example/", i)
				c.Add(p)
			}
			for _, r := range []*Reader{newReader(t), newReader(t).Knowing("market.example", &c)} {
				l, err := r.Read(capture(body), Generic)
				if err != nil {
					t.Fatal(err)
				}
				if len(l.Description) > maxText || len(l.Prices) > maxPrices || len(l.Category) > 12 || len(l.ShipsTo) > 300 {
					t.Errorf("%d bytes of description, %d prices, %d categories, %d places", len(l.Description), len(l.Prices), len(l.Category), len(l.ShipsTo))
				}
				check(t, l)
			}
		})
	}
}

func TestFiftyMegabytesAreReadAsFarAsTheyAre(t *testing.T) {
	const head = "<title>Lamp</title><h1>Lamp</h1><p>Vendor: harbour<p>Price: 5 EUR<div class=description>It begins so."
	for name, more := range map[string]string{
		"one run of text": " and so on", "paragraphs": "<p>and so on</p>\n", "comments": "<!-- and so on -->", "attributes": "<p title='and so on'>",
		"nested tags": "<div>", "closed tags": "</div>",
	} {
		l := read(t, capture(head+strings.Repeat(more, 50<<20/len(more)), "Content-Type", "text/html"))
		if l.Title != "Lamp" || l.Vendor != "harbour" || l.Price == nil || !strings.Contains(l.Description, "It begins so.") {
			t.Errorf("%s: title %q, vendor %q, price %v, %d bytes of description", name, l.Title, l.Vendor, l.Price, len(l.Description))
		}
		if len(l.Problems) == 0 {
			t.Errorf("%s: no reason is stated", name)
		}
	}
}

func TestTenThousandNestedTagsAreRead(t *testing.T) {
	const page = "<title>Lamp</title><p>Seller: harbour</p><p>Price: 5 EUR</p>"
	for _, tag := range []string{"div", "b", "table", "span", "ul", "blockquote", "font", "a", "p", "x-y"} {
		l := read(t, capture(page+strings.Repeat("<"+tag+">", 10000)+"the deepest text"))
		if l.Title != "Lamp" || l.Vendor != "harbour" || l.Price == nil || l.PageType != vigil.PageListing {
			t.Errorf("%s: %s %q by %q for %v, problems %q", tag, l.PageType, l.Title, l.Vendor, l.Price, l.Problems)
		}
	}
}

// FuzzGeneric reads a page alone and beside pages of its host; what is not stated
// must not be said to be sure.
func FuzzGeneric(f *testing.F) {
	for _, p := range shopPages(f) {
		f.Add(string(p.page.Body), "<p>another page")
	}
	for _, body := range genericAttacks(1 << 10) {
		f.Add(body, body)
	}
	r := newReader(f)
	f.Fuzz(func(t *testing.T, body, other string) {
		var c Chrome
		for i, b := range []string{body, other, other} {
			p := capture(b)
			p.FinalURL = fmt.Sprint("http://market.example/", i)
			c.Add(p)
		}
		for _, r := range []*Reader{r, r.Knowing("market.example", &c)} {
			l, err := r.Read(capture(body), Generic)
			if err != nil {
				t.Fatal(err)
			}
			again, _ := r.Read(capture(body), Generic)
			if !same(l, again) {
				t.Error("the same page gives two listings")
			}
			check(t, l)
			read := make(map[string]bool)
			for _, s := range spelled(l) {
				read[s.field] = s.value != ""
			}
			for field, sure := range l.Sure {
				if !read[field] || sure <= 0 || sure >= 1 {
					t.Errorf("sure of %s: %v; read: %t", field, sure, read[field])
				}
			}
		}
	})
}
