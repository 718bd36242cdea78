package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/search"
	"vigil/store"
)

// A searchPage is what the search template shows.
type searchPage struct {
	Query  string
	Level  bool   // highest level first
	Syntax string // how a query is written
	Wrong  *wrongQuery

	Asked   bool // there is a query, and nothing wrong with it
	Found   string
	Rows    []foundRow
	Facets  []facet
	Part    int    // how many the facets count, where that may not be all
	All     string // address of the same page with all counted; empty if all are
	Next    string // address of the next page
	First   string // of the first one; empty if it is the first
	Newest  string // of the same query in the other order
	ByLevel string

	Saved []savedRow
	Kept  string // the name under which the query was just kept
	Tags  bool   // the person may put tags on all
	Draft bool   // or draft a bundle of all
}

// A wrongQuery shows where a query is wrong.
type wrongQuery struct{ Before, At, Says string }

// A savedRow is a query that the person keeps.
type savedRow struct{ Name, Query, Path string }

// A foundRow is a listing that was found, as it may be shown.
type foundRow struct {
	ID         string
	Level      vigil.Level
	Title      string
	Vendor     string
	Source     string
	Captured   time.Time
	State      string
	Lists      []string
	Field      string // in which the words stand that are shown
	Words      []display.Segment
	Restricted bool
}

// A facet counts what the found listings are.
type facet struct {
	Name   string
	Values []facetValue
	More   int
}

// A facetValue is a value of a facet, and the address of the query with it.
type facetValue struct {
	Value string
	N     int
	Path  string // empty where no query can ask for it
}

// pageHits is how many listings a page of results has.
const pageHits = 20

// find shows the search page, with the answers to a query if there is one.
func (h *handler) find(w http.ResponseWriter, r *http.Request) {
	if h.Query == nil {
		h.nothing(w, r)
		return
	}
	form := r.URL.Query()
	p := h.newSearchPage(r, form.Get("q"), form.Get("order") == "level")
	status := http.StatusOK
	if strings.TrimSpace(form.Get("q")) != "" {
		q, err := h.Query(form.Get("q"))
		if err != nil {
			status, p.Wrong = http.StatusUnprocessableEntity, wrongAt(form.Get("q"), err)
		} else if err := h.answer(r, &p, q, form); errors.Is(err, store.ErrPage) {
			http.Redirect(w, r, searchPath(form.Get("q"), p.Level, ""), http.StatusSeeOther)
			return
		} else if err != nil {
			h.fail(w, r, err)
			return
		}
	}
	saved, err := h.desk(r).Filters(r.Context())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	for _, f := range saved {
		p.Saved = append(p.Saved, savedRow{display.Clean(f.Name), f.Query, searchPath(f.Query, false, "")})
	}
	h.show(w, r, status, "search", frame{Title: "Search", Here: "search", Data: p})
}

func (h *handler) newSearchPage(r *http.Request, query string, byLevel bool) searchPage {
	p := searchPage{Query: display.Head(display.Visible(query), search.MaxQuery), Level: byLevel, Syntax: search.Syntax}
	p.Newest, p.ByLevel = searchPath(query, false, ""), searchPath(query, true, "")
	p.Kept = display.Cut(display.Clean(r.URL.Query().Get("kept")), 80)
	p.Tags, p.Draft = person(r).Can("remark") && h.Jobs != nil, h.Draft != nil && person(r).Can("draft")
	return p
}

// wrongAt says what is wrong with a query, and where.
func wrongAt(query string, err error) *wrongQuery {
	says := strings.TrimPrefix(display.Clean(err.Error()), "query: ")
	wrong := &wrongQuery{Says: display.Cut(says, 400)}
	var where *search.ParseError
	if !errors.As(err, &where) || where.At > len(query) || len(query) > search.MaxQuery {
		return wrong
	}
	wrong.Before, wrong.At = display.Visible(query[:where.At]), display.Visible(query[where.At:])
	if wrong.At == "" {
		wrong.At = "…"
	}
	return wrong
}

// searchPath is the address of a page of answers.
func searchPath(query string, byLevel bool, page string) string {
	v := url.Values{"q": {query}}
	if byLevel {
		v.Set("order", "level")
	}
	if page != "" {
		v.Set("page", page)
	}
	return "/search?" + v.Encode()
}

// lookAt is [Config.LookAt] where that says nothing.
const lookAt = 5_000

// answer finds a page of listings.
func (h *handler) answer(r *http.Request, p *searchPage, q search.Query, form url.Values) error {
	page, query := form.Get("page"), form.Get("q")
	req := store.SearchRequest{Query: q, Limit: pageHits, Page: page, Count: page == "", Look: cmp.Or(h.LookAt, lookAt)}
	if form.Get("count") == "all" {
		req.Look = 0
	}
	if p.Level {
		req.Order = store.ByLevel
	}
	res, err := h.desk(r).Search(r.Context(), req)
	if err != nil {
		return err
	}
	p.Asked = true
	for _, hit := range res.Hits {
		p.Rows = append(p.Rows, h.foundOf(hit))
	}
	if res.Next != "" {
		p.Next = searchPath(query, p.Level, res.Next)
	}
	if page != "" {
		p.First = searchPath(query, p.Level, "")
	}
	if res.Count != nil {
		p.Found = foundWords(res.Count)
		if res.Count.AtLeast {
			p.Part = res.Count.N
			if req.Look > 0 {
				p.All = searchPath(query, p.Level, "") + "&count=all"
			}
		}
		p.Facets = facetsOf(query, p.Level, res.Count.Facets)
	}
	return nil
}

