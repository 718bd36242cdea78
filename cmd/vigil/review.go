package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/classify/indicator"
	"vigil/internal/api"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/store"
)

func (a *app) reviewCommand() *cobra.Command {
	c := a.queueCommand("review", "Triage on the command line: the queue, the next listing, a decision")
	c.Long = `review shows what waits to be reviewed, highest level first; its subcommands take, show and
decide. They do the same whether the case is open in a server (vigil serve, vigil run), which
they then ask over the socket in the case's folder, or not, and the log says the same.

` + reviewExits
	c.AddCommand(a.queueCommand("queue", "List what waits, highest level first"),
		a.reviewNextCommand(), a.reviewShowCommand(), a.reviewDecideCommand(), a.reviewUndoCommand(), a.reviewPassCommand(),
		a.reviewNoteCommand(), a.reviewTagCommand(), a.reviewUntagCommand(), a.reviewComeBackCommand(), a.reviewFollowUpsCommand(),
		a.reviewAssignCommand(), a.reviewClusterCommand(), a.reviewFiltersCommand(), a.reviewStatsCommand())
	return c
}

// reviewExits tells how the commands end.
const reviewExits = "Exit codes: 0 done, or nothing waits; 1 failed, as when somebody else holds the listing;\n2 wrong usage, or no such listing; 3 your account may not."

// A queueChoice says what of the queue is listed.
type queueChoice struct {
	all                  bool
	level, source, stage string
	limit                int
}

func (a *app) queueCommand(name, short string) *cobra.Command {
	var o queueChoice
	c := &cobra.Command{
		Use:   name,
		Short: short,
		Long:  short + ". One look is one entry in the log.\n\n" + reviewExits,
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return a.reviewing(c.Context(), "vigil review", func(p place) error { return a.queue(c.Context(), p, o) })
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "every assessed listing, decided ones and those of low level too")
	c.Flags().StringVar(&o.level, "level", "", "only of this level or a higher one")
	c.Flags().StringVar(&o.source, "source", "", "only of this source, ORDER/NAME")
	c.Flags().StringVar(&o.stage, "stage", "", "what waits for another reader: reread, or for a third: adjudicate")
	c.Flags().IntVar(&o.limit, "limit", 0, "at most so many (default: all)")
	return c
}

// check refuses what makes no sense.
func (o queueChoice) check() error {
	switch {
	case o.level != "" && vigil.Level(o.level).Rank() < 0:
		return usagef("--level %q: want none, note, review, priority or escalate", o.level)
	case o.limit < 0:
		return usagef("--limit %d: want a number above 0", o.limit)
	}
	st, err := stageOf(o.stage)
	if err == nil && st != "" && st != vigil.Review && (o.all || o.level != "" || o.source != "") {
		return usagef("--stage %s: --all, --level and --source choose among first readings only", o.stage)
	}
	return err
}

// stageOf returns the stage of judging that a flag names.
func stageOf(name string) (vigil.Stage, error) {
	switch st := vigil.Stage(name); st {
	case "", vigil.Review, vigil.Reread, vigil.Adjudicate:
		return st, nil
	}
	return "", usagef("--stage %q: want review, reread or adjudicate", name)
}

// queue writes what waits, one listing a line.
func (a *app) queue(ctx context.Context, p place, o queueChoice) error {
	items, more, err := queued(ctx, p, o)
	if err != nil {
		return err
	}
	if more {
		defer a.info("there may be more than these")
	}
	if a.json {
		for _, it := range items {
			if err := writeJSON(a.stdout, api.NewRow(it)); err != nil {
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

// queued reads the queue page by page, as a server gives no more at a time.
func queued(ctx context.Context, p place, o queueChoice) (all []store.Item, more bool, err error) {
	if st := vigil.Stage(o.stage); st == vigil.Reread || st == vigil.Adjudicate {
		limit := api.MaxRows
		if o.limit > 0 {
			limit = min(o.limit, limit)
		}
		return p.Waiting(ctx, st, limit)
	}
	f := store.Filter{Waiting: !o.all, MinLevel: vigil.Level(o.level), Source: o.source}
	for {
		f.Limit = api.MaxRows
		if o.limit > 0 {
			f.Limit = min(f.Limit, o.limit-len(all))
		}
		items, err := p.Queue(ctx, f)
		all = append(all, items...)
		if err != nil || len(items) < f.Limit || len(all) == o.limit {
			return all, err == nil && len(items) == f.Limit, err
		}
		f.After = items[len(items)-1].Assessment.ID
	}
}

func (a *app) reviewNextCommand() *cobra.Command {
	var opts textOptions
	var stage string
	var w desk.Wish
	c := &cobra.Command{
		Use:   "next",
		Short: "Take the listing that should be reviewed first, and show it",
		Long:  "next takes the first listing of the queue, so that nobody else gets it, and shows it. It shows the same one again until it is decided.\n\n" + reviewExits,
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if w.Stage, err = stageOf(stage); err != nil {
				return err
			}
			return a.reviewing(c.Context(), "vigil review next", func(p place) error {
				v, err := p.Next(c.Context(), w)
				if errors.Is(err, vigil.ErrNotFound) {
					a.nothingWaits(w)
					return nil
				}
				if err != nil {
					return err
				}
				return a.showItem(p, v, opts)
			})
		},
	}
	opts.flags(c)
	c.Flags().BoolVar(&w.Light, "light", false, "nothing of a grave level, for a rest")
	c.Flags().BoolVar(&w.Passed, "passed", false, "what you have passed on before, too")
	c.Flags().StringVar(&stage, "stage", "", "review, reread or adjudicate (default: what you may do, disputes first)")
	return c
}

// nothingWaits says that there is nothing of what was wished for.
func (a *app) nothingWaits(w desk.Wish) {
	switch {
	case w.Light:
		a.info("nothing of a level below the grave ones waits to be reviewed")
		a.next("vigil review next")
	case w.Stage != "":
		a.info("nothing waits in the stage %s that you may do", w.Stage)
	default:
		a.info("nothing waits to be reviewed")
	}
}

func (a *app) reviewShowCommand() *cobra.Command {
	var opts textOptions
	c := &cobra.Command{
		Use:   "show LISTING",
		Short: "Show a listing: its facts, what was found where, the decisions so far",
		Long:  "show shows a listing without taking it. LISTING is its ID, or the first characters of it.\n\n" + reviewExits,
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.reviewing(c.Context(), "vigil review show", func(p place) error {
				look := p.Show
				if opts.reveal {
					look = p.Reveal
				}
				v, err := look(c.Context(), operands[0])
				if err != nil {
					return notFound(err)
				}
				return a.showItem(p, v, opts)
			})
		},
	}
	opts.flags(c)
	c.Flags().BoolVar(&opts.reveal, "reveal", false, "identifiers in full; that is logged")
	return c
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

// origins says which publications an indicator is taken from.
func origins() func(id string) []string {
	t, err := indicator.Load()
	return func(id string) []string {
		in, ok := t.Find(id)
		if err != nil || !ok {
			return nil
		}
		return in.Sources
	}
}

// showItem writes a listing in full.
func (a *app) showItem(p place, v display.View, o textOptions) error {
	if a.json {
		it := api.NewItem(v, o.reveal)
		it.Seen = p.Seen(v)
		return writeJSON(a.stdout, it)
	}
	return a.terminal(o).Item(a.stdout, v)
}
