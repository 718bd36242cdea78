package review

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/job"
	"vigil/internal/search"
	"vigil/store"
)

// maxSelected is how many listings are drafted at once from a page.
const maxSelected = 1000

// A selectPage asks whether to do something with all listings that answer a query.
type selectPage struct {
	Query string
	Path  string // back to the answers
	Act   string // tag or draft
	Tag   string
	Found string
	N     int
	Over  bool // more than are done from here
	Most  int
}

// selectAll asks before it does something with all that answers a query, and then
// does it, or begins a job that does.
func (h *handler) selectAll(w http.ResponseWriter, r *http.Request) {
	if h.Query == nil {
		h.nothing(w, r)
		return
	}
	text := r.PostFormValue("q")
	p := selectPage{Query: display.Head(display.Visible(text), search.MaxQuery), Path: searchPath(text, false, ""), Act: r.PostFormValue("act"), Tag: r.PostFormValue("tag")}
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
	if p.Most = maxSelected; p.Act == "tag" {
		p.Most = desk.MaxTagged
	}
	p.N, p.Found, p.Over = c.N, foundWords(c), c.N > p.Most || c.AtLeast && c.N == p.Most
	switch {
	case p.Over || p.N == 0 || r.PostFormValue("sure") != "yes":
	case p.Act == "draft":
		h.draftAll(w, r, q)
		return
	default:
		h.startJob(w, r, job.Tag, tagAll(h.desk(r), q, desk.Tagging{Tag: p.Tag}, p.Path), nil)
		return
	}
	h.show(w, r, http.StatusOK, "selection", frame{Title: "All that answer", Here: "search", Data: p})
}

// checkAct refuses what cannot be done with a selection.
func (h *handler) checkAct(p selectPage) error {
	switch {
	case p.Act == "tag" && h.Jobs != nil:
		return desk.Tagging{Tag: p.Tag}.Check()
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

// tagAll returns a job that tags all that answers a query, and can be taken back.
func tagAll(d *desk.Desk, q search.Query, t desk.Tagging, back string) job.Func {
	return func(ctx context.Context, tell func(job.Progress)) (job.Outcome, error) {
		o, err := d.TagAll(ctx, q, t, func(done, of int) {
			tell(job.Progress{Done: done, Total: of, Words: tagWords(t)})
		})
		return tagOutcome(d, t, o, back), err
	}
}

// tagWords says what a tagging does.
func tagWords(t desk.Tagging) string {
	if t.Off {
		return "taking the tag " + t.Tag + " off"
	}
	return "tagging " + t.Tag
}

// tagOutcome says what came of a tagging. What it has changed can be taken back.
func tagOutcome(d *desk.Desk, t desk.Tagging, o desk.TaggingOutcome, back string) job.Outcome {
	verb, had := "is now on", "had it already"
	if t.Off {
		verb, had = "is now off", "did not have it"
	}
	lines := []string{fmt.Sprintf("The tag %s %s %s.", t.Tag, verb, listings(len(o.Changed)))}
	if o.Already > 0 {
		lines = append(lines, fmt.Sprintf("%s %s.", listings(o.Already), had))
	}
	for _, l := range o.Left {
		lines = append(lines, fmt.Sprintf("%s left as they are: %s.", listings(l.N), l.Why))
	}
	out := job.Outcome{Words: strings.Join(lines, "\n"), Path: back, Link: "To the answers"}
	if len(o.Changed) == 0 {
		return out
	}
	undo := desk.Tagging{Tag: t.Tag, Off: !t.Off}
	out.Undo = func(ctx context.Context, tell func(job.Progress)) (job.Outcome, error) {
		of := o.Changed
		u, err := undo.Apply(ctx, of, d.Remark, func(done int) {
			tell(job.Progress{Done: done, Total: len(of), Words: tagWords(undo)})
		})
		return tagOutcome(d, undo, u, back), err
	}
	return out
}

func listings(n int) string {
	if n == 1 {
		return "1 listing"
	}
	return fmt.Sprintf("%d listings", n)
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
