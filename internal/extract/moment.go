package extract

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"vigil"
)

// A clock is what is known about the times that a page states.
type clock struct {
	captured time.Time      // when the page was; zero if that is not known
	zone     *time.Location // of times that state none; nil if that is not known
	forms    []dateForm     // of this market, tried first
	dayFirst bool           // 1/2/2026 is the first of February
}

// maxDate bounds a date as written, in bytes.
const maxDate = 100

// Doubts about a date: why it was left as written, or how far it can be off.
const (
	noDate      = "not understood as a date, left as written"
	noZone      = "its zone is not stated, left as written"
	noCapture   = "counted from a time that is not known, left as written"
	dayOrMonth  = "day and month cannot be told apart, left as written"
	countedBack = "counted back from the capture"
	countedZone = "counted back from the capture in UTC, as the market's zone is not stated: may be a day off"
)

// moment reads a date or time in English, German, French, Spanish or Russian,
// absolute or counted back from the capture. At is empty if it is not sure; doubt
// says what is not, and may stand beside a reading.
func (c clock) moment(s string) (m vigil.Moment, doubt string) {
	m.Text = short(firstLine(s), maxDate)
	for _, f := range c.forms {
		if t, ok := f.parse(m.Text, c.zone); ok {
			if c.zone == nil && !f.zoned && isClock(f.precision) {
				return m, noZone
			}
			return at(m.Text, t, f.precision), ""
		}
	}
	if t, err := time.Parse(time.RFC3339, m.Text); err == nil {
		return at(m.Text, t, vigil.ToTheSecond), ""
	}
	words := dateWords(m.Text)
	if span, unit, ok := ago(words); ok {
		if c.captured.IsZero() {
			return m, noCapture
		}
		return at(m.Text, span.before(c.captured), unit), countedBack
	}
	var d date
	for _, w := range words {
		if !d.take(w) {
			return m, noDate
		}
	}
	return c.dated(m, d)
}

// isClock reports whether a time of that precision needs a zone.
func isClock(p vigil.Precision) bool {
	return p == vigil.ToTheSecond || p == vigil.ToTheMinute || p == vigil.ToTheHour
}

// at returns the moment t, cut to p. Years in which no such page was written are
// no dates.
func at(text string, t time.Time, p vigil.Precision) vigil.Moment {
	t = t.UTC()
	switch p {
	case vigil.ToTheSecond, vigil.ToTheMinute:
		t = t.Truncate(time.Second)
	case vigil.ToTheHour:
		t = t.Truncate(time.Hour)
	case vigil.ToTheDay, vigil.ToTheWeek:
		t = t.Truncate(24 * time.Hour)
	case vigil.ToTheMonth:
		t = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case vigil.ToTheYear:
		t = time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if t.Year() < 1990 || t.Year() > 2100 {
		return vigil.Moment{Text: text}
	}
	return vigil.Moment{At: t.Format(time.RFC3339), Precision: p, Text: text}
}

// dated turns the parts of a date into a moment.
func (c clock) dated(m vigil.Moment, d date) (vigil.Moment, string) {
	zone := d.zone
	if zone == nil {
		zone = c.zone
	}
	doubt := ""
	if d.relative {
		if c.captured.IsZero() || d.year != 0 || d.month != 0 {
			return m, noCapture
		}
		day := c.captured.In(orUTC(zone)).AddDate(0, 0, -d.daysAgo)
		d.year, d.month, d.day = day.Year(), int(day.Month()), day.Day()
		if doubt = countedBack; zone == nil {
			doubt = countedZone
		}
	}
	if d.slashed && !d.order(c.dayFirst) {
		return m, dayOrMonth
	}
	p := d.precision()
	if p == "" {
		return m, noDate
	}
	if isClock(p) && zone == nil {
		return m, noZone
	}
	t := time.Date(d.year, time.Month(max(d.month, 1)), max(d.day, 1), d.hour, d.minute, d.second, 0, orUTC(zone))
	if d.day > 0 && t.Day() != d.day {
		return m, noDate // as the 30th of February
	}
	if !isClock(p) { // a day is one of the market's, whatever its zone
		t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return at(m.Text, t, p), doubt
}

func orUTC(z *time.Location) *time.Location {
	if z == nil {
		return time.UTC
	}
	return z
}

// dateWords returns the words of a date in lower case, without what only joins
// them.
func dateWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '·' || r == '(' || r == ')' })
}

// A date is what the words of a date say so far.
type date struct {
	year, month, day     int
	hour, minute, second int
	timed                int // parts of the time of day: 2 with minutes, 3 with seconds
	half                 string
	zone                 *time.Location
	slashed, relative    bool
	daysAgo              int
}

