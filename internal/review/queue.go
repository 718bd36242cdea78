package review

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/store"
)

// Sizes of the queue page.
const (
	queueRows = 30  // of the list, on one page
	queueScan = 300 // items that are read at most for one page of those decided
	shortList = 8   // rows of the lists above it
)

// A queuePage is what the queue template shows.
type queuePage struct {
	Filter   queueFilter
	Chart    chart
	Mine     []row
	Seconds  []row // second readings that wait for this person
	Disputes []row
	Due      []dueRow
	DueMore  int  // that are due, and not shown
	Later    int  // days to come back to that are still ahead
	DueCut   bool // there are so many that some were not looked at
	Decides  bool
	Counts   desk.Counts
	Groups   []group
	N        int    // rows of the list
	Next     string // address of the page behind this one; empty for none
	First    string // of the first page, on any other; empty on it
	Notice   string // what came of the action before
}

// A queueFilter is the filter of the list and what it may be set to.
type queueFilter struct {
	Show, Level, Source string
	Shows, Levels       []choice
	Sources             []choice
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
	ID, Title, Vendor, State string
	Level                    vigil.Level
	Score                    float64
	Indicators               []string
	Identifiers              int
	Mine                     bool  // this reviewer holds it
	Folded                   []row // near-duplicates, of its level and on this page
}

// A dueRow is a listing that this person wants to come back to.
type dueRow struct {
	row
	Day, Why string
}

// queue shows what is in the person's hands, what waits for them alone, and what
// waits for anybody, highest level first.
func (h *handler) queue(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p := queuePage{Notice: notices(q.Get("done")), Decides: person(r).Can(access.Decide)}
	b, err := h.list(r, q, &p)
	if err == nil {
		p.Counts, p.Chart = b.Counts, waitingChart(b.Counts.Levels)
		err = h.ownLists(r, &p, b)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, http.StatusOK, "queue", frame{Title: "Queue", Here: "queue", Data: p, Counts: &p.Counts})
}

// notices are what a page says after an action; the address names them, so that no
// text from outside gets onto the page.
func notices(done string) string {
	return map[string]string{
		"decided": "Decided.",
		"last":    "Decided. Nothing else waits for you.",
		"empty":   "Nothing waits for you.",
		"back":    "Given back. Somebody else can take it now.",
		"passed":  "Passed on to a colleague. No reason is asked, and nobody counts it.",
		"undone":  "Taken back. The listing waits again.",
		"noted":   "Kept.",
		"browsed": "That was the last of the queue.",
	}[done]
}

// list sets the list of what waits for anybody, or was decided, and returns all that
// the queue shows. It reads on from the listing at which the page before ended, so that
// no page costs more than another.
func (h *handler) list(r *http.Request, q url.Values, p *queuePage) (desk.Board, error) {
	if err := h.setFilter(r, q, &p.Filter); err != nil {
		return desk.Board{}, err
	}
	f := store.Filter{
		Source: p.Filter.Source, MinLevel: vigil.Level(p.Filter.Level), Waiting: p.Filter.Show == "waiting",
		After: q.Get("after"), Limit: queueRows + 1,
	}
	if p.Filter.Show == "decided" {
		f.Limit = queueScan + 1
	}
	b, err := h.desk(r).Board(r.Context(), f, shortList)
	if errors.Is(err, vigil.ErrNotFound) && f.After != "" {
		f.After = "" // erased meanwhile, or never there
		b, err = h.desk(r).Board(r.Context(), f, shortList)
	}
	if err != nil {
		return b, err
	}
	items := b.Items
	more := len(items) == f.Limit
	items, last := pageOf(items[:min(len(items), f.Limit-1)], p.Filter.Show == "decided")
	if more || last.more {
		p.Next = p.Filter.address(last.id)
	}
	if f.After != "" {
		p.First = p.Filter.address("")
	}
	p.N, p.Groups = len(items), h.groups(r, items)
	return b, nil
}

// An end is where a page of the list ends.
type end struct {
	id   string
	more bool // what was read goes on
}

// pageOf returns the items of one page, those decided only if asked for, and where
// it ends.
func pageOf(items []store.Item, decided bool) ([]store.Item, end) {
	var kept []store.Item
	var last end
	for i, it := range items {
		if len(kept) == queueRows {
			last.more = true
			break
		}
		last.id = items[i].Assessment.ID
		if !decided || it.Decision != nil {
			kept = append(kept, it)
		}
	}
	return kept, last
}

