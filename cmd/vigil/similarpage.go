package main

import (
	"context"
	"sync"
	"time"

	"vigil/internal/review"
)

// clustersAge is how long the pages show the clusters that they once found: finding
// them reads every listing of the case.
const clustersAge = time.Minute

// A similarPages shows near-duplicates on the pages of one server.
type similarPages struct {
	*app
	cs *openCase

	mu    sync.Mutex // guards all below; whoever finds clusters holds it, others wait
	found time.Time
	index duplicateIndex
}

// of returns a listing's near-duplicates and versions. Every look at a text is logged.
func (p *similarPages) of(ctx context.Context, listing string) (review.Similar, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.renew(ctx, listing); err != nil {
		return review.Similar{}, err
	}
	v, err := p.clusterOf(ctx, p.cs, p.index, listing)
	if err != nil {
		return review.Similar{}, err
	}
	return v.similar(), nil
}

// renew finds the clusters anew if they are old, or do not know a listing. Whoever
// calls it holds p.mu.
func (p *similarPages) renew(ctx context.Context, listing string) error {
	if _, known := p.index.listings[listing]; known && time.Since(p.found) <= clustersAge {
		return nil
	}
	x, err := duplicatesIn(ctx, p.cs)
	if err == nil {
		p.index, p.found = x, time.Now()
	}
	return err
}
