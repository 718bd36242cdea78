package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/anchor"
)

// actAnchor says in a log that another party's signature or time stamp of a
// checkpoint was taken in.
const actAnchor = "log.anchor"

func (a *app) logAnchorCommand(order *string) *cobra.Command {
	var dir string
	var files []string
	c := &cobra.Command{
		Use:   "anchor --export DIR | --import FILE",
		Short: "Have checkpoints signed or dated by others, who then see every later change",
		Long: `anchor --export DIR signs the logs as they are and writes the checkpoints for other
parties: a time-stamping authority (RFC 3161), a second party with ssh-keygen, a
witness of transparency logs. A page in DIR has the commands.

anchor --import FILE takes what they made of one, and checks it before: their keys must
stand in log_witnesses (a line NAME+ID+KEY, or one of OpenSSH's allowed_signers), the
roots of time-stamping authorities in log_tsa.pem.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if (dir == "") == (len(files) == 0) {
				return hint(usagef("vigil log anchor: want --export DIR or --import FILE"), "%s --help", c.CommandPath())
			}
			return a.with("vigil log anchor", func(cs *openCase) error {
				if dir != "" {
					return a.exportAnchors(c.Context(), cs, *order, dir)
				}
				return a.importAnchors(c.Context(), cs, files)
			})
		},
	}
	c.Flags().StringVar(&dir, "export", "", "folder to write checkpoints to")
	c.Flags().StringArrayVar(&files, "import", nil, "cosigned note, OpenSSH signature or RFC 3161 response to take in")
	return c
}

func (a *app) exportAnchors(ctx context.Context, cs *openCase, order, dir string) error {
	if err := cs.withKey(); err != nil {
		return err
	}
	logs, err := logFilter{logOptions: logOptions{order: order}}.logs(ctx, cs)
	if err != nil {
		return err
	}
	for _, log := range logs {
		if err := cs.keeper.sign(ctx, log); err != nil {
			return err
		}
	}
	n, err := cs.checkpoints().Export(ctx, cs, logs, dir, cs.keeper.keys)
	if err != nil {
		return fmt.Errorf("export checkpoints to %s: %w", dir, err)
	}
	a.info("wrote %s to %s; the page there says what others do with them", counted(n, "checkpoint", "checkpoints"), dir)
	a.next("vigil log anchor --import FILE")
	return nil
}

func (a *app) importAnchors(ctx context.Context, cs *openCase, files []string) error {
	trust, err := cs.trust()
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range files {
		if err := a.importAnchor(ctx, cs, name, trust); err != nil {
			errs = append(errs, fmt.Errorf("import %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func (a *app) importAnchor(ctx context.Context, cs *openCase, name string, trust anchor.Trust) error {
	data, err := anchor.ReadFile(name)
	if err != nil {
		return usage(err)
	}
	t, err := cs.checkpoints().Take(ctx, cs, data, trust)
	switch {
	case errors.Is(err, vigil.ErrRefused):
		return hint(err, "put the party's key into %s, or the authority's root into %s, if you trust them", cs.path(witnessesFile), cs.path(authorityFile))
	case err != nil:
		return err
	case t.Known:
		a.info("%s: in the case already, by %s", name, brief(t.By))
		return nil
	}
	a.info("%s: %s, the checkpoint of %s of log %s, by %s", name, t.File, counted(int(t.Size), "entry", "entries"), logTitle(t.Log), brief(t.By))
	_, err = cs.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: actAnchor, Order: t.Log,
		Object: vigil.Object{Type: "checkpoint", ID: filepath.ToSlash(t.File), SHA256: t.SHA256},
	}})
	return err
}
