package exchange

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"vigil/internal/sheet"
)

// A csvWriter writes a line for each listing and identifier (RFC 4180, UTF-8).
type csvWriter struct {
	out    *csv.Writer
	failed error
	d      Dossier
}

func newCSV(w io.Writer, d Dossier) *csvWriter { return &csvWriter{out: csv.NewWriter(w), d: d} }

func (c *csvWriter) err() error { return c.failed }

func (c *csvWriter) begin() {
	c.out.UseCRLF = true
	c.row("listing", "source", "url", "vendor", "captured", "page", "page_sha256", "level", "verdict",
		"kind", "symbol", "identifier", "masked", "class", "network", "method", "field", "start", "end", "weak", "lists", "marking")
}

// row writes a line of cells.
func (c *csvWriter) row(cells ...string) {
	for i := range cells {
		cells[i] = sheet.Cell(cells[i])
	}
	if c.failed == nil {
		c.failed = c.out.Write(cells)
	}
}

func (c *csvWriter) item(it item) {
	level := string(it.assessment.Level)
	if it.restricted {
		level = ""
	}
	listing := []string{it.listing, it.source, it.url, it.vendor, stamp(it.captured), it.page, it.sha256, level, string(it.verdict)}
	for _, n := range it.named {
		c.row(append(listing[:len(listing):len(listing)],
			n.Kind, symbol(n.Identifier), n.shown, strconv.FormatBool(!n.whole), string(n.Class), n.Network, n.Method, n.Field,
			strconv.Itoa(n.Start), strconv.Itoa(n.End), strings.Join(n.weak, " "), strings.Join(n.hits, "; "), c.d.Marking.String())...)
	}
	if len(it.named) == 0 { // the listing is there all the same
		c.row(append(listing, "", "", "", "", "", "", "", "", "", "", "", "", c.d.Marking.String())...)
	}
}

func (c *csvWriter) end([]thing) {
	c.out.Flush()
	if c.failed == nil {
		c.failed = c.out.Error()
	}
}
