package crawler

import (
	"bytes"
	"net/http"
	"strings"

	"golang.org/x/net/html"
)

// maxRefs bounds how many references of a page are looked at.
const maxRefs = 100_000

// refs are a page's references as they stand there, in page order.
type refs struct {
	base string // of the first <base>
	list []string
}

// addHeader adds what response headers refer to.
func (r *refs) addHeader(h http.Header) {
	for _, v := range h.Values("Refresh") {
		r.add(refreshURL(v))
	}
	for _, v := range h.Values("Onion-Location") {
		r.add(v)
	}
}

func (r *refs) add(ref string) {
	if ref != "" && len(r.list) < maxRefs {
		r.list = append(r.list, ref)
	}
}

// tokenRefs collects the references in markup.
func tokenRefs(text []byte) (r refs) {
	z := html.NewTokenizer(bytes.NewReader(text))
	z.SetMaxBuf(maxToken)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return r
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			r.element(t.Data, t.Attr)
		}
	}
}

// maxToken bounds one tag or text run in bytes.
const maxToken = 16 << 20

// element adds what one element refers to as a page: images, scripts and style
// sheets are none of ours, and forms are never sent.
func (r *refs) element(tag string, attrs []html.Attribute) {
	switch tag {
	case "base":
		if r.base == "" {
			r.base = attr(attrs, "href")
		}
	case "a", "area":
		r.add(attr(attrs, "href"))
	case "iframe", "frame":
		r.add(attr(attrs, "src"))
	case "link":
		for rel := range strings.FieldsSeq(strings.ToLower(attr(attrs, "rel"))) {
			if rel == "next" || rel == "prev" || rel == "canonical" {
				r.add(attr(attrs, "href"))
				return
			}
		}
	case "meta":
		switch strings.ToLower(attr(attrs, "http-equiv")) {
		case "refresh":
			r.add(refreshURL(attr(attrs, "content")))
		case "onion-location":
			r.add(attr(attrs, "content"))
		}
	}
}

func attr(attrs []html.Attribute, name string) string {
	for _, a := range attrs {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// refreshURL returns the address in a refresh value, "5; url=ADDRESS"; "" if
// it has none. Browsers take many spellings of it.
func refreshURL(v string) string {
	i := strings.IndexAny(v, ";,")
	if i < 0 {
		return ""
	}
	v = strings.TrimSpace(v[i+1:])
	if len(v) >= 3 && strings.EqualFold(v[:3], "url") {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(v[3:]), "="); ok {
			v = strings.TrimSpace(rest)
		}
	}
	if v != "" && (v[0] == '"' || v[0] == '\'') {
		quoted, _, _ := strings.Cut(v[1:], v[:1])
		return quoted
	}
	return v
}
