package bundle

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vigil"
)

// A wacz is the files of a package, to be changed.
type wacz map[string][]byte

// inPackage lets the exporter change the package and make it anew: with its own
// list of files and its signature.
func (w world) inPackage(t *testing.T, change func(wacz)) func(map[string][]byte) {
	return func(m map[string][]byte) {
		t.Helper()
		p := unpack(t, m[waczName])
		before := bytes.Clone(p[cdxName])
		change(p)
		if bytes.Equal(before, p[cdxName]) {
			relocate(m, p)
		}
		var rs []resource
		for _, name := range slices.Sorted(keys(p)) {
			if name != packageName && name != packageSumName {
				rs = append(rs, newResource(name, vigil.SumHex(p[name]), int64(len(p[name]))))
			}
		}
		var err error
		if p[packageName], p[packageSumName], err = packageFiles(w.contents, rs); err != nil {
			t.Fatal(err)
		}
		m[waczName] = zipped(t, slices.Sorted(keys(p)), p)
	}
}

// relocate lets both indexes say where the page's record is.
func relocate(m map[string][]byte, p wacz) {
	rs, err := readArchive(p[archiveName(1)], 1<<30)
	if err != nil {
		return
	}
	for _, r := range rs {
		if !isPage(r.get("WARC-Type")) {
			continue
		}
		m[indexName] = regexp.MustCompile(`"offset":[0-9]+,"length":[0-9]+`).ReplaceAll(m[indexName], fmt.Appendf(nil, `"offset":%d,"length":%d`, r.at.Offset, r.at.Length))
		p[cdxName] = regexp.MustCompile(`"length":"[0-9]+","offset":"[0-9]+"`).ReplaceAll(p[cdxName], fmt.Appendf(nil, `"length":"%d","offset":"%d"`, r.at.Length, r.at.Offset))
	}
}

// afterwards lets somebody change the package without the key of its signature.
func afterwards(t *testing.T, change func(wacz)) func(map[string][]byte) {
	return func(m map[string][]byte) {
		t.Helper()
		p := unpack(t, m[waczName])
		change(p)
		m[waczName] = zipped(t, slices.Sorted(keys(p)), p)
	}
}

