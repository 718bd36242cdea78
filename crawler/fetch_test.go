package crawler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
)

func TestFetchKeepsThePageAsReceived(t *testing.T) {
	body := html5(`<a href="/listing/1">one</a>`)
	p := mustFetch(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "hidden-value"})
		w.Header().Set("X-Seen-Agent", r.UserAgent())
		serve("text/html; charset=utf-8", body).ServeHTTP(w, r)
	}))
	want := vigil.Page{
		Source: "ORD-TEST/market", URL: "http://" + market + "/", FinalURL: "http://" + market + "/", Method: vigil.ByFetch,
		CapturedAt: noon, Status: 200,
		RawSHA256: vigil.SumHex([]byte(body)), RawSize: int64(len(body)), BodySHA256: vigil.SumHex([]byte(body)), BodySize: int64(len(body)),
		Links: at("/listing/1"), Body: []byte(body),
	}
	want.ID = vigil.NewPageID(want)
	got := p
	got.Request, got.Response = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := p.Response["Set-Cookie"]; len(got) != 1 || got[0] != "withheld" {
		t.Errorf("Set-Cookie is recorded as %q, want it withheld", got)
	}
	if p.Response.Get("X-Seen-Agent") != "test" || p.Request.Get("User-Agent") != "test" {
		t.Errorf("user agent: sent %q, recorded %q", p.Response.Get("X-Seen-Agent"), p.Request.Get("User-Agent"))
	}
	if p.Request.Get("Host") != market {
		t.Errorf("request headers: %v", p.Request)
	}
}

func TestErrorPagesArePages(t *testing.T) {
	for _, status := range []int{201, 204, 206, 300, 304, 400, 403, 404, 429, 500, 503} {
		p := mustFetch(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			if status != 204 && status != 304 {
				io.WriteString(w, html5(`<a href="/x">x</a>`))
			}
		}))
		if p.Status != status || p.Problem != "" {
			t.Errorf("status %d, want %d; problem %q, want none", p.Status, status, p.Problem)
		}
		if status != 204 && status != 304 && len(p.Links) != 1 {
			t.Errorf("status %d: links %q, want one", status, p.Links)
		}
	}
}

func TestTheAddressIsAskedForAsSpelt(t *testing.T) {
	var asked string
	f, _ := fetcher(t, map[string]http.Handler{market: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		serve("text/html", "x").ServeHTTP(w, r)
	})})
	const spelt = "/a%7Eb/%41?q='x'|y&%zz"
	p, err := f.Fetch(t.Context(), source(), "HTTP://"+market+":80"+spelt+"#top", 0)
	if err != nil {
		t.Fatal(err)
	}
	if asked != spelt || p.URL != at(spelt)[0] {
		t.Errorf("asked for %q, recorded %q, want %q", asked, p.URL, spelt)
	}
}

func TestRedirectsWithinTheOrder(t *testing.T) {
	f, _ := fetcher(t, map[string]http.Handler{market: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, "/b/#part", http.StatusFound)
		case "/b/":
			http.Redirect(w, r, "c", http.StatusMovedPermanently)
		default:
			if r.Header.Get("Referer") != "" {
				t.Error("a referrer was sent")
			}
			serve("text/html", html5(`<a href="d">d</a>`)).ServeHTTP(w, r)
		}
	})})
	p, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(at("/b/", "/b/c"), p.Redirects); diff != "" {
		t.Error(diff)
	}
	if p.FinalURL != at("/b/c")[0] || p.URL != at("/")[0] {
		t.Errorf("URL %s, final %s", p.URL, p.FinalURL)
	}
	if diff := cmp.Diff(at("/b/d"), p.Links); diff != "" {
		t.Errorf("links are relative to the final address: %s", diff)
	}
}

func TestTooManyRedirects(t *testing.T) {
	n := 0
	_, err := fetchOne(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		http.Redirect(w, r, fmt.Sprint("/", n), http.StatusFound)
	}))
	if err == nil || !strings.Contains(err.Error(), "more than 10 redirects") {
		t.Errorf("%v, want too many redirects", err)
	}
	if n != 11 {
		t.Errorf("%d requests, want 11", n)
	}
}

