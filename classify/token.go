package classify

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// A token is a word or number of a folded text.
type token struct {
	text       string
	start, end int    // in the folded text
	word       int32  // its number in the table of words; unlisted also where it is several, as "v3.2"
	tag        posTag // part of speech; none unless tagged
	apart      bool   // a comma, colon, bracket or dash stands before it
	number     bool
	amount     bool // a number with a currency sign
}

// A clause is a run of tokens that a full stop, line end or the like ends.
type clause struct {
	tokens []token
}

// Bounds on clauses. A longer one is cut, each piece beginning overlap tokens
// before the end of the last, so that nothing within reach of a pattern is torn.
const (
	maxClause = 64
	overlap   = 16
)

// clausesIn parts a text of these words into clauses of tokens, in buffers.
func clausesIn(b *fieldBuffers, text string, words []wordPlace) []clause {
	cs, ts := b.parted[:0], b.tokens[:0]
	begin := 0 // of the clause, in ts
	flush := func() {
		for len(ts)-begin > maxClause {
			cs = append(cs, clause{ts[begin : begin+maxClause : begin+maxClause]})
			begin += maxClause - overlap
		}
		if len(ts) > begin {
			cs = append(cs, clause{ts[begin:len(ts):len(ts)]})
		}
		begin = len(ts)
	}
	apart, money := false, false
	i := 0
	for len(words) > 0 {
		for start := int(words[0].start); i < start; {
			r, n := rune(text[i]), 1
			if r >= utf8.RuneSelf {
				r, n = utf8.DecodeRuneInString(text[i:])
			}
			switch r {
			case '\n', '.', '!', '?', ';':
				flush()
				apart, money = false, false
			case ',', ':', '(', ')', '"':
				apart = true
			case '$', '€', '£', '₿':
				money = true
			}
			i += n
		}
		t, n := firstToken(text, words)
		t.apart, t.amount = apart, t.number && (money || moneyAt(text, t.end))
		ts = append(ts, t)
		i, apart, money = t.end, false, false
		words = words[n:]
	}
	flush()
	b.parted, b.tokens = cs, ts
	return cs
}

// firstToken returns the token that begins with the first of words, and how many they are: those
// with points and commas between digits are one.
func firstToken(text string, words []wordPlace) (token, int) {
	w, n := words[0], 1
	for ; n < len(words) && words[n].start == w.end+1 && inside(text, int(w.end)); n++ {
		w.end, w.number = words[n].end, unlisted
	}
	t := token{text: text[w.start:w.end], start: int(w.start), end: int(w.end), word: w.number}
	t.number = numeric(t.text)
	return t, n
}

// numeric reports whether a word is of digits, points and commas, and a k for thousands.
func numeric(w string) bool {
	if !isDigit(rune(w[0])) {
		return false
	}
	w = strings.TrimSuffix(w, "k")
	for i := range len(w) {
		if c := w[i]; !isDigit(rune(c)) && c != '.' && c != ',' {
			return false
		}
	}
	return true
}

func dropMarks(r rune) rune {
	if r == '.' || r == ',' {
		return -1
	}
	return r
}

// inside reports whether the mark at i binds what is on its sides to one word.
func inside(text string, i int) bool {
	if i == 0 || i+1 >= len(text) {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+1:])
	switch text[i] {
	case '\'':
		return wordRune(before) && wordRune(after)
	case '.', ',':
		return isDigit(before) && isDigit(after)
	}
	return false
}

func moneyAt(text string, i int) bool {
	return strings.HasPrefix(text[i:], "$") || strings.HasPrefix(text[i:], "€") || strings.HasPrefix(text[i:], "£")
}

// at returns the index of the token that starts at byte i; -1 if none does.
func (c clause) at(i int) int {
	k := sort.Search(len(c.tokens), func(k int) bool { return c.tokens[k].start >= i })
	if k == len(c.tokens) || c.tokens[k].start != i {
		return -1
	}
	return k
}

// ending returns the index after the token that ends at byte i; -1 if none does.
func (c clause) ending(i int) int {
	k := sort.Search(len(c.tokens), func(k int) bool { return c.tokens[k].end >= i })
	if k == len(c.tokens) || c.tokens[k].end != i {
		return -1
	}
	return k + 1
}
