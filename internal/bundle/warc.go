package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil"
)

// WARC 1.1 (ISO 28500:2017). One gzip member a record (annex D).
const (
	warcFieldsType = "application/warc-fields"
	digestPrefix   = "sha256:"
	warcVersion    = "WARC/1.1"
	warcSpec       = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
	// warcDate takes up to nine digits of a second, which WARC 1.1 allows.
	warcDate = "2006-01-02T15:04:05.999999999Z"
)

// Types of the record that holds a page; FORMAT.md says which when.
const (
	warcResponse   = "response"
	warcConversion = "conversion"
	warcResource   = "resource"
)

// A warcRecord is one record to be written. Its block is head and body.
type warcRecord struct {
	warcHeader
	head, body []byte
}

// A warcHeader is the named fields of a record.
type warcHeader []field

// get returns the value of a named field, whose case does not count.
func (h warcHeader) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.label, name) {
			return f.value
		}
	}
	return ""
}

// pageRecords returns the records of a page: its request, if there was one, the
// page itself, and what is to be known about it. All have the same date.
func pageRecords(p vigil.Page) []warcRecord {
	kind, head, contentType := mainRecord(p)
	main := newRecord(kind, p.ID, p.CapturedAt, contentType, head, p.Body)
	main.add("WARC-Target-URI", target(p))
	main.add("WARC-Payload-Digest", warcDigest(p.Body))
	if reason := truncated(p); reason != "" {
		main.add("WARC-Truncated", reason)
	}
	id := main.get("WARC-Record-ID")
	var records []warcRecord
	if requested(p) {
		r := newRecord("request", p.ID, p.CapturedAt, "application/http;msgtype=request", requestBlock(p), nil)
		r.add("WARC-Target-URI", target(p))
		r.add("WARC-Concurrent-To", id)
		records = append(records, r)
	}
	meta := newRecord("metadata", p.ID, p.CapturedAt, warcFieldsType, metadataBlock(p), nil)
	meta.add("WARC-Target-URI", target(p))
	meta.add("WARC-Concurrent-To", id)
	return append(records, main, meta)
}

// requested reports whether there is a request to show.
func requested(p vigil.Page) bool { return p.Method == vigil.ByFetch && len(p.Request) > 0 }

// truncated says in the words of WARC why a page's body is not whole; empty if
// it is.
func truncated(p vigil.Page) string {
	switch p.Truncated {
	case "", "length", "time", "disconnect":
		return p.Truncated
	}
	return "unspecified"
}

// target returns the address that gave the page.
func target(p vigil.Page) string {
	if p.FinalURL != "" {
		return p.FinalURL
	}
	return p.URL
}

// newRecord returns a record with its mandatory fields. Its ID follows from
// the page and the record's type, so that a second export has the same.
func newRecord(kind, page string, date time.Time, contentType string, head, body []byte) warcRecord {
	r := warcRecord{head: head, body: body}
	r.add("WARC-Type", kind)
	r.add("WARC-Record-ID", "<"+recordURN(kind, page)+">")
	r.add("WARC-Date", date.UTC().Format(warcDate))
	r.add("Content-Type", contentType)
	r.add("WARC-Block-Digest", warcDigest(head, body))
	return r
}

func (r *warcRecord) add(name, value string) {
	r.warcHeader = append(r.warcHeader, field{name, oneLine(value)})
}

