package main

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"vigil/internal/bundle"
	"vigil/internal/link"
	"vigil/internal/review"
)

// bundleLinks says what ties the listings of a bundle together. It shows no other
// listing of the case. Identifiers stand in full, as they do in the exhibits.
func (a *app) bundleLinks(ctx context.Context, cs *openCase, listings []string) (out bundle.Links, err error) {
	g, err := a.graph(ctx, cs)
	if err != nil {
		return out, err
	}
	v := &linkView{app: a, Graph: g, cs: cs, reveal: true}
	if v.lists, err = matcher(ctx, cs, time.Now()); err != nil {
		return out, err
	}
	shown := map[string]bool{}
	for _, id := range listings {
		shown[id] = true
	}
	rows := map[string]*bundle.Link{}
	groups := map[string]int{}
	var order []string // of the rows
	for _, id := range listings {
		for _, n := range v.Neighbours(id) {
			if rows[n.Key.Key] == nil {
				rows[n.Key.Key] = &bundle.Link{Key: v.says(n.Key)}
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
	slices.SortStableFunc(out.Rows, func(a, b bundle.Link) int {
		return cmp.Or(cmp.Compare(len(b.Places), len(a.Places)), strings.Compare(a.Key, b.Key))
	})
	for _, id := range listings {
		c, ok := v.Component(id)
		if groups[c.ID]++; !ok || groups[c.ID] != 2 {
			continue
		}
		p := v.picture(ctx, c.ID, false)
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
func placeOf(e link.Edge) bundle.Place {
	p := bundle.Place{Listing: e.Listing.ID, Where: evidenceText(e)}
	for _, w := range e.Weak {
		p.Weak = append(p.Weak, review.Clean(w.Text))
	}
	return p
}
