package bolt

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"vigil"
	"vigil/store"
)

// getStanding returns a source's standing, which is open if none was ever set.
func getStanding(tx read, source string) (vigil.Standing, error) {
	st := vigil.Standing{Source: source, State: vigil.SourceOpen}
	b, err := tx.get(bucketStand, key(source))
	if err != nil {
		return vigil.Standing{}, fmt.Errorf("standing of source %s: %w", source, err)
	}
	if b == nil {
		return st, nil
	}
	if err := json.Unmarshal(b, &st); err != nil {
		return vigil.Standing{}, fmt.Errorf("standing of source %s: case file is damaged: %w", source, err)
	}
	return st, nil
}

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
		if err := checkName("source", st.Source); err != nil {
			return err
		}
		if vigil.OrderOf(st.Source) != a.Order {
			return fmt.Errorf("standing of source %q: the act is of order %q", st.Source, a.Order)
		}
	}
	return nil
}

// standings returns the standings that a result sets, as they are to be kept.
// What was revoked stays so: a standing that would change that is refused, or
// passed over in a commit, as what was fetched before is kept.
func (w write) standings(p prepared, revoked refusal) (ss []vigil.Standing, err error) {
	for _, st := range p.Standings {
		old, err := getStanding(w.read, st.Source)
		if err != nil {
			return nil, err
		}
		if old.State == vigil.SourceRevoked && st.State != vigil.SourceRevoked {
			if revoked == passOver {
				continue
			}
			return nil, fmt.Errorf("standing of source %s: %w: revoked by %s; it takes a new order", st.Source, vigil.ErrRefused, old.By)
		}
		st.Since, st.By, st.Reason = w.now, p.Act.Actor, cut(st.Reason, maxReason)
		if st.Accept == nil {
			st.Accept = old.Accept
		}
		ss = append(ss, st)
	}
	return ss, nil
}

// A refusal says what becomes of a result with a standing that a revoked source
// cannot have.
type refusal bool

const (
	refuse   refusal = false
	passOver refusal = true
)

// withStandings returns a with the standings that it sets, to be logged.
func withStandings(a vigil.Act, ss []vigil.Standing) vigil.Act {
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

// putStanding stores a source's standing. One that opens the source ends its
// rest.
func (w write) putStanding(st vigil.Standing) error {
	if bucket(w.read, bucketSources).Get(key(st.Source)) == nil {
		return fmt.Errorf("standing of source %s: %w in this case", st.Source, vigil.ErrNotFound)
	}
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	if err := w.set(bucketStand, key(st.Source), b); err != nil {
		return err
	}
	if st.State != vigil.SourceOpen {
		return nil
	}
	p, err := getPace(w.read, st.Source)
	if err != nil {
		return err
	}
	p.rest, p.setbacks, p.because = time.Time{}, 0, ""
	return w.putPace(st.Source, p)
}

// Sources implements [store.Reader].
func (s *Store) Sources(ctx context.Context) (ss []store.SourceStatus, err error) {
	err = s.view(ctx, func(tx read) error {
		ss = nil
		return bucket(tx, bucketSources).ForEach(func(k, v []byte) error {
			v, err := tx.open(bucketSources, k, v)
			if err != nil {
				return err
			}
			var src vigil.Source
			if err := json.Unmarshal(v, &src); err != nil {
				return fmt.Errorf("case file is damaged: %w", err)
			}
			st, err := getStanding(tx, src.ID())
			if err != nil {
				return err
			}
			p, err := getPace(tx, src.ID())
			ss = append(ss, store.SourceStatus{
				Source: src, Standing: st, Pages: p.pages, Bytes: p.bytes,
				Last: p.last, Rest: p.rest, Because: p.because, Setbacks: p.setbacks,
			})
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return ss, nil
}
