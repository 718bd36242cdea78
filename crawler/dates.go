package crawler

import (
	"iter"
	"strings"
)

// A date is what stands in an address: a month of a year, or a day of it.
type date struct{ year, month, day int } // day 0: none

// dates yields what is shaped like a date in a path or a query: /2031/05,
// /2031/05/17, 2031-05, 2031-05-17, date=20310517, year=2031&month=5. A year
// alone is none: it may be a number, a model, or a title.
func dates(segs []string, params []param) iter.Seq[date] {
	return func(yield func(date) bool) {
		for i, s := range segs {
			d, ok := wholeDate(s)
			if !ok {
				d, ok = segmentDate(segs[i:])
			}
			if ok && !yield(d) {
				return
			}
		}
		for _, p := range params {
			d, ok := wholeDate(p.value)
			if !ok && dateName(p.name) {
				d, ok = digitDate(p.value)
			}
			if ok && !yield(d) {
				return
			}
		}
		if d, ok := paramDate(params); ok {
			yield(d)
		}
	}
}

// wholeDate reads YYYY-MM and YYYY-MM-DD.
func wholeDate(s string) (date, bool) {
	if len(s) > len("2031-05-17") {
		return date{}, false
	}
	parts := strings.Split(s, "-")
	if len(parts) != 2 && len(parts) != 3 || len(parts[0]) != 4 {
		return date{}, false
	}
	return fromParts(parts)
}

// segmentDate reads the segments YYYY, MM and, if it is one, DD.
func segmentDate(segs []string) (date, bool) {
	if len(segs) < 2 || len(segs[0]) != 4 || len(segs[1]) > 2 {
		return date{}, false
	}
	if len(segs) > 2 && len(segs[2]) <= 2 {
		if d, ok := fromParts(segs[:3]); ok {
			return d, true
		}
	}
	return fromParts(segs[:2])
}

// digitDate reads YYYYMM and YYYYMMDD.
func digitDate(s string) (date, bool) {
	switch len(s) {
	case 6:
		return fromParts([]string{s[:4], s[4:]})
	case 8:
		return fromParts([]string{s[:4], s[4:6], s[6:]})
	}
	return date{}, false
}

// paramDate reads a date that is spread over parameters.
func paramDate(params []param) (date, bool) {
	parts := []string{"", "", ""}
	for _, p := range params {
		switch p.name {
		case "year", "yr", "y", "jahr", "annee", "ano", "god":
			parts[0] = p.value
		case "month", "mon", "mo", "m", "monat", "mois", "mes":
			parts[1] = p.value
		case "day", "d", "tag", "jour", "dia":
			parts[2] = p.value
		}
	}
	switch {
	case parts[0] == "" || parts[1] == "":
		return date{}, false
	case parts[2] == "":
		parts = parts[:2]
	}
	return fromParts(parts)
}

// fromParts reads a year of this millennium or the last century, a month and,
// if there is one, a day.
func fromParts(parts []string) (date, bool) {
	var n [3]int
	for i, p := range parts {
		v, ok := number(p)
		if !ok {
			return date{}, false
		}
		n[i] = v
	}
	d := date{n[0], n[1], n[2]}
	if d.year < 1900 || d.year > 2999 || d.month < 1 || d.month > 12 {
		return date{}, false
	}
	if len(parts) == 3 && (d.day < 1 || d.day > 31) {
		return date{}, false
	}
	return d, true
}

// dateName reports whether a parameter's name promises a date.
func dateName(name string) bool {
	switch name {
	case "date", "day", "d", "from", "to", "start", "end", "since", "until", "month", "ym", "when", "cal", "calendar", "datum", "fecha":
		return true
	}
	return false
}
