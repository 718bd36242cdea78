package main

import (
	"context"
	"fmt"
	"path"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
)

// logOptions choose log entries; the zero logOptions choose all.
type logOptions struct {
	order, actor, action, object string
	since, until                 string
	limit                        int
	follow                       bool
}

func (a *app) logCommand() *cobra.Command {
	var o logOptions
	c := &cobra.Command{
		Use:   "log",
		Short: "Show the custody log: who did what, when, under which order",
		Long: `log shows the entries of each order's custody log, oldest first, and of the log of
the case itself. Flags choose among them; --json writes the logged bytes.

--since and --until take a day (2026-11-03), a time (2026-11-03T10:00:00Z), or how
long ago (36h). --action takes * and ?, as in "fetch*". --object takes a type of
record or the beginning of an ID.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := o.filter(time.Now())
			if err != nil {
				return err
			}
			if o.follow {
				return a.followLog(c.Context(), f)
			}
			return a.audit("vigil log", func(cs *openCase) error { return a.showLog(c.Context(), cs, f) })
		},
	}
	f := c.Flags()
	c.PersistentFlags().StringVar(&o.order, "order", "", "only the log of this order")
	f.StringVar(&o.actor, "actor", "", "only what this account did")
	f.StringVar(&o.action, "action", "", "only this action; * and ? stand for others")
	f.StringVar(&o.object, "object", "", "only about this type of record, or an ID that begins so")
	f.StringVar(&o.since, "since", "", "only from this time on: a day, a time, or how long ago")
	f.StringVar(&o.until, "until", "", "only before this time")
	f.IntVar(&o.limit, "limit", 0, "only so many, the newest, of each log (0: all)")
	f.BoolVar(&o.follow, "follow", false, "go on, and show new entries as they can be read")
	c.AddCommand(a.logVerifyCommand(&o.order), a.logProveCommand(&o.order), a.logCheckpointCommand(&o.order), a.logAnchorCommand(&o.order))
	return c
}

// A logFilter chooses log entries.
type logFilter struct {
	logOptions
	from, to time.Time // zero for no bound
}

// filter reads the options; now is what ages are counted from.
func (o logOptions) filter(now time.Time) (f logFilter, err error) {
	f.logOptions = o
	if f.from, err = parseWhen(o.since, now); err != nil {
		return f, usage(fmt.Errorf("--since: %w", err))
	}
	if f.to, err = parseWhen(o.until, now); err != nil {
		return f, usage(fmt.Errorf("--until: %w", err))
	}
	if _, err := path.Match(o.action, ""); err != nil {
		return f, usagef("--action %q: want a name, with * and ? for what may be anything", o.action)
	}
	if o.limit < 0 {
		return f, usagef("--limit %d: want 0 or more", o.limit)
	}
	return f, nil
}

// parseWhen reads a day in UTC, a time, or how long ago; "" is no time.
func parseWhen(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("%q: want a day such as 2026-11-03, a time such as 2026-11-03T10:00:00Z, or how long ago, such as 36h", s)
}

// wants reports whether an entry is chosen.
func (f logFilter) wants(e vigil.Entry) bool {
	action, _ := path.Match(f.action, e.Action) // the pattern was checked
	return (f.actor == "" || f.actor == e.Actor) &&
		(f.action == "" || action) &&
		(f.object == "" || f.object == e.Object.Type || strings.HasPrefix(e.Object.ID, f.object)) &&
		(f.from.IsZero() || !e.Time.Before(f.from)) &&
		(f.to.IsZero() || e.Time.Before(f.to))
}

// logs returns the logs that are chosen.
func (f logFilter) logs(ctx context.Context, cs *openCase) ([]string, error) {
	logs, err := cs.Logs(ctx)
	if err != nil || f.order == "" {
		return logs, err
	}
	if _, err := cs.Checkpoint(ctx, f.order); err != nil {
		return nil, usage(hint(err, "vigil log shows the logs of all orders"))
	}
	return []string{f.order}, nil
}

func (a *app) showLog(ctx context.Context, cs *openCase, f logFilter) error {
	logs, err := f.logs(ctx, cs)
	if err != nil {
		return err
	}
	p := a.newLogPrinter()
	for _, id := range logs {
		var last []vigil.Entry // the newest, if there is a limit
		for e, err := range cs.Log(ctx, id) {
			if err != nil {
				return err
			}
			if !f.wants(e) {
				continue
			}
			if f.limit == 0 {
				p.show(e)
				continue
			}
			if last = append(last, e); len(last) > f.limit {
				last = last[1:]
			}
		}
		for _, e := range last {
			p.show(e)
		}
	}
	return p.flush()
}

// A logPrinter writes entries as lines: the logged bytes, or columns.
type logPrinter struct {
	a   *app
	w   *tabwriter.Writer
	err error
}

func (a *app) newLogPrinter() *logPrinter {
	return &logPrinter{a: a, w: tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)}
}

func (p *logPrinter) show(e vigil.Entry) {
	if p.err != nil {
		return
	}
	if p.a.json {
		_, p.err = fmt.Fprintf(p.a.stdout, "%s\n", e.Line)
		return
	}
	_, p.err = fmt.Fprintf(p.w, "%s\t%d\t%s\t%s\t%s\t%s %s\t%s\n", logTitle(e.Order), e.Seq, e.Time.UTC().Format(time.DateTime),
		display.Visible(e.Actor), e.Action, e.Object.Type, objectID(e.Object), display.Cut(brief(e.Reason), 80))
}

// flush writes the columns of what was shown so far.
func (p *logPrinter) flush() error {
	if p.err != nil {
		return p.err
	}
	return p.w.Flush()
}

// logTitle names a log to people.
func logTitle(order string) string {
	if order == "" {
		return "case"
	}
	return order
}

// objectID returns an object's ID as people are shown it: those of records and
// tasks are long and random.
func objectID(o vigil.Object) string {
	switch o.Type {
	case vigil.TypePage, vigil.TypeListing, vigil.TypeAssessment, vigil.TypeDecision, vigil.TypeRemark, vigil.TypeFilter, "task":
		return display.Short(o.ID)
	}
	return o.ID
}
