package api

import (
	"errors"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/classify/identifier"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/search"
	"vigil/store"
)

// A Search is the body of search. Queries stand in bodies: an address is kept in
// places where the words of a search have no business.
type Search struct {
	Query string            `json:"query"`
	Order store.SearchOrder `json:"order,omitempty"` // newest first if empty, or "level"
	Limit int               `json:"limit,omitempty"` // 0 for 20
	Page  string            `json:"page,omitempty"`  // what the page before said is next
	Count bool              `json:"count,omitempty"`
}

// Found is a page of hits.
type Found struct {
	Hits []Hit       `json:"hits"`
	Next string      `json:"next,omitempty"` // asks for the next page
	All  *FoundCount `json:"all,omitempty"`  // if it was asked for
}

// A FoundCount counts the hits of all pages.
type FoundCount struct {
	Found   int                     `json:"found"`
	AtLeast bool                    `json:"at_least,omitempty"`
	Facets  map[string][]FacetValue `json:"facets"`         // most frequent first
	More    map[string]int          `json:"more,omitempty"` // how many values of a facet are left out
}

// A FacetValue counts the hits with one value of a facet.
type FacetValue struct {
	Value string `json:"value"`
	N     int    `json:"n"`
}

// A Hit is a listing that was found, as it may be shown.
type Hit struct {
	Listing  string        `json:"listing"`
	Level    vigil.Level   `json:"level,omitempty"` // empty if it is not assessed
	Score    float64       `json:"score"`
	Genre    vigil.Genre   `json:"genre,omitempty"`
	Source   string        `json:"source"`
	Type     string        `json:"page_type"`
	Vendor   string        `json:"vendor,omitempty"`
	Title    string        `json:"title"`
	Captured time.Time     `json:"captured_at,omitzero"`
	Decision vigil.Verdict `json:"decision,omitempty"`
	Tags     []string      `json:"tags,omitempty"`
	Lists    []string      `json:"watchlists,omitempty"`
	Waiting  bool          `json:"waiting"`
	Snippet  string        `json:"snippet,omitempty"` // identifiers masked, what was found between « and »
	Marks    []search.Mark `json:"marks,omitempty"`
}

// Keys returns the keys of the identifiers in a text, each once: what an id: of a
// query means.
func Keys(text string) (keys []string) {
	for _, id := range identifier.Scan(text) {
		if id.Links() && !slices.Contains(keys, id.Key) {
			keys = append(keys, id.Key)
		}
	}
	return keys
}

func (c *call) search() (any, error) {
	var in Search
	if err := read(c.Request, &in); err != nil {
		return nil, err
	}
	q, err := search.Parser{Keys: Keys}.Parse(in.Query)
	switch {
	case err != nil:
		return nil, unfit("query", err)
	case in.Limit < 0 || in.Limit > store.MaxHits:
		return nil, unfit("limit", errors.New("want 1 to 1000"))
	case in.Order != store.Newest && in.Order != store.ByLevel:
		return nil, unfit("order", errors.New(`want "level", or none for newest first`))
	}
	found, err := c.desk.Search(c.Context(), store.SearchRequest{Query: q, Order: in.Order, Limit: in.Limit, Page: in.Page, Count: in.Count})
	if errors.Is(err, store.ErrPage) {
		return nil, unfit("page", err)
	}
	return answer(FoundOf(found), err)
}

// FoundOf returns what may be shown of what was found.
func FoundOf(r store.SearchResult) Found {
	out := Found{Hits: []Hit{}, Next: r.Next}
	for _, h := range r.Hits {
		out.Hits = append(out.Hits, HitOf(h))
	}
	if r.Count == nil {
		return out
	}
	out.All = &FoundCount{Found: r.Count.N, AtLeast: r.Count.AtLeast, Facets: map[string][]FacetValue{}}
	for _, f := range r.Count.Facets {
		if f.More > 0 {
			if out.All.More == nil {
				out.All.More = map[string]int{}
			}
			out.All.More[string(f.Name)] = f.More
		}
		for _, v := range f.Values {
			out.All.Facets[string(f.Name)] = append(out.All.Facets[string(f.Name)], FacetValue{v.Value, v.N})
		}
	}
	return out
}

