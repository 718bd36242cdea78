package review

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/search"
	"vigil/store"
)

// maxSelected is how many listings are tagged or drafted at once from a page: each
// tag is a transaction of its own.
const maxSelected = 1000

// A selectPage asks whether to do something with all listings that answer a query,
// or says what came of it.
type selectPage struct {
	Query string
	Path  string // back to the answers
	Act   string // tag or draft
	Tag   string
	Found string
	N     int
	Over  bool // more than are done from here
	Most  int

	Done    bool
	Changed int
	Refused []refusal
}

// A refusal counts the listings that were left as they are for one reason.
type refusal struct {
	Why string
	N   int
}

// selectAll asks before it does something with all that answers a query, and then
// does it.
func (h *handler) selectAll(w http.ResponseWriter, r *http.Request) {
	if h.Query == nil {
		h.nothing(w, r)
		return
	}
	text := r.PostFormValue("q")
	p := selectPage{Query: display.Head(display.Visible(text), search.MaxQuery), Path: searchPath(text, false, ""), Act: r.PostFormValue("act"), Tag: r.PostFormValue("tag"), Most: maxSelected}
	back := message{Path: p.Path, Link: "Back to the answers"}
	q, err := h.Query(text)
	if err == nil {
		err = h.checkAct(p)
	}
	if err != nil {
		back.Text = display.Clean(err.Error())
		h.say(w, r, http.StatusUnprocessableEntity, "That did not work", back)
		return
	}
	c, err := h.count(r.Context(), r, q)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	p.N, p.Found, p.Over = c.N, foundWords(c), c.N > maxSelected || c.AtLeast && c.N == maxSelected
	switch {
	case p.Over || p.N == 0 || r.PostFormValue("sure") != "yes":
	case p.Act == "draft":
		h.draftAll(w, r, q)
		return
	default:
		if err := h.tagAll(r, q, &p); err != nil {
			h.fail(w, r, err)
			return
		}
	}
	h.show(w, r, http.StatusOK, "selection", frame{Title: "All that answer", Here: "search", Data: p})
}

// checkAct refuses what cannot be done with a selection.
func (h *handler) checkAct(p selectPage) error {
	switch {
	case p.Act == "tag":
		probe := vigil.Remark{Kind: vigil.Tag, Text: p.Tag, Listing: "-", Source: "-", By: "-", At: h.Desk.Clock()}
		return probe.Check()
	case p.Act == "draft" && h.Draft != nil:
		return nil
	}
	return fmt.Errorf("%q: want tag or draft", display.Cut(display.Clean(p.Act), 20))
}

// selected returns the IDs of up to maxSelected listings that answer a query.
func (h *handler) selected(ctx context.Context, r *http.Request, q search.Query) ([]string, error) {
	req := store.SearchRequest{Query: q, Limit: maxSelected}
	var ids []string
	for len(ids) < maxSelected {
		res, err := h.desk(r).Search(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, hit := range res.Hits {
			ids = append(ids, hit.Listing.ID)
		}
		if req.Page = res.Next; req.Page == "" {
			break
		}
	}
	return ids[:min(len(ids), maxSelected)], nil
}

// tagAll puts a tag on all that answers. A listing that refuses it is counted with
// the reason.
func (h *handler) tagAll(r *http.Request, q search.Query, p *selectPage) error {
	// What was begun is done even if nobody waits for the page any more.
	ctx := context.WithoutCancel(r.Context())
	ids, err := h.selected(ctx, r, q)
	if err != nil {
		return err
	}
	p.Done = true
	refused := map[string]int{}
	for _, id := range ids {
		if _, err := h.desk(r).Remark(ctx, id, vigil.Remark{Kind: vigil.Tag, Text: p.Tag}); err != nil {
			why := display.Cut(strings.ReplaceAll(display.Clean(err.Error()), id, "it"), 120)
			if refused[why]++; refused[why] == 1 {
				p.Refused = append(p.Refused, refusal{Why: why})
			}
			continue
		}
		p.Changed++
	}
	for i := range p.Refused {
		p.Refused[i].N = refused[p.Refused[i].Why]
	}
	p.Refused = p.Refused[:min(len(p.Refused), 20)]
	return nil
}

// draftAll drafts a bundle of all that answers, and goes to where it is.
func (h *handler) draftAll(w http.ResponseWriter, r *http.Request, q search.Query) {
	ids, err := h.selected(r.Context(), r, q)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	path, err := h.Draft(r.Context(), h.desk(r), ids)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
}
