package identifier

import "strings"

// People write addresses so that programs miss them: name [at] host [dot] org.
// These functions read the forms of a dot and an at sign.

// closing returns the bracket that closes c, and 0 if c opens none.
func closing(c byte) byte {
	switch c {
	case '[':
		return ']'
	case '(':
		return ')'
	case '{':
		return '}'
	}
	return 0
}

// opening returns the bracket that c closes, and 0 if c closes none.
func opening(c byte) byte {
	switch c {
	case ']':
		return '['
	case ')':
		return '('
	case '}':
		return '{'
	}
	return 0
}

// A dotForm says how a dot is written.
type dotForm int

const (
	noDot      dotForm = 0
	dotBare    dotForm = 1 << (iota - 1) // .
	dotBracket                           // [.] (dot) { dot } and \.
	dotWord                              // the word between single spaces
)

// dotAfter reads the dot at s[i:] and returns what follows it.
func dotAfter(s string, i int) (next int, form dotForm) {
	rest := s[i:]
	if strings.HasPrefix(rest, ".") {
		return i + 1, dotBare
	}
	if strings.HasPrefix(rest, `\.`) {
		return i + 2, dotBracket
	}
	if hasWord(rest, " dot ") {
		return i + len(" dot "), dotWord
	}
	open := i
	if strings.HasPrefix(rest, " ") {
		open++
	}
	if open >= len(s) || closing(s[open]) == 0 {
		return i, noDot
	}
	n := strings.IndexByte(s[open:min(len(s), open+8)], closing(s[open]))
	if n < 0 || !isDot(s[open+1:open+n]) {
		return i, noDot
	}
	next = open + n + 1
	if strings.HasPrefix(s[next:], " ") {
		next++
	}
	return next, dotBracket
}

// isDot reports whether what stands in brackets means a dot.
func isDot(in string) bool {
	in = strings.Trim(in, " ")
	return in == "." || strings.EqualFold(in, "dot")
}

// hasWord reports whether s begins with a word, in either case.
func hasWord(s, word string) bool {
	return len(s) >= len(word) && strings.EqualFold(s[:len(word)], word)
}

// dotBefore reads the bracketed dot that ends at s[:i] and returns where it
// begins; -1 if there is none.
func dotBefore(s string, i int) int {
	j := i
	if j > 0 && s[j-1] == ' ' {
		j--
	}
	if j == 0 {
		return -1
	}
	c := opening(s[j-1])
	if c == 0 {
		return -1
	}
	from := max(0, j-8)
	open := strings.LastIndexByte(s[from:j], c)
	if open < 0 {
		return -1
	}
	open += from
	if !isDot(s[open+1 : j-1]) {
		return -1
	}
	if open > 0 && s[open-1] == ' ' {
		open--
	}
	return open
}

// bracketed widens s[start:end] to the brackets and single spaces around it.
// It reports false if there are none.
func bracketed(s string, start, end int) (from, to int, ok bool) {
	from, to = start, end
	for from > 0 && s[from-1] == ' ' && start-from < 2 {
		from--
	}
	for to < len(s) && s[to] == ' ' && to-end < 2 {
		to++
	}
	if from == 0 || to >= len(s) || closing(s[from-1]) != s[to] || closing(s[from-1]) == 0 {
		return start, end, false
	}
	from, to = from-1, to+1
	for n := 0; n < 2 && from > 0 && s[from-1] == ' '; n++ {
		from--
	}
	for n := 0; n < 2 && to < len(s) && s[to] == ' '; n++ {
		to++
	}
	return from, to, true
}
