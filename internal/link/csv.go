package link

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteCSV writes the edges as comma-separated values (RFC 4180) in UTF-8, with
// a line of names above them. An edge carries the evidence of its first place.
//
// A cell that a spreadsheet might take for a formula gets an apostrophe before
// it, and so does one that begins with an apostrophe: without its first
// apostrophe a cell is what it was. What cannot be seen is spelt out, as ‹U+202E›.
func (g *Graph) WriteCSV(w io.Writer, x Export) error {
	s, err := g.selected(x)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	row := []string{
		"listing", "source", "vendor", "component", "key", "chain", "kind", "identifier", "weight", "strong", "weak", "why", "first", "last", "places",
		"page", "field", "start", "end", "raw", "method", "model", "by", "reason",
	}
	err = out.Write(row)
	var k Key
	last := -1
	for i := range s.edges {
		if n := g.edges[i].key; int(n) != last { // edges come by key
			k, _ = s.key(n)
			last = int(n)
		}
		if err == nil {
			err = out.Write(s.row(i, k))
		}
	}
	if err == nil {
		out.Flush()
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func (s selection) row(i uint32, k Key) []string {
	e := s.edge(i)
	codes, why := codes(e.Weak)
	v := e.Evidence[0]
	kind, start, end := k.Identifier.Kind, decimal(v.Start), decimal(v.End)
	if k.Tie != nil {
		kind, start, end = kindTie, "", ""
	}
	row := []string{
		e.Listing.ID, e.Listing.Source, e.Listing.Vendor, s.g.components[s.g.component[s.g.edges[i].listing]].id, k.Key, k.Chain, kind, k.Identifier.Value,
		float(k.Weight), strconv.FormatBool(e.Strong), codes, why, stamp(e.First), stamp(e.Last), decimal(e.places()),
		v.Page, v.Field, start, end, v.Raw, v.Method, v.Model, v.By, v.Reason,
	}
	for j := range row {
		row[j] = cell(row[j])
	}
	return row
}

// cell returns a text for a cell, such that no spreadsheet runs it (OWASP, "CSV
// Injection"). Some skip blanks before a sign, or take the full-width signs of East
// Asia for it.
func cell(s string) string {
	shown := visible(s, maxLabel)
	bare := strings.TrimLeft(shown, " \u00a0\u3000")
	if strings.HasPrefix(shown, "'") || bare != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠|%", []rune(bare)[0]) || strings.ContainsAny(s[:min(1, len(s))], "\t\r\n") {
		return "'" + shown
	}
	return shown
}
