package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/anchor"
)

// actLogKey says in the case's own log that it has a new log key.
const actLogKey = "log.key"

func (a *app) logCheckpointCommand(order *string) *cobra.Command {
	var newKey bool
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "Sign what the logs hold now",
		Long: `checkpoint signs the size and the root of each log as it is now, into the folder
checkpoints. Whatever writes to a case does so by itself, at its end and at the rhythm
of [log] in vigil.toml; this does it at once, and shows the newest of each log.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil log checkpoint", func(cs *openCase) error {
				if newKey {
					if err := a.newLogKey(c.Context(), cs); err != nil {
						return err
					}
				}
				return a.signLogs(c.Context(), cs, *order)
			})
		},
	}
	c.Flags().BoolVar(&newKey, "new-key", false, "make the log key of a case that has none")
	return c
}

// newLogKey makes the log key of a case that was made without one, or has lost
// the private one. Public keys stay: they check what was signed before.
func (a *app) newLogKey(ctx context.Context, cs *openCase) error {
	if cs.keeper != nil {
		return usage(fmt.Errorf("log key %s.key: %w", cs.path(logKeyFile), vigil.ErrExists))
	}
	private, public, err := anchor.GenerateKey()
	if err != nil {
		return err
	}
	if err := writeNew(cs.path(logKeyFile+".key"), private, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(cs.path(logKeyFile+".pub"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(public)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	name, _, _ := strings.Cut(string(public), "+")
	_, err = cs.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: actLogKey, Object: vigil.Object{Type: "key", ID: name, SHA256: vigil.SumHex(public)},
		Details: map[string]string{detailLogKey: vigil.SumHex(public)},
	}})
	if err != nil {
		return err
	}
	cs.keeper, err = a.keep(cs)
	return err
}

// withKey returns an error if the case has no log key.
func (c *openCase) withKey() error {
	if c.keeper == nil {
		return hint(usagef("the case in %s has no log key", c.dir), "vigil log checkpoint --new-key makes one")
	}
	return nil
}

// signedRow is a log's newest checkpoint as JSON.
type signedRow struct {
	Log        string `json:"log"`
	Size       int64  `json:"size"`
	File       string `json:"file"`
	Checkpoint string `json:"checkpoint"`
}

// signLogs signs the chosen logs, and shows the newest checkpoint of each.
func (a *app) signLogs(ctx context.Context, cs *openCase, order string) error {
	if err := cs.withKey(); err != nil {
		return err
	}
	logs, err := logFilter{logOptions: logOptions{order: order}}.logs(ctx, cs)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, log := range logs {
		if err := cs.keeper.sign(ctx, log); err != nil {
			return err
		}
		sizes, err := cs.checkpoints().Sizes(log)
		if err != nil || len(sizes) == 0 { // a log without entries
			return err
		}
		size := sizes[len(sizes)-1]
		_, note, err := cs.checkpoints().Checkpoint(log, size, cs.keeper.keys)
		if err != nil {
			return err
		}
		row := signedRow{log, size, cs.checkpoints().File(log, size), string(note)}
		if a.json {
			err = writeJSON(a.stdout, row)
		} else {
			_, err = fmt.Fprintf(w, "%s\t%s\t%s\n", logTitle(log), counted(int(size), "entry", "entries"), row.File)
		}
		if err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.next("vigil log anchor --export DIR")
	return nil
}
