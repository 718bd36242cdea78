package identifier

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigil"
)

// maxLocal is the longest local part in bytes (RFC 5321, section 4.5.3.1.1).
const maxLocal = 64

// atSign says how an at sign is written; the weaker it is, the more the rest
// must say that an address is meant.
type atSign int

const (
	atBare     atSign = iota // name@host
	atBrackets               // name [at] host, name(@)host
	atWord                   // name at host: the host must have a dot in brackets
)

// at looks at the at sign at text[i].
func (sc *scanner) at(i int) {
	if from, to, ok := bracketed(sc.text, i, i+1); ok {
		sc.email(from, to, atBrackets)
		return
	}
	sc.email(i, i+1, atBare)
}

// word looks at text[start:end], a token of two letters: the word "at" may be an
// at sign.
func (sc *scanner) word(start, end int) {
	if sc.text[start]|0x20 != 'a' || sc.text[start+1]|0x20 != 't' {
		return
	}
	if from, to, ok := bracketed(sc.text, start, end); ok {
		sc.email(from, to, atBrackets)
		return
	}
	if start > 0 && sc.text[start-1] == ' ' && end < len(sc.text) && sc.text[end] == ' ' {
		sc.email(start-1, end+1, atWord)
	}
}

// email reads the address around the at sign text[from:to].
func (sc *scanner) email(from, to int, sign atSign) {
	start, local := localPart(sc.text, from)
	if local == "" {
		return
	}
	host, end, dots := hostAfter(sc.text, to)
	if host == "" || sign == atWord && dots&dotBracket == 0 {
		return
	}
	if latinAt(sc.text, start, end) || sign == atBare && userInfo(sc.text, start) {
		return
	}
	method := plain
	if sign != atBare || dots != dotBare || strings.ContainsAny(sc.text[start:from], "[({") {
		method = refanged
	}
	value := local + "@" + host
	if sc.isJID(start, host) {
		sc.xmpp(start, end, method, value)
		return
	}
	sc.found(start, end, len(value), method, vigil.Identifier{
		Kind: "email", Value: value, Key: "email:" + strings.ToLower(value),
		Class: vigil.ClassB, Readings: []string{"email"},
	})
}

// localByte reports whether c may be in a local part. RFC 5321 allows more; what
// is left out here (/ = ? & ! { } and others) stands before an address more
// often than in one.
func localByte(c byte) bool {
	return isAlphanumeric(c) || c == '-' || c == '_' || c == '+' || c == '%'
}

// localPart reads the local part that ends at s[:end], dots in brackets
// included. It returns "" if there is none.
func localPart(s string, end int) (start int, local string) {
	var atoms []string
	n, stop := 0, end
	for {
		i := stop
		for i > 0 && localByte(s[i-1]) && stop-i <= maxLocal {
			i--
		}
		if i == stop {
			break
		}
		atoms = append(atoms, s[i:stop])
		n += stop - i + 1
		start = i
		dot := -1
		if i > 0 && s[i-1] == '.' {
			dot = i - 1
		} else {
			dot = dotBefore(s, i)
		}
		if dot <= 0 || n > maxLocal || !localByte(s[dot-1]) {
			break
		}
		stop = dot
	}
	if len(atoms) == 0 || n-1 > maxLocal || start > 0 && s[start-1] == '@' {
		return 0, "" // the last: a handle of the fediverse, @name@host
	}
	slices.Reverse(atoms)
	if lead := len(atoms[0]) - len(strings.TrimLeft(atoms[0], "-+%")); lead > 0 {
		start += lead
		atoms[0] = atoms[0][lead:]
	}
	if atoms[0] == "" {
		return 0, ""
	}
	return start, strings.Join(atoms, ".")
}

// hostAfter reads the longest host name at s[i:] that ends in a plausible
// top-level domain, and says which forms of dots are in it. It returns "" if
// there is none.
func hostAfter(s string, i int) (host string, end int, dots dotForm) {
	var labels []string
	n, seen := 0, noDot
	for n <= maxHost {
		j := i
		for j < len(s) && hostByte(s[j]) && j-i <= 64 {
			j++
		}
		if !isLabel(s[i:j]) {
			break
		}
		labels = append(labels, strings.ToLower(s[i:j]))
		n += j - i + 1
		if len(labels) > 1 && n-1 <= maxHost && isTopLevel(labels[len(labels)-1]) {
			host, end, dots = strings.Join(labels, "."), j, seen
		}
		next, form := dotAfter(s, j)
		if form == noDot {
			break
		}
		i, seen = next, seen|form
	}
	return host, end, dots
}

// fileSuffixes end file names such as icon@2x.png, and are no top-level domains.
var fileSuffixes = []string{"avif", "bmp", "css", "gif", "htm", "html", "ico", "jpeg", "jpg", "js", "json", "mp", "php", "png", "svg", "tiff", "txt", "webp", "xml"}

// isTopLevel reports whether a label may be a top-level domain: letters only, or
// an internationalised name in its ASCII form.
func isTopLevel(label string) bool {
	if strings.HasPrefix(label, "xn--") {
		return len(label) > 4
	}
	if len(label) < 2 || len(label) > 24 || slices.Contains(fileSuffixes, label) {
		return false
	}
	for i := range len(label) {
		if !isLetterByte(label[i]) {
			return false
		}
	}
	return true
}

// latinAt reports whether a Latin letter beyond ASCII touches s[start:end]: then
// it is a part of a longer word. Letters of scripts that write without spaces
// may touch an address.
func latinAt(s string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:start])
	after, _ := utf8.DecodeRuneInString(s[end:])
	return before >= utf8.RuneSelf && unicode.Is(unicode.Latin, before) ||
		after >= utf8.RuneSelf && unicode.Is(unicode.Latin, after)
}

// userInfo reports whether what begins at start is the name or password of a
// URL, scheme://name:password@host.
func userInfo(s string, start int) bool {
	from := max(0, start-100)
	i := strings.LastIndex(s[from:start], "://")
	return i >= 0 && !strings.ContainsAny(s[from+i+3:start], "/?# \t\r\n")
}
