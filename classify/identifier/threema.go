package identifier

import "strings"

// threemaLen is the length of an ID at Threema. Those of gateways begin with *.
const threemaLen = 8

var threemaWords = words{"threema*", "трима", "треема"}

// threema looks at text[start:end] as an ID: eight letters in upper case and
// digits, or seven behind a *, with the service's name before it.
func (sc *scanner) threema(start, end int) {
	s := sc.text
	if end-start < threemaLen {
		start--
	}
	id := s[start:end]
	if !isThreema(id) || latinAt(s, start, end) || goesOn(s, end) {
		return
	}
	if start > 0 && strings.IndexByte("_-./@#=", s[start-1]) >= 0 || !sc.near(start, threemaWords) {
		return
	}
	// A word in capitals is an ID only where it is said to be one.
	if !strings.ContainsAny(id, "0123456789*") && !labelled(s, start) {
		return
	}
	sc.foundThreema(start, start, end, plain)
}

// labelled reports whether a colon, an equals sign or the word ID stands before
// s[start:].
func labelled(s string, start int) bool {
	before := strings.TrimRight(s[max(0, start-6):start], " \"'`*")
	return strings.HasSuffix(before, ":") || strings.HasSuffix(before, "=") || len(before) > 2 && strings.EqualFold(before[len(before)-3:], " id")
}

// isThreema reports whether s is an ID, in upper case.
func isThreema(s string) bool {
	if len(s) != threemaLen {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && !isDigitByte(c) && (i > 0 || c != '*') {
			return false
		}
	}
	return true
}

// threemaPath looks at text[path:], behind threema.id/, as an ID.
func (sc *scanner) threemaPath(from, path int, method string) {
	end := path + threemaLen
	if end > len(sc.text) || end < len(sc.text) && isAlphanumeric(sc.text[end]) || !isThreema(strings.ToUpper(sc.text[path:end])) {
		return
	}
	sc.foundThreema(from, path, end, method)
}

// threemaURI looks at text[i:], behind threema://, as add?id= and an ID.
func (sc *scanner) threemaURI(from, i int) {
	for _, word := range []string{"add?id=", "compose?id="} {
		if hasWord(sc.text[i:], word) {
			sc.threemaPath(from, i+len(word), plain)
		}
	}
}

func (sc *scanner) foundThreema(from, start, end int, method string) {
	id := strings.ToUpper(sc.text[start:end])
	sc.handleKind(from, end, method, "threema", id, "threema:"+id)
}
