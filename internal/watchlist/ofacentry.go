package watchlist

import (
	"fmt"
	"strings"
)

// An xmlEntry is what the sanctions entries of a party say.
type xmlEntry struct {
	programmes               []string
	listed, delisted         string
	from, until              string
	programs, ended, started int // measures, and how many of them have an end, a beginning
}

// closeEntry does what close does, for the elements of an entry.
func (r *ofacReader) closeEntry(name, text string) {
	switch name {
	case "From", "To":
		if day := r.date.String(); day != "" && len(r.dates) < 4 {
			r.dates = append(r.dates, day)
		}
	case "Start":
		r.start = first(r.dates)
	case "End":
		r.end = last(r.dates)
	case "SanctionsEntry":
		r.target, r.program = nil, false
	}
	if r.target == nil {
		return
	}
	e := &r.target.entry
	switch name {
	case "Comment":
		if r.program && text != "" && len(e.programmes) < maxProgs {
			e.programmes = append(e.programmes, clean(text))
		}
	case "Date":
		e.dated(r.event, r.date.String())
	case "SanctionsMeasure":
		if r.program {
			e.measure(r.start, r.end)
		}
		r.program = false
	}
}

// dated takes the date of an event: of the first listing, or of the last removal.
func (e *xmlEntry) dated(event, day string) {
	if isRemoval(event) {
		e.delisted = max(e.delisted, day)
		return
	}
	if day != "" && (e.listed == "" || day < e.listed) {
		e.listed = day
	}
}

// isRemoval reports whether an event takes a party off the list.
func isRemoval(event string) bool {
	e := strings.ToLower(event)
	return strings.Contains(e, "remov") || strings.Contains(e, "delist") || strings.Contains(e, "delet")
}

// measure takes the period of a measure that names a programme.
func (e *xmlEntry) measure(start, end string) {
	e.programs++
	if start != "" && (e.from == "" || start < e.from) {
		e.from = start
	}
	if start != "" {
		e.started++
	}
	if end != "" {
		e.until = max(e.until, end)
		e.ended++
	}
}

// An xmlDate is a day in three elements; month and day may be missing.
type xmlDate struct{ year, month, day string }

func (d xmlDate) String() string {
	s := d.year
	for _, p := range []string{d.month, d.day} {
		if p == "" {
			break
		}
		s += "-" + strings.Repeat("0", max(0, 2-len(p))) + p
	}
	day, _ := readDate(s, false)
	return day
}

// maxValues is how many reference values of one kind are kept.
const maxValues = 10000

func put(m map[string]string, id, text string) error {
	if len(m) >= maxValues {
		return fmt.Errorf("more than %d reference values of one kind", maxValues)
	}
	m[clean(id)] = clean(text)
	return nil
}

func hasValue(m map[string]string, v string) bool {
	for _, x := range m {
		if x == v {
			return true
		}
	}
	return false
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

func last(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[len(s)-1]
}
