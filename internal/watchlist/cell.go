package watchlist

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigil"
	"vigil/classify/identifier"
)

// A column is what a list says of where an identifier stands. It helps to read
// those kinds that have no checksum; it is believed in nothing else.
type column struct {
	symbol  string // of a coin, as the list calls it
	heading string // words for the column; if empty, the symbol's
}

// parsed is what became of a cell.
type parsed struct {
	raw     string // as written, or what stands for a secret
	ids     []vigil.ListID
	rest    []string // pieces that fit no rule, beside others that do
	problem string
}

// noRule is said of what no rule fits.
const noRule = "it fits the rule of no kind of identifier"

// parse reads the identifiers in a cell by this program's own rules.
func parse(raw string, c column) parsed {
	p := parsed{raw: strings.ToValidUTF8(raw, "\ufffd")}
	found := scan(raw, c)
	var secret, test string
	odd := ""
	seen := map[string]bool{}
	armored := slices.ContainsFunc(found, func(id vigil.Identifier) bool { return id.Kind == "pgp" && id.Class == vigil.ClassA })
	for _, id := range found {
		switch {
		case armored && id.Kind != "pgp": // anybody may put any address into a key
		case id.Redacted:
			secret = id.Kind
		case !id.Links():
			test = id.Value
		default:
			if misfiled(c.symbol, id) {
				odd = fmt.Sprintf("listed as %s, but by its checksum it is %s", clean(c.symbol), id.Kind)
			}
			if !seen[id.Key] {
				seen[id.Key] = true
				p.ids = append(p.ids, vigil.ListID{Kind: id.Kind, Value: id.Value, Key: id.Key, Class: id.Class})
			}
		}
	}
	switch {
	case secret != "":
		p.raw = fmt.Sprintf("[%s withheld]", secret)
		p.problem = fmt.Sprintf("the cell holds a %s, which is never kept", strings.ReplaceAll(secret, "-", " "))
	case len(p.ids) > 0:
		if !armored {
			p.rest = leftover(raw, found)
		}
		p.problem = odd
	case test != "":
		p.problem = "an address of a test network, which holds no money; it is never matched"
	default:
		p.problem = whyNot(raw, c)
	}
	return p
}

// scan returns the identifiers in a cell. If the first reading finds none, the
// names of the columns are tried that the symbol or the text itself suggests.
func scan(raw string, c column) []vigil.Identifier {
	var o identifier.Options
	headings := []string{c.heading}
	if c.heading == "" {
		headings = headingsOf(c.symbol)
	}
	if telegramName(c.heading, raw) {
		raw = "@" + raw
	}
	if strings.ContainsAny(raw, " :/-") { // "Binance 123456789"
		headings = append(headings, "account id")
	}
	for _, h := range headings {
		if ids := o.Cell(h, raw); len(ids) > 0 {
			return ids
		}
	}
	return nil
}

// telegramName reports whether raw is a user name without its at sign.
func telegramName(heading, raw string) bool {
	return heading == "telegram" && !strings.ContainsAny(raw, "@/:. ")
}

// leftover returns the pieces of a cell that no identifier covers and that look
// as if they were one.
func leftover(raw string, found []vigil.Identifier) []string {
	b := []byte(raw)
	for _, id := range found {
		for i := max(0, id.Start); i < min(len(b), id.End); i++ {
			b[i] = ' '
		}
	}
	var out []string
	for _, w := range strings.FieldsFunc(string(b), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;|()", r) }) {
		if w = strings.TrimFunc(w, punctuation); Distinct(w) && !strings.Contains(w, "://") {
			out = append(out, strings.ToValidUTF8(w, "\ufffd"))
		}
	}
	return out
}

// whyNot says why no identifier was found.
func whyNot(raw string, c column) string {
	why := noRule
	switch {
	case !utf8.ValidString(raw):
		why = "it is not valid UTF-8"
	case len(raw) == 42 && strings.HasPrefix(raw, "0x") && raw[2:] != strings.ToLower(raw[2:]) && raw[2:] != strings.ToUpper(raw[2:]):
		why = "the case of its letters is not their checksum (ERC-55): mistyped, or changed"
	case len(raw) == 42 && strings.HasPrefix(raw, "0x"):
		why = "it is nobody's account: zero, reserved, or readable text"
	case len(raw) == 66 && strings.HasPrefix(raw, "0x"):
		why = "it is the hash of a transaction or block, not an address"
	case strings.Trim(raw, "0123456789") == "":
		why = "a number is nothing without the name of an exchange that is known"
	case symbolKinds(c.symbol) != nil:
		why = fmt.Sprintf("it is no valid address of %s, nor of anything else: perhaps cut off or mistyped", clean(c.symbol))
	}
	if !Distinct(raw) {
		why += "; as a plain string it is too short or too common to look for"
	}
	return why
}

// Bounds of strings that are compared as they are.
const (
	minDistinct, maxDistinct = 16, 256 // bytes; OFAC allows 256 (FAQ 563)
	minVariety               = 8       // different bytes
)

// Distinct reports whether a string that fits no rule can be looked for as it
// is: one word, long and varied enough that nobody writes it by chance, and with
// a digit. Neither "unknown" nor 0x000…000 may tie listings to a list.
func Distinct(s string) bool {
	if len(s) < minDistinct || len(s) > maxDistinct || strings.ContainsFunc(s, unicode.IsSpace) {
		return false
	}
	var seen [256]bool
	n, digit := 0, false
	for i := range len(s) {
		if c := s[i]; !seen[c] {
			seen[c] = true
			n++
		}
		digit = digit || s[i] >= '0' && s[i] <= '9'
	}
	return digit && n >= minVariety
}

// punctuation reports whether a character at the beginning or end of a word is
// no part of it.
func punctuation(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
