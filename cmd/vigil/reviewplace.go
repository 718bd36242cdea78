package main

import (
	"context"
	"errors"
	"os"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/api"
	"vigil/internal/config"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/store"
)

// A reviewer does what reviewers do: at a desk of a case that this process has
// open, or through a server that has it open. Rules and log are the desk's either way.
type reviewer interface {
	Next(ctx context.Context, w desk.Wish) (display.View, error)
	Show(ctx context.Context, listing string) (display.View, error)
	Reveal(ctx context.Context, listing string) (display.View, error)
	Claim(ctx context.Context, listing string) (display.View, error)
	Seen(v display.View) string

	Judge(ctx context.Context, c desk.Choice) (desk.Outcome, error)
	Undo(ctx context.Context, listing string) (vigil.Decision, error)
	Pass(ctx context.Context, listing string) error
	GiveBack(ctx context.Context, listing string) error
	Assign(ctx context.Context, listing, to string, term time.Duration) error
	Remark(ctx context.Context, listing string, r vigil.Remark) (vigil.Remark, error)
	Cluster(ctx context.Context, of string, members []string) (desk.Cluster, error)
	JudgeCluster(ctx context.Context, c desk.Choice, members []string) (desk.ClusterOutcome, error)

	Queue(ctx context.Context, f store.Filter) ([]store.Item, error)
	Waiting(ctx context.Context, st vigil.Stage, limit int) ([]store.Item, bool, error)
	FollowUps(ctx context.Context) ([]desk.FollowUp, bool, error)
	Counts(ctx context.Context) (desk.Counts, error)
	Filters(ctx context.Context) ([]vigil.SavedFilter, error)
	SaveFilter(ctx context.Context, name, query string) error
}

var (
	_ reviewer = (*desk.Desk)(nil)
	_ reviewer = (*api.Client)(nil)
)

// A place is where somebody reviews, with what a desk itself does not know.
type place struct {
	reviewer
	contact string // whom to tell of a danger, as the case has it
	// near returns the near-duplicates of a listing; nil where the server knows them.
	near   func(ctx context.Context, listing string) ([]string, error)
	stats  func(ctx context.Context) (api.Stats, error)
	search func(ctx context.Context, s api.Search) (api.Found, error)
}

// reviewing calls f with the place of whoever runs the program: at the server that
// has the case open, or else at the case itself, which is opened for it.
func (a *app) reviewing(ctx context.Context, command string, f func(place) error) error {
	c, contact, err := a.server(ctx)
	if err != nil {
		return err
	}
	if c != nil {
		defer c.Close()
		return f(place{reviewer: c, contact: contact, stats: c.Stats, search: c.Search})
	}
	return a.with(command, func(cs *openCase) error {
		p, err := a.placeAt(ctx, cs)
		if err != nil {
			return err
		}
		return f(p)
	})
}

// server returns a client of the server that has the case open; nil if none answers.
func (a *app) server(ctx context.Context) (c *api.Client, contact string, err error) {
	if a.storeURL != "" { // another store than the folder's own
		return nil, "", nil
	}
	cs, _, err := a.settings()
	if err != nil {
		return nil, "", err
	}
	if cs.shared() { // it lets everybody in
		return nil, "", nil
	}
	path := cs.path(socketName)
	if _, err := os.Lstat(path); err != nil {
		return nil, "", nil
	}
	c, err = api.Dial(ctx, path, a.actor)
	var p *api.Problem
	switch {
	case errors.As(err, &p):
		return nil, "", hint(err, "the server that has the case open says so; without it, the case itself is asked")
	case err != nil:
		return nil, "", nil
	}
	return c, cs.config.Review.Contact, nil
}

// placeAt returns the place at a case that this process has open.
func (a *app) placeAt(ctx context.Context, cs *openCase) (place, error) {
	d := a.desk(cs)
	who := d.Who
	return place{
		reviewer: d, contact: cs.config.Review.Contact,
		near: func(ctx context.Context, listing string) ([]string, error) {
			if !who.Can(access.ReadItem) {
				return nil, nil // the desk refuses
			}
			id, err := d.Resolve(ctx, listing)
			if err != nil {
				return nil, err
			}
			x, err := duplicatesIn(ctx, cs)
			return x.near(id), err
		},
		stats: func(ctx context.Context) (api.Stats, error) {
			if err := who.May(access.ReadStats, time.Now()); err != nil {
				return api.Stats{}, err
			}
			r, err := a.wholeReport(ctx, cs)
			if err != nil {
				return api.Stats{}, err
			}
			return api.StatsOf(ctx, cs, who, r)
		},
		search: func(ctx context.Context, s api.Search) (api.Found, error) { return a.searchCase(ctx, cs, d, s) },
	}, nil
}

// desk returns the desk of whoever runs the program, or acts on a page.
func (a *app) desk(cs *openCase) *desk.Desk {
	who := cs.who
	if a.page.Account != "" {
		who = a.page
	}
	return &desk.Desk{
		Store: cs, Who: who, TTL: time.Duration(cs.config.Review.Claim), Now: time.Now, Hits: cs.hits,
		Contact: cs.config.Review.Contact, Policy: policy(cs.config.Review), Accounts: cs.Accounts, Recent: &cs.recent,
	}
}

// policy returns how the settings want listings to be judged.
func policy(r config.Review) desk.Policy {
	return desk.Policy{RereadFrom: vigil.Level(r.RereadFrom), RereadShare: r.RereadShare, Budget: r.Budget}
}

// apiConfig is what the API serves of a case, as yet to nobody and nowhere.
func (a *app) apiConfig(cs *openCase, similar *similarPages, o *overview) api.Config {
	return api.Config{Desk: *a.desk(cs), Near: similar.near, Stats: o.report}
}

// near returns the near-duplicates of a listing, in an order of their own.
func (x duplicateIndex) near(listing string) []string {
	if x.Index == nil {
		return nil
	}
	id, ok := x.Cluster(listing)
	if !ok {
		return nil
	}
	c, _ := x.Members(id)
	var ids []string
	for _, m := range c.Members {
		if m.Listing != listing {
			ids = append(ids, m.Listing)
		}
	}
	return ids
}
