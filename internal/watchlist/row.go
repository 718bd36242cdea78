package watchlist

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vigil"
)

// A builder collects what a format's reader finds.
type builder struct {
	ctx      context.Context
	in       Input
	format   Format
	file     string // being read
	rows     []vigil.ListRow
	taken    int // bytes kept in memory
	problems []Problem
	notes    []string

	fileDate, fileDateFrom string // of which the file says that it speaks
	title, url             string
	listName               string // if the format has lists of known names
}

// note tells the importer something of the whole.
func (b *builder) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(b.notes, n) {
		b.notes = append(b.notes, n)
	}
}

// problem reports what is wrong with a row. An error ends the import.
func (b *builder) problem(line int, format string, args ...any) error {
	if len(b.problems) >= maxRows {
		return fmt.Errorf("more than %d rows have problems", maxRows)
	}
	b.problems = append(b.problems, Problem{File: b.file, Line: line, Reason: fmt.Sprintf(format, args...)})
	return nil
}

// malformed reports a row that cannot be read.
func (b *builder) malformed(line int, err error) error { return b.problem(line, "%v", err) }

// maxTaken is how many bytes of a list are kept in memory, and perRow what a row
// takes beside its text.
const maxTaken, perRow = 512 << 20, 200

// take counts bytes that are kept.
func (b *builder) take(n int) error {
	if b.taken += n; b.taken > maxTaken {
		return fmt.Errorf("the identifiers and their parties have more than %d MiB", maxTaken>>20)
	}
	return nil
}

// Bounds on the fields of a row.
const (
	maxRaw   = 64 << 10 // bytes; an OpenPGP key is the longest
	maxField = 1000
	maxProgs = 50
)

// row keeps a row whose identifier is Raw, standing in a column. What does not
// fit is reported. An error ends the import.
func (b *builder) row(r vigil.ListRow, c column) error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	r.Raw = strings.TrimSpace(r.Raw)
	switch {
	case r.Raw == "":
		return b.problem(r.Line, "no identifier is in the row")
	case len(r.Raw) > maxRaw:
		return b.problem(r.Line, "the identifier has %d bytes, more than %d; the row is not kept", len(r.Raw), maxRaw)
	case len(b.rows) >= maxRows:
		return fmt.Errorf("the list has more than %d rows, which is the most that is read", maxRows)
	}
	b.tidy(&r)
	got := parse(r.Raw, c)
	r.Raw, r.Symbol, r.Parsed = got.raw, clean(c.symbol), got.ids
	r.Problem = join(r.Problem, got.problem)
	if err := b.keep(r); err != nil {
		return err
	}
	for _, rest := range got.rest { // of a cell with several identifiers
		r.Raw, r.Parsed = rest, nil
		r.Problem = "beside an identifier in one cell; " + noRule
		if len(b.rows) >= maxRows {
			return fmt.Errorf("the list has more than %d rows, which is the most that is read", maxRows)
		}
		if err := b.keep(r); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) keep(r vigil.ListRow) error {
	if err := b.take(len(r.Raw) + perRow); err != nil {
		return err
	}
	r.N = len(b.rows) + 1
	b.rows = append(b.rows, r)
	if r.Problem == "" {
		return nil
	}
	return b.problem(r.Line, "%s: %s", quote(r.Raw), r.Problem)
}

// tidy bounds the fields, reads the dates, and decides whether the row is about
// terrorism.
func (b *builder) tidy(r *vigil.ListRow) {
	for _, s := range []*string{&r.Party, &r.PartyID, &r.Category, &r.URL} {
		*s = clean(*s)
	}
	var progs []string
	for _, p := range r.Programmes {
		if p = clean(p); p != "" && !slices.Contains(progs, p) && len(progs) < maxProgs {
			progs = append(progs, p)
		}
	}
	r.Programmes = progs
	r.Terror = r.Terror || slices.ContainsFunc(progs, Terror) || slices.ContainsFunc(strings.Split(r.Category, ", "), Terror)
	if b.in.Terror != nil {
		r.Terror = *b.in.Terror
	}
	for _, d := range []struct {
		name string
		day  *string
		last bool
	}{{"listed", &r.Listed, false}, {"from", &r.From, false}, {"until", &r.Until, true}, {"delisted", &r.Delisted, false}} {
		day, ok := readDate(*d.day, d.last)
		if !ok {
			r.Problem = join(r.Problem, fmt.Sprintf("%s: %s is no date; write 2006-01-02", d.name, quote(*d.day)))
		}
		*d.day = day
	}
	if r.From != "" && r.Until != "" && r.Until < r.From {
		r.Problem = join(r.Problem, fmt.Sprintf("valid until %s, before its first day %s", r.Until, r.From))
	}
}

// clean returns a field as it may be stored: valid UTF-8, one line, bounded.
func clean(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
	if len(s) > maxField {
		s = strings.ToValidUTF8(s[:maxField], "") + "…"
	}
	return s
}

// quote returns a value as reports show it.
func quote(s string) string {
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[:120], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
