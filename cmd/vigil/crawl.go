package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/crawler"
	"vigil/internal/config"
	"vigil/internal/tor"
	"vigil/internal/work"
	"vigil/store"
)

// crawlOptions are the flags of "vigil crawl".
type crawlOptions struct {
	source    string
	recrawl   string
	retry     bool
	wait      time.Duration
	metrics   string
	dryRun    bool
	proposals bool
}

func (a *app) crawlCommand() *cobra.Command {
	var o crawlOptions
	c := &cobra.Command{
		Use:   "crawl",
		Short: "Fetch the pages of the authorised sources through Tor",
		Long: `crawl fetches the pages of every authorised source, or of --source NAME, through
Tor, keeps their bytes, and reads the facts off them. It goes on where it stopped;
^C stops it cleanly. It ends when nothing can be fetched within --wait: a source
that is down rests, one behind a login or captcha is paused until a person has
seen to it (vigil source list tells).

--recrawl AGE fetches again what was captured longer ago: 24h for every page, or
listing=24h,index=6h by type of page. --json writes an event a line.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil crawl", func(cs *openCase) error {
				switch {
				case o.dryRun && o.proposals:
					return usagef("--dry-run and --proposals: want one of them")
				case o.dryRun:
					return a.dryRun(c.Context(), cs, o.source)
				case o.proposals:
					return a.showProposals(c.Context(), cs, o.source)
				}
				return a.crawl(c.Context(), cs, o)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&o.source, "source", "", "only this source: NAME or ORDER/NAME")
	f.StringVar(&o.recrawl, "recrawl", "", "fetch pages again that are older: AGE, or TYPE=AGE,TYPE=AGE")
	f.BoolVar(&o.retry, "retry", false, "try again what was parked or given up")
	f.DurationVar(&o.wait, "wait", 10*time.Minute, "end if nothing can be fetched for so long")
	f.StringVar(&o.metrics, "metrics", "", "serve Prometheus metrics on this loopback host:port")
	f.BoolVar(&o.dryRun, "dry-run", false, "list what would be fetched, and fetch nothing")
	f.BoolVar(&o.proposals, "proposals", false, "list hosts that pages lead to and no order covers")
	return c
}

func (a *app) crawl(ctx context.Context, cs *openCase, o crawlOptions) (err error) {
	old, err := o.check()
	if err != nil {
		return err
	}
	st, err := a.reading(ctx, cs)
	if err != nil {
		return err
	}
	source, err := st.chosen(o.source)
	if err != nil {
		return err
	}
	if err := st.anyOpen(ctx, source, time.Now()); err != nil {
		return err
	}
	if err := a.connect(ctx, cs, st); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	if err := a.again(ctx, cs, source, o.retry, old); err != nil {
		return err
	}
	y := newTally(a.stderr)
	if y.live {
		st.tell = nil // the board shows it
	}
	watch, err := a.watch(ctx, cs, y, source, o.metrics)
	if err != nil {
		return err
	}
	r := work.Runner{Queue: cs.Store, Holder: a.who(), Shared: cs.shared(), Observe: watch.observe, Patience: o.wait}
	err = r.Run(ctx, st.fetchPool(source, cs.config.Crawl.Workers), st.extractPool(2))
	err = errors.Join(err, watch.end(err))
	y.end(a)
	if err := a.stopped(err, "vigil crawl"); err != nil {
		return err
	}
	if err := a.waiting(ctx, cs, source); err != nil {
		return err
	}
	if y.sum.failed+y.sum.walls > 0 && y.sum.pages == y.sum.walls {
		return hint(errors.New("no page could be fetched"), "vigil source list says what each source waits for")
	}
	a.next("vigil classify")
	return nil
}

// check reports what is wrong with the flags, before anything is done, and
// returns which pages are old; nil for none.
func (o crawlOptions) check() (old ages, err error) {
	if o.metrics != "" && !config.Loopback(o.metrics) {
		return nil, usagef("--metrics %s: want host:port on loopback, such as 127.0.0.1:9108", o.metrics)
	}
	if o.recrawl == "" {
		return nil, nil
	}
	if old, err = parseAges(o.recrawl); err != nil {
		return nil, usage(fmt.Errorf("--recrawl: %w", err))
	}
	return old, nil
}

// again queues ended fetches anew: those that failed, if retry says so, and
// those whose page is old.
func (a *app) again(ctx context.Context, cs *openCase, source string, retry bool, old ages) error {
	if retry {
		n, err := cs.Requeue(ctx, store.RequeueRequest{Stage: vigil.Fetch, Source: source, States: []vigil.State{vigil.Parked, vigil.Dead}})
		if err != nil {
			return err
		}
		a.info("%s tried again", counted(n, "address that was parked or given up is", "addresses that were parked or given up are"))
	}
	if old == nil {
		return nil
	}
	n, err := recrawl(ctx, cs, source, old, time.Now())
	if err != nil {
		return fmt.Errorf("queue old pages again: %w", err)
	}
	a.info("%s old enough to be fetched again", counted(n, "page is", "pages are"))
	return nil
}

// A watch is whoever follows a crawl: a person at a terminal, a program that
// reads events, a server that collects metrics.
type watch struct {
	tally    *tally
	events   *events  // nil if nobody reads them
	metrics  *metrics // nil if nobody collects them
	stop     context.CancelFunc
	watchers sync.WaitGroup
	serving  func() error
}

// watch starts what shows a crawl while it runs; end ends it.
func (a *app) watch(ctx context.Context, cs *openCase, y *tally, source, metricsAddress string) (*watch, error) {
	ctx, stop := context.WithCancel(ctx)
	w := &watch{tally: y, stop: stop, serving: func() error { return nil }}
	if a.json {
		w.events = newEvents(a.stdout)
	}
	if metricsAddress != "" {
		w.metrics = newMetrics(cs)
		var err error
		if w.serving, err = a.serveMetrics(ctx, metricsAddress, w.metrics); err != nil {
			stop()
			return nil, err
		}
	}
	if y.live {
		y.live = false // the board shows more
		b := &board{w: a.stderr, cs: cs, tally: y, only: source}
		w.watchers.Go(func() { b.show(ctx) })
	}
	return w, nil
}

func (w *watch) observe(o work.Outcome) {
	w.tally.observe(o)
	if w.events != nil {
		w.events.observe(o)
	}
	if w.metrics != nil {
		w.metrics.observe(o)
	}
}

// end waits for those who watched. cause is why the crawl ended.
func (w *watch) end(cause error) error {
	w.stop()
	w.watchers.Wait()
	err := w.serving()
	if w.events != nil {
		err = errors.Join(err, w.events.end(w.tally, cause))
	}
	return err
}

// connect gives st a way to the network, which the caller must close.
func (a *app) connect(ctx context.Context, cs *openCase, st *stages) error {
	network, err := a.network(ctx, cs)
	if err != nil {
		return err
	}
	sessions, err := a.openSessions(cs, st.sources)
	if err != nil {
		network.Close()
		return err
	}
	cfg := cs.config
	st.sessions, st.tell = sessions, a.alert
	st.pace = courtesy{factor: cfg.Crawl.DelayFactor, most: time.Duration(cfg.Crawl.MaxDelay)}
	st.fetcher = &crawler.Fetcher{
		Transport: func(s vigil.Source) http.RoundTripper { return network.Transport(s, sessions.of(s)) },
		UserAgent: cfg.Crawl.UserAgent, MaxBody: cfg.Crawl.MaxBody,
		Timeout: time.Duration(cfg.Crawl.Timeout), Now: time.Now,
	}
	st.close = func() error {
		network.Close()
		return sessions.save()
	}
	return nil
}

// alert tells the person something at once, also while a line counts.
func (a *app) alert(what string) {
	if terminal(a.stderr) {
		what = "\r\x1b[K" + brief(what)
	} else {
		what = brief(what)
	}
	a.info("%s", what)
}

// network returns the way to Tor, after a look at whether Tor is there.
func (a *app) network(ctx context.Context, cs *openCase) (*tor.Network, error) {
	// A new secret each run gives each run circuits of its own.
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	cfg := cs.config
	network, err := tor.New(tor.Config{
		Proxy: cfg.Tor.Socks, Control: cfg.Tor.Control, Secret: secret, Now: time.Now, MaxStreams: cfg.Crawl.Workers,
	})
	if err != nil {
		return nil, usage(err)
	}
	h, err := network.Health(ctx)
	if err != nil {
		network.Close()
		return nil, hint(fmt.Errorf("reach Tor at %s: %w", cfg.Tor.Socks, err),
			"start Tor, or name its SOCKS port with --socks; nothing is fetched without it")
	}
	if !a.guided { // the demo's network is not Tor, and says so
		for _, w := range h.Warnings {
			a.info("warning: %s", w)
		}
	}
	return network, nil
}

// reading returns the stages that need no network.
func (a *app) reading(ctx context.Context, cs *openCase) (*stages, error) {
	sources, err := cs.sources(ctx)
	if err != nil {
		return nil, err
	}
	reader, err := a.readerOf(a.ownProfiles())
	if err != nil {
		return nil, err
	}
	lists, err := matcher(ctx, cs, time.Now())
	if err != nil {
		return nil, err
	}
	return &stages{store: cs, shared: cs.shared(), actor: a.who(), sources: sources, reader: reader, lists: lists}, nil
}

// ids returns the IDs of all sources, sorted.
func (s *stages) ids() []string { return slices.Sorted(maps.Keys(s.sources)) }

// chosen returns the ID of the source that name means; "" means all.
func (s *stages) chosen(name string) (id string, err error) {
	if name == "" {
		return "", nil
	}
	return pick(s.ids(), name)
}

// anyOpen reports why none of the wanted sources may be asked now.
func (s *stages) anyOpen(ctx context.Context, only string, now time.Time) error {
	all, err := s.store.Sources(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, st := range all {
		if only != "" && st.ID() != only {
			continue
		}
		err := mayAsk(st, now)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// mayAsk reports why a source may not be asked now, whatever is queued.
func mayAsk(s store.SourceStatus, now time.Time) error {
	if s.Standing.State == vigil.SourcePaused {
		return hint(fmt.Errorf("%w: source %s is %s", vigil.ErrRefused, s.ID(), standingWords(s.Standing, now)),
			"when that is seen to: vigil source resume %s --reason TEXT", s.Name)
	}
	if err := s.InForce(now); err != nil {
		return hint(err, "only a new order allows more; ask the authority for one")
	}
	return revocation(s.Standing)
}

// stopped turns an interrupt into a word to the person, and passes other errors on.
func (a *app) stopped(err error, again string) error {
	if errors.Is(err, context.Canceled) {
		return hint(errors.New("stopped; nothing is lost"), "%s goes on where it stopped", again)
	}
	var noProxy *tor.Error
	if errors.As(err, &noProxy) {
		return hint(err, "%s", noProxy.Hint())
	}
	return err
}

// waiting tells what a crawl has left undone, and why.
func (a *app) waiting(ctx context.Context, cs *openCase, only string) error {
	sources, err := cs.Sources(ctx)
	if err != nil {
		return err
	}
	tasks, err := fetchCounts(ctx, cs)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, s := range sources {
		if only != "" && s.ID() != only {
			continue
		}
		q := tasks[s.ID()]
		if n := q[vigil.Queued]; n > 0 {
			a.info("source %s: %s: %s", s.ID(), counted(n, "address waits", "addresses wait"), brief(cmp.Or(waitsFor(s, now), "for their next try")))
		}
		if s.Standing.State == vigil.SourcePaused {
			a.info("  once a person has seen to it: vigil source resume %s --reason TEXT", s.Name)
		}
		if n := q[vigil.Parked]; n > 0 {
			a.info("source %s: %s parked; vigil why URL says why, vigil crawl --retry tries again", s.ID(), counted(n, "address is", "addresses are"))
		}
		if n := q[vigil.Dead]; n > 0 {
			a.info("source %s: %s refused or given up; vigil why URL says why, vigil crawl --retry tries again", s.ID(), counted(n, "address was", "addresses were"))
		}
	}
	return nil
}
