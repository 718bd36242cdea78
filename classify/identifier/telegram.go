package identifier

import (
	"strings"

	"vigil"
)

// telegramHosts are the hosts of Telegram's links, as far as they stand before
// the top-level domain "me".
var telegramHosts = []string{"t.", "telegram."}

// telegram looks at text[start:end], the word "me", as the end of t.me, and at
// the path behind it: a name, or an invitation.
func (sc *scanner) telegram(start, end int) {
	s := sc.text
	from := -1
	for _, h := range telegramHosts {
		at := start - len(h)
		if at >= 0 && strings.EqualFold(s[at:start], h) && (at == 0 || !hostByte(s[at-1]) && s[at-1] != '.') {
			from = at
		}
	}
	if from < 0 || end >= len(s) || s[end] != '/' {
		return
	}
	path := end + 1
	if path < len(s) && s[path] == '+' {
		sc.invitation(from, path+1)
		return
	}
	const join = "joinchat/"
	if hasWord(s[path:], join) {
		sc.invitation(from, path+len(join))
		return
	}
	for _, pre := range []string{"s/", "@"} { // t.me/s/name is a channel's preview
		if hasWord(s[path:], pre) {
			path += len(pre)
			break
		}
	}
	stop := nameEnd(s, path, "_")
	name := strings.ToLower(s[path:stop])
	if !isTelegramName(name) {
		return
	}
	sc.found(from, stop, stop-from, plain, vigil.Identifier{
		Kind: "telegram", Value: "https://t.me/" + name, Key: "tg:" + name,
		Class: vigil.ClassC, Readings: []string{"telegram"},
	})
}

// invitation reads the hash of an invitation at text[i:]; its case matters.
func (sc *scanner) invitation(from, i int) {
	stop := nameEnd(sc.text, i, "_-")
	if n := stop - i; n < 16 || n > 64 {
		return
	}
	hash := sc.text[i:stop]
	sc.found(from, stop, stop-from, plain, vigil.Identifier{
		Kind: "telegram", Value: "https://t.me/+" + hash, Key: "tg+:" + hash,
		Class: vigil.ClassC, Readings: []string{"telegram"},
	})
}

// nameEnd returns where the letters, digits and other characters at s[i:] end.
// It looks no further than the longest name.
func nameEnd(s string, i int, others string) int {
	j := i
	for j < len(s) && j-i <= 64 && (isAlphanumeric(s[j]) || strings.IndexByte(others, s[j]) >= 0) {
		j++
	}
	return j
}

// notNames are the paths of t.me that lead to no account.
var notNames = map[string]bool{
	"addstickers": true, "addemoji": true, "addtheme": true, "share": true, "setlanguage": true,
	"proxy": true, "socks": true, "login": true, "invoice": true, "confirmphone": true, "addlist": true,
}

// isTelegramName reports whether s, in lower case, is a user name: a letter,
// then letters, digits and underscores, 4 to 32 in all. Names of 4 are sold.
func isTelegramName(s string) bool {
	return len(s) >= 4 && len(s) <= 32 && s[0] >= 'a' && s[0] <= 'z' && !notNames[s]
}
