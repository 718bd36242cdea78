package extract

import (
	"regexp"
	"strings"
	"unicode"
)

// labelled returns the facts that marked text announces by labels, each with its
// first value; of a price, which may be stated in several currencies and for several
// quantities, with all of the row or column. A value stands on the label's line,
// after a colon, in the next cell or in the next element; or it is the next line.
func labelled(marked string) map[fact]string {
	found := make(map[fact]string)
	rows := strings.Split(marked, "\n")
	for i := 0; i < len(rows); i++ {
		parts := splitRow(rows[i])
		if len(parts) == 0 {
			continue
		}
		if i+1 < len(rows) && headRow(rows[i], parts) {
			if n := readTable(found, parts, rows[i+1:]); n > 0 {
				i += n
				continue
			}
		}
		next := ""
		if i+1 < len(rows) {
			next = rows[i+1]
		}
		readRow(found, rows[i], next)
		if len(parts) == 1 && labelOf(parts[0]) == factPrice {
			keepList(found, rows[i+1:])
		}
		if len(parts) == 1 && labelOf(parts[0]) == factShipsTo {
			keepDashes(found, rows[i+1:])
		}
	}
	return found
}

// headRow reports whether a row is a table's head: several cells, all labels.
func headRow(row string, parts []string) bool {
	if len(parts) < 2 || !strings.ContainsRune(row, markCell) {
		return false
	}
	for _, p := range parts {
		if labelOf(p) == noFact {
			return false
		}
	}
	return true
}

// readTable reads the rows below a head. It returns how many it took.
func readTable(found map[fact]string, head, rows []string) int {
	columns := make([][]string, len(head))
	n := 0
	for _, row := range rows[:min(len(rows), maxPrices)] {
		cells := splitCells(row)
		if len(cells) != len(head) || labelOf(cells[0]) != noFact {
			break
		}
		for j, c := range cells {
			columns[j] = append(columns[j], c)
		}
		n++
	}
	if n == 0 {
		return 0
	}
	for j, h := range head {
		if f := labelOf(h); f == factPrice && labelOf(head[0]) == factPostage {
			continue
		} else if f == factPrice {
			keep(found, f, strings.Join(columns[j], "\n"))
		} else {
			keep(found, f, columns[j][0])
		}
	}
	return n
}

// readRow reads the facts of one row: one or several pairs of label and value.
func readRow(found map[fact]string, row, next string) {
	var parts []string
	var cells []int // of each part, the number of its cell
	for i, c := range strings.Split(row, string(markCell)) {
		for _, p := range splitRow(c) {
			parts, cells = append(parts, p), append(cells, i)
		}
	}
	for j := 0; j < len(parts); j++ {
		label, value, colon := strings.Cut(parts[j], ":")
		if f := labelOf(label); colon && f != noFact && strings.TrimSpace(value) != "" {
			n := more(f, parts, cells, j)
			keep(found, f, strings.Join(append([]string{value}, parts[j+1:n]...), " "))
			j = n - 1
			continue
		}
		f := labelOf(parts[j])
		switch {
		case f == noFact && len(parts) == 1:
			keepPhrase(found, parts[0])
		case f == noFact:
		case j+1 < len(parts) && labelOf(parts[j+1]) == noFact && !startsLabel(parts[j+1]):
			n := more(f, parts, cells, j+1)
			keep(found, f, strings.Join(parts[j+1:n], joint(f)))
			j = n - 1
		case len(parts) == 1:
			if values := splitRow(next); len(values) > 0 && labelOf(values[0]) == noFact && !startsLabel(values[0]) {
				if f == factVendor {
					values = values[:1] // levels and the like stand beside
				}
				if v := strings.Join(values, joint(f)); isValue(f, v) {
					keep(found, f, v)
				}
			}
		}
	}
}

// phrases are labels that their values may follow without a sign between.
var phrases = []struct {
	text string
	fact fact
}{
	{"ships from ", factShipsFrom}, {"ships to ", factShipsTo}, {"shipped from ", factShipsFrom}, {"sold by ", factVendor},
	{"versand aus ", factShipsFrom}, {"versand nach ", factShipsTo}, {"verkauft von ", factVendor},
	{"expédié depuis ", factShipsFrom}, {"expédié de ", factShipsFrom}, {"livraison vers ", factShipsTo}, {"vendu par ", factVendor},
	{"se envía desde ", factShipsFrom}, {"enviado desde ", factShipsFrom}, {"se envía a ", factShipsTo}, {"vendido por ", factVendor},
	{"отправка из ", factShipsFrom}, {"доставка из ", factShipsFrom}, {"доставка в ", factShipsTo},
}

