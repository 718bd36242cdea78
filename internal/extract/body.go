package extract

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"vigil"
	"vigil/internal/encoding"
)

// maxHTML is how much of a page is read, in bytes, before and again
// after conversion to UTF-8. Markets' pages have tens of kilobytes.
const maxHTML = 8 << 20

// A problems list says why a page could not be read whole.
type problems []string

func (ps *problems) add(format string, args ...any) {
	*ps = append(*ps, fmt.Sprintf(format, args...))
}

// source returns the page's markup as UTF-8. It is empty if the body holds no
// text. It is the text that the crawler read the page's links from.
func source(p vigil.Page, ps *problems) string {
	body, err := encoding.Body(p, maxHTML)
	if err != nil {
		ps.add("%v", err)
	}
	if len(body) == 0 {
		ps.add("body is empty")
		return ""
	}
	body = clip(body, "body", ps)
	contentType := p.Response.Get("Content-Type")
	if t := mediaType(body, contentType); t != "" {
		ps.add("body is %s, not HTML: nothing was read", t)
		return ""
	}
	t := encoding.Decode(body, contentType)
	if t.Problem != "" {
		ps.add("%s", t.Problem)
	}
	text := string(clip(t.UTF8, "text in UTF-8", ps))
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
