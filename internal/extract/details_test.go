package extract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

const someText = "A lamp for the desk, with a long cable."

// TestWhatOtherAmountsMean shows amounts that are no price of the thing.
func TestWhatOtherAmountsMean(t *testing.T) {
	for _, tt := range []struct {
		name, page string
		want       *vigil.Price
	}{
		{"postage", `<h1>Lamp</h1><p>Vendor: harbour<table><tr><th>Postage<th>Cost<tr><td>letter<td>2 EUR<tr><td>parcel<td>7 EUR</table><div class=price>5 EUR</div>`, price("5", "EUR")},
		{"a price that cannot be read", `<h1>Lamp</h1><p>Vendor: harbour<p>Price: ask me<p>9 EUR</p>`, nil},
		{"a named price that cannot be read", `<h1>Lamp</h1><p>Vendor: harbour<p class=price>ask me<p>9 EUR</p>`, nil},
		{"a price that holds no longer", `<h1>Lamp</h1><p>Vendor: harbour<p class=price><del>9 EUR</del> <ins>5 EUR</ins>`, price("5", "EUR")},
		{"a struck price without a name", `<h1>Lamp</h1><p>Vendor: harbour<p><span class=line-through>9 EUR</span> 5 EUR`, price("5", "EUR")},
		{"what is in the cart", `<h1>Lamp</h1><p>Vendor: harbour<div>Cart: 90 EUR</div><div>5 EUR</div>`, price("5", "EUR")},
		{"one price told twice", `<meta property="product:price:amount" content="5"><meta property="product:price:currency" content="EUR"><h1>Lamp</h1><p>Vendor: harbour<p>Price: 5.00 EUR`, price("5.00", "EUR")},
	} {
		l := read(t, capture(tt.page))
		if diff := cmp.Diff(tt.want, l.Price); diff != "" || l.Prices != nil {
			t.Errorf("%s: prices %v, (-want +got)\n%s", tt.name, l.Prices, diff)
		}
	}
}

func TestAColumnOfPrices(t *testing.T) {
	l := read(t, capture(`<h1>Lamp</h1><p>Vendor: harbour<table><tr><th>Quantity<th>Price per piece<tr><td>1<td>5 EUR<tr><td>10+<td>4 EUR</table>`))
	if got := spell(l.Prices); got != "5 EUR; 4 EUR" {
		t.Errorf("prices %s", got)
	}
	l = read(t, capture(`<h1>Lamp</h1><p>Vendor: harbour<dl><dt>Offers<dd><ul><li>5 EUR for one<li>4 EUR for ten</ul><dt>Ships to<dd><i>Norway</i> <i>Sweden</i></dl>`))
	if got := spell(l.Prices); got != "5 EUR; 4 EUR" || strings.Join(l.ShipsTo, "+") != "Norway+Sweden" {
		t.Errorf("prices %s, ships to %q", got, l.ShipsTo)
	}
}

func TestAnEmptyFieldTakesNoOthersValue(t *testing.T) {
	for _, fields := range []string{
		`<dl><dt>Price<dd>5 EUR<dt>Vendor<dd>harbour<dt>Ships from:<dd></dl>`,
		`<table><tr><td>Price<td>5 EUR<tr><td>Vendor<td>harbour<tr><td>Ships from:<td> <td>Ask</table>`,
		`<p>Price: 5 EUR<p>Vendor: harbour<p>Ships from:<br>`,
	} {
		l := read(t, capture(`<h1>Lamp</h1>`+fields+`<div>`+someText+`</div>`))
		if l.ShipsFrom != "" || l.Vendor != "harbour" || l.Description != someText {
			t.Errorf("%s: ships from %q, vendor %q, description %q", fields, l.ShipsFrom, l.Vendor, l.Description)
		}
	}
}

func TestWhereTheTextStands(t *testing.T) {
	const facts = `<p>Vendor: harbour</p><p>Price: 5 EUR</p>`
	for _, tt := range []struct{ name, page, want string }{
		{"divs as paragraphs", `<h1>Lamp</h1>` + facts + `<section><div>` + someText + `</div><div>It works.</div></section>`, someText + "\nIt works."},
		{"below the headline", `<table><tr><td>` + strings.Repeat("Welcome to the quay. ", 4) + `<td><h1>Lamp</h1>` + facts + `</table><div>` + someText + `</div>`, someText},
		{"beside the facts", `<div><h1>Lamp</h1>` + facts + someText + `</div><div>` + strings.Repeat("Never pay outside of here. ", 4) + `</div>`, someText},
		{"before a key", `<h1>Lamp</h1>` + facts + `<div>` + someText + `</div><pre>-----BEGIN PGP PUBLIC KEY BLOCK-----` + strings.Repeat("\nmDMEZ key of many lines", 9) + `</pre>`, someText},
		{"between rules", `<h1>Lamp</h1><pre>Vendor: harbour` + "\n" + `Price: 5 EUR` + "\n-----------\n" + someText + "\n===========\nno cookies</pre>", someText},
		{"facts alone", `<h1>Lamp</h1><table><tr><td>Vendor<td>harbour<tr><td>Price<td>5 EUR</table>`, "Vendor harbour\nPrice 5 EUR"},
	} {
		l := read(t, capture(tt.page))
		if l.Description != tt.want {
			t.Errorf("%s: description %q, want %q", tt.name, l.Description, tt.want)
		}
	}
}

