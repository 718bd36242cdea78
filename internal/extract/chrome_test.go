package extract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

// hostPage returns a page of a host whose head, rules and foot outweigh its text.
func hostPage(n int, title, text string) vigil.Page {
	rules := strings.Repeat("Never pay outside of the bazaar, and report whoever asks you to do so. ", 8)
	p := capture(fmt.Sprintf(`<title>%s</title><div>Quay bazaar, balance %d.50 EUR, since the spring of last year</div><h1>%s</h1>
		<div>Price: %d EUR</div><div>Vendor: harbour</div><div>%s</div><div>%s</div><div>%d guests are here, and none of them is you</div>`, title, n, title, n+5, text, rules, n*7))
	p.FinalURL = fmt.Sprintf("http://market.example/item/%d", n)
	return p
}

// learn returns what the first n pages of the host repeat.
func learn(n int) *Chrome {
	c := new(Chrome)
	for i := range n {
		c.Add(hostPage(i, fmt.Sprint("Thing ", strings.Repeat("x", i+1)), fmt.Sprint("It has ", strings.Repeat("many ", i+1), "parts.")))
	}
	return c
}

func TestWhatAHostRepeatsIsInNoDescription(t *testing.T) {
	page := hostPage(9, "Desk lamp", "A lamp for the desk.")
	if l := read(t, page); !strings.Contains(l.Description, "Never pay") {
		t.Fatalf("the page alone gives %q: it shows nothing", l.Description)
	}
	r := newReader(t)
	for n, want := range map[int]bool{0: true, 2: true, 3: false, 8: false} {
		l, err := r.Knowing("market.example", learn(n)).Read(page, Generic)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(l.Description, "Never pay"); got != want {
			t.Errorf("with %d pages: description %q", n, l.Description)
		}
		if l.Vendor != "harbour" || l.Price == nil || l.Price.Amount != "14" || l.Title != "Desk lamp" {
			t.Errorf("with %d pages: title %q, vendor %q, price %v", n, l.Title, l.Vendor, l.Price)
		}
	}
}

func TestAnotherHostIsReadAsEver(t *testing.T) {
	page := hostPage(9, "Desk lamp", "A lamp for the desk.")
	page.FinalURL = "http://other.example/item/9"
	got, err := newReader(t).Knowing("market.example", learn(8)).Read(page, Generic)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(read(t, page), got); diff != "" {
		t.Errorf("(-alone +knowing another host)\n%s", diff)
	}
}

func TestWhatAVendorWritesOnEachPageIsKept(t *testing.T) {
	const text = "We answer at night only, and we send what we have at once."
	var c Chrome
	for i := range 5 {
		p := capture(fmt.Sprintf(`<h1>Thing %s</h1><p>Price: 5 EUR</p><div class=description>%s</div>`, strings.Repeat("x", i+1), text))
		p.FinalURL = fmt.Sprint("http://market.example/", i)
		c.Add(p)
	}
	l, err := newReader(t).Knowing("market.example", &c).Read(capture(`<h1>Lamp</h1><p>Price: 5 EUR</p><div class=description>`+text+`</div>`), Generic)
	if err != nil || l.Description != text {
		t.Errorf("description %q, error %v", l.Description, err)
	}
}

func TestAChromeTakesEachAddressOnceAndNoMoreThanItsShare(t *testing.T) {
	var c Chrome
	page := hostPage(1, "Lamp", "Text")
	if !c.Add(page) || c.Add(page) {
		t.Error("an address counts once")
	}
	for _, body := range []string{"", "\x89PNG\r\n\x1a\n", strings.Repeat("<div>", 1000)} {
		p := capture(body)
		p.FinalURL = "http://market.example/" + fmt.Sprint(len(body))
		if c.Add(p) {
			t.Errorf("a page of %d bytes that makes no tree was taken", len(body))
		}
	}
	for i := range 100 {
		c.Add(hostPage(i+2, "Lamp", "Text"))
	}
	if c.Pages() != maxChromePages {
		t.Errorf("%d pages, want %d", c.Pages(), maxChromePages)
	}
}

func TestTheSamePagesGiveTheSameChrome(t *testing.T) {
	if diff := cmp.Diff(learn(8), learn(8), cmp.AllowUnexported(Chrome{})); diff != "" {
		t.Error(diff)
	}
}

func TestEachFieldSaysHowSureItIs(t *testing.T) {
	for _, tt := range []struct {
		name, page string
		want       map[string]float64
	}{
		{"stated for programs", `<script type="application/ld+json">{"@type":"Product","name":"Lamp","description":"Good.","offers":{"price":"5","priceCurrency":"EUR","seller":{"name":"harbour"}}}</script>`,
			map[string]float64{"title": 0.97, "price": 0.95, "vendor": 0.95, "description": 0.85}},
		{"labelled in one place", `<title>Lamp | Quay</title><div><h1>Lamp</h1><p>Vendor: harbour</p><p>Price: 5 EUR</p><p>Ships from: Norway</p></div><h2>Description</h2><p>Good.`,
			map[string]float64{"title": 0.94, "price": 0.95, "vendor": 0.95, "ships_from": 0.95, "description": 0.9}},
		{"guessed", `<h2>Lamp</h2><p>5 EUR</p><p>A lamp for the desk, used once.</p><p>Ships to: Norway`,
			map[string]float64{"title": 0.67, "price": 0.55, "ships_to": 0.85, "description": 0.6}},
		{"nothing", `<p>`, nil},
	} {
		if diff := cmp.Diff(tt.want, read(t, capture(tt.page)).Sure); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

// BenchmarkLearnChrome learns what a market repeats from as many pages as are taken.
func BenchmarkLearnChrome(b *testing.B) {
	pages, _ := listingPages(b)
	size := 0
	for _, p := range pages[:maxChromePages] {
		size += len(p.Body)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		var c Chrome
		for _, p := range pages[:maxChromePages] {
			c.Add(p)
		}
	}
	b.ReportMetric(float64(b.N*maxChromePages)/b.Elapsed().Seconds(), "pages/s")
}
