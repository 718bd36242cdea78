package outside

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// replay opens the archive of captures in ReplayWeb.page, in a browser.
func (e *evidence) replay(t *testing.T) {
	p := newPlayer(t)
	archive := e.file(t, waczName)
	for i, c := range e.captured(t) {
		picture, noted := p.play(t, archive, c.url, c.title)
		keep(t, picture, i)
		checkNoted(t, noted, true)
	}
	page := e.captured(t)[0]
	_, noted := p.play(t, e.with(t, "datapackage-digest.json", flipSignature(t)), page.url, page.title)
	checkNoted(t, noted, false)
	if asked := p.outside.all(); len(asked) != 0 {
		t.Errorf("asked for outside of the archive: %q", asked)
	}
	for _, path := range p.all() {
		if !p.owns(path) {
			t.Errorf("the page that is played asks its server for %s", path)
		}
	}
	// Had anything been asked for, it would have been seen.
	if err := chromedp.Run(p.browser, chromedp.Navigate(p.site+"/outward")); err != nil {
		t.Fatal(err)
	}
	if asked := p.outside.all(); len(asked) != 1 || !strings.Contains(asked[0], "outside.example") {
		t.Errorf("a page that loads a picture from elsewhere: %q was seen", asked)
	}
}

// checkNoted checks that ReplayWeb.page found the signature good, or not.
func checkNoted(t *testing.T, noted map[string]bool, good bool) {
	t.Helper()
	t.Log(noted)
	if is, ok := noted["signature"]; !ok || is != good {
		t.Errorf("ReplayWeb.page notes %v, want a signature that is good: %v", noted, good)
	}
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
	put(t, filepath.Join(dir, "replay-"+string(rune('a'+i))+".png"), picture)
}
