package review

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
)

// shownText is how many bytes of a field the item page shows: listings are
// shorter, and what is longer is built to be so.
const shownText = 16 << 10

// An itemPage is what the item template shows.
type itemPage struct {
	ID          string
	Level       vigil.Level
	Score       float64
	Summary     string
	State       string
	Mine        bool // this reviewer holds it
	Restricted  bool
	Fold        bool // the text is folded away until asked for
	Title       []display.Segment
	Text        []display.Segment
	More        int // bytes of the text that are not shown
	Findings    []findingRow
	FindingsCut int // findings that are not listed
	Legend      []legend
	Identifiers []identifierRow
	Hits        []display.HitRow
	MoreHits    int
	Links       bool // there is a page that shows them
	Similar     bool // and one of near-duplicates and versions
	Revealed    bool
	Facts       []display.Fact
	Decisions   []vigil.Decision
	Verdicts    []verdict
	Reasons     []display.Reason
	Contact     string
	Notice      string
	Seen        string    // which state of the listing the form speaks of
	Form        decideTry // what was typed before, if it was refused
}

// A findingRow is one finding with the words around it.
type findingRow struct {
	vigil.Finding
	Name    string
	Against bool
	Bar     bar
	Quote   []display.Segment
}

// A legend explains one indicator that the listing shows.
type legend struct{ ID, Name, Definition string }

// An identifierRow is one identifier, masked or in full.
type identifierRow struct{ Kind, Value, Facts string }

// A decideTry is what the decision form holds.
type decideTry struct {
	Reason, Note, Error string
	Stay                bool // do not go to the next listing
}

