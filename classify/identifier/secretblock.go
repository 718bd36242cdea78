package identifier

import (
	"strings"

	"vigil"
)

// privateKey ends the label of each block that holds a private key: of OpenPGP
// (PGP PRIVATE KEY BLOCK), OpenSSH, and those of RFC 7468 and before it (PRIVATE
// KEY, ENCRYPTED, RSA, EC and DSA PRIVATE KEY).
const privateKey = "PRIVATE KEY"

// secretBlocks finds blocks with a private key. Each is reported whole, or, if
// its end is missing, as far as base64 goes on.
func (sc *scanner) secretBlocks() {
	s := sc.text
	open, body := -1, 0 // where the last block begins, and its body
	for at := 0; ; {
		i := strings.Index(s[at:], privateKey)
		if i < 0 {
			break
		}
		word, after := blockLine(s, at+i)
		switch {
		case word == "BEGIN":
			sc.cutOff(open, body, at+i)
			open, body = lineStart(s, at+i), after
		case word == "END" && open >= 0 && at+i-open <= maxArmor:
			sc.secretBlock(open, after)
			open = -1
		}
		at += i + len(privateKey)
	}
	sc.cutOff(open, body, len(s))
}

// blockLine returns the word with which the line of a block begins whose label
// ends at s[i:], and where the line ends.
func blockLine(s string, i int) (word string, end int) {
	end = i + len(privateKey)
	if strings.HasPrefix(s[end:], " BLOCK") {
		end += len(" BLOCK")
	}
	dashes := dashesAfter(s, end)
	if dashes == end {
		return "", end
	}
	start := lineStart(s, i)
	switch rest := strings.TrimLeft(s[start:i], "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"); {
	case start == i:
	case strings.HasPrefix(rest, "BEGIN "):
		return "BEGIN", dashes
	case strings.HasPrefix(rest, "END "):
		return "END", dashes
	}
	return "", dashes
}

// lineStart returns where the dashes begin before the words that end at s[:i]:
// at most three, in upper case. It returns i if there are no dashes.
func lineStart(s string, i int) int {
	const longest = len("BEGIN ENCRYPTED OPENSSH ")
	j := i
	for j > 0 && i-j < longest && (s[j-1] == ' ' || s[j-1] >= 'A' && s[j-1] <= 'Z') {
		j--
	}
	if start := dashesBefore(s, j); start < j {
		return start
	}
	return i
}

// cutOff keeps the block that begins at open and has no end before text[limit:]:
// its body goes on for as long as words of base64 do.
func (sc *scanner) cutOff(open, body, limit int) {
	const line = 32
	if open < 0 {
		return
	}
	s := sc.text
	end, long := body, false
	for i := body; i < min(limit, body+maxArmor); {
		for i < limit && armorGap(s[i:]) > 0 {
			i += armorGap(s[i:])
		}
		from := i
		for i < limit && (isAlphanumeric(s[i]) || strings.IndexByte("+/=", s[i]) >= 0) {
			i++
		}
		if i-from < line && !(long && i-from > 0) {
			break // a header, or words
		}
		long = i-from >= line
		end = i
	}
	if end > body {
		sc.secretBlock(open, end)
	}
}

func (sc *scanner) secretBlock(start, end int) {
	sc.found(start, end, end-start, plain, vigil.Identifier{
		Kind: "private-key", Class: vigil.ClassB, Readings: []string{"private-key"}, Redacted: true,
	})
}
