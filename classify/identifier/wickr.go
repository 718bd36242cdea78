package identifier

import "strings"

// wickr looks at text[start:end] as the name of the service, behind which the
// name of a user stands. Any word could be one: it must be behind a colon, an
// equals sign or an at sign, or hold a digit.
func (sc *scanner) wickr(start, end int) {
	const shortest, longest = 4, 32
	s := sc.text
	if s[start]|0x20 != 'w' || !hasWord(s[start:end], "wickr") || end-start == 7 && !strings.EqualFold(s[start:end], "wickrme") {
		return
	}
	i := end
	for _, word := range []string{" me", " pro", " id", " username", " user", " name"} {
		if hasWord(s[i:], word) && i+len(word) < len(s) && !isAlphanumeric(s[i+len(word)]) {
			i += len(word)
		}
	}
	marks := i
	for i < len(s) && i-marks < 4 && strings.IndexByte(" :=@-\t", s[i]) >= 0 {
		i++
	}
	said := strings.ContainsAny(s[marks:i], ":=@")
	stop := nameEnd(s, i, "_")
	name := strings.ToLower(s[i:stop])
	if n := len(name); i == marks || n < shortest || n > longest || latinAt(s, i, stop) || goesOn(s, stop) {
		return
	}
	if !said && !strings.ContainsAny(name, "0123456789_") || said && !isLetterByte(name[0]) || strings.HasPrefix(name, "http") {
		return
	}
	sc.handleKind(i, stop, plain, "wickr", name, "wickr:"+name)
}
