package vigil

import (
	"strings"
	"unicode/utf8"
)

// MaxKeyName bounds the names of keys in bytes.
const MaxKeyName = 1024

const hashedKey = "sha256:"

// KeyName returns the name under which a store indexes an identifier's key, or
// a row's. It is the key itself, or "sha256:" and its SHA-256 in hex if the key
// is longer than [MaxKeyName], holds a zero byte, is not UTF-8, or begins like a
// hash. Keys come from hostile text: no key is left out or refused for what it
// holds, no two share a name, and every engine can index each name.
func KeyName(key string) string {
	if len(key) > MaxKeyName || strings.IndexByte(key, 0) >= 0 || strings.HasPrefix(key, hashedKey) || !utf8.ValidString(key) {
		return hashedKey + SumHex([]byte(key))
	}
	return key
}
