package crawler

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf16"

	"vigil"
)

// errTooLong says that a body expands beyond the limit.
var errTooLong = errors.New("expands beyond the limit")

// Decoded returns p's body with its Content-Encoding undone, for whoever reads
// the text: p.Body holds the bytes as received, which a server may compress
// although it was asked not to. At most limit bytes are returned; the error
// says if there are more, or if the encoding is broken.
func Decoded(p vigil.Page, limit int64) ([]byte, error) {
	coding, err := encoding(p.Response)
	if err != nil || coding == "" || p.BodySHA256 != p.RawSHA256 {
		return p.Body, err // a body from which media were withheld is decoded already
	}
	text, err := expand(coding, p.Body, limit)
	if err != nil {
		return text, fmt.Errorf("decode the body of page %s: %w", p.ID, err)
	}
	return text, nil
}

// encoding returns the one content encoding of an answer; "" if there is none.
// What it does not know hides what an answer is, and is refused.
func encoding(h http.Header) (string, error) {
	var coding string
	for _, v := range h.Values("Content-Encoding") {
		for c := range strings.SplitSeq(v, ",") {
			c = strings.ToLower(strings.TrimSpace(c))
			switch {
			case c == "" || c == "identity":
			case coding != "":
				return "", fmt.Errorf("content encoding %q on top of %q: %w", clip(c), coding, ErrMedia)
			case c == "gzip" || c == "x-gzip":
				coding = "gzip"
			case c == "deflate":
				coding = "deflate"
			default:
				return "", fmt.Errorf("content encoding %q, want identity, gzip or deflate: %w", clip(c), ErrMedia)
			}
		}
	}
	return coding, nil
}

// expand undoes a content encoding, up to limit bytes. What could be read is
// returned also with an error.
func expand(coding string, b []byte, limit int64) ([]byte, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var r io.Reader
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(bytes.NewReader(b))
	case "deflate": // zlib (RFC 9110, section 8.4.1.2), or bare, as some servers send
		if r, err = zlib.NewReader(bytes.NewReader(b)); err != nil {
			r, err = flate.NewReader(bytes.NewReader(b)), nil
		}
	default:
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", coding, err)
	}
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(text)) > limit {
		return text[:limit], fmt.Errorf("%s: %w of %d bytes", coding, errTooLong, limit)
	}
	if err != nil {
		return text, fmt.Errorf("%s: %w", coding, err)
	}
	return text, nil
}

// utf16Text reports whether b begins like a text in UTF-16: with a byte order
// mark, or with a zero in every second byte.
func utf16Text(b []byte) bool { return utf16Order(b) != nil }

func utf16Order(b []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return binary.LittleEndian
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return binary.BigEndian
	}
	var zeros [2]int
	b = b[:min(len(b), sniffLen)]
	for i, c := range b {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch {
	case zeros[1] > 8 && zeros[1] > 4*zeros[0] && zeros[1]*3 > len(b):
		return binary.LittleEndian
	case zeros[0] > 8 && zeros[0] > 4*zeros[1] && zeros[0]*3 > len(b):
		return binary.BigEndian
	}
	return nil
}

// fromUTF16 returns b, a text in UTF-16, as UTF-8 without a byte order mark.
func fromUTF16(b []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, order.Uint16(b[i:]))
	}
	return bytes.TrimPrefix([]byte(string(utf16.Decode(units))), []byte("\ufeff"))
}
