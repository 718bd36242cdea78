package identifier

import (
	"strconv"
	"strings"
)

// maxTag is how many bytes behind an address its destination tag may end.
const maxTag = 64

// destinationTag looks behind a classic address of the XRP Ledger, before to, for
// the tag that belongs to it: "(Address tag 13371337)", "Destination Tag: 7",
// "?dt=7" (the URI of the ledger's wallets). An exchange's customers share an
// address, and the tag tells them apart: it becomes part of the identifier and
// of its key.
func (sc *scanner) destinationTag(h *hit, to int) {
	if h.id.Value[0] != 'r' { // an X-address has its own
		return
	}
	s := sc.text[h.end:min(to, h.end+maxTag)]
	begin := tagDigits(s)
	if begin < 0 {
		return
	}
	end := begin
	for end < len(s) && isDigitByte(s[end]) {
		end++
	}
	if next := h.end + end; next < len(sc.text) && isAlphanumeric(sc.text[next]) {
		return
	}
	tag, err := strconv.ParseUint(s[begin:end], 10, 32)
	if err != nil {
		return
	}
	h.id.Key += ":" + strconv.FormatUint(tag, 10)
	h.end += end
}

// tagDigits returns where in s, the text behind an address, the digits of its tag
// begin; -1 if no tag is named.
func tagDigits(s string) int {
	if strings.HasPrefix(s, "?") {
		query, _, _ := strings.Cut(s, " ")
		for _, name := range []string{"?dt=", "&dt="} {
			if i := strings.Index(query, name); i >= 0 {
				return i + len(name)
			}
		}
		return -1
	}
	i := 0
	for range 3 { // "destination", "tag", the digits
		skipped := i
		for i < len(s) && i-skipped <= 6 && !isAlphanumeric(s[i]) && s[i] < 0x80 {
			i++
		}
		j := i
		for j < len(s) && isLetterByte(s[j]) {
			j++
		}
		switch strings.ToLower(s[i:j]) {
		case "destination", "dest", "address", "xrp", "and", "with":
		case "tag", "dt", "dtag", "desttag", "destinationtag", "destination_tag":
			for n := 0; j < len(s) && n < 4 && strings.IndexByte(" :=#.№\t-", s[j]) >= 0; n++ {
				j++
			}
			if j < len(s) && isDigitByte(s[j]) {
				return j
			}
			return -1
		default:
			return -1
		}
		i = j
	}
	return -1
}
