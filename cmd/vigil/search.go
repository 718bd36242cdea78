package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/classify/identifier"
	"vigil/internal/display"
	"vigil/internal/search"
	"vigil/store"
)

// searchOptions say what vigil search shows, and how.
type searchOptions struct {
	limit   int
	page    string
	byLevel bool
}

func (a *app) searchCommand() *cobra.Command {
	var o searchOptions
	c := &cobra.Command{
		Use:   "search QUERY",
		Short: "Find listings by words, phrases, identifiers and what is known of them",
		Long: `search shows the listings that answer a query, newest first, and counts all that do. A
listing is found by the newest reading of its page. A query is written so:

  ` + strings.ReplaceAll(search.Syntax, "\n", "\n  ") + `

Letters are compared as they look: case, accents, invisible characters and look-alikes
make no difference. Put the query in single quotes, for the shell's sake. That somebody
searched is logged, and how many listings were found; what was searched for is not.`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			p := search.Parser{Keys: keysIn}
			q, err := p.Parse(strings.Join(operands, " "))
			if err != nil {
				return hint(usage(err), "vigil search --help")
			}
			if o.limit < 1 || o.limit > store.MaxHits {
				return usagef("--limit %d: want 1 to %d", o.limit, store.MaxHits)
			}
			return a.with("vigil search", func(cs *openCase) error { return a.search(c.Context(), cs, q, o) })
		},
	}
	c.Flags().IntVar(&o.limit, "limit", store.DefaultHits, "how many listings to show")
	c.Flags().StringVar(&o.page, "page", "", "go on where a page ended, by what it said")
	c.Flags().BoolVar(&o.byLevel, "by-level", false, "highest level and score first")
	return c
}

// keysIn returns the keys of the identifiers in a text, each once.
func keysIn(text string) (keys []string) {
	for _, id := range identifier.Scan(text) {
		if id.Links() && !slices.Contains(keys, id.Key) {
			keys = append(keys, id.Key)
		}
	}
	return keys
}

// search finds a page of listings, logs that it did, and shows them.
func (a *app) search(ctx context.Context, cs *openCase, q search.Query, o searchOptions) error {
	if err := cs.Maintain(ctx); err != nil {
		return err
	}
	r := store.SearchRequest{Query: q, Limit: o.limit, Page: o.page, Count: o.page == ""}
	if o.byLevel {
		r.Order = store.ByLevel
	}
	found, err := a.desk(cs).Search(ctx, r)
	if errors.Is(err, store.ErrPage) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.searchJSON(found)
	}
	if err := a.searchTable(found); err != nil {
		return err
	}
	if found.Next != "" {
		a.next("vigil search … --page %s", found.Next)
	}
	return nil
}

func countWords(c *store.SearchCount) string {
	if c.AtLeast {
		return fmt.Sprintf("at least %d", c.N)
	}
	return fmt.Sprint(c.N)
}

