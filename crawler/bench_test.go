package crawler

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gocolly/colly/v2"
)

// benchPage is a page of 20 KiB with 50 links.
func benchPage() string {
	var b strings.Builder
	for i := range 50 {
		fmt.Fprintf(&b, `<div class="item"><a href="/listing/%d">Listing no. %d</a><p>%s</p></div>`, i, i, strings.Repeat("plain text of no meaning. ", 13))
	}
	return html5(b.String())
}

// BenchmarkFetch fetches pages through a SOCKS5 proxy on loopback, with all
// that Fetch does: scope, hashes, media, links.
func BenchmarkFetch(b *testing.B) {
	f, _ := fetcher(b, map[string]http.Handler{market: serve("text/html; charset=utf-8", benchPage())})
	src := source()
	for b.Loop() {
		if p, err := f.Fetch(b.Context(), src, "http://"+market+"/", 0); err != nil || len(p.Links) != 50 {
			b.Fatal(err, len(p.Links))
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}

// BenchmarkBareColly fetches the same pages from the same server with colly
// alone, one collector for all, without a proxy, collecting the links as text.
func BenchmarkBareColly(b *testing.B) {
	server := httptest.NewServer(serve("text/html; charset=utf-8", benchPage()))
	defer server.Close()
	links := 0
	c := colly.NewCollector(colly.AllowURLRevisit())
	c.OnHTML("a[href]", func(e *colly.HTMLElement) {
		if e.Request.AbsoluteURL(e.Attr("href")) != "" {
			links++
		}
	})
	for b.Loop() {
		links = 0
		if err := c.Visit(server.URL); err != nil || links != 50 {
			b.Fatal(err, links)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}
