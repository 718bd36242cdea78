package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil/internal/api"
	"vigil/internal/desk"
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
			query := strings.Join(operands, " ")
			if _, err := (search.Parser{Keys: api.Keys}).Parse(query); err != nil {
				return hint(usage(err), "vigil search --help")
			}
			if o.limit < 1 || o.limit > store.MaxHits {
				return usagef("--limit %d: want 1 to %d", o.limit, store.MaxHits)
			}
			return a.reviewing(c.Context(), "vigil search", func(p place) error { return a.search(c.Context(), p, query, o) })
		},
	}
	c.Flags().IntVar(&o.limit, "limit", store.DefaultHits, "how many listings to show")
	c.Flags().StringVar(&o.page, "page", "", "go on where a page ended, by what it said")
	c.Flags().BoolVar(&o.byLevel, "by-level", false, "highest level and score first")
	return c
}

// search finds a page of listings, and shows them.
func (a *app) search(ctx context.Context, p place, query string, o searchOptions) error {
	s := api.Search{Query: query, Limit: o.limit, Page: o.page, Count: o.page == ""}
	if o.byLevel {
		s.Order = store.ByLevel
	}
	found, err := p.search(ctx, s)
	if errors.Is(err, store.ErrPage) || errors.Is(err, api.ErrInput) {
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

// searchCase finds a page of listings in a case that this process has open.
func (a *app) searchCase(ctx context.Context, cs *openCase, d *desk.Desk, s api.Search) (api.Found, error) {
	if err := cs.Maintain(ctx); err != nil {
		return api.Found{}, err
	}
	q, err := search.Parser{Keys: api.Keys}.Parse(s.Query)
	if err != nil {
		return api.Found{}, usage(err)
	}
	found, err := d.Search(ctx, store.SearchRequest{Query: q, Order: s.Order, Limit: s.Limit, Page: s.Page, Count: s.Count})
	if err != nil {
		return api.Found{}, err
	}
	return api.FoundOf(found), nil
}

func countWords(c *api.FoundCount) string {
	if c.AtLeast {
		return fmt.Sprintf("at least %d", c.Found)
	}
	return fmt.Sprint(c.Found)
}

// searchJSON writes each hit as a line, and then what follows them.
func (a *app) searchJSON(found api.Found) error {
	for _, h := range found.Hits {
		if err := writeJSON(a.stdout, h); err != nil {
			return err
		}
	}
	type end struct {
		Next string `json:"next,omitempty"`
		*api.FoundCount
	}
	return writeJSON(a.stdout, end{found.Next, found.All})
}

// searchTable writes hits with where they were found, and what they have in common.
func (a *app) searchTable(found api.Found) error {
	if len(found.Hits) == 0 {
		a.info("no listing answers the query")
		return nil
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LISTING\tLEVEL\tSCORE\tSOURCE\tVENDOR\tTITLE")
	columns := width(a.stdout)
	var under []string
	for _, r := range found.Hits {
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
	if found.All != nil {
		a.writeFacets(found.All)
	}
	return nil
}

// shownValues is how many values of a facet are shown.
const shownValues = 5

func (a *app) writeFacets(c *api.FoundCount) {
	things := "listings"
	if c.Found == 1 && !c.AtLeast {
		things = "listing"
	}
	fmt.Fprintf(a.stdout, "\n%s %s\n", countWords(c), things)
	for _, name := range store.FacetNames() {
		values := c.Facets[string(name)]
		var parts []string
		for _, v := range values[:min(len(values), shownValues)] {
			parts = append(parts, fmt.Sprintf("%s %d", display.Cut(display.Clean(v.Value), 30), v.N))
		}
		if more := len(values) - shownValues + c.More[string(name)]; more > 0 {
			parts = append(parts, fmt.Sprintf("and %d more", more))
		}
		if len(parts) > 0 {
			fmt.Fprintf(a.stdout, "  %-10s %s\n", name, strings.Join(parts, ", "))
		}
	}
}

// indexed shows how far the search index is, where opening a case makes it anew:
// on a terminal as it goes, else in lines.
func (a *app) indexed() func(done, of int64) {
	if !terminal(a.stderr) {
		return a.indexedInLines()
	}
	return func(done, of int64) {
		fmt.Fprint(a.stderr, "\r\x1b[K")
		if done < of {
			fmt.Fprintf(a.stderr, "making the search index: %d %%", 100*done/of)
		}
	}
}

// indexedInLines says that the search index is being made, each tenth of it, and
// that it is made; of one that is made in a moment, nothing.
func (a *app) indexedInLines() func(done, of int64) {
	told := int64(-1) // tenths
	return func(done, of int64) {
		switch {
		case done >= of && told >= 0:
			a.info("the search index is made")
			told = -1
		case done > 0 && done < of && 10*done/of > told:
			told = 10 * done / of
			a.info("making the search index: %d %% of %d log entries read", 100*done/of, of)
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
