package wall

import (
	"strings"
	"unicode"
)

// words are the words of a text as they are compared: in lower case, without
// accents, apostrophes or punctuation.
type words []string

func split(s string) words {
	var out words
	var b strings.Builder
	for _, r := range s {
		switch r = fold(unicode.ToLower(r)); {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // accents that stand by themselves
		case b.Len() > 0:
			out = append(out, b.String())
			b.Reset()
		}
	}
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}

// fold takes the accent from the letters of the languages that we know.
func fold(r rune) rune {
	switch r {
	case 'à', 'á', 'â', 'ä', 'ã':
		return 'a'
	case 'è', 'é', 'ê', 'ë':
		return 'e'
	case 'ì', 'í', 'î', 'ï':
		return 'i'
	case 'ò', 'ó', 'ô', 'ö', 'õ':
		return 'o'
	case 'ù', 'ú', 'û', 'ü':
		return 'u'
	case 'ç':
		return 'c'
	case 'ñ':
		return 'n'
	case 'ё':
		return 'е'
	}
	return r
}

func letters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// prices counts sums of money in a text.
func prices(s string, ws words) (n int) {
	for i := 1; i < len(ws); i++ {
		if c := ws[i-1]; c[len(c)-1] < '0' || c[len(c)-1] > '9' {
			continue
		}
		switch ws[i] {
		case "btc", "xmr", "ltc", "eth", "usd", "eur", "gbp", "usdt", "rub", "руб", "euro", "euros":
			n++
		}
	}
	var before, last rune // the two runes before r
	for _, r := range s {
		if isDigit(r) && (isMoney(last) || last == ' ' && isMoney(before)) ||
			isMoney(r) && (isDigit(last) || last == '\u00a0' || last == ' ' && isDigit(before)) {
			n++
		}
		before, last = last, r
	}
	return n
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isMoney(r rune) bool { return strings.ContainsRune("$€£₽฿₿", r) }

// A phrase is words that follow each other. It is written as "you are .. queue":
// a|b stands for either, a~ for words that begin with a, a? for a word that may
// be missing, and .. for up to four words.
type phrase []slot

type slot struct {
	any      []string
	prefix   []string
	gap      bool
	optional bool
}

const maxGap = 4

func phrases(lines ...string) []phrase {
	var out []phrase
	for _, line := range lines {
		var p phrase
		for f := range strings.FieldsSeq(line) {
			if f == ".." {
				p = append(p, slot{gap: true})
				continue
			}
			var s slot
			f, s.optional = strings.CutSuffix(f, "?")
			for alt := range strings.SplitSeq(f, "|") {
				if alt, ok := strings.CutSuffix(alt, "~"); ok {
					s.prefix = append(s.prefix, strings.Join(split(alt), ""))
				} else {
					s.any = append(s.any, strings.Join(split(alt), ""))
				}
			}
			p = append(p, s)
		}
		out = append(out, p)
	}
	return out
}

// count returns how many of ps stand in ws.
func (ws words) count(ps []phrase) (n int) {
	for _, p := range ps {
		if ws.find(p) >= 0 {
			n++
		}
	}
	return n
}

func (ws words) has(ps []phrase) bool {
	for _, p := range ps {
		if ws.find(p) >= 0 {
			return true
		}
	}
	return false
}

// find returns where p first stands in ws; -1 if it does not.
func (ws words) find(p phrase) int {
	for i := range ws {
		if ws[i:].begin(p) {
			return i
		}
	}
	return -1
}

// begin reports whether ws begins with p. Phrases have few gaps, so it takes a
// bounded number of steps.
func (ws words) begin(p phrase) bool {
	if len(p) == 0 {
		return true
	}
	if p[0].gap {
		for n := 0; n <= maxGap && n <= len(ws); n++ {
			if ws[n:].begin(p[1:]) {
				return true
			}
		}
		return false
	}
	if p[0].optional && ws.begin(p[1:]) {
		return true
	}
	return len(ws) > 0 && p[0].is(ws[0]) && ws[1:].begin(p[1:])
}

func (s slot) is(w string) bool {
	for _, x := range s.any {
		if w == x {
			return true
		}
	}
	for _, x := range s.prefix {
		if strings.HasPrefix(w, x) {
			return true
		}
	}
	return false
}
