package review

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
)

// A decideTry is what the decision form holds.
type decideTry struct {
	Reason, Note, Error string
	Stay                bool // do not go to the next listing
	Wish                desk.Wish
}

// badForm answers a form that can't be read.
func (h *handler) badForm(w http.ResponseWriter, r *http.Request) {
	h.say(w, r, http.StatusBadRequest, "That did not work", message{
		Text: fmt.Sprintf("The form can't be read: at most %d bytes.", maxForm), Path: "/", Link: "Back to the queue",
	})
}

// decide takes the decision form. A listing that was assessed or decided anew
// since the form was shown is shown again instead.
func (h *handler) decide(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.badForm(w, r)
		return
	}
	form := r.PostForm
	try := decideTry{
		Reason: cmp.Or(strings.TrimSpace(form.Get("reason")), form.Get("code")), Note: form.Get("note"),
		Stay: form.Get("then") != "next", Wish: wish(form),
	}
	c := desk.Choice{
		Listing: r.PathValue("id"), Verdict: vigil.Verdict(form.Get("verdict")), Reason: try.Reason,
		Note: strings.TrimSpace(try.Note), Seen: cmp.Or(form.Get("seen"), "none"), // a form without it was made for no state at all
	}
	if err := c.Check(); err != nil {
		try.Error = "Not recorded: " + display.Clean(err.Error()) + "."
		h.again(w, r, http.StatusUnprocessableEntity, try)
		return
	}
	out, err := h.desk(r).Judge(r.Context(), c)
	switch {
	case errors.Is(err, vigil.ErrHeld) || changed(err):
		try.Error = "Not recorded: " + display.Clean(err.Error()) + "."
		h.again(w, r, http.StatusConflict, try)
	case err != nil:
		h.fail(w, r, err)
	case try.Stay || out.Contact != "" || decidedNotice(c.Verdict) != "":
		q := url.Values{"done": {"decided"}}
		if out.Paused != "" {
			q.Set("paused", "1")
		}
		h.toListing(w, r, out.Decision.Listing, q)
	default:
		h.goNext(w, r, doneAs(c), try.Wish)
	}
}

// doneAs names a decision for the address of the next page: decided.relevant.goods.
func doneAs(c desk.Choice) string {
	why := "own-words"
	if isCode(c.Reason) {
		why = c.Reason
	}
	return "decided." + string(c.Verdict) + "." + why
}

// saysDecided says what [doneAs] names; nothing of what no form could have sent.
func saysDecided(done string) string {
	_, what, _ := strings.Cut(done, ".")
	given, why, _ := strings.Cut(what, ".")
	switch {
	case !slices.ContainsFunc(verdicts(), func(o verdict) bool { return string(o.Verdict) == given }):
		return "Decided; this is the next."
	case isCode(why):
		return fmt.Sprintf("Decided: %s, %s. This is the next.", strings.ToLower(label(given)), why)
	}
	return fmt.Sprintf("Decided: %s. This is the next.", strings.ToLower(label(given)))
}

func isCode(reason string) bool {
	return slices.ContainsFunc(display.Reasons(), func(o display.Reason) bool { return o.Code == reason })
}

// again shows the listing anew with what was typed and why it was refused.
func (h *handler) again(w http.ResponseWriter, r *http.Request, status int, try decideTry) {
	v, err := h.desk(r).Show(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	try.Reason, try.Note = display.Visible(display.Head(try.Reason, desk.MaxReason)), display.Visible(display.Head(try.Note, desk.MaxNote))
	h.showItem(w, r, status, v, false, try)
}

// decidedNotice says what follows from a verdict that is more than a verdict.
func decidedNotice(v vigil.Verdict) string {
	switch v {
	case vigil.Urgent:
		return "Recorded as urgent. Tell the contact of the unit now; this program tells nobody."
	case vigil.SuspectedMinor:
		return "Recorded. The text is shown no more. Tell the contact of the unit now; this program tells nobody."
	}
	return ""
}

// undo takes this person's last decision on a listing back.
func (h *handler) undo(w http.ResponseWriter, r *http.Request) {
	dec, err := h.desk(r).Undo(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.toListing(w, r, dec.Listing, url.Values{"done": {"undone"}})
}

// claim takes one listing, so that nobody else reads it meanwhile.
func (h *handler) claim(w http.ResponseWriter, r *http.Request) {
	id, err := h.desk(r).Hold(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.toListing(w, r, id, nil)
}

// pass leaves a listing to somebody else, without a reason, and goes on.
func (h *handler) pass(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.badForm(w, r)
		return
	}
	if err := h.desk(r).Pass(r.Context(), r.PathValue("id")); err != nil {
		h.fail(w, r, err)
		return
	}
	h.goNext(w, r, "passed", wish(r.PostForm))
}

// giveBack ends this reviewer's claim.
func (h *handler) giveBack(w http.ResponseWriter, r *http.Request) {
	if err := h.desk(r).GiveBack(r.Context(), r.PathValue("id")); err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/?done=back", http.StatusSeeOther)
}

// remark notes something about a listing: a note, a tag, a day to come back.
func (h *handler) remark(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.badForm(w, r)
		return
	}
	m, err := remarkOf(r.PostForm)
	if err == nil {
		m, err = h.desk(r).Remark(r.Context(), r.PathValue("id"), m)
	}
	if err != nil {
		h.remarkFails(w, r, err)
		return
	}
	h.toListing(w, r, m.Listing, url.Values{"done": {"noted"}})
}

// remarkOf reads the form of a remark.
func remarkOf(form url.Values) (vigil.Remark, error) {
	m := vigil.Remark{Kind: vigil.RemarkKind(form.Get("kind")), Text: strings.TrimSpace(form.Get("text"))}
	switch m.Kind {
	case vigil.Tag, vigil.Untag:
		m.Text = strings.ToLower(strings.Join(strings.Fields(m.Text), "-"))
	case vigil.ComeBack:
		due := form.Get("due")
		if due == "" {
			break // ends it
		}
		var err error
		if m.Due, err = time.Parse(time.DateOnly, due); err != nil {
			return m, fmt.Errorf("day %q: want one as 2026-11-30", display.Cut(due, 20))
		}
	}
	return m, nil
}

// remarkFails shows the listing again and says what was wrong with the remark.
func (h *handler) remarkFails(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, vigil.ErrRefused) || errors.Is(err, vigil.ErrNotFound) || changed(err) {
		h.fail(w, r, err)
		return
	}
	h.again(w, r, http.StatusUnprocessableEntity, decideTry{Error: "Not kept: " + display.Clean(err.Error()) + "."})
}
