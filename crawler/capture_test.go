package crawler

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/net/html/charset"

	"vigil"
	"vigil/internal/encoding"
	"vigil/internal/extract"
)

// packed compresses s.
func packed(coding, s string) string {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "flate":
		w, _ = flate.NewWriter(&b, 6)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b)
	}
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

// read returns what the extract stage makes of a page as it was stored.
func read(t testing.TB, p vigil.Page) vigil.Listing {
	t.Helper()
	r, err := extract.New()
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.Read(p, extract.Generic)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestTheRequestLooksLikeTorBrowsers reads the request off the wire.
func TestTheRequestLooksLikeTorBrowsers(t *testing.T) {
	var got []string
	f, _ := fetcher(t, map[string]http.Handler{market: hijack(func(c *bufio.ReadWriter, r *http.Request) {
		for name, v := range r.Header {
			got = append(got, name+": "+strings.Join(v, ", "))
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx")
	})})
	p, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"User-Agent": "test", "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "en-US,en;q=0.5",
		"Accept-Encoding": "gzip, deflate", "Connection": "keep-alive", "Upgrade-Insecure-Requests": "1",
		"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none", "Sec-Fetch-User": "?1", "Priority": "u=0, i",
	}
	for _, line := range got {
		name, v, _ := strings.Cut(line, ": ")
		if want[name] != v || p.Request.Get(name) != v {
			t.Errorf("sent %q, recorded %q, want %q", line, p.Request.Get(name), want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("sent %q", got)
	}
	if enc := requestHeader("https", "x").Get("Accept-Encoding"); enc != "gzip, deflate, br, zstd" {
		t.Errorf("over TLS: %q", enc)
	}
}

// hijack returns a handler that writes to the connection itself, which is
// closed then.
func hijack(write func(c *bufio.ReadWriter, r *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, c, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		write(c, r)
		c.Flush()
	})
}

// answer returns a handler that sends these bytes and closes the connection.
func answer(lines ...string) http.Handler {
	return hijack(func(c *bufio.ReadWriter, _ *http.Request) { io.WriteString(c, strings.Join(lines, "\r\n")) })
}

func TestCompressedPagesAreKeptAsReceived(t *testing.T) {
	body := html5(`<h1>Lamp</h1><a href="/x">x</a>`)
	for format, coding := range map[string]string{"gzip": "gzip", "zlib": "deflate", "flate": "Deflate", "br": "br", "zstd": "zstd"} {
		raw := packed(format, body)
		p := mustFetch(t, header(serve("text/html", raw), "Content-Encoding", coding))
		if string(p.Body) != raw || p.Response.Get("Content-Encoding") != coding || p.Problem != "" {
			t.Errorf("%s: the body is not what was received, problem %q", format, p.Problem)
		}
		if diff := cmp.Diff(at("/x"), p.Links); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
		if l := read(t, p); l.Title != "Lamp" || len(l.Problems) > 0 {
			t.Errorf("%s: read as %q, problems %q", format, l.Title, l.Problems)
		}
	}
	twice := packed("br", packed("gzip", body))
	p := mustFetch(t, header(serve("text/html", twice), "Content-Encoding", "gzip, br"))
	if l := read(t, p); string(p.Body) != twice || len(p.Links) != 1 || l.Title != "Lamp" {
		t.Errorf("compressed twice: links %q, title %q", p.Links, l.Title)
	}
}

func TestPlainTextSaidToBeCompressedIsAPage(t *testing.T) {
	body := html5(`<h1>Lamp</h1><a href="/x">x</a>`)
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		p := mustFetch(t, header(serve("text/html", body), "Content-Encoding", coding))
		if string(p.Body) != body || len(p.Links) != 1 || !strings.Contains(p.Problem, "plain text") {
			t.Errorf("%s: body %q, links %q, problem %q", coding, p.Body, p.Links, p.Problem)
		}
		if l := read(t, p); l.Title != "Lamp" || !strings.Contains(strings.Join(l.Problems, " "), "plain text") {
			t.Errorf("%s: read as %q, problems %q", coding, l.Title, l.Problems)
		}
	}
}

func TestABombIsCutAtTheLimit(t *testing.T) {
	for format, coding := range map[string]string{"gzip": "gzip", "zlib": "deflate", "br": "br", "zstd": "zstd"} {
		raw := packed(format, "<html><h1>Lamp</h1><a href=/x>"+strings.Repeat("\n", 8<<20))
		p := mustFetch(t, header(serve("text/html", raw), "Content-Encoding", coding))
		if len(p.Body) != 1<<20 || p.Truncated != "length" || !strings.Contains(p.Problem, "expands beyond the limit") {
			t.Errorf("%s: %d bytes kept, truncated %q, problem %q; want the limit of 1 MiB", format, len(p.Body), p.Truncated, p.Problem)
		}
		if p.RawSHA256 != vigil.SumHex([]byte(raw)) || p.RawSize != int64(len(raw)) {
			t.Errorf("%s: the raw hash is not that of what was received", format)
		}
		l := read(t, p)
		if l.Title != "Lamp" || len(p.Links) != 1 || !strings.Contains(strings.Join(l.Problems, " "), "cut off: length") {
			t.Errorf("%s: title %q, links %q, problems %q", format, l.Title, p.Links, l.Problems)
		}
	}
}

func TestBrokenCompressionIsKeptAsFarAsItGoes(t *testing.T) {
	for format, coding := range map[string]string{"gzip": "gzip", "zlib": "deflate", "flate": "deflate", "br": "br", "zstd": "zstd"} {
		var noise strings.Builder
		lines := 2000
		if coding == "zstd" {
			lines = 30_000 // several blocks, the least that is decoded
		}
		for i := range lines {
			fmt.Fprintf(&noise, "<p>%d", i*i*7919)
		}
		raw := packed(format, "<h1>Lamp</h1><a href=/x>x</a>"+noise.String())
		for name, sent := range map[string]string{"cut": raw[:len(raw)-len(raw)/4], "spoilt": raw + "\x89PNG\r\n\x1a\n\x00\x00"} {
			p := mustFetch(t, header(serve("text/html", sent), "Content-Encoding", coding))
			if p.Problem == "" || len(p.Withheld) != 1 || p.RawSHA256 != vigil.SumHex([]byte(sent)) {
				t.Errorf("%s, %s: withheld %+v, problem %q", format, name, p.Withheld, p.Problem)
			}
			if bytes.Contains(p.Body, []byte("PNG")) || !bytes.HasPrefix(p.Body, []byte("<h1>Lamp")) || len(p.Links) != 1 {
				t.Errorf("%s, %s: kept %.60q, links %q", format, name, p.Body, p.Links)
			}
			if l := read(t, p); l.Title != "Lamp" {
				t.Errorf("%s, %s: read as %q", format, name, l.Title)
			}
		}
	}
}

func TestMediaInCompressedPages(t *testing.T) {
	img := `<img src="data:image/png;base64,` + b64(pngBytes(100)) + `">`
	for format, coding := range map[string]string{"gzip": "gzip", "br": "br", "zstd": "zstd"} {
		raw := packed(format, html5(img+"<h1>Lamp</h1>"))
		p := mustFetch(t, header(serve("text/html", raw), "Content-Encoding", coding))
		if len(p.Withheld) != 1 || bytes.Contains(p.Body, []byte("iVBOR")) || p.RawSHA256 != vigil.SumHex([]byte(raw)) {
			t.Errorf("%s: withheld %+v", format, p.Withheld)
		}
		contains(t, p, "<h1>Lamp")
		if l := read(t, p); l.Title != "Lamp" {
			t.Errorf("%s: title %q", format, l.Title)
		}
	}
}

// TestMediaBesideTheCompressedText hides media where decoders do not look.
func TestMediaBesideTheCompressedText(t *testing.T) {
	body, png := html5("<h1>Lamp</h1>"), string(pngBytes(100))
	var commented bytes.Buffer
	w := gzip.NewWriter(&commented)
	w.Extra = []byte(png)
	io.WriteString(w, body)
	w.Close()
	skipped := "\x50\x2a\x4d\x18" + string([]byte{byte(len(png)), 0, 0, 0}) + png
	for name, h := range map[string]http.Handler{
		"in a field of gzip":             header(serve("text/html", commented.String()), "Content-Encoding", "gzip"),
		"in a frame that zstd skips":     header(serve("text/html", skipped+packed("zstd", body)), "Content-Encoding", "zstd"),
		"in a last frame of zstd":        header(serve("text/html", packed("zstd", body)+skipped), "Content-Encoding", "zstd"),
		"after gzip":                     header(serve("text/html", packed("gzip", body)+png), "Content-Encoding", "gzip"),
		"after deflate":                  header(serve("text/html", packed("zlib", body)+png), "Content-Encoding", "deflate"),
		"after br":                       header(serve("text/html", packed("br", body)+png), "Content-Encoding", "br"),
		"inside, after the inner coding": header(serve("text/html", packed("gzip", packed("zlib", body)+png)), "Content-Encoding", "deflate, gzip"),
	} {
		p := mustFetch(t, h)
		if bytes.Contains(p.Body, []byte("PNG")) || string(p.Body) != body || len(p.Withheld) == 0 || p.Problem == "" {
			t.Errorf("%s: kept %.80q, problem %q", name, p.Body, p.Problem)
		}
	}
}

func TestCompressedMediaAreNotReadToTheirEnd(t *testing.T) {
	noise := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	image := []byte(packed("gzip", string(pngBytes(0))+string(noise)))
	var taken int
	f := replaying(200, http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"gzip"}}, nil)
	f.MaxBody = 64 << 20
	f.Transport = func(vigil.Source) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			body := io.NopCloser(counted{bytes.NewReader(image), &taken})
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Encoding": {"gzip"}}, Body: body, Request: r, ContentLength: -1}, nil
		})
	}
	if _, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0); err == nil {
		t.Fatal("an image was kept")
	}
	if taken != codedLen || len(image) < 2*codedLen {
		t.Errorf("%d of %d bytes were read", taken, len(image))
	}
}

