package review

import (
	"errors"
	"fmt"
	"net/http"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/store"
)

// ownLists sets the lists of what concerns this person alone.
func (h *handler) ownLists(r *http.Request, p *queuePage) (err error) {
	if p.Mine, err = h.held(r, p.Counts.Mine); err != nil {
		return err
	}
	if p.Seconds, err = h.waitingIn(r, vigil.Reread, access.Decide, p.Counts.Rereads); err != nil {
		return err
	}
	if p.Disputes, err = h.waitingIn(r, vigil.Adjudicate, access.Adjudicate, p.Counts.Disputes); err != nil {
		return err
	}
	if p.Counts.FollowUps > 0 {
		err = h.due(r, p)
	}
	return err
}

// held returns the rows of the tasks that this person holds.
func (h *handler) held(r *http.Request, ts []vigil.Task) ([]row, error) {
	var rows []row
	for _, t := range ts[:min(len(ts), shortList)] {
		it, err := h.itemOf(r, t)
		if errors.Is(err, vigil.ErrNotFound) {
			continue // superseded by a newer capture; the desk puts it aside
		}
		if err != nil {
			return nil, err
		}
		it.Task = t
		rows = append(rows, h.newRow(r, it))
	}
	return rows, nil
}

// itemOf returns the item that a task of a person is about.
func (h *handler) itemOf(r *http.Request, t vigil.Task) (store.Item, error) {
	d := h.desk(r)
	page, err := d.Store.PageInfo(r.Context(), t.Subject)
	if err != nil {
		return store.Item{}, fmt.Errorf("page %s of review %s: %w", t.Subject, t.ID, err)
	}
	for _, address := range []string{page.URL, page.FinalURL} {
		it, err := d.Find(r.Context(), vigil.NewListingID(t.Source, address))
		if !errors.Is(err, vigil.ErrNotFound) {
			return it, err
		}
	}
	return store.Item{}, fmt.Errorf("listing of review %s: %w", t.ID, vigil.ErrNotFound)
}

// waitingIn returns rows of the n listings that wait in a stage, if the person may do
// it. Where nothing waits, nothing is looked at, and nothing logged.
func (h *handler) waitingIn(r *http.Request, st vigil.Stage, act access.Act, n int) ([]row, error) {
	if n == 0 || !person(r).Can(act) {
		return nil, nil
	}
	items, _, err := h.desk(r).Waiting(r.Context(), st, shortList) // the queue has the rest
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, it := range items {
		rows = append(rows, h.newRow(r, it))
	}
	return rows, nil
}

// due sets what this person wanted to come back to by today, how many of it are not
// shown, and how many listings wait for later days.
func (h *handler) due(r *http.Request, p *queuePage) error {
	all, more, err := h.desk(r).FollowUps(r.Context())
	if err != nil {
		return err
	}
	p.DueCut = more
	for _, f := range all {
		switch {
		case f.Remark.By != person(r).Account:
		case f.Remark.Due.After(h.Desk.Clock()):
			p.Later++
		case len(p.Due) < shortList:
			why := display.Cut(display.Clean(f.Remark.Text), 80)
			p.Due = append(p.Due, dueRow{row: h.newRow(r, f.Item), Day: day(f.Remark.Due), Why: why})
		default:
			p.DueMore++
		}
	}
	return nil
}
