package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/exchange"
)

// asGraph is the form that package link writes.
const asGraph = "graphml"

// exportOptions say what goes out, as what, and where to.
type exportOptions struct {
	choice
	given              []string // with --as: a form, and perhaps an account as everywhere
	as, out, tlp, unit string
	order              string // only listings of this order; empty for any
	reveal, undecided  bool
}

func (a *app) exportCommand() *cobra.Command {
	var o exportOptions
	c := &cobra.Command{
		Use:   "export --as FORM LISTING…",
		Short: "Write listings for other systems: MISP, STIX, CASE, TagPack, GraphML, CSV",
		Long: `export writes what the case knows of listings in a form that another system reads:

  misp      an event, with coin addresses, contacts and evidence as its objects
  stix      a STIX 2.1 bundle, with each capture as observed data
  case      CASE and UCO, JSON-LD: the order, each act and what it brought
  tagpack   a GraphSense TagPack of the addresses that tie relevant listings
  graphml   the listings and the identifiers that link them
  csv       a line for each identifier that a listing names

No text of a page goes out, nothing that is withheld, and of a listing under restricted
handling nothing but the hash. Phones, mails and other names of persons are masked unless
--reveal is given. What went out is logged with its hash, before the first byte leaves.
It is not evidence: a bundle is.`,
		Args: args(cobra.ArbitraryArgs),
		RunE: func(c *cobra.Command, operands []string) error {
			o.listings = operands
			if err := a.exportAs(&o); err != nil {
				return err
			}
			marking, err := o.check()
			if err != nil {
				return err
			}
			return a.with("vigil export", func(cs *openCase) error { return a.export(c.Context(), cs, o, marking) })
		},
	}
	f := c.Flags()
	f.StringArrayVar(&o.given, "as", nil, "form to write: "+strings.Join(exportForms(), ", ")+"; once more for the account, as everywhere")
	f.StringVarP(&o.out, "output", "o", "", "file to write, which must not exist (default: standard output)")
	o.flags(c)
	f.StringVar(&o.order, "order", "", "only listings under this order")
	f.StringVar(&o.tlp, "tlp", exchange.AmberStrict.String(), "to whom recipients may pass it on (TLP 2.0)")
	f.StringVar(&o.unit, "unit", "", "organisation that gives it out (default: the unit that has the case)")
	f.BoolVar(&o.reveal, "reveal", false, "phones, mails and other names of persons in full (logged)")
	f.BoolVar(&o.undecided, "undecided", false, "also listings that no reviewer has decided on")
	return c
}

func exportForms() []string {
	names := []string{asGraph}
	for _, f := range exchange.Formats() {
		names = append(names, string(f))
	}
	slices.Sort(names)
	return names
}

// exportAs tells the form from the account: everywhere else --as is the latter,
// and this command's own flag hides it.
func (a *app) exportAs(o *exportOptions) error {
	for _, s := range o.given {
		to := &a.actor
		if slices.Contains(exportForms(), s) {
			to = &o.as
		}
		if *to != "" && *to != s {
			return usagef("--as %s and --as %s: want one form and one account", *to, s)
		}
		*to = s
	}
	if o.as == "" {
		return usagef("--as names no form: want one of %s", strings.Join(exportForms(), ", "))
	}
	return nil
}

func (o exportOptions) check() (exchange.TLP, error) {
	if err := o.choice.check(); err != nil {
		return "", err
	}
	marking, err := exchange.ParseTLP(o.tlp)
	return marking, usage(err)
}

// export gives the chosen listings out.
func (a *app) export(ctx context.Context, cs *openCase, o exportOptions, marking exchange.TLP) error {
	if o.out == "" {
		return a.exportTo(ctx, cs, o, marking, a.stdout)
	}
	f, err := os.OpenFile(o.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return hint(usage(err), "name a new file with -o")
	}
	if err != nil {
		return err
	}
	if err := errors.Join(a.exportTo(ctx, cs, o, marking, f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(o.out))
	}
	return nil
}

