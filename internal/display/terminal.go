package display

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"vigil"
	"vigil/store"
)

// A Terminal writes listings as plain text. Nothing that it writes can move the
// cursor or change the terminal, but its own colours if Colour is set.
type Terminal struct {
	Colour     bool
	Width      int  // columns; 0 for 100
	Text       bool // print the whole text, also that of a grave level
	Reveal     bool // print identifiers in full; log it first, see [Desk.Reveal]
	Now        time.Time
	Indicators Indicators
}

// Indicators explains an indicator by its ID; name is empty if it is unknown.
// A nil Indicators knows none.
type Indicators func(id string) (name, definition string)

// Name returns an indicator's name; "" if it is unknown.
func (in Indicators) Name(id string) string {
	if in == nil {
		return ""
	}
	name, _ := in(id)
	return Clean(name)
}

// Escape sequences (ECMA-48, SGR).
const (
	sgrBold  = "\x1b[1m"
	sgrFaint = "\x1b[2m"
	sgrLine  = "\x1b[4m"
	sgrOff   = "\x1b[0m"
)

// QuoteContext is how many bytes around a finding are quoted.
const QuoteContext = 48

// Item writes one listing: a neutral summary first, then what is known about it,
// what speaks for and against, and what to type next.
func (t Terminal) Item(w io.Writer, v View) error {
	var b bytes.Buffer
	v, t.Reveal = v.Shielded(), t.Reveal && !v.Hidden()
	t.head(&b, v)
	t.facts(&b, v)
	t.findings(&b, v)
	t.hits(&b, v)
	t.identifiers(&b, v)
	t.text(&b, v)
	t.decisions(&b, v)
	t.next(&b, v)
	_, err := w.Write(b.Bytes())
	return err
}

func (t Terminal) head(b *bytes.Buffer, v View) {
	a := v.Assessment
	fmt.Fprintf(b, "%s  %s %.2f  %s\n", t.style(sgrBold, Short(v.Assessment.ID)), t.style(sgrBold, string(a.Level)), a.Score, State(v.Item, t.now()))
	fmt.Fprintf(b, "%s\n", Summary(v.Item))
}

// facts writes what the page and its capture say about themselves.
func (t Terminal) facts(b *bytes.Buffer, v View) {
	t.section(b, "Facts")
	for _, f := range Facts(v) {
		fmt.Fprintf(b, "  %-13s %s\n", f.Name, f.Value)
	}
}

func (t Terminal) findings(b *bytes.Buffer, v View) {
	t.section(b, "Findings")
	if len(v.Assessment.Findings) == 0 {
		fmt.Fprintf(b, "  none\n")
	}
	for i, f := range v.Assessment.Findings {
		if i == maxMarked {
			fmt.Fprintf(b, "  and %d more\n", len(v.Assessment.Findings)-i)
			break
		}
		against := ""
		if f.Polarity == vigil.Against {
			against = "against  "
		}
		place := "" // of what is hidden, none is known
		if !v.Hidden() {
			place = "  " + t.style(sgrFaint, fmt.Sprintf("%s bytes %d-%d", Clean(f.Field), f.Start, f.End))
		}
		fmt.Fprintf(b, "  %6s  %-7s %s%s%s\n", Weight(f.Weight), Clean(f.Indicator), against, t.Indicators.Name(f.Indicator), place)
		if !v.Hidden() {
			fmt.Fprintf(b, "          %s\n", t.quote(v, f))
		}
	}
}

// quote returns the finding's bytes, marked, with some of the text around.
func (t Terminal) quote(v View, f vigil.Finding) string {
	var b strings.Builder
	for _, s := range Around(FieldText(v.Listing, f.Field), f, v.Assessment, QuoteContext, t.Reveal) {
		text := strings.NewReplacer("\n", " ", "\t", " ").Replace(t.segment(s))
		if len(s.Findings) > 0 && s.Hidden != Withheld {
			text = t.style(sgrLine, "«"+text+"»")
		}
		b.WriteString(text)
	}
	return strings.ReplaceAll(b.String(), "»«", "")
}

// segment returns a segment's text, or why it is not shown.
func (t Terminal) segment(s Segment) string {
	switch s.Hidden {
	case "":
		return Visible(s.Text)
	case Masked:
		return "…"
	}
	return "‹" + s.Hidden + "›"
}

func (t Terminal) identifiers(b *bytes.Buffer, v View) {
	ids := v.Assessment.Identifiers
	if len(ids) == 0 {
		return
	}
	if t.Reveal {
		t.section(b, "Identifiers")
	} else {
		t.section(b, "Identifiers (masked; to see them is logged)")
	}
	for i, id := range ids {
		if i == maxMarked {
			fmt.Fprintf(b, "  and %d more\n", len(ids)-i)
			break
		}
		value := Mask(id)
		if t.Reveal && !id.Redacted {
			value = Clean(id.Value)
		}
		fmt.Fprintf(b, "  %-8s %s  %s\n", Clean(id.Kind), value, t.style(sgrFaint, IdentifierFacts(id)))
	}
}

