package bundle

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
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
	warcVersion = "WARC/1.1"
	warcSpec    = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
	// warcDate takes up to nine digits of a second, which WARC 1.1 allows.
	warcDate = "2006-01-02T15:04:05.999999999Z"
)

// Types of the record that holds a page; FORMAT.md says which when.
const (
	warcResponse   = "response"
	warcConversion = "conversion"
	warcResource   = "resource"
)

// A warcRecord is one record, or a part of one to be written.
type warcRecord struct {
	fields []field
	block  []byte
}

// get returns the value of a named field, whose case does not count.
func (r warcRecord) get(name string) string {
	for _, f := range r.fields {
		if strings.EqualFold(f.label, name) {
			return f.value
		}
	}
	return ""
}

// warcFile returns the WARC file of a page of c.
func warcFile(c Contents, p vigil.Page) ([]byte, error) {
	kind, block, contentType := mainRecord(p)
	main := newRecord(kind, p.ID, p.CapturedAt, contentType, block)
	main.add("WARC-Target-URI", target(p))
	main.add("WARC-Payload-Digest", warcDigest(p.Body))
	if slices.Contains([]string{"length", "time", "disconnect"}, p.Truncated) {
		main.add("WARC-Truncated", p.Truncated)
	} else if p.Truncated != "" {
		main.add("WARC-Truncated", "unspecified")
	}
	records := []warcRecord{infoRecord(c, p), main}
	if p.Method == vigil.ByFetch && len(p.Request) > 0 {
		r := newRecord("request", p.ID, p.CapturedAt, "application/http;msgtype=request", requestBlock(p))
		r.add("WARC-Target-URI", target(p))
		r.add("WARC-Concurrent-To", main.get("WARC-Record-ID"))
		records = append(records, r)
	}
	meta := newRecord("metadata", p.ID, p.CapturedAt, "application/warc-fields", metadataBlock(p))
	meta.add("WARC-Target-URI", target(p))
	meta.add("WARC-Concurrent-To", main.get("WARC-Record-ID"))

	var out bytes.Buffer
	for _, r := range append(records, meta) {
		z := gzip.NewWriter(&out)
		if err := r.write(z); err != nil {
			return nil, fmt.Errorf("pack capture %s: %w", p.ID, err)
		}
		if err := z.Close(); err != nil {
			return nil, fmt.Errorf("pack capture %s: %w", p.ID, err)
		}
	}
	return out.Bytes(), nil
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
func newRecord(kind, page string, date time.Time, contentType string, block []byte) warcRecord {
	r := warcRecord{block: block}
	r.add("WARC-Type", kind)
	r.add("WARC-Record-ID", "<urn:uuid:"+recordUUID(kind, page)+">")
	r.add("WARC-Date", date.UTC().Format(warcDate))
	r.add("Content-Type", contentType)
	r.add("WARC-Block-Digest", warcDigest(block))
	return r
}

func (r *warcRecord) add(name, value string) {
	r.fields = append(r.fields, field{name, oneLine(value)})
}

// write writes the record with its length and the two line ends after it.
func (r warcRecord) write(w interface{ Write([]byte) (int, error) }) error {
	var b bytes.Buffer
	b.WriteString(warcVersion + "\r\n")
	for _, f := range r.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.label, f.value)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(r.block))
	b.Write(r.block)
	b.WriteString("\r\n\r\n")
	_, err := w.Write(b.Bytes())
	return err
}

// recordUUID returns a UUID of version 8 (RFC 9562, section 5.8) over parts.
func recordUUID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func warcDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + base32.StdEncoding.EncodeToString(sum[:])
}

// infoRecord says what made the file, and what it leaves out.
func infoRecord(c Contents, p vigil.Page) warcRecord {
	var b fieldBlock
	b.add("software", c.Tool)
	b.add("format", "WARC File Format 1.1")
	b.add("conformsTo", warcSpec)
	b.add("isPartOf", c.ID)
	b.add("authorisation", c.Order.ID)
	b.add("description", "one page, text only: images, videos and other media are never fetched; inline media are replaced by their hashes")
	r := newRecord("warcinfo", p.ID, c.Sealed, "application/warc-fields", b.Bytes())
	r.add("WARC-Filename", p.ID+".warc.gz")
	return r
}

// mainRecord returns the type, block and content type of the record that
// holds the page.
func mainRecord(p vigil.Page) (kind string, block []byte, contentType string) {
	switch {
	case len(p.Withheld) > 0:
		return warcConversion, p.Body, mediaType(p)
	case p.Status == 0:
		return warcResource, p.Body, mediaType(p)
	}
	return warcResponse, responseBlock(p), "application/http;msgtype=response"
}

func mediaType(p vigil.Page) string {
	if t := p.Response.Get("Content-Type"); t != "" {
		return t
	}
	return "text/html"
}

// responseBlock rebuilds the response from its parsed header and its body.
func responseBlock(p vigil.Page) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\n", p.Status, http.StatusText(p.Status))
	if length := strconv.Itoa(len(p.Body)); p.Response.Get("Content-Length") == length {
		header(&b, p.Response, "Content-Encoding", "Transfer-Encoding")
	} else {
		header(&b, p.Response, "Content-Encoding", "Transfer-Encoding", "Content-Length")
		b.WriteString("Content-Length: " + length + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(p.Body)
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
