package identifier

import "strings"

// signalWords say that a name with a number is Signal's.
var signalWords = words{"signal", "signal.me", "сигнал*"}

// signalName looks at text[start:end], digits behind a dot, as the end of a
// Signal user name: 3 to 32 letters, digits and underscores, not a digit first,
// a dot, and two to nine digits that do not begin with 0, but for 01 to 09
// (libsignal, usernames). A word before it must say that it is one.
func (sc *scanner) signalName(start, end int) {
	const shortest, longest = 3, 32
	s, n := sc.text, end-start
	if n < 2 || n > 9 || s[start] == '0' && (n > 2 || s[start+1] == '0') {
		return
	}
	from := start - 1
	for from > 0 && start-1-from <= longest && (isAlphanumeric(s[from-1]) || s[from-1] == '_') {
		from--
	}
	if n := start - 1 - from; n < shortest || n > longest || isDigitByte(s[from]) {
		return
	}
	if from > 0 && (s[from-1] >= 0x80 || strings.IndexByte(".-/$@", s[from-1]) >= 0) || goesOn(s, end) || !sc.near(from, signalWords) {
		return
	}
	name := strings.ToLower(s[from:end])
	sc.handleKind(from, end, plain, "signal", name, "signal:"+name)
}

// goesOn reports whether what ends at s[:i] is continued behind a dot, hyphen or
// underscore: 1.2.3 is no name.
func goesOn(s string, i int) bool {
	return i < len(s) && s[i] == '_' || i+1 < len(s) && (s[i] == '.' || s[i] == '-' || s[i] == '@') && isAlphanumeric(s[i+1])
}

// signalPath looks at text[path:], behind signal.me/: #p/ and a phone number, or
// #eu/ and an encrypted user name, whose case matters. It is 48 bytes in base64.
func (sc *scanner) signalPath(from, path int, method string) {
	const encrypted = 64
	s := sc.text
	switch {
	case strings.HasPrefix(s[path:], "#p/+"):
		sc.linkedPhone(from, path+len("#p/+"), method)
	case strings.HasPrefix(s[path:], "#eu/"):
		i := path + len("#eu/")
		if end := nameEnd(s, i, "_-"); end-i == encrypted {
			sc.handleKind(from, end, method, "signal", "https://signal.me/#eu/"+s[i:end], "signal+:"+s[i:end])
		}
	}
}