func TestRedirectsOutOfTheOrderAreRefused(t *testing.T) {
	other := onion("other")
	for _, target := range []string{
		"http://127.0.0.1:8080/", "http://localhost/", "http://[::1]/", "http://169.254.0.1/",
		"http://" + other + "/", "http://" + market + ":8080/", "https://" + market + ":80/", "http://" + market + "./",
		"http://user:pass@" + market + "/", "//" + other + "/", "http://sub." + market + "/", "ftp://" + market + "/",
		"/account/logout", "/%6cogout", "http://example.com/",
	} {
		f, sim := fetcher(t, map[string]http.Handler{
			market: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", target)
				w.WriteHeader(http.StatusFound)
			}),
			other: serve("text/html", "reached"),
		})
		_, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
		if !errors.Is(err, vigil.ErrOutOfScope) {
			t.Errorf("redirect to %s: %v, want out of scope", target, err)
		} else if !strings.Contains(err.Error(), "redirect to ") {
			t.Errorf("redirect to %s: the error does not name it: %v", target, err)
		}
		for _, q := range sim.Requests() {
			if q.Host != market || q.Port != 80 {
				t.Errorf("redirect to %s: the proxy was asked for %s:%d", target, q.Host, q.Port)
			}
		}
	}
}

// TestHostileSite crawls a site that tries to lead out of the order in every
// way that we know, and follows whatever it lists as a link.
func TestHostileSite(t *testing.T) {
	other, ended := onion("other"), 0
	page := `<base href="http://` + other + `/"><link rel="canonical" href="http://` + market + `/canonical">
<meta http-equiv="refresh" content="0;url=http://` + other + `/refresh"><a href="//` + other + `/x">x</a><a href="relative">r</a>
<a href="http:\\` + other + `\">b</a><a href="\\` + other + `/">b</a><a href="http://` + market + `@` + other + `/">u</a>
<a href="http://` + market + `:81/">p</a><a href="https://` + market + `/">s</a><a href="http://` + market + `./">d</a>
<a href="http://127.0.0.1/">l</a><a href="http://0x7f000001/">l</a><a href="http://localhost/">l</a><a href="javascript:go()">j</a>
<iframe src="http://` + other + `/frame"></iframe><img src="http://` + market + `/pixel.png"><script src="http://` + other + `/s.js"></script>
<a href="http://` + market + `/in/../logout">o</a><a href="http://` + market + `/photo.jpg">m</a><form action="http://` + market + `/form"><button>f</button></form>
<a href="http://` + market + `/%2e%2e/x">o</a><a href="http://` + market + `/redirect">ok</a>`
	f, sim := fetcher(t, map[string]http.Handler{
		market: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/redirect" {
				http.Redirect(w, r, "http://"+other+"/", http.StatusFound)
				return
			}
			w.Header().Set("Refresh", "0; url=http://"+other+"/")
			w.Header().Set("Onion-Location", "http://"+other+"/")
			w.Header().Set("Link", `<http://`+other+`/s.css>; rel=preload`)
			serve("text/html", page).ServeHTTP(w, r)
		}),
		other: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other site was reached") }),
	})
	todo, done := []string{"http://" + market + "/"}, map[string]bool{}
	for ; len(todo) > 0; todo = todo[1:] {
		if done[todo[0]] {
			continue
		}
		done[todo[0]] = true
		p, err := f.Fetch(t.Context(), source(), todo[0], 0)
		if errors.Is(err, vigil.ErrOutOfScope) {
			ended++
			continue
		}
		if strings.HasPrefix(todo[0], "https:") {
			continue // covered by the order, but not served
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{other}, p.Proposals); diff != "" {
			t.Errorf("proposals: %s", diff)
		}
		todo = append(todo, p.Links...)
	}
	if ended != 1 || !done["http://"+market+"/canonical"] {
		t.Errorf("%d refused, visited %v; want one refusal, of the redirect", ended, done)
	}
	for link := range done {
		if strings.Contains(link, "form") || strings.Contains(link, "pixel") || strings.Contains(link, "photo") {
			t.Errorf("visited %s", link)
		}
	}
	for _, q := range sim.Requests() {
		if q.Host != market || q.Port != 80 && q.Port != 443 || q.Type != simnet.Name {
			t.Errorf("the proxy was asked for %s:%d", q.Host, q.Port)
		}
	}
}