// writeTo writes the record with its length and the two line ends after it.
func (r warcRecord) writeTo(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(warcVersion + "\r\n")
	for _, f := range r.warcHeader {
		fmt.Fprintf(&b, "%s: %s\r\n", f.label, f.value)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(r.head)+len(r.body))
	b.Write(r.head)
	for _, part := range [][]byte{b.Bytes(), r.body, []byte("\r\n\r\n")} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// recordURN names a record by a UUID of version 8 (RFC 9562, section 5.8) over
// parts.
func recordURN(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func warcDigest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return spellDigest(h)
}

// spellDigest writes a SHA-256 as WARC files do.
func spellDigest(h hash.Hash) string {
	return digestPrefix + base32.StdEncoding.EncodeToString(h.Sum(nil))
}

// infoRecord says what made a file of captures, and what it leaves out. It names
// no machine and no person: the file may go to the other side.
func infoRecord(c Contents, file string) warcRecord {
	var b fieldBlock
	b.add("software", c.Tool)
	b.add("format", "WARC File Format 1.1")
	b.add("conformsTo", warcSpec)
	b.add("isPartOf", c.ID)
	b.add("authorisation", c.Order.ID)
	b.add("description", "text/html only by policy: images, videos and other media are never fetched; inline media are replaced by their hashes")
	r := newRecord("warcinfo", c.ID+"/"+file, c.Made, warcFieldsType, b.Bytes(), nil)
	r.add("WARC-Filename", file)
	return r
}

// mainRecord returns the type and content type of the record that holds the
// page, and what stands before the page in its block.
func mainRecord(p vigil.Page) (kind string, head []byte, contentType string) {
	if kind = mainKind(p); kind == warcResponse {
		return kind, responseHead(p), "application/http;msgtype=response"
	}
	return kind, nil, mediaType(p)
}

// mainKind returns the type of the record that holds the page.
func mainKind(p vigil.Page) string {
	switch {
	case len(p.Withheld) > 0:
		return warcConversion
	case p.Status == 0:
		return warcResource
	}
	return warcResponse
}

func mediaType(p vigil.Page) string {
	if t := p.Response.Get("Content-Type"); t != "" {
		return t
	}
	return "text/html"
}

// responseHead rebuilds what came before the body from the parsed header.
func responseHead(p vigil.Page) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\n", p.Status, http.StatusText(p.Status))
	if length := strconv.FormatInt(p.BodySize, 10); p.Response.Get("Content-Length") == length {
		header(&b, p.Response, "Content-Encoding", "Transfer-Encoding")
	} else {
		header(&b, p.Response, "Content-Encoding", "Transfer-Encoding", "Content-Length")
		b.WriteString("Content-Length: " + length + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// requestBlock rebuilds the request from its parsed header.
func requestBlock(p vigil.Page) []byte {
	var b bytes.Buffer
	u, err := url.Parse(target(p))
	if err != nil {
		u = &url.URL{}
	}
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", oneLine(u.RequestURI()), oneLine(u.Host))
	header(&b, p.Request, "Host")
	b.WriteString("\r\n")
	return b.Bytes()
}

// header writes fields in the order of their names. Those that would misstate
// the block keep their value under another name.
func header(b *bytes.Buffer, h http.Header, renamed ...string) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if strings.ContainsFunc(name, notToken) || name == "" {
			continue
		}
		label := name
		if slices.Contains(renamed, http.CanonicalHeaderKey(name)) {
			label = "X-Vigil-Original-" + name
		}
		for _, v := range h[name] {
			fmt.Fprintf(b, "%s: %s\r\n", label, oneLine(v))
		}
	}
}

// notToken reports whether r cannot stand in an HTTP field's name (RFC 9110,
// section 5.6.2).
func notToken(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// metadataBlock says how the page came to be as it is.
func metadataBlock(p vigil.Page) []byte {
	var b fieldBlock
	b.add("page", p.ID)
	b.add("source", p.Source)
	b.add("method", p.Method)
	b.add("asked-for", p.URL)
	for _, u := range p.Redirects {
		b.add("via", u)
	}
	b.add("received", fmt.Sprintf("%d bytes, sha256 %s", p.RawSize, p.RawSHA256))
	b.add("kept", fmt.Sprintf("%d bytes, sha256 %s", p.BodySize, p.BodySHA256))
	for _, w := range p.Withheld {
		b.add("withheld", fmt.Sprintf("%s, %d bytes, sha256 %s, at byte %d of what is kept", w.MediaType, w.Bytes, w.SHA256, w.Offset))
	}
	if p.Problem != "" {
		b.add("problem", p.Problem)
	}
	if p.Truncated != "" {
		b.add("truncated", truncated(p)+": the body was cut, and is not whole")
	}
	if p.Status != 0 {
		b.add("note", "HTTP headers are rebuilt from parsed fields, without cookies and credentials; order and letter case of names are not those of the wire")
	}
	return b.Bytes()
}

// A fieldBlock is a block of type application/warc-fields.
type fieldBlock struct{ bytes.Buffer }

func (b *fieldBlock) add(name, value string) {
	fmt.Fprintf(&b.Buffer, "%s: %s\r\n", name, oneLine(value))
}

// oneLine replaces what would end a line or hide in it.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}
