package identifier

import (
	"strings"

	"vigil"
)

// pound is the last byte of the sign £ (C2 A3), with which Cash App names begin
// in Britain.
const pound = 0xa3

// A site is a host whose paths lead to an account.
type site struct {
	name string // second level of its name
	top  string
	// read looks at the path behind the slash; the link begins at from.
	read func(sc *scanner, from, path int, method string)
}

var sites = []site{
	{"t", "me", (*scanner).telegramPath},
	{"telegram", "me", (*scanner).telegramPath},
	{"telegram", "dog", (*scanner).telegramPath},
	{"wa", "me", (*scanner).whatsappPath},
	{"signal", "me", (*scanner).signalPath},
	{"paypal", "me", (*scanner).paypalPath},
	{"paypal", "com", (*scanner).paypalComPath},
	{"revolut", "me", (*scanner).revolutPath},
	{"cash", "app", (*scanner).cashPath},
	{"cash", "me", (*scanner).cashPath},
	{"threema", "id", (*scanner).threemaPath},
	{"matrix", "to", (*scanner).matrixPath},
}

// link looks at text[start:end], behind which stands a slash, as the end of the
// name of a site. The dot may be written in brackets or as a word.
func (sc *scanner) link(start, end int) {
	s := sc.text
	if n := end - start; n > 3 || start == 0 {
		return
	}
	top := s[start:end]
	dot, method := start-1, plain
	if s[dot] != '.' || start > 1 && s[dot-1] == '\\' {
		if dot, method = dotAround(s, start), refanged; dot < 0 {
			return
		}
	}
	for i := range sites {
		site := &sites[i]
		from := dot - len(site.name)
		if !strings.EqualFold(top, site.top) || from < 0 || !strings.EqualFold(s[from:dot], site.name) {
			continue
		}
		if hasWord(s[max(0, from-4):from], "www.") {
			from -= 4
		}
		if from > 0 && (hostByte(s[from-1]) || s[from-1] == '.' || s[from-1] == '_' || s[from-1] == '@') {
			continue
		}
		site.read(sc, from, end+1, method)
		return
	}
}

// dotAround returns where a disguised dot begins that ends at s[:i]: in
// brackets, behind a backslash, or the word; -1 if there is none.
func dotAround(s string, i int) int {
	const word = " dot "
	if i >= len(word) && strings.EqualFold(s[i-len(word):i], word) {
		return i - len(word)
	}
	if strings.HasSuffix(s[:i], `\.`) {
		return i - 2
	}
	return dotBefore(s, i)
}

// scheme looks at text[start:end], behind which stands a colon, as the scheme of
// a URI.
func (sc *scanner) scheme(start, end int) {
	s := sc.text
	rest := end + 1
	if strings.HasPrefix(s[rest:], "//") {
		rest += 2
	}
	switch n := end - start; {
	case n == 2 && strings.EqualFold(s[start:end], "tg"):
		sc.telegramURI(start, rest)
	case n == 7 && strings.EqualFold(s[start:end], "threema") && rest > end+1:
		sc.threemaURI(start, rest)
	}
}

// handle looks at text[start:], behind an at sign, as the name of an account.
// Which service it belongs to, a word before it must say.
func (sc *scanner) handle(start int) {
	s := sc.text
	at := start - 1
	if at > 0 && (localByte(s[at-1]) || s[at-1] == '.' || s[at-1] == '@' || s[at-1] == '/') {
		return
	}
	if sc.matrix(start) {
		return
	}
	switch sc.nearest(at, telegramWords, revolutWords, otherHandles) {
	case 0:
		sc.telegramHandle(start)
	case 1:
		sc.revtag(start)
	}
}

// otherHandles name services and things whose names begin with @ as well: what
// stands behind them is no name of the services that are known here.
var otherHandles = words{
	"instagram", "insta", "ig", "twitter", "x", "tiktok", "snapchat", "snap", "discord", "kik", "wickr", "venmo", "github", "facebook", "fb", "vk", "reddit",
	"youtube", "email", "mail", "e-mail", "jabber", "xmpp", "signal", "инстаграм*", "инста", "твиттер*", "вк",
}

// handleName returns where the name of letters, digits and underscores at
// s[start:] ends; it is followed by nothing that a host name would go on with.
func handleName(s string, start int) (end int, ok bool) {
	end = nameEnd(s, start, "_")
	if end == start || latinAt(s, start, end) {
		return end, false
	}
	if end < len(s) && s[end] == '-' || end+1 < len(s) && (s[end] == '.' || s[end] == '@') && isAlphanumeric(s[end+1]) {
		return end, false
	}
	return end, true
}

// handleKind keeps a class C name.
func (sc *scanner) handleKind(start, end int, method, kind, value, key string) {
	sc.found(start, end, end-start, method, vigil.Identifier{
		Kind: kind, Value: value, Key: key, Class: vigil.ClassC, Readings: []string{kind},
	})
}
