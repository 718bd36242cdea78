// Package retention says which records of a case are past the time for which
// they may be kept, and why. It reads, and changes nothing. The rules and the
// reasons for them are in RETENTION.md.
package retention

import (
	"fmt"
	"time"

	"vigil"
)

// A Class is a reason to keep something for some time.
type Class string

// Classes, by the state in which a listing is.
const (
	NotRelevant Class = "not-relevant" // a reviewer decided so
	Unsure      Class = "unsure"       // a reviewer could not tell
	Relevant    Class = "relevant"     // a reviewer decided so, or urgent, or suspected-minor
	Undecided   Class = "undecided"    // it waits for a decision, or for a reader
	Unflagged   Class = "unflagged"    // no assessment ever found anything, and nobody decided
	Loose       Class = "loose"        // an address of which no page is kept
)

// Classes lists the classes with what each means, shortest period first.
func Classes() []struct {
	Class   Class
	Meaning string
} {
	return []struct {
		Class   Class
		Meaning string
	}{
		{Unflagged, "nothing was ever found in it, and nobody decided on it"},
		{NotRelevant, "decided to be not relevant"},
		{Unsure, "decided to be unsure"},
		{Undecided, "not decided, or not read yet"},
		{Relevant, "decided to be relevant, urgent or a suspected minor"},
		{Loose, "an address of which no page is kept"},
	}
}

// Periods say for how many days each class is kept. None goes beyond what the
// order allows; see [Periods.within].
type Periods struct {
	NotRelevant, Unsure, Unflagged int // 1 or more
	Undecided, Relevant            int // 0 for as long as the order allows
}

// Defaults returns the periods of a case whose settings say nothing.
func Defaults() Periods { return Periods{NotRelevant: 30, Unsure: 90, Unflagged: 30} }

// of returns the days of a class; 0 for those of the order.
func (p Periods) of(c Class) int {
	switch c {
	case NotRelevant:
		return p.NotRelevant
	case Unsure:
		return p.Unsure
	case Unflagged:
		return p.Unflagged
	case Undecided:
		return p.Undecided
	case Relevant:
		return p.Relevant
	}
	return 0
}

// Check reports a period that makes no sense. The zero Periods are refused.
func (p Periods) Check() error {
	for c, days := range map[Class]int{NotRelevant: p.NotRelevant, Unsure: p.Unsure, Unflagged: p.Unflagged} {
		if days < 1 {
			return fmt.Errorf("period of class %s: %d days: want 1 or more", c, days)
		}
	}
	if p.Undecided < 0 || p.Relevant < 0 {
		return fmt.Errorf("periods of %d and %d days: want 0 or more", p.Undecided, p.Relevant)
	}
	return nil
}

// A limit is what an order allows for one of its sources.
type limit struct {
	end  time.Time // when collecting ended
	days int
}

// last returns the moment at which nothing of the source may be kept any more.
func (l limit) last() time.Time { return l.end.AddDate(0, 0, l.days) }

// limitOf returns the limit of a source of an order, which ends when the order
// does or the source was revoked, whichever is earlier.
func limitOf(o vigil.Order, s vigil.Source, st vigil.Standing) (limit, error) {
	if o.RetentionDays < 1 {
		return limit{}, fmt.Errorf("order %s allows no time to keep anything (retention_days is %d): want 1 or more", o.ID, o.RetentionDays)
	}
	l := limit{end: s.NotAfter, days: o.RetentionDays}
	if l.end.IsZero() {
		l.end = o.NotAfter
	}
	if l.end.IsZero() {
		return limit{}, fmt.Errorf("source %s has no end: want the not_after of its order", s.ID())
	}
	if st.State == vigil.SourceRevoked && st.Since.Before(l.end) {
		l.end = st.Since
	}
	return l, nil
}

// within returns when something of a class is due, and from when that is
// counted: since, for as long as the class says, but never longer than the order
// allows from its end. What is relevant or undecided is counted from that end.
func (p Periods) within(l limit, c Class, since time.Time) (from, due time.Time) {
	from, due = l.end, l.last()
	days := p.of(c)
	if c == Undecided || c == Relevant {
		since = l.end
	}
	if days == 0 || since.IsZero() { // or nothing says how old it is
		return from, due
	}
	if own := since.AddDate(0, 0, min(days, l.days)); own.Before(due) {
		return since, own
	}
	return from, due
}

// An Item is something that is kept for some time.
type Item struct {
	What   string // vigil.TypeListing or TypePage, or store.EraseTasks for the addresses of a source
	ID     string // of the source for addresses
	Source string
	Class  Class
	Since  time.Time // from when its period is counted
	Due    time.Time
	Kept   string // why it stays though it may be due; empty if nothing keeps it
	N      int    // captures of a listing, or addresses; 1 for a page
}

// Over reports whether i is to be erased at a moment.
func (i Item) Over(now time.Time) bool { return i.Kept == "" && !now.Before(i.Due) }

// Reason says in words why i is due, for the log.
func (i Item) Reason() string {
	return fmt.Sprintf("class %s, counted from %s, was due on %s", i.Class, i.Since.UTC().Format(time.DateOnly), i.Due.UTC().Format(time.DateOnly))
}
