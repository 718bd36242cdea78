package exchange

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vigil"
)

// capture says how and when the page came into the case.
func (it item) capture() string {
	how := "fetched over Tor"
	if !it.fetched {
		how = "imported from a file"
	}
	s := fmt.Sprintf("Page %s, %s at %s: %d bytes kept, SHA-256 %s.", it.page, how, stamp(it.captured), it.size, it.sha256)
	if it.truncated != "" {
		s += fmt.Sprintf(" The body was cut (%s).", line(it.truncated, 32))
	}
	return s
}

// assessed says what the model made of the listing, in codes and numbers.
func (it item) assessed() string {
	if it.restricted {
		return "Under restricted handling: nothing else of this listing is given out in this way."
	}
	a := it.assessment
	s := fmt.Sprintf("Model %s: level %s, score %.4f, genre %s, language %s.", line(a.Model, 128), a.Level, a.Score, a.Genre, line(a.Lang, 16))
	for _, against := range []bool{false, true} {
		var codes []string
		for _, x := range it.indicators {
			if x.against == against {
				codes = append(codes, fmt.Sprintf("%s (%d)", x.code, x.n))
			}
		}
		switch {
		case len(codes) == 0:
		case against:
			s += " Signs against: " + strings.Join(codes, ", ") + "."
		default:
			s += " Indicators: " + strings.Join(codes, ", ") + "."
		}
	}
	if a.Insufficient {
		s += " Too little text to assess."
	}
	return s
}

// kept says which identifiers are masked or left out; empty if none is.
func (it item) kept() string {
	var masked []string
	for _, n := range it.named {
		if !n.whole {
			masked = append(masked, strings.TrimSpace(n.Kind+" "+n.shown))
		}
	}
	s := ""
	if len(masked) > 0 {
		s = "Named, and masked here: " + strings.Join(masked, ", ") + "."
	}
	if it.withheld > 0 {
		s = strings.TrimSpace(fmt.Sprintf("%s Left out: %d more that may not be given out or link nothing.", s, it.withheld))
	}
	return s
}

// says is a decision in words.
func (x decision) says() string {
	return fmt.Sprintf("%s decided %s at %s, reason %s.", x.reviewer, x.verdict, stamp(x.at), x.reason)
}

// decided is all decisions in words.
func (it item) decided() string {
	if len(it.decisions) == 0 {
		return "No reviewer has decided on it."
	}
	var out []string
	for _, x := range it.decisions {
		out = append(out, x.says())
	}
	return strings.Join(out, " ")
}

// weakness spells out the codes of package link.
func weakness(codes []string) string {
	words := map[string]string{
		"class": "no checksum", "hub": "named by too many", "chrome": "part of a market's own pages", "example": "published for everybody",
		"node": "a Lightning node, which may receive for many", "shared": "known to be used by many", "warned": "the text warns of it",
		"reports": "the listing reports and offers nothing", "reuse": "the same hash on another chain", "cut": "cut by a person",
	}
	var out []string
	for _, c := range codes {
		if words[c] == "" {
			words[c] = line(c, 32)
		}
		out = append(out, words[c])
	}
	return strings.Join(out, "; ")
}

// about says what is to be known of an identifier besides its value.
func (t thing) about() string {
	s := fmt.Sprintf("%s, class %s, named by %s.", t.Kind, t.Class, counted(t.listings))
	if t.Kind == kindAccount {
		s = fmt.Sprintf("A vendor's account on a market, as the pages name it, on %s.", counted(t.listings))
	}
	if len(t.Readings) > 1 {
		s += " It may also be: " + strings.Join(t.Readings[1:], ", ") + "."
	}
	if len(t.weak) > 0 {
		s += " It ties nothing: " + weakness(t.weak) + "."
	}
	if len(t.hits) > 0 {
		s += " Named on " + strings.Join(t.hits, "; ") + "."
	}
	return s
}

func counted(n int) string {
	if n == 1 {
		return "1 listing"
	}
	return fmt.Sprintf("%d listings", n)
}

// handling says under which order a file was made and how it may be used.
func (d Dossier) handling() string {
	s := fmt.Sprintf("%s. Collected under order %s in case %s", d.Marking, line(d.Order.ID, 128), line(d.Order.Case, 128))
	if d.Order.LegalBasis != "" {
		s += " (" + line(d.Order.LegalBasis, 256) + ")"
	}
	return s + ". Use it for the purpose of that order only; ask the unit that gave it out before any other use."
}

// stamp spells a time to the second.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// line returns the beginning of a hostile text as one line that looks like what
// it is: what is not to be seen is spelt out, as ‹U+202E›, and bytes that are no
// UTF-8 become U+FFFD. It ends in "…" if something of s is missing.
func line(s string, most int) string {
	if len(s) <= most && printable(s) {
		return s
	}
	var b strings.Builder
	marks := 0
	for _, r := range s {
		if b.Len() >= most {
			b.WriteString("…")
			break
		}
		if marks++; !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		}
		if r == utf8.RuneError || r == ' ' || unicode.IsPrint(r) && marks <= 4 && !blank(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "‹U+%04X›", r)
		}
	}
	return b.String()
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// blank reports whether r is printable by its category, yet not to be seen.
func blank(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0:
		return true
	}
	return unicode.Is(unicode.Variation_Selector, r)
}

// kindAccount is the kind of vendors' accounts among things.
const kindAccount = "account"

// symbol returns the symbol of a wallet's coin, as exchanges and MISP's
// coin-address spell it; empty if an identifier is none.
func symbol(id vigil.Identifier) string {
	switch id.Kind {
	case "btc", "ltc", "doge", "dash", "bch", "zec", "xmr", "xrp", "sol", "ton", "xlm":
		return strings.ToUpper(id.Kind)
	case "evm":
		return "ETH"
	case "tron":
		return "TRX"
	}
	return ""
}
