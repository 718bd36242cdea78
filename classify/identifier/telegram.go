package identifier

import (
	"strings"
)

// telegramWords say that a name behind an at sign is Telegram's.
var telegramWords = words{"telegram*", "tg", "tlgrm", "телеграм*", "телега*", "телеге", "телегу", "тг", "телег"}

// telegramPath looks at text[path:], behind t.me/: a name, an invitation, or a
// phone number.
func (sc *scanner) telegramPath(from, path int, method string) {
	s := sc.text
	if path < len(s) && s[path] == '+' {
		if sc.linkedPhone(from, path+1, method) {
			return
		}
		sc.invitation(from, path+1, method)
		return
	}
	const join = "joinchat/"
	if hasWord(s[path:], join) {
		sc.invitation(from, path+len(join), method)
		return
	}
	for _, pre := range []string{"s/", "@"} { // t.me/s/name is a channel's preview
		if hasWord(s[path:], pre) {
			path += len(pre)
			break
		}
	}
	sc.telegramName(from, path, method)
}

// telegramURI looks at text[i:], behind tg: or tg://, as
// resolve?domain=name, resolve?phone=digits or join?invite=hash.
func (sc *scanner) telegramURI(from, i int) {
	s := sc.text
	for _, form := range []struct {
		word string
		read func(from, i int, method string)
	}{
		{"resolve?domain=", sc.telegramName},
		{"join?invite=", sc.invitation},
		{"resolve?phone=", func(from, i int, method string) { sc.linkedPhone(from, i, method) }},
	} {
		if hasWord(s[i:], form.word) {
			form.read(from, i+len(form.word), plain)
			return
		}
	}
}

// telegramName reads the user name at text[i:]; its case does not matter.
func (sc *scanner) telegramName(from, i int, method string) {
	stop := nameEnd(sc.text, i, "_")
	name := strings.ToLower(sc.text[i:stop])
	if !isTelegramName(name) || notNames[name] {
		return
	}
	sc.handleKind(from, stop, method, "telegram", "https://t.me/"+name, "tg:"+name)
}

// telegramHandle reads the name at text[start:], behind an at sign, where
// Telegram is the word.
func (sc *scanner) telegramHandle(start int) {
	end, ok := handleName(sc.text, start)
	name := strings.ToLower(sc.text[start:end])
	if !ok || !isTelegramName(name) {
		return
	}
	sc.handleKind(start-1, end, plain, "telegram", "https://t.me/"+name, "tg:"+name)
}

// invitation reads the hash of an invitation at text[i:]; its case matters.
func (sc *scanner) invitation(from, i int, method string) {
	stop := nameEnd(sc.text, i, "_-")
	if n := stop - i; n < 16 || n > 64 {
		return
	}
	hash := sc.text[i:stop]
	sc.handleKind(from, stop, method, "telegram", "https://t.me/+"+hash, "tg+:"+hash)
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
	"joinchat": true, "giftcode": true, "boost": true, "iv": true, "contact": true,
}

// isTelegramName reports whether s, in lower case, is a user name: a letter,
// then letters, digits and single underscores, not one at the end, 4 to 32 in
// all. Names of 4 are sold.
func isTelegramName(s string) bool {
	return len(s) >= 4 && len(s) <= 32 && s[0] >= 'a' && s[0] <= 'z' && s[len(s)-1] != '_' && !strings.Contains(s, "__")
}
