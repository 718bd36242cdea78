package extract

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"vigil"
)

// maxHTML is how much of a page is read, in bytes, before and again
// after conversion to UTF-8. Markets' pages have tens of kilobytes.
const maxHTML = 8 << 20

// A problems list says why a page could not be read whole.
type problems []string

func (ps *problems) add(format string, args ...any) {
	*ps = append(*ps, fmt.Sprintf(format, args...))
}

// source returns the page's markup as UTF-8. It is empty if the body holds no text.
func source(p vigil.Page, ps *problems) string {
	body := clip(p.Body, "body", ps)
	if len(body) == 0 {
		ps.add("body is empty")
		return ""
	}
	contentType := p.Response.Get("Content-Type")
	if t := mediaType(body, contentType); t != "" {
		ps.add("body is %s, not HTML: nothing was read", t)
		return ""
	}
	text := toUTF8(body, contentType, ps)
	if isBinary(text) {
		ps.add("body is binary, not HTML: nothing was read")
		return ""
	}
	return text
}

// clip cuts b to maxHTML bytes and says so.
func clip(b []byte, what string, ps *problems) []byte {
	if len(b) <= maxHTML {
		return b
	}
	ps.add("%s is larger than %d MiB: the rest was not read", what, maxHTML>>20)
	return b[:maxHTML]
}

// mediaType returns the type of a body that is no page: media, archives,
// documents. The first bytes say so, whatever the header says.
func mediaType(body []byte, contentType string) string {
	sniffed := http.DetectContentType(body)
	for _, prefix := range []string{"image/", "video/", "audio/", "font/", "application/pdf", "application/zip", "application/x-", "application/ogg"} {
		if strings.HasPrefix(sniffed, prefix) {
			return sniffed
		}
	}
	for _, prefix := range []string{"image/", "video/", "audio/", "font/"} {
		if sniffed == "application/octet-stream" && strings.HasPrefix(strings.ToLower(contentType), prefix) {
			return prefix + "*"
		}
	}
	return ""
}

// isBinary reports whether the beginning of s has more characters that no text has
// than can be there by accident.
func isBinary(s string) bool {
	bad, n := 0, 0
	for _, r := range s[:min(len(s), 4096)] {
		n++
		if r == utf8.RuneError || r < 0x20 && r != '\t' && r != '\n' && r != '\r' && r != '\f' {
			bad++
		}
	}
	return bad > 16 && bad*5 > n
}

// toUTF8 converts body to UTF-8 and drops what is not.
func toUTF8(body []byte, contentType string, ps *problems) string {
	enc, name := encodingOf(body, contentType, ps)
	if name != "utf-8" {
		e, _ := charset.Lookup(enc)
		out, err := e.NewDecoder().Bytes(body)
		if err != nil {
			ps.add("charset %s: %v", name, err)
		}
		body = clip(out, "text in UTF-8", ps)
	}
	if name == "replacement" {
		ps.add("charset %s is not read: browsers refuse it too", enc)
	}
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	if !utf8.Valid(body) {
		ps.add("body holds bytes that are not %s", name)
	}
	return strings.ToValidUTF8(string(body), "\uFFFD")
}

// metaCharset finds the charset that a page itself declares, in a meta element
// (HTML, section 4.2.5.4) or an XML declaration.
var metaCharset = regexp.MustCompile(`(?i)<meta\s[^>]{0,400}?charset\s*=\s*["']?\s*([a-z0-9_:.-]+)|^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([a-z0-9_:.-]+)`)

// encodingOf returns a label of the body's encoding and its standard name. It
// asks, in this order: byte order mark, header, the page itself, the bytes.
func encodingOf(body []byte, contentType string, ps *problems) (label, name string) {
	_, guess, certain := charset.DetermineEncoding(body, contentType)
	if certain {
		return guess, guess
	}
	// UTF-16 without a mark is told by its zeros (XML 1.0, appendix F.1).
	switch {
	case bytes.HasPrefix(body, []byte("<\x00")):
		return "utf-16le", "utf-16le"
	case bytes.HasPrefix(body, []byte("\x00<")):
		return "utf-16be", "utf-16be"
	}
	if m := metaCharset.FindSubmatch(body[:min(len(body), 8192)]); m != nil {
		label := string(m[1]) + string(m[2])
		_, name := charset.Lookup(label)
		switch name {
		case "":
			ps.add("charset %.20q is not known", label)
		case "utf-16be", "utf-16le":
			// A declaration that can be read as ASCII is wrong about being
			// UTF-16: HTML, section 13.2.3.2, says to take UTF-8.
			return "utf-8", "utf-8"
		default:
			return label, name
		}
	}
	if utf8.Valid(body) {
		return "utf-8", "utf-8"
	}
	ps.add("no charset is declared: read as %s", guess)
	return guess, guess
}
