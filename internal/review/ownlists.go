package review

import (
	"errors"
	"fmt"
	"net/http"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/store"
)

// ownLists sets the lists of what concerns this person alone.
func (h *handler) ownLists(r *http.Request, p *queuePage, b desk.Board) (err error) {
	p.Seconds, p.Disputes = h.rows(r, b.Seconds), h.rows(r, b.Disputes)
	h.due(r, p, b)
	p.Mine, err = h.held(r, b.Counts.Mine)
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

func (h *handler) rows(r *http.Request, items []store.Item) (rows []row) {
	for _, it := range items {
		rows = append(rows, h.newRow(r, it))
	}
	return rows
}

// due sets what this person wanted to come back to by today, how many of it are not
// shown, and how many listings wait for later days.
func (h *handler) due(r *http.Request, p *queuePage, b desk.Board) {
	p.DueCut = b.MoreDue
	for _, f := range b.FollowUps {
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
}
