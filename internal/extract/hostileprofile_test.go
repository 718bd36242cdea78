package extract

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"vigil"
	"vigil/fixtures"
)

// aListing returns a listing page of each engine that a profile knows.
func aListing(t testing.TB) map[string]vigil.Page {
	t.Helper()
	pages := make(map[string]vigil.Page)
	for engine, all := range enginePages(t) {
		for _, p := range all {
			if p.want.PageType == vigil.PageListing && utf8.Valid(p.page.Body) {
				pages[engine] = p.page
			}
		}
		if pages[engine].Body == nil {
			pages[engine] = all[0].page
		}
	}
	for _, m := range markets(t) {
		expected, err := fixtures.Expected(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		pages[m.Name] = marketPages(t, m)[expected[0].Path]
	}
	return pages
}

// within puts hostile markup into a page where its listing begins, and before its end.
func within(p vigil.Page, hostile string) vigil.Page {
	body := string(p.Body)
	i := strings.Index(body, "<h")
	for _, heading := range []string{"<h2", "<h1", "<h3"} {
		if at := strings.LastIndex(body[:len(body)/2], heading); at > i {
			i = at
		}
	}
	p.Body = []byte(body[:i] + hostile + body[i:])
	return p
}

func TestHostilePagesOfEachProfileAreReadWithinBounds(t *testing.T) {
	r := newReader(t)
	for engine, page := range aListing(t) {
		for name, hostile := range hostilePieces(16 << 10) {
			p := within(page, hostile)
			for _, profile := range []string{Auto, engine} {
				l, err := r.Read(p, profile)
				if err != nil {
					t.Fatal(err)
				}
				check(t, l)
				if len(l.ListingLinks) > maxLinks || len(l.NextLinks) > maxLinks || len(l.Contact) > 100 || len(l.Description) > maxText {
					t.Errorf("%s, %s: %d and %d links, %d contacts, %d bytes of description", engine, name, len(l.ListingLinks), len(l.NextLinks), len(l.Contact), len(l.Description))
				}
			}
		}
	}
}

// hostilePieces are pieces of about the given size for what profiles do beyond the
// generic reader: labels, tables, many values, long attributes.
func hostilePieces(size int) map[string]string {
	repeat := func(s string) string { return strings.Repeat(s, size/len(s)) }
	long := strings.Repeat("x ", size/4)
	return map[string]string{
		"a long class around many": "<div class='" + long + "'>" + strings.Repeat("<a href=/user/7 class=h>x</a>", size/60) + "</div>",
		"classes on many":          repeat(`<div class="item_info box card navbar post content">x</div>`),
		"labels":                   repeat("<tr><td>seller:<td>"),
		"nested tables":            strings.Repeat("<table class='item_info table'><tr><td>seller:<td>", 90),
		"empty definitions":        repeat("<dl class=ad><dt>Цена:<dd></dl>"),
		"rows of prices":           "<table class=offers>" + repeat("<tr><td>1<td>$1.5") + "</table>",
		"one long row":             "<table class=offers><tr>" + repeat("<td>1 EUR") + "</table>",
		"links":                    "<ul class='topics products pagination'>" + repeat("<li><a class='topictitle next' href='?a=1'>x</a>") + "</ul>",
		"siblings":                 "<h2 class=topic-title>x</h2><div class=pagination></div>" + repeat("<div class=post>x</div>"),
		"attributes":               "<div class=post" + repeat(" a=b") + ">",
		"prices without end":       "<p class=price>" + repeat("1.1-"),
		"dates without end":        "<p class=author>» " + repeat("1 "),
		"armor without end":        "<textarea class=pgp>" + repeat("-----BEGIN PGP PUBLIC KEY BLOCK-----\n"),
		"dashes":                   "<div id=main>" + repeat(" - Norway BTC 1\n<br>"),
	}
}

func TestTenThousandNestedTagsAreReadFlat(t *testing.T) {
	r := newReader(t)
	for engine, page := range aListing(t) {
		l, err := r.Read(within(page, strings.Repeat("<div>", 10_000)+"the deepest"), engine)
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, l, "could not be made into a tree")
		if !strings.Contains(l.Description, "the deepest") {
			t.Errorf("%s: description without the deepest text", engine)
		}
	}
}

