package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/api"
	"vigil/internal/display"
)

func (a *app) reviewNoteCommand() *cobra.Command {
	return a.remarkCommand("note LISTING TEXT…", "Note something about a listing; no log has the words", 2, func(texts []string) ([]vigil.Remark, error) {
		return []vigil.Remark{{Kind: vigil.Note, Text: strings.Join(texts, " ")}}, nil
	})
}

// tags makes a remark of each word.
func tags(kind vigil.RemarkKind) func([]string) ([]vigil.Remark, error) {
	return func(texts []string) (rs []vigil.Remark, err error) {
		for _, t := range texts {
			rs = append(rs, vigil.Remark{Kind: kind, Text: t})
		}
		return rs, nil
	}
}

func (a *app) reviewComeBackCommand() *cobra.Command {
	var why string
	c := a.remarkCommand("come-back LISTING DAY|never", "Say when somebody should look at a listing again", 2, func(texts []string) ([]vigil.Remark, error) {
		r := vigil.Remark{Kind: vigil.ComeBack, Text: why}
		if len(texts) != 1 {
			return nil, usagef("want one day")
		}
		if texts[0] == "never" {
			return []vigil.Remark{r}, nil
		}
		day, err := time.Parse(time.DateOnly, texts[0])
		if err != nil {
			return nil, usagef("day %q: want one as in 2026-11-30, or never", texts[0])
		}
		r.Due = day
		return []vigil.Remark{r}, nil
	})
	c.Flags().StringVar(&why, "why", "", "what for, in a few words; they stand in no log")
	return c
}

// remarkCommand makes a command that notes something about a listing.
func (a *app) remarkCommand(use, short string, least int, of func(texts []string) ([]vigil.Remark, error)) *cobra.Command {
	name, _, _ := strings.Cut(use, " ")
	return &cobra.Command{
		Use:   use,
		Short: short,
		Long:  short + ".\n\n" + reviewExits,
		Args:  args(cobra.MinimumNArgs(least)),
		RunE: func(c *cobra.Command, operands []string) error {
			rs, err := of(operands[1:])
			if err != nil {
				return err
			}
			for _, r := range rs {
				r.Listing, r.Source, r.By, r.At = operands[0], "-", "-", time.Now()
				if err := r.Check(); err != nil {
					return usage(err)
				}
			}
			return a.reviewing(c.Context(), "vigil review "+name, func(p place) error { return a.remark(c.Context(), p, operands[0], rs) })
		},
	}
}

func (a *app) remark(ctx context.Context, p place, listing string, rs []vigil.Remark) error {
	for _, r := range rs {
		done, err := p.Remark(ctx, listing, r)
		switch {
		case err != nil:
			return notFound(err)
		case a.json:
			if err := writeJSON(a.stdout, done); err != nil {
				return err
			}
		case done.Kind == vigil.ComeBack && done.Due.IsZero():
			a.info("listing %s: nobody need come back", display.Short(done.Listing))
		case done.Kind == vigil.ComeBack:
			a.info("listing %s: come back on %s", display.Short(done.Listing), done.Due.Format(time.DateOnly))
		default:
			a.info("listing %s: %s kept", display.Short(done.Listing), done.Kind)
		}
	}
	if !a.json {
		a.next("vigil review show %s", display.Short(listing))
	}
	return nil
}

func (a *app) reviewFollowUpsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "followups",
		Short: "List the listings that somebody wants to come back to, soonest first",
		Long:  "followups lists the listings with a day to come back to them, soonest first.\n\n" + reviewExits,
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.reviewing(c.Context(), "vigil review followups", func(p place) error { return a.followUps(c.Context(), p) })
		},
	}
}

func (a *app) followUps(ctx context.Context, p place) error {
	fs, more, err := p.FollowUps(ctx)
	if err != nil {
		return err
	}
	if len(fs) == 0 && !a.json {
		a.info("nobody wants to come back to a listing")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	if !a.json {
		fmt.Fprintln(w, "DAY\tLISTING\tLEVEL\tBY\tTITLE\tWHY")
	}
	for _, f := range fs {
		r := api.FollowUp{Row: api.NewRow(f.Item), Remark: f.Remark}
		if a.json {
			if err := writeJSON(a.stdout, r); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Remark.Due.Format(time.DateOnly), display.Short(r.Listing), r.Level,
			display.Clean(r.Remark.By), display.Cut(r.Title, 40), display.Cut(display.Clean(r.Remark.Text), 40))
	}
	if more {
		defer a.info("there are more, which are not shown: end some (come-back LISTING never)")
	}
	return w.Flush()
}

func (a *app) reviewFiltersCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "filters",
		Short: "List your saved queries",
		Long:  "filters lists the queries that you keep; save keeps one, end forgets it.\n\n" + reviewExits,
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.reviewing(c.Context(), "vigil review filters", func(p place) error { return a.filters(c.Context(), p) })
		},
	}
	c.AddCommand(&cobra.Command{
		Use:   "save NAME QUERY",
		Short: "Keep a query under a name; it replaces the one that had the name",
		Args:  args(cobra.MinimumNArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.saveFilter(c.Context(), operands[0], strings.Join(operands[1:], " "))
		},
	}, &cobra.Command{
		Use:   "end NAME",
		Short: "Forget a saved query",
		Args:  args(cobra.ExactArgs(1)),
		RunE:  func(c *cobra.Command, operands []string) error { return a.saveFilter(c.Context(), operands[0], "") },
	})
	return c
}

func (a *app) filters(ctx context.Context, p place) error {
	fs, err := p.Filters(ctx)
	if err != nil {
		return err
	}
	if len(fs) == 0 && !a.json {
		a.info("you keep no queries")
		a.next("vigil review filters save NAME QUERY")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, f := range fs {
		if a.json {
			if err := writeJSON(a.stdout, f); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\n", display.Clean(f.Name), display.Clean(f.Query))
	}
	return w.Flush()
}

func (a *app) saveFilter(ctx context.Context, name, query string) error {
	if err := api.CheckFilter(name, query); err != nil {
		return hint(usage(err), "vigil search --help says how queries are written")
	}
	return a.reviewing(ctx, "vigil review filters", func(p place) error {
		if err := p.SaveFilter(ctx, name, query); err != nil {
			return err
		}
		what := "kept"
		if query == "" {
			what = "forgotten"
		}
		a.info("query %s is %s", display.Visible(name), what)
		return nil
	})
}
