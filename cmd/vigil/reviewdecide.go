package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/api"
	"vigil/internal/desk"
	"vigil/internal/display"
)

// A verdictChoice is what is decided, as it is typed.
type verdictChoice struct{ reason, note, seen string }

func (o *verdictChoice) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.reason, "reason", "", "why: a code or a few words (required)")
	c.Flags().StringVar(&o.note, "note", "", "for the case file; it stands in no log")
}

// of returns the choice about a listing.
func (o verdictChoice) of(listing, verdict string) (desk.Choice, error) {
	v, err := vigil.ParseVerdict(verdict)
	if err != nil {
		return desk.Choice{}, usage(err)
	}
	if strings.TrimSpace(o.reason) == "" {
		return desk.Choice{}, hint(usagef("a decision needs a reason"), "--reason CODE; vigil review decide --help lists the codes")
	}
	return desk.Choice{Listing: listing, Verdict: v, Reason: o.reason, Note: o.note, Seen: o.seen}, nil
}

func (a *app) reviewDecideCommand() *cobra.Command {
	var o verdictChoice
	c := &cobra.Command{
		Use:   "decide LISTING VERDICT --reason WHY",
		Short: "Decide about a listing",
		Long: "decide records your judgement of a listing: your reading, or your choice between two readings that differ.\n" +
			"A second decision stands beside the first.\n\n" + verdictHelp() + "\n" + reviewExits,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			ch, err := o.of(operands[0], operands[1])
			if err != nil {
				return err
			}
			return a.reviewing(c.Context(), "vigil review decide", func(p place) error {
				out, err := p.Judge(c.Context(), ch)
				if err != nil {
					return notFound(changed(err, operands[0]))
				}
				return a.decided(p, out)
			})
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.seen, "seen", "", `only if the listing is still as "review show --json" gave it, by its field "seen"`)
	return c
}

// changed adds the next step where a listing is not any more what was seen.
func changed(err error, listing string) error {
	switch {
	case errors.Is(err, desk.ErrChanged), errors.Is(err, vigil.ErrExists):
		return hint(err, "vigil review show %s", listing)
	case errors.Is(err, vigil.ErrHeld):
		return hint(err, "vigil review next takes another one")
	}
	return err
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
func (a *app) decided(p place, o desk.Outcome) error {
	d := o.Decision
	if a.json {
		return writeJSON(a.stdout, struct {
			vigil.Decision
			State   vigil.JudgementState `json:"judgement"`
			Contact string               `json:"contact,omitempty"`
			Paused  string               `json:"paused,omitempty"`
		}{d, o.Judgement.State, o.Contact, o.Paused})
	}
	a.info("listing %s: %s, by %s", display.Short(d.Listing), d.Verdict, display.Visible(d.Reviewer))
	if o.Paused != "" {
		a.info("source %s is not crawled any more until a person says so", display.Visible(o.Paused))
	}
	switch contact := cmp.Or(o.Contact, p.contact); {
	case d.Verdict != vigil.Urgent && d.Verdict != vigil.SuspectedMinor:
	case contact == "":
		a.info("tell your unit's contact at once; set [review] contact in vigil.toml")
	default:
		a.info("tell at once: %s", display.Visible(contact))
	}
	a.next("vigil review next, or: vigil bundle %s -o DIR", display.Short(d.Listing))
	return nil
}

func (a *app) reviewUndoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "undo [LISTING]",
		Short: "Take back your last decision, until a second reader has begun",
		Long:  "undo takes back your last decision on a listing; without one, your last decision. A second reader's beginning ends that.\n\n" + reviewExits,
		Args:  args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.reviewing(c.Context(), "vigil review undo", func(p place) error {
				listing, err := lastDecided(c.Context(), p, operands)
				if err != nil {
					return err
				}
				d, err := p.Undo(c.Context(), listing)
				if err != nil {
					return notFound(err)
				}
				if a.json {
					return writeJSON(a.stdout, d)
				}
				a.info("listing %s: your decision is taken back; the log keeps both", display.Short(d.Listing))
				a.next("vigil review show %s", display.Short(d.Listing))
				return nil
			})
		},
	}
}

// lastDecided returns the listing that is named, or the one that may be undone.
func lastDecided(ctx context.Context, p place, operands []string) (string, error) {
	if len(operands) == 1 {
		return operands[0], nil
	}
	n, err := p.Counts(ctx)
	if err == nil && n.Undo == "" {
		err = hint(usagef("there is no decision of yours to take back"), "vigil review undo LISTING")
	}
	return n.Undo, err
}

