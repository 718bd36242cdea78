package order

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// hidden says which characters an order must not hold: those that can make it
// read otherwise than it is (Unicode Technical Report 36, section 2). Joiners,
// which Persian and Hindi are written with, cannot.
func hidden(r rune) bool {
	switch r {
	case '\n', '\t', '\u200c', '\u200d':
		return false
	case unicode.ReplacementChar,
		'\u115f', '\u1160', '\u3164', '\uffa0', '\u2800': // letters and patterns that show nothing
		return true
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// maxHidden bounds how many hidden characters are told one by one.
const maxHidden = 10

// checkText reports hidden characters anywhere in an order file, comments
// included: whoever signs it must see what the program sees.
func checkText(name string, data []byte) []error {
	var errs []error
	line := 1
	for len(data) > 0 && len(errs) < maxHidden {
		r, n := utf8.DecodeRune(data)
		switch data = data[n:]; {
		case r == '\n':
			line++
		case r == '\r': // of a line end: TOML allows no other
		case hidden(r):
			errs = append(errs, fmt.Errorf("%s:%d: invisible or control character %U: it can make an order read otherwise than it is", name, line, r))
		}
	}
	return errs
}
