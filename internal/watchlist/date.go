package watchlist

import (
	"strings"
	"time"
)

// readDate reads a date as lists write it, and returns it as 2006-01-02. Of a
// year or a month alone it returns the first day, or the last one. An empty
// string is no date, and right.
func readDate(s string, last bool) (day string, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2.1.2006", "2 Jan 2006", "20060102"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	if t, err := time.Parse("2006-01", s); err == nil {
		if last {
			t = t.AddDate(0, 1, -1)
		}
		return t.Format(time.DateOnly), true
	}
	if t, err := time.Parse("2006", s); err == nil {
		if last {
			t = t.AddDate(1, 0, -1)
		}
		return t.Format(time.DateOnly), true
	}
	return "", false
}

// dayAfter returns the day after a day.
func dayAfter(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}
