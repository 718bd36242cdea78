package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/link"
	"vigil/internal/review"
	"vigil/internal/search"
	"vigil/store"
)

// A linkPages shows links on the pages of one server. It reads what is around one
// listing, never the whole case.
type linkPages struct {
	*app
	cs *openCase
}

// of returns what a listing is tied to, identifiers masked, and listings under
// restricted handling left out: the pages show their links to nobody.
func (p *linkPages) of(ctx context.Context, d *desk.Desk, id string) (review.Links, error) {
	shield := d.Shield(false)
	if hides, err := shield.Hides(ctx, id); err != nil || hides {
		return review.Links{Withheld: hides}, err
	}
	ties, err := p.cs.Ties(ctx)
	if err != nil {
		return review.Links{}, err
	}
	if ties, err = shieldedTies(ctx, shield, ties); err != nil {
		return review.Links{}, err
	}
	shared, err := p.shared(ctx)
	if err != nil {
		return review.Links{}, err
	}
	o, err := linkRules(ctx, p.cs, shared)
	if err != nil {
		return review.Links{}, err
	}
	n := &linkReader{ctx: ctx, st: p.cs, shield: shield}
	g, cut, err := link.Near(id, link.Case{Keys: n.keys, Mentions: n.mentions}, ties, o, link.Bounds{})
	if err != nil {
		return review.Links{}, fmt.Errorf("read what is around listing %s: %w", id, err)
	}
	v := &linkView{app: p.app, Graph: g, cs: p.cs, shield: shield}
	if v.lists, err = p.cs.lists.Matcher(ctx, p.cs, time.Now()); err != nil {
		return review.Links{}, err
	}
	out := review.Links{Cut: n.cutText(cut), Hidden: shield.Says()}
	if c, ok := v.Component(id); ok && c.Listings > 1 {
		out.Group = groupText(c)
		var b bytes.Buffer
		if err := v.WriteSVG(&b, v.picture(ctx, c.ID, false)); err != nil {
			return review.Links{}, err
		}
		out.Picture = b.Bytes()
		v.nodes(ctx, &out, id, c.ID)
	}
	ns := v.Neighbours(id)
	for _, n := range ns[:min(len(ns), maxRows)] {
		row, err := v.row(ctx, n)
		if err != nil {
			return review.Links{}, err
		}
		out.Rows = append(out.Rows, row)
	}
	out.MoreRows = len(ns) - len(out.Rows)
	return out, nil
}

// Bounds of the page.
const (
	maxNodes = 60 // listings of the group in its table
	maxRows  = 30 // keys of the listing
	nodeKeys = 3
)

// shared returns what says why many people use a key: as [sharedKeys], but a key is
// looked up where it is met.
func (p *linkPages) shared(ctx context.Context) (func(key string) string, error) {
	lists, err := p.cs.Watchlists(ctx)
	if err != nil {
		return nil, err
	}
	names := map[string]vigil.Watchlist{}
	for _, l := range lists {
		names[l.ID] = l
	}
	return func(key string) string {
		if len(lists) == 0 {
			return ""
		}
		return sharedSays(ctx, p.cs, names, key)
	}, nil
}

// sharedSays is what lists say of a key that many use, as [sharedKeys] has it.
func sharedSays(ctx context.Context, st store.Reader, names map[string]vigil.Watchlist, key string) (says string) {
	rows, err := st.Listed(ctx, key)
	if err != nil {
		return ""
	}
	for _, r := range rows {
		if isService(r) && slices.ContainsFunc(r.Parsed, func(p vigil.ListID) bool { return p.Key == key }) {
			says = sharedText(r, names[r.List])
		}
	}
	return says
}

// sharedText says that a row is of a service that many use.
func sharedText(r vigil.ListRow, l vigil.Watchlist) string {
	return fmt.Sprintf("%s of %s (%s as of %s, row %d)", r.Category, r.Party, l.Name, l.AsOf, r.N)
}

// nodes lists the group, the listing asked for first.
func (v *linkView) nodes(ctx context.Context, out *review.Links, id, group string) {
	listings, _ := v.Members(group)
	slices.SortStableFunc(listings, func(a, b link.Listing) int {
		return cmp.Or(cmp.Compare(first(b.ID == id), first(a.ID == id)), a.First.Compare(b.First))
	})
	for _, l := range listings[:min(len(listings), maxNodes)] {
		n := review.LinkNode{
			ID: l.ID, Vendor: display.Cut(display.Clean(l.Vendor), 24), Source: v.sourceName(l.Source), Title: v.title(ctx, l.ID),
			First: l.First, Last: l.Last,
		}
		for _, k := range v.Neighbours(l.ID) {
			switch {
			case !k.Here.Strong || k.Key.Strong < 2:
			case len(n.Keys) == nodeKeys:
				n.MoreKeys++
			default:
				n.Keys = append(n.Keys, v.says(k.Key))
			}
		}
		out.Nodes = append(out.Nodes, n)
	}
	out.MoreNodes = len(listings) - len(out.Nodes)
}

func first(is bool) int {
	if is {
		return 1
	}
	return 0
}

// A linkReader reads one listing or key of a case at a time.
type linkReader struct {
	ctx      context.Context
	st       store.Store
	shield   *desk.Shield
	accounts map[string][2]string // source and vendor, by key
	cut      []string             // vendors with too many listings
}

