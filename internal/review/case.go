package review

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vigil"
	"vigil/internal/access"
	svg "vigil/internal/chart"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/store"
)

// CaseFacts are what there is to know of a case without its content.
type CaseFacts struct {
	Orders  []vigil.Order
	Sources []store.SourceStatus
	Tasks   []store.Count
	Tool    string // name and version of the program
	Folder  string // where the case is; shown to who runs it
}

// A casePage is what the case template shows.
type casePage struct {
	Orders   []orderRow
	Sources  []sourceCard
	Pages    template.HTML // picture of pages kept, of those allowed
	Queues   template.HTML // picture of tasks by stage
	Stages   []stageRow
	States   []vigil.State
	Tool     string
	Model    string
	Folder   string
	Operator bool
	Notice   string
}

// An orderRow is an order, and whether it holds.
type orderRow struct {
	ID, Case, Authority, Basis, Purpose, State, Ends string
	SignedBy                                         []string
	Sources, Retention                               int
	From, To                                         time.Time
	Over                                             bool // or not begun
}

// A sourceCard is a source, how it stands and why.
type sourceCard struct {
	ID, Name, Order, State string
	By, Reason, Since      string // of its standing
	Rest, Because          string
	Pages, MaxPages        int
	Bytes                  string
	Queued, Running        int
	Parked, Dead           int
	Setbacks               int
	Last                   string
	Paused, Revoked        bool
	Trouble                bool
	Accept                 []string
}

// A stageRow is a kind of task, and how many there are in each state.
type stageRow struct {
	Stage string
	N     []int
}

// caseFacts shows orders, sources and queues.
func (h *handler) caseFacts(w http.ResponseWriter, r *http.Request) {
	if h.Facts == nil {
		h.nothing(w, r)
		return
	}
	c, err := h.Facts(r.Context(), person(r))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	now := h.Desk.Clock()
	p := casePage{Tool: display.Clean(c.Tool), Folder: display.Clean(c.Folder), Operator: h.Stand != nil && person(r).Can(access.Crawl), States: taskStates()}
	p.Notice = map[string]string{"paused": "Paused. Nothing more is fetched of it.", "open": "Open again. A crawl that runs goes on with it."}[r.URL.Query().Get("done")]
	if h.Stats != nil {
		h.Stats.Want(r.Context(), statsPatience)
		p.Model = display.Clean(h.Stats.Report(now).Model)
	}
	for _, o := range c.Orders {
		p.Orders = append(p.Orders, newOrderRow(o, now))
	}
	fetches := store.Fetches(c.Tasks)
	for _, s := range c.Sources {
		p.Sources = append(p.Sources, newSourceCard(s, fetches[s.ID()], now))
	}
	p.Pages = pagesPicture(c.Sources)
	p.queues(c.Tasks)
	h.show(w, r, http.StatusOK, "case", frame{Title: "Case", Here: "case", Data: p})
}

func newOrderRow(o vigil.Order, now time.Time) orderRow {
	row := orderRow{
		ID: display.Clean(o.ID), Case: display.Clean(o.Case), Authority: display.Cut(display.Clean(o.Authority), 160), Basis: display.Cut(display.Clean(o.LegalBasis), 160),
		Purpose: display.Cut(display.Clean(o.Purpose), 240), Sources: len(o.Sources), Retention: o.RetentionDays, From: o.NotBefore, To: o.NotAfter, State: "in force",
	}
	for _, who := range o.SignedBy {
		row.SignedBy = append(row.SignedBy, display.Clean(who))
	}
	switch {
	case now.Before(o.NotBefore):
		row.State, row.Over, row.Ends = "not in force yet", true, "begins "+ahead(o.NotBefore.Sub(now))
	case !now.Before(o.NotAfter):
		row.State, row.Over, row.Ends = "ended", true, ago(now.Sub(o.NotAfter))
	default:
		row.Ends = "ends " + ahead(o.NotAfter.Sub(now))
	}
	return row
}

func ahead(d time.Duration) string { return "in " + span(d) }
func ago(d time.Duration) string   { return span(d) + " ago" }

