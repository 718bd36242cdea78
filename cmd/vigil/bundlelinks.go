package main

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"vigil/internal/display"
	"vigil/internal/link"
	"vigil/internal/report"
)

// bundleLinks says what ties the exhibits of a bundle together. It shows no other
// listing of the case, whose graph g is. Identifiers are masked unless reveal is set.
func (a *app) bundleLinks(ctx context.Context, x *exhibits, g *link.Graph, reveal bool) (out report.Links, err error) {
	v := &linkView{app: a, Graph: g, cs: x.cs, reveal: reveal, shield: x.desk.Shield(false)}
	if v.lists, err = matcher(ctx, x.cs, time.Now()); err != nil {
		return out, err
	}
	shown, untitled := map[string]bool{}, map[string]bool{}
	for e, err := range x.all(ctx, false) {
		if err != nil {
			return out, err
		}
		shown[e.Listing.ID] = true
		untitled[e.Listing.ID] = report.Restricted(e)
	}
	rows := map[string]*report.Link{}
	groups := map[string]int{}
	var order []string // of the rows
	for _, id := range x.ids {
		for _, n := range v.Neighbours(id) {
			if rows[n.Key.Key] == nil {
				rows[n.Key.Key] = &report.Link{Key: v.says(n.Key)}
				order = append(order, n.Key.Key)
			}
			rows[n.Key.Key].Places = append(rows[n.Key.Key].Places, placeOf(n.Here))
		}
	}
	for _, key := range order {
		if rows[key].Lists, err = v.onLists(ctx, key); err != nil {
			return out, err
		}
		if l := *rows[key]; len(l.Places) > 1 || l.Lists != "" {
			out.Rows = append(out.Rows, l)
		}
	}
	slices.SortStableFunc(out.Rows, func(a, b report.Link) int {
		return cmp.Or(cmp.Compare(len(b.Places), len(a.Places)), strings.Compare(a.Key, b.Key))
	})
	for _, id := range x.ids {
		c, ok := v.Component(id)
		if groups[c.ID]++; !ok || groups[c.ID] != 2 {
			continue
		}
		p := v.picture(ctx, c.ID, false)
		name := p.Name
		p.Name = func(l link.Listing) string {
			if untitled[l.ID] {
				return display.Short(l.ID)
			}
			return name(l)
		}
		p.Only = func(listing string) bool { return shown[listing] }
		var b bytes.Buffer
		if err := v.WriteSVG(&b, p); err != nil {
			return out, err
		}
		out.Pictures = append(out.Pictures, b.Bytes())
	}
	return out, nil
}

// placeOf says where a listing names an identifier.
func placeOf(e link.Edge) report.Place {
	p := report.Place{Listing: e.Listing.ID, Where: evidenceText(e)}
	for _, w := range e.Weak {
		p.Weak = append(p.Weak, display.Clean(w.Text))
	}
	return p
}
