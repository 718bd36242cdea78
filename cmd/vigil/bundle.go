package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/bundle"
)

// A packing says what goes into a bundle, and where it goes.
type packing struct {
	choice
	dir        string
	under      string // folder in which it gets a folder of its name, instead of dir
	order      string // only listings of this order; empty for any
	supersedes string // ID of the bundle in whose place this one stands
	undecided  bool
	draft      bool
	report     reportOptions
}

func (a *app) bundleCommand() *cobra.Command {
	var p packing
	c := &cobra.Command{
		Use:   "bundle LISTING… -o DIR",
		Short: "Export listings as evidence that others can check",
		Long: `bundle writes a signed BagIt bag with everything that the listings rest on: the
captured pages as a web archive, the facts, the assessments, the decisions, the order, and
the part of the custody log that speaks of them, with proofs; and a report to read.
Anybody can check it with vigil verify DIR, or with sha256sum, ssh-keygen and openssl as
VERIFY.txt in it says.

Listings are named, or chosen by --cluster, --search or --all. They must stand under one
order; --order leaves out the others. A bundle never changes: another one may take its
place, with --supersedes. With --draft it is not sealed yet, to be looked at first.`,
		Args: args(cobra.ArbitraryArgs),
		RunE: func(c *cobra.Command, operands []string) error {
			p.listings = operands
			if err := p.check(); err != nil {
				return err
			}
			if p.dir == "" {
				return hint(usagef("bundle: no folder to write to"), "%s -o DIR", strings.Join(append([]string{"vigil bundle"}, operands...), " "))
			}
			return a.with("vigil bundle", func(cs *openCase) error {
				_, err := a.bundle(c.Context(), cs, p)
				return err
			})
		},
	}
	f := c.Flags()
	f.StringVarP(&p.dir, "output", "o", "", "folder to write, which must not exist")
	p.flags(c)
	f.StringVar(&p.order, "order", "", "only listings under this order")
	f.BoolVar(&p.undecided, "undecided", false, "also listings that no reviewer has decided on")
	f.StringVar(&p.supersedes, "supersedes", "", "ID of the bundle in whose place this one stands")
	f.BoolVar(&p.draft, "draft", false, "do not seal it; vigil bundle seal DIR does")
	f.BoolVar(&p.report.pdf, "pdf", false, "the report as a PDF as well, printed with this machine's chromium")
	f.BoolVar(&p.report.reveal, "reveal", false, "identifiers in full in the report and the exchange files; the records have them in full anyway")
	c.AddCommand(a.bundleSealCommand(), a.bundleApproveCommand(), a.bundleTimestampCommand(), a.bundleReleaseCommand(),
		a.bundleAcknowledgeCommand(), a.bundleRecallCommand(), a.bundleListCommand(), a.bundleShowCommand(),
		a.bundleDiscloseCommand(), a.bundleUnveilCommand())
	return c
}

// bundle writes a bundle and returns its ID.
func (a *app) bundle(ctx context.Context, cs *openCase, p packing) (string, error) {
	if _, err := os.Lstat(p.dir); err == nil && p.under == "" { // before anything is looked at
		return "", fmt.Errorf("write bundle %s: %w", p.dir, vigil.ErrExists)
	}
	ids, err := a.selection(ctx, cs, p.choice)
	if err != nil {
		return "", err
	}
	if ids, err = underOrder(ctx, cs, ids, p.order); err != nil {
		return "", err
	}
	x, err := a.gather(ctx, cs, ids, p.undecided)
	if err != nil {
		return "", err
	}
	p.report.beside = filepath.Dir(filepath.Clean(p.dir))
	if p.under != "" {
		p.report.beside = p.under
	}
	contents, err := a.contents(ctx, x, p)
	if err != nil {
		return "", err
	}
	if p.under != "" {
		p.dir = filepath.Join(p.under, contents.ID)
	}
	if err := a.pack(cs, p, contents); err != nil {
		return "", fmt.Errorf("write bundle %s: %w", p.dir, err)
	}
	action, what, next := vigil.ActExport, "bundle", "vigil verify %s"
	if p.draft {
		action, what, next = vigil.ActDraft, "the draft of bundle", "vigil bundle seal %s --sign-key KEY"
	}
	if err := recordExport(ctx, cs, a.who(), action, p.dir, nil); err != nil {
		return "", errors.Join(fmt.Errorf("log the export: %w", err), os.RemoveAll(p.dir))
	}
	a.info("wrote %s %s with %s to %s", what, contents.ID, counted(len(ids), "listing", "listings"), p.dir)
	a.next(next, p.dir)
	return contents.ID, nil
}

// pack writes the bundle, sealed by the case's key or as a draft.
func (a *app) pack(cs *openCase, p packing, c bundle.Contents) error {
	if p.draft {
		return bundle.Draft(p.dir, c)
	}
	sealing, err := a.sealing(cs, c.Made)
	if err != nil {
		return err
	}
	if err := bundle.Write(p.dir, c, sealing); err != nil {
		return err
	}
	s, err := bundle.OpenSigning(p.dir)
	if err != nil {
		return err
	}
	return s.PutNoStamp(cs.noStamp(p.dir))
}

// underOrder returns those of the listings that stand under an order.
func underOrder(ctx context.Context, cs *openCase, ids []string, order string) ([]string, error) {
	if order == "" {
		return ids, nil
	}
	var kept []string
	for _, id := range ids {
		as, err := cs.Assessment(ctx, id)
		if err != nil {
			return nil, err
		}
		if vigil.OrderOf(as.Source) == order {
			kept = append(kept, id)
		}
	}
	if len(kept) == 0 {
		return nil, usagef("--order %s: none of the listings stands under it", order)
	}
	return kept, nil
}
