package main

import (
	"context"
	"iter"
	"strings"
	"time"

	"vigil"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/review"
	"vigil/store"
)

// A similarPages shows near-duplicates on the pages of one server.
type similarPages struct {
	st       store.Store
	clusters *clusterKeeper
}

// maxMembers bounds the members of a cluster that are listed and decided at once.
const maxMembers = 200

// clusterOf returns the clusters that listings are in; none while they are not known.
func (p *similarPages) clusterOf(ids []string) map[string]string {
	found := map[string]string{}
	pic := p.clusters.picture()
	if pic == nil {
		return found
	}
	for _, id := range ids {
		if c := pic.of[id]; c != nil {
			found[id] = string(c.ID)
		}
	}
	return found
}

// of returns a listing's near-duplicates and versions, looked at by d, which logs it.
func (p *similarPages) of(ctx context.Context, d *desk.Desk, listing string) (review.Similar, error) {
	pic := p.clusters.soon(ctx)
	if pic == nil {
		s := review.Similar{Wait: true}
		if why := p.clusters.failed.Load(); why != nil {
			s.Trouble = *why
		}
		return s, nil
	}
	v := clusterView{}
	if c := pic.of[listing]; c != nil {
		v.cluster = *c
	}
	ties := v.cluster.Ties(listing)
	var ids []string
	for _, t := range ties[:min(len(ties), maxMembers-1)] {
		ids = append(ids, t.Listing)
	}
	self, err := d.Show(ctx, listing)
	if err != nil {
		return review.Similar{}, err
	}
	members := []desk.Member{{Item: self.Item}}
	if len(ids) > 0 {
		looked, err := d.Cluster(ctx, listing, ids)
		if err != nil {
			return review.Similar{}, err
		}
		members = append(members, looked.Members...)
	}
	var items []store.Item
	for _, m := range members {
		items = append(items, m.Item)
	}
	v.compare(pic.signer, items)
	if v.history, err = historyIn(ctx, p.st, d.Who.Account, items[0], p.entries(ctx, pic, items[0])); err != nil {
		return review.Similar{}, err
	}
	s := v.similar()
	s.AsOf, s.Newer, s.ID = pic.asOf, p.clusters.behind.Load(), string(v.cluster.ID)
	s.Seen = d.Seen(self)
	states(&s, members, d.Clock())
	return s, nil
}

// states says where the review of each member stands, and what keeps it from being
// decided.
func states(s *review.Similar, members []desk.Member, now time.Time) {
	for i := range s.Members {
		m := members[i]
		s.Members[i].State, s.Members[i].Why = display.State(m.Item, now), display.Clean(m.Why)
		if _, name, ok := strings.Cut(s.Members[i].Source, "/"); ok {
			s.Members[i].Source = name
		}
	}
}

// entries yields what the log says of one listing, without reading the rest of it.
func (p *similarPages) entries(ctx context.Context, pic *clusterPicture, it store.Item) iter.Seq2[vigil.Entry, error] {
	order := vigil.OrderOf(it.Assessment.Source)
	return func(yield func(vigil.Entry, error) bool) {
		for _, seq := range pic.traces[it.Assessment.ID].entries {
			for e, err := range p.st.LogFrom(ctx, order, seq) {
				if !yield(e, err) || err != nil {
					return
				}
				break
			}
		}
	}
}

// near returns the near-duplicates of a listing, in an order of their own; none
// while they are not known.
func (p *similarPages) near(ctx context.Context, listing string) ([]string, error) {
	pic := p.clusters.soon(ctx)
	if pic == nil || pic.of[listing] == nil {
		return nil, nil
	}
	var ids []string
	for _, t := range pic.of[listing].Ties(listing) {
		ids = append(ids, t.Listing)
	}
	return ids, nil
}
