package crawler

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"vigil/internal/encoding"
)

// ErrMedia says that an answer is not text: an image, a video, another file,
// or an encoding that hides what it is. Nothing of it was kept.
var ErrMedia = errors.New("not text, not kept")

// sniffLen is how many first bytes say what a file is (WHATWG MIME Sniffing).
const sniffLen = 512

// checkType refuses answers whose Content-Type header is not on the list. No
// header is no offence: the first bytes decide then.
func checkType(h http.Header) error {
	for _, v := range h.Values("Content-Type") {
		if t := essence(v); t != "" && !textType(t) {
			return fmt.Errorf("content type %q: %w", clip(t), ErrMedia)
		}
	}
	return nil
}

// essence returns a media type without its parameters, in lower case.
func essence(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// textType reports whether a media type is one that pages come in.
func textType(t string) bool {
	switch t {
	case "text/html", "application/xhtml+xml", "text/plain", "application/json", "text/xml", "application/xml":
		return true
	}
	return strings.HasPrefix(t, "application/") && (strings.HasSuffix(t, "+xml") || strings.HasSuffix(t, "+json"))
}

// checkBytes refuses answers whose first bytes are those of a media file or
// another binary.
func checkBytes(first []byte) error {
	first = first[:min(len(first), sniffLen)]
	if t := mediaType(first); t != "" {
		return fmt.Errorf("first bytes are %s: %w", t, ErrMedia)
	}
	if n := binaryBytes(first); n*10 > len(first) && encoding.UTF16(first) == "" {
		return fmt.Errorf("first bytes are binary: %w", ErrMedia)
	}
	return nil
}

// A signature is how a kind of file begins.
type signature struct {
	offset int
	magic  string
	typ    string
}

// signatures are those that http.DetectContentType does not know.
var signatures = []signature{
	{4, "ftyp", "video/mp4"}, // all brands: MP4, MOV, HEIC, AVIF
	{0, "II*\x00", "image/tiff"},
	{0, "MM\x00*", "image/tiff"},
	{0, "\x00\x00\x00\x0cjP  ", "image/jp2"},
	{0, "\x00\x00\x00\x0cJXL ", "image/jxl"},
	{0, "\xff\x0a", "image/jxl"},
	{0, "\xff\xd8\xff", "image/jpeg"},
	{0, "8BPS", "image/vnd.adobe.photoshop"},
	{0, "FLV\x01", "video/x-flv"},
	{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"},
	{0, "\x00\x00\x01\xba", "video/mpeg"},
	{0, "\x00\x00\x01\xb3", "video/mpeg"},
	{0, "fLaC", "audio/flac"},
	{0, "#!AMR", "audio/amr"},
	{0, "\xff\xfb", "audio/mpeg"},
	{0, "\xff\xf1", "audio/aac"},
	{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{0, "\xfd7zXZ\x00", "application/x-xz"},
	{0, "BZh", "application/x-bzip2"},
	{0, "\x28\xb5\x2f\xfd", "application/zstd"},
}

// mediaType returns the type of the media file or other binary that begins
// with b, or "" if b does not look like the beginning of one. Magic that is
// made of letters, as BM or ID3, counts only with a binary byte nearby: a text
// may begin with the same letters.
func mediaType(b []byte) string {
	text := binaryBytes(b) == 0
	for _, s := range signatures {
		if len(b) >= s.offset && bytes.HasPrefix(b[s.offset:], []byte(s.magic)) && !(text && letters(s.magic)) {
			return s.typ
		}
	}
	t := essence(http.DetectContentType(b))
	switch {
	case strings.HasPrefix(t, "text/"), t == "application/octet-stream":
		return ""
	case text && (t == "image/bmp" || t == "audio/mpeg"):
		return ""
	}
	return t
}

// letters reports whether s is printable ASCII.
func letters(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// binaryBytes counts the bytes that no text holds (WHATWG MIME Sniffing, "binary
// data byte").
func binaryBytes(b []byte) (n int) {
	for _, c := range b {
		if binaryByte(c) {
			n++
		}
	}
	return n
}

func binaryByte(c byte) bool {
	return c <= 0x08 || c == 0x0b || 0x0e <= c && c <= 0x1a || 0x1c <= c && c <= 0x1f
}
