package review

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/store"
)

// Sizes of the queue page.
const (
	queueRows = 40  // on one page
	queueScan = 500 // items that are read for one page; counts beyond are unknown
)

// A queuePage is what the queue template shows.
type queuePage struct {
	Show, Level  string // the filter
	Shows        []choice
	Levels       []choice
	Groups       []group
	From, To     int
	Newer, Older string // addresses of the pages before and after; empty for none
	Chart        chart
	Cut          int    // if there are more items: how many were counted
	Notice       string // what came of the action before
	Tasks        []store.Count
}

// A choice is an option of a filter.
type choice struct {
	Value, Label string
	Chosen       bool
}

// A group is the rows of one level.
type group struct {
	Level vigil.Level
	Rows  []row
}

// A row is one item of the queue.
type row struct {
	ID, Title, Vendor, State, Summary string
	Score                             float64
	Indicators                        []string
	Identifiers                       int
	Mine                              bool // this reviewer holds it
}

// queue shows what waits, highest level first.
func (h *handler) queue(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p := queuePage{Show: q.Get("show"), Level: q.Get("level"), Notice: notices()[q.Get("done")]}
	p.choices()
	f := store.Filter{Waiting: p.Show == "waiting", Limit: queueScan}
	items, err := h.desk(r).Queue(r.Context(), f)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if len(items) == queueScan {
		p.Cut = queueScan
	}
	items = shown(items, p.Show)
	p.Chart = levelChart(items, p.Cut > 0)
	items = atLeast(items, vigil.Level(p.Level))
	p.page(items, q.Get("from"), h.Desk)
	if p.Tasks, err = h.reviewCounts(r); err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, http.StatusOK, "queue", frame{Title: "Queue", Here: "queue", Data: p})
}

// notices are what the queue says after an action; the address names them, so
// that no text from outside gets onto the page.
func notices() map[string]string {
	return map[string]string{
		"decided": "Decided. Nothing else Waits.",
		"empty":   "Nothing Waits for review.",
		"back":    "Given back. Somebody else can take it now.",
	}
}

// choices sets the filter's options, and the filter to one of them.
func (p *queuePage) choices() {
	p.Shows = []choice{{Value: "waiting", Label: "waiting"}, {Value: "decided", Label: "decided"}, {Value: "all", Label: "all assessed"}}
	p.Show = choose(p.Shows, p.Show)
	p.Levels = []choice{{Value: "none", Label: "any level"}}
	for _, l := range []vigil.Level{vigil.LevelNote, vigil.LevelReview, vigil.LevelPriority} {
		p.Levels = append(p.Levels, choice{Value: string(l), Label: string(l) + " and above"})
	}
	p.Levels = append(p.Levels, choice{Value: string(vigil.LevelEscalate), Label: "escalate only"})
	p.Level = choose(p.Levels, p.Level)
}

// choose marks the wanted choice, or the first, and returns it.
func choose(cs []choice, want string) string {
	for i := range cs {
		if cs[i].Value == want {
			cs[i].Chosen = true
			return want
		}
	}
	cs[0].Chosen = true
	return cs[0].Value
}

// shown returns the items in a state.
func shown(items []store.Item, show string) []store.Item {
	if show != "decided" {
		return items
	}
	var kept []store.Item
	for _, it := range items {
		if it.Decision != nil {
			kept = append(kept, it)
		}
	}
	return kept
}

// atLeast returns the items of a level or higher.
func atLeast(items []store.Item, least vigil.Level) []store.Item {
	var kept []store.Item
	for _, it := range items {
		if it.Assessment.Level.Rank() >= least.Rank() {
			kept = append(kept, it)
		}
	}
	return kept
}

// page sets the rows from the nth item on, and the ways to the rows around.
func (p *queuePage) page(items []store.Item, from string, d desk.Desk) {
	n, err := strconv.Atoi(from)
	if err != nil || n < 0 || n >= len(items) {
		n = 0
	}
	end := min(n+queueRows, len(items))
	for _, it := range items[n:end] {
		level := it.Assessment.Level
		if len(p.Groups) == 0 || p.Groups[len(p.Groups)-1].Level != level {
			p.Groups = append(p.Groups, group{Level: level})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Rows = append(g.Rows, newRow(it, d))
	}
	p.From, p.To = n+1, end
	if n > 0 {
		p.Newer = p.address(max(0, n-queueRows))
	}
	if end < len(items) {
		p.Older = p.address(end)
	}
}

// address returns the address of the page that begins with the nth item.
func (p *queuePage) address(n int) string {
	return "/?" + url.Values{"show": {p.Show}, "level": {p.Level}, "from": {strconv.Itoa(n)}}.Encode()
}

func newRow(it store.Item, d desk.Desk) row {
	const most = 120
	r := row{
		ID: it.Assessment.ID, Title: display.Cut(display.Title(it.Listing, it.Assessment), most), Vendor: display.Cut(display.Clean(it.Listing.Vendor), most/3),
		State: display.State(it, d.Clock()), Summary: display.Summary(it), Score: it.Assessment.Score,
		Indicators: display.TopIndicators(it.Assessment, 3), Identifiers: len(it.Assessment.Identifiers),
		Mine: it.Task.State == vigil.Leased && it.Task.Holder == d.Who.Account && it.Task.Until.After(d.Clock()),
	}
	if display.Restricted(it) {
		r.Title, r.Vendor = "withheld: restricted handling", ""
	}
	if r.Title == "" {
		r.Title = "listing without a title"
	}
	return r
}

// reviewCounts returns how many reviews there are in each state, all sources together.
func (h *handler) reviewCounts(r *http.Request) ([]store.Count, error) {
	all, err := h.desk(r).Store.Counts(r.Context())
	if err != nil {
		return nil, fmt.Errorf("count reviews: %w", err)
	}
	sum := []store.Count{{State: vigil.Queued}, {State: vigil.Leased}, {State: vigil.Done}, {State: vigil.Dead}}
	for _, c := range all {
		for i := range sum {
			if c.Stage == vigil.Review && c.State == sum[i].State {
				sum[i].N += c.N
			}
		}
	}
	return sum, nil
}

// next claims the review that should come first and goes to it.
func (h *handler) next(w http.ResponseWriter, r *http.Request) { h.goNext(w, r, "empty") }

// goNext goes to the next review, or to the queue if none waits.
func (h *handler) goNext(w http.ResponseWriter, r *http.Request, done string) {
	it, err := h.desk(r).Take(r.Context(), desk.Wish{})
	if errors.Is(err, vigil.ErrNotFound) {
		http.Redirect(w, r, "/?done="+done, http.StatusSeeOther)
		return
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/item/"+url.PathEscape(it.Assessment.ID), http.StatusSeeOther)
}
