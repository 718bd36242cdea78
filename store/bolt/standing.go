package bolt

import (
	"context"
	"encoding/json"
	"fmt"
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
	p.Rest, p.Setbacks, p.Because = time.Time{}, 0, ""
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
				Source: src, Standing: st, Pages: p.Pages, Bytes: p.Bytes,
				Last: p.Last, Rest: p.Rest, Because: p.Because, Setbacks: p.Setbacks,
			})
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return ss, nil
}
