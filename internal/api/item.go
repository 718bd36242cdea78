package api

import (
	"slices"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/store"
)

// An Item is one listing as a person may see it: [vigil] types, with what must not
// be shown replaced byte for byte, so that findings still point at their bytes.
type Item struct {
	Listing    vigil.Listing    `json:"listing"`
	Assessment vigil.Assessment `json:"assessment"`
	Page       vigil.Page       `json:"page"`
	Decisions  []vigil.Decision `json:"decisions"` // oldest first, without those that the person may not see yet
	Hits       []vigil.Hit      `json:"hits,omitempty"`

	Decision *vigil.Decision `json:"decision,omitempty"` // by which the listing is known
	Review   *Review         `json:"review,omitempty"`   // nil if none is asked
	Stage    vigil.Stage     `json:"stage,omitempty"`    // in which the listing waits
	Blind    bool            `json:"blind,omitempty"`    // decisions are left out
	Notes    []vigil.Remark  `json:"notes,omitempty"`
	Tags     []string        `json:"tags,omitempty"`
	Due      *vigil.Remark   `json:"due,omitempty"` // the day to come back

	Summary    string `json:"summary"`              // one neutral line
	Restricted bool   `json:"restricted,omitempty"` // its texts are left out, unless they are revealed
	Revealed   bool   `json:"revealed,omitempty"`   // shown in full, as far as the person may see it
	// Seen names the state of the listing that is shown: a decision that carries it
	// is taken only while the listing is in that state.
	Seen string `json:"seen,omitempty"`
}

// A Review says where the review of a listing stands.
type Review struct {
	State  vigil.State `json:"state"`
	Holder string      `json:"holder,omitempty"`
	Until  time.Time   `json:"until,omitzero"` // end of the claim
}

// reviewOf leaves out of a task what is the store's, such as the lease.
func reviewOf(t vigil.Task) *Review {
	if t.State == "" {
		return nil
	}
	r := &Review{State: t.State}
	if t.State == vigil.Leased {
		r.Holder, r.Until = t.Holder, t.Until
	}
	return r
}

// task is the other way round.
func (r *Review) task() vigil.Task {
	if r == nil {
		return vigil.Task{}
	}
	return vigil.Task{State: r.State, Holder: r.Holder, Until: r.Until}
}

// NewItem returns a view as it may be given out; reveal says that its reader asked
// for identifiers in full, and that this is logged.
func NewItem(v display.View, reveal bool) Item {
	v = v.Shielded()
	it := Item{
		Listing: v.Listing, Assessment: v.Assessment, Page: v.Page, Decisions: v.Decisions, Hits: v.Hits,
		Decision: v.Decision, Review: reviewOf(v.Task), Stage: v.Stage, Blind: v.Blind,
		Notes: v.Remarks.Notes, Tags: v.Remarks.Tags, Due: v.Remarks.Due,
		Summary: display.Summary(v.Item), Restricted: display.Restricted(v.Item), Revealed: reveal,
	}
	if it.Decisions == nil {
		it.Decisions = []vigil.Decision{}
	}
	it.Listing, it.Assessment = veiled(v.Listing, v.Assessment, reveal)
	if !reveal {
		it.Hits = maskedHits(v.Hits)
	}
	return it
}

// View is the other way round: what a terminal needs to show the item.
func (it Item) View() display.View {
	return display.View{
		Item: store.Item{Listing: it.Listing, Assessment: it.Assessment, Task: it.Review.task(), Decision: it.Decision},
		Page: it.Page, Decisions: it.Decisions, Blind: it.Blind, Stage: it.Stage, Hits: it.Hits,
		Remarks: vigil.Remarks{Notes: it.Notes, Tags: it.Tags, Due: it.Due}, Revealed: it.Revealed,
	}
}

// A Row is a listing in a list: no text of it but the title, as a look at a list is
// one entry in the log.
type Row struct {
	Listing     string             `json:"listing"`
	Source      string             `json:"source"`
	URL         string             `json:"url"`
	Title       string             `json:"title"` // empty if restricted
	Vendor      string             `json:"vendor,omitempty"`
	Level       vigil.Level        `json:"level"`
	Score       float64            `json:"score"`
	Genre       vigil.Genre        `json:"genre"`
	Indicators  []string           `json:"indicators"` // those that speak for, one a finding
	Identifiers int                `json:"identifiers"`
	State       vigil.State        `json:"state,omitempty"`
	Verdict     vigil.Verdict      `json:"verdict,omitempty"`
	Weights     map[string]float64 `json:"weights,omitempty"` // the greatest of each indicator that speaks for
	Holder      string             `json:"holder,omitempty"`
	Until       time.Time          `json:"until,omitzero"`
}

// NewRow returns a listing as it may stand in a list.
func NewRow(it store.Item) Row {
	if display.Restricted(it) {
		it.Listing, it.Assessment = display.Shielded(it.Listing, it.Assessment)
	}
	a := it.Assessment
	r := Row{
		Listing: it.Listing.ID, Source: it.Listing.Source, URL: it.Listing.URL, Level: a.Level, Score: a.Score, Genre: a.Genre,
		Indicators: []string{}, Identifiers: len(a.Identifiers), State: it.Task.State,
	}
	if rv := reviewOf(it.Task); rv != nil {
		r.Holder, r.Until = rv.Holder, rv.Until
	}
	if it.Decision != nil {
		r.Verdict = it.Decision.Verdict
	}
	r.Title, r.Vendor = display.Title(it.Listing, a), display.Clean(it.Listing.Vendor)
	for _, f := range a.Findings {
		if f.Polarity == vigil.Against {
			continue
		}
		if r.Weights == nil {
			r.Weights = map[string]float64{}
		}
		r.Indicators = append(r.Indicators, f.Indicator)
		r.Weights[f.Indicator] = max(r.Weights[f.Indicator], f.Weight)
	}
	return r
}

// Rows returns listings as they may stand in a list; never nil.
func Rows(items []store.Item) []Row {
	rows := make([]Row, len(items))
	for i, it := range items {
		rows[i] = NewRow(it)
	}
	return rows
}

// Item is the other way round, as far as a list shows it.
func (r Row) Item() store.Item {
	it := store.Item{
		Listing:    vigil.Listing{ID: r.Listing, Source: r.Source, URL: r.URL, Title: r.Title, Vendor: r.Vendor},
		Assessment: vigil.Assessment{ID: r.Listing, Source: r.Source, Level: r.Level, Score: r.Score, Genre: r.Genre, Identifiers: make([]vigil.Identifier, r.Identifiers)},
		Task:       vigil.Task{State: r.State, Holder: r.Holder, Until: r.Until},
	}
	for _, in := range r.Indicators {
		it.Assessment.Findings = append(it.Assessment.Findings, vigil.Finding{Indicator: in, Polarity: vigil.For, Weight: r.Weights[in]})
	}
	if r.Verdict != "" {
		it.Decision = &vigil.Decision{Listing: r.Listing, Verdict: r.Verdict}
	}
	return it
}

// items is [Row.Item] of each.
func items(rows []Row) []store.Item {
	its := make([]store.Item, len(rows))
	for i, r := range rows {
		its[i] = r.Item()
	}
	return slices.Clip(its)
}
