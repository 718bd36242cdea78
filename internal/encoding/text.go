package encoding

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/transform"
)

// Decode converts body, with its content encodings undone, to UTF-8.
// contentType is the header of that name; it may be empty.
//
// The charset is what is found first: a byte order mark, UTF-16 by its zeros,
// the header, the page itself, the bytes. A declaration that the bytes
// contradict beyond doubt is not followed, and Problem says so: browsers follow
// it, and show what nobody can read.
func Decode(body []byte, contentType string) Text {
	if name, n := marked(body); n > 0 {
		t := convert(name, body[n:])
		t.By, t.Certain = ByMark, t.Problem == ""
		return t
	}
	header := headerLabel(contentType)
	name := standard(header)
	t := Text{}
	switch order := zeros(body); {
	case order != "":
		t = convert(order, body)
		t.By = ByBytes
		if t.Certain = strings.HasPrefix(name, "utf-16") || name == ""; name == order {
			t.By = ByHeader
		}
		if name != "" && name != order {
			t.Certain = false
			t.problem("the header declares %s, but the bytes are %s", name, order)
		}
	case name != "":
		t = declared(name, ByHeader, body)
	default:
		t = undeclared(body)
	}
	if header != "" && name == "" {
		t.problem("charset %.40q of the header is not known", header)
	}
	return t
}

// undeclared reads a body of which the header says nothing.
func undeclared(body []byte) Text {
	label := pageLabel(body)
	name := standard(label)
	switch {
	case strings.HasPrefix(name, "utf-16"):
		name = "utf-8" // it could not be read else: HTML, section 13.2.3.2
	case name == "x-user-defined":
		name = "windows-1252" // same section
	}
	if name != "" {
		return declared(name, ByPage, body)
	}
	t := detected(body)
	if label != "" {
		t.problem("charset %.40q of the page is not known", label)
	}
	return t
}

// declared reads a body as the charset that the header or the page names,
// unless the bytes can only be another.
func declared(name, by string, body []byte) Text {
	if name == "utf-8" && utf8.Valid(body) { // by far the most pages
		return Text{UTF8: body, Charset: name, By: by, Certain: true}
	}
	c := census(body)
	if name == "utf-8" && c.isUTF8() || c.high == 0 && Transparent(name) && name != "replacement" {
		t := convert(name, body)
		t.By, t.Certain = by, t.Problem == ""
		return t
	}
	t := convert(name, body)
	t.By, t.Certain = by, t.Problem == ""
	other, isSure := contradicted(t, body, c)
	if other == "" {
		return t
	}
	t = convert(other, body)
	t.By = ByBytes
	if isSure {
		t.problem("the %s declares %s, but the bytes are %s: read as that", by, name, other)
	} else {
		t.problem("the %s declares %s, but the bytes are not: read as %s, a guess", by, name, other)
	}
	return t
}

// contradicted returns the charset that a body is in, if it cannot be in the
// declared one, in which it was read as t; "" otherwise. A declaration that
// hides ASCII text from whoever does not follow it is followed, as browsers do:
// see [Transparent].
func contradicted(t Text, body []byte, c counts) (name string, isSure bool) {
	declared := t.Charset
	switch {
	case strings.HasPrefix(declared, "utf-16") && noUTF16(body):
		return detected(body).Charset, true
	case !Transparent(declared), declared == "replacement":
		return "", false
	case declared == "utf-8" && c.mostlyUTF8():
		return "", false
	case declared != "utf-8" && c.isUTF8() && c.sequences >= accident(declared):
		return "utf-8", true
	case isPairs(declared) && t.Problem == "":
		return "", false // what is right in one charset of pairs is so in others
	case fits(declared, body):
		return "", false
	}
	g := guess(body)
	switch rival, ok := g.score(declared); {
	case g.name == declared:
	case declared == "utf-8" && c.sequences == 0 && c.invalid >= noAccident:
		return g.name, g.sure
	case !g.sure:
	case declared == "utf-8" || isPairs(declared):
		return g.name, true
	case ok && g.best-rival >= sureMargin && g.best-rival >= float64(g.high):
		return g.name, true
	}
	return "", false
}

// noAccident is how many bytes that are no UTF-8, without one character that is,
// are no damage but another charset.
const noAccident = 8

// isPairs reports whether a charset writes characters beyond ASCII in two bytes.
func isPairs(name string) bool {
	switch name {
	case "gbk", "gb18030", "big5", "euc-kr", "euc-jp", "shift_jis":
		return true
	}
	return false
}

