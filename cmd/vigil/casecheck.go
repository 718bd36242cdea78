package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
	"vigil/store"
)

func (a *app) checkCommand() *cobra.Command {
	var repair bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Check everything in the case: log, records, bodies, and how they are kept",
		Long: `check does what log verify does, and then walks the store itself: its structure, the
form of every key, and every list, count and sum against what it follows from, in
both directions. Each fault is named with its place.

--repair makes lists, counts and sums anew from records and tasks, and checks again.
It never changes a record, a body or the log: faults in these stay, and a backup is
what helps. The log says what was repaired.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil check", func(cs *openCase) error { return a.checkCase(c.Context(), cs, repair) })
		},
	}
	c.Flags().BoolVar(&repair, "repair", false, "make anew what follows from records and tasks")
	return c
}

func (a *app) checkCase(ctx context.Context, cs *openCase, repair bool) error {
	report, err := a.checked(ctx, cs)
	if err != nil && !errors.Is(err, vigil.ErrTampered) {
		return err
	}
	if err := a.writeCheck(report); err != nil {
		return err
	}
	if !repair {
		if n := report.Inspected.Mendable; n > 0 {
			err = hint(err, "vigil check --repair makes %d of these good", n)
		}
		return err
	}
	done, err := cs.Repair(ctx, a.who(), a.progress())
	a.endProgress()
	if err := errors.Join(a.writeRepairs(done), err); err != nil {
		return err
	}
	if report, err = a.checked(ctx, cs); err == nil || errors.Is(err, vigil.ErrTampered) {
		err = errors.Join(a.writeCheck(report), err)
	}
	return hint(err, "what is left is no index: restore a backup, or ask who may have changed the file")
}

// checked checks a case, and shows how far it has come.
func (a *app) checked(ctx context.Context, s interface {
	store.Reader
	store.Inspector
}) (store.CheckReport, error) {
	defer a.endProgress()
	return store.Check(ctx, s, a.progress())
}

// progress returns what shows progress on a terminal, and shows nothing elsewhere.
func (a *app) progress() func(store.Progress) {
	if !terminal(a.stderr) {
		return func(store.Progress) {}
	}
	last := store.Progress{}
	return func(p store.Progress) {
		if p.Part == last.Part && p.Done < last.Done+1000 {
			return
		}
		last = p
		fmt.Fprintf(a.stderr, "\r\x1b[K%s: %d", p.Part, p.Done)
	}
}

func (a *app) endProgress() {
	if terminal(a.stderr) {
		fmt.Fprint(a.stderr, "\r\x1b[K")
	}
}

// writeCheck writes the faults, a line each, and then a table of what was checked.
func (a *app) writeCheck(r store.CheckReport) error {
	if a.json {
		return writeJSON(a.stdout, r)
	}
	for _, f := range r.Verified.Faults {
		fmt.Fprintln(a.stdout, display.Visible(f.String()))
	}
	for _, f := range r.Inspected.Flaws {
		fmt.Fprintln(a.stdout, display.Visible(f.String()))
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "CHECKED\tENTRIES\tFAULTS")
	v := r.Verified
	fmt.Fprintf(w, "logs, %d, with their records\t%d\t%d\n", len(v.Checkpoints), v.Entries, v.Found)
	for _, row := range []struct {
		what string
		n    int
	}{{"  records", v.Records}, {"  page bodies", v.Bodies}, {"  mentions of identifiers", v.Mentions}, {"  watchlist rows", v.Rows}} {
		fmt.Fprintf(w, "%s\t%d\t\n", row.what, row.n)
	}
	for _, p := range r.Inspected.Parts {
		fmt.Fprintf(w, "%s\t%d\t%d\n", p.Name, p.Entries, p.Flaws)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%d faults, %d of which a repair makes good\n", v.Found+r.Inspected.Found, r.Inspected.Mendable)
	return err
}

func (a *app) writeRepairs(r store.Repairs) error {
	if a.json {
		return writeJSON(a.stdout, r)
	}
	for _, f := range r.Changes {
		fmt.Fprintln(a.stdout, "repaired: "+display.Visible(f.String()))
	}
	for _, f := range r.Passed {
		fmt.Fprintln(a.stdout, "passed over: "+display.Visible(f.String()))
	}
	_, err := fmt.Fprintf(a.stdout, "%d changes\n\n", r.Changed)
	return err
}

// writeLogs writes logs with their sizes and roots, for people to compare.
func writeLogs(out io.Writer, cs []vigil.Checkpoint) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LOG\tENTRIES\tROOT")
	for _, c := range cs {
		name := c.Log
		if name == "" {
			name = "case"
		}
		fmt.Fprintf(w, "%s\t%d\t%x\n", display.Visible(name), c.Size, c.Root)
	}
	return w.Flush()
}
