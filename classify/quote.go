package classify

import (
	"strings"
	"unicode/utf8"
)

// quotes pair the marks that open and close what somebody else said.
var quotes = map[rune]string{'"': "\"", '“': "”\"", '„': "“”\"", '«': "»", '‘': "’", '\'': "'"}

// longestQuote is how many bytes a quotation may have; what goes on beyond is none.
const longestQuote = 400

// quotations returns the byte ranges of a field that stand in quotation marks. An
// apostrophe is a mark only at the edge of a word. A field that is a quotation as a
// whole quotes nothing.
func (f *field) quotations() [][2]int {
	if f.quoted != nil {
		return f.quoted
	}
	f.quoted = [][2]int{}
	given := f.given[:min(len(f.given), maxField)]
	if !strings.ContainsAny(given, "\"'“„«‘") {
		return f.quoted
	}
	for i := 0; i < len(given); {
		r, n := utf8.DecodeRuneInString(given[i:])
		closing := quotes[r]
		if closing == "" || r == '\'' && i > 0 && given[i-1] != ' ' && given[i-1] != '(' && given[i-1] != '\n' {
			i += n
			continue
		}
		end := closes(given[i+n:min(len(given), i+n+longestQuote)], closing)
		if end < 0 {
			i += n
			continue
		}
		f.quoted = append(f.quoted, [2]int{i, i + n + end})
		i += n + end
	}
	return f.quoted
}

// closes returns where a quotation ends; -1 if it does not.
func closes(s, marks string) int {
	for i, r := range s {
		if !strings.ContainsRune(marks, r) {
			continue
		}
		if next := i + utf8.RuneLen(r); r != '\'' || next >= len(s) || !wordByte(lower(s[next])) {
			return i
		}
	}
	return -1
}

func lower(b byte) byte { return byte(lowerASCII(b)) }

// inQuotes reports whether a match stands in a quotation, and its field says more than
// the quotation.
func (r *reading) inQuotes(m match) bool {
	f := r.fields[m.field]
	for _, q := range f.quotations() {
		if q[0] < m.lo && m.hi <= q[1] && len(f.given)-(q[1]-q[0]) > 12 {
			return true
		}
	}
	return false
}
