package identifier

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// An armor is what the body of an armored block holds: its bytes, and for each
// character of base64 where in the body it stands.
type armor struct {
	bytes []byte
	at    []int
}

// A field is a piece of a body between separators.
type field struct {
	text string
	at   int
}

// armorHeaders are the keys of armor headers (RFC 9580, section 6.2.2). Where
// line ends are lost, nothing but their names tells them from the key.
var armorHeaders = []string{"Version:", "Comment:", "Charset:", "Hash:", "MessageID:"}

// dearmor reads the body of an armor, from which a page may have taken the line
// ends, or put tags, quotes and blanks in their place. It has no bytes if there
// is no sense in it, or its CRC-24 is wrong.
func dearmor(body string) armor {
	from := 0
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if i := strings.Index(body, blank); i >= 0 && !strings.Contains(body[i:], ":") {
			from = i
			break
		}
	}
	all := armorFields(body, from)
	last := -1
	for i, f := range all {
		for _, h := range armorHeaders {
			if strings.HasPrefix(f.text, h) {
				last = i
			}
		}
	}
	if last < 0 {
		return decodeArmor(all)
	}
	return dearmorFlat(all[last:])
}

// dearmorFlat drops the headers that stand before the key: it begins somewhere
// in the first long words, where the packets of a key begin and go on to the end.
func dearmorFlat(fields []field) armor {
	const (
		line  = 32 // lines of a key are longer, words of a header hardly ever
		tries = 24
	)
	tried := 0
	for i, f := range fields {
		if len(f.text) < line {
			continue
		}
		for k := 0; k < len(f.text)-line && tried < tries; k++ {
			if k > 0 && !keyBegins(f.text[k:]) {
				continue
			}
			tried++
			rest := append([]field{{f.text[k:], f.at + k}}, fields[i+1:]...)
			if a := decodeArmor(rest); wholeKey(a.bytes) {
				return a
			}
		}
		if tried >= tries {
			break
		}
	}
	return armor{}
}

// keyBegins reports whether s begins as base64 of a public-key packet does: tag
// 6 with a length of one or two bytes, in the old format or the new one.
func keyBegins(s string) bool {
	switch s[:2] {
	case "mQ", "mA", "mB", "mC", "mD", "mE", "mF", "mG", "mH", "mI", "mJ", "mK", "mL", "mM", "mN", "mO", "mP",
		"xs", "xj", "xo", "xk", "xm", "xn", "xi", "xl", "xt":
		return true
	}
	return false
}

// armorFields returns the pieces of body[from:] between white space, tags of
// HTML, marks of quotation, and line ends in the form that JSON gives them.
func armorFields(body string, from int) []field {
	var out []field
	start := from
	cut := func(end, next int) {
		if end > start {
			out = append(out, field{body[start:end], start})
		}
		start = next
	}
	for i := from; i < len(body); {
		n := armorGap(body[i:])
		if n == 0 {
			i++
			continue
		}
		cut(i, i+n)
		i += n
	}
	cut(len(body), len(body))
	return out
}

// armorGap returns the length of the separator at the beginning of s, and 0 if
// there is none.
func armorGap(s string) int {
	const tag = 48
	switch s[0] {
	case ' ', '\t', '\r', '\n', '\v', '\f', '>', '|', '"', '\'', '`', '*':
		return 1
	case '<':
		if n := strings.IndexByte(s[:min(len(s), tag)], '>'); n > 0 {
			return n + 1
		}
		return 1
	case '\\':
		if len(s) > 1 && (s[1] == 'n' || s[1] == 'r' || s[1] == 't') {
			return 2
		}
	case '&':
		for _, entity := range []string{"&nbsp;", "&#10;", "&#13;", "&gt;"} {
			if strings.HasPrefix(s, entity) {
				return len(entity)
			}
		}
	case 0xc2:
		if strings.HasPrefix(s, "\u00a0") {
			return len("\u00a0")
		}
	}
	return 0
}

// decodeArmor decodes fields as one text, the checksum at its end included.
func decodeArmor(fields []field) armor {
	var b strings.Builder
	var at []int
	for _, f := range fields {
		b.WriteString(f.text)
		for i := range len(f.text) {
			at = append(at, f.at+i)
		}
	}
	text, crc := b.String(), ""
	if n := len(text); n >= 5 && text[n-5] == '=' && text[n-4:] != "====" && !strings.HasSuffix(text, "=") {
		text, crc = text[:n-5], text[n-4:]
	}
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(out) == 0 {
		return armor{}
	}
	if crc == "" {
		return armor{out, at} // RFC 9580 makes the checksum optional
	}
	sum, err := base64.StdEncoding.DecodeString(crc)
	if err != nil || len(sum) != 3 || crc24(out) != uint32(sum[0])<<16|uint32(sum[1])<<8|uint32(sum[2]) {
		return armor{}
	}
	return armor{out, at}
}

// span returns where in the body the characters stand that hold nothing but
// bytes from to to.
func (a *armor) span(from, to int) (start, end int) {
	first, last := (from*8+5)/6, to*8/6
	return a.at[first], a.at[last-1] + 1
}

// crc24 is the checksum of RFC 9580, section 6.1.
func crc24(b []byte) uint32 {
	crc := uint32(0xb704ce)
	for _, c := range b {
		crc ^= uint32(c) << 16
		for range 8 {
			crc <<= 1
			if crc&0x1000000 != 0 {
				crc ^= 0x1864cfb
			}
		}
	}
	return crc & 0xffffff
}

// maxDashes is how many dashes are taken for the edge of an armor's line.
const maxDashes = 8

// dashesBefore returns where the dashes that end at s[:i] begin. Word processors
// make long dashes of them.
func dashesBefore(s string, i int) int {
	for range maxDashes {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if !isDash(r) {
			break
		}
		i -= size
	}
	return i
}

// dashesAfter returns where the dashes at s[i:] end.
func dashesAfter(s string, i int) int {
	for range maxDashes {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isDash(r) {
			break
		}
		i += size
	}
	return i
}

func isDash(r rune) bool { return r == '-' || r >= 0x2010 && r <= 0x2015 || r == 0x2212 }
