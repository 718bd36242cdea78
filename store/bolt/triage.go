package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"vigil"
	"vigil/store"
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
	return w.setTriage(viewWaiting, a.Source, a.ID, standing(a), t.open())
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

// setTriage adds a listing to a view, or takes it out.
func (w write) setTriage(view, source, id string, standing []byte, in bool) error {
	b := bucket(w.read, bucketTriage)
	for _, k := range triageKeys(view, source, id, standing) {
		var err error
		if in {
			err = b.Put(k, []byte(id))
		} else {
			err = b.Delete(k)
		}
		if err != nil {
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
		if err := checkFilter(f); err != nil {
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

func checkFilter(f store.Filter) error {
	if f.MinLevel != "" && f.MinLevel.Rank() < 0 {
		return fmt.Errorf("unknown level %q", f.MinLevel)
	}
	if f.Limit < 0 {
		return fmt.Errorf("limit %d: want 0 or more", f.Limit)
	}
	return checkName("source", f.Source)
}

// errEnough ends a scan at the first listing below the wanted level.
var errEnough = errors.New("no more of this level")

func (s *Store) items(ctx context.Context, f store.Filter) iter.Seq2[store.Item, error] {
	view := viewAll
	if f.Waiting {
		view = viewWaiting
	}
	prefix := key(view, f.Source)
	return scan(ctx, s.view, bucketTriage, prefix, func(tx read, k, v []byte) (store.Item, bool, error) {
		if f.MinLevel != "" && k[len(prefix)] > inverted(f.MinLevel) {
			return store.Item{}, false, errEnough
		}
		it, err := item(tx, string(v))
		return it, true, err
	})
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
