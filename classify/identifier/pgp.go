package identifier

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"vigil"
)

// Lines of the armor of public keys (RFC 9580, section 6.2), without their dashes.
const (
	publicBegin = "BEGIN PGP PUBLIC KEY BLOCK"
	publicEnd   = "END PGP PUBLIC KEY BLOCK"
)

// maxArmor is the longest armor that is read. Keys with many signatures and a
// photograph stay below.
const maxArmor = 256 << 10

// pgp finds armored keys. The line ends inside may be lost, as where a page was
// flattened.
func (sc *scanner) pgp() {
	for at := 0; ; {
		rest := sc.text[at:]
		end := strings.Index(rest, publicEnd)
		if end < 0 {
			return
		}
		// Of several beginnings the last counts, so that each byte is read once.
		from := max(0, end-maxArmor)
		if i := strings.LastIndex(rest[from:end], publicBegin); i >= 0 {
			sc.publicKey(at+from+i, at+end)
		}
		at += end + len(publicEnd)
	}
}

// publicKey looks at the armor between the lines that hold BEGIN at text[begin:]
// and END at text[end:].
func (sc *scanner) publicKey(begin, end int) {
	s := sc.text
	start, stop := dashesBefore(s, begin), dashesAfter(s, end+len(publicEnd))
	body := dashesAfter(s, begin+len(publicBegin))
	bodyEnd := dashesBefore(s, end)
	if body >= bodyEnd {
		return
	}
	a := dearmor(s[body:bodyEnd])
	fingerprint, ok := keyFingerprint(a.bytes)
	if !ok {
		return
	}
	if first := sc.userIDs(&a, body); first >= 0 {
		stop = first
	}
	sc.found(start, stop, stop-start, plain, vigil.Identifier{
		Kind: "pgp", Value: fingerprint, Key: "pgp:" + fingerprint,
		Class: vigil.ClassA, Readings: []string{"pgp"},
	})
}

// maxUserIDs is how many user IDs of a key are read, and maxUserID how long one
// may be.
const maxUserIDs, maxUserID = 32, 1024

// userIDs finds the mail address in each user ID of a key. Its place is the
// base64 that holds it, and where the first begins, what is reported of the key
// itself ends; userIDs returns that, or -1. Anyone may put any address there.
func (sc *scanner) userIDs(a *armor, body int) (first int) {
	const tag = 13
	first = -1
	n := 0
	eachPacket(a.bytes, func(t, from, head, to int) bool {
		if t != tag || to-head > maxUserID {
			return true
		}
		n++
		inner := scanner{text: string(a.bytes[head:to])}
		inner.scan()
		for _, h := range choose(inner.hits) {
			if h.id.Kind != "email" {
				continue
			}
			start, end := a.span(from, to)
			if first < 0 {
				first = body + start
			}
			sc.found(body+start, body+end, end-start, joined, h.id)
			break
		}
		return n < maxUserIDs
	})
	return first
}

// keyFingerprint returns the fingerprint of the public key that is the first
// packet of b, in upper-case hex: SHA-1 for version 4, SHA-256 for version 6
// (RFC 9580, section 5.5.4). Older keys have none that would tell them apart.
func keyFingerprint(b []byte) (string, bool) {
	const tag = 6
	t, head, to, ok := nextPacket(b)
	if !ok || t != tag || to-head < 10 {
		return "", false
	}
	body := b[head:to]
	switch body[0] {
	case 4:
		if len(body) > 0xffff {
			return "", false
		}
		h := sha1.New()
		h.Write(binary.BigEndian.AppendUint16([]byte{0x99}, uint16(len(body))))
		h.Write(body)
		return strings.ToUpper(hex.EncodeToString(h.Sum(nil))), true
	case 6:
		h := sha256.New()
		h.Write(binary.BigEndian.AppendUint32([]byte{0x9b}, uint32(len(body))))
		h.Write(body)
		return strings.ToUpper(hex.EncodeToString(h.Sum(nil))), true
	}
	return "", false
}

// wholeKey reports whether b is a public key of which no packet is cut off.
func wholeKey(b []byte) bool {
	_, ok := keyFingerprint(b)
	return ok && eachPacket(b, func(int, int, int, int) bool { return true }) == len(b)
}

// eachPacket calls f with tag, beginning, beginning of the body and end of each
// packet of b, until f returns false or there is no whole packet, and returns
// where the last ends.
func eachPacket(b []byte, f func(tag, from, head, to int) bool) int {
	at := 0
	for at < len(b) {
		tag, head, to, ok := nextPacket(b[at:])
		if !ok || !f(tag, at, at+head, at+to) {
			break
		}
		at += to
	}
	return at
}

// nextPacket returns tag, beginning and end of the body of the first packet of b,
// in the old or the new packet format (RFC 9580, section 4.2).
func nextPacket(b []byte) (tag, head, to int, ok bool) {
	if len(b) < 6 || b[0]&0x80 == 0 {
		return 0, 0, 0, false
	}
	n := 0
	switch first := b[0]; {
	case first&0x40 != 0: // new format
		tag = int(first & 0x3f)
		switch l := b[1]; {
		case l < 192:
			n, head = int(l), 2
		case l < 224:
			n, head = (int(l)-192)<<8+int(b[2])+192, 3
		case l == 255:
			n, head = int(binary.BigEndian.Uint32(b[2:])), 6
		default:
			return 0, 0, 0, false // a key is never sent in parts
		}
	default:
		tag = int(first >> 2 & 15)
		switch first & 3 {
		case 0:
			n, head = int(b[1]), 2
		case 1:
			n, head = int(binary.BigEndian.Uint16(b[1:])), 3
		case 2:
			n, head = int(binary.BigEndian.Uint32(b[1:])), 5
		default:
			return 0, 0, 0, false
		}
	}
	if n < 0 || n > len(b)-head {
		return 0, 0, 0, false
	}
	return tag, head, head + n, true
}
