package classify

import (
	"slices"
	"strconv"
	"strings"
)

// figures are ages that follow each other: "13 and 16", "10, 11, 13", "12 to 16".
type figures struct {
	end            int // one past their last token
	first          int
	least, highest int
	most           int // of those under 18; 0 without any
}

// youngOf reports whether one of the ages is under 18, and no less than a number.
func (f figures) youngOf(least int) bool { return f.most >= least }

// figures reads ages from token i on. A number of another size ends them: it is a price.
func (v *view) figures(i int, disguised bool) (figures, bool) {
	n, end := v.yearsAt(i, disguised)
	if n == 0 || n > oldest || v.tokens[i].amount || tens(v.word(i-1)) && !v.tokens[i].apart {
		return figures{}, false
	}
	f := figures{end: end, first: n}
	f.add(n)
	for end < len(v.tokens) {
		next := end
		if slices.Contains([]string{"and", "to", "or", "n"}, v.tokens[next].text) {
			next++
		}
		n, after := v.yearsAt(next, disguised)
		if n < leastSaid || n > oldest || v.tokens[next].amount || pointed(v.tokens[next].text) && !disguised {
			break
		}
		if next == end && v.tokens[next].apart && !v.rests(after) {
			break // "maid, 15, 20 plates"
		}
		f.add(n)
		f.end, end = after, after
	}
	return f, true
}

func (f *figures) add(n int) {
	if f.highest == 0 {
		f.least = n
	}
	f.least, f.highest = min(f.least, n), max(f.highest, n)
	if young(n) {
		f.most = max(f.most, n)
	}
}

// yearsAt returns the number of years that begins at token i, and where it ends; 0 for none.
func (v *view) yearsAt(i int, disguised bool) (n, end int) {
	if i < 0 || i >= len(v.tokens) {
		return 0, i
	}
	text := v.tokens[i].text
	digit := func(i int) bool { return i < len(v.tokens) && len(v.tokens[i].text) == 1 && v.tokens[i].number }
	if disguised && text == "1" && digit(i+1) && !v.tokens[i+1].apart && !digit(i+2) {
		return 10 + number(v.tokens[i+1].text), i + 2
	}
	if disguised && len(text) == 3 && text[0] == '1' && (text[1] == '.' || text[1] == ',') {
		return 10 + number(text[2:]), i + 1
	}
	n = v.count(i)
	if n == 0 {
		return 0, i
	}
	if one := v.count(i + 1); tens(text) && one > 0 && one < 10 {
		return n + one, i + 2
	}
	return n, i + 1
}

// tens reports whether a word is a numeral that others follow: "twenty-nine".
func tens(w string) bool {
	return slices.Contains([]string{"twenty", "thirty", "forty", "fifty", "sixty"}, w)
}

// word returns token i; "" for none.
func (v *view) word(i int) string {
	if i < 0 || i >= len(v.tokens) {
		return ""
	}
	return v.tokens[i].text
}

// glued reads an age and its unit written as one word: "16years".
func glued(text string) (n int, ok bool) {
	for _, unit := range []string{"years", "yrs", "yo", "y"} {
		if digits, cut := strings.CutSuffix(text, unit); cut {
			n = number(digits)
			return n, n > 0
		}
	}
	return 0, false
}

// pointed reports whether a number has a point or comma: 1.7.
func pointed(text string) bool { return isDigit(rune(text[0])) && strings.ContainsAny(text, ".,") }

// season returns where the time of a birthday that begins at token i ends; i for none: "next
// May", "in spring", "at Easter", "since March", "come harvest".
func (v *view) season(i int) int {
	if i >= len(v.tokens) {
		return i
	}
	at := i
	switch v.tokens[at].text {
	case "in", "at", "since", "by", "come", "before", "after", "on", "with", "when":
		at++
	case "next", "this":
	default:
		return i
	}
	for at < len(v.tokens) && slices.Contains([]string{"the", "next", "this", "last", "late", "early", "coming"}, v.tokens[at].text) {
		at++
	}
	if at == len(v.tokens) {
		return i
	}
	switch strings.TrimSuffix(v.tokens[at].text, "'s") {
	case "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
		"spring", "summer", "autumn", "winter", "month", "week", "year", "harvest", "christmas", "easter", "candlemas", "michaelmas",
		"midsummer", "midwinter", "whitsun", "pentecost", "lent", "ramadan", "eid", "diwali", "carnival", "monsoon", "rains", "thaw", "feast", "fair",
		"birthday", "holidays", "shearing", "vintage", "sowing", "planting":
		return at + 1
	}
	return i
}

// year returns the year that token i states; 0 for none.
func (v *view) year(i int) int {
	if i >= len(v.tokens) || len(v.tokens[i].text) != 4 {
		return 0
	}
	n, err := strconv.Atoi(v.tokens[i].text)
	if err != nil || n < 1900 || n >= 2100 {
		return 0
	}
	return n
}

// young reports whether a number is an age under 18.
func young(n int) bool { return 0 < n && n < adult }

// number returns a number of one or two digits; 0 for anything else.
func number(s string) int {
	if len(s) == 0 || len(s) > 2 {
		return 0
	}
	n := 0
	for _, r := range s {
		if !isDigit(r) {
			return 0
		}
		n = 10*n + int(r-'0')
	}
	return n
}
