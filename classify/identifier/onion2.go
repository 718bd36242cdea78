package identifier

import (
	"strings"
)

// onion2Len is the length of a version 2 name without ".onion".
const onion2Len = 16

// onion2 looks at text[start:end] as the name of an onion service of version 2:
// 80 bits in base32, no checksum. None has answered since 2021; old listings
// still name them.
func (sc *scanner) onion2(start, end int) {
	s := sc.text
	dot, form := dotAfter(s, end)
	const suffix = "onion"
	tld := dot + len(suffix)
	if form == noDot || tld > len(s) || !strings.EqualFold(s[dot:tld], suffix) || tld < len(s) && hostByte(s[tld]) {
		return
	}
	name := strings.ToLower(s[start:end])
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz234567") != "" || start > 0 && (s[start-1] == '-' || s[start-1] == '_') {
		return
	}
	method := plain
	if form != dotBare {
		method = refanged
	}
	from := subdomain(s, start)
	sc.handleKind(from, tld, method, "onion2", strings.ToLower(s[from:start])+name+".onion", "onion2:"+name)
}
