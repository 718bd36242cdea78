package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	"vigil"
	"vigil/crawler"
	"vigil/internal/robots"
	"vigil/internal/work"
)

// robotsAge is how long what a robots.txt says is taken to hold (RFC 9309,
// section 2.4).
const robotsAge = 24 * time.Hour

// A rulebook holds what the hosts' robots.txt say, as far as this run has asked.
type rulebook struct {
	mu    sync.Mutex // guards hosts
	hosts map[string]*hostRules
}

// hostRules are one host's. Whoever asks for them holds the lock, and others wait.
type hostRules struct {
	mu    sync.Mutex // guards all below
	rules *robots.Rules
	until time.Time
}

// host returns the rules for a site: a scheme, a host and a port.
func (b *rulebook) host(u *url.URL) *hostRules {
	site := u.Scheme + "://" + u.Host
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hosts == nil {
		b.hosts = map[string]*hostRules{}
	}
	if b.hosts[site] == nil {
		b.hosts[site] = &hostRules{}
	}
	return b.hosts[site]
}

// obey asks the robots.txt of t's host whether t's address may be read, if the
// order obeys it, and how long the host wants to be left alone between pages.
// Where the file has to be fetched first, that is all that is done: asked is the
// result, and t comes again after the source's interval.
func (s *stages) obey(ctx context.Context, src vigil.Source, t vigil.Task) (delay time.Duration, asked *vigil.Result, err error) {
	u, err := url.Parse(t.Subject)
	if err != nil || src.Robots != vigil.ObeyRobots {
		return 0, nil, nil // the fetch itself refuses what is no address
	}
	h := s.rules.host(u)
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); h.rules == nil || now.After(h.until) {
		asked, rules, err := s.askRobots(ctx, src, t, u)
		if err != nil {
			return 0, nil, err
		}
		h.rules, h.until = rules, now.Add(robotsAge)
		if asked != nil {
			return 0, asked, nil
		}
	}
	if ok, by := h.rules.Allows(u); !ok {
		err := fmt.Errorf("fetch %s: robots.txt forbids it: %s", t.Subject, by)
		return 0, nil, &work.Setback{Err: err, Setback: vigil.Setback{Class: classRobots, Reason: "robots.txt forbids it: " + by, Park: true}}
	}
	return h.rules.Delay(), nil, nil
}

// askRobots fetches the robots.txt that speaks of u. The result is nil if the
// order denies the file itself, and so nothing was fetched.
func (s *stages) askRobots(ctx context.Context, src vigil.Source, t vigil.Task, u *url.URL) (*vigil.Result, *robots.Rules, error) {
	p, err := s.fetcher.Robots(ctx, src, u)
	switch {
	case errors.Is(err, crawler.ErrMedia): // a file that is no text holds no rules
		return nil, robots.Parse(404, nil), nil
	case errors.Is(err, vigil.ErrOutOfScope): // the order denies it, or it leads out of the order
		return nil, robots.Parse(404, nil), nil
	case err != nil:
		return nil, nil, s.fetchError(ctx, src, t, err)
	case p.Status >= 500:
		err := fmt.Errorf("fetch %s: robots.txt answered %d: nothing may be read until it can be (RFC 9309, section 2.3.1.4)", t.Subject, p.Status)
		return nil, nil, &work.Setback{Err: err, Setback: vigil.Setback{
			Class: classRobots, Reason: withoutAddress(err), Free: true, Rest: s.rest(ctx, src.ID(), whileSlow),
		}}
	}
	r := vigil.Result{
		Act: vigil.Act{
			Actor: s.actor, Action: vigil.ActRobots, Order: src.Order, Object: vigil.Object{Type: "source", ID: src.ID()},
			Details: map[string]string{"source": src.ID(), "status": strconv.Itoa(p.Status), "raw_sha256": p.RawSHA256},
		},
		Again: true, Rest: src.Interval,
	}
	if p.Status >= 200 && p.Status < 300 {
		r.Record, r.Act.Object = p, vigil.Object{}
	}
	text, _ := pageText(p)
	return &r, robots.Parse(p.Status, text), nil
}
