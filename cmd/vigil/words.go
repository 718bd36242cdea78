package main

import (
	"fmt"
	"time"
)

// when writes a moment for a person: local time, and how far off it is.
func when(t, now time.Time) string {
	return fmt.Sprintf("%s (%s)", t.Local().Format(time.RFC3339), fromNow(t, now))
}

// fromNow says how far off a moment is: "in 4 min", "2 h ago".
func fromNow(t, now time.Time) string {
	switch d := t.Sub(now); {
	case d >= time.Second:
		return "in " + roughly(d)
	case d <= -time.Second:
		return roughly(-d) + " ago"
	}
	return "now"
}

// roughly writes a duration in its largest fitting unit, rounded down.
func roughly(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Second:
		return d.String()
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/day)
}

// size writes a number of bytes in binary units (IEC 80000-13).
func size(n int64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n)/unit, 0
	for ; f >= unit && i < 4; i++ {
		f /= unit
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGTP"[i])
}

// counted writes a number of things.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