// keys returns the keys that a listing names in the captures that are known: the one
// that was assessed last, and those to which its keys lead. A capture that has no key
// in common with any of these is not found.
func (n *linkReader) keys(listing string) ([]string, error) {
	if hides, err := n.shield.Hides(n.ctx, listing); err != nil || hides {
		return nil, err
	}
	as, err := n.st.Assessment(n.ctx, listing)
	if errors.Is(err, vigil.ErrNotFound) { // of a join, and not assessed yet
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var keys []string
	pages := []string{as.Page}
	for i := 0; i < len(pages) && i < maxCaptures; i++ {
		if slices.Contains(pages[:i], pages[i]) {
			continue
		}
		found, err := n.capture(listing, pages[i])
		if err != nil {
			return nil, err
		}
		for _, k := range found {
			if slices.Contains(keys, k) {
				continue
			}
			keys = append(keys, k)
			if _, account := n.accounts[k]; account {
				continue
			}
			more, err := n.otherCaptures(listing, k)
			if err != nil {
				return nil, err
			}
			pages = append(pages, more...)
		}
	}
	return keys, nil
}

// Bounds of what is looked into to find the captures of one listing.
const (
	maxCaptures = 40
	maxMentions = 2000 // of one key
)

// otherCaptures returns captures of a listing that name a key.
func (n *linkReader) otherCaptures(listing, key string) (pages []string, err error) {
	looked := 0
	for m, err := range n.mentions(key) { // sorted by listing
		if looked++; err != nil || m.Listing > listing || looked > maxMentions {
			return pages, err
		}
		if m.Listing == listing {
			pages = append(pages, m.Page)
		}
	}
	return pages, nil
}

// capture returns the keys that one capture of a listing names, its account's among
// them.
func (n *linkReader) capture(listing, page string) ([]string, error) {
	as, err := n.st.AssessmentOf(n.ctx, listing, page)
	if errors.Is(err, vigil.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, id := range as.Identifiers {
		if id.Links() {
			keys = append(keys, id.Key)
		}
	}
	if len(keys) == 0 { // then it is no node: see [link.WithAccounts]
		return nil, nil
	}
	l, err := n.st.ListingOf(n.ctx, listing, page)
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return nil, err
	}
	if strings.TrimSpace(l.Vendor) != "" {
		key := link.AccountKey(l.Source, l.Vendor)
		if n.accounts == nil {
			n.accounts = map[string][2]string{}
		}
		n.accounts[key] = [2]string{l.Source, strings.TrimSpace(l.Vendor)}
		keys = append(keys, key)
	}
	return keys, nil
}

// mentions yields the mentions of a key, or of an account that a listing named.
func (n *linkReader) mentions(key string) iter.Seq2[vigil.Mention, error] {
	if at, ok := n.accounts[key]; ok {
		return shieldedMentions(n.ctx, n.shield, n.account(key, at[0], at[1]))
	}
	return shieldedMentions(n.ctx, n.shield, n.st.Mentions(n.ctx, key))
}

// account yields a mention of an account by each of its listings that names some
// identifier, by their newest readings.
func (n *linkReader) account(key, source, vendor string) iter.Seq2[vigil.Mention, error] {
	return func(yield func(vigil.Mention, error) bool) {
		words := search.Words(vendor)
		if len(words) == 0 {
			return
		}
		q := search.Query{Clauses: []search.Clause{
			{Any: []search.Term{{Kind: search.Vendor, Words: words}}}, {Any: []search.Term{{Kind: search.Source, Value: source}}},
		}}
		found, err := n.st.Search(n.ctx, store.SearchRequest{Query: q, Limit: store.MaxHits})
		if err != nil {
			yield(vigil.Mention{}, err)
			return
		}
		if found.Next != "" {
			n.cut = append(n.cut, vendor)
		}
		slices.SortFunc(found.Hits, func(a, b store.SearchHit) int { return strings.Compare(a.Listing.ID, b.Listing.ID) })
		for _, h := range found.Hits {
			if link.AccountKey(h.Listing.Source, h.Listing.Vendor) != key || !slices.ContainsFunc(h.Assessment.Identifiers, vigil.Identifier.Links) {
				continue
			}
			m := link.AccountMention(vigil.Mention{
				Listing: h.Listing.ID, Source: h.Listing.Source, Page: h.Listing.Page, At: h.Facts.Captured, Vendor: h.Listing.Vendor, Model: h.Assessment.Model,
			})
			if !yield(m, nil) {
				return
			}
		}
	}
}

// cutText says what was left out.
func (n *linkReader) cutText(c link.Cut) string {
	var parts []string
	if c.Listings > 0 {
		parts = append(parts, "listings further away")
	}
	if c.Keys > 0 {
		parts = append(parts, "further identifiers")
	}
	if len(c.Common) > 0 {
		parts = append(parts, "places of identifiers that very many captures name")
	}
	for _, v := range n.cut {
		parts = append(parts, "listings of "+display.Cut(display.Clean(v), 40))
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return "There is more than a page shows. Left out: " + strings.Join(slices.Compact(parts), ", ") + ". Counts say “at least” then; vigil link shows the whole group."
}
