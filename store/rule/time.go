package rule

import (
	"math"
	"time"
)

// SortTime returns a number by which times sort. A time that has no number of
// nanoseconds is the first or the last.
func SortTime(t time.Time) uint64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return 0
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxUint64
	}
	return uint64(t.UnixNano()) ^ 1<<63
}