// HitOf returns what may be shown of a hit: no text where a decision forbids it,
// and no identifier in full.
func HitOf(h store.SearchHit) Hit {
	l, f := h.Listing, h.Facts
	row := Hit{
		Listing: l.ID, Level: f.Level, Score: h.Assessment.Score, Genre: f.Genre, Source: f.Source, Type: string(f.Type), Vendor: display.Clean(l.Vendor),
		Captured: f.Captured, Decision: f.Verdict, Tags: f.Tags, Lists: f.Lists, Waiting: f.Waiting,
	}
	as := desk.TextOf(h, identifier.Scan)
	if display.Restricted(store.Item{Listing: l, Assessment: as, Decision: h.Decision}) {
		row.Vendor = ""
		return row
	}
	row.Title, row.Marks = display.Title(l, as), h.Marks
	if len(h.Marks) > 0 {
		row.Snippet = snippet(l, as, desk.BestMark(h.Marks))
	}
	return row
}

// snippetContext is how many bytes are shown on either side of what was found.
const snippetContext = 60

// snippet returns the text around a mark as a line that is safe to show.
func snippet(l vigil.Listing, as vigil.Assessment, m search.Mark) string {
	var b strings.Builder
	text := search.FieldText(l, m.Field)
	at := vigil.Finding{Field: m.Field, Start: m.Start, End: m.End}
	for _, s := range display.Around(text, at, as, snippetContext, false) {
		shown := display.Visible(s.Text)
		switch s.Hidden {
		case "":
		case display.Masked:
			shown = "…"
		default:
			shown = "‹" + s.Hidden + "›"
		}
		if len(s.Findings) > 0 && s.Hidden != display.Withheld {
			shown = "«" + shown + "»"
		}
		b.WriteString(shown)
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "»«", "")), " ")
}

// Filters are a person's saved ones.
type Filters struct {
	Filters []vigil.SavedFilter `json:"filters"`
}

func (c *call) filters() (any, error) {
	fs, err := c.desk.Filters(c.Context())
	if fs == nil {
		fs = []vigil.SavedFilter{}
	}
	return answer(Filters{fs}, err)
}

// A FilterQuery is the body of a saved filter.
type FilterQuery struct {
	Query string `json:"query"`
}

func (c *call) saveFilter() (any, error) {
	var in FilterQuery
	if err := read(c.Request, &in); err != nil {
		return nil, err
	}
	if in.Query == "" {
		return nil, unfit("query", errors.New("no query: DELETE ends a filter"))
	}
	if err := CheckFilter(c.PathValue("name"), in.Query); err != nil {
		return nil, err
	}
	return nil, c.desk.SaveFilter(c.Context(), c.PathValue("name"), in.Query)
}

func (c *call) endFilter() (any, error) {
	if err := nothing(c.Request); err != nil {
		return nil, err
	}
	if err := CheckFilter(c.PathValue("name"), ""); err != nil {
		return nil, err
	}
	return nil, c.desk.SaveFilter(c.Context(), c.PathValue("name"), "")
}

// CheckFilter refuses what can be no saved filter; an empty query ends one.
func CheckFilter(name, query string) error {
	f := vigil.SavedFilter{ID: vigil.NewFilterID("-", name), Owner: "-", Name: name, Query: query, At: time.Unix(1, 0)}
	if err := f.Check(); err != nil {
		return unfit("name", err)
	}
	if query == "" {
		return nil
	}
	if _, err := (search.Parser{Keys: Keys}).Parse(query); err != nil {
		return unfit("query", err)
	}
	return nil
}
