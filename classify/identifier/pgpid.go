package identifier

import (
	"strings"
	"unicode/utf8"
)

// keyGroup is the size of the groups in which fingerprints are printed, of which
// there are keyGroups.
const keyGroup, keyGroups = 4, 10

// pgpWords say that hex digits name a key; keyWords may say it of 40 of them;
// otherHex names other things in hex.
var (
	pgpWords = words{"pgp", "gpg", "openpgp", "gnupg", "key id", "keyid"}
	keyWords = words{"fingerprint", "key", "fpr", "fp", "fingerabdruck", "schlüssel", "schluessel", "empreinte", "clé", "clef", "huella", "clave", "отпечаток", "ключ*"}
	otherHex = words{"sha1", "sha-1", "sha256", "md5", "commit", "tx", "txid", "transaction", "btih", "magnet", "torrent", "etag", "api key", "eth", "ethereum", "wallet", "address"}
)

// keyID looks at text[start:end], hex digits from digits on, as the name of an
// OpenPGP key, with a word before it: the fingerprint of a version 4 key (40
// digits) or a version 6 one (64), or a key ID (16 or 8), which is no more than
// a hint: keys with a given ID can be made.
func (sc *scanner) keyID(start, digits, end int) {
	id := strings.ToUpper(sc.text[digits:end])
	prefixed := digits > start
	sets := []words{pgpWords, otherHex, keyWords}
	if prefixed { // a wallet has a key as well
		sets = sets[:2]
	}
	switch word := sc.nearest(start, sets...); {
	case len(id) == 40 && (word == 0 || word == 2), len(id) == 64 && word == 0:
		sc.handleKind(start, end, plain, "pgp", id, "pgp:"+id)
	case word == 0 && (len(id) == 16 || len(id) == 8) && (prefixed || !allDigits(id) && strings.ContainsAny(id, "0123456789")):
		sc.handleKind(start, end, plain, "pgp", id, "pgpid:"+id)
	}
}

// fingerprintGroups looks at text[start:], four hex digits, as the first of ten
// groups of a fingerprint.
func (sc *scanner) fingerprintGroups(start int) {
	if start < sc.groupsEnd {
		return
	}
	s := sc.text
	id := make([]byte, 0, keyGroup*(keyGroups+1))
	end := start
	for i := start; i+keyGroup <= len(s) && allHex(s[i:i+keyGroup]) && (i+keyGroup == len(s) || !isAlphanumeric(s[i+keyGroup])); {
		if len(id) < cap(id) {
			id = append(id, s[i:i+keyGroup]...)
		}
		end = i + keyGroup
		n := blanks(s[end:])
		if n == 0 {
			break
		}
		i = end + n
	}
	sc.groupsEnd = end
	if len(id) != keyGroup*keyGroups {
		return
	}
	if word := sc.nearest(start, pgpWords, keyWords, otherHex); word != 0 && word != 1 {
		return
	}
	sc.takenEnd = end
	value := strings.ToUpper(string(id))
	sc.handleKind(start, end, plain, "pgp", value, "pgp:"+value)
}

// blanks returns the length of the few spaces and line ends at the beginning of s.
func blanks(s string) int {
	i := 0
	for i < 8 {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != ' ' && r != '\n' && r != '\r' && r != '\t' && r != 0xa0 {
			break
		}
		i += size
	}
	return i
}
