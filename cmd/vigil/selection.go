package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/api"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/search"
	"vigil/store"
)

// A choice says which assessed listings are to leave the case, in one of four
// ways. The zero choice is refused.
type choice struct {
	listings []string // IDs, or beginnings of them
	cluster  string   // ID of one of near-duplicates or of a group of linked listings, or the beginning of one
	query    string   // as vigil search takes it
	all      bool
	decided  bool // of the last three, only listings whose review has come to a verdict
}

// flags adds the flags of a choice to a command whose operands are listings.
func (s *choice) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.cluster, "cluster", "", "the listings of a cluster that vigil duplicates shows, or of a group that vigil link shows")
	f.StringVar(&s.query, "search", "", "the listings that answer a query of vigil search")
	f.BoolVar(&s.all, "all", false, "every assessed listing of the case")
	f.BoolVar(&s.decided, "decided", false, "with --cluster, --search or --all: only listings whose review has come to a verdict")
}

// check refuses a choice that says nothing, or two things.
func (s choice) check() error {
	ways := 0
	for _, given := range []bool{len(s.listings) > 0, s.cluster != "", s.query != "", s.all} {
		if given {
			ways++
		}
	}
	switch {
	case ways == 0:
		return hint(usagef("no listing is chosen"), "name listings, or give --cluster ID, --search QUERY or --all")
	case ways > 1:
		return usagef("listings, --cluster, --search and --all are four ways to choose: want one of them")
	case s.decided && len(s.listings) > 0:
		return usagef("--decided is for --cluster, --search and --all: a listing that is named is wanted as it is")
	}
	return nil
}

// selection returns the whole IDs of the listings that s chooses, sorted, each
// once. A search is logged as one.
func (a *app) selection(ctx context.Context, cs *openCase, s choice) ([]string, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	ids, err := a.chosen(ctx, cs, s)
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if s.decided {
		if ids, err = settled(ctx, a.desk(cs), ids); err != nil {
			return nil, err
		}
	}
	if len(ids) == 0 {
		return nil, usagef("the choice holds no listing")
	}
	return ids, nil
}

func (a *app) chosen(ctx context.Context, cs *openCase, s choice) (ids []string, err error) {
	switch {
	case s.cluster != "":
		return a.clustered(ctx, cs, s.cluster)
	case s.query != "":
		return a.searched(ctx, cs, s.query)
	case s.all:
		for it, err := range cs.Items(ctx, store.Filter{}) {
			if err != nil {
				return nil, err
			}
			ids = append(ids, it.Assessment.ID)
		}
		return ids, nil
	}
	for _, name := range s.listings {
		id, err := a.desk(cs).Resolve(ctx, name)
		if err != nil {
			return nil, notFound(err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// minCluster is how many characters name a cluster at least, as with listings.
const minCluster = 4

// clustered returns the listings of the cluster of near-duplicates, or of the
// group of linked listings, whose ID begins so.
func (a *app) clustered(ctx context.Context, cs *openCase, prefix string) ([]string, error) {
	if len(prefix) < minCluster {
		return nil, usagef("--cluster %s: want at least %d characters of its ID", prefix, minCluster)
	}
	found := map[string][]string{}
	x, err := duplicatesIn(ctx, cs)
	if err != nil {
		return nil, err
	}
	for c := range x.All(2) {
		if strings.HasPrefix(string(c.ID), prefix) {
			for _, m := range c.Members {
				found["cluster "+string(c.ID)] = append(found["cluster "+string(c.ID)], m.Listing)
			}
		}
	}
	g, err := a.graph(ctx, cs)
	if err != nil {
		return nil, err
	}
	for _, c := range g.Components() {
		if !strings.HasPrefix(c.ID, prefix) {
			continue
		}
		members, _ := g.Members(c.ID)
		for _, l := range members {
			found["group "+c.ID] = append(found["group "+c.ID], l.ID)
		}
	}
	return a.theCluster(ctx, cs, prefix, found)
}

// theCluster returns the assessed listings of the one cluster that was found.
func (a *app) theCluster(ctx context.Context, cs *openCase, prefix string, found map[string][]string) ([]string, error) {
	switch len(found) {
	case 0:
		return nil, hint(usagef("--cluster %s: no cluster and no group of two listings begins so", prefix), "vigil duplicates lists clusters, vigil link groups")
	case 1:
	default:
		var names []string
		for name := range found {
			names = append(names, name)
		}
		slices.Sort(names)
		return nil, usagef("--cluster %s may mean %s: give more characters", prefix, strings.Join(names, ", "))
	}
	var ids []string
	for _, listings := range found {
		for _, id := range listings {
			_, err := cs.Assessment(ctx, id)
			if errors.Is(err, vigil.ErrNotFound) { // a person joined it to others before it was assessed
				a.info("listing %s is not assessed yet: left out", display.Short(id))
				continue
			}
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// searched returns the assessed listings that answer a query.
func (a *app) searched(ctx context.Context, cs *openCase, query string) ([]string, error) {
	p := search.Parser{Keys: api.Keys}
	q, err := p.Parse(query)
	if err != nil {
		return nil, hint(usage(err), "vigil search --help")
	}
	if err := cs.Maintain(ctx); err != nil {
		return nil, err
	}
	var ids []string
	unassessed := 0
	r := store.SearchRequest{Query: q, Limit: store.MaxHits, Count: true}
	for {
		found, err := a.desk(cs).Search(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, h := range found.Hits {
			if h.Assessment.ID == "" {
				unassessed++
				continue
			}
			ids = append(ids, h.Listing.ID)
		}
		if r.Page, r.Count = found.Next, false; r.Page == "" {
			break
		}
	}
	if unassessed > 0 {
		a.info("%s that the query finds: left out", counted(unassessed, "listing is not assessed yet", "listings are not assessed yet"))
	}
	return ids, nil
}

// settled returns those of the listings whose judgement has come to a verdict.
func settled(ctx context.Context, d *desk.Desk, ids []string) ([]string, error) {
	var kept []string
	for _, id := range ids {
		err := d.Settled(ctx, id)
		if errors.Is(err, vigil.ErrRefused) {
			continue
		}
		if err != nil {
			return nil, err
		}
		kept = append(kept, id)
	}
	return kept, nil
}
