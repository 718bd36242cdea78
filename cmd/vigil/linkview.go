package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/link"
	"vigil/internal/review"
	"vigil/internal/watchlist"
)

// shownLinks is how many listings behind one key, and how many groups, are listed.
const shownLinks = 20

// errNoPath is what --path says where nothing links two listings.
var errNoPath = errors.New("nothing links the two listings; --weak looks among weak links as well")

// A linkView shows parts of a graph on the terminal.
type linkView struct {
	app *app
	*link.Graph
	cs     *openCase
	lists  *watchlist.Matcher // nil without lists
	reveal bool
	shield *desk.Shield
}

// label shows an identifier, masked unless it was asked for.
func (v *linkView) label(id vigil.Identifier) string {
	switch {
	case id.Kind == link.KindAccount || v.reveal:
		return id.Value
	}
	return display.Mask(id)
}

// says names a key: its kind and what may be shown of it.
func (v *linkView) says(k link.Key) string {
	if k.Tie != nil {
		return fmt.Sprintf("joined by %s: %s", display.Clean(k.Tie.By), display.Clean(k.Tie.Reason))
	}
	s := k.Identifier.Kind + " " + display.Cut(display.Clean(v.label(k.Identifier)), 60)
	if k.Chain != "" {
		s += " (on " + k.Chain + ")"
	}
	return s
}

// title returns a listing's title as a line that is safe to show; of one that is
// restricted, that it is withheld.
func (v *linkView) title(ctx context.Context, id string) string {
	if hides, err := v.shield.Hides(ctx, id); err != nil || hides {
		return "‹withheld›"
	}
	l, err := v.cs.Listing(ctx, id)
	if err != nil {
		return ""
	}
	as, err := v.cs.Assessment(ctx, id)
	if err != nil {
		return ""
	}
	return display.Cut(display.Title(l, as), 48)
}

// name names a listing with its vendor and title.
func (v *linkView) name(ctx context.Context, l link.Listing) string {
	s := display.Short(l.ID)
	if l.Vendor != "" {
		s += "  " + display.Cut(display.Clean(l.Vendor), 24)
	}
	if at := v.sourceName(l.Source); at != "" {
		s += " at " + at
	}
	if t := v.title(ctx, l.ID); t != "" {
		s += "  " + t
	}
	return s
}

// sourceName is the name of a source, without its order.
func (v *linkView) sourceName(id string) string {
	_, name, ok := strings.Cut(id, "/")
	if !ok {
		name = id
	}
	return display.Clean(name)
}

// onLists says which lists name a key; empty if none does.
func (v *linkView) onLists(ctx context.Context, key string) (string, error) {
	if v.lists == nil {
		return "", nil
	}
	hits, err := v.lists.Key(ctx, key)
	if err != nil || len(hits) == 0 {
		return "", err
	}
	var parts []string
	for _, h := range hits {
		s := fmt.Sprintf("%s as of %s, row %d, %s", h.List.Name, h.List.AsOf, h.Row.N, hitState(h))
		if p := programmes(h.Row); p != "" {
			s += ", " + p
		}
		parts = append(parts, display.Clean(s))
	}
	return strings.Join(parts, "; "), nil
}