func (a *app) exportTo(ctx context.Context, cs *openCase, o exportOptions, marking exchange.TLP, out io.Writer) error {
	ids, err := a.selection(ctx, cs, o.choice)
	if err != nil {
		return err
	}
	if ids, err = underOrder(ctx, cs, ids, o.order); err != nil {
		return err
	}
	listings, err := a.gather(ctx, cs, ids, o.undecided)
	if err != nil {
		return err
	}
	order, err := orderByID(ctx, cs, listings.order)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	g, err := a.graph(ctx, cs)
	if err != nil {
		return err
	}
	x := newExchanged(g, order, listings.all(ctx, false), giving{
		id: exportID(o, now, ids), at: now, unit: o.unit, marking: marking, reveal: o.reveal,
	})
	return a.give(ctx, cs, x, o, ids, out)
}

// exportID names an export after all that it is made of.
func exportID(o exportOptions, at time.Time, ids []string) string {
	parts := append([]string{o.as, o.tlp, o.unit, fmt.Sprint(o.reveal), at.Format(time.RFC3339)}, ids...)
	return "exchange-" + vigil.SumHex([]byte(strings.Join(parts, "\n")))[:16]
}

// give writes the listings twice: first to know the hash, which is logged, and
// then to where they go. So nothing leaves without its entry.
func (a *app) give(ctx context.Context, cs *openCase, x exchanged, o exportOptions, ids []string, out io.Writer) error {
	expected := sha256.New()
	n, err := x.writeAs(expected, o.as)
	if err != nil {
		return err
	}
	sum := hex.EncodeToString(expected.Sum(nil))
	if err := a.logExchange(ctx, cs, x, o, ids, sum); err != nil {
		return fmt.Errorf("log the export: %w", err)
	}
	gone := sha256.New()
	if _, err := x.writeAs(io.MultiWriter(gone, out), o.as); err != nil {
		return err
	}
	if got := hex.EncodeToString(gone.Sum(nil)); got != sum {
		return fmt.Errorf("export %s: %w: what went out has SHA-256 %s, the log says %s", x.ID, vigil.ErrTampered, got, sum)
	}
	a.info("%s %s as %s, SHA-256 %s", x.Marking, counted(len(ids), "listing", "listings"), o.as, sum)
	if n.Masked > 0 {
		a.info("%s: --reveal gives them in full", counted(n.Masked, "name of a person is masked", "names of persons are masked"))
	}
	if n.Withheld > 0 {
		a.info("%s left out: a secret, of a test network, or part of what may not be repeated", counted(n.Withheld, "identifier is", "identifiers are"))
	}
	if n.Untagged > 0 {
		a.info("%s not tagged: they tie nothing, or no reviewer found the listing relevant", counted(n.Untagged, "mention of an address is", "mentions of addresses are"))
	}
	if n.Restricted > 0 {
		a.info("%s under restricted handling: nothing but the hash went out", counted(n.Restricted, "listing is", "listings are"))
	}
	return nil
}

// writeAs writes the form of that name.
func (x exchanged) writeAs(w io.Writer, as string) (exchange.Tally, error) {
	if as == asGraph {
		return exchange.Tally{}, x.writeGraph(w)
	}
	return exchange.Write(w, exchange.Format(as), x.Dossier)
}

// logExchange writes to the log of the order what goes out, with its hash and the
// IDs of the listings: of so many, in several entries.
func (a *app) logExchange(ctx context.Context, cs *openCase, x exchanged, o exportOptions, ids []string, sum string) error {
	parts := (len(ids) + maxExported - 1) / maxExported
	for n := range parts {
		named := ids[n*maxExported : min(len(ids), (n+1)*maxExported)]
		act := vigil.Act{
			Actor: a.who(), Action: vigil.ActExchange, Order: x.Order.ID, Object: vigil.Object{Type: "bundle", ID: x.ID, SHA256: sum},
			Details: map[string]string{
				"as": o.as, "marking": x.Marking.String(), "listings": fmt.Sprint(len(ids)), "part": fmt.Sprintf("%d/%d", n+1, parts), "named": strings.Join(named, " "),
			},
		}
		if o.reveal {
			act.Reason = "identifiers revealed"
		}
		if _, err := cs.Record(ctx, vigil.Result{Act: act}); err != nil {
			return err
		}
	}
	return nil
}
