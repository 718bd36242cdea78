package outside

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// What ReplayWeb.page calls the things that it checks when it opens an archive.
const (
	signatureRow = "signature"
	packageRow   = "defaultdatapackage.json"
	pagesRow     = "defaultpages/pages.jsonl"
)

// replay opens the archive of captures in ReplayWeb.page, in a browser.
func (e *evidence) replay(t *testing.T) {
	p := newPlayer(t)
	captured := e.captured(t)
	for i, c := range captured {
		picture, right := p.play(t, e.file(t, waczName), c.url, c.title)
		keep(t, picture, i)
		for _, row := range []string{signatureRow, packageRow, pagesRow} {
			if !right[row] {
				t.Errorf("ReplayWeb.page finds %s wrong, of %v", row, right)
			}
		}
	}
	first := captured[0]
	type changes = map[string]func([]byte) []byte
	_, right := p.play(t, e.with(t, changes{"datapackage-digest.json": flipSignature(t)}), first.url, first.title)
	if is, noted := right[signatureRow]; !noted || is || !right[packageRow] {
		t.Errorf("the signature was changed, and ReplayWeb.page notes %v", right)
	}
	_, right = p.play(t, e.with(t, changes{
		"datapackage.json": replacing("Captures of", "Captures off"), "pages/pages.jsonl": replacing(first.title, "Another title"),
	}), first.url, first.title)
	for _, row := range []string{packageRow, pagesRow} {
		if is, noted := right[row]; !noted || is {
			t.Errorf("%s was changed, and ReplayWeb.page notes %v", row, right)
		}
	}
	archive, page := e.hostile(t)
	p.play(t, archive, page, "A page that has reached out")
	p.checkAsked(t)
}

// reachOut is the end of a page that tries to load from elsewhere in every way that
// pages have. It begins by closing what it may have cut through.
const reachOut = `"></a>
<img src="http://outside.example/img"><iframe src="http://outside.example/frame"></iframe>
<link rel="stylesheet" href="http://outside.example/css"><link rel="prefetch" href="http://outside.example/prefetch">
<p style="background: url(http://outside.example/style)"></p><script src="http://outside.example/script"></script>
<script>
for (const way of [() => fetch("http://outside.example/fetch"), () => new Image().src = "http://outside.example/image",
	() => navigator.sendBeacon("http://outside.example/beacon"), () => new WebSocket("ws://outside.example/socket"),
	() => new Worker("data:text/javascript,fetch('http://outside.example/worker')"),
]) try { way() } catch {}
setTimeout(() => document.body.append("A page that has " + "reached out"), 500)
</script></html>`

// hostile returns an archive, made by another writer, in which a page ends in reachOut.
func (e *evidence) hostile(t *testing.T) (archive []byte, page string) {
	t.Helper()
	program := npm(t, "@harvard-lil/js-wacz/bin/cli.js")
	dir := e.unpacked(t)
	first := index(t, string(read(t, filepath.Join(dir, "indexes", "index.cdxj"))))[0]
	warc := filepath.Join(dir, "archive", first.Filename)
	offset, err := strconv.ParseInt(first.Offset, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	length, err := strconv.ParseInt(first.Length, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	put(t, warc, reworded(t, read(t, warc), offset, length, reachOut))
	out := filepath.Join(dir, "hostile.wacz")
	must(t, dir, "node", program, "create", "--log-level", "error", "--file", warc, "--output", out)
	return read(t, out), first.URL
}

// checkAsked checks that nothing was asked for but the player and the archives.
func (p *player) checkAsked(t *testing.T) {
	t.Helper()
	for _, path := range p.all() {
		if !p.owns(path) {
			t.Errorf("a page that is played asks its server for %s", path)
		}
	}
	if asked := p.outside.all(); len(asked) != 0 {
		t.Errorf("asked for outside of the archive: %q", asked)
	}
	// Had anything been asked for, it would have been seen.
	if err := chromedp.Run(p.browser, chromedp.Navigate(p.site+"/outward")); err != nil {
		t.Fatal(err)
	}
	if asked := p.outside.all(); len(asked) != 1 || !strings.Contains(asked[0], "outside.example") {
		t.Errorf("a page loads a picture from elsewhere, and %q was seen", asked)
	}
}

// replacing returns a change of one text to another, where it stands first.
func replacing(from, to string) func([]byte) []byte {
	return func(text []byte) []byte { return bytes.Replace(text, []byte(from), []byte(to), 1) }
}

// flipSignature changes a bit of the signature that datapackage-digest.json states.
func flipSignature(t *testing.T) func([]byte) []byte {
	return func(text []byte) []byte {
		var digest struct {
			SignedData struct{ Signature string }
		}
		if err := json.Unmarshal(text, &digest); err != nil {
			t.Fatal(err)
		}
		signature, err := base64.StdEncoding.DecodeString(digest.SignedData.Signature)
		if err != nil {
			t.Fatal(err)
		}
		signature[50] ^= 1
		return bytes.Replace(text, []byte(digest.SignedData.Signature), []byte(base64.StdEncoding.EncodeToString(signature)), 1)
	}
}

// keep puts a picture of what is shown into the folder that VIGIL_PICTURES names, for a look.
func keep(t *testing.T, picture []byte, i int) {
	t.Helper()
	dir := os.Getenv("VIGIL_PICTURES")
	if dir == "" {
		return
	}
	put(t, filepath.Join(dir, fmt.Sprintf("replay-%d.png", i+1)), picture)
}