func TestWhichTextIsTheTitle(t *testing.T) {
	const facts = `<p>Vendor: harbour</p><p>Price: 5 EUR</p>`
	for _, tt := range []struct{ name, page, want string }{
		{"the head says which", `<title>Quay :: Lamp</title><b>Quay</b><p><font>Lamp</font></p>` + facts + `<b>Quay</b>`, "Lamp"},
		{"no heading, the market's name last", `<title>Lamp, green - Quay</title><b>Quay</b><div>Lamp, green</div>` + facts, "Lamp, green"},
		{"the market's name leads home", `<title>Quay: Lamp</title><h1><a href="/">Quay</a></h1><h3>Lamp</h3>` + facts, "Lamp"},
		{"buttons and small print", `<title>Lamp | Quay</title><h2><a class=btn href=/m>Write</a> Lamp <small>used</small></h2>` + facts, "Lamp"},
		{"OpenGraph", `<meta property="og:title" content="Lamp"><meta property="og:site_name" content="Quay"><h1>Quay</h1>` + facts, "Lamp"},
		{"a label", `<title>Quay</title><p>Item: Lamp</p>` + facts, "Lamp"},
	} {
		if l := read(t, capture(tt.page)); l.Title != tt.want {
			t.Errorf("%s: title %q, want %q", tt.name, l.Title, tt.want)
		}
	}
}

func TestTrails(t *testing.T) {
	for _, tt := range []struct{ name, trail, want string }{
		{"named", `<div class=breadcrumb><a href=/x>Start</a> &gt; <a href=/g>Garden</a> &gt; Lamp</div>`, "Garden"},
		{"signs", `<p><a href=/>Quay</a> › <a href=/g>Garden</a> › <a href=/g/l>Light</a></p>`, "Garden Light"},
		{"signs in elements", `<div><a href=/>All</a><i>/</i><a href=/g>Garden</a></div>`, "Garden"},
		{"a list beside another", `<div><ul><li><a href=/>Quay</a> ‹ <a href=/g>Garden</a></ul><ul><li><a href=/in>Log in</a></ul></div>`, "Garden"},
		{"no home", `<nav class=crumbs><a href=/g>Garden</a> » <a href=/g/l>Light</a></nav>`, "Garden Light"},
		{"a menu", `<p><a href=/in>Log in</a> <a href=/new>Register</a></p>`, ""},
		{"a sentence", `<p>See <a href=/1>this</a> &gt; that, and <a href=/2>more</a></p>`, ""},
	} {
		l := read(t, capture(`<title>Lamp</title>`+tt.trail+`<h1>Lamp</h1><p>Vendor: harbour<p>Price: 5 EUR`))
		if got := strings.Join(l.Category, " "); got != tt.want {
			t.Errorf("%s: category %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestFewTeasersAreAList(t *testing.T) {
	l := read(t, capture(`<h2>Books</h2><table><tr class=item><td><a href=/1>A book</a><br>seller: <a href=/u/1>harbour</a><td>5 EUR<tr class=item><td><a href=/2>Another</a><br>seller: <a href=/u/1>harbour</a><td>7 EUR</table>`))
	if l.PageType != vigil.PageIndex || l.Vendor != "" || l.Price != nil {
		t.Errorf("%s by %q for %v", l.PageType, l.Vendor, l.Price)
	}
}

func TestAPriceThatOnlyDiffersInDigitsIsNotRepeated(t *testing.T) {
	page := func(n int) vigil.Page {
		p := capture(fmt.Sprintf(`<div>Quay, a market since the spring of 2024 and for long</div><h1>Thing %s</h1><p>Vendor: harbour<p>%d.50 EUR</p><time datetime="2026-03-%02d">then</time>`, strings.Repeat("x", n), n, n))
		p.FinalURL = fmt.Sprint("http://market.example/", n)
		return p
	}
	var c Chrome
	for n := range 6 {
		c.Add(page(n + 1))
	}
	l, err := newReader(t).Knowing("market.example", &c).Read(page(8), Generic)
	if err != nil || l.Price == nil || l.Price.Amount != "8.50" {
		t.Errorf("price %v, error %v", l.Price, err)
	}
}
