package review

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
)

// Bounds of the page about oneself.
const (
	ownDays   = 7
	ownEvents = 5000 // entries at the end of each log that are read
)

// A mePage is what the me template shows.
type mePage struct {
	Account, Roles string
	Mine           []row
	Days           int
	Verdicts       []verdictCount // this person's own, of the last days
	Undone         int
	Filters        []ownFilter
	Search         bool
	Pages          []OwnPage
	Notice         string
}

// A verdictCount says how often somebody decided so.
type verdictCount struct {
	Label string
	N     int
}

// An ownFilter is a saved search.
type ownFilter struct{ Name, Query, Path string }

// me shows a person what is theirs. There is nobody to compare with.
func (h *handler) me(w http.ResponseWriter, r *http.Request) {
	who := person(r)
	p := mePage{
		Account: display.Clean(who.Account), Roles: roleWords(who), Days: ownDays,
		Search: h.offers(who, "/search"), Notice: notices(r.URL.Query().Get("done")),
	}
	if err := errors.Join(h.ownWork(r, &p), h.ownFilters(r, &p), h.ownPages(r, &p)); err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, http.StatusOK, "me", frame{Title: "Me", Here: "me", Data: p})
}

// ownWork sets what the person holds and has decided.
func (h *handler) ownWork(r *http.Request, p *mePage) error {
	if !person(r).Can(access.Decide) {
		return nil
	}
	c, err := h.desk(r).Counts(r.Context())
	if err != nil {
		return err
	}
	if p.Mine, err = h.held(r, c.Mine); err != nil {
		return err
	}
	n, err := h.ownDecisions(r.Context(), person(r).Account)
	if err != nil {
		return err
	}
	for _, v := range vigil.Verdicts() {
		p.Verdicts = append(p.Verdicts, verdictCount{label(string(v.Verdict)), n[string(v.Verdict)]})
	}
	p.Undone = n[""]
	return nil
}

// ownDecisions counts a person's decisions of the last days by verdict, from the end
// of each log; under "" those taken back.
func (h *handler) ownDecisions(ctx context.Context, account string) (map[string]int, error) {
	n := map[string]int{}
	names, err := h.Desk.Store.Logs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	since := h.Desk.Clock().Add(-ownDays * 24 * time.Hour)
	for _, name := range names {
		cp, err := h.Desk.Store.Checkpoint(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("size of the log of %s: %w", name, err)
		}
		for e, err := range h.Desk.Store.LogFrom(ctx, name, max(0, cp.Size-ownEvents)) {
			switch {
			case err != nil:
				return nil, fmt.Errorf("read the log of %s: %w", name, err)
			case e.Event.Actor != account || e.Event.Time.Before(since):
			case e.Event.Action == vigil.ActDecide:
				n[e.Event.Details["verdict"]]++
			case e.Event.Action == vigil.ActUndo:
				n[""]++
			}
		}
	}
	return n, nil
}

// ownFilters sets the person's saved searches.
func (h *handler) ownFilters(r *http.Request, p *mePage) error {
	if !p.Search {
		return nil
	}
	fs, err := h.desk(r).Filters(r.Context())
	if err != nil {
		return err
	}
	for _, f := range fs {
		to := "/search?" + url.Values{"q": {f.Query}}.Encode()
		p.Filters = append(p.Filters, ownFilter{display.Clean(f.Name), display.Cut(display.Clean(f.Query), 120), to})
	}
	return nil
}

// ownPages sets the pages about the person's own sign-in.
func (h *handler) ownPages(r *http.Request, p *mePage) (err error) {
	if h.Own == nil {
		return nil
	}
	p.Pages, err = h.Own(r.Context(), person(r).Account)
	return err
}

// saveFilter keeps a search under a name, or ends one.
func (h *handler) saveFilter(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.badForm(w, r)
		return
	}
	err := h.desk(r).SaveFilter(r.Context(), r.PostForm.Get("name"), r.PostForm.Get("query"))
	if errors.Is(err, vigil.ErrRefused) {
		h.fail(w, r, err)
		return
	}
	if err != nil {
		h.say(w, r, http.StatusUnprocessableEntity, "Not kept", message{Text: display.Clean(err.Error()), Path: "/me", Link: "Back"})
		return
	}
	http.Redirect(w, r, "/me?done=noted", http.StatusSeeOther)
}
