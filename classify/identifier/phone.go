package identifier

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"vigil"
)

// Lengths of a phone number with its country code (ITU-T E.164, section 6.2.1:
// at most 15 digits).
const (
	minPhone = 7
	maxPhone = 15
)

// phoneWords say that a number is a phone's, in English, German, French,
// Spanish, Russian.
var phoneWords = words{
	"tel", "tele", "telephone", "phone", "mobile", "mob", "cell", "call", "sms", "text", "whatsapp", "whats app", "wa", "viber", "signal", "telegram", "tg",
	"telefon*", "handy", "mobil*", "anruf*", "rufnummer", "kontakt", "contact",
	"téléphone", "portable", "appel*", "numéro", "teléfono", "telefono", "móvil", "movil", "celular", "llama*",
	"тел", "телефон*", "моб", "звон*", "номер*", "вотсап*", "ватсап*", "вацап*", "вайбер*",
}

// phone looks at nb as a phone number: with + or 00 and a country code, or, where
// the region is known, as it is written there.
func (sc *scanner) phone(nb *number) bool {
	switch s := sc.text; {
	case timeFollows(s, nb.groups[len(nb.groups)-1].end):
		return false
	case nb.plus:
		return plusBegins(s, nb.groups[0].start-1) && sc.international(nb, nb.groups[0].start-1, 0)
	case strings.HasPrefix(s[nb.groups[0].start:], "00"):
		// Ordinary counters begin with zeros as well: in one piece it needs a word.
		return (len(nb.groups) > 1 || sc.near(nb.groups[0].start, phoneWords)) &&
			sc.international(nb, nb.groups[0].start, 2)
	}
	return sc.region != "" && sc.national(nb)
}

// international looks at nb, without its first skip digits, as country code and
// number. What follows a space may not belong to it: of the groups, as many are
// taken as make a valid number.
func (sc *scanner) international(nb *number, start, skip int) bool {
	for to := len(nb.groups); to > 0 && to > len(nb.groups)-5; to-- {
		if to < len(nb.groups) && nb.between(to) != " " || nb.dated(to) {
			continue
		}
		digits := nb.join(0, to)[skip:]
		if len(digits) < minPhone {
			return false
		}
		if e164, ok := validPhone("+"+digits, "ZZ"); ok {
			sc.foundPhone(start, nb.groups[to-1].end, e164)
			return true
		}
	}
	return false
}

// national looks at nb as a number of the region. Prices and dates have as many
// digits: a word must say that a phone is meant, or the groups must be those in
// which the region writes its numbers.
func (sc *scanner) national(nb *number) bool {
	digits := nb.join(0, len(nb.groups))
	if len(digits) < minPhone || nb.dated(len(nb.groups)) {
		return false
	}
	start := nb.groups[0].start
	if start > 0 && (sc.text[start-1] == '$' || sc.text[start-1] == '#') {
		return false
	}
	num, err := phonenumbers.Parse(digits, sc.region)
	if err != nil || !phonenumbers.IsValidNumberForRegion(num, sc.region) {
		return false
	}
	if !sameGroups(nb, phonenumbers.Format(num, phonenumbers.NATIONAL)) && !sc.near(start, phoneWords) {
		return false
	}
	sc.foundPhone(start, nb.groups[len(nb.groups)-1].end, phonenumbers.Format(num, phonenumbers.E164))
	return true
}

func (sc *scanner) foundPhone(start, end int, e164 string) {
	sc.found(start, end, len(e164), plain, vigil.Identifier{
		Kind: "phone", Value: e164, Key: "tel:" + e164, Class: vigil.ClassB, Readings: []string{"phone"},
	})
}

// drama are the ranges that are given to nobody, so that films and examples can
// show a number, where the library's data say that such a number is none. What
// is written is a phone number all the same, and exercises use no other.
var drama = []struct {
	prefix string
	digits int
}{
	{"+447700900", 12}, {"+441632960", 12}, // Ofcom, numbers for use in TV and radio drama
	{"+3363998", 11}, // ARCEP, decision 2018-0881
}

// validPhone returns the number in the form of E.164 if it can be dialled, by
// the data of libphonenumber.
func validPhone(digits, region string) (e164 string, ok bool) {
	if len(digits) > maxPhone+2 {
		return "", false
	}
	num, err := phonenumbers.Parse(digits, region)
	if err != nil {
		return "", false
	}
	e164 = phonenumbers.Format(num, phonenumbers.E164)
	if len(e164) > maxPhone+1 {
		return "", false
	}
	for _, d := range drama {
		if len(e164) == d.digits+1 && strings.HasPrefix(e164, d.prefix) {
			return e164, true
		}
	}
	return e164, phonenumbers.IsValidNumber(num)
}

// plusBegins reports whether the + at s[i] may begin a number: it is no sum, and
// no part of a word, of base64 or of a path.
func plusBegins(s string, i int) bool {
	if i == 0 {
		return true
	}
	c := s[i-1]
	return !isAlphanumeric(c) && strings.IndexByte("/+_-.%&)", c) < 0
}

// timeFollows reports whether a time of day goes on at s[i:].
func timeFollows(s string, i int) bool {
	return i+1 < len(s) && s[i] == ':' && isDigitByte(s[i+1])
}

// dated reports whether three of the first to groups that hang together are a
// date: year, month, day, or day, month, year.
func (nb *number) dated(to int) bool {
	for i := 0; i+2 < to; i++ {
		sep := nb.between(i + 1)
		if sep != nb.between(i+2) || sep != "-" && sep != "." && sep != "/" {
			continue
		}
		a, b, c := nb.size(i), nb.size(i+1), nb.size(i+2)
		if a == 4 && b <= 2 && c <= 2 && yearLike(nb, i) || a <= 2 && b <= 2 && c == 4 && yearLike(nb, i+2) {
			return true
		}
	}
	return false
}

// yearLike reports whether group i may be a year of our time.
func yearLike(nb *number, i int) bool {
	year := nb.text[nb.groups[i].start:nb.groups[i].end]
	return year >= "1900" && year <= "2100"
}

// sameGroups reports whether nb has its digits in the groups that a formatted
// number has, which are at least two.
func sameGroups(nb *number, formatted string) bool {
	var want []int
	for f := range strings.FieldsFuncSeq(formatted, func(r rune) bool { return r < '0' || r > '9' }) {
		want = append(want, len(f))
	}
	if len(want) < 2 || len(want) != len(nb.groups) {
		return false
	}
	for i, n := range want {
		if nb.size(i) != n {
			return false
		}
	}
	return true
}
