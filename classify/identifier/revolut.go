package identifier

import "strings"

// revolutWords say that a name behind an at sign is Revolut's.
var revolutWords = words{"revolut*", "revtag", "rev tag", "револют*"}

// revolutPath looks at text[path:], behind revolut.me/, as a name.
func (sc *scanner) revolutPath(from, path int, method string) {
	end := nameEnd(sc.text, path, "")
	if isRevtag(sc.text[path:end]) {
		sc.foundRevtag(from, path, end, method)
	}
}

// revtag reads the name at text[start:], behind an at sign.
func (sc *scanner) revtag(start int) {
	if end, ok := handleName(sc.text, start); ok && isRevtag(sc.text[start:end]) {
		sc.foundRevtag(start-1, start, end, plain)
	}
}

// isRevtag reports whether s is a name at Revolut: 3 to 16 letters and digits, a
// letter first.
func isRevtag(s string) bool {
	return len(s) >= 3 && len(s) <= 16 && isLetterByte(s[0]) && strings.IndexByte(s, '_') < 0
}

func (sc *scanner) foundRevtag(from, start, end int, method string) {
	name := strings.ToLower(sc.text[start:end])
	sc.handleKind(from, end, method, "revolut", "@"+name, "revolut:"+name)
}