func TestFiftyMegabytesAreReadToTheLimit(t *testing.T) {
	page := aListing(t)[fixtures.Eckmar]
	open, _, _ := bytes.Cut(page.Body, []byte("</div></div></body>"))
	page.Body = append(bytes.Clone(open), strings.Repeat(strings.Repeat("words and words ", 1000)+"<br>", 50<<20/16_000)...)
	l, err := newReader(t).Read(page, Auto)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, l, "larger than 8 MiB: the rest was not read")
	wantProblem(t, l, "longer than 1024 KiB: the rest was left out")
	if l.Profile != fixtures.Eckmar || len(l.Description) > maxText {
		t.Errorf("read by %s, %d bytes of description", l.Profile, len(l.Description))
	}
}

func TestOtherBytesThanExpectedOfEachEngine(t *testing.T) {
	r := newReader(t)
	for engine, page := range aListing(t) {
		want, err := r.Read(page, Auto)
		if err != nil {
			t.Fatal(err)
		}
		if utf8.Valid(page.Body) {
			for _, big := range []bool{false, true} {
				wide := page
				mark := map[bool]string{false: "\xff\xfe", true: "\xfe\xff"}[big]
				wide.Body = []byte(mark + utf16Bytes(string(page.Body), big))
				wide.Response = map[string][]string{"Content-Type": {"text/html"}}
				if got, err := r.Read(wide, Auto); err != nil || !same(stated(got), stated(want)) {
					t.Errorf("%s in UTF-16 (big %v) is read otherwise: %q, want %q (%v)", engine, big, got.Title, want.Title, err)
				}
			}
		}
		picture := page
		picture.Body = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{0, 1, 2, 0xff}, 5000)...)
		l, err := r.Read(picture, engine)
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, l, "not HTML")
		if l.Title != "" || l.Description != "" {
			t.Errorf("%s: read %q off a picture", engine, l.Title)
		}
	}
}

// A page that was cut off gives what stood before the cut, and never a fact that the
// whole page does not state.
func TestTruncatedPagesOfEachEngine(t *testing.T) {
	r := newReader(t)
	for engine, page := range aListing(t) {
		whole, err := r.Read(page, engine)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(page.Body); n += 97 {
			cut := page
			cut.Body, cut.Truncated = page.Body[:n], "length"
			l, err := r.Read(cut, engine)
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, l, "cut off: length")
			if l.PageType == vigil.PageListing && !strings.HasPrefix(whole.Vendor, l.Vendor) {
				t.Errorf("%s cut at %d: vendor %q, want part of %q", engine, n, l.Vendor, whole.Vendor)
			}
		}
	}
}

// FuzzProfiles reads what the fuzzer makes of each engine's pages through every
// profile.
func FuzzProfiles(f *testing.F) {
	for _, all := range enginePages(f) {
		for _, p := range all {
			f.Add(p.page.Body, p.page.FinalURL)
		}
	}
	r := newReader(f)
	f.Fuzz(func(t *testing.T, body []byte, address string) {
		for _, profile := range append(r.Profiles(), Auto) {
			p := vigil.Page{FinalURL: address, Body: body, CapturedAt: noon}
			l, err := r.Read(p, profile)
			if err != nil {
				t.Fatal(err)
			}
			check(t, l)
			checkMore(t, l)
		}
		c, err := r.Check(vigil.Page{FinalURL: address, Body: body}, Auto)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range c.Fields {
			if field.Status == FieldFound && field.Text == "" || len(field.Text) > maxCheckText {
				t.Errorf("field %+v", field)
			}
		}
	})
}

// checkMore fails the test if l breaks what listings read by profile keep.
func checkMore(t *testing.T, l vigil.Listing) {
	t.Helper()
	if l.Posted != nil && l.PostedAt == "" {
		t.Errorf("posted %+v, but posted_at is empty", l.Posted)
	}
	for _, code := range append(l.ShipsToCountries, l.ShipsFromCountry) {
		if code != "" && !countries.codes[code] {
			t.Errorf("country %q", code)
		}
	}
	listed := fmt.Sprint(l.Links)
	for _, link := range append(l.ListingLinks, l.NextLinks...) {
		if !strings.Contains(listed, link) && len(l.Links) < maxLinks {
			t.Errorf("link %q is not among the page's links", link)
		}
	}
	for _, s := range append(l.Contact, l.PGP...) {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b\x1f\x7f") {
			t.Errorf("contact or key %q", s)
		}
	}
}
