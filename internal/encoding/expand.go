package encoding

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// What may be wrong with a body's content encoding.
var (
	// ErrTooLong says that a body expands beyond the limit.
	ErrTooLong = errors.New("expands beyond the limit")
	// ErrUnknown says that an encoding is none that is undone here, or that
	// there are too many.
	ErrUnknown = errors.New("want identity, gzip, deflate, br or zstd, at most two of them")
	// ErrPlain says that a body is not encoded, although it is said to be. The
	// text is the body itself.
	ErrPlain = errors.New("declared, but the body is plain text: read as it stands")
	// errTrailing says that a body does not end where its encoding does.
	errTrailing = errors.New("data after the end")
)

// maxCodings is how many codings are undone, one inside the other.
const maxCodings = 2

// maxWindow is the largest window of zstd as a content coding (RFC 9659).
const maxWindow = 8 << 20

// Codings returns the content codings of an answer, in the order in which they
// were applied (RFC 9110, section 8.4), without identity. The error wraps
// [ErrUnknown].
func Codings(h http.Header) ([]string, error) {
	var list []string
	for _, v := range h["Content-Encoding"] {
		for c := range strings.SplitSeq(v, ",") {
			switch c = strings.ToLower(strings.TrimSpace(c)); c {
			case "", "identity":
				continue
			case "x-gzip":
				c = "gzip"
			case "gzip", "deflate", "br", "zstd":
			default:
				return nil, fmt.Errorf("content encoding %.40q: %w", c, ErrUnknown)
			}
			if list = append(list, c); len(list) > maxCodings {
				return nil, fmt.Errorf("content encoding %s: %w", strings.Join(list, ", "), ErrUnknown)
			}
		}
	}
	return list, nil
}

// Expand undoes the content encodings that h names: gzip, deflate, br and zstd
// (RFC 9110, section 8.4.1; RFC 7932; RFC 8878), at most two of them. It
// returns at most limit bytes. What could be read until an error is returned
// with it: [ErrTooLong], [ErrPlain], [ErrUnknown] with the body as it is, or
// the decoder's own. A body that goes on where its encoding ends is an error.
func Expand(h http.Header, body []byte, limit int64) ([]byte, error) {
	codings, err := Codings(h)
	if err != nil || len(codings) == 0 || len(body) == 0 {
		return body, err
	}
	text, err := undo(codings, body, limit)
	if err != nil && len(text) < len(body) && !errors.Is(err, ErrTooLong) && plain(body) {
		return body[:min(int64(len(body)), limit)], fmt.Errorf("content encoding %s: %w", strings.Join(codings, ", "), ErrPlain)
	}
	return text, err
}

// undo reads body through the decoders of its codings.
func undo(codings []string, body []byte, limit int64) (text []byte, err error) {
	var r io.Reader = bytes.NewReader(body)
	for _, coding := range slices.Backward(codings) {
		l, err := newLayer(coding, r, limit)
		if err != nil {
			return nil, err
		}
		defer l.close()
		r = l
	}
	text = make([]byte, 0, min(limit, 6*int64(len(body))+512))
	for {
		n, err := r.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			return text, err
		}
		if len(text) == cap(text) {
			text = slices.Grow(text, 512)
		}
	}
}

// A layer is one coding being undone. It gives at most limit bytes, also where
// another layer reads them: that one may drop any number of them.
type layer struct {
	coding string
	src    *bufio.Reader
	r      io.Reader
	limit  int64
	left   int64
	close  func()
}

func newLayer(coding string, src io.Reader, limit int64) (*layer, error) {
	l := &layer{coding: coding, src: bufio.NewReader(src), limit: limit, left: limit, close: func() {}}
	var err error
	switch coding {
	case "gzip":
		l.r, err = gzip.NewReader(l.src)
	case "deflate":
		l.r, err = inflater(l.src)
	case "br":
		l.r = brotli.NewReader(l.src)
	case "zstd":
		var z *zstd.Decoder
		z, err = zstd.NewReader(l.src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err == nil {
			l.r, l.close = z, z.Close
		}
	default:
		err = ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", coding, broken(err))
	}
	return l, nil
}

// inflater reads zlib, which is what deflate means, or bare deflate, which is
// what some servers send (RFC 9110, section 8.4.1.2).
func inflater(src *bufio.Reader) (io.Reader, error) {
	b, _ := src.Peek(2)
	if len(b) == 2 && b[0]&0x0f == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 {
		return zlib.NewReader(src)
	}
	return flate.NewReader(src), nil
}

func (l *layer) Read(p []byte) (int, error) {
	room := p[:min(int64(len(p)), l.left)]
	if l.left == 0 {
		room = make([]byte, 1) // is there more?
	}
	n, err := l.r.Read(room)
	if l.left == 0 && n > 0 {
		return 0, fmt.Errorf("%s: %w of %d bytes", l.coding, ErrTooLong, l.limit)
	}
	l.left -= int64(n)
	if err == io.EOF {
		err = l.end()
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", l.coding, broken(err))
	}
	return n, err
}

// end returns io.EOF if nothing follows on the coded data.
func (l *layer) end() error {
	if _, err := l.src.ReadByte(); err != nil {
		return err
	}
	return errTrailing
}

// broken spells the end of a body inside its encoding as what it is.
func broken(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// plain reports whether a body that could not be decoded is text that was never
// encoded (bare deflate makes a letter or two of most texts): it holds no byte that a text does not hold, which encoded
// data of any length do (WHATWG MIME Sniffing, "binary data byte").
func plain(body []byte) bool {
	for _, c := range body {
		if c <= 0x08 || c == 0x0b || 0x0e <= c && c <= 0x1a || 0x1c <= c && c <= 0x1f {
			return false
		}
	}
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("<")) || utf8.Valid(body)
}