// take reads one more word. It reports whether it belongs into a date.
func (d *date) take(w string) bool {
	w = strings.TrimSuffix(w, "г.")
	if w == "" || fillers[w] {
		return true
	}
	if n, ok := days[w]; ok {
		d.relative, d.daysAgo = true, n
		return true
	}
	if n, ok := months[strings.TrimSuffix(w, ".")]; ok && d.month == 0 {
		d.month = n
		return true
	}
	switch w {
	case "am", "pm":
		d.half = w
		return d.timed > 0
	case "utc", "gmt", "z", "cet", "cest", "msk":
		d.zone = time.FixedZone(w, map[string]int{"cet": 1, "cest": 2, "msk": 3}[w]*3600)
		return true
	}
	switch {
	case len(w) > 10 && w[10] == 't' && w[4] == '-': // RFC 3339 without seconds or zone
		return d.takeDay(w[:10]) && d.takeTime(w[11:])
	case strings.Contains(w, ":") && w[0] != '+' && w[0] != '-':
		return d.takeTime(w)
	case w[0] == '+' || w[0] == '-':
		z, err := parseZone(w)
		d.zone = z
		return err == nil
	}
	return d.takeDay(w)
}

// takeTime reads 14:05, 14:05:09 and 2:05pm.
func (d *date) takeTime(w string) bool {
	for _, half := range []string{"am", "pm"} {
		if rest, ok := strings.CutSuffix(w, half); ok {
			w, d.half = rest, half
		}
	}
	w, utc := strings.CutSuffix(w, "z")
	if utc {
		d.zone = time.UTC
	}
	parts := strings.Split(w, ":")
	if len(parts) > 3 || d.timed > 0 {
		return false
	}
	into := []*int{&d.hour, &d.minute, &d.second}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n > 59 || i == 0 && n > 23 || len(p) > 2 {
			return false
		}
		*into[i] = n
	}
	d.timed = len(parts)
	return true
}

// takeDay reads a number, or numbers parted by points, dashes or slashes.
func (d *date) takeDay(w string) bool {
	sep := strings.IndexAny(w, "./-")
	if sep < 0 || sep == len(w)-1 {
		return d.takeNumber(strings.TrimSuffix(w, "."))
	}
	parts := strings.Split(strings.TrimSuffix(w, "."), w[sep:sep+1])
	var n [3]int
	if len(parts) > 3 || d.year+d.month+d.day > 0 {
		return false
	}
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 || len(p) > 4 {
			return false
		}
		n[i] = v
	}
	switch {
	case len(parts[0]) == 4: // 2026-03-01, 2026-03
		d.year, d.month, d.day = n[0], n[1], n[2]
	case len(parts) == 3 && len(parts[2]) == 4: // 01.03.2026
		d.day, d.month, d.year = n[0], n[1], n[2]
		d.slashed = w[sep] == '/' || w[sep] == '-'
	case len(parts) == 2 && len(parts[1]) == 4: // 03/2026
		d.month, d.year = n[0], n[1]
	default:
		return false
	}
	return d.slashed || d.month >= 1 && d.month <= 12
}

// takeNumber reads a year or a day of the month: 2026, 1, 1st, 1er.
func (d *date) takeNumber(w string) bool {
	for _, suffix := range []string{"st", "nd", "rd", "th", "er", "º", "-го"} {
		w = strings.TrimSuffix(w, suffix)
	}
	n, err := strconv.Atoi(w)
	switch {
	case err != nil || n < 1:
		return false
	case len(w) == 4 && d.year == 0:
		d.year = n
	case len(w) <= 2 && n <= 31 && d.day == 0:
		d.day = n
	default:
		return false
	}
	return true
}

// order puts day and month of 1/2/2026 in order. It reports whether that is sure.
func (d *date) order(dayFirst bool) bool {
	switch {
	case dayFirst || d.day > 12 || d.day == d.month:
	case d.month > 12:
		d.day, d.month = d.month, d.day
	default:
		return false
	}
	return d.month >= 1 && d.month <= 12
}

// precision returns how exactly d names a time; empty if it names none.
func (d *date) precision() vigil.Precision {
	if d.half == "pm" && d.hour < 12 {
		d.hour += 12
	} else if d.half == "am" && d.hour == 12 {
		d.hour = 0
	}
	switch {
	case d.year == 0 || d.day > 0 && d.month == 0 || d.timed > 0 && d.day == 0:
		return ""
	case d.timed == 3:
		return vigil.ToTheSecond
	case d.timed == 2:
		return vigil.ToTheMinute
	case d.timed == 1:
		return vigil.ToTheHour
	case d.day > 0:
		return vigil.ToTheDay
	case d.month > 0:
		return vigil.ToTheMonth
	}
	return vigil.ToTheYear
}
