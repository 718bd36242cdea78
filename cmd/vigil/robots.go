package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
// Sources share nothing, not even a host: each asks under its own order.
type rulebook struct {
	mu    sync.Mutex // guards hosts
	hosts map[string]*hostRules
}

// hostRules are one host's; whoever asks holds the lock, and others wait.
type hostRules struct {
	mu     sync.Mutex // guards all below
	rules  *robots.Rules
	until  time.Time
	err    error // of the last try to ask
	failed time.Time
}

// of returns the rules for u, which ask fetches where they are not known or old.
// Those who waited for somebody that asked in vain do not ask again.
func (b *rulebook) of(source string, u *url.URL, now func() time.Time, ask func() (*robots.Rules, error)) (*robots.Rules, error) {
	site, came := source+" "+u.Scheme+"://"+u.Host, now()
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
	switch {
	case h.rules != nil && now().Before(h.until):
		return h.rules, nil
	case !h.failed.Before(came):
		return nil, h.err
	}
	rules, err := ask()
	if err != nil {
		h.err, h.failed = withoutRest(err), now()
		return nil, err
	}
	h.rules, h.until = rules, now().Add(robotsAge)
	return rules, nil
}

// withoutRest returns err for those who only heard of it: one trouble, one rest.
func withoutRest(err error) error {
	var b *work.Setback
	if !errors.As(err, &b) {
		return err
	}
	heard := *b
	heard.Rest = 0
	return &heard
}

// askRobots fetches the robots.txt for u and keeps it. Until a host has given an
// answer that decides, nothing of it is read and its source rests.
func (s *stages) askRobots(ctx context.Context, src vigil.Source, u *url.URL) (*robots.Rules, error) {
	// Whoever comes late, with a lease from before another asked in vain, waits too.
	if left := s.rests.left(src.ID(), s.clock()); left > 0 {
		return nil, putOff(left, "its source was rested before its turn came")
	}
	if err := s.turn(ctx, src, src.Interval); err != nil {
		return nil, err
	}
	p, err := s.fetcher.Robots(ctx, src, u)
	r := vigil.Result{Act: vigil.Act{
		Actor: s.actor, Action: vigil.ActRobots, Order: src.Order, Object: vigil.Object{Type: "source", ID: src.ID()},
		Details: map[string]string{"source": src.ID()},
	}}
	switch {
	case errors.Is(err, vigil.ErrOutOfScope):
		r.Act.Details["refused"] = "scope"
	case errors.Is(err, crawler.ErrMedia):
		r.Act.Details["refused"] = "media"
	case err != nil:
		return nil, err
	default:
		r.Act.Details["status"], r.Act.Details["raw_sha256"] = strconv.Itoa(p.Status), p.RawSHA256
		if p.Status >= 200 && p.Status < 300 {
			r.Record, r.Act.Object = p, vigil.Object{}
		}
	}
	if _, err := s.store.Record(ctx, r); err != nil {
		return nil, err
	}
	if err != nil { // the order denies the file, or it is none that can be read: then it forbids nothing
		return robots.Parse(http.StatusNotFound, nil), nil
	}
	if why := undecided(p); why != "" {
		why += ": nothing is read until it can be (RFC 9309, section 2.3.1.4)"
		return nil, s.rested(ctx, src.ID(), whileSlow, classRobots, why, errors.New(why))
	}
	text, _ := pageText(p)
	return robots.Parse(p.Status, text), nil
}

// undecided says why an answer for robots.txt leaves open what may be read.
func undecided(p vigil.Page) string {
	switch {
	case p.Truncated == "time" || p.Truncated == "disconnect":
		return "robots.txt broke off"
	case p.Status < 200 || p.Status >= 300 && p.Status < 400 || p.Status >= 500:
		return fmt.Sprintf("robots.txt answered %d", p.Status)
	}
	return ""
}
