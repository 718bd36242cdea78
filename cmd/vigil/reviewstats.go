package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil/internal/api"
	"vigil/internal/display"
	"vigil/internal/stats"
)

func (a *app) reviewStatsCommand() *cobra.Command {
	var explain bool
	c := &cobra.Command{
		Use:   "stats",
		Short: "Say how the work goes: what waits, what was decided, how far readers agree",
		Long: `stats counts, from the logs of the case, what waits by level and age, alarms and decisions
over time, how far readers agree (kappa, PABAK), what indicators and scores are worth by
what people decided, and how sources fare. It counts listings and pairs of readings, never
a person's pace. Who agrees with whom is told by name to adjudicators and auditors alone.

With --json it writes a line for each piece, whose "stat" says which it is: as-of, level,
waiting, disputed, day, month, agreement, indicator, pair, calibration, source.

` + reviewExits,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.reviewing(c.Context(), "vigil review stats", func(p place) error {
				s, err := a.wholeStats(c.Context(), p)
				if err != nil {
					return err
				}
				return a.showStats(s, explain)
			})
		},
	}
	c.Flags().BoolVar(&explain, "explain", false, "say under each heading what the numbers mean, and what they do not")
	return c
}

// wholeStats asks until all of the logs has been read, which takes a server that has
// just begun a while. One that gets no further says what it has.
func (a *app) wholeStats(ctx context.Context, p place) (s api.Stats, err error) {
	defer a.counted()
	for before := int64(-1); ; before = s.Progress.Entries {
		if s, err = p.stats(ctx); err != nil || s.Progress.Entries >= s.Progress.Of || s.Progress.Entries == before {
			return s, err
		}
		a.counting(s.Progress)
	}
}

// wholeReport reads all of the logs of a case that this process has open.
func (a *app) wholeReport(ctx context.Context, cs *openCase) (stats.Report, error) {
	p := stats.New(cs)
	ended := make(chan error, 1)
	go func() { ended <- p.CatchUp(ctx) }()
	often := time.NewTicker(time.Second)
	defer often.Stop()
	for {
		select {
		case err := <-ended:
			return p.Report(time.Now()), err
		case <-often.C:
			a.counting(p.Progress())
		}
	}
}

// counting shows on a terminal how much of the logs was read.
func (a *app) counting(p stats.Progress) {
	if terminal(a.stderr) && p.Of > 0 {
		fmt.Fprintf(a.stderr, "\r\x1b[Kreading the logs: %d of %d entries", p.Entries, p.Of)
	}
}

// counted takes away what counting showed.
func (a *app) counted() {
	if terminal(a.stderr) {
		fmt.Fprint(a.stderr, "\r\x1b[K")
	}
}

func (a *app) showStats(s api.Stats, explain bool) error {
	if a.json {
		return a.statsLines(s)
	}
	t := stats.Text{Clean: func(s string) string { return display.Cut(display.Clean(s), 60) }, Explain: explain}
	if terminal(a.stdout) {
		t.Bold = func(s string) string { return "\x1b[1m" + s + "\x1b[0m" }
	}
	if err := t.Write(a.stdout, s.Report); err != nil || len(s.Sources) == 0 {
		return err
	}
	head := "Sources"
	if t.Bold != nil {
		head = t.Bold(head)
	}
	fmt.Fprintf(a.stdout, "\n%s\n", head)
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "  SOURCE\tSTATE\tPAGES\tOF\tTO FETCH\tPARKED\tDEAD\tLAST ASKED")
	for _, r := range s.Sources {
		of, last := "any", "never"
		if r.MaxPages > 0 {
			of = fmt.Sprint(r.MaxPages)
		}
		if !r.Last.IsZero() {
			last = r.Last.UTC().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(w, "  %s\t%s\t%d\t%s\t%d\t%d\t%d\t%s\n", display.Cut(display.Clean(r.Source), 30), r.State, r.Pages, of, r.Queued, r.Parked, r.Dead, last)
	}
	return w.Flush()
}

// statsLines writes each piece as a line of JSON.
func (a *app) statsLines(s api.Stats) error {
	line := func(b []byte) error {
		_, err := fmt.Fprintf(a.stdout, "%s\n", b)
		return err
	}
	if err := s.Report.Lines(line); err != nil {
		return err
	}
	for _, r := range s.Sources {
		b, err := stats.Line("source", r)
		if err != nil {
			return err
		}
		if err := line(b); err != nil {
			return err
		}
	}
	return nil
}