// counted counts the bytes that are read.
type counted struct {
	r io.Reader
	n *int
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += n
	return n, err
}

// utf16Bytes returns s in UTF-16.
func utf16Bytes(s string, isBig bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if isBig {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func TestMediaInUTF16Pages(t *testing.T) {
	page := html5(`<h1>Лампа</h1><img src="data:image/png;base64,` + b64(pngBytes(100)) + `"><a href="/x">x</a>`)
	for name, h := range map[string]http.Handler{
		"with a byte order mark":   serve("text/html", "\xff\xfe"+utf16Bytes(page, false)),
		"without, little endian":   serve("text/html", utf16Bytes(page, false)),
		"without, big endian":      serve("text/html", utf16Bytes(page, true)),
		"declared":                 serve("text/html; charset=utf-16be", utf16Bytes(page, true)),
		"declared to be another":   serve("text/html; charset=windows-1251", utf16Bytes(page, true)),
		"compressed":               header(serve("text/html", packed("gzip", utf16Bytes(page, true))), "Content-Encoding", "gzip"),
		"iso-2022-jp, media torn":  serve("text/html; charset=iso-2022-jp", strings.Replace(page, "data:", "da\x1b(Bta:", 1)),
		"2022 nowhere, media torn": serve("text/html", strings.Replace(strings.ReplaceAll(page, "Лампа", "Lamp"), "data:", "da\x1b(Bta:", 1)),
	} {
		p := mustFetch(t, h)
		if len(p.Withheld) != 1 || len(p.Links) != 1 || bytes.Contains(p.Body, []byte("iVBOR")) {
			t.Errorf("%s: withheld %+v, links %q", name, p.Withheld, p.Links)
		}
		// Whoever reads the kept text later must not take it for what the header says.
		if !bytes.HasPrefix(p.Body, []byte("\ufeff")) {
			t.Errorf("%s: the kept text is not marked as UTF-8: %.20q", name, p.Body)
		}
		if l := read(t, p); !strings.Contains(name, "2022") && l.Title != "Лампа" {
			t.Errorf("%s: read as %q, problems %q", name, l.Title, l.Problems)
		}
	}
}

// TestMediaUnderTwoReadings hides media from whoever believes only one of the
// charsets that a page may be taken for.
func TestMediaUnderTwoReadings(t *testing.T) {
	img := `<img src="data:image/png;base64,` + b64(pngBytes(100)) + `">`
	wide, text := utf16Bytes(html5(img), false), utf16Bytes(html5(strings.Repeat("text ", 1000)), false)
	for name, h := range map[string]http.Handler{
		"plain after UTF-16":        serve("text/html", text+img),
		"UTF-16 after plain":        serve("text/html; charset=utf-16le", html5(strings.Repeat("text ", 1000))+wide),
		"UTF-16 and plain":          serve("text/html", text+wide+img),
		"escapes and UTF-8 letters": serve("text/html; charset=iso-2022-jp", "Лампа"+strings.Replace(img, "data:", "da\x1b(Bta:", 1)),
	} {
		p := mustFetch(t, h)
		for _, kept := range [][]byte{p.Body, bytes.ReplaceAll(p.Body, []byte{0}, nil)} {
			if len(p.Withheld) == 0 || bytes.Contains(kept, []byte("iVBOR")) {
				t.Errorf("%s: withheld %+v, kept %d bytes", name, p.Withheld, len(kept))
			}
		}
	}
}

func TestCharsets(t *testing.T) {
	const title, link = "Лампа из латуни", "/%D1%82%D0%BE%D0%B2%D0%B0%D1%80"
	text := "<h1>" + title + "</h1><p>Продаём лампы и свечи оптом, доставка по стране в течение недели, обращайтесь</p><a href=\"/товар\">x</a>"
	inCyrillic := func(charset string) string { return encode(t, charset, text) }
	for name, h := range map[string]http.Handler{
		"windows-1251 in the header":  serve("text/html; charset=windows-1251", inCyrillic("windows-1251")),
		"windows-1251 in the page":    serve("text/html", `<meta charset="windows-1251">`+inCyrillic("windows-1251")),
		"windows-1251 in the page, 2": serve("text/html", `<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">`+inCyrillic("windows-1251")),
		"windows-1251 nowhere":        serve("text/html", inCyrillic("windows-1251")),
		"windows-1251 said UTF-8":     serve("text/html; charset=utf-8", inCyrillic("windows-1251")),
		"koi8-r nowhere":              serve("text/html", inCyrillic("koi8-r")),
		"UTF-16 nowhere":              serve("text/html", utf16Bytes(text, false)),
		"UTF-8 said windows-1251":     serve("text/html; charset=windows-1251", text),
		"gb18030 in the header":       serve("text/html; charset=gb18030", inCyrillic("gb18030")),
	} {
		p := mustFetch(t, h)
		if diff := cmp.Diff(at(link), p.Links); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		l := read(t, p)
		if l.Title != title {
			t.Errorf("%s: title %q, problems %q", name, l.Title, l.Problems)
		}
		isDoubtful := strings.Contains(name, "nowhere") && !strings.HasPrefix(name, "UTF") || strings.Contains(name, "said")
		if isDoubtful != (p.Problem != "") || isDoubtful != (len(l.Problems) > 0) {
			t.Errorf("%s: problem of the page %q, of the listing %q", name, p.Problem, l.Problems)
		}
	}
}

func TestOddAnswersArePages(t *testing.T) {
	page := html5("<h1>Lamp</h1><a href=/x>x</a>")
	for name, test := range map[string]struct {
		h         http.Handler
		truncated string
		links     int
	}{
		"HTTP/1.0 without a length": {answer("HTTP/1.0 200 OK", "Content-Type: text/html", "", page), "", 1},
		"HTTP/1.1 without a length": {answer("HTTP/1.1 200 OK", "Content-Type: text/html", "Connection: close", "", page), "", 1},
		"chunks cut off":            {answer("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", fmt.Sprintf("%x", len(page)), page, "ff", "<p>more"), "disconnect", 1},
		"a chunk that is none":      {answer("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", fmt.Sprintf("%x", len(page)), page, "zz", ""), "disconnect", 1},
		"shorter than its length":   {answer("HTTP/1.1 200 OK", "Content-Length: 5000", "", page), "disconnect", 1},
		"longer than its length":    {answer("HTTP/1.1 200 OK", fmt.Sprintf("Content-Length: %d", len(page)), "", page+"<a href=/y>"), "", 1},
		"a length of petabytes":     {answer("HTTP/1.1 200 OK", "Content-Length: 4000000000000000", "", page), "disconnect", 1},
		"an empty body":             {answer("HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Length: 0", "", ""), "", 0},
		"an empty body, compressed": {answer("HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Length: 0", "", ""), "", 0},
		"no content":                {answer("HTTP/1.1 204 No Content", "", ""), "", 0},
		"a part":                    {answer("HTTP/1.1 206 Partial Content", "Content-Range: bytes 0-9/10", "Connection: close", "", page), "", 1},
		"not modified":              {answer("HTTP/1.1 304 Not Modified", "", ""), "", 0},
		"no Content-Type":           {answer("HTTP/1.1 200 OK", "Connection: close", "", page), "", 1},
		"an odd Content-Type":       {answer("HTTP/1.1 200 OK", "Content-Type: ;;;=\"", "Connection: close", "", page), "", 1},
		"two Content-Types":         {answer("HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Type: text/plain", "Connection: close", "", page), "", 1},
		"text/plain":                {answer("HTTP/1.1 200 OK", "Content-Type: text/plain", "Connection: close", "", page), "", 1},
	} {
		p := mustFetch(t, test.h)
		if p.Truncated != test.truncated || len(p.Links) != test.links || p.Problem != "" {
			t.Errorf("%s: truncated %q, links %q, problem %q", name, p.Truncated, p.Links, p.Problem)
		}
		if test.links > 0 && !strings.HasPrefix(string(p.Body), page) {
			t.Errorf("%s: body %q", name, p.Body)
		}
		read(t, p)
	}
}

// TestAnEndlessDripEndsInTime is served one tag at a time, never silent for long
// and never at an end: only the limit of the whole page ends it.
func TestAnEndlessDripEndsInTime(t *testing.T) {
	f, _ := fetcher(t, map[string]http.Handler{market: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<h1>Lamp</h1><a href=/x>")
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, "<p>"); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})})
	f.Timeout = 500 * time.Millisecond
	p, err := f.Fetch(t.Context(), source(), "http://"+market+"/", 0)
	if err != nil {
		t.Fatal(err)
	}
	if p.Truncated != "time" || len(p.Links) != 1 || p.RawSHA256 != vigil.SumHex(p.Body) || !bytes.HasSuffix(p.Body, []byte("<p>")) {
		t.Errorf("truncated %q, links %q, kept %.80q", p.Truncated, p.Links, p.Body)
	}
	if l := read(t, p); l.Title != "Lamp" || !strings.Contains(strings.Join(l.Problems, " "), "cut off: time") {
		t.Errorf("read as %q, problems %q", l.Title, l.Problems)
	}
}

