package bolt

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Erase implements [store.Eraser]. What leaves the tree of a case file stays in
// its free pages until [Compact].
func (s *Store) Erase(ctx context.Context, es ...store.Erasure) (n store.Erased, err error) {
	for _, e := range es {
		if err := rule.CheckErasure(e); err != nil {
			return store.Erased{}, fmt.Errorf("erase %s %s: %w", e.What, e.ID, err)
		}
	}
	err = s.update(ctx, func(w write) error {
		n = store.Erased{}
		for _, e := range es {
			one, err := w.erase(e)
			if err != nil {
				return fmt.Errorf("erase %s %s: %w", e.What, e.ID, err)
			}
			n = n.Add(one)
		}
		return w.unsettle(len(es))
	})
	if err != nil {
		return store.Erased{}, err
	}
	return n, nil
}

func (w write) erase(e store.Erasure) (store.Erased, error) {
	switch e.What {
	case vigil.TypeListing:
		return w.eraseListing(e)
	case vigil.TypePage:
		return w.erasePage(e)
	case vigil.TypeWatchlist:
		return w.eraseList(e)
	}
	return w.eraseTasks(e)
}

// unheld refuses what a hold covers.
func (w write) unheld(source, listing string) error {
	hs, err := holds(w.read)
	if err != nil {
		return err
	}
	for _, h := range hs {
		if h.Covers(source, listing) {
			return fmt.Errorf("%w: legal hold %s of %s, set by %q, covers it", vigil.ErrRefused, h.ID, h.Scope, h.By)
		}
	}
	return nil
}

// holds returns the newest version of each hold.
func holds(tx read) (hs []vigil.Hold, err error) {
	if hs, err = newestOfEach[vigil.Hold](tx, vigil.TypeHold); err != nil {
		return nil, err
	}
	slices.SortFunc(hs, func(a, b vigil.Hold) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return hs, nil
}

// Holds implements [store.Eraser].
func (s *Store) Holds(ctx context.Context) (hs []vigil.Hold, err error) {
	err = s.view(ctx, func(tx read) error {
		hs, err = holds(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	return hs, nil
}

// Assessments implements [store.Eraser].
func (s *Store) Assessments(ctx context.Context, listing string) (as []vigil.Assessment, err error) {
	err = s.view(ctx, func(tx read) error {
		as, err = versions[vigil.Assessment](tx, vigil.TypeAssessment, listing)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read assessments: %w", err)
	}
	return as, nil
}

// logErased writes that records were erased to the log of an order, in as many
// entries as it takes.
func (w write) logErased(a vigil.Act, order string, object vigil.Object, gone []vigil.Object, details map[string]string) error {
	for _, a := range rule.ErasureActs(a, order, object, gone, details) {
		if _, err := w.log(a); err != nil {
			return err
		}
	}
	return nil
}
