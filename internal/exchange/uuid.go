package exchange

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
)

// Name spaces of UUIDs (RFC 9562, section 6.6).
const (
	// ours is that of everything but observables of STIX: a random UUID.
	ours = "7d2a6c1e-52f4-4b7e-9a38-c0d1f5b8e964"
	// stixSpace is that of STIX's observables (STIX 2.1, section 2.9).
	stixSpace = "00abedb4-aa42-466c-9c01-fed23315a9b7"
)

// uuid returns the UUID of version 5 of a name (RFC 9562, section 5.5).
func uuid(space, name string) string {
	ns, err := hex.DecodeString(strings.ReplaceAll(space, "-", ""))
	if err != nil {
		return "" // the spaces are constants
	}
	sum := sha1.Sum(append(ns, name...))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// uuidOf returns the UUID of something of ours, by its kind and what tells it
// from others of that kind. The length of each part is named with it, so that no
// two lists of parts are one name.
func uuidOf(kind string, parts ...string) string {
	var b strings.Builder
	b.WriteString(kind)
	for _, p := range parts {
		fmt.Fprintf(&b, " %d:%s", len(p), p)
	}
	return uuid(ours, b.String())
}

// canonical returns the members of an object as canonical JSON (RFC 8785): keys
// and values in turn, keys sorted already.
func canonical(members ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(members); i += 2 {
		b.WriteByte("{,"[min(i, 1)])
		canonicalString(&b, members[i])
		b.WriteByte(':')
		canonicalString(&b, members[i+1])
	}
	b.WriteByte('}')
	return b.String()
}

// canonicalString writes a string as RFC 8785, section 3.2.2.2 says.
func canonicalString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\b':
			b.WriteString(`\b`)
		case '\t':
			b.WriteString(`\t`)
		case '\n':
			b.WriteString(`\n`)
		case '\f':
			b.WriteString(`\f`)
		case '\r':
			b.WriteString(`\r`)
		default:
			if r < ' ' {
				fmt.Fprintf(b, `\u%04x`, r)
			} else {
				b.WriteRune(r)
			}
		}
	}
	b.WriteByte('"')
}
