package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// The views of the triage bucket: all assessed listings, and those whose review
// waits.
const (
	viewAll     = "all"
	viewWaiting = "waiting"
)

// standing returns the part of a triage key by which listings are sorted:
// highest level first, then highest score.
func standing(a vigil.Assessment) []byte {
	k := []byte{inverted(a.Level)}
	// The bits of floats that are not negative sort as the floats do.
	return number(k, ^math.Float64bits(max(a.Score, 0)))
}

// inverted returns 0 for the highest level, more for lower ones.
func inverted(l vigil.Level) byte { return byte(vigil.LevelEscalate.Rank() - l.Rank()) }

// triageKeys returns an assessment's keys in a view: one for its source and one
// for all sources.
func triageKeys(view, source, id string, standing []byte) [][]byte {
	all := append(append(key(view, ""), standing...), id...)
	return [][]byte{all, append(append(key(view, source), standing...), id...)}
}

// triage puts a listing where its new assessment belongs.
func (w write) triage(a vigil.Assessment) error {
	old, err := newest[vigil.Assessment](w.read, vigil.TypeAssessment, a.ID)
	if err == nil {
		err = w.untriage(old)
	} else if errors.Is(err, vigil.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return err
	}
	if err := w.setTriage(viewAll, a.Source, a.ID, standing(a), true); err != nil {
		return err
	}
	review := reviewOf(a)
	if err := bucket(w.read, bucketReviews).Put(key(review, a.Source, a.ID), standing(a)); err != nil {
		return err
	}
	t, err := getTask(w.read, review)
	if errors.Is(err, vigil.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.setTriage(viewWaiting, a.Source, a.ID, standing(a), t.Open())
}

// untriage removes all that triage did for an assessment.
func (w write) untriage(a vigil.Assessment) error {
	for _, view := range []string{viewAll, viewWaiting} {
		if err := w.setTriage(view, a.Source, a.ID, standing(a), false); err != nil {
			return err
		}
	}
	return bucket(w.read, bucketReviews).Delete(key(reviewOf(a), a.Source, a.ID))
}

// reviewOf returns the ID of the review task that an assessment may ask for.
func reviewOf(a vigil.Assessment) string { return vigil.NewTask(vigil.Review, a.Source, a.Page).ID }

// setTriage adds a listing to a view, or takes it out, and keeps the numbers of
// listings in step.
func (w write) setTriage(view, source, id string, standing []byte, in bool) error {
	b := bucket(w.read, bucketTriage)
	of := []string{"", source}
	for i, k := range triageKeys(view, source, id, standing) {
		if was := b.Get(k) != nil; was == in {
			continue
		}
		by, change := 1, func() error { return b.Put(k, []byte(id)) }
		if !in {
			by, change = -1, func() error { return b.Delete(k) }
		}
		if err := errors.Join(change(), w.countLevel(view, of[i], standing[0], by)); err != nil {
			return err
		}
	}
	return nil
}

// setWaiting keeps the waiting view in step with a review task.
func (w write) setWaiting(review string, waiting bool) error {
	prefix := key(review)
	c := bucket(w.read, bucketReviews).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		names := bytes.Split(bytes.TrimSuffix(k[len(prefix):], []byte{0}), []byte{0})
		if len(names) != 2 {
			return fmt.Errorf("reviews: case file is damaged: key %q", k)
		}
		if err := w.setTriage(viewWaiting, string(names[0]), string(names[1]), v, waiting); err != nil {
			return err
		}
		if err := w.search().setWaiting(string(names[1]), waiting); err != nil {
			return err
		}
	}
	return nil
}

// Items implements [store.Reader].
func (s *Store) Items(ctx context.Context, f store.Filter) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		if err := rule.CheckFilter(f); err != nil {
			yield(store.Item{}, fmt.Errorf("list items: %w", err))
			return
		}
		n := 0
		for it, err := range s.items(ctx, f) {
			if err == errEnough {
				return
			}
			if err != nil {
				err = fmt.Errorf("list items: %w", err)
			}
			if !yield(it, err) {
				return
			}
			if n++; n == f.Limit {
				return
			}
		}
	}
}

// errEnough ends a scan at the first listing below the wanted level.
var errEnough = errors.New("no more of this level")

func (s *Store) items(ctx context.Context, f store.Filter) iter.Seq2[store.Item, error] {
	view := viewAll
	if f.Waiting {
		view = viewWaiting
	}
	prefix := key(view, f.Source)
	parse := func(tx read, k, v []byte) (store.Item, bool, error) {
		if f.MinLevel != "" && k[len(prefix)] > inverted(f.MinLevel) {
			return store.Item{}, false, errEnough
		}
		it, err := item(tx, string(v))
		return it, true, err
	}
	return func(yield func(store.Item, error) bool) {
		from, err := s.itemsFrom(ctx, prefix, f)
		if err != nil {
			yield(store.Item{}, err)
			return
		}
		size := firstPiece
		if f.Limit > 0 { // read as many as are asked for, and no more
			size = min(f.Limit, lastPiece)
		}
		scanFrom(ctx, s.view, bucketTriage, prefix, from, size, parse)(yield)
	}
}

// itemsFrom returns the first key of triage that a filter may choose.
func (s *Store) itemsFrom(ctx context.Context, prefix []byte, f store.Filter) (from []byte, err error) {
	from = prefix
	if f.MaxLevel != "" {
		from = append(bytes.Clone(prefix), inverted(f.MaxLevel))
	}
	if f.After == "" {
		return from, nil
	}
	err = s.view(ctx, func(tx read) error {
		a, err := newest[vigil.Assessment](tx, vigil.TypeAssessment, f.After)
		if err != nil {
			return fmt.Errorf("behind listing %q: %w", f.After, err)
		}
		behind := slices.Concat(prefix, standing(a), []byte(a.ID), []byte{0})
		if bytes.Compare(behind, from) > 0 {
			from = behind
		}
		return nil
	})
	return from, err
}

// item joins what belongs to an assessed listing.
func item(tx read, id string) (it store.Item, err error) {
	if it.Assessment, err = newest[vigil.Assessment](tx, vigil.TypeAssessment, id); err != nil {
		return it, err
	}
	if it.Listing, err = assessedListing(tx, it.Assessment); err != nil {
		return it, err
	}
	t, err := getTask(tx, reviewOf(it.Assessment))
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return it, err
	}
	it.Task = t.Task
	it.Decision, err = standingDecision(tx, id)
	return it, err
}

// assessedListing returns the version of a listing that was assessed: the
// findings point into its text, and a newer capture may have another. It is the
// newest version of the capture's page, or else the newest of all.
func assessedListing(tx read, a vigil.Assessment) (vigil.Listing, error) {
	l, err := newest[vigil.Listing](tx, vigil.TypeListing, a.ID)
	if errors.Is(err, vigil.ErrNotFound) {
		// Assessed from a file: the case has no more of it than its ID.
		return vigil.Listing{ID: a.ID, Source: a.Source, Page: a.Page}, nil
	}
	if err != nil || l.Page == a.Page {
		return l, err
	}
	of, err := newestOf[vigil.Listing](tx, vigil.TypeListing, capture{a.Page, a.ID})
	if errors.Is(err, vigil.ErrNotFound) {
		return l, nil
	}
	return of, err
}
