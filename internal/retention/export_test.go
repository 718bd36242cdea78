package retention

import "time"

// DueOf lets tests ask when something of a class is due, under an order whose
// collecting ended at a moment and that allows so many days.
func DueOf(p Periods, end time.Time, allowed int, c Class, since time.Time) time.Time {
	_, due := p.within(limit{end: end, days: allowed}, c, since)
	return due
}