// setFilter sets the filter's options, and the filter to one of each.
func (h *handler) setFilter(r *http.Request, q url.Values, f *queueFilter) error {
	f.Shows = []choice{{Value: "waiting", Label: "waiting"}, {Value: "decided", Label: "decided"}, {Value: "all", Label: "all assessed"}}
	f.Show = choose(f.Shows, q.Get("show"))
	f.Levels = []choice{{Value: "", Label: "any level"}}
	for _, l := range []vigil.Level{vigil.LevelNote, vigil.LevelReview, vigil.LevelPriority} {
		f.Levels = append(f.Levels, choice{Value: string(l), Label: string(l) + " and above"})
	}
	f.Levels = append(f.Levels, choice{Value: string(vigil.LevelEscalate), Label: "escalate only"})
	f.Level = choose(f.Levels, q.Get("level"))
	counts, err := h.desk(r).Store.Counts(r.Context())
	if err != nil {
		return fmt.Errorf("count reviews: %w", err)
	}
	sources := map[string]bool{}
	for _, c := range counts {
		if c.Stage == vigil.Review {
			sources[c.Source] = true
		}
	}
	f.Sources = []choice{{Value: "", Label: "any source"}}
	for _, s := range slices.Sorted(maps.Keys(sources)) {
		f.Sources = append(f.Sources, choice{Value: s, Label: display.Cut(display.Clean(s), 60)})
	}
	f.Source = choose(f.Sources, q.Get("source"))
	return nil
}

// choose marks the wanted choice, or the first, and returns it.
func choose(cs []choice, want string) string {
	i := max(0, slices.IndexFunc(cs, func(c choice) bool { return c.Value == want }))
	cs[i].Chosen = true
	return cs[i].Value
}

// address returns the address of the page behind a listing.
func (f queueFilter) address(after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"show": f.Show, "level": f.Level, "source": f.Source, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/?" + q.Encode() + "#list-head"
}

// groups puts rows under their levels, and near-duplicates under the first of them.
func (h *handler) groups(r *http.Request, items []store.Item) []group {
	var gs []group
	clusters := h.clusters(items)
	at := map[string]int{} // of a cluster, the index of its row in the last group
	for _, it := range items {
		level := it.Assessment.Level
		if len(gs) == 0 || gs[len(gs)-1].Level != level {
			gs = append(gs, group{Level: level})
			clear(at)
		}
		g, rw, cluster := &gs[len(gs)-1], h.newRow(r, it), clusters[it.Assessment.ID]
		if i, ok := at[cluster]; ok && cluster != "" {
			g.Rows[i].Folded = append(g.Rows[i].Folded, rw)
			continue
		}
		at[cluster] = len(g.Rows)
		g.Rows = append(g.Rows, rw)
	}
	return gs
}

// clusters says to which cluster each item belongs.
func (h *handler) clusters(items []store.Item) map[string]string {
	if h.ClusterOf == nil {
		return nil
	}
	var ids []string
	for _, it := range items {
		if !display.Restricted(it) {
			ids = append(ids, it.Assessment.ID)
		}
	}
	return h.ClusterOf(ids)
}

func (h *handler) newRow(r *http.Request, it store.Item) row {
	const most = 110
	rw := row{
		ID: it.Assessment.ID, Level: it.Assessment.Level, Score: it.Assessment.Score,
		Title:       cmp.Or(display.Cut(display.Title(it.Listing, it.Assessment), most), "listing without a title"),
		Vendor:      display.Cut(display.Clean(it.Listing.Vendor), most/3),
		State:       rowState(it, h.desk(r)),
		Indicators:  display.TopIndicators(it.Assessment, 3),
		Identifiers: len(it.Assessment.Identifiers), Mine: mine(it.Task, h.desk(r)),
	}
	if display.Restricted(it) {
		rw.Title, rw.Vendor = "withheld: restricted handling", ""
	}
	return rw
}

// mine reports whether a desk's person holds a task.
func mine(t vigil.Task, d *desk.Desk) bool {
	return t.State == vigil.Leased && t.Holder == d.Who.Account && t.Until.After(d.Clock())
}

// rowState says where an item stands, and never what somebody else decided: who
// reads the list may be its second reader.
func rowState(it store.Item, d *desk.Desk) string {
	switch {
	case mine(it.Task, d):
		return "held by you"
	case display.Waits(it.Task) || it.Decision == nil:
		return display.State(it, d.Clock())
	case it.Decision.Reviewer == d.Who.Account:
		return label(string(it.Decision.Verdict)) + " (you)"
	}
	return "decided"
}
