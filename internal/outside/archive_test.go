package outside

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigil/internal/needs"
)

// archiveSigned checks the signature of the archive of captures with openssl,
// which wants what WACZ states in other forms: the signature as DER, the key as PEM.
func (e *evidence) archiveSigned(t *testing.T) {
	needs.Program(t, "openssl")
	dir := e.unpacked(t)
	var digest struct {
		Path, Hash string
		SignedData struct{ Hash, Signature, PublicKey string }
	}
	if err := json.Unmarshal(read(t, filepath.Join(dir, "datapackage-digest.json")), &digest); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(read(t, filepath.Join(dir, "datapackage.json")))
	if want := fmt.Sprintf("sha256:%x", sum); digest.Path != "datapackage.json" || digest.Hash != want || digest.SignedData.Hash != want {
		t.Errorf("datapackage-digest.json is of %+v, want %s", digest, want)
	}
	rs, err := base64.StdEncoding.DecodeString(digest.SignedData.Signature)
	if err != nil || len(rs) != 96 {
		t.Fatalf("the signature has %d bytes, want 96 of r and s: %v", len(rs), err)
	}
	der, err := asn1.Marshal([]*big.Int{new(big.Int).SetBytes(rs[:48]), new(big.Int).SetBytes(rs[48:])})
	if err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(digest.SignedData.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: key}))
	put(t, filepath.Join(dir, "signature"), der)
	put(t, filepath.Join(dir, "signed"), []byte(digest.SignedData.Hash))
	if out := must(t, dir, "openssl", "pkey", "-pubin", "-in", "key.pem", "-noout", "-text"); !strings.Contains(out, "P-384") {
		t.Errorf("the key is of another curve: %s", out)
	}
	verify := []string{"dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "signed"}
	must(t, dir, "openssl", verify...)
	flip(t, filepath.Join(dir, "signed"))
	if out, err := run(t, dir, "openssl", verify...); err == nil {
		t.Errorf("openssl accepts another hash: %s", out)
	}
}

// A captureLine is a line of an index of captures (CDXJ), as far as its readers use it.
type captureLine struct {
	key                                                 string // address and time, as they are sorted
	URL, Mime, Status, Digest, Length, Offset, Filename string
}

// index reads an index of captures, sorted as ours is.
func index(t *testing.T, text string) []captureLine {
	t.Helper()
	var all []captureLine
	for _, line := range lines(text) {
		at := strings.Index(line, " {")
		if at < 0 {
			t.Fatalf("a line of the index without facts: %q", line)
		}
		l := captureLine{key: line[:at]}
		if err := json.Unmarshal([]byte(line[at:]), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		l.Digest = strings.TrimPrefix(l.Digest, "sha256:") // warcio leaves it out
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b captureLine) int { return strings.Compare(a.key, b.key) })
	return all
}

// warcFiles returns the names of the WARC files of an unpacked archive.
func warcFiles(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "archive", "*.warc.gz"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no WARC files in the archive: %v", err)
	}
	return all
}

// A record is what a line of the bundle's data/captures/index.jsonl says of a page.
type record struct {
	Page, Listing, Record, File string
	Offset, Length              int64
}

func (e *evidence) warcio(t *testing.T) {
	warcio := npm(t, "warcio/dist/cli.js")
	dir := e.unpacked(t)
	files := warcFiles(t, dir)
	ours := index(t, string(read(t, filepath.Join(dir, "indexes", "index.cdxj"))))
	if len(ours) != len(e.captured(t)) {
		t.Errorf("the index has %d captures, the bundle has %d", len(ours), len(e.captured(t)))
	}
	theirs := func() []captureLine {
		return index(t, must(t, dir, "node", append([]string{warcio, "cdx-index"}, files...)...))
	}
	if got := theirs(); !slices.Equal(got, ours) {
		t.Errorf("warcio makes another index:\n%q\nours:\n%q", got, ours)
	}
	places := e.records(t, dir, files)
	for _, line := range lines(must(t, dir, "node", append([]string{warcio, "index"}, files...)...)) {
		var found struct {
			Offset int64
			Type   string `json:"warc-type"`
		}
		if err := json.Unmarshal([]byte(line), &found); err != nil {
			t.Fatal(err)
		}
		if places[found.Offset] != found.Type || found.Type == "" {
			t.Errorf("warcio finds a %q at %d, where another reading has a %q", found.Type, found.Offset, places[found.Offset])
		}
		delete(places, found.Offset)
	}
	if len(places) != 0 {
		t.Errorf("warcio index does not know %v", places)
	}
	flip(t, files[0])
	if slices.Equal(theirs(), ours) {
		t.Error("warcio sees nothing where a bit of the captures changed")
	}
}

