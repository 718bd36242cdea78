package review

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"vigil"
	"vigil/internal/desk"
	"vigil/store"
)

// next claims the listing that the person should read next, and goes to it.
func (h *handler) next(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.badForm(w, r)
		return
	}
	h.goNext(w, r, "empty", wish(r.PostForm))
}

// goNext goes to the next listing, or to the queue if none waits; or to the page
// that offers a break, if it is time for one.
func (h *handler) goNext(w http.ResponseWriter, r *http.Request, done string, wanted desk.Wish) {
	if !wanted.Light && h.tired(r) {
		http.Redirect(w, r, "/break", http.StatusSeeOther)
		return
	}
	it, err := h.desk(r).Take(r.Context(), wanted)
	if errors.Is(err, vigil.ErrNotFound) {
		if strings.HasPrefix(done, "decided") {
			done = "last"
		}
		http.Redirect(w, r, "/?done="+done, http.StatusSeeOther)
		return
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	q := wishValues(wanted)
	if done != "empty" {
		q.Set("done", done)
	}
	h.toListing(w, r, it.Assessment.ID, q)
}

// toListing goes to a listing's page.
func (h *handler) toListing(w http.ResponseWriter, r *http.Request, id string, q url.Values) {
	to := "/item/" + url.PathEscape(id)
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// browse goes to the listing that waits behind another, without a claim.
func (h *handler) browse(w http.ResponseWriter, r *http.Request) {
	items, err := h.desk(r).Queue(r.Context(), store.Filter{Waiting: true, After: r.URL.Query().Get("after"), Limit: 1})
	switch {
	case err != nil:
		h.fail(w, r, err)
	case len(items) == 0:
		http.Redirect(w, r, "/?done=browsed", http.StatusSeeOther)
	default:
		h.toListing(w, r, items[0].Assessment.ID, nil)
	}
}

// wish reads which listing somebody would like next.
func wish(form url.Values) desk.Wish {
	w := desk.Wish{Light: form.Get("light") == "1", Passed: form.Get("passed") == "1"}
	switch st := vigil.Stage(form.Get("stage")); st {
	case vigil.Review, vigil.Reread, vigil.Adjudicate:
		w.Stage = st
	}
	return w
}

// wishValues spells a wish, so that the next form says it again.
func wishValues(w desk.Wish) url.Values {
	q := url.Values{}
	if w.Light {
		q.Set("light", "1")
	}
	if w.Passed {
		q.Set("passed", "1")
	}
	if w.Stage != "" {
		q.Set("stage", string(w.Stage))
	}
	return q
}
