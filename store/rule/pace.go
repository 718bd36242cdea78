package rule

import (
	"time"

	"vigil"
)

// A Pace is what a source's rules are measured against, and what its service
// has made of it lately.
type Pace struct {
	Last     time.Time // start of the last fetch; zero if there was none
	Rest     time.Time // no fetch starts before; zero if it never rested
	Pages    int       // kept
	Bytes    int64     // received, of these
	Setbacks int       // that rested it, since its last page
	Because  string    // class and reason of the last of these
}

// Rested returns p with a rest from now on, unless it rests longer already.
func (p Pace) Rested(now time.Time, d time.Duration) Pace {
	if d > 0 {
		p.Rest = Later(p.Rest, now.Add(min(d, MaxWait)))
	}
	return p
}

// Because says in one line why a setback rests a source.
func Because(b vigil.Setback) string {
	class, reason := Cut(b.Class, MaxClass), Cut(b.Reason, MaxBecause)
	if class == "" || reason == "" {
		return class + reason
	}
	return class + ": " + reason
}

// Earlier returns the earlier of two times, of which a zero one stands for never.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Later returns the later of two times.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// AfterSetback returns the pace of a source after one that rests it.
func (p Pace) AfterSetback(now time.Time, b vigil.Setback) Pace {
	p = p.Rested(now, b.Rest)
	p.Setbacks++
	p.Because = Because(b)
	return p
}

// AfterCommit returns the pace of a source after the result of a fetch: a page
// ends the row of its setbacks.
func (p Pace) AfterCommit(now time.Time, r vigil.Result) Pace {
	p = p.Rested(now, r.Rest)
	if _, ok := r.Record.(vigil.Page); ok {
		p.Setbacks, p.Because = 0, ""
	}
	return p
}

// A Gate is what the rules of a source let through to its service.
type Gate struct {
	Rules  vigil.Source // the zero Source allows nothing
	Shut   bool         // the source's standing is not open
	Pace   Pace
	Leased int       // fetches that go on
	Frees  time.Time // when the first lease of these runs out; zero if there is none
}

// Opens returns the earliest moment, not before at, at which another fetch may
// start; zero if waiting does not help.
func (g Gate) Opens(at time.Time) time.Time {
	if g.Shut || g.Rules.Concurrency <= 0 || g.Rules.MaxPages <= 0 {
		return time.Time{}
	}
	if g.Rules.MaxBytes > 0 && g.Pace.Bytes >= g.Rules.MaxBytes {
		return time.Time{}
	}
	if g.Leased >= g.Rules.Concurrency || g.Pace.Pages+g.Leased >= g.Rules.MaxPages {
		if g.Frees.IsZero() {
			return time.Time{}
		}
		at = Later(at, g.Frees)
	}
	if !g.Pace.Last.IsZero() {
		at = Later(at, g.Pace.Last.Add(g.Rules.Interval))
	}
	at = Later(at, g.Pace.Rest)
	at = Later(at, g.Rules.NotBefore)
	if g.Rules.InForce(at) != nil {
		return time.Time{}
	}
	return at
}

// Fits reports whether a pace counts the pages that are there, and those that were
// erased: how many bytes they had is known no more.
func (p Pace) Fits(there Pace, erased int) bool {
	return p.Pages == there.Pages+erased && (p.Bytes == there.Bytes || erased > 0 && p.Bytes >= there.Bytes)
}