// records reads the WARC files with the library of warcio, holds every digest
// against the bytes, and index.jsonl against what is found, and returns the types
// of the records by their places in the first file.
func (e *evidence) records(t *testing.T, dir string, files []string) map[int64]string {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("testdata", "warc.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	type found struct {
		Offset, Length int64
		Type, ID       string
	}
	places, byID := map[int64]string{}, map[string]found{}
	for _, line := range lines(must(t, dir, "node", script, files[0])) {
		var f found
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		places[f.Offset], byID[f.ID] = f.Type, f
	}
	pages := lines(string(e.file(t, "data/captures/index.jsonl")))
	if len(files) != 1 || len(pages) != len(e.captured(t)) {
		t.Fatalf("%d pages of %d listings in %d files", len(pages), len(e.captured(t)), len(files))
	}
	check, ids := []string{script}, []string{} // of files in which one record each was reworded
	for _, line := range pages {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		f := byID["<"+r.Record+">"]
		if r.File != "archive/"+filepath.Base(files[0]) || f.Offset != r.Offset || f.Length != r.Length || f.Length == 0 {
			t.Errorf("index.jsonl says %+v, warcio finds %+v", r, f)
		}
		if f.Type != "response" && f.Type != "conversion" && f.Type != "resource" {
			t.Errorf("the page %s is a %s", r.Page, f.Type)
		}
		changed := filepath.Join(t.TempDir(), "changed.warc.gz")
		put(t, changed, reworded(t, read(t, files[0]), f.Offset, f.Length, "</HTML>"))
		check, ids = append(check, changed), append(ids, f.ID)
	}
	out, err := run(t, dir, "node", check...)
	for _, id := range ids {
		if err == nil || strings.Count(out, id+" states the digests") != 1 {
			t.Errorf("the record %s was reworded, and every digest holds: %s", id, out)
		}
	}
	return places
}

// reworded returns a WARC file in which the end of the page in the record at a
// place, a member of gzip of its own, is another text of the same length.
func reworded(t *testing.T, warc []byte, offset, length int64, end string) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(warc[offset : offset+length]))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(plain, []byte("</html>")) + len("</html>") - len(end)
	if at < len(plain)/2 {
		t.Fatalf("the record at %d has no page in which %d bytes can be changed", offset, len(end))
	}
	copy(plain[at:], end)
	var out bytes.Buffer
	out.Write(warc[:offset])
	w := gzip.NewWriter(&out)
	w.Write(plain)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out.Write(warc[offset+length:])
	return out.Bytes()
}

// jsWACZ lets another writer make an archive of the same captures: by itself, and
// with our index and list of pages.
func (e *evidence) jsWACZ(t *testing.T) {
	program := npm(t, "@harvard-lil/js-wacz/bin/cli.js")
	needs.Program(t, "unzip")
	dir := e.unpacked(t)
	files := warcFiles(t, dir)
	ours := index(t, string(read(t, filepath.Join(dir, "indexes", "index.cdxj"))))
	made := func(args ...string) (index, pages string) {
		t.Helper()
		out := filepath.Join(t.TempDir(), "made.wacz")
		must(t, dir, "node", append([]string{program, "create", "--log-level", "error", "--file", filepath.Join(dir, "archive", "*.warc.gz"), "--output", out}, args...)...)
		return must(t, dir, "unzip", "-p", out, "indexes/*"), must(t, dir, "unzip", "-p", out, "pages/pages.jsonl")
	}
	theirs, pages := made()
	if !slices.Equal(index(t, theirs), ours) {
		t.Errorf("js-wacz makes another index:\n%s\nours:\n%q", theirs, ours)
	}
	if first := e.captured(t); !slices.ContainsFunc(first, func(c capture) bool { return strings.Contains(pages, `"`+c.url+`"`) }) {
		t.Errorf("js-wacz finds none of our pages: %s", pages) // it finds one a file
	}
	theirs, pages = made("--cdxj", filepath.Join(dir, "indexes"), "--pages", filepath.Join(dir, "pages"))
	if !slices.Equal(index(t, theirs), ours) {
		t.Errorf("js-wacz reads our index otherwise:\n%s\nours:\n%q", theirs, ours)
	}
	if own := string(read(t, filepath.Join(dir, "pages", "pages.jsonl"))); strings.TrimSpace(pages) != strings.TrimSpace(own) {
		t.Errorf("js-wacz keeps of our pages:\n%s\nours:\n%s", pages, own)
	}
	flip(t, files[0])
	if theirs, _ := made(); slices.Equal(index(t, theirs), ours) {
		t.Error("js-wacz sees nothing where a bit of the captures changed")
	}
}
