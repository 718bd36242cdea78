package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/display"
	"vigil/store"
)

func (a *app) logVerifyCommand(order *string) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Check the logs, every record and page against them, and them against what others signed",
		Long: `verify computes each log's tree anew from its lines, and checks every record and page
against the entry that tells of it. Then it holds the logs against every signed
checkpoint, against other parties' signatures (whose keys log_witnesses lists) and
against time stamps (whose authorities' roots log_tsa.pem has).

PASS, FAIL or NOT CHECKED stands before each. NOT CHECKED is no fault: it says what
nobody vouches for yet.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if *order != "" {
				return usagef("vigil log verify checks the case whole: leave --order out")
			}
			return a.audit("vigil log verify", func(cs *openCase) error { return a.verifyLog(c.Context(), cs) })
		},
	}
}

// A logReport is what a check of a case found.
type logReport struct {
	store.Report
	Checks []anchor.Check
}

// unread says why nothing but the logs can be read; it is empty if all can be.
func (c *openCase) unread() string {
	switch {
	case c.sealed:
		return "the case is encrypted, and its key not at hand"
	case c.barred:
		return "the database lets this login read the logs alone"
	}
	return ""
}

func (a *app) verifyLog(ctx context.Context, cs *openCase) error {
	live := terminal(a.stderr)
	verify := store.Verify
	unread := cs.unread()
	if unread != "" {
		verify = store.VerifyLogs
	}
	report, err := verify(ctx, cs, func(done int) {
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
	if unread != "" {
		a.info("%s: the logs were checked, and not the records, bodies, rows, sources and indexes that they speak of", unread)
		a.next("name the key to check all, as a login that may: vigil log verify --key FILE")
	}
	checks, problem := a.anchors(ctx, cs, report)
	if problem != nil {
		return errors.Join(err, problem)
	}
	if a.json {
		problem = writeJSON(a.stdout, logReport{report, checks})
	} else {
		problem = a.showReport(report, checks)
	}
	for _, c := range checks {
		if err == nil && c.Result == anchor.Fail {
			err = hint(fmt.Errorf("verify: %w: %s of log %s", vigil.ErrTampered, c.Name, logTitle(c.Log)),
				"do not rely on the case; compare it with a backup and with the checkpoints that others hold")
		}
	}
	return errors.Join(err, problem)
}

func (a *app) showReport(report store.Report, checks []anchor.Check) error {
	for _, f := range report.Faults {
		fmt.Fprintln(a.stdout, display.Visible(f.String()))
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, c := range checks {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.Result, display.Visible(logTitle(c.Log)), c.Name, display.Visible(c.Detail))
	}
	err := w.Flush()
	if report.Erased > 0 {
		fmt.Fprintf(a.stdout, "%s erased, as the log says\n", counted(report.Erased, "record was", "records were"))
	}
	fmt.Fprintf(a.stdout, "%d entries, %d records, %d page bodies checked; %d faults\n", report.Entries, report.Records, report.Bodies, report.Found)
	return err
}

// anchors holds the logs against what was signed of them.
func (a *app) anchors(ctx context.Context, cs *openCase, report store.Report) ([]anchor.Check, error) {
	trust, err := cs.trust()
	if err != nil {
		return nil, err
	}
	key, err := logKeyCheck(ctx, cs, trust.Keys)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, c := range report.Checkpoints {
		sizes[c.Log] = c.Size
	}
	folder := cs.checkpoints()
	logs, err := folder.Logs()
	if err != nil {
		return nil, err
	}
	for log := range sizes {
		logs = append(logs, log)
	}
	slices.Sort(logs)
	checks := []anchor.Check{key}
	for _, log := range slices.Compact(logs) {
		lines := cs.Log(ctx, log)
		if _, there := sizes[log]; !there { // checkpoints of a log that the case has no more
			lines = func(func(vigil.Entry, error) bool) {}
		}
		checks = append(checks, folder.Verify(log, sizes[log], lines, trust)...)
	}
	return checks, nil
}

// logKeyCheck checks that the log keys are those that the case's own log tells
// of: nobody exchanged them together with what they signed.
func logKeyCheck(ctx context.Context, cs *openCase, keys anchor.Keys) (anchor.Check, error) {
	c := anchor.Check{Name: "log key", Result: anchor.Pass}
	said := map[string]bool{}
	for e, err := range cs.Log(ctx, "") {
		if err != nil {
			c.Result, c.Detail = anchor.Fail, err.Error()
			return c, ctx.Err()
		}
		if sum := e.Details[detailLogKey]; sum != "" {
			said[sum] = true
		}
	}
	switch {
	case len(keys.Lines) == 0 && len(said) == 0:
		c.Result, c.Detail = anchor.NotChecked, "this case has none, and so no signed checkpoint; vigil log checkpoint --new-key makes one"
		return c, nil
	case len(keys.Lines) == 0:
		c.Result, c.Detail = anchor.Fail, fmt.Sprintf("the case's log tells of one, and %s.pub is not there", logKeyFile)
		return c, nil
	}
	for _, line := range keys.Lines {
		if !said[vigil.SumHex([]byte(line+"\n"))] {
			c.Result, c.Detail = anchor.Fail, fmt.Sprintf("%s.pub has a key that the case's log does not tell of: %s", logKeyFile, line)
			return c, nil
		}
	}
	c.Detail = "it is the one that the case's log tells of: " + keys.Lines[len(keys.Lines)-1]
	return c, nil
}
