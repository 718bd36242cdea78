package identifier

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// A view is a text without the characters that nobody sees, with the way back
// to the bytes as given.
type view struct {
	raw  string // as given
	text string // without invisible characters
	cuts []cut  // in order
}

// A cut says that from byte at of the view's text on, skipped bytes of the raw
// text are missing before it, all cuts so far taken together.
type cut struct{ at, skipped int }

// newView returns the view of raw. Text without invisible characters, which is
// nearly all text, is not copied.
func newView(raw string) view {
	v := view{raw: raw, text: raw}
	var b strings.Builder
	done, skipped := 0, 0 // of raw
	for i := 0; i < len(raw); {
		if asciiAt(raw, i) {
			i += 8
			continue
		}
		if !leadsInvisible[raw[i]] {
			i++
			continue
		}
		size := invisible(raw[i:])
		if size == 0 {
			i++
			continue
		}
		b.WriteString(raw[done:i])
		i += size
		done = i
		skipped += size
		if n := len(v.cuts); n > 0 && v.cuts[n-1].at == b.Len() {
			v.cuts[n-1].skipped = skipped
			continue
		}
		v.cuts = append(v.cuts, cut{b.Len(), skipped})
	}
	if len(v.cuts) > 0 {
		b.WriteString(raw[done:])
		v.text = b.String()
	}
	return v
}

// asciiAt reports whether eight bytes of ASCII stand at s[i:]: one look instead of
// eight.
func asciiAt(s string, i int) bool {
	if len(s)-i < 8 {
		return false
	}
	b := s[i : i+8]
	return b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7] < utf8.RuneSelf
}

// span returns where text[start:end] stands in the raw text, from its first
// character to its last. The span must not be empty.
func (v *view) span(start, end int) (rawStart, rawEnd int) {
	return v.origin(start), v.origin(end-1) + 1
}

func (v *view) origin(i int) int {
	n := sort.Search(len(v.cuts), func(k int) bool { return v.cuts[k].at > i })
	if n == 0 {
		return i
	}
	return i + v.cuts[n-1].skipped
}

// leadsInvisible holds the first bytes of the characters that invisible knows:
// those of nearly all text are not among them.
var leadsInvisible = [256]bool{0xc2: true, 0xcd: true, 0xd8: true, 0xe1: true, 0xe2: true, 0xe3: true, 0xef: true, 0xf0: true, 0xf3: true}

// invisible returns the length of the invisible character at the beginning of
// s, and 0 if there is none. These are the characters that Unicode calls
// Default_Ignorable_Code_Point: soft hyphen, zero-width space and joiners,
// direction marks, variation selectors, tags, byte order mark.
func invisible(s string) int {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160,
		r == 0x17b4, r == 0x17b5, r >= 0x180b && r <= 0x180f,
		r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e,
		r >= 0x2060 && r <= 0x206f, r == 0x3164,
		r >= 0xfe00 && r <= 0xfe0f, r == 0xfeff, r == 0xffa0,
		r >= 0xfff0 && r <= 0xfff8, r >= 0x1bca0 && r <= 0x1bca3,
		r >= 0x1d173 && r <= 0x1d17a, r >= 0xe0000 && r <= 0xe0fff:
		return size
	}
	return 0
}
