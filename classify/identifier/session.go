package identifier

import "strings"

// sessionLen is the length of an account ID at Session: 05 and a public key of
// 32 bytes, in hex. It has no checksum.
const sessionLen = 66

var sessionWords = words{"session", "session id", "getsession*", "сессия", "сешн", "сессион"}

// session looks at text[start:end], hex digits, as an account ID, with the
// service's name before it.
func (sc *scanner) session(start, end int) {
	s := sc.text[start:end]
	if s[:2] != "05" || strings.Count(s, s[2:3]) > len(s)/2 || !sc.near(start, sessionWords) {
		return
	}
	id := strings.ToLower(s)
	sc.handleKind(start, end, plain, "session", id, "session:"+id)
}
