package review

import (
	"context"
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

// Similar is a listing beside those whose texts are near-duplicates of its own, and
// beside its own earlier versions. All text in it is safe to show: what must not be
// repeated is hidden, identifiers are masked.
type Similar struct {
	// Wait says that near-duplicates are being looked for the first time; then there
	// is nothing else in it. Trouble says why they could not be found.
	Wait    bool
	Trouble string
	AsOf    time.Time // of which moment the cluster is
	Newer   bool      // a newer one is being made

	ID      string // of the cluster; empty if the listing is in none
	Says    string // the cluster in a line
	Members []SimilarMember
	More    int // members that are not listed
	// Withheld says why no common text is shown; empty if it is.
	Withheld string
	Grave    bool // the texts are folded away until asked for
	Common   []CommonPart
	Slots    []SlotRow
	Cut      int // slots that are not listed
	Hidden   int // members whose text is withheld from the common text
	Versions []VersionRow
	Seen     string // the state of the listing, for a decision ([desk.Choice])
}

// A SimilarMember is a listing of the cluster, the one asked for first.
type SimilarMember struct {
	ID             string
	Letter         string // by which slots name it; empty if its text is not compared
	Level          vigil.Level
	Vendor, Source string
	How            string // how it relates to the first
	State          string // where its review stands
	Why            string // why it cannot be decided with the others; empty if it can
}

// A CommonPart is a run of the text that the members share, or a slot in which they
// differ.
type CommonPart struct {
	Text string
	Slot int // its number, from 1; 0 for common text
}

// A SlotRow is what stands in a slot.
type SlotRow struct {
	N      int
	Values []SlotValue
}

// A SlotValue is one spelling, and the letters of the members that have it. The text
// is empty where they have nothing.
type SlotValue struct{ Members, Text string }

// A VersionRow is one capture of the listing, against the one before.
type VersionRow struct {
	At      time.Time
	Page    string
	Says    string // instead of changes; empty if there are some
	Grave   bool
	Changes []TextChange
	Cut     bool // there are more changes
}

// A TextChange is what was left out and added between two versions, with some of the
// text around.
type TextChange struct{ Field, Before, Out, In, After string }

// A clusterPage is what the cluster template shows.
type clusterPage struct {
	ID, Title string
	Similar
	Decides  bool // the person may decide
	Open     int  // members that can be decided
	Verdicts []verdict
	Reasons  []display.Reason
	Form     clusterTry
	Refresh  int // seconds after which to look again; 0 for never
}

// A clusterTry is what the form of a cluster's decision held, if it was refused.
type clusterTry struct {
	Reason, Note, Error string
	Off                 map[string]bool // members that were left out
}

// Left reports whether a member was left out before.
func (t clusterTry) Left(id string) bool { return t.Off[id] }

// cluster shows a listing's near-duplicates and versions.
func (h *handler) cluster(w http.ResponseWriter, r *http.Request) {
	h.showCluster(w, r, http.StatusOK, clusterTry{})
}

// toCluster goes from a former address, or that of an action, to the cluster's page.
func (h *handler) toCluster(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/cluster/"+url.PathEscape(r.PathValue("id")), http.StatusSeeOther)
}

// retry is after how many seconds a page that waits for something looks again.
const retry = 3

func (h *handler) showCluster(w http.ResponseWriter, r *http.Request, status int, try clusterTry) {
	if h.Similar == nil {
		h.nothing(w, r)
		return
	}
	d := h.desk(r)
	it, err := d.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	s, err := h.Similar(r.Context(), d, it.Assessment.ID)
	if err != nil {
		h.fail(w, r, fmt.Errorf("near-duplicates of listing %s: %w", it.Assessment.ID, err))
		return
	}
	p := clusterPage{
		ID: it.Assessment.ID, Similar: s, Decides: person(r).Can("decide"),
		Verdicts: verdicts(), Reasons: display.Reasons(), Form: try,
	}
	for i, m := range s.Members {
		if i == 0 || m.Why == "" {
			p.Open++
		}
	}
	if s.Wait {
		p.Refresh = retry
	} else if s.Trouble == "" { // then the look is logged
		p.Title = titleOf(it)
	}
	h.show(w, r, status, "cluster", frame{Title: "Near-duplicates of " + display.Short(p.ID), Here: "item", Data: p})
}

// A clusterDone is what the template of a cluster's decision shows.
type clusterDone struct {
	ID      string
	Verdict string
	Reason  string
	Decided []string
	Left    []clusterLeft
	Notice  string
	Contact string
	Paused  string // the source that is not crawled any more
	Trouble string // what kept the rest from being decided
}

// A clusterLeft is a member that was not decided, and why.
type clusterLeft struct{ ID, Why string }

// decideCluster takes the form of a cluster's decision: one verdict for the listing
// and the members that are ticked.
func (h *handler) decideCluster(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.say(w, r, http.StatusBadRequest, "That did not work", message{
			Text: fmt.Sprintf("The form can't be read: at most %d bytes.", maxForm), Path: "/", Link: "Back to the queue",
		})
		return
	}
	id, ticked := r.PathValue("id"), r.PostForm["member"]
	choice := desk.Choice{
		Listing: id, Verdict: vigil.Verdict(r.PostForm.Get("verdict")), Reason: r.PostForm.Get("reason"), Note: r.PostForm.Get("note"),
		Seen: r.PostForm.Get("seen"),
	}
	if choice.Seen == "" {
		choice.Seen = "none" // a form without it was made for no state at all
	}
	if err := h.checkCluster(choice, ticked); err != nil {
		h.clusterAgain(w, r, http.StatusUnprocessableEntity, choice, ticked, err)
		return
	}
	// What was begun is done even if nobody waits for the page any more.
	out, err := h.desk(r).JudgeCluster(context.WithoutCancel(r.Context()), choice, others(id, ticked))
	switch {
	case len(out.Decided) > 0: // an error is of one of the others, and is shown with what was done
	case errors.Is(err, desk.ErrChanged), errors.Is(err, vigil.ErrHeld), errors.Is(err, vigil.ErrExists), errors.Is(err, vigil.ErrLeaseLost):
		h.clusterAgain(w, r, http.StatusConflict, choice, ticked, err)
		return
	case err != nil:
		h.fail(w, r, err)
		return
	}
	h.show(w, r, http.StatusOK, "clusterdone", frame{Title: "Decided together", Here: "item", Data: newClusterDone(id, choice, out, err)})
}