// groups lists the groups of the case, largest first.
func (v *linkView) groups(ctx context.Context) error {
	cs := v.Components()
	if v.app.json {
		for _, c := range cs {
			if err := writeJSON(v.app.stdout, c); err != nil {
				return err
			}
		}
		return nil
	}
	listings, keys, edges, strong := v.Sizes()
	v.app.info("%d listings name %d identifiers and accounts: %d links, %d of them strong", listings, keys, edges, strong)
	w := tabwriter.NewWriter(v.app.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "GROUP\tLISTINGS\tKEYS\tVENDORS\tSOURCES\tFIRST SEEN\tLAST SEEN\tON LISTS")
	alone := 0
	for i, c := range cs {
		if c.Listings < 2 {
			alone++
			continue
		}
		if i >= shownLinks {
			break
		}
		marks, err := v.groupMarks(ctx, c.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\n", c.ID, c.Listings, c.Keys, c.Vendors, c.Sources, c.First.Format(time.DateOnly), c.Last.Format(time.DateOnly), marks)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(cs)-alone > shownLinks {
		v.app.info("and %d smaller groups; --json lists all", len(cs)-alone-shownLinks)
	}
	if len(cs) > alone {
		v.app.next("vigil link %s", cs[0].ID)
	}
	return nil
}

// groupMarks says how many keys of a group are on lists, and on how many of
// terrorism.
func (v *linkView) groupMarks(ctx context.Context, group string) (string, error) {
	if v.lists == nil {
		return "–", nil
	}
	listed, terror := 0, 0
	_, keys := v.Members(group)
	for _, k := range keys {
		hits, err := v.lists.Key(ctx, k.Key)
		if err != nil {
			return "", err
		}
		if len(hits) > 0 {
			listed++
		}
		for _, h := range hits {
			if h.Row.Terror {
				terror++
				break
			}
		}
	}
	switch {
	case listed == 0:
		return "–", nil
	case terror == 0:
		return plural(listed, "key"), nil
	}
	return fmt.Sprintf("%s, %d of terrorism", plural(listed, "key"), terror), nil
}

// group shows the listings and keys of a group.
func (v *linkView) group(ctx context.Context, id string) error {
	listings, keys := v.Members(id)
	if v.app.json {
		return v.WriteJSON(v.app.stdout, link.Export{Component: id, Label: v.label})
	}
	fmt.Fprintf(v.app.stdout, "Group %s: %s linked by %s\n\nListings\n", id, plural(len(listings), "listing"), plural(len(keys), "key"))
	for _, l := range listings {
		fmt.Fprintf(v.app.stdout, "  %s\n", v.name(ctx, l))
	}
	fmt.Fprintf(v.app.stdout, "\nKeys\n")
	for _, k := range keys {
		if err := v.keyLine(ctx, k); err != nil {
			return err
		}
	}
	v.app.next("vigil link --export svg %s -o group.svg", id)
	return nil
}

// keyLine writes a key on a line, and below it what lists say of it.
func (v *linkView) keyLine(ctx context.Context, k link.Key) error {
	fmt.Fprintf(v.app.stdout, "  %s  named by %s of %s on %s\n", v.says(k), plural(k.Listings, "listing"), plural(k.Vendors, "vendor"), plural(k.Sources, "source"))
	on, err := v.onLists(ctx, k.Key)
	if err == nil && on != "" {
		fmt.Fprintf(v.app.stdout, "      on a list: %s\n", on)
	}
	return err
}

// listing shows what one listing is tied to.
func (v *linkView) listing(ctx context.Context, id string) error {
	ns := v.Neighbours(id)
	if v.app.json {
		for _, n := range link.Label(v.label).Neighbours(ns) {
			if err := writeJSON(v.app.stdout, n); err != nil {
				return err
			}
		}
		return nil
	}
	l, ok := v.Listing(id)
	if !ok {
		v.app.info("listing %s names no identifier and no vendor", display.Short(id))
		return nil
	}
	fmt.Fprintf(v.app.stdout, "%s\n", v.name(ctx, l))
	if c, ok := v.Component(id); ok {
		fmt.Fprintln(v.app.stdout, groupText(c))
	}
	for _, n := range ns {
		if err := v.neighbour(ctx, n); err != nil {
			return err
		}
	}
	v.app.info("\nlinked by means just that: keys and addresses are shared, sold, quoted and copied")
	return nil
}

// neighbour writes a key that a listing names, and who else does.
func (v *linkView) neighbour(ctx context.Context, n link.Neighbour) error {
	strength := "strong"
	if !n.Here.Strong {
		strength = "weak"
	}
	fmt.Fprintf(v.app.stdout, "\n%s  %s  %s\n", v.says(n.Key), strength, evidenceText(n.Here))
	for _, w := range n.Here.Weak {
		fmt.Fprintf(v.app.stdout, "  weak: %s\n", display.Clean(w.Text))
	}
	on, err := v.onLists(ctx, n.Key.Key)
	if err != nil {
		return err
	}
	if on != "" {
		fmt.Fprintf(v.app.stdout, "  on a list: %s\n", on)
	}
	for i, e := range n.There {
		if i == shownLinks {
			break
		}
		fmt.Fprintf(v.app.stdout, "  → %s\n    %s\n", v.name(ctx, e.Listing), evidenceText(e))
	}
	if more := n.More + max(0, len(n.There)-shownLinks); more > 0 {
		fmt.Fprintf(v.app.stdout, "  → and %d more\n", more)
	}
	if len(n.There) == 0 {
		fmt.Fprintf(v.app.stdout, "  no other listing names it\n")
	}
	return nil
}

// evidenceText says where an edge was seen: capture, bytes, rule, time.
func evidenceText(e link.Edge) string {
	if len(e.Evidence) == 0 {
		return ""
	}
	v := e.Evidence[0]
	if v.By != "" {
		return fmt.Sprintf("by %s on %s", display.Clean(v.By), v.At.Format(time.DateOnly))
	}
	s := fmt.Sprintf("page %s, %s bytes %d-%d, %s, seen %s", display.Short(v.Page), display.Clean(v.Field), v.Start, v.End, display.Clean(v.Method), e.First.Format(time.DateOnly))
	if !e.Last.Equal(e.First) {
		s += " to " + e.Last.Format(time.DateOnly)
	}
	if n := len(e.Evidence) - 1 + e.More; n > 0 {
		s += fmt.Sprintf(", and %d more places", n)
	}
	return s
}

// key shows who names a key.
func (v *linkView) key(ctx context.Context, key string) error {
	for _, k := range v.Key(key) {
		if v.app.json {
			if err := writeJSON(v.app.stdout, link.Label(v.label).KeyEdges(k)); err != nil {
				return err
			}
			continue
		}
		if err := v.keyLine(ctx, k.Key); err != nil {
			return err
		}
		for _, w := range k.Weak {
			fmt.Fprintf(v.app.stdout, "      weak: %s\n", display.Clean(w.Text))
		}
		for _, e := range k.Edges {
			fmt.Fprintf(v.app.stdout, "  → %s\n    %s\n", v.name(ctx, e.Listing), evidenceText(e))
		}
	}
	return nil
}

// between returns the shortest path between two targets; of a key, the listings
// that name it are the ends.
func (v *linkView) between(from, to linkTarget, weak bool) (link.Path, bool) {
	var best link.Path
	found := false
	for _, a := range v.ends(from) {
		for _, b := range v.ends(to) {
			p, ok := v.Path(a, b, weak)
			if ok && (!found || best.Weak && !p.Weak || best.Weak == p.Weak && len(p.Steps) < len(best.Steps)) {
				best, found = p, true
			}
		}
	}
	return best, found
}

// ends returns the listings that a target means.
func (v *linkView) ends(t linkTarget) []string {
	if t.key == "" {
		return []string{t.listing}
	}
	var out []string
	for _, k := range v.Key(t.key) {
		for _, e := range k.Edges[:min(len(k.Edges), shownLinks)] {
			out = append(out, e.Listing.ID)
		}
	}
	return out
}

// path shows how two listings are linked, or a listing and a key.
func (v *linkView) path(ctx context.Context, from, to linkTarget, weak bool) error {
	p, ok := v.between(from, to, weak)
	if !ok {
		return errNoPath
	}
	if v.app.json {
		return writeJSON(v.app.stdout, struct {
			link.Path
			Start *pathEnd `json:"start,omitempty"` // the key that was asked for, where it is one
			End   *pathEnd `json:"end,omitempty"`
		}{link.Label(v.label).Path(p), v.pathEnd(from.key, p.From.ID), v.pathEnd(to.key, p.To.ID)})
	}
	kind := "linked in "
	if p.Weak {
		kind = "not linked strongly; with weak links, in "
	}
	fmt.Fprintf(v.app.stdout, "%s%s\n", kind, plural(len(p.Steps), "step"))
	fmt.Fprintln(v.app.stdout)
	if err := v.end(ctx, from.key, p.From.ID); err != nil {
		return err
	}
	fmt.Fprintln(v.app.stdout, v.name(ctx, p.From))
	for _, s := range p.Steps {
		fmt.Fprintf(v.app.stdout, "    %s\n", evidenceText(s.From))
		if err := v.stepKey(ctx, s.Key, s.From.Weak); err != nil {
			return err
		}
		fmt.Fprintf(v.app.stdout, "    %s\n%s\n", evidenceText(s.To), v.name(ctx, s.To.Listing))
	}
	return v.end(ctx, to.key, p.To.ID)
}

// A pathEnd is a key at which a path begins or ends, and the edge of the listing
// there.
type pathEnd struct {
	Key  link.Key  `json:"key"`
	Edge link.Edge `json:"edge"`
}

// pathEnd returns the end of a path at a listing; nil if it is no key.
func (v *linkView) pathEnd(key, listing string) *pathEnd {
	for _, n := range v.Neighbours(listing) {
		if key != "" && n.Key.Key == key {
			shown := link.Label(v.label).Neighbours([]link.Neighbour{n})[0]
			return &pathEnd{shown.Key, shown.Here}
		}
	}
	return nil
}

// end writes the key at which a path begins or ends, if it is one.
func (v *linkView) end(ctx context.Context, key, listing string) error {
	for _, n := range v.Neighbours(listing) {
		if key != "" && n.Key.Key == key {
			fmt.Fprintf(v.app.stdout, "    %s\n", evidenceText(n.Here))
			return v.stepKey(ctx, n.Key, n.Here.Weak)
		}
	}
	return nil
}

// stepKey writes a key of a path, why it is weak, and which lists have it.
func (v *linkView) stepKey(ctx context.Context, k link.Key, weak []link.Weakness) error {
	fmt.Fprintf(v.app.stdout, "  │ %s\n", v.says(k))
	for _, w := range weak {
		fmt.Fprintf(v.app.stdout, "  │   weak: %s\n", display.Clean(w.Text))
	}
	on, err := v.onLists(ctx, k.Key)
	if err == nil && on != "" {
		fmt.Fprintf(v.app.stdout, "  │   on a list: %s\n", on)
	}
	return err
}

// picture says how a group is drawn.
func (v *linkView) picture(ctx context.Context, group string, weak bool) link.Picture {
	return link.Picture{
		Component: group, Weak: weak, Label: v.label,
		Name: func(l link.Listing) string {
			if t := v.title(ctx, l.ID); t != "" {
				return display.Cut(t, 28)
			}
			return display.Short(l.ID)
		},
		Mark: func(key string) string {
			on, err := v.mark(ctx, key)
			if err != nil {
				return "lists could not be read"
			}
			return on
		},
	}
}

// mark says in a few words that lists name a key, for a picture.
func (v *linkView) mark(ctx context.Context, key string) (string, error) {
	if v.lists == nil {
		return "", nil
	}
	hits, err := v.lists.Key(ctx, key)
	if err != nil || len(hits) == 0 {
		return "", err
	}
	h := hits[0]
	says := h.List.Name + " " + h.List.AsOf
	if h.Row.Terror {
		says += ", terrorism"
	}
	if h.State != vigil.HitCurrent {
		says += ", " + string(h.State)
	}
	if len(hits) > 1 {
		says += fmt.Sprintf(" (+%d)", len(hits)-1)
	}
	return display.Clean(says), nil
}

// row is a neighbour as the page shows it.
func (v *linkView) row(ctx context.Context, n link.Neighbour) (review.LinkRow, error) {
	r := review.LinkRow{Key: v.says(n.Key), Strong: n.Here.Strong, Where: evidenceText(n.Here), More: n.More + max(0, len(n.There)-shownLinks)}
	for _, w := range n.Here.Weak {
		r.Why = append(r.Why, display.Clean(w.Text))
	}
	var err error
	if r.Lists, err = v.onLists(ctx, n.Key.Key); err != nil {
		return r, err
	}
	for _, e := range n.There[:min(len(n.There), shownLinks)] {
		r.Others = append(r.Others, review.LinkedListing{
			ID: e.Listing.ID, Vendor: display.Cut(display.Clean(e.Listing.Vendor), 24), Source: v.sourceName(e.Listing.Source),
			Title: v.title(ctx, e.Listing.ID), Where: evidenceText(e),
		})
	}
	return r, nil
}

// groupText says what a group is, in a line.
func groupText(c link.Component) string {
	return fmt.Sprintf("group %s: %s of %s on %s, seen %s to %s", c.ID, plural(c.Listings, "listing"), plural(c.Vendors, "vendor"), plural(c.Sources, "source"),
		c.First.Format(time.DateOnly), c.Last.Format(time.DateOnly))
}

// plural writes a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