func TestPagesTooDeepForAParserAreKept(t *testing.T) {
	const deep = 100_000
	for name, body := range map[string]string{
		"nested blocks":     "<title>Lamp</title>" + strings.Repeat("<div>", deep) + "<p>the deepest text</p><a href=/x>x</a>",
		"nested formatting": "<title>Lamp</title>" + strings.Repeat("<b><i>", deep/2) + "<p>the deepest text</p><a href=/x>x</a>",
		"nested tables":     "<title>Lamp</title>" + strings.Repeat("<table><tr><td>", deep/3) + "<p>the deepest text</p><a href=/x>x</a>",
		"nested drawings":   "<title>Lamp</title>" + strings.Repeat("<svg>", deep/4) + strings.Repeat("</svg>", deep/4) + strings.Repeat("<ul><li>", deep/2) + "<p>the deepest text</p><a href=/x>x</a>",
	} {
		p := mustFetch(t, serve("text/html; charset=utf-8", body))
		if string(p.Body) != body || p.Problem != "" {
			t.Errorf("%s: %d bytes kept, problem %q", name, len(p.Body), p.Problem)
		}
		if diff := cmp.Diff(at("/x"), p.Links); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		l := read(t, p)
		if l.Title != "Lamp" || !strings.Contains(l.Description, "the deepest text") || len(l.Links) != 1 {
			t.Errorf("%s: title %q, description %.40q, links %q", name, l.Title, l.Description, l.Links)
		}
		if !strings.Contains(strings.Join(l.Problems, " "), "could not be made into a tree") {
			t.Errorf("%s: problems %q do not say so", name, l.Problems)
		}
	}
}