// checkCluster refuses a form that says too little, and members of another cluster:
// the address says of which one the form was.
func (h *handler) checkCluster(c desk.Choice, ticked []string) error {
	if err := c.Check(); err != nil {
		return err
	}
	if h.ClusterOf == nil {
		return nil
	}
	of := h.ClusterOf(append(slices.Clone(ticked), c.Listing))
	for _, m := range ticked {
		if m != c.Listing && (of[m] == "" || of[m] != of[c.Listing]) {
			return fmt.Errorf("listing %s is not in this cluster any more: look again, then decide", display.Cut(display.Clean(m), 40))
		}
	}
	return nil
}

// others returns the ticked members but the listing itself, each once.
func others(id string, ticked []string) []string {
	var ms []string
	for _, m := range ticked {
		if m != id && !slices.Contains(ms, m) {
			ms = append(ms, m)
		}
	}
	return ms
}

// clusterAgain shows the cluster anew with what was typed and why it was refused.
func (h *handler) clusterAgain(w http.ResponseWriter, r *http.Request, status int, c desk.Choice, ticked []string, cause error) {
	try := clusterTry{
		Reason: display.Visible(display.Head(c.Reason, desk.MaxReason)), Note: display.Visible(display.Head(c.Note, desk.MaxNote)),
		Error: "Not recorded: " + display.Clean(cause.Error()) + ".", Off: map[string]bool{},
	}
	for _, m := range r.PostForm["offered"] {
		try.Off[m] = !slices.Contains(ticked, m)
	}
	h.showCluster(w, r, status, try)
}

func newClusterDone(id string, c desk.Choice, out desk.ClusterOutcome, err error) clusterDone {
	p := clusterDone{
		ID: id, Verdict: strings.ReplaceAll(string(c.Verdict), "-", " "), Reason: display.Clean(c.Reason), Notice: decidedNotice(c.Verdict),
		Contact: display.Clean(out.Contact), Paused: display.Clean(out.Paused),
	}
	for _, d := range out.Decided {
		p.Decided = append(p.Decided, d.Listing)
	}
	for _, m := range out.Left {
		p.Left = append(p.Left, clusterLeft{m.Assessment.ID, display.Clean(m.Why)})
	}
	if err != nil {
		p.Trouble = display.Clean(err.Error())
	}
	return p
}
