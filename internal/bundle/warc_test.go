package bundle

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"vigil"
)

// types lists the record types of a WARC file.
func types(t *testing.T, data []byte) string {
	t.Helper()
	rs, err := readWarc(data, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, r := range rs {
		s = append(s, r.get("WARC-Type"))
	}
	return strings.Join(s, " ")
}

func TestWarcRecords(t *testing.T) {
	c := Contents{ID: "b", Order: vigil.Order{ID: "O"}, Tool: "vigil test", Sealed: sealed}
	want := []string{"warcinfo response request metadata", "warcinfo conversion request metadata", "warcinfo resource metadata"}
	for i, e := range exhibits() {
		data, err := warcFile(c, e.Page)
		if err != nil {
			t.Fatal(err)
		}
		if got := types(t, data); got != want[i] {
			t.Errorf("page %d: records %s, want %s", i+1, got, want[i])
		}
		if body, err := checkWarc(data, e.Page, 1<<20); err != nil || !bytes.Equal(body, e.Page.Body) {
			t.Errorf("page %d: body %q, %v", i+1, body, err)
		}
		if n := bytes.Count(data, []byte{0x1f, 0x8b, 8}); n < len(strings.Fields(want[i])) {
			t.Errorf("page %d: %d gzip members", i+1, n)
		}
	}
}

func TestWarcText(t *testing.T) {
	e := exhibit(1, func(e *vigil.Exhibit) {
		e.Page.Response.Set("X-Bad", "a\r\nInjected: 1")
		e.Page.Response["B d"] = []string{"x"}
	})
	data, err := warcFile(Contents{ID: "b", Order: vigil.Order{ID: "O"}, Tool: "vigil test", Sealed: sealed}, e.Page)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{
		"WARC/1.1\r\nWARC-Type: warcinfo\r\n", "WARC-Date: 2026-11-10T12:01:00.123456789Z\r\n",
		"WARC-Target-URI: http://" + host + "/listing/1\r\n", "\r\n\r\nHTTP/1.1 200 OK\r\n", "X-Vigil-Original-Content-Encoding: gzip\r\n",
		"\r\n\r\nGET /listing/1 HTTP/1.1\r\nHost: " + host + "\r\nAccept: text/html\r\n", "X-Bad: a  Injected: 1\r\n", "WARC-Concurrent-To: <urn:uuid:",
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
		"nothing":            nil,
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
		if rs, err := readWarc(in, 1<<20); err == nil {
			t.Errorf("%s: read %d records", name, len(rs))
		}
	}
}
