package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vigil"
	"vigil/crawler"
	"vigil/internal/robots"
	"vigil/internal/tor"
	"vigil/internal/wall"
	"vigil/internal/work"
	"vigil/store"
)

// Kinds of setbacks that the fetch stage knows beside the classes of
// [tor.Error]. They are counted, shown and kept with the task.
const (
	classOrder  = "order"  // the order is not in force now
	classRobots = "robots" // robots.txt forbids the address, or cannot be read
	classCut    = "cut"    // the page broke off
	classHTTP   = "http"   // the connection stood, and no answer came over it
	classLogin  = "login"  // the address wants a session
	classBusy   = "busy"   // the service says that it has too much to do
	classTurn   = "turn"   // it was not tried: its source's next turn is far away, or came when it was to be left alone
)

// cutAttempts is how often a page that broke off is asked for before what came
// of it is kept.
const cutAttempts = 3

// fetch captures the page at t's address.
func (s *stages) fetch(ctx context.Context, t vigil.Task) (vigil.Result, error) {
	src, err := s.source(t)
	if err != nil {
		return vigil.Result{}, s.refusal(t, "source", err)
	}
	if err := s.hosts.mayAsk(t, s.clock()); err != nil {
		return vigil.Result{}, err
	}
	delay, err := s.obey(ctx, src, t)
	if err != nil {
		return vigil.Result{}, err
	}
	if err := s.turn(ctx, src, max(src.Interval, delay)); err != nil {
		return vigil.Result{}, err
	}
	p, err := s.fetcher.Fetch(ctx, src, t.Subject, t.Depth)
	if err != nil {
		return vigil.Result{}, s.fetchError(ctx, src, t, err)
	}
	if err := src.InForce(s.clock()); err != nil && p.Truncated == "disconnect" { // the transport broke it off
		return vigil.Result{}, s.fetchError(ctx, src, t, err)
	}
	if (p.Truncated == "time" || p.Truncated == "disconnect") && t.Attempts < cutAttempts {
		return vigil.Result{}, s.setback(ctx, t, classCut, fmt.Errorf("fetch %s: broke off after %d bytes: %s", t.Subject, p.RawSize, p.Truncated))
	}
	s.failures.end(src.ID())
	s.hosts.up(t)
	if err := s.sessions.tick(s.clock()); err != nil {
		return vigil.Result{}, &work.Fatal{Err: err}
	}
	rest := max(delay, s.pace.after(p.Took))
	if r, err := s.wall(ctx, src, t, p, rest); r != nil || err != nil {
		return deref(r), err
	}
	if overloaded(p.Status) && t.Attempts < cutAttempts {
		return vigil.Result{}, s.busy(t, p, rest)
	}
	r := pageResult(src, p, vigil.Act{Actor: s.actor, Action: vigil.ActFetch})
	r.Rest = rest
	return r, nil
}

func deref(r *vigil.Result) vigil.Result {
	if r == nil {
		return vigil.Result{}
	}
	return *r
}

// fetchError says what becomes of a task whose page was not captured.
func (s *stages) fetchError(ctx context.Context, src vigil.Source, t vigil.Task, err error) error {
	var proxy *tor.Error
	errors.As(err, &proxy)
	switch {
	case ctx.Err() != nil:
		return err
	case errors.Is(err, vigil.ErrOutOfScope):
		return s.refusal(t, "scope", err)
	case errors.Is(err, vigil.ErrNotInForce):
		return &work.Setback{Err: err, Setback: vigil.Setback{Class: classOrder, Free: true}}
	case errors.Is(err, crawler.ErrMedia):
		return s.refusal(t, "media", err)
	case errors.Is(err, tor.ErrCrowded):
		return putOff(crowdedWait, "it waited for our own caps")
	case proxy == nil:
		return s.setback(ctx, t, classHTTP, err)
	}
	switch proxy.Class {
	case tor.Invalid:
		return s.refusal(t, "address", err)
	case tor.NoProxy, tor.Policy:
		return &work.Fatal{Err: err}
	case tor.Setup:
		return s.wantsSetup(ctx, src, t, proxy, err)
	}
	return s.unreachable(ctx, src, t, proxy, err)
}