// A foundRow is a listing that was found, as it may be shown.
type foundRow struct {
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

// foundOf returns what may be shown of a hit: no text where a decision forbids it,
// and no identifier in full.
func foundOf(h store.SearchHit) foundRow {
	l, f := h.Listing, h.Facts
	row := foundRow{
		Listing: l.ID, Level: f.Level, Score: h.Assessment.Score, Genre: f.Genre, Source: f.Source, Type: string(f.Type), Vendor: display.Clean(l.Vendor),
		Captured: f.Captured, Decision: f.Verdict, Tags: f.Tags, Lists: f.Lists, Waiting: f.Waiting,
	}
	as := assessmentOf(h)
	if display.Restricted(store.Item{Listing: l, Assessment: as, Decision: h.Decision}) {
		row.Vendor = ""
		return row
	}
	row.Title, row.Marks = display.Title(l, as), h.Marks
	if len(h.Marks) > 0 {
		row.Snippet = snippet(l, as, bestMark(h.Marks))
	}
	return row
}

// assessmentOf returns what is known about the text of a hit: its assessment, or
// the identifiers in it if it is another text that was assessed.
func assessmentOf(h store.SearchHit) vigil.Assessment {
	if h.Assessment.ID != "" && h.Assessment.Page == h.Listing.Page {
		return h.Assessment
	}
	as := vigil.Assessment{ID: h.Listing.ID, Level: h.Assessment.Level}
	for _, field := range []string{vigil.FieldTitle, vigil.FieldDescription, vigil.FieldContact, vigil.FieldPGP} {
		text, _ := h.Listing.Field(field)
		for _, id := range identifier.Scan(text) {
			id.Field = field
			as.Identifiers = append(as.Identifiers, id)
		}
	}
	return as
}

// bestMark returns the first mark outside the title, which is shown anyway.
func bestMark(ms []search.Mark) search.Mark {
	if i := slices.IndexFunc(ms, func(m search.Mark) bool { return m.Field != vigil.FieldTitle }); i >= 0 {
		return ms[i]
	}
	return ms[0]
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

// searchJSON writes each hit as a line, and then what follows them.
func (a *app) searchJSON(found store.SearchResult) error {
	for _, h := range found.Hits {
		if err := writeJSON(a.stdout, foundOf(h)); err != nil {
			return err
		}
	}
	type end struct {
		Next    string                      `json:"next,omitempty"`
		Found   *int                        `json:"found,omitempty"`
		AtLeast bool                        `json:"at_least,omitempty"`
		Facets  map[string][]map[string]any `json:"facets,omitempty"`
	}
	e := end{Next: found.Next}
	if c := found.Count; c != nil {
		e.Found, e.AtLeast, e.Facets = &c.N, c.AtLeast, map[string][]map[string]any{}
		for _, f := range c.Facets {
			for _, v := range f.Values {
				e.Facets[string(f.Name)] = append(e.Facets[string(f.Name)], map[string]any{"value": v.Value, "n": v.N})
			}
		}
	}
	return writeJSON(a.stdout, e)
}

// searchTable writes hits with where they were found, and what they have in common.
func (a *app) searchTable(found store.SearchResult) error {
	if len(found.Hits) == 0 {
		a.info("no listing answers the query")
		return nil
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LISTING\tLEVEL\tSCORE\tSOURCE\tVENDOR\tTITLE")
	columns := width(a.stdout)
	var under []string
	for _, h := range found.Hits {
		r := foundOf(h)
		level, score := string(r.Level), fmt.Sprintf("%.2f", r.Score)
		if level == "" {
			level, score = "-", "-"
		}
		_, source, _ := strings.Cut(r.Source, "/")
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", display.Short(r.Listing), display.Clean(level), score, display.Cut(display.Clean(source), 20), display.Cut(r.Vendor, 20), display.Cut(r.Title, 48))
		under = append(under, display.Cut(r.Snippet, columns-4))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
		fmt.Fprintln(a.stdout, strings.TrimRight(line, " "))
		if i > 0 && under[i-1] != "" {
			fmt.Fprintf(a.stdout, "    %s\n", under[i-1])
		}
	}
	if found.Count != nil {
		a.writeFacets(found.Count)
	}
	return nil
}

// shownValues is how many values of a facet are shown.
const shownValues = 5

func (a *app) writeFacets(c *store.SearchCount) {
	things := "listings"
	if c.N == 1 && !c.AtLeast {
		things = "listing"
	}
	fmt.Fprintf(a.stdout, "\n%s %s\n", countWords(c), things)
	for _, f := range c.Facets {
		var parts []string
		for _, v := range f.Values[:min(len(f.Values), shownValues)] {
			parts = append(parts, fmt.Sprintf("%s %d", display.Cut(display.Clean(v.Value), 30), v.N))
		}
		if more := len(f.Values) - shownValues + f.More; more > 0 {
			parts = append(parts, fmt.Sprintf("and %d more", more))
		}
		if len(parts) > 0 {
			fmt.Fprintf(a.stdout, "  %-10s %s\n", f.Name, strings.Join(parts, ", "))
		}
	}
}

// indexed shows on a terminal how far the search index is, where opening a case
// makes it anew.
func (a *app) indexed() func(done, of int64) {
	if !terminal(a.stderr) {
		return nil
	}
	return func(done, of int64) {
		fmt.Fprint(a.stderr, "\r\x1b[K")
		if done < of {
			fmt.Fprintf(a.stderr, "making the search index: %d %%", 100*done/of)
		}
	}
}

// tidy keeps searches fast while a case grows, until ctx ends.
func (a *app) tidy(ctx context.Context, st store.Searcher) {
	t := time.NewTicker(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := st.Maintain(ctx); err != nil && ctx.Err() == nil {
			a.info("the search index is not maintained: %s", oneLine(err))
			return
		}
	}
}