// hits writes what watchlists say of the identifiers.
func (t Terminal) hits(b *bytes.Buffer, v View) {
	rows, more := HitRows(v.Hits, t.Reveal)
	if len(rows) == 0 {
		return
	}
	t.section(b, "On watchlists (the listing names the identifier; that says nothing about who wrote it)")
	for _, r := range rows {
		fmt.Fprintf(b, "  %-8s %s\n           %s\n", r.Kind, r.Value, r.Says)
	}
	if more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

// text writes the whole text, unless it is grave and nobody asked for it.
func (t Terminal) text(b *bytes.Buffer, v View) {
	t.section(b, "Text")
	switch {
	case v.Hidden():
		fmt.Fprintf(b, "  withheld: restricted handling\n")
		return
	case Grave(v.Assessment.Level) && !t.Text:
		fmt.Fprintf(b, "  folded away; ask for it with --text\n")
		return
	}
	var text strings.Builder
	for _, s := range Segments(vigil.FieldDescription, v.Listing.Description, v.Assessment, t.Reveal) {
		text.WriteString(t.segment(s))
	}
	for line := range strings.Lines(text.String()) {
		fmt.Fprintf(b, "  %s\n", strings.TrimRight(line, "\n"))
	}
}

func (t Terminal) decisions(b *bytes.Buffer, v View) {
	t.section(b, "Decisions")
	if len(v.Decisions) == 0 {
		fmt.Fprintf(b, "  none\n")
	}
	for _, d := range v.Decisions {
		fmt.Fprintf(b, "  %s  %s  %s: %s\n", Stamp(d.Time), Clean(d.Reviewer), d.Verdict, Clean(d.Reason))
		if d.Note != "" {
			fmt.Fprintf(b, "    %s\n", strings.ReplaceAll(Visible(d.Note), "\n", "\n    "))
		}
	}
}

// next says what can be typed.
func (t Terminal) next(b *bytes.Buffer, v View) {
	t.section(b, "Next")
	var verdicts []string
	for _, o := range vigil.Verdicts() {
		verdicts = append(verdicts, string(o.Verdict))
	}
	fmt.Fprintf(b, "  vigil review decide %s VERDICT --reason CODE\n", Short(v.Assessment.ID))
	fmt.Fprintf(b, "  VERDICT is one of %s\n", strings.Join(verdicts, ", "))
}

func (t Terminal) section(b *bytes.Buffer, name string) {
	fmt.Fprintf(b, "\n%s\n", t.style(sgrBold, name))
}

func (t Terminal) style(sgr, s string) string {
	if !t.Colour {
		return s
	}
	return sgr + s + sgrOff
}

func (t Terminal) now() time.Time {
	if t.Now.IsZero() {
		return time.Now()
	}
	return t.Now
}

// Table writes one line an item, highest level first as they come.
func (t Terminal) Table(w io.Writer, items []store.Item) error {
	head := []string{"LEVEL", "SCORE", "LISTING", "TITLE", "VENDOR", "INDICATORS", "IDS", "STATE"}
	rows := [][]string{head}
	for _, it := range items {
		rows = append(rows, t.row(it))
	}
	widths := columnWidths(rows)
	t.fit(widths)
	var b bytes.Buffer
	for i, row := range rows {
		line := tableLine(row, widths)
		if i == 0 {
			line = t.style(sgrBold, line)
		}
		b.WriteString(line + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (t Terminal) row(it store.Item) []string {
	a := it.Assessment
	title, vendor := Title(it.Listing, a), Clean(it.Listing.Vendor)
	if Restricted(it) {
		title, vendor = "‹withheld›", ""
	}
	return []string{
		string(a.Level), fmt.Sprintf("%.2f", a.Score), Short(it.Assessment.ID), title, vendor,
		strings.Join(TopIndicators(a, 3), " "), fmt.Sprint(len(a.Identifiers)), State(it, t.now()),
	}
}

// Columns of the table that are cut to fit, and the least they keep.
const (
	titleColumn, vendorColumn = 3, 4
	leastTitle, leastVendor   = 16, 8
	mostVendor                = 16
)

func columnWidths(rows [][]string) []int {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], width(cell))
		}
	}
	return widths
}

// fit makes the vendor and the title as narrow as the terminal demands.
func (t Terminal) fit(widths []int) {
	widths[vendorColumn] = min(widths[vendorColumn], mostVendor)
	total := 2 * (len(widths) - 1)
	for _, n := range widths {
		total += n
	}
	columns := t.Width
	if columns <= 0 {
		columns = 100
	}
	for _, c := range []struct{ column, least int }{{titleColumn, leastTitle}, {vendorColumn, leastVendor}} {
		cut := max(0, min(total-columns, widths[c.column]-c.least))
		widths[c.column] -= cut
		total -= cut
	}
}

func tableLine(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row {
		cell = Cut(cell, widths[i])
		b.WriteString(cell)
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-width(cell)+2))
		}
	}
	return strings.TrimRight(b.String(), " ")
}
