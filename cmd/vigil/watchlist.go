package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/watchlist"
)

func (a *app) watchlistCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "watchlist",
		Short: "Take in lists of sanctioned and seized identifiers, and see what names them",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil watchlist", func(cs *openCase) error { return a.listWatchlists(c.Context(), cs) })
		},
	}
	c.AddCommand(a.watchlistImportCommand(), &cobra.Command{
		Use:   "list",
		Short: "Show the lists of the case",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil watchlist list", func(cs *openCase) error { return a.listWatchlists(c.Context(), cs) })
		},
	}, a.watchlistRowsCommand(), a.watchlistHitsCommand())
	return c
}

// listOptions are what the importer of a list knows of it.
type listOptions struct {
	format, name, asOf, title, url string
	columns                        map[string]string
	terror                         bool
}

func (a *app) watchlistImportCommand() *cobra.Command {
	var o listOptions
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take in a list, and look up in it what the case names",
		Long: `import reads a list of payment and contact identifiers: OFAC's advanced XML, sdn.csv with
sdn_comments.csv, plain lists of addresses, GraphSense TagPacks, MISP events, OpenSanctions
entities, or any CSV with --map. The format is found from the content.

Nothing on a list is believed but its text: each row is kept as written, with what this
program's own rules make of it. A row that fits no rule costs that row and is reported. A
newer file of a list stands beside the older one; what only the older one names is shown
as delisted. Listings that name a listed identifier wait for review.`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, files []string) error {
			return a.with("vigil watchlist import", func(cs *openCase) error {
				var terror *bool
				if c.Flags().Changed("terror") {
					terror = &o.terror
				}
				return a.importWatchlist(c.Context(), cs, files, o, terror)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&o.format, "format", "", "form of the files: "+formatList()+" (default: found from the content)")
	f.StringVar(&o.name, "name", "", "name of the list; files of one name are its versions (default: that of the format or file)")
	f.StringVar(&o.asOf, "as-of", "", "day of which the list speaks, as 2026-01-31, where it does not say so")
	f.StringVar(&o.title, "title", "", "what the list is called in full")
	f.StringVar(&o.url, "url", "", "where its publisher keeps it")
	f.StringToStringVar(&o.columns, "map", nil, "for CSV: which column holds what, as raw=wallet,party=name,until=3")
	f.BoolVar(&o.terror, "terror", false, "the whole list is about terrorism (or --terror=false: none of it is)")
	return c
}

// formatList names the formats of lists.
func formatList() string {
	var names []string
	for _, f := range watchlist.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// importWatchlist reads a list, looks up what the case has, and keeps both: the
// list, and reviews of the listings that name what is on it.
func (a *app) importWatchlist(ctx context.Context, cs *openCase, files []string, o listOptions, terror *bool) error {
	im, err := readWatchlist(ctx, files, o, terror)
	if err != nil {
		return usage(err)
	}
	for i, p := range im.Problems {
		if i == 20 {
			a.info("and %d more problems; vigil watchlist rows %s --problems lists the rows that were kept", len(im.Problems)-i, display.Short(im.List.ID))
			break
		}
		a.info("%s", display.Visible(p.String()))
	}
	for _, n := range im.Notes {
		a.info("note: %s", display.Visible(n))
	}
	found, err := a.rematch(ctx, cs, im)
	if err != nil {
		return err
	}
	act := vigil.Act{
		Actor: a.who(), Action: vigil.ActList,
		Details: map[string]string{"name": im.List.Name, "as_of": im.List.AsOf, "sha256": im.List.SHA256,
			"rows": strconv.Itoa(im.List.Rows), "unparsed": strconv.Itoa(im.List.Unparsed), "problems": strconv.Itoa(len(im.Problems)), "hits": strconv.Itoa(found.Hits)},
	}
	_, err = cs.Record(ctx, vigil.Result{Act: act, Record: im.List, Rows: im.Rows, Next: found.tasks})
	if errors.Is(err, vigil.ErrExists) {
		a.info("this file of %s is in the case already", im.List.Name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("import %s: %w", strings.Join(files, ", "), err)
	}
	if a.json {
		return writeJSON(a.stdout, struct {
			vigil.Watchlist
			Problems int `json:"problems"`
			rematch
		}{im.List, len(im.Problems), found})
	}
	a.info("%s as of %s: %d rows, %d of them kept as written only; %d problems", im.List.Name, im.List.AsOf, im.List.Rows, im.List.Unparsed, len(im.Problems))
	a.info("%d hits in %d listings, %d of terrorism programmes; %d listings wait for review because of it", found.Hits, found.Listings, found.Terror, found.Reviews)
	if found.Hits > 0 {
		a.next("vigil watchlist hits")
	}
	return nil
}

// readWatchlist reads the files of a list.
func readWatchlist(ctx context.Context, files []string, o listOptions, terror *bool) (watchlist.Import, error) {
	in := watchlist.Input{
		Format: watchlist.Format(o.format), Name: o.name, AsOf: o.asOf, Map: o.columns, Terror: terror,
		Title: o.title, URL: o.url, Now: time.Now(),
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return watchlist.Import{}, err
		}
		defer f.Close()
		in.Files = append(in.Files, watchlist.File{Name: filepath.Base(name), Body: f})
	}
	return watchlist.Read(ctx, in)
}

func (a *app) listWatchlists(ctx context.Context, cs *openCase) error {
	lists, err := cs.Watchlists(ctx)
	if err != nil {
		return err
	}
	if a.json {
		for _, l := range lists {
			if err := writeJSON(a.stdout, l); err != nil {
				return err
			}
		}
		return nil
	}
	if len(lists) == 0 {
		a.info("the case has no watchlist")
		a.next("vigil watchlist import FILE…")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LIST\tNAME\tAS OF\tROWS\tAS WRITTEN\tFORMAT\tFILE\tIMPORTED")
	for _, l := range lists {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", display.Short(l.ID), l.Name, l.AsOf, l.Rows, l.Unparsed, l.Format,
			display.Cut(display.Clean(l.File), 40), l.ImportedAt.UTC().Format(time.DateOnly))
	}
	return w.Flush()
}

func (a *app) watchlistRowsCommand() *cobra.Command {
	var problems bool
	c := &cobra.Command{
		Use:   "rows LIST",
		Short: "Show the rows of a list, as read",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.with("vigil watchlist rows", func(cs *openCase) error {
				return a.watchlistRows(c.Context(), cs, operands[0], problems)
			})
		},
	}
	c.Flags().BoolVar(&problems, "problems", false, "only rows with a problem")
	return c
}

func (a *app) watchlistRows(ctx context.Context, cs *openCase, name string, problems bool) error {
	list, err := findWatchlist(ctx, cs, name)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	if !a.json {
		fmt.Fprintln(w, "ROW\tLINE\tKIND\tAS WRITTEN\tPARTY\tPROGRAMMES\tVALID\tPROBLEM")
	}
	for r, err := range cs.ListRows(ctx, list.ID) {
		if err != nil {
			return err
		}
		if problems && r.Problem == "" {
			continue
		}
		if a.json {
			err = writeJSON(a.stdout, r)
		} else {
			_, err = fmt.Fprintln(w, rowColumns(r))
		}
		if err != nil {
			return err
		}
	}
	return w.Flush()
}

// rowColumns is a row of a list as one line of a table.
func rowColumns(r vigil.ListRow) string {
	kinds := "–"
	if len(r.Parsed) > 0 {
		var ks []string
		for _, p := range r.Parsed {
			ks = append(ks, p.Kind)
		}
		kinds = strings.Join(ks, "+")
	}
	valid := strings.Trim(r.From+"…"+r.Until, "…")
	if r.Delisted != "" {
		valid = "delisted " + r.Delisted
	}
	programmes := strings.Join(r.Programmes, " ")
	if r.Terror {
		programmes = strings.TrimSpace(programmes + " (terrorism)")
	}
	cells := []string{strconv.Itoa(r.N), strconv.Itoa(r.Line), kinds}
	for _, s := range []string{r.Raw, r.Party, programmes, valid, r.Problem} {
		cells = append(cells, display.Cut(display.Clean(s), 64))
	}
	return strings.Join(cells, "\t")
}

// findWatchlist returns the list that an ID, the beginning of one, or a name
// means; of several files of a name, the newest.
func findWatchlist(ctx context.Context, cs *openCase, name string) (vigil.Watchlist, error) {
	lists, err := cs.Watchlists(ctx)
	if err != nil {
		return vigil.Watchlist{}, err
	}
	var found []vigil.Watchlist
	for _, l := range lists {
		switch {
		case l.Name == name: // sorted by date: a later one is newer
			found = []vigil.Watchlist{l}
		case len(name) >= 4 && strings.HasPrefix(l.ID, name):
			found = append(found, l)
		}
	}
	switch len(found) {
	case 0:
		return vigil.Watchlist{}, hint(usagef("the case has no watchlist %q", name), "vigil watchlist list")
	case 1:
		return found[0], nil
	}
	return vigil.Watchlist{}, hint(usagef("%q means %d watchlists", name, len(found)), "name more of the ID")
}
