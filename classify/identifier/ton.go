package identifier

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"vigil"
)

// tonLen is the length of a user-friendly address in characters: 36 bytes in
// base64.
const tonLen = 48

// ton looks at text[start:], which begins as an address of The Open Network
// does. Its alphabet holds - and _, or + and /, so it may be several tokens.
func (sc *scanner) ton(start int) {
	end := start + tonLen
	if end > len(sc.text) || tonJoins(sc.text, start-1, -1) || tonJoins(sc.text, end, 1) {
		return
	}
	if id, ok := decodeTON(sc.text[start:end]); ok {
		sc.found(start, end, tonLen, plain, id)
	}
}

// tonRawLen is the length of the hash in a raw address in hex.
const tonRawLen = 64

// tonRaw looks at text[start:end] as the hash of a raw address, 0:8a86… or
// -1:8a86…, which has no checksum: a word beside it must speak of the network, and
// it is class C.
func (sc *scanner) tonRaw(start, end int) {
	from, workchain := start-2, "0"
	if from < 0 || sc.text[from:start] != "0:" {
		if from, workchain = start-3, "-1"; from < 0 || sc.text[from:start] != "-1:" {
			return
		}
	}
	b, err := hex.DecodeString(sc.text[start:end])
	if err != nil || notAnAccount(b) || tonJoins(sc.text, from-1, -1) {
		return
	}
	isWord := func(w string) bool { return coinWords[w] == "ton" }
	if sc.wordBefore(from, 0, isWord) == "" && !isWord(sc.wordAfter(end, len(sc.text))) {
		return
	}
	raw := workchain + ":" + hex.EncodeToString(b)
	id := coin("ton", raw, mainnet, "ton:"+raw, "ton")
	id.Class = vigil.ClassC
	sc.found(from, end, end-from, plain, id)
}

// tonJoins reports whether the characters from i on, in direction step, make what
// lies on the other side a part of a longer word: a letter or digit, or - or _
// and then a letter or digit.
func tonJoins(s string, i, step int) bool {
	if i >= 0 && i < len(s) && (s[i] == '-' || s[i] == '_') {
		i += step
	}
	return i >= 0 && i < len(s) && isAlphanumeric(s[i])
}

// decodeTON reads a user-friendly address as in TEP-2 and TON's documentation:
// tag 0x11 (bounceable) or 0x51, with 0x80 for the test network, a workchain (0
// or −1), the hash of the account, CRC-16. Both spellings of an account have one
// key. The CRC makes it class B.
func decodeTON(s string) (vigil.Identifier, bool) {
	if len(s) != tonLen {
		return vigil.Identifier{}, false
	}
	code := base64.URLEncoding
	if strings.ContainsAny(s, "+/") {
		code = base64.StdEncoding
	}
	b, err := code.DecodeString(s)
	if err != nil || len(b) != 36 {
		return vigil.Identifier{}, false
	}
	network := mainnet
	if b[0]&0x80 != 0 {
		network = testnet
	}
	tag, workchain := b[0]&0x7f, int8(b[1])
	crc := crc16(b[:34])
	if tag != 0x11 && tag != 0x51 || workchain != 0 && workchain != -1 || b[34] != byte(crc>>8) || b[35] != byte(crc) {
		return vigil.Identifier{}, false
	}
	key := "ton:" + strconv.Itoa(int(workchain)) + ":" + hex.EncodeToString(b[2:34])
	id := coin("ton", base64.URLEncoding.EncodeToString(b), network, key, "ton")
	id.Class = vigil.ClassB
	return id, true
}
