package identifier

// Classes of bytes.
const (
	isLetter byte = 1 << iota
	isDigit
	isGap     // may stand between the pieces of a broken identifier
	notBase58 // a letter or digit that base58 leaves out, in every alphabet
	notBech32 // a letter or digit that bech32 leaves out, in either case
	isAlike   // beyond ASCII, and taken for a letter or digit; no byte is
	isUpper
	alphanumeric = isLetter | isDigit
)

var byteClass = func() *[256]byte {
	var t [256]byte
	for c := '0'; c <= '9'; c++ {
		t[c] = isDigit
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c] = isLetter
		t[c-'a'+'A'] = isLetter | isUpper
	}
	for _, c := range " \t\r\n\v\f-_.,|*/\\+~`'\">" {
		t[c] = isGap
	}
	for _, c := range "0OIl" {
		t[c] |= notBase58
	}
	for _, c := range "1bioBIO" {
		t[c] |= notBech32
	}
	return &t
}()

func isAlphanumeric(c byte) bool { return byteClass[c]&alphanumeric != 0 }

func isDigitByte(c byte) bool { return byteClass[c]&isDigit != 0 }

func isLetterByte(c byte) bool { return byteClass[c]&isLetter != 0 }

func isHex(c byte) bool { return isDigitByte(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// gapRune reports whether a character beyond ASCII may stand between pieces:
// spaces, dashes, bullets.
func gapRune(r rune) bool {
	switch {
	case r == 0xa0, r == 0xb7, r == 0x85, r >= 0x2000 && r <= 0x2015,
		r == 0x2022, r >= 0x2027 && r <= 0x2029, r == 0x202f, r == 0x205f,
		r == 0x2212, r == 0x3000, r == 0x30fb:
		return true
	}
	return false
}
