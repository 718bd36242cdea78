package bolt

import (
	"context"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
)

// getStanding returns a source's standing, which is open if none was ever set.
func getStanding(tx *bbolt.Tx, source string) (vigil.Standing, error) {
	st := vigil.Standing{Source: source, State: vigil.SourceOpen}
	b := bucket(tx, bucketStand).Get(key(source))
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
	for _, st := range ss {
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

// putStanding changes a source's standing by an act. What was revoked stays so:
// the error wraps [vigil.ErrRefused].
func (w write) putStanding(a vigil.Act, st vigil.Standing) error {
	if bucket(w.Tx, bucketSources).Get(key(st.Source)) == nil {
		return fmt.Errorf("standing of source %s: %w in this case", st.Source, vigil.ErrNotFound)
	}
	old, err := getStanding(w.Tx, st.Source)
	if err != nil {
		return err
	}
	if old.State == vigil.SourceRevoked && st.State != vigil.SourceRevoked {
		return fmt.Errorf("standing of source %s: %w: revoked by %s; it takes a new order", st.Source, vigil.ErrRefused, old.By)
	}
	st.Since, st.By, st.Reason = w.now, a.Actor, cut(st.Reason, maxReason)
	if st.Accept == nil {
		st.Accept = old.Accept
	}
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return bucket(w.Tx, bucketStand).Put(key(st.Source), b)
}

// Sources implements [store.Reader].
func (s *Store) Sources(ctx context.Context) (ss []store.SourceStatus, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		ss = nil
		return bucket(tx, bucketSources).ForEach(func(_, v []byte) error {
			var src vigil.Source
			if err := json.Unmarshal(v, &src); err != nil {
				return fmt.Errorf("case file is damaged: %w", err)
			}
			st, err := getStanding(tx, src.ID())
			p := getPace(tx, src.ID())
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
