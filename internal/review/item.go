package review

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
)

// shownText is how many bytes of a field the item page shows: listings are
// shorter, and what is longer is built to be so.
const shownText = 12 << 10

// An itemHead is what all pages about one listing have at their head.
type itemHead struct {
	ID      string
	Level   vigil.Level
	Score   float64
	Summary string
	State   string
	Tabs    []tab
}

// A tab is one of the views of a listing.
type tab struct {
	Label, Path, Key string
	Here             bool
}

// An itemPage is what the item template shows.
type itemPage struct {
	itemHead
	Mine        bool // this reviewer holds it
	Take        bool // it waits, and this reviewer may take it
	Restricted  bool // the text is not shown
	Unlock      bool // but this reviewer may ask for it
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
	Reveals     bool // this reviewer may see identifiers in full
	Revealed    bool
	Facts       []display.Fact
	Readings    []reading // both, for whoever chooses between them
	Decisions   []vigil.Decision
	Hidden      int // decisions that are not listed
	Blind       bool
	Remarks     remarks
	Bar         *decisionBar // nil if this reviewer can't decide it now
	Contact     string
	Notice      string
	Warning     string // what follows from the verdict just given
	Paused      string // the source that is not crawled any more
	Undo        string // the listing whose decision can be taken back
	UndoOwn     bool   // it is this one
	Tired       bool   // a break is offered
	Light       bool   // from the light queue
	Error       string

	IdentifiersCut, NotesCut, TagsCut int // that are not listed
}

