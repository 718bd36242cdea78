package bundle

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

// archive returns the WARC file of exhibits, as it stands in a bundle.
func archive(t testing.TB, es ...vigil.Exhibit) []byte {
	t.Helper()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	f := open("wacz")
	w, err := newCaptureWriter(contentsOf(t, vigil.Order{ID: "ORD-TEST-1"}, es), f, io.Discard, open("pages"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if err := w.page(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	z, err := readZip(f, info.Size(), Limits{}.orDefault())
	if err != nil {
		t.Fatal(err)
	}
	data, err := z.read(archiveName(1), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A readRecord is a record in memory.
type readRecord struct {
	warcHeader
	block []byte
	at    place
}

// readArchive reads all records of a WARC file.
func readArchive(data []byte, most int64) (rs []readRecord, err error) {
	a := newArchiveReader("a", bytes.NewReader(data), most)
	for {
		h, err := a.next()
		if errors.Is(err, io.EOF) {
			return rs, nil
		}
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		at, err := a.block(h, &b)
		if err != nil {
			return nil, err
		}
		rs = append(rs, readRecord{h, b.Bytes(), at})
	}
}

func TestWarcRecords(t *testing.T) {
	want := map[string]string{
		"http://" + host + "/listing/1": "request response metadata",
		"http://" + host + "/listing/2": "request conversion metadata",
		"http://" + host + "/listing/3": "resource metadata",
	}
	rs, err := readArchive(archive(t, exhibits()...), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if rs[0].get("WARC-Type") != "warcinfo" || rs[0].get("WARC-Target-URI") != "" {
		t.Errorf("begins with %v", rs[0].warcHeader)
	}
	got := map[string]string{}
	ids := map[string]bool{}
	for _, r := range rs[1:] {
		uri := r.get("WARC-Target-URI")
		got[uri] = strings.TrimSpace(got[uri] + " " + r.get("WARC-Type"))
		if id := r.get("WARC-Record-ID"); ids[id] {
			t.Errorf("record %s is there twice", id)
		} else {
			ids[id] = true
		}
		if truncated := r.get("WARC-Truncated"); (truncated == "length") != (r.get("WARC-Type") == "conversion") {
			t.Errorf("%s: truncated %q", uri, truncated)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEachRecordIsAGzipMemberOfItsOwn(t *testing.T) {
	data := archive(t, exhibits()...)
	rs, err := readArchive(data, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	end := int64(0)
	for _, r := range rs {
		if r.at.Offset != end {
			t.Errorf("record at %d, want %d", r.at.Offset, end)
		}
		end += r.at.Length
		z, err := gzip.NewReader(bytes.NewReader(data[r.at.Offset:end]))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(z); err != nil || !bytes.HasPrefix(text, []byte("WARC/1.1\r\nWARC-Type: "+r.get("WARC-Type"))) {
			t.Errorf("at %d: %.40q %v", r.at.Offset, text, err)
		}
	}
	if end != int64(len(data)) {
		t.Errorf("records end at %d of %d", end, len(data))
	}
}

func TestWarcText(t *testing.T) {
	e := exhibit(1, func(e *vigil.Exhibit) {
		e.Page.Response.Set("X-Bad", "a\r\nInjected: 1")
		e.Page.Response["B d"] = []string{"x"}
	})
	z, err := gzip.NewReader(bytes.NewReader(archive(t, e)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{
		"WARC/1.1\r\nWARC-Type: warcinfo\r\n", "WARC-Date: 2026-11-10T12:01:00.123456789Z\r\n", "\r\nWARC-Filename: data-00001.warc.gz\r\n",
		"authorisation: ORD-TEST-1\r\n", "text/html only by policy",
		"WARC-Target-URI: http://" + host + "/listing/1\r\n", "\r\n\r\nHTTP/1.1 200 OK\r\n", "X-Vigil-Original-Content-Encoding: gzip\r\n",
		"\r\n\r\nGET /listing/1 HTTP/1.1\r\nHost: " + host + "\r\nAccept: text/html\r\n", "X-Bad: a  Injected: 1\r\n", "WARC-Concurrent-To: <urn:uuid:",
		"without cookies and credentials",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\r\nInjected") || strings.Contains(text, "B d") || strings.Contains(text, "\r\nContent-Encoding") {
		t.Errorf("header fields that must not be there:\n%s", text)
	}
}

func TestReadWarcIsBounded(t *testing.T) {
	pack := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, in := range map[string][]byte{
		"no gzip":            []byte("WARC/1.1\r\n"),
		"bomb":               pack("WARC/1.1\r\nContent-Length: 5000000\r\n\r\n" + strings.Repeat("x", 5000000)),
		"length is a lie":    pack("WARC/1.1\r\nContent-Length: 900000\r\n\r\nx"),
		"negative length":    pack("WARC/1.1\r\nContent-Length: -1\r\n\r\nx"),
		"endless line":       pack("WARC/1.1\r\n" + strings.Repeat("x", 500000)),
		"endless fields":     pack("WARC/1.1\r\n" + strings.Repeat("A: b\r\n", 5000)),
		"field twice":        pack("WARC/1.1\r\nA: b\r\na: c\r\n"),
		"bare line end":      pack("WARC/1.1\nA: b\n"),
		"another version":    pack("WARC/1.0\r\n\r\n"),
		"text behind a page": pack("WARC/1.1\r\nContent-Length: 0\r\nWARC-Block-Digest: " + warcDigest(nil) + "\r\n\r\n\r\n\r\nx"),
	} {
		if rs, err := readArchive(in, 1<<20); err == nil {
			t.Errorf("%s: read %d records", name, len(rs))
		}
	}
}
