package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/classify/identifier"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/link"
)

// linkOptions say what of the links is shown, and how.
type linkOptions struct {
	path, weak, reveal bool
	export, out        string
}

func (a *app) linkCommand() *cobra.Command {
	var o linkOptions
	c := &cobra.Command{
		Use:   "link [ID]",
		Short: "Show what ties listings together, and through what",
		Long: `link shows the groups of listings that identifiers and vendors' accounts tie together; with
an ID, all that one listing or one identifier is tied to. ID is a listing, the beginning of
one, an identifier in any spelling, or a group. Each link names the capture, the bytes and
the rule that it rests on.

Strong links tie: a checked identifier that few name, an account, a person's decision. Weak
ones are shown with the reason: no checksum, a hub, page chrome, a documented example, a
warning in the text. Linked by an identifier means just that: keys and addresses are shared,
sold, quoted and copied.

  vigil link --path A B            how two of these are linked, step by step
  vigil link --export graphml      also csv, json and svg; with an ID, its group alone
  vigil link cut KEY [LISTING]     a key, or one listing's naming of it, links no more
  vigil link join A B              two listings belong together, for a reason of yours
  vigil link undo TIE              take either back`,
		Args: args(cobra.MaximumNArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			if err := o.check(operands); err != nil {
				return err
			}
			return a.with("vigil link", func(cs *openCase) error { return a.link(c.Context(), cs, operands, o) })
		},
	}
	f := c.Flags()
	f.BoolVar(&o.path, "path", false, "the shortest path between two listings or identifiers")
	f.BoolVar(&o.weak, "weak", false, "weak links as well: in a path where no strong one is, in a picture")
	f.BoolVar(&o.reveal, "reveal", false, "identifiers in full; for adjudicators, restricted listings too (logged)")
	f.StringVar(&o.export, "export", "", "write the graph as graphml, csv, json or svg")
	f.StringVarP(&o.out, "output", "o", "", "file to export to (default: standard output)")
	c.AddCommand(a.linkCutCommand(), a.linkJoinCommand(), a.linkUndoCommand(), a.linkTiesCommand())
	return c
}

func (o linkOptions) check(operands []string) error {
	switch {
	case o.path && len(operands) != 2:
		return hint(usagef("a path has two ends"), "vigil link --path LISTING LISTING")
	case !o.path && len(operands) > 1:
		return hint(usagef("%d operands, expected one ID", len(operands)), "vigil link --path A B for the path between two")
	case o.export != "" && !strings.Contains(" graphml csv json svg ", " "+o.export+" "):
		return usagef("--export %s: want graphml, csv, json or svg", o.export)
	case o.export == "svg" && len(operands) == 0:
		return hint(usagef("a picture shows one group"), "vigil link lists the groups; vigil link --export svg ID -o FILE")
	case o.out != "" && o.export == "":
		return usagef("-o is for --export")
	}
	return nil
}

// link shows the graph of the case, or a part of it.
func (a *app) link(ctx context.Context, cs *openCase, operands []string, o linkOptions) error {
	shield := a.desk(cs).Shield(o.reveal)
	g, err := a.graphBehind(ctx, cs, shield)
	if err != nil {
		return err
	}
	at, err := a.linkTargets(ctx, cs, g, operands)
	if err != nil {
		return err
	}
	if err := hiddenAmong(ctx, shield, at); err != nil {
		return err
	}
	if err := a.logLink(ctx, cs, at, o, shield); err != nil {
		return err
	}
	if says := shield.Says(); says != "" {
		defer a.info("%s", says)
	}
	v := &linkView{app: a, Graph: g, cs: cs, reveal: o.reveal, shield: shield}
	if v.lists, err = matcher(ctx, cs, time.Now()); err != nil {
		return err
	}
	switch {
	case o.export != "":
		return v.write(ctx, at, o)
	case o.path:
		return v.path(ctx, at[0], at[1], o.weak)
	case len(at) == 0:
		return v.groups(ctx)
	case at[0].key != "":
		return v.key(ctx, at[0].key)
	case at[0].listing != "":
		return v.listing(ctx, at[0].listing)
	}
	return v.group(ctx, at[0].group)
}

