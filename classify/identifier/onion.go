package identifier

import (
	"encoding/hex"
	"strings"

	"vigil"
)

// onionLen is the length of a version 3 name without ".onion".
const onionLen = 56

// maxHost is the longest host name (RFC 1035).
const maxHost = 253

// onion looks at text[start:end], 56 letters and digits, as the name of an onion
// service. Labels before it belong to what was written, and not to the key.
func (sc *scanner) onion(start, end int) {
	dot, form := dotAfter(sc.text, end)
	const suffix = "onion"
	tld := dot + len(suffix)
	if form == noDot || tld > len(sc.text) || !strings.EqualFold(sc.text[dot:tld], suffix) {
		return
	}
	if tld < len(sc.text) && hostByte(sc.text[tld]) {
		return
	}
	name := strings.ToLower(sc.text[start:end]) + ".onion"
	key, err := vigil.OnionKey(name)
	if err != nil {
		return
	}
	method := plain
	if form != dotBare {
		method = refanged
	}
	from := subdomain(sc.text, start)
	sc.found(from, tld, tld-from, method, vigil.Identifier{
		Kind: "onion", Value: strings.ToLower(sc.text[from:start]) + name, Class: vigil.ClassB,
		Key: "onion:" + hex.EncodeToString(key), Readings: []string{"onion"},
	})
}

// subdomain returns where the labels directly before the name at start begin.
func subdomain(s string, start int) int {
	from := start
	for i := start; i > 0 && s[i-1] == '.'; {
		label := i - 1
		for label > 0 && hostByte(s[label-1]) && i-label <= 64 {
			label--
		}
		if !isLabel(s[label:i-1]) || start-label+onionLen > maxHost {
			break
		}
		i, from = label, label
	}
	return from
}

// hostByte reports whether c may be in a label of a host name.
func hostByte(c byte) bool {
	return isAlphanumeric(c) || c == '-'
}

// isLabel reports whether s is a label of a host name (RFC 1123).
func isLabel(s string) bool {
	if len(s) == 0 || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if !hostByte(s[i]) {
			return false
		}
	}
	return true
}