// A reading is one of the decisions that differ.
type reading struct {
	N int
	vigil.Decision
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
type legend struct {
	ID, Name, Definition string
	Origins              []string // publications
}

// An identifierRow is one identifier, masked or in full.
type identifierRow struct{ Kind, Value, Facts string }

// remarks are what is noted beside the decisions.
type remarks struct {
	vigil.Remarks
	Writes   bool   // this reviewer may add some
	Tomorrow string // the first day to come back on
}

// item shows one listing.
func (h *handler) item(w http.ResponseWriter, r *http.Request) {
	v, err := h.desk(r).Show(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.showItem(w, r, http.StatusOK, v, false, decideTry{Wish: wish(r.URL.Query())})
}

// reveal shows one listing with its identifiers in full.
func (h *handler) reveal(w http.ResponseWriter, r *http.Request) {
	v, err := h.desk(r).Reveal(r.Context(), r.PathValue("id"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.showItem(w, r, http.StatusOK, v, true, decideTry{Wish: wish(r.URL.Query())})
}

// toItem goes from the address of an action to the listing's page.
func (h *handler) toItem(w http.ResponseWriter, r *http.Request) {
	h.toListing(w, r, r.PathValue("id"), nil)
}

func (h *handler) showItem(w http.ResponseWriter, r *http.Request, status int, v display.View, reveal bool, try decideTry) {
	p := h.newItemPage(r, v, reveal)
	if p.Fold = p.Fold || display.Restricted(v.Item); p.Fold && !p.Restricted {
		h.exposed.open(person(r).Account, p.ID, h.Desk.Clock())
	}
	p.Tired, p.Light, p.Error = h.tired(r), try.Wish.Light, try.Error
	f := frame{Title: "Listing " + display.Short(p.ID), Here: "item"}
	if c, err := h.desk(r).Counts(r.Context()); err == nil && person(r).Can(access.Decide) {
		f.Counts, p.Undo, p.UndoOwn = &c, c.Undo, c.Undo == p.ID
	}
	p.Bar = h.newBar(r, v, try)
	p.setNotice(r)
	f.Data = p
	h.show(w, r, status, "item", f)
}

// setNotice says what came of the action before.
func (p *itemPage) setNotice(r *http.Request) {
	q := r.URL.Query()
	p.Notice = notices(q.Get("done"))
	if !strings.HasPrefix(q.Get("done"), "decided") {
		return
	}
	own := lastOf(p.Decisions, person(r).Account)
	if own == nil || q.Get("done") != "decided" {
		p.Notice = saysDecided(q.Get("done"))
		return
	}
	if p.Warning = decidedNotice(own.Verdict); p.Warning != "" {
		p.Notice = ""
	}
	if q.Get("paused") == "1" && own.Verdict == vigil.SuspectedMinor {
		p.Paused = display.Clean(own.Source)
	}
}

// lastOf returns a person's last decision; nil if there is none.
func lastOf(ds []vigil.Decision, account string) *vigil.Decision {
	for i := len(ds) - 1; i >= 0; i-- {
		if ds[i].Reviewer == account && ds[i].Part != vigil.Withdrawal {
			return &ds[i]
		}
	}
	return nil
}

// newHead returns the head of the pages about a listing.
func (h *handler) newHead(r *http.Request, v display.View, here string) itemHead {
	a := v.Assessment
	hd := itemHead{ID: a.ID, Level: a.Level, Score: a.Score, Summary: display.Summary(v.Item), State: display.State(v.Item, h.Desk.Clock())}
	switch {
	case mine(v.Task, h.desk(r)):
		hd.State = "held by you"
	case v.Blind && v.Stage == vigil.Reread:
		hd.State = "waits for a second reading"
	case v.Stage == vigil.Adjudicate:
		hd.State = "two readings differ"
	}
	base := "/item/" + a.ID
	add := func(label, path, route, key string) {
		if h.offers(person(r), route) {
			hd.Tabs = append(hd.Tabs, tab{Label: label, Path: path, Key: key, Here: label == here})
		}
	}
	add("Text", base, "/item/{id}", "")
	if h.Similar != nil {
		add("Versions", base+"/versions", "/item/{id}/versions", "")
	}
	if v.Page.ID != "" && (!display.Restricted(v.Item) || h.opens(person(r))) {
		add("Source", base+"/source", "/item/{id}/source", "")
		add("Rendering", base+"/rendering", "/item/{id}/rendering", "")
	}
	if h.Similar != nil {
		add("Near-duplicates", "/cluster/"+a.ID, "/cluster/{id}", "c")
	}

	if h.Links != nil {
		add("Links", "/links/"+a.ID, "/links/{id}", "l")
	}
	return hd
}

func (h *handler) newItemPage(r *http.Request, v display.View, reveal bool) itemPage {
	a, who := v.Assessment, person(r)
	p := itemPage{
		itemHead: h.newHead(r, v, "Text"),
		Mine:     mine(v.Task, h.desk(r)), Fold: display.Grave(a.Level), Revealed: reveal,
		Facts: withoutTitle(display.Facts(v)), Blind: v.Blind, Contact: display.Clean(h.Contact),
		Reveals: who.Can(access.Reveal),
		Remarks: remarks{Remarks: v.Remarks, Writes: who.Can(access.Remark), Tomorrow: day(h.Desk.Clock().AddDate(0, 0, 1))},
	}
	p.Restricted = v.Hidden()
	p.Unlock = p.Restricted && h.opens(who)
	p.Take = !p.Mine && who.Can(access.Decide) && !heldByAnother(v, h.desk(r)) && (v.Stage != "" || display.Waits(v.Task))
	if v.Stage == vigil.Adjudicate && !v.Blind {
		for i, d := range vigil.Judge(v.Decisions).Readings {
			d.Note = cutTo(display.Visible(d.Note), noteMost)
			p.Readings = append(p.Readings, reading{i + 1, d})
		}
	}
	p.Decisions = slices.Clone(v.Decisions)
	p.Remarks.Notes = slices.Clone(v.Remarks.Notes)
	p.Identifiers = identifierRows(a, reveal && !p.Restricted)
	p.IdentifiersCut = len(a.Identifiers) - len(p.Identifiers)
	p.Hits, p.MoreHits = display.HitRows(v.Hits, reveal && !p.Restricted)
	h.setFindings(&p, v, reveal)
	if !p.Restricted {
		p.Title = display.Segments(vigil.FieldTitle, display.Head(v.Listing.Title, 1000), a, reveal)
		text := display.Head(v.Listing.Description, shownText)
		p.Text, p.More = display.Segments(vigil.FieldDescription, text, a, reveal), len(v.Listing.Description)-len(text)
	}
	p.spare()
	return p
}

// withoutTitle drops the title, which the page shows with the text.
func withoutTitle(fs []display.Fact) []display.Fact {
	return slices.DeleteFunc(fs, func(f display.Fact) bool { return f.Name == "title" })
}

// shownFindings is how many findings and identifiers an item page lists at most.
const shownFindings = 40

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
			p.Legend = append(p.Legend, h.explain(f.Indicator))
		}
	}
}

// explain says what an indicator means, and who says so.
func (h *handler) explain(indicator string) legend {
	const most = 4
	name, definition := h.Indicators(indicator)
	l := legend{ID: display.Clean(indicator), Name: display.Clean(name), Definition: display.Clean(definition)}
	if h.Origins == nil {
		return l
	}
	for _, o := range h.Origins(indicator) {
		if len(l.Origins) < most {
			l.Origins = append(l.Origins, display.Cut(display.Clean(o), 160))
		}
	}
	return l
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

// day spells a day as forms do.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