// graph builds the graph of the case from what its listings mention, those under
// restricted handling left out.
func (a *app) graph(ctx context.Context, cs *openCase) (*link.Graph, error) {
	return a.graphBehind(ctx, cs, a.desk(cs).Shield(false))
}

// graphBehind is graph without the listings that a shield hides.
func (a *app) graphBehind(ctx context.Context, cs *openCase, shield *desk.Shield) (*link.Graph, error) {
	ties, err := cs.Ties(ctx)
	if err != nil {
		return nil, err
	}
	if ties, err = shieldedTies(ctx, shield, ties); err != nil {
		return nil, err
	}
	shared, err := sharedKeys(ctx, cs)
	if err != nil {
		return nil, err
	}
	o, err := linkRules(ctx, cs, func(key string) string { return shared[key] })
	if err != nil {
		return nil, err
	}
	g, err := link.Build(link.WithAccounts(shieldedMentions(ctx, shield, cs.Mentions(ctx, ""))), ties, o)
	if err != nil {
		return nil, fmt.Errorf("link the listings of the case: %w", err)
	}
	return g, nil
}

// linkRules says what the case knows beyond the mentions of identifiers; shared says
// why many people use a key.
func linkRules(ctx context.Context, cs *openCase, shared func(key string) string) (link.Options, error) {
	listings := map[string]int{}
	counts, err := cs.Counts(ctx)
	if err != nil {
		return link.Options{}, err
	}
	for _, c := range counts {
		if c.Stage == vigil.Classify && c.State == vigil.Done {
			listings[c.Source] += c.N
		}
	}
	return link.Options{
		Shared:   shared,
		Listings: func(source string) int { return listings[source] },
		About:    func(id string) (source, vendor string, first, last time.Time) { return about(ctx, cs, id) },
	}, nil
}

// about tells of a listing that names no identifier.
func about(ctx context.Context, cs *openCase, id string) (source, vendor string, first, last time.Time) {
	l, err := cs.Listing(ctx, id)
	if err != nil {
		return "", "", time.Time{}, time.Time{}
	}
	p, err := cs.PageInfo(ctx, l.Page)
	if err != nil {
		return l.Source, l.Vendor, time.Time{}, time.Time{}
	}
	return l.Source, l.Vendor, p.CapturedAt, p.CapturedAt
}

// sharedCategories are what lists call owners of addresses that many people use:
// a listing that names one of these is not tied to another that does.
var sharedCategories = map[string]bool{
	"exchange": true, "donation": true, "service": true, "hosting": true, "payment_processor": true, "wallet_service": true,
	"mixing_service": true, "coinjoin": true, "gambling": true, "market": true, "faucet": true, "miner": true, "defi": true, "bridge": true,
}

// isService reports whether a row says that an address belongs to a service.
func isService(r vigil.ListRow) bool {
	for c := range strings.SplitSeq(strings.ToLower(r.Category), ",") {
		if sharedCategories[strings.TrimSpace(c)] {
			return true
		}
	}
	return false
}

// sharedKeys returns the keys that lists say are used by many, and what they say.
func sharedKeys(ctx context.Context, cs *openCase) (map[string]string, error) {
	lists, err := cs.Watchlists(ctx)
	if err != nil {
		return nil, err
	}
	shared := map[string]string{}
	for _, l := range lists {
		for r, err := range cs.ListRows(ctx, l.ID) {
			if err != nil {
				return nil, err
			}
			if !isService(r) {
				continue
			}
			for _, p := range r.Parsed {
				shared[p.Key] = sharedText(r, l)
			}
		}
	}
	return shared, nil
}

