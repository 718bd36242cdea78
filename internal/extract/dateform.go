package extract

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"vigil"
)

// A dateForm is how a market writes dates: DD.MM.YYYY hh:mm. Months are written as
// numbers (MM, M) or as names in any of the languages (MON).
type dateForm struct {
	layout    string // of package time
	precision vigil.Precision
	zoned     bool
}

// dateParts are the parts of forms, longest first, and what package time calls them.
var dateParts = []struct{ ours, gos string }{
	{"YYYY", "2006"}, {"MON", "Jan"}, {"YY", "06"}, {"MM", "01"}, {"DD", "02"}, {"hh", "15"}, {"mm", "04"}, {"ss", "05"},
	{"ZZ", "-0700"}, {"AM", "PM"}, {"M", "1"}, {"D", "2"},
}

// UnmarshalText reads a form. Any other letters stand for themselves only in
// quotes: 'le' D MON YYYY.
func (f *dateForm) UnmarshalText(b []byte) error {
	s, layout, has := string(b), "", []string(nil)
	for s != "" {
		if rest, ok := strings.CutPrefix(s, "'"); ok {
			quoted, after, ok := strings.Cut(rest, "'")
			if !ok || strings.ContainsAny(quoted, "0123456789") {
				return fmt.Errorf("date form %q: want letters in pairs of '", b)
			}
			layout, s = layout+quoted, after
			continue
		}
		i := slices.IndexFunc(dateParts, func(p struct{ ours, gos string }) bool { return strings.HasPrefix(s, p.ours) })
		switch {
		case i >= 0:
			has = append(has, dateParts[i].ours)
			layout, s = layout+dateParts[i].gos, s[len(dateParts[i].ours):]
		case unicode.IsLetter(firstRune(s)) || unicode.IsDigit(firstRune(s)):
			return fmt.Errorf("date form %q: %q is none of YYYY YY MM M MON DD D hh mm ss AM ZZ, and not in quotes", b, s)
		default:
			r := firstRune(s)
			layout, s = layout+string(r), s[len(string(r)):]
		}
	}
	is := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(has, p) })
	}
	if !is("YYYY", "YY") || !is("MM", "M", "MON") {
		return fmt.Errorf("date form %q: want a year and a month, as in DD.MM.YYYY", b)
	}
	if is("AM") {
		layout = strings.Replace(layout, "15", "03", 1)
	}
	*f = dateForm{layout: layout, zoned: is("ZZ"), precision: vigil.ToTheMonth}
	switch {
	case is("ss"):
		f.precision = vigil.ToTheSecond
	case is("mm"):
		f.precision = vigil.ToTheMinute
	case is("hh"):
		f.precision = vigil.ToTheHour
	case is("DD", "D"):
		f.precision = vigil.ToTheDay
	}
	return nil
}

// parse reads s, a time of zone if it states none.
func (f dateForm) parse(s string, zone *time.Location) (time.Time, bool) {
	if f.precision == vigil.ToTheDay || f.precision == vigil.ToTheMonth {
		zone = nil // a day is one of the market's
	}
	t, err := time.ParseInLocation(f.layout, inEnglish(s), orUTC(zone))
	return t, err == nil
}

// inEnglish puts the names of months in s as package time wants them.
func inEnglish(s string) string {
	var b strings.Builder
	for s != "" {
		n := strings.IndexFunc(s, unicode.IsLetter)
		if n < 0 {
			n = len(s)
		}
		b.WriteString(s[:n])
		s = s[n:]
		n = strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
		if n < 0 {
			n = len(s)
		}
		word := s[:n]
		if m, ok := months[strings.ToLower(word)]; ok {
			word = time.Month(m).String()[:3]
			s = strings.TrimPrefix(s[n:], ".")
		} else {
			s = s[n:]
		}
		b.WriteString(word)
	}
	return b.String()
}

// parseZone reads UTC, +02:00, +0200 and +2.
func parseZone(s string) (*time.Location, error) {
	if s == "UTC" || s == "Z" {
		return time.UTC, nil
	}
	for _, form := range []string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(form, s); err == nil {
			_, offset := t.Zone()
			return time.FixedZone(s, offset), nil
		}
	}
	return nil, fmt.Errorf("zone %q: want UTC or an offset such as +03:00", s)
}
