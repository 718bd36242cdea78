package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// labels returns the place's labels, without their colons.
func (p *place) labels() []string {
	if p.Label == "" {
		return nil
	}
	labels := strings.Split(p.Label, "|")
	for i, l := range labels {
		labels[i] = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(l), ":"))
	}
	return labels
}

// rowsOf returns the parts of n's lines, looking once.
func (r *reading) rowsOf(n *html.Node) [][]string {
	rows, ok := r.rows[n]
	if ok {
		return rows
	}
	for row := range strings.SplitSeq(markedText(n, r.skip), "\n") {
		rows = append(rows, splitRow(row))
	}
	r.rows[n] = rows
	return rows
}

// behind returns what stands behind one of the labels within n: on its line, in the
// next cell or element, or on the next line, unless that is a label itself.
func (r *reading) behind(n *html.Node, labels []string) string {
	rows := r.rowsOf(n)
	for i, parts := range rows {
		for j, part := range parts {
			rest, ok := cutLabels(part, labels)
			switch {
			case !ok:
			case rest != "":
				return strings.TrimSpace(rest + " " + strings.Join(r.untilLabel(parts[j+1:]), " "))
			case j+1 < len(parts):
				return strings.Join(r.untilLabel(parts[j+1:]), " ")
			case i+1 < len(rows) && len(rows[i+1]) > 0 && !r.isLabel(rows[i+1][0]) && !r.blanks()[labelKey(part)]:
				return strings.Join(rows[i+1], " ")
			default:
				return "" // the page leaves it empty
			}
		}
	}
	return ""
}

// blanks returns the labels beside which a cell, or a dd, is empty: the text has no
// trace of it, and the next line is another fact.
func (r *reading) blanks() map[string]bool {
	if r.blank != nil {
		return r.blank
	}
	r.blank = make(map[string]bool)
	for _, n := range r.elements {
		if n.DataAtom != atom.Td && n.DataAtom != atom.Th && n.DataAtom != atom.Dt {
			continue
		}
		next := n.NextSibling
		for next != nil && !isElement(next) {
			next = next.NextSibling
		}
		if next == nil || next.DataAtom != atom.Td && next.DataAtom != atom.Dd {
			continue
		}
		if text, ok := smallText(next); !ok || text != "" {
			continue
		}
		if text, ok := smallText(n); ok {
			r.blank[labelKey(text)] = true
		}
	}
	return r.blank
}

// smallText returns the text of an element of few nodes, on one line. Labels are such.
func smallText(n *html.Node) (text string, ok bool) {
	var w lines
	budget := 60
	for d := range n.Descendants() {
		if budget--; budget < 0 || w.b.Len() > maxTitle {
			return "", false
		}
		if d.Type == html.TextNode {
			w.text(d.Data, false)
		}
	}
	return w.String(), true
}

// labelKey returns a label without its colon, in lower case.
func labelKey(s string) string {
	return strings.ToLower(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), ":")))
}

// untilLabel returns the parts before the next label.
func (r *reading) untilLabel(parts []string) []string {
	for i, p := range parts {
		if r.isLabel(p) {
			return parts[:i]
		}
	}
	return parts
}

// isLabel reports whether s begins another fact: it is one of the rule's labels, or
// has a colon behind a label that pages have.
func (r *reading) isLabel(s string) bool {
	label, _, colon := strings.Cut(s, ":")
	if r.labels[strings.ToLower(strings.TrimSpace(label))] {
		return true
	}
	return colon && (strings.HasSuffix(s, ":") || labelOf(label) != noFact)
}

// cutLabels returns what follows the first of labels that s begins with; case does
// not matter. A label ends at a colon or at the end of s.
func cutLabels(s string, labels []string) (rest string, ok bool) {
	for _, label := range labels {
		if len(s) < len(label) || !strings.EqualFold(s[:len(label)], label) {
			continue
		}
		if rest = strings.TrimSpace(s[len(label):]); rest == "" {
			return "", true
		}
		if rest, ok = strings.CutPrefix(rest, ":"); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}