// foundWords says how many listings were found.
func foundWords(c *store.SearchCount) string {
	switch {
	case c.AtLeast && c.N == 0:
		return "none so far"
	case c.AtLeast:
		return fmt.Sprintf("at least %d listings", c.N)
	case c.N == 1:
		return "1 listing"
	}
	return fmt.Sprintf("%d listings", c.N)
}

// foundOf returns what may be shown of a hit: no text where a decision forbids it,
// and no identifier in full.
func (h *handler) foundOf(hit store.SearchHit) foundRow {
	l, as := hit.Listing, desk.TextOf(hit, h.Identifiers)
	it := store.Item{Listing: l, Assessment: as, Decision: hit.Decision}
	row := foundRow{
		ID: l.ID, Level: hit.Facts.Level, Source: sourceName(hit.Facts.Source), Captured: hit.Facts.Captured, State: foundState(hit),
		Restricted: display.Restricted(it),
	}
	for _, name := range hit.Facts.Lists {
		row.Lists = append(row.Lists, display.Cut(display.Clean(name), 40))
	}
	if row.Restricted {
		return row
	}
	row.Title, row.Vendor = display.Cut(display.Title(l, as), 160), display.Cut(display.Clean(l.Vendor), 40)
	if len(hit.Marks) > 0 {
		m := desk.BestMark(hit.Marks)
		row.Field = m.Field
		row.Words = display.Around(search.FieldText(l, m.Field), vigil.Finding{Field: m.Field, Start: m.Start, End: m.End, Polarity: vigil.For}, as, display.QuoteContext, false)
	}
	return row
}

// foundState says where the review of a hit stands.
func foundState(hit store.SearchHit) string {
	switch {
	case hit.Facts.Verdict != "":
		return strings.ReplaceAll(string(hit.Facts.Verdict), "-", " ")
	case hit.Facts.Waiting:
		return "waits"
	case hit.Facts.Level == "":
		return "not assessed"
	}
	return ""
}

// sourceName is the name of a source, without its order.
func sourceName(id string) string {
	if _, name, ok := strings.Cut(id, "/"); ok {
		id = name
	}
	return display.Cut(display.Clean(id), 40)
}

// shownValues is how many values of a facet are shown.
const shownValues = 8

// facetsOf returns the facets with the queries that narrow to each value.
func facetsOf(query string, byLevel bool, fs []store.Facet) []facet {
	var out []facet
	for _, f := range fs {
		one := facet{Name: string(f.Name), More: max(0, len(f.Values)-shownValues) + f.More}
		for _, v := range f.Values[:min(len(f.Values), shownValues)] {
			shown := facetValue{Value: display.Cut(display.Clean(v.Value), 40), N: v.N}
			if term := facetTerm(f.Name, v.Value); term != "" && len(query)+len(term) < search.MaxQuery {
				shown.Path = searchPath(query+" "+term, byLevel, "")
			}
			one.Values = append(one.Values, shown)
		}
		if len(one.Values) > 0 {
			out = append(out, one)
		}
	}
	return out
}

// facetTerm returns the term that asks for a value of a facet; empty if there is none.
func facetTerm(name search.Kind, value string) string {
	if name == store.FacetMonth {
		month, err := time.Parse("2006-01", value)
		if err != nil {
			return ""
		}
		return fmt.Sprintf("since:%s until:%s", month.Format(time.DateOnly), month.AddDate(0, 1, -1).Format(time.DateOnly))
	}
	plain := strings.IndexFunc(value, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' }) < 0
	switch {
	case value == "":
		return ""
	case plain:
		return string(name) + ":" + value
	case name == search.Vendor:
		words := search.Words(value) // a name is compared by its words
		if len(words) == 0 {
			return ""
		}
		return `vendor:"` + strings.Join(words, " ") + `"`
	case strings.ContainsAny(value, "\"“”„") || display.Clean(value) != value:
		return ""
	}
	return string(name) + `:"` + value + `"`
}

// keepFilter keeps the query under a name, or ends one that is kept.
func (h *handler) keepFilter(w http.ResponseWriter, r *http.Request) {
	query, name := r.PostFormValue("q"), strings.TrimSpace(r.PostFormValue("name"))
	if r.PostFormValue("end") != "" {
		query = ""
	}
	if err := h.desk(r).SaveFilter(r.Context(), name, query); err != nil {
		h.say(w, r, http.StatusUnprocessableEntity, "Not kept", message{
			Text: display.Clean(err.Error()), Path: searchPath(r.PostFormValue("q"), false, ""), Link: "Back to the search",
		})
		return
	}
	path := searchPath(r.PostFormValue("q"), false, "")
	if query != "" {
		path += "&" + url.Values{"kept": {name}}.Encode()
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
}

// count returns how many listings answer a query.
func (h *handler) count(ctx context.Context, r *http.Request, q search.Query) (*store.SearchCount, error) {
	res, err := h.desk(r).Search(ctx, store.SearchRequest{Query: q, Limit: 1, Count: true})
	if err == nil && res.Count == nil {
		err = errors.New("count the listings that answer: the search counted nothing")
	}
	return res.Count, err
}
