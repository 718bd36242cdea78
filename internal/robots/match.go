package robots

import "strings"

// A pattern is the path of a rule: * stands for any run of bytes, $ at its end
// for the end of the address; what it begins with must begin the address.
type pattern struct {
	parts  []string // what stands between the asterisks
	atEnd  bool
	length int // in bytes, as rules are ranked
}

func newPattern(v string) pattern {
	v = spell(v, true)
	p := pattern{length: len(v)}
	v, p.atEnd = strings.CutSuffix(v, "$")
	// A $ elsewhere is a plain character, which spell writes as %24 in addresses.
	v = strings.ReplaceAll(v, "$", "%24")
	p.parts = strings.Split(v, "*")
	return p
}

// match reports whether p matches target. Taking the first place of each part
// is enough: whatever could match further on can match then too. So no place is
// looked at twice.
func (p pattern) match(target string) bool {
	rest, ok := strings.CutPrefix(target, p.parts[0])
	if !ok {
		return false
	}
	middle, last := p.parts[1:], ""
	if p.atEnd {
		if len(middle) == 0 {
			return rest == ""
		}
		middle, last = middle[:len(middle)-1], middle[len(middle)-1]
	}
	for _, part := range middle {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, last)
}

// spell returns s in the one spelling in which rules and addresses are compared
// (RFC 9309, section 2.2.2): bytes beyond printable ASCII percent-encoded,
// letters, digits and other unreserved characters (RFC 3986, section 2.3) not,
// hex digits in capitals. Outside rules, * and $ are encoded: they are plain there.
func spell(s string, isRule bool) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	encode := func(c byte) {
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0:
			if d := byte(unhex(s[i+1])<<4 | unhex(s[i+2])); unreserved(d) {
				b.WriteByte(d)
			} else {
				encode(d)
			}
			i += 2
		case c <= ' ' || c >= 0x7f, !isRule && (c == '*' || c == '$'):
			encode(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
