package review

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/store"
)

// A hitsPage is what the hits template shows.
type hitsPage struct {
	N          int
	Cut        bool
	From, To   int
	Rows       []listedRow
	Lists      []hitsChoice
	Programmes []hitsChoice
	All        string // address without a choice; empty if nothing is chosen
	Before     string // address of the page before; empty for none
	After      string
}

// A hitsChoice narrows the page to a list or a programme.
type hitsChoice struct {
	Name   string
	N      int
	Terror bool
	Path   string
	Here   bool // it is chosen
}

// A listedRow is a listing with hits.
type listedRow struct {
	ID, Title, Vendor, Source string
	Level                     vigil.Level
	State                     string
	Restricted                bool
	Hits                      []listedHit
	More                      int
}

// A listedHit is a row of a list that a listing names.
type listedHit struct {
	Kind, Value, List, AsOf, Party, Programmes, State string
	Row                                               int
	Terror, Current, Exact                            bool
}

// Bounds of the hits page.
const (
	pageListed   = 25
	rowHits      = 6  // of one listing
	shownChoices = 24 // lists, and programmes
)

// hits shows the listings that name what is on watchlists.
func (h *handler) hits(w http.ResponseWriter, r *http.Request) {
	form := r.URL.Query()
	page, err := strconv.Atoi(form.Get("page"))
	if err != nil || page < 1 || page > 1<<20 {
		page = 1
	}
	req := desk.ListedRequest{List: form.Get("list"), Programme: form.Get("programme"), Skip: (page - 1) * pageListed, Limit: pageListed}
	res, err := h.desk(r).Listed(r.Context(), req)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	p := hitsPage{N: res.N, Cut: res.Cut, From: req.Skip + 1, To: req.Skip + len(res.Page)}
	for _, l := range res.Page {
		p.Rows = append(p.Rows, newListedRow(l))
	}
	p.Lists = hitsChoices(res.Lists, req.List, func(name string) string { return hitsPath(name, "", 1) })
	p.Programmes = hitsChoices(res.Programmes, req.Programme, func(name string) string { return hitsPath(req.List, name, 1) })
	if req.List != "" || req.Programme != "" {
		p.All = "/hits"
	}
	if page > 1 {
		p.Before = hitsPath(req.List, req.Programme, page-1)
	}
	if p.To < res.N && len(res.Page) > 0 {
		p.After = hitsPath(req.List, req.Programme, page+1)
	}
	h.show(w, r, http.StatusOK, "hits", frame{Title: "Watchlist hits", Here: "hits", Data: p})
}

func hitsPath(list, programme string, page int) string {
	v := url.Values{}
	if list != "" {
		v.Set("list", list)
	}
	if programme != "" {
		v.Set("programme", programme)
	}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	if len(v) == 0 {
		return "/hits"
	}
	return "/hits?" + v.Encode()
}

func hitsChoices(cs []desk.ListedCount, chosen string, path func(string) string) []hitsChoice {
	var out []hitsChoice
	for i, c := range cs {
		if i < shownChoices || c.Name == chosen {
			out = append(out, hitsChoice{display.Cut(display.Clean(c.Name), 40), c.N, c.Terror, path(c.Name), c.Name == chosen})
		}
	}
	return out
}

func newListedRow(l desk.Listed) listedRow {
	it := store.Item{Listing: l.Listing, Assessment: l.Assessment, Decision: l.Decision}
	row := listedRow{ID: l.Listing.ID, Level: l.Facts.Level, Source: sourceName(l.Facts.Source), State: foundState(l.SearchHit), Restricted: display.Restricted(it)}
	if !row.Restricted {
		row.Title, row.Vendor = display.Cut(titleOf(it), 100), display.Cut(display.Clean(l.Listing.Vendor), 40)
	}
	for _, hit := range l.Hits[:min(len(l.Hits), rowHits)] {
		row.Hits = append(row.Hits, newListedHit(hit))
	}
	row.More = len(l.Hits) - len(row.Hits)
	return row
}

func newListedHit(h vigil.Hit) listedHit {
	out := listedHit{
		Kind: display.Clean(h.Identifier.Kind), Value: display.Cut(display.Clean(display.Mask(h.Identifier)), 40), List: display.Cut(display.Clean(h.List.Name), 40), AsOf: display.Clean(h.List.AsOf),
		Party: display.Cut(display.Clean(h.Row.Party), 80), Row: h.Row.N, Terror: h.Row.Terror, Current: h.State == vigil.HitCurrent, Exact: h.Exact,
	}
	programmes := slices.Clone(h.Row.Programmes)
	for i := range programmes {
		programmes[i] = display.Clean(programmes[i])
	}
	out.Programmes = display.Cut(strings.Join(programmes, ", "), 80)
	out.State = "in force"
	if !out.Current {
		out.State = string(h.State)
		if h.Since != "" {
			out.State += " since " + display.Clean(h.Since)
		}
	}
	return out
}
