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

// hostRules are one host's.
type hostRules struct {
	mu     sync.Mutex // guards all below
	rules  *robots.Rules
	until  time.Time
	asking bool
}

// at returns the rules if they are known. If not, mine says that it is for the
// caller to ask for them and to call learn, as nobody does so already.
func (h *hostRules) at(now time.Time) (rules *robots.Rules, mine bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rules != nil && now.Before(h.until) {
		return h.rules, false
	}
	mine = !h.asking
	h.asking = true
	return nil, mine
}

// learn ends the asking; rules are nil if it was in vain.
func (h *hostRules) learn(rules *robots.Rules, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rules, h.until, h.asking = rules, now.Add(robotsAge), false
}

// host returns what a source knows of the rules for u's scheme, host and port.
func (b *rulebook) host(source string, u *url.URL) *hostRules {
	site := source + " " + u.Scheme + "://" + u.Host
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
//
// Where the file has to be fetched first, that is all that is done: asked is the
// result, and t comes again after the source's interval. So do tasks that meet
// others asking: the store spaces what a source is asked, and nobody else.
func (s *stages) obey(ctx context.Context, src vigil.Source, t vigil.Task) (delay time.Duration, asked *vigil.Result, err error) {
	u, err := url.Parse(t.Subject)
	if err != nil || src.Robots != vigil.ObeyRobots {
		return 0, nil, nil // the fetch itself refuses what is no address
	}
	h := s.rules.host(src.ID(), u)
	rules, mine := h.at(s.clock())
	switch {
	case mine:
		asked, rules, err = s.askRobots(ctx, src, t, u)
		h.learn(rules, s.clock())
		return 0, asked, err
	case rules == nil:
		return 0, nil, putOff(max(src.Interval, time.Second), "the robots.txt of its host is being asked for")
	}
	if ok, by := rules.Allows(u); !ok {
		err := fmt.Errorf("fetch %s: robots.txt forbids it: %s", t.Subject, by)
		return 0, nil, &work.Setback{Err: err, Setback: vigil.Setback{Class: classRobots, Reason: "robots.txt forbids it: " + by, Park: true}}
	}
	return rules.Delay(), nil, nil
}

// askRobots fetches the robots.txt that speaks of u. Until a host has given an
// answer that decides, nothing of it is read, and its source rests.
func (s *stages) askRobots(ctx context.Context, src vigil.Source, t vigil.Task, u *url.URL) (*vigil.Result, *robots.Rules, error) {
	p, err := s.fetcher.Robots(ctx, src, u)
	r := vigil.Result{
		Act: vigil.Act{
			Actor: s.actor, Action: vigil.ActRobots, Order: src.Order, Object: vigil.Object{Type: "source", ID: src.ID()},
			Details: map[string]string{"source": src.ID()},
		},
		Again: true, Rest: src.Interval,
	}
	// A file that the order denies, or that is none to be read, forbids nothing.
	none := robots.Parse(http.StatusNotFound, nil)
	switch {
	case errors.Is(err, vigil.ErrOutOfScope):
		r.Act.Details["refused"] = "scope"
		return &r, none, nil
	case errors.Is(err, crawler.ErrMedia):
		r.Act.Details["refused"] = "media"
		return &r, none, nil
	case err != nil:
		return nil, nil, s.fetchError(ctx, src, t, err)
	}
	if why := undecided(p); why != "" {
		why += ": nothing is read until it can be (RFC 9309, section 2.3.1.4)"
		return nil, nil, s.rested(ctx, src.ID(), whileSlow, classRobots, why, fmt.Errorf("fetch %s: %s", t.Subject, why))
	}
	r.Act.Details["status"], r.Act.Details["raw_sha256"] = strconv.Itoa(p.Status), p.RawSHA256
	if p.Status >= 200 && p.Status < 300 {
		r.Record, r.Act.Object = p, vigil.Object{}
	}
	text, _ := pageText(p)
	return &r, robots.Parse(p.Status, text), nil
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