// span writes how long something lasts, roughly.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		d    time.Duration
		name string
	}{{day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / unit.d); n >= 2 || n == 1 && unit.name == "minute" {
			if n == 1 {
				return "1 " + unit.name
			}
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "less than a minute"
}

func newSourceCard(s store.SourceStatus, fetches map[vigil.State]int, now time.Time) sourceCard {
	c := sourceCard{
		ID: s.ID(), Name: display.Clean(s.Name), Order: display.Clean(s.Order), State: "open",
		Pages: s.Pages, MaxPages: s.MaxPages, Bytes: size(s.Bytes, s.MaxBytes), Setbacks: s.Setbacks,
		Queued: fetches[vigil.Queued], Running: fetches[vigil.Leased], Parked: fetches[vigil.Parked], Dead: fetches[vigil.Dead],
		By: display.Clean(s.Standing.By), Reason: display.Cut(display.Clean(s.Standing.Reason), 300), Accept: s.Standing.Accept,
		Paused: s.Standing.State == vigil.SourcePaused, Revoked: s.Standing.State == vigil.SourceRevoked,
	}
	if s.Standing.State != "" {
		c.State = string(s.Standing.State)
	}
	if !s.Standing.Since.IsZero() {
		c.Since = ago(now.Sub(s.Standing.Since))
	}
	if !s.Last.IsZero() {
		c.Last = ago(now.Sub(s.Last))
	}
	if s.Rest.After(now) && s.Because != "" {
		c.Rest, c.Because = ahead(s.Rest.Sub(now)), display.Cut(display.Clean(s.Because), 300)
	}
	c.Trouble = c.Paused || c.Revoked || c.Because != ""
	return c
}

// size writes a number of bytes, of how many if there is a cap.
func size(n, most int64) string {
	inUnits := func(n int64) string {
		v, unit := float64(n), "B"
		for _, u := range []string{"kB", "MB", "GB", "TB"} {
			if v < 1000 {
				break
			}
			v, unit = v/1000, u
		}
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + " " + unit
	}
	if most > 0 {
		return inUnits(n) + " of at most " + inUnits(most)
	}
	return inUnits(n)
}

// mostSources bounds the sources of a picture.
const mostSources = 30

func pagesPicture(sources []store.SourceStatus) template.HTML {
	c, s := svg.Bars{}, svg.Series{Name: "pages kept"}
	var said []string
	for _, src := range sources[:min(len(sources), mostSources)] {
		c.Labels = append(c.Labels, display.Clean(src.Name))
		c.Of = append(c.Of, float64(src.MaxPages))
		c.Notes = append(c.Notes, fmt.Sprintf("%s of %s", svg.Count(float64(src.Pages)), svg.Count(float64(src.MaxPages))))
		s.Values = append(s.Values, float64(src.Pages))
		said = append(said, fmt.Sprintf("%s %d of %d", display.Clean(src.Name), src.Pages, src.MaxPages))
	}
	if len(c.Labels) == 0 {
		return ""
	}
	c.Series, c.Text = []svg.Series{s}, saying("pages", "Pages kept, of those that the orders allow", strings.Join(said, ". ")+".")
	return c.SVG()
}

func taskStates() []vigil.State {
	return []vigil.State{vigil.Queued, vigil.Leased, vigil.Parked, vigil.Dead, vigil.Done}
}

// queues sets the table and the picture of what there is to do.
func (p *casePage) queues(counts []store.Count) {
	states := taskStates()
	open := states[:4]
	c := svg.Bars{}
	for i, st := range open {
		c.Series = append(c.Series, svg.Series{Name: stateWords(st), Class: fmt.Sprintf("st%d", i)})
	}
	var said []string
	for _, stage := range []vigil.Stage{vigil.Fetch, vigil.Extract, vigil.Classify, vigil.Review, vigil.Reread, vigil.Adjudicate, vigil.FollowUp} {
		row := stageRow{Stage: string(stage), N: make([]int, len(states))}
		for _, n := range counts {
			if i := slices.Index(states, n.State); n.Stage == stage && i >= 0 {
				row.N[i] += n.N
			}
		}
		p.Stages = append(p.Stages, row)
		c.Labels = append(c.Labels, row.Stage)
		for i := range open {
			c.Series[i].Values = append(c.Series[i].Values, float64(row.N[i]))
		}
		said = append(said, fmt.Sprintf("%s %d queued", stage, row.N[0]))
	}
	c.Text = saying("queues", "What there is to do, by stage", strings.Join(said, ". ")+".")
	p.Queues = c.SVG()
}

// stateWords names the states of tasks to people.
func stateWords(st vigil.State) string {
	if st == vigil.Leased {
		return "being done"
	}
	if st == vigil.Dead {
		return "given up"
	}
	return string(st)
}

// stand pauses or resumes a source.
func (h *handler) stand(w http.ResponseWriter, r *http.Request) {
	if h.Stand == nil {
		h.nothing(w, r)
		return
	}
	st := vigil.Standing{Source: r.PostFormValue("source"), Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	done := "paused"
	switch r.PostFormValue("do") {
	case "pause":
		st.State = vigil.SourcePaused
	case "resume":
		st.State, done = vigil.SourceOpen, "open"
	}
	wrong := ""
	switch {
	case st.State == "":
		wrong = "What is to be done? Want pause or resume."
	case st.Reason == "" || len(st.Reason) > desk.MaxReason || !utf8.ValidString(st.Reason):
		wrong = fmt.Sprintf("The log wants a few words on why, at most %d bytes.", desk.MaxReason)
	}
	if wrong != "" {
		h.say(w, r, http.StatusUnprocessableEntity, "Nothing was changed", message{Text: wrong, Path: "/case", Link: "Back to the case"})
		return
	}
	if err := h.Stand(r.Context(), person(r), st); err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/case?"+url.Values{"done": {done}}.Encode(), http.StatusSeeOther)
}
