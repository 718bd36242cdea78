package extract

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxFacts bounds a block of facts, in bytes of text.
const maxFacts = 600

// findFacts adds the largest blocks within n to skip that hold nothing but labels
// and their values.
func (s *surveyed) findFacts(n *html.Node, skip map[*html.Node]bool) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !isElement(c) || skip[c] {
			continue
		}
		e := s.size[c]
		if isKey(c) {
			skip[c] = true
			continue
		}
		if value := valueOf(c, e); value != nil {
			skip[c], skip[value] = true, true
			continue
		}
		if lay := layoutOf(c.DataAtom); !s.aroundHead[c] && e.bytes > 0 && e.bytes <= maxFacts && e.nodes <= 200 && (lay == block || lay == cell) &&
			s.size[n].bytes != e.bytes && onlyFacts(factText(c, skip)) {
			skip[c] = true
			continue
		}
		s.findFacts(c, skip)
	}
}

// isKey reports whether n is a block that holds an OpenPGP key, signature or message.
func isKey(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Pre, atom.Textarea, atom.Code, atom.Div, atom.P, atom.Td:
		c := n.FirstChild
		return c != nil && c.Type == html.TextNode && strings.HasPrefix(strings.TrimSpace(c.Data), "-----BEGIN PGP")
	}
	return false
}

// valueOf returns the element that holds the value of n, if n is a label alone.
func valueOf(n *html.Node, e extent) *html.Node {
	if e.bytes == 0 || e.bytes > maxHeading || n.DataAtom != atom.Dt && layoutOf(n.DataAtom) != cell || labelOf(briefText(n, nil)) == noFact {
		return nil
	}
	for c := n.NextSibling; c != nil; c = c.NextSibling {
		if isElement(c) {
			return c
		}
	}
	return nil
}

// onlyFacts reports whether each line of a marked text is a label and its value, or
// a row of a table with such a head.
func onlyFacts(marked string) bool {
	rows := strings.Split(marked, "\n")
	labelled, table := 0, false
	for i := 0; i < len(rows); i++ {
		parts := splitRow(rows[i])
		switch {
		case len(parts) == 0:
		case isDescriptionLabel(parts[0]):
			return false
		case table && strings.ContainsRune(rows[i], markCell) && len(rows[i]) < 120:
		case headRow(rows[i], parts):
			table = true
			labelled++
		case startsLabel(parts[0]) && len(rows[i]) < 160:
			labelled++
		case labelOf(parts[0]) != noFact:
			labelled++
			if len(parts) == 1 {
				i++ // its value is the next line
			}
		default:
			return false
		}
	}
	return labelled > 0
}

// isDescriptionLabel reports whether s announces a description, alone or before its
// text.
func isDescriptionLabel(s string) bool {
	label, _, _ := strings.Cut(s, ":")
	return labelOf(label) == factDescription
}

// prose cuts off what is no prose at the beginning of a text (labels with their
// values, prices alone), and, where rules of signs part it, all but its longest part.
func prose(text string) string {
	if parts := ruled(text); len(parts) > 1 {
		best := ""
		for _, p := range parts {
			if p = withoutFacts(p); len(p) > len(best) {
				best = p
			}
		}
		return best
	}
	if rest := withoutFacts(text); rest != "" {
		return rest
	}
	return text
}

// ruled parts a text at lines of nothing but signs.
func ruled(text string) []string {
	var parts []string
	var part []string
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) >= 5 && strings.IndexFunc(line, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) < 0 {
			parts, part = append(parts, strings.Join(part, "\n")), nil
			continue
		}
		part = append(part, line)
	}
	return append(parts, strings.Join(part, "\n"))
}

// withoutFacts cuts lines of facts off the beginning of a text.
func withoutFacts(text string) string {
	rows := strings.Split(text, "\n")
	for len(rows) > 0 {
		row := rows[0]
		priced := len(row) < 30 && strings.ContainsAny(row, "0123456789") && len(pricesIn(row, false)) > 0
		if row != "" && !startsLabel(row) && !strings.HasPrefix(row, "- ") && !priced && !sells.MatchString(short(row, 20)) {
			break
		}
		rows = rows[1:]
	}
	return strings.TrimSpace(strings.Join(rows, "\n"))
}
