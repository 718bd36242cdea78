package encoding

import (
	"bytes"
	"encoding/binary"
)

// UTF16 returns the name of the charset, utf-16le or utf-16be, if b begins like
// a text in it: with a byte order mark, or with zeros where the high bytes of
// ASCII characters stand and with characters of text throughout. It returns ""
// otherwise. At most the first 4096 bytes are looked at.
func UTF16(b []byte) string {
	if name, _ := marked(b); name != "" {
		if name == "utf-8" {
			return ""
		}
		return name
	}
	return zeros(b)
}

// marked returns the charset that a byte order mark says, and the mark's length
// (WHATWG Encoding, section 6).
func marked(b []byte) (name string, n int) {
	switch {
	case bytes.HasPrefix(b, []byte(mark)):
		return "utf-8", 3
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return "utf-16le", 2
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return "utf-16be", 2
	}
	return "", 0
}

// zeros tells UTF-16 without a mark, as XML 1.0, appendix F.1, does.
func zeros(b []byte) string {
	b = b[:min(len(b), 4096)&^1]
	if bytes.IndexByte(b, 0) < 0 {
		return ""
	}
	units := len(b) / 2
	var zero [2]int
	ascii := 0 // pairs that would be two characters of ASCII text
	for i := 0; i < len(b); i += 2 {
		for k := range 2 {
			if b[i+k] == 0 {
				zero[k]++
			}
		}
		if printable(b[i]) && printable(b[i+1]) {
			ascii++
		}
	}
	name, order, n := "utf-16le", binary.ByteOrder(binary.LittleEndian), zero[1]
	if zero[0] > zero[1] {
		name, order, n = "utf-16be", binary.BigEndian, zero[0]
	}
	// One character in 50 is a space or markup in any script.
	if n <= 4*(zero[0]+zero[1]-n) || n*50 < units || n < 4 || ascii*2 > units {
		return ""
	}
	if bad := nonText(b, order); bad*50 > units {
		return ""
	}
	return name
}

func printable(c byte) bool { return 0x20 <= c && c < 0x7f || c == '\n' || c == '\t' || c == '\r' }

// nonText counts the code units that no text holds: controls, lone surrogates,
// private characters and what is no character.
func nonText(b []byte, order binary.ByteOrder) (bad int) {
	open := false // a high surrogate stands before
	for ; len(b) >= 2; b = b[2:] {
		u := order.Uint16(b)
		isLow := 0xdc00 <= u && u < 0xe000
		if open != isLow {
			bad++
		}
		open = 0xd800 <= u && u < 0xdc00
		if u < 0x20 && !printable(byte(u)) && u != '\f' || 0x7f <= u && u < 0xa0 || 0xe000 <= u && u < 0xf900 || u >= 0xfffe {
			bad++
		}
	}
	return bad
}

// noUTF16 reports whether b cannot be what a header says, UTF-16: without one
// zero it holds no ASCII character, neither space nor markup, and what it holds
// would be no text or is all ASCII.
func noUTF16(b []byte) bool {
	if bytes.IndexByte(b, 0) >= 0 {
		return false
	}
	b = b[:min(len(b), 4096)&^1]
	ascii := 0
	for _, c := range b {
		if printable(c) {
			ascii++
		}
	}
	if ascii*10 > len(b)*8 {
		return true
	}
	return min(nonText(b, binary.LittleEndian), nonText(b, binary.BigEndian))*100 > len(b)
}
