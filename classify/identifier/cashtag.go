package identifier

import "strings"

// cashWords say that a name behind a dollar sign is one of Cash App.
var cashWords = words{"cash app", "cashapp", "cash.app", "cashtag*", "$cashtag*", "cash tag"}

// cashtag looks at text[start:], behind a $ or £, as a name at Cash App; a word
// before it must say so. An amount, $500 or $5k, is none.
func (sc *scanner) cashtag(start int) {
	sign := start - 1
	if sc.text[sign] == pound {
		if sign == 0 || sc.text[sign-1] != 0xc2 {
			return
		}
		sign--
	}
	end, ok := handleName(sc.text, start)
	if !ok || !isLetterByte(sc.text[start]) || !isCashtag(sc.text[start:end]) || !sc.near(sign, cashWords) {
		return
	}
	sc.foundCashtag(sign, start, end, plain)
}

// cashPath looks at text[path:], behind cash.app/, as a name behind its sign.
func (sc *scanner) cashPath(from, path int, method string) {
	for _, sign := range []string{"$", "£", "%24"} {
		if !strings.HasPrefix(sc.text[path:], sign) {
			continue
		}
		start := path + len(sign)
		if end := nameEnd(sc.text, start, ""); isCashtag(sc.text[start:end]) {
			sc.foundCashtag(from, start, end, method)
		}
		return
	}
}

// isCashtag reports whether s is a name: at most 20 letters and digits, at least
// one letter (Cash App's help, "Cashtags").
func isCashtag(s string) bool {
	const most = 20
	return len(s) > 0 && len(s) <= most && !allDigits(s) && strings.IndexByte(s, '_') < 0
}

func (sc *scanner) foundCashtag(from, start, end int, method string) {
	name := strings.ToLower(sc.text[start:end])
	sc.handleKind(from, end, method, "cashtag", "$"+name, "cashtag:"+name)
}
