package redact

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A view is a text read in one way: bytes, and for each the bytes of the text as
// given that it stands for.
type view struct {
	b   []byte
	at  []place
	num []bool // which bytes are digits; of a squeezed view only
}

type place struct{ lo, hi int }

func (v *view) add(c byte, p place) {
	v.b = append(v.b, c)
	v.at = append(v.at, p)
}

func (v *view) addString(s string, p place) {
	for i := range len(s) {
		v.add(s[i], p)
	}
}

// like returns an empty view with room for what v holds.
func like(v view) view { return view{b: make([]byte, 0, len(v.b)), at: make([]place, 0, len(v.at))} }

// span returns the bytes as given for those from lo to hi of the view.
func (v view) span(lo, hi int) place { return place{v.at[lo].lo, v.at[hi-1].hi} }

// plainView is a text as it is.
func plainView(s string) view {
	v := view{b: []byte(s), at: make([]place, len(s))}
	for i := range v.at {
		v.at[i] = place{i, i + 1}
	}
	return v
}

// maxUnescape is how often a text may be escaped on top of itself.
const maxUnescape = 3

// views returns the ways in which a text may be read: as it is, with escapes
// undone up to three times, as quoted-printable, and each without tags.
func views(s string) []view {
	vs := []view{plainView(s)}
	if !strings.ContainsAny(s, `%&\=<`) {
		return vs
	}
	for n := 0; n < maxUnescape; n++ {
		next, changed := unescape(vs[n])
		if !changed {
			break
		}
		vs = append(vs, next)
	}
	if q, changed := unquote(vs[0]); changed {
		vs = append(vs, q)
	}
	for _, v := range vs {
		if t, changed := untag(v); changed {
			vs = append(vs, t)
		}
	}
	return vs
}

// unescape undoes percent-encoding, references of HTML, and the escapes of JSON
// and JavaScript.
func unescape(v view) (out view, changed bool) {
	if !bytes.ContainsAny(v.b, `%&\\`) {
		return out, false
	}
	out = like(v)
	for i := 0; i < len(v.b); {
		s, n := "", 0
		switch v.b[i] {
		case '%':
			s, n = percent(v.b[i:])
		case '&':
			s, n = reference(v.b[i:])
		case '\\':
			s, n = backslash(v.b[i:])
		}
		if n == 0 {
			out.add(v.b[i], v.at[i])
			i++
			continue
		}
		out.addString(s, v.span(i, i+n))
		i += n
		changed = true
	}
	return out, changed
}

// percent reads %41 and %u0041; n is 0 if b begins with neither.
func percent(b []byte) (s string, n int) {
	if len(b) > 1 && (b[1] == 'u' || b[1] == 'U') {
		return code(b, 2, 4)
	}
	if c, ok := hexByte(b, 1); ok {
		return string([]byte{c}), 3
	}
	return "", 0
}

// backslash reads \u0041, \u{41} and \x41.
func backslash(b []byte) (s string, n int) {
	switch {
	case len(b) > 3 && b[1] == 'u' && b[2] == '{':
		for m := 1; m <= 6; m++ {
			if s, n = code(b, 3, m); n > 0 && n < len(b) && b[n] == '}' {
				return s, n + 1
			}
		}
		return "", 0
	case len(b) > 1 && b[1] == 'u':
		return code(b, 2, 4)
	case len(b) > 1 && b[1] == 'x':
		if c, ok := hexByte(b, 2); ok {
			return string([]byte{c}), 4
		}
	}
	return "", 0
}

// code reads a character's number of so many hex digits from b[from:].
func code(b []byte, from, digits int) (s string, n int) {
	if len(b) < from+digits {
		return "", 0
	}
	r, err := strconv.ParseUint(string(b[from:from+digits]), 16, 32)
	if err != nil {
		return "", 0
	}
	return string(rune(r)), from + digits
}

func hexByte(b []byte, from int) (byte, bool) {
	if len(b) < from+2 {
		return 0, false
	}
	c, err := strconv.ParseUint(string(b[from:from+2]), 16, 8)
	return byte(c), err == nil
}

// maxReference is more than the longest name of a character in HTML.
const maxReference = 34

// reference reads &#65; &#x41; and &amp;, whose end may lack where HTML allows that.
func reference(b []byte) (s string, n int) {
	n = 1
	for n < len(b) && n < maxReference && b[n] != ';' && (b[n] == '#' || b[n] < utf8.RuneSelf && alnum(b[n])) {
		n++
	}
	if n < len(b) && b[n] == ';' {
		n++
	}
	s = html.UnescapeString(string(b[:n]))
	if s == string(b[:n]) {
		return "", 0
	}
	return s, n
}

func alnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// unquote undoes quoted-printable (RFC 2045, section 6.7).
func unquote(v view) (out view, changed bool) {
	if bytes.IndexByte(v.b, '=') < 0 {
		return out, false
	}
	out = like(v)
	for i := 0; i < len(v.b); {
		if v.b[i] == '=' {
			n := 1
			for i+n < len(v.b) && n < 3 && (v.b[i+n] == '\r' || v.b[i+n] == '\n') {
				n++
			}
			if n > 1 {
				i, changed = i+n, true
				continue
			}
			if c, ok := hexByte(v.b[i:], 1); ok {
				out.add(c, v.span(i, i+3))
				i, changed = i+3, true
				continue
			}
		}
		out.add(v.b[i], v.at[i])
		i++
	}
	return out, changed
}