// accident returns how many characters of another charset are never by accident
// all valid UTF-8. In single-byte charsets a pair of bytes seldom is, in
// multi-byte ones every sixth.
func accident(name string) int {
	if isPairs(name) {
		return 8
	}
	return 3
}

// detected reads a body that nobody says anything about.
func detected(body []byte) Text {
	c := census(body)
	if c.high == 0 && escapes(body) {
		t := convert("iso-2022-jp", body)
		t.By = ByBytes
		t.problem("no charset is declared: read as iso-2022-jp, as its escapes show")
		return t
	}
	if c.isUTF8() || c.mostlyUTF8() {
		t := convert("utf-8", body)
		t.By, t.Certain = ByBytes, t.Problem == ""
		return t
	}
	g := guess(body)
	t := convert(g.name, body)
	t.By = ByBytes
	how := "a guess"
	if g.sure {
		how = "as its letters show"
	}
	t.problem("no charset is declared: read as %s, %s", g.name, how)
	return t
}

// escapes reports whether a text of ASCII bytes switches between the sets of
// ISO-2022-JP (RFC 1468), by which browsers tell it.
func escapes(body []byte) bool {
	for {
		i := bytes.IndexByte(body, 0x1b)
		if i < 0 || i+2 >= len(body) {
			return false
		}
		switch string(body[i+1 : i+3]) {
		case "$B", "$@", "(B", "(J", "(I":
			return true
		}
		body = body[i+1:]
	}
}

// convert reads body as a charset that is known. A character that is none
// becomes U+FFFD, which Problem counts.
func convert(name string, body []byte) Text {
	t := Text{Charset: name}
	switch {
	case name == "replacement":
		t.UTF8 = []byte("\uFFFD")
		t.problem("a charset that browsers refuse: not read")
		return t
	case name == "utf-8":
		t.UTF8 = body
	default:
		t.UTF8 = convertTable(name, body)
	}
	t.UTF8 = bytes.TrimPrefix(t.UTF8, []byte(mark))
	bad := 0
	if name != "utf-8" {
		bad = bytes.Count(t.UTF8, []byte("\uFFFD"))
	} else if !utf8.Valid(t.UTF8) {
		c := census(t.UTF8)
		bad = c.invalid - c.tail // a cut end is no fault of the text
		t.UTF8 = bytes.ToValidUTF8(t.UTF8, []byte("\uFFFD"))
	}
	if bad > 0 {
		t.problem("%d bytes or characters are not %s", bad, name)
	}
	return t
}

// convertTable converts body through the tables of x/text. They give at most
// three bytes for one.
func convertTable(name string, body []byte) []byte {
	e, _ := charset.Lookup(name)
	if e == nil {
		return bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	d := e.NewDecoder()
	dst := make([]byte, len(body)+len(body)/4+16)
	n, read := 0, 0
	for {
		wrote, took, err := d.Transform(dst[n:], body[read:], true)
		n, read = n+wrote, read+took
		if !errors.Is(err, transform.ErrShortDst) {
			return dst[:n]
		}
		bigger := make([]byte, len(dst)+len(dst)/2+16)
		copy(bigger, dst[:n])
		dst = bigger
	}
}

// problem adds to what is wrong with a text, which is not certain then.
func (t *Text) problem(format string, args ...any) {
	t.Certain = false
	if t.Problem != "" {
		t.Problem += "; "
	}
	t.Problem += fmt.Sprintf(format, args...)
}

// counts says what a body is made of.
type counts struct {
	high      int // bytes beyond ASCII
	sequences int // valid sequences of two to four bytes in UTF-8
	invalid   int // bytes that are no UTF-8
	tail      int // of them in an unfinished sequence at the end
}

// isUTF8 reports whether a body is valid UTF-8, but for its cut end.
func (c counts) isUTF8() bool { return c.invalid == c.tail && (c.tail == 0 || c.sequences > 0) }

// mostlyUTF8 reports whether a body is UTF-8 with faults in it.
func (c counts) mostlyUTF8() bool { return c.sequences > 4*c.invalid }

func census(b []byte) (c counts) {
	if utf8.Valid(b) { // by far the most bodies, and fast
		for _, x := range b {
			if x >= 0x80 {
				c.high++
			}
			if x >= 0xc0 {
				c.sequences++
			}
		}
		return c
	}
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		_, n := utf8.DecodeRune(b)
		c.high += n
		if n > 1 {
			c.sequences++
		} else {
			c.invalid++
			if !utf8.FullRune(b) {
				c.tail = len(b)
				c.invalid += len(b) - 1
				c.high += len(b) - 1
				return c
			}
		}
		b = b[n:]
	}
	return c
}