// overloaded reports whether a status says that the service, or what stands before
// it, has too much to do: the page may be there later.
func overloaded(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// busy lets the source rest for as long as it asks for, or as a slow one does.
func (s *stages) busy(t vigil.Task, p vigil.Page, rest time.Duration) error {
	wait := max(rest, wall.RetryAfter(p.Response), whileSlow.wait(t.Attempts))
	err := fmt.Errorf("fetch %s: the service answered %d", t.Subject, p.Status)
	return &work.Setback{Err: err, Setback: vigil.Setback{Class: classBusy, Reason: fmt.Sprintf("the service answered %d", p.Status), Rest: wait}}
}

// unreachable rests the whole source, where it has but one host: its other pages
// would fail in the same way, and the task is not to blame. Of several hosts,
// one may be gone and the others not.
func (s *stages) unreachable(ctx context.Context, src vigil.Source, t vigil.Task, proxy *tor.Error, err error) error {
	b := whileSlow
	if proxy.Class == tor.Down || proxy.Class == tor.Refused {
		b = whileDown
	}
	if len(src.Hosts) == 1 {
		return s.rested(ctx, t.Source, b, string(proxy.Class), proxy.Error(), err)
	}
	return &work.Setback{Err: err, Setback: vigil.Setback{
		Class: string(proxy.Class), Reason: proxy.Error(), Free: true, Retry: s.hosts.down(t, b, s.clock()),
	}}
}

// rested is the setback of a task that is not to blame: its source rests, longer
// each time in a row.
func (s *stages) rested(ctx context.Context, source string, b backoff, class, reason string, err error) error {
	rest, wait := s.rest(ctx, source, b)
	return &work.Setback{Err: err, Setback: vigil.Setback{Class: class, Reason: reason, Free: true, Rest: rest, Retry: wait}}
}

// rest returns how long a source is to rest now, and a task of it to wait.
func (s *stages) rest(ctx context.Context, source string, b backoff) (rest, wait time.Duration) {
	return s.rests.begin(source, s.clock(), func() time.Duration { return b.wait(s.setbacks(ctx, source) + 1) })
}

// turn waits until src may be asked again, which then has to wait for so long as
// apart says.
func (s *stages) turn(ctx context.Context, src vigil.Source, apart time.Duration) error {
	wait, ok := s.turns.take(src.ID(), apart, s.clock())
	switch {
	case !ok:
		return putOff(wait, "others come first, and the source is asked every "+apart.String())
	case wait <= 0:
		return nil
	}
	if err := sleep(ctx, wait); err != nil {
		return err
	}
	// Another task may have met a wall, or silence, meanwhile.
	st, err := s.status(ctx, src.ID())
	switch {
	case err != nil:
		return err
	case st.Standing.State != vigil.SourceOpen:
		return putOff(0, "its source was "+string(st.Standing.State)+" before its turn came")
	case st.Because != "" && st.Rest.After(s.clock()):
		return putOff(0, "its source was rested before its turn came")
	}
	return nil
}

// crowdedWait is how long a task waits that our own caps kept from being asked.
const crowdedWait = 15 * time.Second

// putOff gives a task back that was not tried.
func putOff(wait time.Duration, reason string) error {
	return &work.Setback{Setback: vigil.Setback{Class: classTurn, Reason: reason, Free: true, Retry: wait}, Err: errors.New(reason)}
}

// wantsSetup pauses a source to which Tor lacks a key: a person must see to it.
func (s *stages) wantsSetup(ctx context.Context, src vigil.Source, t vigil.Task, proxy *tor.Error, err error) error {
	if e := s.pause(ctx, src, proxy.Err.Error()+": "+proxy.Hint()); e != nil {
		return &work.Fatal{Err: e}
	}
	return &work.Setback{Err: err, Setback: vigil.Setback{Class: string(proxy.Class), Reason: proxy.Error(), Free: true}}
}

// setback is for a failure that may lie in the page or in the service: the
// attempt counts, and after several in a row the source rests.
func (s *stages) setback(ctx context.Context, t vigil.Task, class string, err error) error {
	b := vigil.Setback{Class: class, Reason: withoutAddress(err), Retry: work.Retry(t.Attempts)}
	if s.failures.next(t.Source) >= patience {
		b.Rest, _ = s.rest(ctx, t.Source, whileSlow)
	}
	return &work.Setback{Setback: b, Err: err}
}

// setbacks returns how many times in a row a source was rested. Where the case
// does not say, the wait is the shortest.
func (s *stages) setbacks(ctx context.Context, source string) int {
	st, err := s.status(ctx, source)
	if err != nil {
		return 0
	}
	return st.Setbacks
}

// status returns the state of a source.
func (s *stages) status(ctx context.Context, source string) (store.SourceStatus, error) {
	all, err := s.store.Sources(ctx)
	if err != nil {
		return store.SourceStatus{}, err
	}
	for _, st := range all {
		if st.ID() == source {
			return st, nil
		}
	}
	return store.SourceStatus{}, fmt.Errorf("source %s: %w", source, vigil.ErrNotFound)
}

// pause keeps a source from being asked until a person resumes it.
func (s *stages) pause(ctx context.Context, src vigil.Source, reason string) error {
	st := vigil.Standing{Source: src.ID(), State: vigil.SourcePaused, Reason: reason}
	if _, err := s.store.Record(ctx, standing(s.actor, vigil.ActPause, st, nil)); err != nil {
		return err
	}
	s.paused(src.ID(), reason)
	return nil
}

// paused tells whoever watches that only a person can make a source go on.
func (s *stages) paused(source, reason string) {
	if s.tell != nil {
		s.tell(fmt.Sprintf("source %s is paused: %s", source, reason))
	}
}

// refusal ends t for good. The event names the rule and what it was applied to;
// the address that was asked for stands in the task.
func (s *stages) refusal(t vigil.Task, rule string, err error) error {
	return &work.Refusal{Err: err, Act: vigil.Act{
		Actor: s.actor, Action: vigil.ActRefuse, Order: vigil.OrderOf(t.Source),
		Object: vigil.Object{Type: "task", ID: t.ID},
		Reason: withoutAddress(err), Details: map[string]string{"rule": rule, "source": t.Source},
	}}
}

// withoutAddress is err's text without the outermost layer, which names the
// address.
func withoutAddress(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		return inner.Error()
	}
	return err.Error()
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

// obey asks the robots.txt of t's host, if the order obeys it. It returns how
// long the host wants to be left alone between pages.
func (s *stages) obey(ctx context.Context, src vigil.Source, t vigil.Task) (delay time.Duration, err error) {
	u, err := url.Parse(t.Subject)
	if err != nil || src.Robots != vigil.ObeyRobots {
		return 0, nil // the fetch itself refuses what is no address
	}
	rules, err := s.rules.of(src.ID(), u, s.clock, func() (*robots.Rules, error) { return s.askRobots(ctx, src, u) })
	var known *work.Setback
	switch {
	case errors.As(err, &known):
		return 0, err
	case err != nil:
		return 0, s.fetchError(ctx, src, t, err)
	}
	if ok, by := rules.Allows(u); !ok {
		err := fmt.Errorf("fetch %s: robots.txt forbids it: %s", t.Subject, by)
		return 0, &work.Setback{Err: err, Setback: vigil.Setback{Class: classRobots, Reason: "robots.txt forbids it: " + by, Park: true}}
	}
	return rules.Delay(), nil
}
