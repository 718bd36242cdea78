package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"vigil"
	"vigil/classify"
	"vigil/crawler"
	"vigil/internal/extract"
	"vigil/internal/tor"
	"vigil/internal/work"
	"vigil/store"
)

// stages holds what the steps of a case need. Each step reads its task's
// subject, does one thing, and returns what the store is to commit.
type stages struct {
	store      store.Reader
	actor      string
	sources    map[string]vigil.Source // by ID
	fetcher    *crawler.Fetcher        // nil where nothing is fetched
	reader     *extract.Reader
	classifier *classify.Classifier // nil where nothing is classified
}

// Leases are longer than a step can take, so that one that runs out means a
// crashed worker.
const (
	fetchLease = 15 * time.Minute // the longest timeout of a page is 10 minutes
	localLease = 5 * time.Minute
)

// source returns the source that t names.
func (s *stages) source(t vigil.Task) (vigil.Source, error) {
	src, ok := s.sources[t.Source]
	if !ok {
		return vigil.Source{}, fmt.Errorf("%w: source %s stands in no order", vigil.ErrOutOfScope, t.Source)
	}
	return src, nil
}

// fetch captures the page at t's address.
func (s *stages) fetch(ctx context.Context, t vigil.Task) (vigil.Result, error) {
	src, err := s.source(t)
	if err != nil {
		return vigil.Result{}, s.refusal(t, "source", err)
	}
	p, err := s.fetcher.Fetch(ctx, src, t.Subject, t.Depth)
	if err != nil {
		return vigil.Result{}, s.fetchError(t, err)
	}
	return pageResult(src, p, vigil.Act{Actor: s.actor, Action: vigil.ActFetch}), nil
}

// fetchError says what becomes of a task whose page was not captured: tried
// again later, unless trying again is forbidden or senseless.
func (s *stages) fetchError(t vigil.Task, err error) error {
	var proxy *tor.Error
	errors.As(err, &proxy)
	switch {
	case errors.Is(err, vigil.ErrOutOfScope):
		return s.refusal(t, "scope", err)
	case errors.Is(err, crawler.ErrMedia):
		return s.refusal(t, "media", err)
	case proxy == nil:
		return err
	case proxy.Class == tor.Invalid:
		return s.refusal(t, "address", err)
	case proxy.Class == tor.NoProxy || proxy.Class == tor.Policy:
		return &work.Fatal{Err: err}
	}
	return err
}

// refusal ends t for good. The event names the rule and what it was applied to;
// the address that was asked for stands in the task.
func (s *stages) refusal(t vigil.Task, rule string, err error) error {
	reason := err
	if inner := errors.Unwrap(err); inner != nil {
		reason = inner // without the address
	}
	return &work.Refusal{Err: err, Act: vigil.Act{
		Actor: s.actor, Action: vigil.ActRefuse, Order: vigil.OrderOf(t.Source),
		Object: vigil.Object{Type: "task", ID: t.ID},
		Reason: reason.Error(), Details: map[string]string{"rule": rule, "source": t.Source},
	}}
}

// pageResult is what a captured page changes: the page, and what follows from it.
func pageResult(src vigil.Source, p vigil.Page, a vigil.Act) vigil.Result {
	a.Order = src.Order
	a.Details = map[string]string{
		"source": src.ID(), "status": strconv.Itoa(p.Status), "bytes": strconv.FormatInt(p.RawSize, 10),
		"raw_sha256": p.RawSHA256, "links": strconv.Itoa(len(p.Links)), "refused_links": strconv.Itoa(len(p.Refused)),
	}
	if n := len(p.Withheld); n > 0 {
		a.Details["withheld_media"] = strconv.Itoa(n)
	}
	if p.Truncated != "" {
		a.Details["truncated"] = p.Truncated
	}
	return vigil.Result{Act: a, Record: p, Next: crawler.NextTasks(src, p)}
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
	if as.Level.Rank() >= vigil.LevelReview.Rank() {
		review := vigil.NewTask(vigil.Review, t.Source, l.Page)
		review.Priority = reviewPriority(as)
		r.Next = []vigil.Task{review}
	}
	return r, nil
}

// reviewPriority orders reviews by level, then by score, within a task's 0…255.
func reviewPriority(a vigil.Assessment) int { return 50*a.Level.Rank() + int(49*a.Score) }

// fetchPool, extractPool and classifyPool are the stages as a runner wants them.
func (s *stages) fetchPool(source string, workers int) work.Pool {
	return work.Pool{Stage: vigil.Fetch, Source: source, Workers: workers, TTL: fetchLease, Do: s.fetch}
}

func (s *stages) extractPool(workers int) work.Pool {
	return work.Pool{Stage: vigil.Extract, Workers: workers, TTL: localLease, Do: s.extract}
}

func (s *stages) classifyPool(workers int) work.Pool {
	return work.Pool{Stage: vigil.Classify, Workers: workers, TTL: localLease, Do: s.classify}
}