// maxTag bounds what may stand between < and >.
const maxTag = 512

// untag drops tags of HTML. What is left on both sides of one joins.
func untag(v view) (out view, changed bool) {
	if bytes.IndexByte(v.b, '<') < 0 {
		return out, false
	}
	out = like(v)
	for i := 0; i < len(v.b); {
		if n := comment(v.b[i:]); n > 0 { // what it says is text as well
			i, changed = i+n, true
			continue
		}
		if v.b[i] == '<' && i+1 < len(v.b) && (alnum(v.b[i+1]) || v.b[i+1] == '/' || v.b[i+1] == '!') {
			if n := bytes.IndexByte(v.b[i:min(len(v.b), i+maxTag)], '>'); n > 0 {
				i, changed = i+n+1, true
				if k := len(out.at); k > 0 {
					out.at[k-1].hi = v.at[i-1].hi
				}
				continue
			}
		}
		out.add(v.b[i], v.at[i])
		i++
	}
	return out, changed
}

// comment returns the length of what begins or ends a comment of HTML.
func comment(b []byte) int {
	for _, s := range []string{"<!--", "-->"} {
		if len(b) >= len(s) && string(b[:len(s)]) == s {
			return len(s)
		}
	}
	return 0
}

// squeeze leaves of a text its letters and digits, folded: without case, marks and
// what nobody sees, look-alikes taken for one another. Two neighbours of a view
// that was squeezed stood next to each other if their places touch.
func squeeze(v view) view {
	out := like(v)
	out.num = make([]bool, 0, len(v.b))
	for i := 0; i < len(v.b); {
		if c := v.b[i]; c < utf8.RuneSelf {
			if f := ascii[c]; f != 0 {
				out.add(f, v.at[i])
				out.num = append(out.num, '0' <= c && c <= '9')
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(v.b[i:])
		p := v.span(i, i+n)
		i += n
		switch {
		case r == utf8.RuneError:
		case hidden(r):
			if k := len(out.at); k > 0 && out.at[k-1].hi == p.lo {
				out.at[k-1].hi = p.hi
			}
		default:
			f := foldRune(r)
			out.addString(f, p)
			for range len(f) {
				out.num = append(out.num, unicode.IsNumber(r))
			}
		}
	}
	return out
}

// ascii folds letters and digits of ASCII, and is 0 for all else. The zero and the
// o are one, and so are the one, the i and the l.
var ascii = func() (t [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		if !alnum(c) {
			continue
		}
		if t[c] = c; c >= 'A' && c <= 'Z' {
			t[c] = c + 'a' - 'A'
		}
		switch t[c] {
		case 'o':
			t[c] = '0'
		case 'i', 'l':
			t[c] = '1'
		}
	}
	return t
}()

// hidden reports whether r shows nothing of its own: marks, format and direction
// controls, fillers.
func hidden(r rune) bool {
	switch r {
	case 0x115F, 0x1160, 0x3164, 0xFFA0, 'ـ':
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf)
}

// foldRune folds a character that is not ASCII; "" for one that is neither letter
// nor digit.
func foldRune(r rune) string {
	if r >= 0x1F130 && r <= 0x1F1FF { // letters in squares and flags have no compatible form
		for _, first := range []rune{0x1F130, 0x1F150, 0x1F170, 0x1F1E6} {
			if r >= first && r < first+26 {
				return string(ascii['a'+r-first])
			}
		}
	}
	if d := norm.NFKD.PropertiesString(string(r)).Decomposition(); d != nil {
		var b strings.Builder
		for _, part := range string(d) {
			b.WriteString(foldPart(part))
		}
		return b.String()
	}
	return foldPart(r)
}

func foldPart(r rune) string {
	switch {
	case r < utf8.RuneSelf:
		if f := ascii[r]; f != 0 {
			return string(f)
		}
		return ""
	case hidden(r):
		return ""
	case unicode.IsDigit(r):
		return string('0' + digit(r))
	case !unicode.IsLetter(r) && !unicode.Is(unicode.Mc, r):
		return ""
	}
	r = unicode.ToLower(r)
	if alike, ok := lookalikes[r]; ok {
		return alike
	}
	return string(r)
}

// digit returns the value of a decimal digit of any script: each has its ten in a
// row (The Unicode Standard, section 4.6).
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}

// lookalikes are the letters of other scripts that are taken for Latin letters or
// digits, and Latin ones without a decomposition, as ascii folds them.
var lookalikes = func() map[rune]string {
	m := map[rune]string{}
	rs := []rune("аaвbсcеeгrһhіiјjкkмmнhоoрpѕsтtуyхxз3ԁdԛqԝwб6ьbч4үyѵvӏlԍg" + "αaβbεeζzηnιiκkνvοoρpτtυuχxωwγyϲcϳjϝfσo" + "łløođdıiħhŧtʀrɴnɢgʜhʟlƅb")
	for i := 0; i+1 < len(rs); i += 2 {
		m[rs[i]] = string(ascii[rs[i+1]])
	}
	m['ß'], m['æ'], m['œ'] = "ss", "ae", "0e"
	return m
}()
