package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/review"
	"vigil/store"
)

func (a *app) logCommand() *cobra.Command {
	var order string
	c := &cobra.Command{
		Use:   "log",
		Short: "Show the custody log: who did what, when, under which order",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil log", func(cs *openCase) error { return a.showLog(c.Context(), cs, order) })
		},
	}
	c.PersistentFlags().StringVar(&order, "order", "", "only the log of this order")
	c.AddCommand(&cobra.Command{
		Use:   "verify",
		Short: "Check the whole log, and every record and page against it",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil log verify", func(cs *openCase) error { return a.verifyLog(c.Context(), cs) })
		},
	})
	return c
}

func (a *app) showLog(ctx context.Context, cs *openCase, order string) error {
	logs, err := cs.Logs(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	shown := 0
	for _, id := range logs {
		if order != "" && id != order {
			continue
		}
		for e, err := range cs.Log(ctx, id) {
			if err != nil {
				return err
			}
			shown++
			if err := a.showEntry(w, e); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if shown == 0 && order != "" {
		return fmt.Errorf("log of order %s: %w", order, vigil.ErrNotFound)
	}
	return nil
}

// showEntry writes an entry as one line: the logged bytes, or columns.
func (a *app) showEntry(w *tabwriter.Writer, e vigil.Entry) error {
	if a.json {
		_, err := fmt.Fprintf(a.stdout, "%s\n", e.Line)
		return err
	}
	order := e.Order
	if order == "" {
		order = "case"
	}
	_, err := fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s %s\t%s\n", order, e.Seq, e.Time.UTC().Format(time.DateTime),
		review.Visible(e.Actor), e.Action, e.Object.Type, objectID(e.Object), review.Cut(brief(e.Reason), 80))
	return err
}

// objectID returns an object's ID as people are shown it: those of records and
// tasks are long and random.
func objectID(o vigil.Object) string {
	switch o.Type {
	case vigil.TypePage, vigil.TypeListing, vigil.TypeAssessment, vigil.TypeDecision, "task":
		return review.Short(o.ID)
	}
	return o.ID
}

func (a *app) verifyLog(ctx context.Context, cs *openCase) error {
	live := terminal(a.stderr)
	report, err := store.Verify(ctx, cs, func(done int) {
		if live && done%1000 == 0 {
			fmt.Fprintf(a.stderr, "\r\x1b[K%d entries", done)
		}
	})
	if live {
		fmt.Fprint(a.stderr, "\r\x1b[K")
	}
	if err != nil && !errors.Is(err, vigil.ErrTampered) {
		return err
	}
	if a.json {
		return errors.Join(writeJSON(a.stdout, report), err)
	}
	for _, f := range report.Faults {
		fmt.Fprintln(a.stdout, review.Visible(f.String()))
	}
	if report.Erased > 0 {
		fmt.Fprintf(a.stdout, "%s erased, as the log says\n", counted(report.Erased, "record was", "records were"))
	}
	fmt.Fprintf(a.stdout, "%d entries, %d records, %d page bodies checked; %d faults\n", report.Entries, report.Records, report.Bodies, report.Found)
	return err
}
