package crawler

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"vigil"
)

// Why a body is shorter than what was sent (WARC 1.1, section 5.13).
const (
	cutLength     = "length"
	cutTime       = "time"
	cutDisconnect = "disconnect"
)

// accept is the Accept header: what checkType lets pass.
const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,text/plain;q=0.8,application/json;q=0.7"

// A capture is the final answer of a visit.
type capture struct {
	done      bool
	status    int
	request   http.Header
	header    http.Header
	raw       []byte // as received
	sum       string // SHA-256 of raw
	kept      []byte // raw, or its text with media withheld
	withheld  []vigil.Withheld
	view      []byte // the text to read: kept, decoded
	utf8      bool   // view is in UTF-8, whatever was declared
	truncated string
	problem   string
}

// roundTrip sends what colly asks for, without what we do not send. The final
// answer is read whole here, under our limits, and colly gets a copy of it to
// parse.
func (v *visit) roundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	for _, name := range []string{"Cookie", "Authorization", "Referer"} {
		out.Header.Del(name)
	}
	out.Header.Set("Accept", accept)
	out.Header.Set("Accept-Encoding", "identity") // the bytes are evidence
	resp, err := v.next.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	if follows(resp) {
		return resp, nil
	}
	defer resp.Body.Close()
	c := capture{status: resp.StatusCode, request: out.Header.Clone(), header: resp.Header.Clone()}
	c.request.Set("Host", out.URL.Host)
	if err := c.read(req.Context(), resp.Body, v.maxBody); err != nil {
		return nil, err
	}
	v.capture = c
	return c.forColly(resp), nil
}

// follows reports whether http.Client will follow resp to another address.
func follows(resp *http.Response) bool {
	switch resp.StatusCode {
	case 301, 302, 303, 307, 308:
		return resp.Header.Get("Location") != ""
	}
	return false
}

// read takes in a body of at most limit bytes. Media by type or first bytes
// are refused before the body is read.
func (c *capture) read(ctx context.Context, body io.Reader, limit int64) error {
	if err := checkType(c.header); err != nil {
		return err
	}
	coding, err := encoding(c.header)
	if err != nil {
		return err
	}
	if err := c.receive(ctx, body, limit, coding == ""); err != nil {
		return err
	}
	return c.keep(coding, limit)
}

// receive reads and hashes the body. Its first bytes are checked before the
// rest is read, if they are plain.
func (c *capture) receive(ctx context.Context, body io.Reader, limit int64, isPlain bool) error {
	var buf bytes.Buffer
	h := sha256.New()
	in := io.TeeReader(io.LimitReader(body, limit+1), h)
	_, err := io.CopyN(&buf, in, sniffLen)
	if isPlain {
		if e := checkBytes(buf.Bytes()); e != nil {
			return e
		}
	}
	if err == nil {
		_, err = io.Copy(&buf, in)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		if c.truncated = cutBy(ctx, err); buf.Len() == 0 {
			return fmt.Errorf("read the page: %w", err)
		}
	}
	c.raw, c.sum = buf.Bytes(), hex.EncodeToString(h.Sum(nil))
	if int64(len(c.raw)) > limit {
		c.raw, c.truncated = c.raw[:limit], cutLength
		c.sum = vigil.SumHex(c.raw)
	}
	return nil
}

// cutBy says in WARC's words what ended a body early.
func cutBy(ctx context.Context, err error) string {
	var t interface{ Timeout() bool }
	if ctx.Err() != nil || errors.As(err, &t) && t.Timeout() {
		return cutTime
	}
	return cutDisconnect
}