func TestFetchRefuses(t *testing.T) {
	f, sim := fetcher(t, map[string]http.Handler{market: serve("text/html", "x")})
	ended := source()
	ended.NotAfter = noon
	for name, test := range map[string]struct {
		src  vigil.Source
		url  string
		want error
	}{
		"the zero source":  {vigil.Source{}, "http://" + market + "/", vigil.ErrOutOfScope},
		"an expired order": {ended, "http://" + market + "/", vigil.ErrNotInForce},
		"another host":     {source(), "http://" + onion("other") + "/", vigil.ErrOutOfScope},
		"no URL":           {source(), "http://" + market + ":x/%zz", vigil.ErrOutOfScope},
		"nothing":          {source(), "", vigil.ErrOutOfScope},
		"a denied path":    {source(), "http://" + market + "/LOGOUT", vigil.ErrOutOfScope},
	} {
		if _, err := f.Fetch(t.Context(), test.src, test.url, 0); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if q := sim.Requests(); len(q) != 0 {
		t.Errorf("the proxy was asked for %+v", q)
	}
}

func TestZeroFetcherRefuses(t *testing.T) {
	good, _ := fetcher(t, map[string]http.Handler{market: serve("text/html", "x")})
	for name, change := range map[string]func(*Fetcher){
		"all":       func(f *Fetcher) { *f = Fetcher{} },
		"Transport": func(f *Fetcher) { f.Transport = nil },
		"MaxBody":   func(f *Fetcher) { f.MaxBody = 0 },
		"Timeout":   func(f *Fetcher) { f.Timeout = 0 },
		"Now":       func(f *Fetcher) { f.Now = nil },
	} {
		f := *good
		change(&f)
		if _, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0); err == nil {
			t.Errorf("without %s: fetched", name)
		}
	}
}

func TestVariablesOfCollyHaveNoEffect(t *testing.T) {
	dir := t.TempDir()
	for name, value := range map[string]string{
		"COLLY_ALLOWED_DOMAINS": "example.com", "COLLY_IGNORE_ROBOTSTXT": "no", "COLLY_MAX_BODY_SIZE": "1",
		"COLLY_FOLLOW_REDIRECTS": "no", "COLLY_USER_AGENT": "other", "COLLY_CACHE_DIR": dir, "COLLY_PARSE_HTTP_ERROR_RESPONSE": "no",
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := fetcher(t, map[string]http.Handler{market: serve("text/html", html5(`<a href="/x">x</a>`))})
			t.Setenv(name, value)
			p, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
			if err != nil || len(p.Links) != 1 || p.Request.Get("User-Agent") != "test" {
				t.Errorf("with %s=%s: %v, links %q", name, value, err, p.Links)
			}
		})
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("colly wrote a cache: %v, %v", files, err)
	}
}

func TestProxyMissing(t *testing.T) {
	f, sim := fetcher(t, nil)
	if err := sim.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0); !errors.Is(err, tor.ErrNoProxy) {
		t.Errorf("%v, want ErrNoProxy", err)
	}
}

func TestProxyErrorsComeThrough(t *testing.T) {
	f, sim := fetcher(t, map[string]http.Handler{market: serve("text/html", "x")})
	sim.Reply(market, 0xf2)
	_, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
	var e *tor.Error
	if !errors.As(err, &e) || e.Code != 0xf2 {
		t.Errorf("%v, want a *tor.Error with code 0xF2", err)
	}
}

func TestLongBodiesAreCut(t *testing.T) {
	f, _ := fetcher(t, map[string]http.Handler{market: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for range 1 << 20 { // 16 MiB, were it read
			if _, err := io.WriteString(w, "<p>endless</p>\n\n"); err != nil {
				return
			}
		}
	})})
	f.MaxBody = 10_000
	p, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
	if err != nil {
		t.Fatal(err)
	}
	if p.Truncated != "length" || p.RawSize != 10_000 || p.RawSHA256 != vigil.SumHex(p.Body) {
		t.Errorf("truncated %q, size %d", p.Truncated, p.RawSize)
	}
	f, _ = fetcher(t, map[string]http.Handler{market: serve("text/plain", strings.Repeat("x", 10_000))})
	f.MaxBody = 10_000
	if p, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0); err != nil || p.Truncated != "" {
		t.Errorf("exactly at the limit: truncated %q, %v", p.Truncated, err)
	}
}

