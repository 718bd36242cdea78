package link

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"vigil/internal/sheet"
)

// WriteCSV writes the edges as comma-separated values (RFC 4180) in UTF-8, with
// a line of names above them. An edge carries the evidence of its first place.
//
// No spreadsheet takes a cell for a formula: see [sheet.Cell]. What cannot be seen is spelt out, as ‹U+202E›.
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

// cell returns a text as a cell has it: visible, and no formula.
func cell(s string) string { return sheet.Cell(visible(s, maxLabel)) }