// item shows one listing.
func (h *handler) item(w http.ResponseWriter, r *http.Request) {
	v, err := h.desk(r).Show(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.showItem(w, r, http.StatusOK, v, false, decideTry{})
}

// reveal shows one listing with its identifiers in full.
func (h *handler) reveal(w http.ResponseWriter, r *http.Request) {
	v, err := h.desk(r).Reveal(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.showItem(w, r, http.StatusOK, v, true, decideTry{})
}

// toItem goes from the address of an action to the listing's page.
func (h *handler) toItem(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/item/"+url.PathEscape(r.PathValue("id")), http.StatusSeeOther)
}

func (h *handler) showItem(w http.ResponseWriter, r *http.Request, status int, v display.View, reveal bool, try decideTry) {
	p := h.newItemPage(v, reveal)
	p.Form = try
	if n := len(v.Decisions); n > 0 && r.URL.Query().Get("done") == "decided" {
		p.Notice = decidedNotice(v.Decisions[n-1].Verdict)
	}
	h.show(w, r, status, "item", frame{Title: "Listing " + display.Short(p.ID), Here: "item", Data: p})
}

func (h *handler) newItemPage(v display.View, reveal bool) itemPage {
	a := v.Assessment
	p := itemPage{
		ID: v.Assessment.ID, Level: a.Level, Score: a.Score, Summary: display.Summary(v.Item), State: display.State(v.Item, h.Desk.Clock()),
		Mine:       v.Task.State == vigil.Leased && v.Task.Holder == h.Desk.Who.Account && v.Task.Until.After(h.Desk.Clock()),
		Restricted: display.Restricted(v.Item), Fold: display.Grave(a.Level), Revealed: reveal,
		Facts: withoutTitle(display.Facts(v)), Decisions: v.Decisions, Verdicts: verdicts(), Reasons: display.Reasons(),
		Links: h.Links != nil, Similar: h.Similar != nil, Contact: display.Clean(h.Contact), Seen: h.Desk.Seen(v),
	}
	p.Identifiers = identifierRows(a, reveal && !p.Restricted)
	p.Hits, p.MoreHits = display.HitRows(v.Hits, reveal && !p.Restricted)
	h.setFindings(&p, v, reveal)
	if !p.Restricted {
		p.Title = display.Segments(vigil.FieldTitle, display.Head(v.Listing.Title, 1000), a, reveal)
		text := display.Head(v.Listing.Description, shownText)
		p.Text, p.More = display.Segments(vigil.FieldDescription, text, a, reveal), len(v.Listing.Description)-len(text)
	}
	return p
}

// withoutTitle drops the title, which the page shows with the text.
func withoutTitle(fs []display.Fact) []display.Fact {
	return slices.DeleteFunc(fs, func(f display.Fact) bool { return f.Name == "title" })
}

// shownFindings is how many findings and identifiers an item page lists.
const shownFindings = 60

func (h *handler) setFindings(p *itemPage, v display.View, reveal bool) {
	fs := v.Assessment.Findings
	p.FindingsCut = max(0, len(fs)-shownFindings)
	most := 0.0
	for _, f := range fs {
		most = max(most, f.Weight, -f.Weight)
	}
	known := map[string]bool{}
	for _, f := range fs[:len(fs)-p.FindingsCut] {
		row := findingRow{Finding: f, Name: h.Indicators.Name(f.Indicator), Against: f.Polarity == vigil.Against, Bar: weightBar(f.Weight, most)}
		row.Indicator, row.Field = display.Clean(f.Indicator), display.Clean(f.Field)
		if !p.Restricted {
			row.Quote = display.Around(display.FieldText(v.Listing, f.Field), f, v.Assessment, display.QuoteContext, reveal)
		}
		p.Findings = append(p.Findings, row)
		if h.Indicators != nil && !known[f.Indicator] {
			known[f.Indicator] = true
			name, definition := h.Indicators(f.Indicator)
			p.Legend = append(p.Legend, legend{row.Indicator, display.Clean(name), display.Clean(definition)})
		}
	}
}

func identifierRows(a vigil.Assessment, reveal bool) []identifierRow {
	var rows []identifierRow
	for _, id := range a.Identifiers[:min(len(a.Identifiers), shownFindings)] {
		value := display.Mask(id)
		if reveal && !id.Redacted {
			value = display.Cut(display.Clean(id.Value), display.MaxFact)
		}
		rows = append(rows, identifierRow{display.Clean(id.Kind), value, display.IdentifierFacts(id)})
	}
	return rows
}

// decide takes the decision form. A listing that was assessed or decided anew
// since the form was shown is shown again instead.
func (h *handler) decide(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.say(w, r, http.StatusBadRequest, "That did not work", message{
			Text: fmt.Sprintf("The form can't be read: at most %d bytes.", maxForm), Path: "/", Link: "Back to the queue",
		})
		return
	}
	try := decideTry{Reason: r.PostForm.Get("reason"), Note: r.PostForm.Get("note"), Stay: r.PostForm.Get("then") != "next"}
	c := desk.Choice{
		Listing: r.PathValue("id"), Verdict: vigil.Verdict(r.PostForm.Get("verdict")), Reason: try.Reason, Note: try.Note, Seen: r.PostForm.Get("seen"),
	}
	if c.Seen == "" {
		c.Seen = "none" // a form without it was made for no state at all
	}
	h.recordDecision(w, r, c, try)
}

// recordDecision records a decision and goes on.
func (h *handler) recordDecision(w http.ResponseWriter, r *http.Request, c desk.Choice, try decideTry) {
	if err := c.Check(); err != nil {
		try.Error = "Not recorded: " + display.Clean(err.Error()) + "."
		h.again(w, r, http.StatusUnprocessableEntity, try)
		return
	}
	o, err := h.desk(r).Judge(r.Context(), c)
	switch {
	case errors.Is(err, desk.ErrChanged):
		try.Error = "The listing has been assessed or decided anew since you opened it. Look again, then decide."
		h.again(w, r, http.StatusConflict, try)
	case errors.Is(err, vigil.ErrHeld), errors.Is(err, vigil.ErrExists), errors.Is(err, vigil.ErrLeaseLost):
		try.Error = "Not recorded: " + display.Clean(err.Error()) + "."
		h.again(w, r, http.StatusConflict, try)
	case err != nil:
		h.fail(w, r, err)
	case try.Stay || o.Contact != "":
		http.Redirect(w, r, "/item/"+url.PathEscape(o.Decision.Listing)+"?done=decided", http.StatusSeeOther)
	default:
		h.goNext(w, r, "decided")
	}
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

// giveBack ends this reviewer's claim.
func (h *handler) giveBack(w http.ResponseWriter, r *http.Request) {
	if err := h.desk(r).GiveBack(r.Context(), r.PathValue("id")); err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/?done=back", http.StatusSeeOther)
}
