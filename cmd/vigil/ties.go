package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
)

func (a *app) linkCutCommand() *cobra.Command {
	return a.tieCommand("cut KEY [LISTING]", "Say that a key links nothing, or not this listing",
		`cut takes a key out of what ties listings: everywhere, or for one listing that only quotes
it. The links stay visible, as weak ones, with your reason. KEY is an identifier in any
spelling, or a key as --reveal --json shows it.`, cobra.RangeArgs(1, 2), a.cut)
}

func (a *app) linkJoinCommand() *cobra.Command {
	return a.tieCommand("join LISTING LISTING", "Tie two listings for a reason that no identifier shows",
		"join ties two listings with a strong link whose evidence is you and your reason.", cobra.ExactArgs(2), a.join)
}

func (a *app) linkUndoCommand() *cobra.Command {
	return a.tieCommand("undo TIE", "Take back a cut or a join",
		"undo takes back what vigil link ties shows; the log keeps both.", cobra.ExactArgs(1), a.undoTie)
}

// tieCommand makes a command that records a tie, for which a reason is required.
func (a *app) tieCommand(use, short, long string, operands cobra.PositionalArgs, make func(context.Context, *openCase, []string) (vigil.Tie, error)) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: use, Short: short, Long: long, Args: args(operands),
		RunE: func(c *cobra.Command, operands []string) error {
			if strings.TrimSpace(reason) == "" {
				return hint(usagef("a correction needs a reason"), `--because "WHY"`)
			}
			return a.with("vigil link", func(cs *openCase) error {
				t, err := make(c.Context(), cs, operands)
				if err != nil {
					return err
				}
				t.By, t.Reason, t.At = a.who(), reason, time.Now().UTC()
				return a.recordTie(c.Context(), cs, t)
			})
		},
	}
	c.Flags().StringVar(&reason, "because", "", "why (required; kept with the correction)")
	return c
}

func (a *app) cut(ctx context.Context, cs *openCase, operands []string) (vigil.Tie, error) {
	g, err := a.graph(ctx, cs)
	if err != nil {
		return vigil.Tie{}, err
	}
	t := vigil.Tie{Kind: vigil.TieCut}
	at, err := a.linkTarget(ctx, cs, g, operands[0])
	if err != nil {
		return vigil.Tie{}, err
	}
	if t.Key = at.key; t.Key == "" {
		return vigil.Tie{}, hint(usagef("%s is no identifier that a listing names", operands[0]), "vigil link LISTING --reveal shows what one names")
	}
	if len(operands) == 2 {
		if t.A, err = a.desk(cs).Resolve(ctx, operands[1]); err != nil {
			return vigil.Tie{}, notFound(err)
		}
	}
	t.ID = vigil.NewTieID(t.Kind, t.A, "", t.Key)
	return t, nil
}

func (a *app) join(ctx context.Context, cs *openCase, operands []string) (vigil.Tie, error) {
	t := vigil.Tie{Kind: vigil.TieJoin}
	var err error
	if t.A, err = a.desk(cs).Resolve(ctx, operands[0]); err != nil {
		return vigil.Tie{}, notFound(err)
	}
	if t.B, err = a.desk(cs).Resolve(ctx, operands[1]); err != nil {
		return vigil.Tie{}, notFound(err)
	}
	if t.A == t.B {
		return vigil.Tie{}, usagef("the two listings are one")
	}
	t.ID = vigil.NewTieID(t.Kind, t.A, t.B, "")
	return t, nil
}

func (a *app) undoTie(ctx context.Context, cs *openCase, operands []string) (vigil.Tie, error) {
	ties, err := cs.Ties(ctx)
	if err != nil {
		return vigil.Tie{}, err
	}
	var found []vigil.Tie
	for _, t := range ties {
		if len(operands[0]) >= 4 && strings.HasPrefix(t.ID, operands[0]) && !t.Undone {
			found = append(found, t)
		}
	}
	if len(found) != 1 {
		return vigil.Tie{}, hint(usagef("%q means %d corrections, expected one", operands[0], len(found)), "vigil link ties")
	}
	t := found[0]
	t.Undone = true
	return t, nil
}

// recordTie keeps a correction. The log says what was done, never the identifier.
func (a *app) recordTie(ctx context.Context, cs *openCase, t vigil.Tie) error {
	act := vigil.Act{Actor: t.By, Action: vigil.ActTie, Reason: t.Reason, Details: map[string]string{"kind": t.Kind}}
	if t.A != "" {
		act.Details["a"] = t.A
	}
	if t.B != "" {
		act.Details["b"] = t.B
	}
	if t.Undone {
		act.Details["undone"] = "true"
	}
	if _, err := cs.Record(ctx, vigil.Result{Act: act, Record: t}); err != nil {
		return err
	}
	if a.json {
		return writeJSON(a.stdout, t)
	}
	a.info("%s", tieText(t))
	if !t.Undone {
		a.next("vigil link undo %s takes it back", display.Short(t.ID))
	}
	return nil
}

// tieText says what a correction does.
func tieText(t vigil.Tie) string {
	undone := ""
	if t.Undone {
		undone = "taken back: "
	}
	switch {
	case t.Kind == vigil.TieJoin:
		return fmt.Sprintf("%slistings %s and %s are joined", undone, display.Short(t.A), display.Short(t.B))
	case t.A == "":
		return undone + "the key links nothing any more"
	}
	return fmt.Sprintf("%sthe key does not link listing %s any more", undone, display.Short(t.A))
}

func (a *app) linkTiesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ties",
		Short: "List the corrections that people made",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil link ties", func(cs *openCase) error { return a.showTies(c.Context(), cs) })
		},
	}
}

func (a *app) showTies(ctx context.Context, cs *openCase) error {
	ties, err := cs.Ties(ctx)
	if err != nil {
		return err
	}
	if a.json {
		for _, t := range ties {
			if err := writeJSON(a.stdout, t); err != nil {
				return err
			}
		}
		return nil
	}
	if len(ties) == 0 {
		a.info("nobody has corrected a link")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TIE\tWHAT\tBY\tON\tBECAUSE")
	for _, t := range ties {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", display.Short(t.ID), tieText(t), display.Clean(t.By), t.At.Format(time.DateOnly), display.Cut(display.Clean(t.Reason), 60))
	}
	return w.Flush()
}
