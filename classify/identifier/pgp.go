package identifier

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"vigil"
)

// Armor of public keys (RFC 9580, section 6.2). The dashes before BEGIN are
// looked for by the scanner.
const (
	armorBegin = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
	armorEnd   = "-----END PGP PUBLIC KEY BLOCK-----"
)

// maxArmor is the longest armor that is read. Keys with many signatures and a
// photograph stay below.
const maxArmor = 256 << 10

// pgp finds armored keys. The line ends inside may be lost, as where a page was
// flattened.
func (sc *scanner) pgp() {
	for at := 0; ; {
		rest := sc.text[at:]
		end := strings.Index(rest, armorEnd)
		if end < 0 {
			return
		}
		// Of several beginnings the last counts, so that each byte is read once.
		from := max(0, end-maxArmor)
		if i := strings.LastIndex(rest[from:end], armorBegin); i >= 0 {
			begin := at + from + i
			sc.publicKey(begin, begin+len(armorBegin), at+end)
		}
		at += end + len(armorEnd)
	}
}

// publicKey looks at text[body:end], the inside of an armor that begins at start.
func (sc *scanner) publicKey(start, body, end int) {
	fingerprint, ok := keyFingerprint(dearmor(sc.text[body:end]))
	if !ok {
		return
	}
	end += len(armorEnd)
	sc.found(start, end, end-start, plain, vigil.Identifier{
		Kind: "pgp", Value: fingerprint, Key: "pgp:" + fingerprint,
		Class: vigil.ClassA, Readings: []string{"pgp"},
	})
}

// armorHeaders are the keys of armor headers (RFC 9580, section 6.2.2). Where
// line ends are lost, nothing but their names tells them from the key.
var armorHeaders = []string{"Version:", "Comment:", "Charset:", "Hash:", "MessageID:"}

// dearmor returns the bytes in the body of an armor; nil if there is no sense in
// it, or its CRC-24 is wrong.
func dearmor(body string) []byte {
	for _, word := range []string{"\r\n\r\n", "\n\n"} {
		if _, after, ok := strings.Cut(body, word); ok && !strings.Contains(after, ":") {
			body = after
			break
		}
	}
	fields := strings.Fields(body)
	for i, f := range fields { // headers in a flattened armor: the key is the rest after the last
		for _, h := range armorHeaders {
			if strings.HasPrefix(f, h) {
				return dearmorFlat(fields[i:])
			}
		}
	}
	return decodeArmor(fields)
}

// dearmorFlat drops the headers at the beginning of a flattened armor: the key
// begins at the first long word that is base64 of a public-key packet.
func dearmorFlat(fields []string) []byte {
	const line = 32 // lines of a key are longer, words of a header hardly ever
	for i, f := range fields {
		if len(f) < line {
			continue
		}
		if b := decodeArmor(fields[i:]); b != nil {
			return b
		}
		return nil
	}
	return nil
}

func decodeArmor(fields []string) []byte {
	var crc string
	if n := len(fields); n > 0 && len(fields[n-1]) == 5 && fields[n-1][0] == '=' {
		crc, fields = fields[n-1][1:], fields[:n-1]
	}
	text := strings.Join(fields, "")
	if n := len(text); crc == "" && n > 5 && text[n-5] == '=' && text[n-4:] != "====" {
		text, crc = text[:n-5], text[n-4:] // the checksum's line end is lost too
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	if crc == "" {
		return b // RFC 9580 makes the checksum optional
	}
	sum, err := base64.StdEncoding.DecodeString(crc)
	if err != nil || len(sum) != 3 || crc24(b) != uint32(sum[0])<<16|uint32(sum[1])<<8|uint32(sum[2]) {
		return nil
	}
	return b
}

// crc24 is the checksum of RFC 9580, section 6.1.
func crc24(b []byte) uint32 {
	crc := uint32(0xb704ce)
	for _, c := range b {
		crc ^= uint32(c) << 16
		for range 8 {
			crc <<= 1
			if crc&0x1000000 != 0 {
				crc ^= 0x1864cfb
			}
		}
	}
	return crc & 0xffffff
}

// keyFingerprint returns the fingerprint of the public key that is the first
// packet of b, in upper-case hex: SHA-1 for version 4, SHA-256 for version 6
// (RFC 9580, section 5.5.4). Older keys have none that would tell them apart.
func keyFingerprint(b []byte) (string, bool) {
	body, ok := publicKeyPacket(b)
	if !ok || len(body) < 10 {
		return "", false
	}
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

// publicKeyPacket returns the body of the first packet of b, which must be a
// public key: tag 6, in the old or the new packet format (RFC 9580, section 4.2).
func publicKeyPacket(b []byte) ([]byte, bool) {
	const tag = 6
	if len(b) < 6 || b[0]&0x80 == 0 {
		return nil, false
	}
	n, head := 0, 0
	switch first := b[0]; {
	case first&0x40 != 0 && first&0x3f == tag: // new format
		switch l := b[1]; {
		case l < 192:
			n, head = int(l), 2
		case l < 224:
			n, head = (int(l)-192)<<8+int(b[2])+192, 3
		case l == 255:
			n, head = int(binary.BigEndian.Uint32(b[2:])), 6
		default:
			return nil, false // a key is never sent in parts
		}
	case first&0x40 == 0 && first>>2&15 == tag: // old format
		switch first & 3 {
		case 0:
			n, head = int(b[1]), 2
		case 1:
			n, head = int(binary.BigEndian.Uint16(b[1:])), 3
		case 2:
			n, head = int(binary.BigEndian.Uint32(b[1:])), 5
		default:
			return nil, false
		}
	default:
		return nil, false
	}
	if n < 0 || n > len(b)-head {
		return nil, false
	}
	return b[head : head+n], true
}