func (a *app) reviewPassCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pass LISTING",
		Short: "Give a listing that you took to somebody else; nobody asks why",
		Long:  "pass gives a listing back, so that somebody else gets it; nobody asks why, and you do not get it again unless you ask (next --passed).\n\n" + reviewExits,
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.reviewing(c.Context(), "vigil review pass", func(p place) error {
				if err := p.Pass(c.Context(), operands[0]); err != nil {
					return notFound(changed(err, operands[0]))
				}
				a.info("listing %s goes to somebody else", display.Short(operands[0]))
				a.next("vigil review next")
				return nil
			})
		},
	}
}

func (a *app) reviewAssignCommand() *cobra.Command {
	var term time.Duration
	c := &cobra.Command{
		Use:   "assign LISTING ACCOUNT",
		Short: "Hold a listing for a colleague",
		Long:  "assign keeps a listing for an account: nobody else gets it, for as long as --for says.\n\n" + reviewExits,
		Args:  args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			if term < time.Hour || term > 14*24*time.Hour {
				return usagef("--for %s: want 1h to 336h", term)
			}
			return a.reviewing(c.Context(), "vigil review assign", func(p place) error {
				if err := p.Assign(c.Context(), operands[0], operands[1], term); err != nil {
					return notFound(changed(err, operands[0]))
				}
				a.info("listing %s waits for %s for %s", display.Short(operands[0]), display.Visible(operands[1]), term)
				return nil
			})
		},
	}
	c.Flags().DurationVar(&term, "for", 72*time.Hour, "how long, in hours: 1h to 336h")
	return c
}

func (a *app) reviewClusterCommand() *cobra.Command {
	var o verdictChoice
	var verdict string
	var except []string
	c := &cobra.Command{
		Use:   "cluster LISTING [--decide VERDICT --reason WHY]",
		Short: "Show a listing's near-duplicates, or decide about them together",
		Long: `cluster lists a listing and those whose texts are near-duplicates of its own, with why one
cannot be decided with the others now. With --decide, it records a decision on the listing and on
each of the others that can be, those behind --except left out.

` + reviewExits,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if verdict == "" {
				return a.reviewing(c.Context(), "vigil review cluster", func(p place) error { return a.showCluster(c.Context(), p, operands[0]) })
			}
			ch, err := o.of(operands[0], verdict)
			if err != nil {
				return err
			}
			return a.reviewing(c.Context(), "vigil review cluster", func(p place) error { return a.decideCluster(c.Context(), p, ch, except) })
		},
	}
	o.flags(c)
	c.Flags().StringVar(&verdict, "decide", "", "the verdict on all of them")
	c.Flags().StringSliceVar(&except, "except", nil, "listings to leave out, by ID or its beginning")
	return c
}

// clusterAt returns the cluster of a listing.
func clusterAt(ctx context.Context, p place, listing string) (desk.Cluster, error) {
	var near []string
	if p.near != nil {
		var err error
		if near, err = p.near(ctx, listing); err != nil {
			return desk.Cluster{}, notFound(err)
		}
	}
	cl, err := p.Cluster(ctx, listing, near)
	return cl, notFound(err)
}

func (a *app) showCluster(ctx context.Context, p place, listing string) error {
	cl, err := clusterAt(ctx, p, listing)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	if !a.json {
		fmt.Fprintln(w, "LISTING\tLEVEL\tTITLE\tWITH THE OTHERS")
	}
	for _, m := range cl.Members {
		r := api.Member{Row: api.NewRow(m.Item), Why: display.Clean(m.Why)}
		if a.json {
			if err := writeJSON(a.stdout, r); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", display.Short(r.Listing), r.Level, display.Cut(r.Title, 48), cmp.Or(r.Why, "can be decided"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.next("vigil review cluster %s --decide VERDICT --reason CODE", display.Short(cl.Of))
	return nil
}

// decideCluster decides about the members that are not left out.
func (a *app) decideCluster(ctx context.Context, p place, ch desk.Choice, except []string) error {
	cl, err := clusterAt(ctx, p, ch.Listing)
	if err != nil {
		return err
	}
	chosen := []string{}
	for _, m := range cl.Members {
		id := m.Assessment.ID
		if id != cl.Of && m.Why == "" && !begunBy(id, except) {
			chosen = append(chosen, id)
		}
	}
	o, err := p.JudgeCluster(ctx, ch, chosen)
	if err != nil {
		return notFound(changed(err, ch.Listing))
	}
	if a.json {
		return writeJSON(a.stdout, api.NewClusterOutcome(o))
	}
	for _, d := range o.Decided {
		a.info("listing %s: %s, by %s", display.Short(d.Listing), d.Verdict, display.Visible(d.Reviewer))
	}
	for _, m := range o.Left {
		a.info("listing %s: left out: %s", display.Short(m.Assessment.ID), display.Visible(m.Why))
	}
	a.next("vigil review next")
	return nil
}

// begunBy reports whether an ID begins with one of some texts.
func begunBy(id string, beginnings []string) bool {
	for _, b := range beginnings {
		if b != "" && strings.HasPrefix(id, b) {
			return true
		}
	}
	return false
}
