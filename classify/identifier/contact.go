package identifier

// contacts is what the kinds of contact.go keep while a text is scanned.
type contacts struct {
	region    string // of phone numbers without a country code, or ""
	numberEnd int    // end of the digits that have been read as a number
	takenEnd  int    // end of what the groups of digits before it belong to: an IBAN, a fingerprint
	groupsEnd int    // end of the groups of hex digits that have been read
	phrase    phrase // words of a mnemonic so far
}

// signs are the characters beside a word that lead to a kind.
var signs = [256]byte{'@': 1, '$': 1, pound: 1, '_': 1, '/': 1, ':': 1}

// contact looks at text[start:end], a longest run of ASCII letters and digits
// that is not empty, for the kinds without a checksum of their own, and for
// numbers. What stands before and after it says which these can be; nearly all
// words are done with here.
func (sc *scanner) contact(start, end int, seen byte) {
	s := sc.text
	if start > 0 && signs[s[start-1]] != 0 {
		sc.behind(start)
	}
	if end < len(s) && signs[s[end]] != 0 {
		sc.before(start, end)
	}
	n := end - start
	if s[start]|0x20 == 'w' && n >= 5 {
		sc.wickr(start, end)
	}
	if n == onion2Len {
		sc.onion2(start, end)
	}
	if seen&isDigit != 0 {
		sc.code(start, end)
		sc.digits(start, end)
		return
	}
	sc.phrase.word(sc, start, end)
	switch {
	case n == keyGroup && isHex(s[start]) && isHex(s[start+1]), n == threemaLen && s[start+1] < 'a', n == threemaLen-1 && s[start] < 'a':
		sc.code(start, end)
	}
}

// behind looks at the sign before text[start:].
func (sc *scanner) behind(start int) {
	switch sc.text[start-1] {
	case '@':
		sc.handle(start)
	case '$', pound:
		sc.cashtag(start)
	case '_':
		if start > 1 && sc.text[start-2] == '@' {
			sc.handle(start - 1)
		}
	}
}

// before looks at text[start:end] with the sign that follows it.
func (sc *scanner) before(start, end int) {
	switch sc.text[end] {
	case '/':
		sc.link(start, end)
	case ':':
		sc.scheme(start, end)
	}
}

// code looks at text[start:end] as hex digits or the ID of an account.
func (sc *scanner) code(start, end int) {
	n := end - start
	if n == threemaLen || n == threemaLen-1 && start > 0 && sc.text[start-1] == '*' {
		sc.threema(start, end)
	}
	sc.hex(start, end)
}

// digits looks at text[start:end], in which there may be digits.
func (sc *scanner) digits(start, end int) {
	s := sc.text
	if !isDigitByte(s[start]) || !allDigits(s[start:end]) {
		sc.phrase.reset()
		return
	}
	if start > 0 && s[start-1] == '.' {
		sc.signalName(start, end)
	}
	if end-start >= minNumber || digitSoon(s, end) {
		sc.number(start, end)
	}
}

// hex looks at text[start:end] as hex digits of the lengths that mean something.
func (sc *scanner) hex(start, end int) {
	s, n := sc.text, end-start
	switch n {
	case keyGroup, 8, 10, 16, 18, 40, 42, 64, 66, toxLen:
	default:
		return
	}
	digits := start
	if s[start] == '0' && s[start+1]|0x20 == 'x' {
		digits += 2
	}
	if !allHex(s[digits:end]) {
		return
	}
	switch prefixed := digits > start; {
	case n == keyGroup:
		sc.fingerprintGroups(start)
	case n == toxLen:
		sc.tox(start, end)
	case n == sessionLen && !prefixed:
		sc.session(start, end)
	case end-digits == 64:
		sc.hexKey(start, digits, end)
	default:
		sc.keyID(start, digits, end)
	}
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigitByte(s[i]) {
			return false
		}
	}
	return true
}

func allHex(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return len(s) > 0
}
