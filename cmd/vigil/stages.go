package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"vigil"
	"vigil/classify"
	"vigil/crawler"
	"vigil/internal/extract"
	"vigil/internal/watchlist"
	"vigil/internal/work"
	"vigil/store"
)

// stages holds what the steps of a case need. Each step reads its task's
// subject, does one thing, and returns what the store is to commit.
type stages struct {
	store      store.Store
	actor      string
	sources    map[string]vigil.Source // by ID
	reader     *extract.Reader
	classifier *classify.Classifier // nil where nothing is classified
	lists      *watchlist.Matcher   // nil where there are none

	// Where nothing is fetched, all below is zero.
	fetcher  *crawler.Fetcher
	pace     courtesy
	rules    rulebook
	turns    turns
	rests    rests
	walls    streak
	failures streak
	hosts    hosts
	sessions *sessions
	shared   bool             // other processes work on the case as well
	close    func() error     // ends the way to the network
	now      func() time.Time // the time of day; time.Now if nil
	tell     func(string)     // tells a person at once; nobody if nil
}

// clock returns the time of day.
func (s *stages) clock() time.Time {
	if s.now == nil {
		return time.Now()
	}
	return s.now()
}

// Leases are longer than a step can take, so that one that runs out means a
// crashed worker.
const (
	fetchLease = 30 * time.Minute // robots.txt and a page take 10 minutes each at most, a turn 5
	localLease = 5 * time.Minute
)

// sharedLease is how long leases are where other processes work on the case as well.
// Only a lease that runs out tells that one of them is gone, so that they are short,
// and renewed while a step takes. It is longer than a store is patient with a server
// that is away.
const sharedLease = time.Minute

// lease returns how long a lease is that nobody else could end.
func (s *stages) lease(most time.Duration) time.Duration {
	if s.shared {
		return min(most, sharedLease)
	}
	return most
}

// source returns the source that t names.
func (s *stages) source(t vigil.Task) (vigil.Source, error) {
	src, ok := s.sources[t.Source]
	if !ok {
		return vigil.Source{}, fmt.Errorf("%w: source %s stands in no order", vigil.ErrOutOfScope, t.Source)
	}
	return src, nil
}

// extract reads the facts off a captured page.
func (s *stages) extract(ctx context.Context, t vigil.Task) (vigil.Result, error) {
	p, err := s.store.Page(ctx, t.Subject)
	if err != nil {
		return vigil.Result{}, err
	}
	src, err := s.source(t)
	if err != nil {
		return vigil.Result{}, err
	}
	l, err := s.reader.Read(p, src.Profile)
	if err != nil {
		return vigil.Result{}, fmt.Errorf("read page %s: %w", p.ID, err)
	}
	r := vigil.Result{
		Act: vigil.Act{
			Actor: s.actor, Action: vigil.ActExtract, Order: src.Order,
			Details: map[string]string{"page": p.ID, "page_type": string(l.PageType), "profile": l.Profile},
		},
		Record: l,
	}
	if l.PageType == vigil.PageListing {
		r.Next = []vigil.Task{vigil.NewTask(vigil.Classify, t.Source, t.Subject)}
	}
	return r, nil
}

// classify assesses the listing that was read off a page.
func (s *stages) classify(ctx context.Context, t vigil.Task) (vigil.Result, error) {
	p, err := s.store.Page(ctx, t.Subject)
	if err != nil {
		return vigil.Result{}, err
	}
	l, err := s.store.Listing(ctx, vigil.NewListingID(p.Source, p.FinalURL))
	if err != nil {
		return vigil.Result{}, err
	}
	as := s.classifier.Assess(l)
	r := vigil.Result{
		Act: vigil.Act{
			Actor: s.actor, Action: vigil.ActClassify, Order: vigil.OrderOf(t.Source),
			Details: map[string]string{"page": l.Page, "model": as.Model, "level": string(as.Level)},
		},
		Record: as,
	}
	hits, err := s.hits(ctx, l, as)
	if err != nil {
		return vigil.Result{}, err
	}
	if len(hits) > 0 {
		r.Act.Details["watchlist_hits"] = strconv.Itoa(len(hits))
	}
	if p := hitPriority(hits); as.Level.Rank() >= vigil.LevelReview.Rank() || p > 0 {
		review := vigil.NewTask(vigil.Review, t.Source, l.Page)
		review.Priority = max(reviewPriority(as), p)
		r.Next = []vigil.Task{review}
	}
	return r, nil
}

// hits returns what a listing names of the lists.
func (s *stages) hits(ctx context.Context, l vigil.Listing, as vigil.Assessment) ([]vigil.Hit, error) {
	if s.lists == nil {
		return nil, nil
	}
	return s.lists.Hits(ctx, l, as)
}

// reviewPriority orders reviews by level, then by score, within a task's 0…255.
func reviewPriority(a vigil.Assessment) int { return 50*a.Level.Rank() + int(49*a.Score) }

// fetchPool, extractPool and classifyPool are the stages as a runner wants them.
func (s *stages) fetchPool(source string, workers int) work.Pool {
	return work.Pool{Stage: vigil.Fetch, Source: source, Workers: workers, TTL: s.lease(fetchLease), Do: s.fetch}
}

func (s *stages) extractPool(workers int) work.Pool {
	return work.Pool{Stage: vigil.Extract, Workers: workers, TTL: s.lease(localLease), Do: s.extract}
}

func (s *stages) classifyPool(workers int) work.Pool {
	return work.Pool{Stage: vigil.Classify, Workers: workers, TTL: s.lease(localLease), Do: s.classify}
}
