package main

import (
	"context"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/release"
)

func (a *app) bundleAcknowledgeCommand() *cobra.Command {
	return a.bundleWordCommand("acknowledge", vigil.ActAcknowledge, "Log that who was given a bundle has it",
		`acknowledge logs that the office to which a bundle was released has said that it has it;
the reason names its letter or file number.`, "acknowledged")
}

func (a *app) bundleRecallCommand() *cobra.Command {
	return a.bundleWordCommand("recall", vigil.ActRecall, "Log that a bundle is not to be relied on any more",
		`recall logs that a bundle is withdrawn, and why. Copies elsewhere stay as they are and
still verify: whoever was given one must be told. Nothing more is done with a recalled
bundle; export the listings anew.`, "recalled")
}

// bundleWordCommand returns a command that logs a word about a bundle, with a reason.
func (a *app) bundleWordCommand(name, action, short, long, done string) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: name + " ID --reason TEXT", Short: short, Long: long,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if err := checkReason("bundle "+name, reason); err != nil {
				return err
			}
			return a.with("vigil bundle "+name, func(cs *openCase) error {
				b, err := a.bundleWord(c.Context(), cs, operands[0], action, reason)
				if err == nil {
					a.info("bundle %s is %s", b.ID, done)
					a.tellThose(b, action)
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the log (required)")
	return c
}

func (a *app) bundleWord(ctx context.Context, cs *openCase, part, action, reason string) (release.Bundle, error) {
	b, err := cs.aBundle(ctx, part)
	if err == nil {
		err = b.May(action)
	}
	if err != nil {
		return b, err
	}
	in := bundle.Info{ID: b.ID, Order: b.Order, SHA256: b.SHA256}
	return b, recordBundle(ctx, cs, in, vigil.Act{Actor: a.who(), Action: action, Reason: reason})
}

// tellThose says who has copies of a bundle that was recalled.
func (a *app) tellThose(b release.Bundle, action string) {
	if action != vigil.ActRecall {
		return
	}
	for _, to := range b.To {
		a.info("tell %s, to whom it was released", brief(to))
	}
}
