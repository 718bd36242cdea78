package pagetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// hostilePage is a listing whose page tries to load and to run something in every
// way that pages have, in its text, its names and its addresses.
const hostilePage = `<!DOCTYPE html><html><head><title>"><script>parent.ran = ran = 1</script></title>
<meta http-equiv="refresh" content="0;url=http://outside.example/refresh"><base href="http://outside.example/base/">
<link rel="stylesheet" href="http://outside.example/css"><link rel="prefetch" href="http://outside.example/prefetch"><link rel="dns-prefetch" href="//outside.example">
<style>@import "http://outside.example/import"; body { background: url(http://outside.example/style) } @font-face { font-family: x; src: url(http://outside.example/font) }</style></head>
<body onload="parent.ran = ran = 1"><main class="container"><article class="card product" data-id="hostile"><header class="card-header"><h1 class="product-title">Offer &lt;img src=http://outside.example/text onerror="ran = 1"&gt; {{.ID}} ${7*7} <svg onload="ran = 1"><script>ran = 1</script></svg></h1>
<p class="product-vendor">Sold by <a class="vendor-link" href="/vendor/hostile">hostile</a></p></header>
<section class="product-description" id="description"><p>One worker, sold to the buyer with her debt; passport is kept by the agent until the debt is paid. She may not leave the house.
"><img src="http://outside.example/img" onerror="parent.ran = ran = 1"><iframe src="http://outside.example/frame" srcdoc="<script>parent.ran = ran = 1</script>"></iframe>
<object data="http://outside.example/object"></object><embed src="http://outside.example/embed"><video src="http://outside.example/video" poster="http://outside.example/poster"></video>
<form action="http://outside.example/form"><input autofocus onfocus="ran = 1"><button formaction="javascript:ran = 1">Go</button></form>
<a href="javascript:ran = 1" ping="http://outside.example/ping">a link</a> <math><mtext><style><img src=x onerror="ran = 1"></style></mtext></math>
&#x202e;desrever&#x202c; zero&#x200b;width <script src="http://outside.example/script"></script><script>parent.ran = ran = 1; fetch("http://outside.example/fetch")</script>
</section></article></main><plaintext>&lt;/main&gt;&lt;/html&gt;</p></body></html>`

// withHostilePage imports the page into the case, reads it, and returns its listing.
func withHostilePage(t *testing.T, s *site) (listing string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(hostilePage), 0o644); err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`"url":"(http://[^"/]+/listing/)`).FindStringSubmatch(s.must("--json", "review", "--all"))
	if m == nil {
		t.Fatal("the case has no listing beside which the page would stand")
	}
	url := m[1] + "hostile"
	s.must("import", file, "--url", url)
	s.must("classify")
	for line := range strings.Lines(s.must("--json", "review", "--all")) {
		var it struct{ URL, Listing string }
		if json.Unmarshal([]byte(line), &it) == nil && it.URL == url {
			return it.Listing
		}
	}
	t.Fatalf("no listing of %s", url)
	return ""
}

func TestAHostilePageLoadsAndRunsNothing(t *testing.T) {
	s := newSite(t)
	id := withHostilePage(t, s)
	s.serve()
	b := signIn(t, s)
	var asked []string
	chromedp.ListenTarget(b.ctx, func(e any) {
		if r, ok := e.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(r.Request.URL, b.base+"/") && !strings.HasPrefix(r.Request.URL, "data:") {
			asked = append(asked, r.Request.URL)
		}
	})
	looked := 0
	for _, at := range []string{"/", "/item/" + id, "/item/" + id + "/versions", "/item/" + id + "/source", "/item/" + id + "/render", "/cluster/" + id, "/links/" + id, "/search?q=worker", "/log"} {
		b.goTo(at)
		if !eval[bool](b, `document.title !== "Not found"`) {
			continue
		}
		looked++
		b.do("open what is folded", chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => d.open = true)`, nil))
		if eval[bool](b, `"ran" in window || [...document.querySelectorAll("iframe")].some(f => { try { return "ran" in f.contentWindow } catch { return false } })`) {
			t.Errorf("%s: the page has run something", at)
		}
		if loose := eval[[]string](b, `[...document.querySelectorAll("img, object, embed, video, audio, base, link, iframe, form, a[href], script")].filter(e => /outside\.example|javascript:/.test(e.outerHTML.split(">")[0])).map(e => e.outerHTML.slice(0, 200))`); len(loose) > 0 {
			t.Errorf("%s has elements of the captured page: %q", at, loose)
		}
	}
	if looked < 4 {
		t.Errorf("%d pages were looked at", looked)
	}
	b.goTo("/item/" + id)
	b.do("unfold", chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => d.open = true)`, nil))
	b.says("U+202E", "U+200B")
	if len(asked) > 0 {
		t.Errorf("asked for outside: %q", asked)
	}
	// Had anything been asked for, it would have been seen.
	b.do("load a picture from elsewhere", chromedp.Navigate(`data:text/html,<img src="http://outside.example/seen">`))
	b.wait("the picture to fail", `document.images[0].complete`)
	if len(asked) == 0 {
		t.Error("a page loads a picture from elsewhere, and nothing was seen")
	}
}
