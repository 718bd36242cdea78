package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/classify/indicator"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/store"
)

func (a *app) reviewCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "review",
		Short: "Triage on the command line: the queue, the next listing, a decision",
		Long:  "review shows what waits to be reviewed, highest level first; its subcommands take, show and decide.",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil review", func(cs *openCase) error {
				return a.table(c.Context(), cs, store.Filter{Waiting: !all})
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "every assessed listing, decided ones and those of low level too")
	c.AddCommand(a.reviewNextCommand(), a.reviewShowCommand(), a.reviewDecideCommand(), a.reviewStatsCommand())
	return c
}

func (a *app) reviewNextCommand() *cobra.Command {
	var opts textOptions
	c := &cobra.Command{
		Use:   "next",
		Short: "Take the listing that should be reviewed first, and show it",
		Long:  "next takes the first listing of the queue, so that nobody else gets it, and shows it. It shows the same one again until it is decided.",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil review next", func(cs *openCase) error {
				v, err := a.desk(cs).Next(c.Context())
				if errors.Is(err, vigil.ErrNotFound) {
					a.info("nothing waits to be reviewed")
					return nil
				}
				if err != nil {
					return err
				}
				return a.showItem(v, opts)
			})
		},
	}
	opts.flags(c)
	return c
}

func (a *app) reviewShowCommand() *cobra.Command {
	var opts textOptions
	c := &cobra.Command{
		Use:   "show LISTING",
		Short: "Show a listing: its facts, what was found where, the decisions so far",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.with("vigil review show", func(cs *openCase) error {
				look := a.desk(cs).Show
				if opts.reveal {
					look = a.desk(cs).Reveal
				}
				v, err := look(c.Context(), operands[0])
				if err != nil {
					return notFound(err)
				}
				return a.showItem(v, opts)
			})
		},
	}
	opts.flags(c)
	c.Flags().BoolVar(&opts.reveal, "reveal", false, "identifiers in full; that is logged")
	return c
}

func (a *app) reviewDecideCommand() *cobra.Command {
	var reason, note string
	c := &cobra.Command{
		Use:   "decide LISTING VERDICT --reason WHY",
		Short: "Decide about a listing",
		Long:  "decide records your judgement of a listing. A second decision stands beside the first.\n\n" + verdictHelp(),
		Args:  args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			verdict, err := vigil.ParseVerdict(operands[1])
			if err != nil {
				return usage(err)
			}
			if reason == "" {
				return hint(usagef("a decision needs a reason"), "--reason CODE; vigil review decide --help lists the codes")
			}
			return a.with("vigil review decide", func(cs *openCase) error {
				d, err := a.desk(cs).Decide(c.Context(), operands[0], verdict, reason, note)
				if err != nil {
					return notFound(err)
				}
				return a.decided(cs, d)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why: a code or a few words (required)")
	c.Flags().StringVar(&note, "note", "", "for the case file; it stands in no log")
	return c
}

// verdictHelp lists the verdicts and the reason codes.
func verdictHelp() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "Verdicts:")
	for _, v := range vigil.Verdicts() {
		fmt.Fprintf(w, "  %s\t%s\n", v.Verdict, v.Meaning)
	}
	fmt.Fprintln(w, "\nReason codes:")
	for _, r := range display.Reasons() {
		fmt.Fprintf(w, "  %s\t%s\n", r.Code, r.Meaning)
	}
	w.Flush()
	return b.String()
}

// decided says what follows from a decision.
func (a *app) decided(cs *openCase, d vigil.Decision) error {
	if a.json {
		return writeJSON(a.stdout, d)
	}
	a.info("listing %s: %s, by %s", display.Short(d.Listing), d.Verdict, display.Visible(d.Reviewer))
	switch contact := cs.config.Review.Contact; {
	case d.Verdict != vigil.Urgent && d.Verdict != vigil.SuspectedMinor:
	case contact == "":
		a.info("tell your unit's contact at once; set [review] contact in vigil.toml")
	default:
		a.info("tell at once: %s", display.Visible(contact))
	}
	a.next("vigil review next, or: vigil bundle %s -o DIR", display.Short(d.Listing))
	return nil
}

func (a *app) reviewStatsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "Count the listings by level and state",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil review stats", func(cs *openCase) error { return a.reviewStats(c.Context(), cs) })
		},
	}
}

