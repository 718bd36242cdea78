package bolt

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Orders implements [store.Reader].
func (s *Store) Orders(ctx context.Context) iter.Seq2[vigil.Order, error] {
	prefix := key(vigil.TypeOrder)
	return scan(ctx, s.view, bucketRecords, prefix, func(tx read, k, v []byte) (o vigil.Order, keep bool, err error) {
		id, _, _ := bytes.Cut(k[len(prefix):], []byte{0})
		return o, true, decode(tx, vigil.TypeOrder, string(id), k, v, &o)
	})
}

// Page implements [store.Reader].
func (s *Store) Page(ctx context.Context, id string) (p vigil.Page, err error) {
	err = s.view(ctx, func(tx read) error {
		if p, err = newest[vigil.Page](tx, vigil.TypePage, id); err != nil {
			return err
		}
		p.Body, err = s.getBody(tx, p)
		return err
	})
	if err != nil {
		return vigil.Page{}, fmt.Errorf("read page %s: %w", id, err)
	}
	return p, nil
}

// PageInfo implements [store.Reader].
func (s *Store) PageInfo(ctx context.Context, id string) (p vigil.Page, err error) {
	err = s.view(ctx, func(tx read) error {
		p, err = newest[vigil.Page](tx, vigil.TypePage, id)
		return err
	})
	if err != nil {
		return vigil.Page{}, fmt.Errorf("read page %s: %w", id, err)
	}
	return p, nil
}

// Pages implements [store.Reader].
func (s *Store) Pages(ctx context.Context, source string) iter.Seq2[vigil.Page, error] {
	return func(yield func(vigil.Page, error) bool) {
		if err := rule.Name("source", source); err != nil {
			yield(vigil.Page{}, fmt.Errorf("list pages: %w", err))
			return
		}
		pages := scan(ctx, s.view, bucketPages, key(source), func(tx read, _, v []byte) (vigil.Page, bool, error) {
			p, err := newest[vigil.Page](tx, vigil.TypePage, string(v))
			return p, true, err
		})
		for p, err := range pages {
			if err != nil {
				err = fmt.Errorf("list pages: %w", err)
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

// Listing implements [store.Reader].
func (s *Store) Listing(ctx context.Context, id string) (l vigil.Listing, err error) {
	err = s.view(ctx, func(tx read) error {
		l, err = newest[vigil.Listing](tx, vigil.TypeListing, id)
		return err
	})
	if err != nil {
		return vigil.Listing{}, fmt.Errorf("read listing: %w", err)
	}
	return l, nil
}

// Assessment implements [store.Reader].
func (s *Store) Assessment(ctx context.Context, listing string) (a vigil.Assessment, err error) {
	err = s.view(ctx, func(tx read) error {
		a, err = newest[vigil.Assessment](tx, vigil.TypeAssessment, listing)
		return err
	})
	if err != nil {
		return vigil.Assessment{}, fmt.Errorf("read assessment: %w", err)
	}
	return a, nil
}

// Decisions implements [store.Reader].
func (s *Store) Decisions(ctx context.Context, listing string) (ds []vigil.Decision, err error) {
	err = s.view(ctx, func(tx read) error {
		ds, err = versions[vigil.Decision](tx, vigil.TypeDecision, listing)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	return ds, nil
}

// Task implements [store.Reader].
func (s *Store) Task(ctx context.Context, id string) (vigil.Task, error) {
	var t task
	err := s.view(ctx, func(tx read) (err error) {
		t, err = getTask(tx, id)
		return err
	})
	if err != nil {
		return vigil.Task{}, fmt.Errorf("read task: %w", err)
	}
	return t.Task, nil
}

// Tasks implements [store.Reader].
func (s *Store) Tasks(ctx context.Context, st vigil.Stage, state vigil.State) iter.Seq2[vigil.Task, error] {
	return func(yield func(vigil.Task, error) bool) {
		names, err := bucketsOf(state)
		if err == nil {
			err = rule.Name("stage", string(st))
		}
		if err != nil {
			yield(vigil.Task{}, fmt.Errorf("list %s tasks: %w", st, err))
			return
		}
		for _, name := range names {
			tasks := scan(ctx, s.view, name, key(string(st)), func(tx read, _, v []byte) (vigil.Task, bool, error) {
				t, err := getTask(tx, idOf(v))
				return t.Task, true, err
			})
			for t, err := range tasks {
				if err != nil {
					err = fmt.Errorf("list %s tasks: %w", st, err)
				}
				if !yield(t, err) {
					return
				}
			}
		}
	}
}

// bucketsOf returns the buckets in which tasks of a state are found.
func bucketsOf(state vigil.State) ([]string, error) {
	switch state {
	case vigil.Queued:
		return []string{bucketReady, bucketDelayed}, nil
	case vigil.Leased:
		return []string{bucketLeased}, nil
	case vigil.Done:
		return []string{bucketDone}, nil
	case vigil.Parked:
		return []string{bucketParked}, nil
	case vigil.Dead:
		return []string{bucketDead}, nil
	}
	return nil, fmt.Errorf("unknown state %q", state)
}

// Counts implements [store.Reader].
func (s *Store) Counts(ctx context.Context) (cs []store.Count, err error) {
	err = s.audit(ctx, func(tx read) error {
		cs = nil
		return bucket(tx, bucketCounts).ForEach(func(k, v []byte) error {
			names := bytes.Split(bytes.TrimSuffix(k, []byte{0}), []byte{0})
			if len(names) != 3 {
				return fmt.Errorf("case file is damaged: key %q", k)
			}
			cs = append(cs, store.Count{
				Source: string(names[0]), Stage: vigil.Stage(names[1]), State: vigil.State(names[2]), N: int(parseNumber(v)),
			})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("count tasks: %w", err)
	}
	return cs, nil
}