// stall sends a part of a page and then nothing, until its client is gone.
var stall = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	io.WriteString(w, strings.Repeat("<p>slow", 200)+`<a href="/x">`)
	http.NewResponseController(w).Flush()
	<-r.Context().Done()
})

func TestSlowBodiesAreCut(t *testing.T) {
	f, _ := fetcher(t, map[string]http.Handler{market: stall})
	f.Timeout = time.Second
	p, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
	if err != nil {
		t.Fatal(err)
	}
	if p.Truncated != "time" || len(p.Body) == 0 || len(p.Links) != 1 {
		t.Errorf("truncated %q, %d bytes, links %q; want what came until then", p.Truncated, len(p.Body), p.Links)
	}
}

func TestAStopLeavesNoPage(t *testing.T) {
	f, _ := fetcher(t, map[string]http.Handler{market: stall})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := f.Fetch(ctx, source(), "http://"+market+"/", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the context's error", err)
	}
}

func TestBrokenConnections(t *testing.T) {
	p := mustFetch(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Length", "100000")
		io.WriteString(w, strings.Repeat("<p>", 1000))
	}))
	if p.Truncated != "disconnect" || p.RawSize != 3000 {
		t.Errorf("truncated %q, size %d", p.Truncated, p.RawSize)
	}
	_, err := fetchOne(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
	}))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("no byte of the body: %v, want unexpected EOF", err)
	}
}

func TestMediaAreRefused(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"an image":                     serve("image/png", string(pngBytes(1000))),
		"an image said to be HTML":     serve("text/html", string(pngBytes(1000))),
		"a JPEG said to be text":       serve("text/plain", string(jpegBytes(1000))),
		"an image without a type":      serve("", string(pngBytes(1000))),
		"text said to be an image":     serve("image/jpeg", "hello"),
		"an SVG file":                  serve("image/svg+xml", "<svg/>"),
		"a video":                      serve("video/mp4", "x"),
		"an MP4 said to be HTML":       serve("text/html", "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"),
		"an AVIF said to be HTML":      serve("text/html", "\x00\x00\x00\x20ftypavif\x00\x00\x00\x00"),
		"a PDF":                        serve("application/pdf", "%PDF-1.4"),
		"a PDF said to be HTML":        serve("text/html", "%PDF-1.4"),
		"a ZIP said to be JSON":        serve("application/json", "PK\x03\x04\x14\x00"),
		"unknown bytes":                serve("application/octet-stream", "x"),
		"noise said to be HTML":        serve("text/html", strings.Repeat("\x01\x02\xf3a", 100)),
		"many parts":                   serve("multipart/x-mixed-replace; boundary=x", "x"),
		"compressed in another way":    header(serve("text/html", "x"), "Content-Encoding", "compress"),
		"compressed thrice":            header(serve("text/html", "x"), "Content-Encoding", "gzip, br, gzip"),
		"an image, compressed":         header(serve("text/html", packed("gzip", string(pngBytes(1000)))), "Content-Encoding", "gzip"),
		"an image behind a redirect":   behindRedirect(serve("image/png", string(pngBytes(1000)))),
		"gzip said to be nothing else": serve("text/html", packed("gzip", "<html>")),
	} {
		p, err := fetchOne(t, h)
		if !errors.Is(err, ErrMedia) {
			t.Errorf("%s: %v, want ErrMedia", name, err)
		}
		if diff := cmp.Diff(vigil.Page{}, p); diff != "" {
			t.Errorf("%s: something was kept: %s", name, diff)
		}
	}
}

func TestMediaBodiesAreNotRead(t *testing.T) {
	sent := make(chan int, 1)
	_, err := fetchOne(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "video/mp4")
		n := 0
		for range 1 << 12 {
			k, err := w.Write(make([]byte, 1<<16))
			n += k
			if err != nil {
				break
			}
		}
		sent <- n
	}))
	if !errors.Is(err, ErrMedia) {
		t.Fatal(err)
	}
	if n := <-sent; n == 1<<28 {
		t.Error("the whole body was taken")
	}
}