// keep withholds media and says what is kept: the raw bytes, if they hold none.
// Media that hide in a compressed or UTF-16 body can only be withheld from its
// text, so that is kept then instead. A body that could not be decoded to its
// end may hide anything there: only the text that was seen is kept.
func (c *capture) keep(coding string, limit int64) error {
	text, err := c.raw, error(nil)
	if coding != "" {
		if text, err = expand(coding, c.raw, limit); err != nil {
			c.problem = clip(err.Error())
		}
		if e := checkBytes(text); e != nil {
			return e
		}
	}
	order := c.utf16Order(text)
	if order != nil {
		text = fromUTF16(text, order)
		c.utf8 = true
	}
	clean, found := withhold(text)
	c.view, c.kept, c.withheld = clean, clean, found
	switch {
	case err != nil:
		c.withheld = append(c.withheld, vigil.Withheld{MediaType: "application/" + coding, SHA256: c.sum, Bytes: len(c.raw), Offset: len(clean)})
		if errors.Is(err, errTooLong) && c.truncated == "" {
			c.truncated = cutLength
		}
	case len(found) == 0:
		c.kept = c.raw
	case coding != "" || order != nil:
		c.problem = "kept as decoded text, since media were withheld from it"
	}
	c.done = true
	return nil
}

// utf16Order returns the byte order of a text in UTF-16; nil for any other.
func (c *capture) utf16Order(text []byte) binary.ByteOrder {
	cs := strings.ToLower(c.header.Get("Content-Type"))
	switch order := utf16Order(text); {
	case order != nil:
		return order
	case strings.Contains(cs, "utf-16be"):
		return binary.BigEndian
	case strings.Contains(cs, "utf-16"):
		return binary.LittleEndian // WHATWG Encoding, section 4.2
	}
	return nil
}

// forColly returns the answer that colly parses: the text, in UTF-8 or with
// its charset named in the header, as that is all that colly looks at.
func (c *capture) forColly(resp *http.Response) *http.Response {
	out := *resp
	out.Header = resp.Header.Clone()
	out.Header.Del("Content-Encoding")
	out.Header.Set("Content-Type", c.contentType())
	out.Uncompressed = true
	out.ContentLength = int64(len(c.view))
	out.Body = io.NopCloser(bytes.NewReader(c.view))
	return &out
}

// contentType returns the media type of the view with the charset that a
// browser would take: the header's, else the one that the text declares.
func (c *capture) contentType() string {
	v := c.header.Get("Content-Type")
	t := essence(v)
	if t == "" {
		t = essence(http.DetectContentType(c.view))
	}
	if c.utf8 {
		return t + "; charset=utf-8"
	}
	if strings.Contains(strings.ToLower(v), "charset") {
		return v
	}
	if cs := metaCharset(c.view); cs != "" {
		return t + "; charset=" + cs
	}
	return t
}

// markup reports whether links may be looked for in the view.
func (c *capture) markup() bool {
	t := essence(c.contentType())
	if strings.HasSuffix(t, "html+xml") || strings.HasSuffix(t, "/html") || strings.HasSuffix(t, "xml") {
		return true
	}
	return strings.HasPrefix(http.DetectContentType(c.view), "text/html")
}

// fill writes the answer into p.
func (c *capture) fill(p *vigil.Page) {
	p.Status = c.status
	p.Request = cleanHeader(c.request)
	p.Response = cleanHeader(c.header)
	p.RawSHA256, p.RawSize = c.sum, int64(len(c.raw))
	p.Body = c.kept
	p.BodySHA256, p.BodySize = vigil.SumHex(c.kept), int64(len(c.kept))
	p.Truncated = c.truncated
	p.Withheld = c.withheld
	p.Problem = c.problem
}

// cleanHeader returns h without the values of cookies, and without media.
func cleanHeader(h http.Header) http.Header {
	if len(h) == 0 {
		return nil
	}
	out := make(http.Header, len(h))
	for name, values := range h {
		values = slices.Clone(values)
		for i, v := range values {
			clean, _ := withhold([]byte(v))
			if values[i] = string(clean); strings.HasPrefix(name, "Set-Cookie") {
				values[i] = "withheld"
			}
		}
		out[name] = values
	}
	return out
}