func (a *app) reviewStats(ctx context.Context, cs *openCase) error {
	type stat struct {
		Level   vigil.Level `json:"level"`
		Waiting int         `json:"waiting"`
		Decided int         `json:"decided"`
		All     int         `json:"all"`
	}
	stats := map[vigil.Level]*stat{}
	for it, err := range cs.Items(ctx, store.Filter{}) {
		if err != nil {
			return err
		}
		s := stats[it.Assessment.Level]
		if s == nil {
			s = &stat{Level: it.Assessment.Level}
			stats[s.Level] = s
		}
		s.All++
		switch {
		case it.Decision != nil:
			s.Decided++
		case it.Task.State == vigil.Queued || it.Task.State == vigil.Leased:
			s.Waiting++
		}
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	if !a.json {
		fmt.Fprintln(w, "LEVEL\tWAITING\tDECIDED\tALL")
	}
	for _, l := range []vigil.Level{vigil.LevelEscalate, vigil.LevelPriority, vigil.LevelReview, vigil.LevelNote, vigil.LevelNone} {
		s := stats[l]
		switch {
		case s == nil:
		case a.json:
			if err := writeJSON(a.stdout, s); err != nil {
				return err
			}
		default:
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", s.Level, s.Waiting, s.Decided, s.All)
		}
	}
	return w.Flush()
}

// desk returns the desk of whoever runs the program.
func (a *app) desk(cs *openCase) *desk.Desk {
	return &desk.Desk{Store: cs, Who: a.self(), TTL: time.Duration(cs.config.Review.Claim), Now: time.Now, Hits: cs.hits}
}

// notFound adds the next step to an unknown listing.
func notFound(err error) error {
	if errors.Is(err, vigil.ErrNotFound) {
		return usage(hint(err, "vigil review lists the listings that wait; --all the others"))
	}
	return err
}

// textOptions say how much of a listing is shown.
type textOptions struct{ full, reveal bool }

func (o *textOptions) flags(c *cobra.Command) {
	c.Flags().BoolVar(&o.full, "text", false, "the whole text, also that of a grave level")
}

// terminal returns the form in which listings are shown.
func (a *app) terminal(o textOptions) display.Terminal {
	return display.Terminal{
		Colour: terminal(a.stdout), Width: width(a.stdout), Text: o.full, Reveal: o.reveal,
		Now: time.Now(), Indicators: explain(),
	}
}

// explain returns the taxonomy's words for an indicator.
func explain() display.Indicators {
	t, err := indicator.Load()
	return func(id string) (name, definition string) {
		in, ok := t.Find(id)
		if err != nil || !ok {
			return "", ""
		}
		return in.Name, in.Definition
	}
}

// showItem writes a listing in full.
func (a *app) showItem(v display.View, o textOptions) error {
	if a.json {
		return writeJSON(a.stdout, struct {
			Listing    vigil.Listing    `json:"listing"`
			Assessment vigil.Assessment `json:"assessment"`
			Page       vigil.Page       `json:"page"`
			Decisions  []vigil.Decision `json:"decisions"`
			Hits       []vigil.Hit      `json:"hits,omitempty"`
		}{v.Listing, v.Assessment, v.Page, v.Decisions, v.Hits})
	}
	return a.terminal(o).Item(a.stdout, v)
}

// table writes the items that f chooses, one a line.
func (a *app) table(ctx context.Context, cs *openCase, f store.Filter) error {
	items, err := a.desk(cs).Queue(ctx, f)
	if err != nil {
		return err
	}
	if a.json {
		for _, it := range items {
			if err := writeJSON(a.stdout, itemLine(it)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(items) == 0 {
		a.info("nothing waits to be reviewed")
		return nil
	}
	if err := a.terminal(textOptions{}).Table(a.stdout, items); err != nil {
		return err
	}
	a.next("vigil review next")
	return nil
}

// itemLine is an item as one JSON line.
func itemLine(it store.Item) any {
	indicators := []string{}
	for _, f := range it.Assessment.Findings {
		if f.Polarity == vigil.For {
			indicators = append(indicators, f.Indicator)
		}
	}
	verdict := vigil.Verdict("")
	if it.Decision != nil {
		verdict = it.Decision.Verdict
	}
	return struct {
		Listing     string        `json:"listing"`
		Source      string        `json:"source"`
		URL         string        `json:"url"`
		Title       string        `json:"title"`
		Vendor      string        `json:"vendor,omitempty"`
		Level       vigil.Level   `json:"level"`
		Score       float64       `json:"score"`
		Genre       vigil.Genre   `json:"genre"`
		Indicators  []string      `json:"indicators"`
		Identifiers int           `json:"identifiers"`
		State       vigil.State   `json:"state,omitempty"`
		Verdict     vigil.Verdict `json:"verdict,omitempty"`
	}{it.Listing.ID, it.Listing.Source, it.Listing.URL, it.Listing.Title, it.Listing.Vendor, it.Assessment.Level,
		it.Assessment.Score, it.Assessment.Genre, indicators, len(it.Assessment.Identifiers), it.Task.State, verdict}
}