// keepPhrase reads a line such as "Ships from Norway". A place begins with a capital
// letter, a vendor is one word; anything else may be a sentence.
func keepPhrase(found map[fact]string, line string) {
	if len(line) > 80 {
		return
	}
	low := strings.ToLower(line)
	for _, p := range phrases {
		if !strings.HasPrefix(low, p.text) || len(low) != len(line) {
			continue
		}
		v := strings.TrimSpace(line[len(p.text):])
		if p.fact == factVendor && !strings.Contains(v, " ") || p.fact != factVendor && unicode.IsUpper(firstRune(v)) && isValue(p.fact, v) {
			keep(found, p.fact, v)
		}
		return
	}
}

// isValue reports whether a line below a label can be its value: names and places are
// no sentences.
func isValue(f fact, v string) bool {
	switch f {
	case factVendor, factShipsFrom, factShipsTo, factCategory:
		return len(v) < 200 && !strings.HasSuffix(v, ".") && !strings.HasSuffix(v, "!") && !strings.HasSuffix(v, "?")
	}
	return true
}

// joint returns what joins the parts of a value: the items of a list may stand in
// elements of their own.
func joint(f fact) string {
	if f == factShipsTo {
		return ", "
	}
	return " "
}

// more returns the end of a value that begins with part j: prices take the rest of
// the row, lists the rest of their cell, other facts no more.
func more(f fact, parts []string, cells []int, j int) int {
	n := j + 1
	for n < len(parts) && labelOf(parts[n]) == noFact && !startsLabel(parts[n]) &&
		(f == factPrice || (f == factCategory || f == factShipsTo) && cells[n] == cells[j]) {
		n++
	}
	return n
}

// keepList adds the prices that follow the first in a list below its label.
func keepList(found map[fact]string, rows []string) {
	for i, row := range rows[:min(len(rows), maxPrices)] {
		row = unmarked(row)
		if startsLabel(row) || labelOf(row) != noFact || len(row) > 120 || len(pricesIn(row, false)) == 0 {
			return
		}
		if i > 0 || found[factPrice] == "" {
			found[factPrice] += "\n" + row
		}
	}
}

// amountBehind is what a place's postage looks like behind its name.
var amountBehind = regexp.MustCompile(`[ :(+]*(?:[A-Z]{3,4} ?|\pSc ?)?[0-9].*$`)

// keepDashes reads places that stand below their label in a list with dashes.
func keepDashes(found map[fact]string, rows []string) {
	var places []string
	for _, row := range rows[:min(len(rows), maxPrices)] {
		place, ok := strings.CutPrefix(strings.TrimSpace(unmarked(row)), "- ")
		if !ok {
			break
		}
		places = append(places, amountBehind.ReplaceAllString(place, ""))
	}
	if len(places) > 0 && strings.HasPrefix(found[factShipsTo], "- ") {
		found[factShipsTo] = strings.Join(places, ", ")
	}
}

// startsLabel reports whether s is a label with its value.
func startsLabel(s string) bool {
	label, _, colon := strings.Cut(s, ":")
	return colon && labelOf(label) != noFact
}

func keep(found map[fact]string, f fact, value string) {
	value = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(strings.ReplaceAll(value, string(markEmpty), "")), ":"))
	if _, ok := found[f]; !ok && f != noFact && value != "" {
		found[f] = value
	}
}

// splitRow returns the parts of a marked line that have text.
func splitRow(row string) []string {
	return fields(row, func(r rune) bool { return r == markInline || r == markCell })
}

// splitCells returns the cells of a marked line that have text.
func splitCells(row string) []string {
	cells := fields(row, func(r rune) bool { return r == markCell })
	for i := range cells {
		cells[i] = unmarked(cells[i])
	}
	return cells
}

func fields(s string, sep func(rune) bool) []string {
	var parts []string
	for _, p := range strings.FieldsFunc(s, sep) {
		// A colon alone, beside its label, is no part.
		if p = strings.TrimSpace(p); p != "" && p != ":" {
			parts = append(parts, p)
		}
	}
	return parts
}