func unpack(t *testing.T, data []byte) wacz {
	t.Helper()
	z, err := readZip(bytes.NewReader(data), int64(len(data)), Limits{}.orDefault())
	if err != nil {
		t.Fatal(err)
	}
	p := wacz{}
	for name := range z.byName {
		if p[name], err = z.read(name, 1<<30); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// replace replaces the first old in a file of the package by new.
func replace(name, old, new string) func(wacz) {
	return func(p wacz) { edit(name, old, new)(p) }
}

// recorded changes the text of records: each is packed anew, with the digests
// that its block then has, so that only what it says is wrong.
func recorded(t *testing.T, change func(kind, text string) string) func(wacz) {
	return func(p wacz) {
		t.Helper()
		rs, err := readArchive(p[archiveName(1)], 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		for _, r := range rs {
			var text bytes.Buffer
			if err := (warcRecord{warcHeader: slices.DeleteFunc(r.warcHeader, func(f field) bool { return f.label == "Content-Length" }), body: r.block}).writeTo(&text); err != nil {
				t.Fatal(err)
			}
			z := gzip.NewWriter(&out)
			io.WriteString(z, settled(change(r.get("WARC-Type"), text.String())))
			z.Close()
		}
		p[archiveName(1)] = out.Bytes()
	}
}

// settled gives records the length and the digests that their blocks have.
func settled(text string) string {
	if text == "" {
		return ""
	}
	head, block, _ := strings.Cut(text, "\r\n\r\n")
	block = strings.TrimSuffix(block, "\r\n\r\n")
	var out strings.Builder
	for line := range strings.SplitSeq(head, "\r\n") {
		name, _, _ := strings.Cut(line, ": ")
		switch name {
		case "Content-Length":
			line = fmt.Sprintf("Content-Length: %d", len(block))
		case "WARC-Block-Digest":
			line = "WARC-Block-Digest: " + warcDigest([]byte(block))
		}
		out.WriteString(line + "\r\n")
	}
	return out.String() + "\r\n" + block + "\r\n\r\n"
}

// in replaces old by new in records of one kind.
func in(kind, old, new string) func(string, string) string {
	return func(k, text string) string {
		if k != kind {
			return text
		}
		changed := strings.Replace(text, old, new, 1)
		if changed == text {
			panic(fmt.Sprintf("%s record does not hold %q", kind, old))
		}
		return changed
	}
}

func TestForgedCapturesAreFound(t *testing.T) {
	w := newWorld(t, exhibit(1, nil))
	same := func(_, text string) string { return text }
	if r := w.forge(t, w.inPackage(t, recorded(t, same))); !r.OK() {
		t.Fatalf("the unchanged package fails: %s", r.failures())
	}
	dropped := func(kind string) func(wacz) {
		return recorded(t, func(k, text string) string {
			if k == kind {
				return ""
			}
			return text
		})
	}
	for name, tt := range map[string]struct {
		change func(map[string][]byte)
		layer  string
	}{
		"body edited":             {w.inPackage(t, recorded(t, in("response", "<p>Text", "<p>Next"))), "captures"},
		"date edited":             {w.inPackage(t, recorded(t, in("response", "WARC-Date: 2026", "WARC-Date: 2025"))), "captures"},
		"date of the request":     {w.inPackage(t, recorded(t, in("request", "WARC-Date: 2026", "WARC-Date: 2025"))), "captures"},
		"address edited":          {w.inPackage(t, recorded(t, in("response", "/listing/1\r\n", "/listing/2\r\n"))), "captures"},
		"address of the request":  {w.inPackage(t, recorded(t, in("request", "GET /listing/1", "GET /listing/2"))), "captures"},
		"status edited":           {w.inPackage(t, recorded(t, in("response", "HTTP/1.1 200", "HTTP/1.1 404"))), "captures"},
		"said to be truncated":    {w.inPackage(t, recorded(t, in("response", "WARC-Payload", "WARC-Truncated: length\r\nWARC-Payload"))), "captures"},
		"another payload digest":  {w.inPackage(t, recorded(t, in("response", "WARC-Payload-Digest: sha256:", "WARC-Payload-Digest: sha256:A"))), "captures"},
		"another record ID":       {w.inPackage(t, recorded(t, in("response", "Record-ID: <urn:uuid:", "Record-ID: <urn:uuid:0"))), "captures"},
		"a cookie in the request": {w.inPackage(t, recorded(t, in("request", "Accept: ", "cookie: id=1\r\nAccept: "))), "captures"},
		"a cookie in the answer":  {w.inPackage(t, recorded(t, in("response", "Server: ", "Set-Cookie: id=1\r\nServer: "))), "captures"},
		"another page's metadata": {w.inPackage(t, recorded(t, in("metadata", "page: ", "page: 0"))), "captures"},
		"a response as resource":  {w.inPackage(t, recorded(t, in("response", "WARC-Type: response", "WARC-Type: resource"))), "captures"},
		"made for another bundle": {w.inPackage(t, recorded(t, in("warcinfo", "isPartOf: ", "isPartOf: x"))), "captures"},
		"another file's name":     {w.inPackage(t, recorded(t, in("warcinfo", "data-00001", "data-00002"))), "captures"},
		"no request":              {w.inPackage(t, dropped("request")), "captures"},
		"no response":             {w.inPackage(t, dropped("response")), "captures"},
		"no metadata":             {w.inPackage(t, dropped("metadata")), "captures"},
		"no warcinfo":             {w.inPackage(t, dropped("warcinfo")), "captures"},
		"a page of no listing":    {w.inPackage(t, func(p wacz) { p[archiveName(1)] = append(p[archiveName(1)], p[archiveName(1)]...) }), "captures"},
		"a file of no listing":    {w.inPackage(t, func(p wacz) { p[archiveName(2)] = p[archiveName(1)] }), "captures"},
		"bytes between records":   {w.inPackage(t, func(p wacz) { p[archiveName(1)] = append(p[archiveName(1)], 0) }), "captures"},
		"two records in a member": {w.inPackage(t, func(p wacz) { p[archiveName(1)] = oneMember(t, p[archiveName(1)]) }), "captures"},
		"no pages":                {w.inPackage(t, func(p wacz) { delete(p, pagesName) }), "captures"},
		"another page shown":      {w.inPackage(t, replace(pagesName, "/listing/1", "/listing/2")), "captures"},
		"another title shown":     {w.inPackage(t, replace(pagesName, "Listing 1", "Listing 2")), "captures"},
		"another time shown":      {w.inPackage(t, replace(pagesName, "T12:01", "T12:02")), "captures"},
		"a page shown twice":      {w.inPackage(t, func(p wacz) { p[pagesName] = append(p[pagesName], "{}\n"...) }), "captures"},
		"an index that lies":      {w.inPackage(t, replace(cdxName, `"offset":"`, `"offset":"1`)), "web archive"},
		"an index of another":     {w.inPackage(t, replace(cdxName, "/listing/1", "/listing/2")), "web archive"},
		"an index of another day": {w.inPackage(t, replace(cdxName, " 20261110", " 20261111")), "web archive"},
		"an index with more":      {w.inPackage(t, func(p wacz) { p[cdxName] = append(p[cdxName], "z"+string(p[cdxName])...) }), "web archive"},
		"an index line twice":     {w.inPackage(t, func(p wacz) { p[cdxName] = append(p[cdxName], p[cdxName]...) }), "web archive"},
		"an empty index":          {w.inPackage(t, func(p wacz) { p[cdxName] = nil }), "web archive"},
		"an index spelt anew":     {w.inPackage(t, replace(cdxName, `{"url"`, `{ "url"`)), "web archive"},
		"no index":                {w.inPackage(t, func(p wacz) { delete(p, cdxName) }), "web archive"},
		"a file more":             {w.inPackage(t, func(p wacz) { p["extra.txt"] = nil }), "web archive"},
		"an unlisted file":        {afterwards(t, func(p wacz) { p["extra.txt"] = nil }), "web archive"},
		"another list":            {afterwards(t, replace(packageName, "Captures of", "Captures in")), "web archive"},
		"another hash":            {afterwards(t, replace(packageSumName, `"hash": "sha256:`, `"hash": "sha256:0`)), "web archive"},
		"another signature":       {afterwards(t, replace(packageSumName, `"signature": "`, `"signature": "AAAA`)), "web archive"},
		"another key":             {afterwards(t, otherKey(t)), "web archive"},
		"no signature":            {afterwards(t, func(p wacz) { delete(p, packageSumName) }), "web archive"},
		"no list":                 {afterwards(t, func(p wacz) { delete(p, packageName) }), "web archive"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.forge(t, tt.change)
			if got := results(r)[tt.layer]; r.OK() || got != Fail {
				t.Errorf("layer %s: %s; %s", tt.layer, got, r.failures())
			}
		})
	}
}

// oneMember packs all records into one gzip member.
func oneMember(t *testing.T, data []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.Copy(w, z); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return out.Bytes()
}

// otherKey puts another's key in the place of the one that signed.
func otherKey(t *testing.T) func(wacz) {
	return func(p wacz) {
		t.Helper()
		text, err := NewWACZKey()
		if err != nil {
			t.Fatal(err)
		}
		key, err := ParseWACZKey(text)
		if err != nil {
			t.Fatal(err)
		}
		var d packageDigest
		if err := json.Unmarshal(p[packageSumName], &d); err != nil {
			t.Fatal(err)
		}
		if d.Signed.PublicKey, err = publicText(key); err != nil {
			t.Fatal(err)
		}
		if p[packageSumName], err = json.Marshal(d); err != nil {
			t.Fatal(err)
		}
	}
}

// A series of several files is read as one.
func TestCapturesGoOnInTheNextFile(t *testing.T) {
	w := newWorld(t)
	old := w.contents
	for i, most := range []int64{1, 2000, 1 << 30} {
		w.contents = old
		w.contents.mostArchive = most
		dir := w.write(t)
		if r := mustVerify(t, dir, w.trust(t)); !r.OK() {
			t.Fatal(r.failures())
		}
		p := unpack(t, files(t, dir)[waczName])
		n := 0
		for p[archiveName(n+1)] != nil {
			n++
		}
		if want := []int{3, 2, 1}[i]; n != want {
			t.Errorf("files of %d bytes: %d, want %d", most, n, want)
		}
	}
}
