package classify

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxField is how many bytes of a field are read. A page's own limit lies far
// below; this one keeps memory bounded whoever calls.
const maxField = 1 << 20

// A folded text is a field in the spelling that the lexicons know: compatibility
// forms, marks, case, look-alike letters and hidden characters undone. Each of
// its bytes knows the bytes of the field that it stands for.
type folded struct {
	text   string
	lo, hi []int32     // of each byte of text, in the field
	odd    map[int]int // words of text that were disguised: start to end
}

// A span is a range of bytes or tokens: first, and one past the last.
type span struct{ start, end int }

// source returns the range of the field that bytes start to end of the text stand for.
func (f *folded) source(start, end int) (lo, hi int) {
	return int(f.lo[start]), int(f.hi[end-1])
}

// A char is a rune of the field after decoding, and the bytes it stands for.
type char struct {
	r      rune
	lo, hi int32
}

// fold folds a field. Words are mended only towards words that vocab holds, so
// that "28g" and "mp3" stay what they are.
func fold(field string, vocab words) *folded {
	return foldIn(new(buffers), new(fieldBuffers), field, vocab)
}

// foldIn folds a field into buffers, which the result takes its offsets from.
func foldIn(b *buffers, fb *fieldBuffers, field string, vocab words) *folded {
	if len(field) > maxField {
		field = field[:maxField]
	}
	b.chars = decode(b.chars[:0], field)
	w := newWriter(b.chars, vocab, fb)
	w.run()
	fb.out, fb.lo, fb.hi = w.out, w.lo, w.hi
	return &folded{text: string(w.out), lo: w.lo, hi: w.hi, odd: w.odd}
}

// decode turns a field into lower-case characters: HTML references resolved,
// compatibility forms decomposed, marks and invisible characters dropped.
func decode(cs []char, field string) []char {
	cs = slices.Grow(cs, len(field)+16)
	for i := 0; i < len(field); {
		b := field[i]
		if b < utf8.RuneSelf && b != '&' {
			cs = append(cs, char{lowerASCII(b), int32(i), int32(i + 1)})
			i++
			continue
		}
		if s, n := reference(field[i:]); n > 0 {
			for _, r := range s {
				cs = appendRune(cs, r, i, i+n)
			}
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(field[i:])
		cs = appendRune(cs, r, i, i+n)
		i += n
	}
	return cs
}

func lowerASCII(b byte) rune {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return rune(b)
}

// reference resolves an HTML character reference at the head of s, and returns
// how many bytes it takes; 0 if there is none.
func reference(s string) (string, int) {
	if s[0] != '&' {
		return "", 0
	}
	end := strings.IndexByte(s[:min(len(s), 12)], ';')
	if end < 2 {
		return "", 0
	}
	u := html.UnescapeString(s[:end+1])
	if u == s[:end+1] {
		return "", 0
	}
	return u, end + 1
}

func appendRune(cs []char, r rune, lo, hi int) []char {
	if r < utf8.RuneSelf {
		return append(cs, char{unicode.ToLower(r), int32(lo), int32(hi)})
	}
	if cs, ok := picture(cs, r, lo, hi); ok {
		return cs
	}
	if r, ok := enclosed(r); ok {
		return append(cs, char{r, int32(lo), int32(hi)})
	}
	var buf [utf8.UTFMax]byte
	d := norm.NFKD.Properties(buf[:utf8.EncodeRune(buf[:], r)]).Decomposition()
	if d == nil {
		if !hidden(r) {
			cs = append(cs, char{plain(unicode.ToLower(r)), int32(lo), int32(hi)})
		}
		return cs
	}
	for len(d) > 0 {
		r, n := utf8.DecodeRune(d)
		if !hidden(r) {
			cs = append(cs, char{plain(unicode.ToLower(r)), int32(lo), int32(hi)})
		}
		d = d[n:]
	}
	return cs
}

// enclosed maps letters in circles, squares and flags, which have no
// compatibility decomposition, to the letter.
func enclosed(r rune) (rune, bool) {
	for _, first := range []rune{0x1F1E6, 0x1F150, 0x1F170} {
		if r >= first && r < first+26 {
			return 'a' + r - first, true
		}
	}
	return 0, false
}

// hidden reports whether r shows nothing of its own: marks, format and
// direction controls, variation selectors, fillers.
func hidden(r rune) bool {
	switch r {
	case 0x115F, 0x1160, 0x3164, 0xFFA0, 'ـ': // fillers, and the Arabic one
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf)
}

// plain maps quotation marks, hyphens, spaces and bullets to their ASCII
// relatives, and line separators to a newline.
func plain(r rune) rune {
	switch r {
	case '\u2018', '\u2019', '\u201b', '\u02bc', '\u00b4', '\u2032':
		return '\''
	case '\u201c', '\u201d', '\u201e', '\u201f', '\u00ab', '\u00bb', '\u2033':
		return '"'
	case '\u2028', '\u2029', '\u0085', '\u2022', '\u25aa', '\u25cf', '\u25ba', '\u25a0', '\u2023':
		return '\n'
	case '\u2800':
		return ' '
	case '\u3002', '\u06d4':
		return '.'
	case 'ى':
		return 'ي'
	case 'ة':
		return 'ه'
	case '\u066b':
		return '.'
	case '\u066c':
		return ','
	case '\u061b':
		return ';'
	case '\u060c', '\u3001':
		return ','
	case '\u061f':
		return '?'
	}
	for _, zero := range []rune{0x660, 0x6F0} {
		if zero <= r && r <= zero+9 {
			return '0' + r - zero
		}
	}
	if unicode.Is(unicode.Pd, r) || r == '\u2212' {
		return '-'
	}
	return r
}
