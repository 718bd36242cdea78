package crawler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"vigil"
	"vigil/internal/encoding"
)

// Why a body is shorter than what was sent (WARC 1.1, section 5.13).
const (
	cutLength     = "length"
	cutTime       = "time"
	cutDisconnect = "disconnect"
)

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
	view      []byte // the text to read, in UTF-8: what the kept bytes say
	truncated string
	problem   string
}

// roundTrip sends what colly asks for, under our own headers. The final answer
// is read whole here, under our limits; colly gets it without its body, of
// which it would make two copies that nobody reads.
func (v *visit) roundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.Header = requestHeader(out.URL.Scheme, req.UserAgent())
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
	if err := c.read(req.Context(), resp, v.maxBody); err != nil {
		return nil, err
	}
	v.capture = c
	without := *resp
	without.Body, without.ContentLength, without.Uncompressed = http.NoBody, 0, true
	without.Header = http.Header{}
	return &without, nil
}

// requestHeader returns the headers that Tor Browser 15 (Firefox ESR 140) sends
// for an address typed into it: whoever stands out is noticed. As Firefox does,
// it offers br and zstd over TLS only, not to http, which most onions are.
//
// What net/http leaves different: it writes Host and User-Agent first, as
// Firefox, but then the others by name, and Firefox as they stand here. The
// browser would also keep cookies, and fetch what the page shows.
func requestHeader(scheme, userAgent string) http.Header {
	h := http.Header{
		"User-Agent":                {userAgent},
		"Accept":                    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		"Accept-Language":           {"en-US,en;q=0.5"},
		"Accept-Encoding":           {"gzip, deflate"},
		"Connection":                {"keep-alive"}, // net/http leaves it out by itself
		"Upgrade-Insecure-Requests": {"1"},
		"Sec-Fetch-Dest":            {"document"},
		"Sec-Fetch-Mode":            {"navigate"},
		"Sec-Fetch-Site":            {"none"},
		"Sec-Fetch-User":            {"?1"},
		"Priority":                  {"u=0, i"},
	}
	if scheme == "https" {
		h.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	}
	return h
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
// are refused before the body is read to its end.
func (c *capture) read(ctx context.Context, resp *http.Response, limit int64) error {
	if err := checkType(c.header); err != nil {
		return err
	}
	codings, err := encoding.Codings(c.header)
	if err != nil {
		return fmt.Errorf("%w: %w", err, ErrMedia)
	}
	if err := c.receive(ctx, resp, limit, len(codings) > 0); err != nil {
		return err
	}
	return c.keep(strings.Join(codings, "+"), limit)
}

// Of a coded body this much is received before its first bytes are decoded and
// checked; most pages are shorter, and are checked whole.
const codedLen = 16 << 10

// receive reads and hashes the body. Its first bytes are checked before the
// rest is read.
func (c *capture) receive(ctx context.Context, resp *http.Response, limit int64, isCoded bool) error {
	first := int64(sniffLen)
	if isCoded {
		first = codedLen
	}
	room := int64(codedLen)
	if resp.ContentLength >= 0 {
		room = resp.ContentLength + 1 // and one to see the end
	}
	raw := make([]byte, 0, min(room, limit+1, firstRoom))
	raw, err := fill(raw, resp.Body, min(first, limit+1))
	if err == nil || !isCoded {
		if e := c.sniff(raw, isCoded); e != nil {
			return e
		}
	}
	if err == nil {
		raw, err = fill(raw, resp.Body, limit+1)
	}
	if err != nil && err != io.EOF {
		if c.truncated = cutBy(ctx, err); len(raw) == 0 {
			return fmt.Errorf("read the page: %w", err)
		}
	}
	if int64(len(raw)) > limit {
		raw, c.truncated = raw[:limit], cutLength
	}
	c.raw, c.sum = raw, vigil.SumHex(raw)
	return nil
}

// firstRoom bounds the memory that a Content-Length alone is good for.
const firstRoom = 64 << 10

// sniff checks the first bytes of a body, as text.
func (c *capture) sniff(first []byte, isCoded bool) error {
	if isCoded {
		// The body goes on: that its encoding ends early is no fault.
		if text, _ := encoding.Expand(c.header, first, sniffLen); len(text) > 0 {
			return checkBytes(text)
		}
		return nil
	}
	return checkBytes(first)
}

// fill reads from r until b holds n bytes, and grows b as they come.
func fill(b []byte, r io.Reader, n int64) ([]byte, error) {
	for int64(len(b)) < n {
		if len(b) == cap(b) {
			b = slices.Grow(b, min(len(b)+sniffLen, int(n)-len(b)))
		}
		k, err := r.Read(b[len(b):min(int64(cap(b)), n)])
		b = b[:len(b)+k]
		if err != nil {
			return b, err
		}
	}
	return b, nil
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
// Media that hide in a coded body, or in a charset that is not transparent, can
// only be withheld from its text, so that is kept then instead. A body that
// could not be decoded to its end may hide anything there: only the text that
// was seen is kept.
func (c *capture) keep(coding string, limit int64) error {
	body, err := c.raw, error(nil)
	if coding != "" {
		if body, err = encoding.Expand(c.header, c.raw, limit); err != nil {
			c.note(err.Error())
		}
		if errors.Is(err, encoding.ErrPlain) {
			coding, err = "", nil
		}
		if e := checkBytes(body); e != nil {
			return e
		}
	}
	t := encoding.Decode(body, c.header.Get("Content-Type"))
	c.kept, c.withheld = withhold(body)
	inText := false
	if !encoding.Transparent(t.Charset) {
		inText = c.withholdText(t, err != nil)
	}
	switch {
	case err != nil:
		c.withholdRaw(coding)
		if errors.Is(err, encoding.ErrTooLong) && c.truncated == "" {
			c.truncated = cutLength
		}
	case len(c.withheld) > 0:
		if coding != "" || inText {
			c.note("kept as decoded text, since media were withheld from it")
		}
	case coding != "" && carries(c.raw):
		c.note("kept as decoded text, since media stand between its coded parts")
		c.withholdRaw(coding)
	default:
		c.kept = c.raw
	}
	if len(c.withheld) > 0 { // the kept bytes are read again, as by whoever reads them later
		t = encoding.Decode(c.kept, c.header.Get("Content-Type"))
	}
	c.view = t.UTF8
	c.note(t.Problem)
	c.done = true
	return nil
}

// withholdText withholds media from a text in whose bytes they cannot be found,
// and keeps the text then, or if it must, marked as UTF-8 whatever the header
// says. It reports whether it did. The bytes went through withhold before: what
// they held for whoever takes them for ASCII is gone already.
func (c *capture) withholdText(t encoding.Text, must bool) bool {
	if len(c.withheld) > 0 {
		t = encoding.Decode(c.kept, c.header.Get("Content-Type"))
	}
	text, found := withhold(encoding.Mark(t.UTF8))
	if len(found) == 0 && !must {
		return false
	}
	for i := range c.withheld {
		c.withheld[i].Offset = len(text) // its place is not in the text
	}
	c.kept, c.withheld = text, append(c.withheld, found...)
	return true
}

// withholdRaw notes that the body as received is not kept, only its text.
func (c *capture) withholdRaw(coding string) {
	c.withheld = append(c.withheld, vigil.Withheld{MediaType: "application/" + coding, SHA256: c.sum, Bytes: len(c.raw), Offset: len(c.kept)})
}

// carries reports whether coded bytes hold media as they stand: in a comment
// of gzip, a frame of zstd that decoders skip, or the metadata of br.
func carries(raw []byte) bool {
	_, found := withhold(raw)
	return len(found) > 0
}

// note adds to why the page could not be read whole.
func (c *capture) note(problem string) {
	switch {
	case problem == "":
	case c.problem == "":
		c.problem = clip(problem)
	default:
		c.problem += "; " + clip(problem)
	}
}

// markup reports whether links may be looked for in the view.
func (c *capture) markup() bool {
	t := essence(c.header.Get("Content-Type"))
	if strings.HasSuffix(t, "html+xml") || strings.HasSuffix(t, "/html") || strings.HasSuffix(t, "xml") {
		return true
	}
	return strings.HasPrefix(http.DetectContentType(c.view), "text/html")
}

// fill writes the answer into p.
func (c *capture) fill(p *vigil.Page) {
	p.Status = c.status
	p.Request = c.request // our own words: nothing to withhold
	p.Response = cleanHeader(c.header)
	p.RawSHA256, p.RawSize = c.sum, int64(len(c.raw))
	p.Body = c.kept
	p.BodySHA256, p.BodySize = c.sum, int64(len(c.kept))
	if len(c.withheld) > 0 {
		p.BodySHA256 = vigil.SumHex(c.kept)
	}
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
