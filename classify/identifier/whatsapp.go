package identifier

import "vigil"

// whatsappPath looks at text[path:], behind wa.me/, as a phone number.
func (sc *scanner) whatsappPath(from, path int, method string) {
	if path < len(sc.text) && sc.text[path] == '+' {
		path++
	}
	sc.linkedPhone(from, path, method)
}

// linkedPhone reads the digits at text[i:] as country code and number, which
// links carry without a plus.
func (sc *scanner) linkedPhone(from, i int, method string) bool {
	s := sc.text
	end := i
	for end < len(s) && end-i <= maxPhone && isDigitByte(s[end]) {
		end++
	}
	if n := end - i; n < minPhone || n > maxPhone || end < len(s) && (isAlphanumeric(s[end]) || s[end] == '_') {
		return false
	}
	e164, ok := validPhone("+"+s[i:end], "ZZ")
	if !ok {
		return false
	}
	sc.numberEnd = max(sc.numberEnd, end)
	sc.found(from, end, end-from, method, vigil.Identifier{
		Kind: "phone", Value: e164, Key: "tel:" + e164, Class: vigil.ClassB, Readings: []string{"phone"},
	})
	return true
}
