package identifier

import (
	"strings"

	"vigil"
)

// ibanForms gives the structure of each country's account number after country
// code and check digits, as in the SWIFT IBAN Registry (ISO 13616), release 101
// (read from python-stdnum's iban.dat, which is made of it; a test holds each
// against it): runs of n digits, a letters or c letters and digits. Countries that use IBANs
// without being registered are left out: their numbers cannot be checked.
var ibanForms = func() map[string]string {
	m := map[string]string{}
	for f := range strings.FieldsSeq(`
		AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c
		CH5n12c CR18n CY8n16c CZ20n DE18n DJ23n DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n
		FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n GR7n16c GT4c20c HN4a20n HR17n HU24n IE4a14n IL19n
		IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c
		LV4a13c LY21n MC10n11c2n MD2c18c ME18n MK3n10c2n MN16n MR23n MT4a5n18c MU4a19n3a NI4a20n
		NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c
		SC4a20n3a SD14n SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c
		VA18n VG4a16n XK16n YE4a4n18c`) {
		m[f[:2]] = f[2:]
	}
	return m
}()

// maxIBAN is the length of the longest IBAN, Russia's.
const maxIBAN = 33

// iban looks for an account number that begins with text[start:end]: in one
// piece, or in groups with one space, hyphen or dot between them.
func (sc *scanner) iban(start, end int) {
	s := sc.text
	if !isLetterByte(s[start]) || !isLetterByte(s[start+1]) || !isDigitByte(s[start+2]) || !isDigitByte(s[start+3]) {
		return
	}
	form, known := ibanForms[strings.ToUpper(s[start:start+2])]
	if !known {
		return
	}
	want := 4 + formLength(form)
	number := make([]byte, 0, maxIBAN)
	number = append(number, s[start:min(end, start+want+1)]...)
	for len(number) < want {
		group := end + separator(s[end:])
		stop := group
		for stop < len(s) && stop-group <= want && isAlphanumeric(s[stop]) {
			stop++
		}
		if group == end || stop == group || len(number)+stop-group > want {
			return
		}
		number = append(number, s[group:stop]...)
		end = stop
	}
	value := strings.ToUpper(string(number))
	if len(value) != want || !fitsForm(value[4:], form) || !mod97(value) {
		return
	}
	sc.takenEnd = end
	sc.found(start, end, len(value), ibanMethod(s[start:end]), vigil.Identifier{
		Kind: "iban", Value: value, Key: "iban:" + value,
		Class: vigil.ClassB, Readings: []string{"iban"},
	})
}

// separator returns the length of the one separator at the beginning of s.
func separator(s string) int {
	for _, sep := range []string{" ", "-", ".", "\u00a0", "\u202f", "\u2011"} {
		if strings.HasPrefix(s, sep) {
			return len(sep)
		}
	}
	return 0
}

// ibanMethod returns plain for the two forms that ISO 13616 knows, in one piece
// and in groups of four with a space.
func ibanMethod(raw string) string {
	groups := strings.Split(raw, " ")
	for i, g := range groups {
		if len(groups) > 1 && (len(g) > 4 || len(g) < 4 && i < len(groups)-1) || strings.ContainsFunc(g, notAlphanumeric) {
			return joined
		}
	}
	return plain
}

func notAlphanumeric(r rune) bool {
	return r > 0x7f || !isAlphanumeric(byte(r))
}

// eachRun calls f with length and class of each run of a form.
func eachRun(form string, f func(n int, class byte)) {
	n := 0
	for i := range len(form) {
		if c := form[i]; isDigitByte(c) {
			n = n*10 + int(c-'0')
			continue
		}
		f(n, form[i])
		n = 0
	}
}

func formLength(form string) int {
	total := 0
	eachRun(form, func(n int, _ byte) { total += n })
	return total
}

// fitsForm reports whether s, in upper case and as long as the form, has the
// kinds of characters that the form asks for.
func fitsForm(s, form string) bool {
	ok, i := true, 0
	eachRun(form, func(n int, class byte) {
		for range n {
			ok = ok && (class == 'c' || class == 'n' && isDigitByte(s[i]) || class == 'a' && isLetterByte(s[i]))
			i++
		}
	})
	return ok
}

// mod97 is the check of ISO 7064 mod 97-10: with its first four characters at
// the end and letters read as 10 to 35, the number leaves 1. Check digits 00, 01
// and 99 are never given out.
func mod97(s string) bool {
	if d := s[2:4]; d == "00" || d == "01" || d == "99" {
		return false
	}
	rest := 0
	for i := range len(s) {
		c := s[(i+4)%len(s)]
		if isDigitByte(c) {
			rest = (rest*10 + int(c-'0')) % 97
			continue
		}
		rest = (rest*100 + int(c-'A') + 10) % 97
	}
	return rest == 1
}
