package identifier

import (
	"strings"
	"unicode/utf8"
)

// Limits of a number.
const (
	minNumber       = 6 // digits
	maxNumberGroups = 12
	maxNumberDigits = 28
)

// A group is a longest run of digits.
type group struct{ start, end int }

// A number is digits in groups, as people write phone and card numbers.
type number struct {
	text   string
	groups []group
	digits int
	plus   bool // a + stands directly before the first digit
	whole  bool // it is no longer than the limits
}

// number looks at text[start:end], a run of digits: at the beginning of a
// number, all groups are read at once.
func (sc *scanner) number(start, end int) {
	if start < sc.numberEnd || start < sc.takenEnd {
		return
	}
	var buf [maxNumberGroups]group
	nb := readNumber(sc.text, start, buf[:0])
	if len(nb.groups) == 0 {
		return
	}
	last := nb.groups[len(nb.groups)-1].end
	sc.numberEnd = last
	if !nb.whole || nb.digits < minNumber || decimal(sc.text, start, last) {
		return
	}
	if sc.phone(&nb) {
		return
	}
	if nb.plus || ibanHead(sc.text, start) {
		return
	}
	sc.cards(&nb)
	sc.mtcn(&nb)
	sc.exchangeAccount(&nb)
}

// readNumber reads the groups of digits at s[start:], with one or two separators
// between them. Of more than the limits only the end is kept.
func readNumber(s string, start int, groups []group) number {
	nb := number{text: s, groups: groups, whole: true, plus: start > 0 && s[start-1] == '+'}
	for i := start; ; {
		end := i
		for end < len(s) && isDigitByte(s[end]) {
			end++
		}
		if end == i || end < len(s) && isLetterByte(s[end]) {
			break
		}
		nb.digits += end - i
		if len(nb.groups) < maxNumberGroups {
			nb.groups = append(nb.groups, group{i, end})
		}
		if nb.digits > maxNumberDigits || nb.groups[len(nb.groups)-1].start < i {
			nb.whole = false
			nb.groups[len(nb.groups)-1].end = end
		}
		i = end + numberSeparators(s[end:])
		if i == end {
			break
		}
	}
	return nb
}

// digitSoon reports whether a digit may follow the separators at s[i:]; it is
// here to be quick.
func digitSoon(s string, i int) bool {
	return i+1 < len(s) && (s[i] >= utf8.RuneSelf || isDigitByte(s[i+1]) || i+2 < len(s) && (s[i+1] >= utf8.RuneSelf || isDigitByte(s[i+2])))
}

// numberSeparators returns the length of the one or two separators at the
// beginning of s if a digit follows them, and 0 otherwise.
func numberSeparators(s string) int {
	i := 0
	for range 2 {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !numberSeparator(r) {
			break
		}
		i += size
		if i < len(s) && isDigitByte(s[i]) {
			return i
		}
	}
	return 0
}

// numberSeparator reports whether r may stand between the groups of a number:
// spaces, hyphens, dot, slash, brackets.
func numberSeparator(r rune) bool {
	switch r {
	case ' ', '-', '.', '/', '(', ')', 0xa0, 0x2009, 0x2010, 0x2011, 0x2012, 0x2013, 0x202f:
		return true
	}
	return false
}

// between returns what stands between group i and the one before it.
func (nb *number) between(i int) string {
	return nb.text[nb.groups[i-1].end:nb.groups[i].start]
}

// size returns how many digits group i has, and 0 if there is no such group.
func (nb *number) size(i int) int {
	if i < 0 || i >= len(nb.groups) {
		return 0
	}
	return nb.groups[i].end - nb.groups[i].start
}

// join returns the digits of groups from to to, without the 0 in brackets that
// is dialled inside a country only.
func (nb *number) join(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		g := nb.text[nb.groups[i].start:nb.groups[i].end]
		if g == "0" && i > from && i+1 < len(nb.groups) &&
			strings.HasSuffix(nb.between(i), "(") && strings.HasPrefix(nb.between(i+1), ")") {
			continue
		}
		b.WriteString(g)
	}
	return b.String()
}

// decimal reports whether s[start:end] is the whole part or the fraction of an
// amount: up to eight digits stand behind a comma after it, or before one.
func decimal(s string, start, end int) bool {
	const most = 8
	i := end + 1
	for i < len(s) && i-end <= most+1 && isDigitByte(s[i]) {
		i++
	}
	if n := i - end - 1; end < len(s) && s[end] == ',' && n > 0 && n <= most {
		return true
	}
	i = start - 1
	for i > 0 && start-i <= most+1 && isDigitByte(s[i-1]) {
		i--
	}
	n := start - 1 - i
	return start > 0 && (s[start-1] == ',' || s[start-1] == '.') && n > 0 && n <= most
}

// ibanHead reports whether country code and check digits of an IBAN stand before
// the number at start: then it is an account number, if perhaps a wrong one.
func ibanHead(s string, start int) bool {
	i := start
	if i > 0 && numberSeparator(rune(s[i-1])) {
		i--
	}
	if i < 4 || !isDigitByte(s[i-1]) || !isDigitByte(s[i-2]) || i > 4 && isAlphanumeric(s[i-5]) {
		return false
	}
	_, known := ibanForms[strings.ToUpper(s[i-4:i-2])]
	return known
}
