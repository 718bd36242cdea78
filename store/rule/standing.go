package rule

import (
	"fmt"
	"maps"
	"time"

	"vigil"
	"vigil/store"
)

// checkStandings refuses standings that make no sense, or are none of the act's
// business.
func checkStandings(a vigil.Act, ss []vigil.Standing) error {
	seen := map[string]bool{}
	for _, st := range ss {
		if seen[st.Source] {
			return fmt.Errorf("standing of source %q: it has two", st.Source)
		}
		seen[st.Source] = true
		switch st.State {
		case vigil.SourceOpen, vigil.SourcePaused, vigil.SourceRevoked:
		default:
			return fmt.Errorf("standing of source %q: state %q, want open, paused or revoked", st.Source, st.State)
		}
		if err := Name("source", st.Source); err != nil {
			return err
		}
		if vigil.OrderOf(st.Source) != a.Order {
			return fmt.Errorf("standing of source %q: the act is of order %q", st.Source, a.Order)
		}
	}
	return nil
}

// A Refusal says what becomes of a result with a standing that a revoked source
// cannot have.
type Refusal bool

// What becomes of it.
const (
	Refuse   Refusal = false
	PassOver Refusal = true
)

// WithStandings returns a with the standings that it sets, to be logged.
func WithStandings(a vigil.Act, ss []vigil.Standing) vigil.Act {
	if len(ss) == 0 {
		return a
	}
	details := map[string]string{}
	maps.Copy(details, a.Details)
	for _, st := range ss {
		details[store.DetailStanding+st.Source] = string(st.State)
	}
	a.Details = details
	return a
}

// Standings returns the standings that a result sets at a moment, as they are to be
// kept; old says what a source has. What was revoked stays so: a standing that
// would change that is refused, or passed over in a commit, as what was fetched
// before is kept.
func Standings(r vigil.Result, revoked Refusal, now time.Time, old func(source string) (vigil.Standing, error)) (ss []vigil.Standing, err error) {
	for _, st := range r.Standings {
		old, err := old(st.Source)
		if err != nil {
			return nil, err
		}
		if old.State == vigil.SourceRevoked && st.State != vigil.SourceRevoked {
			if revoked == PassOver {
				continue
			}
			return nil, fmt.Errorf("standing of source %s: %w: revoked by %s; it takes a new order", st.Source, vigil.ErrRefused, old.By)
		}
		st.Since, st.By, st.Reason = now, r.Act.Actor, Cut(st.Reason, MaxReason)
		if st.Accept == nil {
			st.Accept = old.Accept
		}
		ss = append(ss, st)
	}
	return ss, nil
}