// A linkTarget is what an operand means: one of the three.
type linkTarget struct{ listing, key, group string }

// linkTargets returns what the operands mean.
func (a *app) linkTargets(ctx context.Context, cs *openCase, g *link.Graph, operands []string) ([]linkTarget, error) {
	var out []linkTarget
	for _, s := range operands {
		t, err := a.linkTarget(ctx, cs, g, s)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (a *app) linkTarget(ctx context.Context, cs *openCase, g *link.Graph, s string) (linkTarget, error) {
	if len(g.Key(s)) > 0 {
		return linkTarget{key: s}, nil
	}
	for _, c := range g.Components() {
		if c.ID == s {
			return linkTarget{group: s}, nil
		}
	}
	id, err := a.desk(cs).Resolve(ctx, s)
	if err == nil {
		return linkTarget{listing: id}, nil
	}
	found := identifier.Scan(s)
	if len(found) == 0 {
		return linkTarget{}, notFound(err)
	}
	if key := vigil.KeyName(found[0].Key); len(g.Key(key)) > 0 {
		return linkTarget{key: key}, nil
	}
	return linkTarget{}, notFound(fmt.Errorf("%s: no listing of the case names it: %w", display.Mask(found[0]), vigil.ErrNotFound))
}

// logged names a target as the log may: identifiers have no place there.
func (t linkTarget) logged() string {
	if t.key != "" {
		return "an identifier"
	}
	return cmp.Or(t.listing, t.group)
}

// logLink says in the log what was looked at.
func (a *app) logLink(ctx context.Context, cs *openCase, at []linkTarget, o linkOptions, shield *desk.Shield) error {
	act := vigil.Act{Actor: a.who(), Action: vigil.ActView, Object: vigil.Object{Type: "case", ID: "links"}, Details: map[string]string{}}
	if o.path {
		act.Details["path"] = "true"
	}
	if o.export != "" {
		act.Details["export"] = o.export
	}
	var of []string
	for _, t := range at {
		of = append(of, t.logged())
	}
	if len(of) > 0 {
		act.Details["of"] = strings.Join(of, " ")
	}
	if o.reveal {
		act.Reason = "identifiers revealed"
	}
	if shield.Open() {
		act.Details["restricted"] = "true"
	}
	_, err := cs.Record(ctx, vigil.Result{Act: act})
	return err
}

// write exports the graph, or the group of what is named.
func (v *linkView) write(ctx context.Context, at []linkTarget, o linkOptions) (err error) {
	x := link.Export{Label: v.label}
	var p link.Picture
	if len(at) > 0 {
		if x.Component, err = v.groupOf(at[0]); err != nil {
			return err
		}
		p = v.picture(ctx, x.Component, o.weak)
	}
	if o.path {
		path, ok := v.between(at[0], at[1], o.weak)
		if !ok {
			return errNoPath
		}
		p.Path = &path
	}
	out := io.Writer(v.app.stdout)
	if o.out != "" {
		f, err := os.OpenFile(o.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			return hint(usage(err), "name a new file with -o")
		}
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	switch o.export {
	case "graphml":
		return v.WriteGraphML(out, x)
	case "csv":
		return v.WriteCSV(out, x)
	case "svg":
		return v.WriteSVG(out, p)
	}
	return v.WriteJSON(out, x)
}

// groupOf returns the group that a listing or a key belongs to.
func (v *linkView) groupOf(t linkTarget) (string, error) {
	listing := t.listing
	switch {
	case t.group != "":
		return t.group, nil
	case t.key != "":
		listing = v.Key(t.key)[0].Edges[0].Listing.ID
	}
	c, ok := v.Component(listing)
	if !ok {
		return "", hint(fmt.Errorf("listing %s: nothing strong links it", display.Short(listing)), "vigil link %s shows its weak links", display.Short(listing))
	}
	return c.ID, nil
}
