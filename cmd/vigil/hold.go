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
	"vigil/internal/display"
)

func (a *app) holdCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "hold",
		Short: "Keep things from being erased, whatever their age",
		Args:  args(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.holdSetCommand(), a.holdLiftCommand(), a.holdListCommand())
	return c
}

func (a *app) holdSetCommand() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:   "set order|source|listing ID, or set all",
		Short: "Keep an order's, a source's or one listing's records, or the whole case",
		Long: `set keeps what it names from being erased until it is lifted: all records of an order or
of a source, one listing with all that was made of it, or the whole case. Several holds on
one thing stand beside each other; it is free when the last of them is lifted.`,
		Args: args(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, operands []string) error {
			if err := checkReason("hold set", reason); err != nil {
				return err
			}
			return a.with("vigil hold set", func(cs *openCase) error {
				h, err := a.newHold(c.Context(), cs, operands)
				if err != nil {
					return err
				}
				h.Reason = reason
				return a.setHold(c.Context(), cs, h)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the log (required)")
	return c
}

// newHold returns the hold that the operands ask for, on something that the case
// has.
func (a *app) newHold(ctx context.Context, cs *openCase, operands []string) (h vigil.Hold, err error) {
	h.Scope = vigil.HoldScope(operands[0])
	if h.Scope == vigil.HoldAll {
		if len(operands) > 1 {
			return h, usagef("hold set all %s: want no ID, for it is the whole case", operands[1])
		}
		return h, nil
	}
	if len(operands) < 2 {
		return h, usagef("hold set %s: want order, source or listing and its ID, or all", operands[0])
	}
	switch h.Scope {
	case vigil.HoldOrder:
		var o vigil.Order
		o, err = orderByID(ctx, cs, operands[1])
		h.Subject = o.ID
	case vigil.HoldSource:
		all, e := cs.statuses(ctx)
		if e != nil {
			return h, e
		}
		s, e := choose(all, operands[1])
		h.Subject, err = s.ID(), e
	case vigil.HoldListing:
		h.Subject, err = (&purge{app: a}).listing(ctx, cs, operands[1])
	default:
		return h, usagef("hold set %s: want order, source, listing or all", operands[0])
	}
	if errors.Is(err, vigil.ErrNotFound) {
		err = usage(err)
	}
	return h, err
}

func (a *app) setHold(ctx context.Context, cs *openCase, h vigil.Hold) error {
	h.By, h.At = a.who(), time.Now().UTC()
	h.ID = vigil.NewHoldID(h)
	act := vigil.Act{Actor: h.By, Action: vigil.ActHold, Reason: h.Reason, Details: map[string]string{"scope": string(h.Scope), "subject": h.Subject}}
	if _, err := cs.Record(ctx, vigil.Result{Act: act, Record: h}); err != nil {
		return err
	}
	if a.json {
		return writeJSON(a.stdout, h)
	}
	a.info("%s is held", holdSubject(h))
	a.next("vigil hold lift %s --reason TEXT --approved-by NAME", display.Short(h.ID))
	return nil
}

func (a *app) holdLiftCommand() *cobra.Command {
	var reason, approver string
	c := &cobra.Command{
		Use:   "lift HOLD --reason TEXT --approved-by NAME",
		Short: "End a hold; it takes two persons",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if err := checkReason("hold lift", reason); err != nil {
				return err
			}
			switch {
			case strings.TrimSpace(approver) == "":
				return hint(usagef("hold lift: nobody approved it"), "--approved-by NAME: lifting a hold takes two persons")
			case approver == a.who():
				return fmt.Errorf("hold lift: %w: approved by %q, who lifts it: want a second person", vigil.ErrRefused, approver)
			}
			return a.with("vigil hold lift", func(cs *openCase) error {
				l := vigil.Lift{By: a.who(), ApprovedBy: approver, Reason: reason, At: time.Now().UTC()}
				return a.liftHold(c.Context(), cs, operands[0], l)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the log (required)")
	c.Flags().StringVar(&approver, "approved-by", "", "account of the second person who agreed (required)")
	return c
}

func (a *app) liftHold(ctx context.Context, cs *openCase, part string, l vigil.Lift) error {
	hs, err := cs.Holds(ctx)
	if err != nil {
		return err
	}
	byID, ids := map[string]vigil.Hold{}, []string{}
	for _, h := range hs {
		if h.Lifted == nil {
			byID[h.ID], ids = h, append(ids, h.ID)
		}
	}
	id, err := oneOf("hold", part, ids)
	if err != nil {
		return hint(err, "vigil hold list")
	}
	h := byID[id]
	h.Lifted = &l
	act := vigil.Act{Actor: l.By, Action: vigil.ActLift, Reason: l.Reason, Details: map[string]string{"scope": string(h.Scope), "subject": h.Subject, "approved_by": l.ApprovedBy}}
	if _, err := cs.Record(ctx, vigil.Result{Act: act, Record: h}); err != nil {
		return err
	}
	if a.json {
		return writeJSON(a.stdout, h)
	}
	a.info("the hold on %s is lifted", holdSubject(h))
	a.next("vigil purge shows what is due now")
	return nil
}

func (a *app) holdListCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "Show what is held, by whom and why",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil hold list", func(cs *openCase) error { return a.listHolds(c.Context(), cs, all) })
		},
	}
	c.Flags().BoolVar(&all, "all", false, "lifted holds too")
	return c
}

func (a *app) listHolds(ctx context.Context, cs *openCase, all bool) error {
	hs, err := cs.Holds(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	shown := 0
	for _, h := range hs {
		if h.Lifted != nil && !all {
			continue
		}
		if shown++; a.json {
			if err := writeJSON(a.stdout, h); err != nil {
				return err
			}
			continue
		}
		if shown == 1 {
			fmt.Fprintln(w, "HOLD\tON\tBY\tSINCE\tBECAUSE\tLIFTED")
		}
		lifted := "-"
		if h.Lifted != nil {
			lifted = fmt.Sprintf("%s by %s and %s: %s", day(h.Lifted.At), display.Clean(h.Lifted.By), display.Clean(h.Lifted.ApprovedBy), display.Cut(display.Clean(h.Lifted.Reason), 60))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", display.Short(h.ID), holdSubject(h), display.Clean(h.By), day(h.At), display.Cut(display.Clean(h.Reason), 60), lifted)
	}
	if shown == 0 {
		a.info("nothing is held")
	}
	return w.Flush()
}

// holdSubject names what is held.
func holdSubject(h vigil.Hold) string {
	switch h.Scope {
	case vigil.HoldAll:
		return "the whole case"
	case vigil.HoldListing:
		return "listing " + display.Short(h.Subject)
	}
	return fmt.Sprintf("%s %s", h.Scope, display.Clean(h.Subject))
}