// FuzzCapture fetches whatever a server may answer, and checks what must hold
// for any page.
func FuzzCapture(f *testing.F) {
	page := `<meta charset=koi8-r><a href=/x>x</a><img src="data:image/png;base64,iVBORw0KGgo=">`
	for _, coding := range []string{"", "gzip", "zlib", "br", "zstd"} {
		body := page
		if coding != "" {
			body = packed(coding, page)
		}
		f.Add("text/html", strings.Replace(coding, "zlib", "deflate", 1), []byte(body))
	}
	f.Add("text/html; charset=utf-16", "", []byte("\xff\xfe<\x00a\x00"))
	f.Add("text/html; charset=iso-2022-jp", "gzip, br", []byte("\x1b$B"))
	f.Fuzz(func(t *testing.T, contentType, coding string, body []byte) {
		h := http.Header{"Content-Type": {contentType}, "Content-Encoding": {coding}}
		fetch := replaying(200, h, body)
		fetch.MaxBody = 1 << 16
		p, err := fetch.Fetch(t.Context(), source(), "http://"+market+"/", 0)
		if err != nil {
			return
		}
		if p.BodySHA256 != vigil.SumHex(p.Body) || p.BodySize != int64(len(p.Body)) {
			t.Error("the body does not match its hash or size")
		}
		if (p.RawSHA256 != p.BodySHA256) != (len(p.Withheld) > 0) {
			t.Errorf("the hashes differ: %v, withheld %d", p.RawSHA256 != p.BodySHA256, len(p.Withheld))
		}
		if len(p.Withheld) == 0 && !bytes.Equal(p.Body, body[:min(len(body), 1<<16)]) {
			t.Error("changed without saying so")
		}
		// What is kept holds no medium that its reader would find.
		text, _ := encoding.Body(p, 1<<16)
		if _, found := withhold(encoding.Decode(text, contentType).UTF8); len(found) > 0 {
			t.Errorf("media were kept: %+v", found)
		}
	})
}

// BenchmarkFetchCompressed fetches the page of BenchmarkFetch in each coding.
func BenchmarkFetchCompressed(b *testing.B) {
	for format, coding := range map[string]string{"gzip": "gzip", "zlib": "deflate", "br": "br", "zstd": "zstd"} {
		b.Run(coding, func(b *testing.B) {
			f, _ := fetcher(b, map[string]http.Handler{market: header(serve("text/html; charset=utf-8", packed(format, benchPage())), "Content-Encoding", coding)})
			src := source()
			b.ReportAllocs()
			for b.Loop() {
				if p, err := f.Fetch(b.Context(), src, "http://"+market+"/", 0); err != nil || len(p.Links) != 50 {
					b.Fatal(err, len(p.Links))
				}
			}
		})
	}
}

// encode returns s in a charset.
func encode(t testing.TB, name, s string) string {
	t.Helper()
	e, _ := charset.Lookup(name)
	b, err := e.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