func TestTextTypesArePages(t *testing.T) {
	for contentType, body := range map[string]string{
		"text/html":                        "<p>x",
		"TEXT/HTML; charset=utf-8":         "<p>x",
		"application/xhtml+xml":            "<html/>",
		"text/plain":                       "BMW for sale, 2024, one owner",
		"application/json":                 `{"a":1}`,
		"application/rss+xml":              "<rss/>",
		"text/xml":                         "<?xml version='1.0'?><x/>",
		"text/html; charset=windows-1251":  "\xcf\xf0\xe8\xe2\xe5\xf2, \xff\xfb",
		"text/html; charset=iso-2022-jp":   "\x1b$B%F\x1b(B",
		"":                                 "<html><p>x",
		"text/html ":                       "",
		"text/html;boundary=\x80 nonsense": "x",
	} {
		if p := mustFetch(t, serve(contentType, body)); string(p.Body) != body {
			t.Errorf("%q: body %q, want %q", contentType, p.Body, body)
		}
	}
}

func header(h http.Handler, name, value string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, value)
		h.ServeHTTP(w, r)
	})
}

func behindRedirect(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/next", http.StatusFound)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func TestBrokenMarkup(t *testing.T) {
	deep := strings.Repeat("<div>", 600) + `<a href="/deep">x</a>`
	p := mustFetch(t, serve("text/html", html5(deep)))
	if diff := cmp.Diff(at("/deep"), p.Links); diff != "" {
		t.Errorf("the links of a page that x/net/html refuses: %s", diff)
	}
	for name, body := range map[string]string{
		"unclosed":              `<a href="/x"`,
		"no markup but a link":  `<a href=/x>`,
		"a null":                "<p>\x00</p><a href='/x'>",
		"a script in the way":   `<script>if (a<b) "</scr"+"ipt>"</script><a href="/x">`,
		"tables in tables":      strings.Repeat("<table><tr><td>", 100) + `<a href=/x>`,
		"comments never closed": `<a href=/x><!-- <a href=/y>`,
	} {
		p := mustFetch(t, serve("text/html", body))
		if name != "unclosed" && !cmp.Equal(p.Links, at("/x")) {
			t.Errorf("%s: links %q", name, p.Links)
		}
	}
}

func TestHTMLUnderOtherTypes(t *testing.T) {
	for _, contentType := range []string{"text/plain", "application/xml", "application/json", "application/xhtml+xml"} {
		p := mustFetch(t, serve(contentType, html5(`<a href="/x">x</a>`)))
		if diff := cmp.Diff(at("/x"), p.Links); diff != "" {
			t.Errorf("%s: %s", contentType, diff)
		}
	}
}

// A brokenBody panics when it is closed, after its page was read.
type brokenBody struct{ io.Reader }

func (brokenBody) Close() error { panic("in a library") }

func TestAPanicKeepsThePage(t *testing.T) {
	f := replaying(200, http.Header{"Content-Type": {"text/html"}}, nil)
	f.Transport = func(vigil.Source) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: brokenBody{strings.NewReader("<a href=/x>")}, Request: r}, nil
		})
	}
	p, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
	if err != nil {
		t.Fatal(err)
	}
	if string(p.Body) != "<a href=/x>" || !strings.Contains(p.Problem, "in a library") || !cmp.Equal(p.Links, at("/x")) {
		t.Errorf("body %q, problem %q, links %q", p.Body, p.Problem, p.Links)
	}
}

func TestAPanicBeforeThePageIsAnError(t *testing.T) {
	f := replaying(200, nil, nil)
	f.Transport = func(vigil.Source) http.RoundTripper {
		return roundTripper(func(*http.Request) (*http.Response, error) { panic("in a library") })
	}
	if _, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0); err == nil || !strings.Contains(err.Error(), "in a library") {
		t.Errorf("%v, want the panic as an error", err)
	}
}

func TestNextTasks(t *testing.T) {
	src := source()
	p := vigil.Page{ID: "page", Depth: src.MaxDepth - 1, Links: at("/a", "/b")}
	got := NextTasks(src, p)
	want := []vigil.Task{vigil.NewTask(vigil.Extract, "ORD-TEST/market", "page")}
	for _, link := range p.Links {
		task := vigil.NewTask(vigil.Fetch, "ORD-TEST/market", link)
		task.Depth, task.From = src.MaxDepth, "page"
		want = append(want, task)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	p.Depth = src.MaxDepth
	if diff := cmp.Diff(want[:1], NextTasks(src, p)); diff != "" {
		t.Errorf("at the greatest depth: %s", diff)
	}
}
