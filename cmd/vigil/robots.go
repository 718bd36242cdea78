package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	"vigil"
	"vigil/internal/robots"
)

// robotsAge is how long what a robots.txt says is taken to hold (RFC 9309,
// section 2.4).
const robotsAge = 24 * time.Hour

// A rulebook holds what the hosts' robots.txt say, as far as this run has asked.
type rulebook struct {
	mu    sync.Mutex // guards hosts
	hosts map[string]*hostRules
}

// hostRules are one host's; whoever asks holds the lock, and others wait.
type hostRules struct {
	mu    sync.Mutex // guards all below
	rules *robots.Rules
	until time.Time
}

// of returns the rules for u, which ask fetches where they are not known or old.
func (b *rulebook) of(u *url.URL, now time.Time, ask func() (*robots.Rules, error)) (*robots.Rules, error) {
	site := u.Scheme + "://" + u.Host
	b.mu.Lock()
	h := b.hosts[site]
	if h == nil {
		h = &hostRules{}
		if b.hosts == nil {
			b.hosts = map[string]*hostRules{}
		}
		b.hosts[site] = h
	}
	b.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rules != nil && now.Before(h.until) {
		return h.rules, nil
	}
	rules, err := ask()
	if err != nil {
		return nil, err
	}
	h.rules, h.until = rules, now.Add(robotsAge)
	return rules, nil
}

// askRobots fetches the robots.txt for u and keeps it. It waits for the source's
// interval afterwards, as after any page.
func (s *stages) askRobots(ctx context.Context, src vigil.Source, u *url.URL) (*robots.Rules, error) {
	p, err := s.fetcher.Robots(ctx, src, u)
	if err != nil {
		return nil, err
	}
	r := vigil.Result{Act: vigil.Act{
		Actor: s.actor, Action: vigil.ActRobots, Order: src.Order, Object: vigil.Object{Type: "source", ID: src.ID()},
		Details: map[string]string{"source": src.ID(), "status": strconv.Itoa(p.Status), "raw_sha256": p.RawSHA256},
	}}
	if p.Status >= 200 && p.Status < 300 {
		r.Record = p
		r.Act.Object = vigil.Object{}
	}
	if _, err := s.store.Record(ctx, r); err != nil {
		return nil, err
	}
	if p.Status >= 500 {
		return nil, fmt.Errorf("robots.txt answered %d: nothing may be read until it can be (RFC 9309, section 2.3.1.4)", p.Status)
	}
	text, _ := pageText(p)
	return robots.Parse(p.Status, text), sleep(ctx, src.Interval)
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
