package encoding

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// How far into a page a declaration of its charset is looked for. Browsers are
// held to the first 1024 bytes (HTML, section 4.2.5.4), and take a later one
// where the page's head goes on.
const (
	sureHead = 1024
	maxHead  = 8192
)

// standard returns the name of the charset that a label means in the WHATWG
// Encoding Standard; "" if there is none.
func standard(label string) string {
	_, name := charset.Lookup(label)
	return name
}

// headerLabel returns the label in a Content-Type header; "" if there is none.
func headerLabel(contentType string) string {
	for contentType != "" {
		var p string
		p, contentType, _ = strings.Cut(contentType, ";")
		name, value, ok := strings.Cut(p, "=")
		if ok && strings.EqualFold(strings.TrimSpace(name), "charset") {
			return strings.Trim(value, " \t\"'")
		}
	}
	return ""
}

// pageLabel returns the label that a page declares itself; "" if none.
func pageLabel(body []byte) string {
	head := body[:min(len(body), maxHead)]
	if label := xmlLabel(head); label != "" {
		return label
	}
	if !hasFold(head, "charset") {
		return ""
	}
	z := html.NewTokenizer(bytes.NewReader(head))
	for read := 0; ; {
		kind := z.Next()
		read += len(z.Raw())
		if kind == html.ErrorToken {
			return ""
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		switch name, _ := z.TagName(); string(name) {
		case "body":
			if read > sureHead {
				return ""
			}
		case "meta":
			if label := metaLabel(z); label != "" {
				return label
			}
		}
	}
}

// metaLabel returns the label in the meta element that z stands at.
func metaLabel(z *html.Tokenizer) string {
	var label, content string
	isPragma := false
	for more := true; more; {
		var key, val []byte
		key, val, more = z.TagAttr()
		switch string(key) {
		case "charset":
			label = string(val)
		case "http-equiv":
			isPragma = strings.EqualFold(string(val), "content-type")
		case "content":
			content = string(val)
		}
	}
	if label == "" && isPragma {
		label = headerLabel(content)
	}
	return strings.TrimSpace(label)
}

// xmlLabel returns the label of an XML declaration (XML 1.0, section 4.3.3).
func xmlLabel(head []byte) string {
	decl, ok := bytes.CutPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("<?xml"))
	if !ok {
		return ""
	}
	decl, _, _ = bytes.Cut(decl, []byte(">"))
	_, v, ok := bytes.Cut(decl, []byte("encoding"))
	v, isValue := bytes.CutPrefix(bytes.TrimLeft(v, " \t\r\n"), []byte("="))
	v = bytes.TrimLeft(v, " \t\r\n")
	if !ok || !isValue || len(v) == 0 || v[0] != '"' && v[0] != '\'' {
		return ""
	}
	label, _, _ := bytes.Cut(v[1:], v[:1])
	return string(label)
}

// hasFold reports whether b holds the lower-case word, in any case.
func hasFold(b []byte, word string) bool {
	for i := 0; i+len(word) <= len(b); i++ {
		if b[i]|0x20 == word[0] && bytes.EqualFold(b[i:i+len(word)], []byte(word)) {
			return true
		}
	}
	return false
}
