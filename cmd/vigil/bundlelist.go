package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil/internal/display"
	"vigil/internal/release"
)

func (a *app) bundleListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show the case's bundles and where they stand",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.audit("vigil bundle list", func(cs *openCase) error { return a.listBundles(c.Context(), cs) })
		},
	}
}

func (a *app) bundleShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show what became of one bundle, step by step",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.audit("vigil bundle show", func(cs *openCase) error {
				b, err := cs.aBundle(c.Context(), operands[0])
				if err != nil {
					return err
				}
				if a.json {
					return writeJSON(a.stdout, b)
				}
				return a.showBundle(b)
			})
		},
	}
}

func (a *app) listBundles(ctx context.Context, cs *openCase) error {
	l, err := cs.bundles(ctx)
	if err != nil {
		return err
	}
	if len(l) == 0 {
		a.info("no bundle was exported")
		a.next("vigil bundle LISTING… -o DIR")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	if !a.json {
		fmt.Fprintln(w, "BUNDLE\tKIND\tLISTINGS\tSTATE\tSINCE\tBY\tTIME STAMP")
	}
	for _, b := range l {
		if a.json {
			b.Steps = nil
			if err := writeJSON(a.stdout, b); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", display.Clean(b.ID), b.Kind, b.Listings, stateOf(b), moment(b.Since), display.Clean(b.By), orDash(display.Clean(b.Stamped)))
	}
	return w.Flush()
}

func stateOf(b release.Bundle) string {
	if b.State == "" {
		return "unknown"
	}
	return string(b.State)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (a *app) showBundle(b release.Bundle) error {
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, f := range []struct{ name, value string }{
		{"bundle", b.ID + ", " + b.Kind}, {"order", b.Order}, {"listings", fmt.Sprint(b.Listings)}, {"SHA-256", b.SHA256 + " of " + release.Subject},
		{"state", fmt.Sprintf("%s since %s, by %s", stateOf(b), moment(b.Since), b.By)},
		{"time stamp", b.Stamped}, {"approved by", strings.Join(b.Approvers, ", ")}, {"released to", strings.Join(b.To, ", ")},
		{"made from", b.Parent}, {"in place of", b.Supersedes}, {"replaced by", b.SupersededBy},
	} {
		if f.value != "" {
			fmt.Fprintf(w, "%s\t%s\n", f.name, display.Clean(f.value))
		}
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "TIME\tACT\tBY\tDETAILS")
	for _, s := range b.Steps {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", moment(s.Time), display.Clean(strings.TrimPrefix(s.Action, "export.")), display.Clean(s.Actor), stepDetails(s))
	}
	return w.Flush()
}

// stepDetails says the rest of a step on one line. The listings are in the bundle.
func stepDetails(s release.Step) string {
	var parts []string
	if s.Reason != "" {
		parts = append(parts, s.Reason)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Details)) {
		if name != "exported" {
			parts = append(parts, name+" "+s.Details[name])
		}
	}
	if s.Odd != "" {
		parts = append(parts, "does not count: "+s.Odd)
	}
	return display.Clean(strings.Join(parts, "; "))
}
