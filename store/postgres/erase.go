package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Erase implements [store.Eraser]. The database keeps what was deleted until it is
// vacuumed, and in its write-ahead log for longer.
func (s *Store) Erase(ctx context.Context, es ...store.Erasure) (n store.Erased, err error) {
	for _, e := range es {
		if err := rule.CheckErasure(e); err != nil {
			return store.Erased{}, fmt.Errorf("erase %s %s: %w", e.What, e.ID, err)
		}
	}
	err = s.update(ctx, way{alone: true}, func(w *write) error {
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

// unsettle notes that bytes of n erasures are still in the database.
func (w *write) unsettle(n int) error {
	had, err := w.unsettled()
	if err == nil {
		w.do(putMetaSQL, metaUnsettled, []byte(strconv.Itoa(had+n)))
	}
	return err
}

func (r read) unsettled() (n int, err error) {
	var b []byte
	err = r.row(`SELECT value FROM meta WHERE name = $1`, []any{metaUnsettled}, &b)
	if none(err) {
		return 0, nil
	}
	if err == nil {
		n, err = strconv.Atoi(string(b))
	}
	return n, err
}

// Unsettled implements [store.Eraser].
func (s *Store) Unsettled(ctx context.Context) (n int, err error) {
	err = s.glance(ctx, func(r read) error {
		n, err = r.unsettled()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count erasures: %w", err)
	}
	return n, nil
}

// Holds implements [store.Eraser].
func (s *Store) Holds(ctx context.Context) (hs []vigil.Hold, err error) {
	err = s.glance(ctx, func(r read) error {
		hs, err = r.holds()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	return hs, nil
}

// holds returns the newest version of each hold.
func (r read) holds() (hs []vigil.Hold, err error) {
	if hs, err = newestOfEach[vigil.Hold](r, vigil.TypeHold); err != nil {
		return nil, err
	}
	slices.SortFunc(hs, func(a, b vigil.Hold) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return hs, nil
}

func (w *write) erase(e store.Erasure) (store.Erased, error) {
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
func (w *write) unheld(source, listing string) error {
	hs, err := w.holds()
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

// eraseListing erases a listing with all that was made of it.
func (w *write) eraseListing(e store.Erasure) (store.Erased, error) {
	r, err := w.gatherListing(e.ID)
	if err != nil {
		return store.Erased{}, err
	}
	if len(r.records) == 0 {
		return store.Erased{}, vigil.ErrNotFound
	}
	if err := w.unheld(r.source, e.ID); err != nil {
		return store.Erased{}, err
	}
	w.untriage(e.ID)
	w.do(`DELETE FROM docs WHERE listing = $1`, e.ID)
	n, err := w.remove(e, r)
	n.Listings = 1
	return n, err
}

// erasePage erases a page that no listing was read from.
func (w *write) erasePage(e store.Erasure) (store.Erased, error) {
	cs, err := w.capturesOn(e.ID)
	if err != nil {
		return store.Erased{}, err
	}
	if len(cs) > 0 {
		return store.Erased{}, fmt.Errorf("listing %s was read from it: erase that", cs[0].listing)
	}
	var r removal
	if err := r.page(w, e.ID); err != nil {
		return store.Erased{}, err
	}
	if len(r.pages) == 0 {
		return store.Erased{}, vigil.ErrNotFound
	}
	r.source = r.pages[0].Source
	if err := w.unheld(r.source, ""); err != nil {
		return store.Erased{}, err
	}
	return w.remove(e, r)
}

// eraseList erases a watchlist with its rows.
func (w *write) eraseList(e store.Erasure) (n store.Erased, err error) {
	var r removal
	if err := r.add(w, vigil.TypeWatchlist, e.ID); err != nil {
		return n, err
	}
	if len(r.records) == 0 {
		return n, vigil.ErrNotFound
	}
	if err := w.unheld("", ""); err != nil {
		return n, err
	}
	rows, err := w.rowsFrom(e.ID, 1, store.MaxRows)
	if err != nil {
		return n, err
	}
	w.deleteRecords(r.records)
	for _, table := range []string{`rows`, `listed`} {
		w.do(`DELETE FROM `+table+` WHERE list = $1`, e.ID)
	}
	if err := w.relist(rule.KeysOf(rows)); err != nil {
		return n, err
	}
	n = store.Erased{Lists: 1, Records: r.versions, Rows: len(rows)}
	return n, w.logErased(e.Act, "", vigil.Object{Type: e.What, ID: e.ID}, r.gone[""], map[string]string{"rows": strconv.Itoa(len(rows))})
}
