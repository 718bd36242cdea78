package encoding

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// A letterModel is the model of a charset of single bytes.
type letterModel struct {
	charset string
	// tiers lists the letters that the languages write, in lower case, the most
	// common first: the letters of the first tier cost first bits, those of each
	// next one bit more.
	tiers string
	first float64
	// alone says that the letters stand among ASCII letters, and seldom beside
	// one another.
	alone bool
}

// letterModels: the orders of letters follow published frequency counts of
// Russian and Ukrainian, and of the languages of Western and of Central Europe.
var letterModels = []letterModel{
	{"windows-1252", "éèàüäöá óíßñçêåø ãõôâîûúæ ëïùìòœ ðþýÿšž", 4, true},
	{"windows-1250", "áíéóąęłěš žřýčůżćśńőű ťďúňöäüăâîşţșț źôľĺŕëçđßñ", 4, true},
	{"iso-8859-2", "áíéóąęłěš žřýčůżćśńőű ťďúňöäüăâîşţșț źôľĺŕëçđßñ", 4, true},
	{"windows-1251", "оеаи нтсрв лкмдпуі яыьгзбчйїє хжшюцщэфґ ъёўђјљњћџ", 3, false},
	{"koi8-r", "оеаи нтсрв лкмдпуі яыьгзбчйїє хжшюцщэфґ ъёўђјљњћџ", 3, false},
}

// What a letter costs beside its tier.
const (
	unlisted = 12.0 // a letter that none of the languages has, or a symbol
	mark12   = 7.0  // a mark of punctuation or a sign that is common in texts
	noText   = 20.0 // a control character or nothing at all
	misplace = 7.0  // beside letters that it does not stand beside
	capital  = 2.0  // an upper-case letter at the start of a word
)

// common lists the marks that texts of all kinds have beyond ASCII.
const common = "«»„“”‘’‚–—…•·°§€£©®™№\u00a0¡¿ºª"

// kinds of characters.
const (
	other = iota
	lowerCase
	upperCase
)

// A letter is what a model knows of one byte.
type letter struct {
	kind int
	bits float64
}

// table returns what the model knows of each byte beyond ASCII.
func (m letterModel) table() (t [128]letter) {
	e, _ := charset.Lookup(m.charset)
	var in [128]byte
	for i := range in {
		in[i] = byte(0x80 + i)
	}
	text, _ := e.NewDecoder().Bytes(in[:]) // cannot fail: each byte is one character
	for i := range t {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		t[i] = m.letter(r)
	}
	return t
}

func (m letterModel) letter(r rune) letter {
	if r == utf8.RuneError || unicode.IsControl(r) {
		return letter{other, noText}
	}
	if strings.ContainsRune(common, r) {
		return letter{other, mark12}
	}
	if !unicode.IsLetter(r) {
		return letter{other, unlisted}
	}
	kind, low := lowerCase, unicode.ToLower(r)
	if low != r {
		kind = upperCase
	}
	at := strings.IndexRune(m.tiers, low)
	if at < 0 {
		return letter{kind, unlisted}
	}
	return letter{kind, m.first + float64(strings.Count(m.tiers[:at], " "))}
}

// score returns the bits of a sample, negative.
func (m letterModel) score(s []byte) (bits float64) {
	t := m.table()
	at := func(c byte) (kind int, high bool) {
		switch {
		case c >= 0x80:
			return t[c-0x80].kind, true
		case 'a' <= c && c <= 'z':
			return lowerCase, false
		case 'A' <= c && c <= 'Z':
			return upperCase, false
		}
		return other, false
	}
	for i := 1; i+1 < len(s); i++ {
		if s[i] < 0x80 {
			continue
		}
		x := t[s[i]-0x80]
		bits -= x.bits
		before, beforeHigh := at(s[i-1])
		after, afterHigh := at(s[i+1])
		if x.kind == other {
			// A sign inside a word; an apostrophe is at home there.
			if before != other && after != other && x.bits < noText && beforeHigh == afterHigh && s[i] != 0x92 {
				bits -= misplace
			}
			continue
		}
		if x.kind == upperCase {
			switch before {
			case lowerCase:
				bits -= misplace
			case other:
				bits -= capital
			}
		}
		// Letters of the other script, or too many of this one.
		if before != other && beforeHigh == m.alone {
			bits -= misplace / 2
		}
		if !m.alone && after != other && !afterHigh {
			bits -= misplace / 2
		}
	}
	return bits
}
