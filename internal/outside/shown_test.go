package outside

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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
	for _, planted := range []struct {
		file, row string
		change    func([]byte) []byte
	}{
		{"datapackage-digest.json", signatureRow, flipSignature(t)},
		{"datapackage.json", packageRow, replacing("Captures of", "Captures off")},
		{"pages/pages.jsonl", pagesRow, replacing(captured[0].title, "Another title")},
	} {
		_, right := p.play(t, e.with(t, planted.file, planted.change), captured[0].url, captured[0].title)
		if is, noted := right[planted.row]; !noted || is {
			t.Errorf("%s was changed, and ReplayWeb.page notes %v", planted.file, right)
		}
	}
	p.checkAsked(t)
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
