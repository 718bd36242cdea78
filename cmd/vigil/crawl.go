package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/crawler"
	"vigil/internal/extract"
	"vigil/internal/tor"
	"vigil/internal/work"
)

func (a *app) crawlCommand() *cobra.Command {
	var source string
	c := &cobra.Command{
		Use:   "crawl",
		Short: "Fetch the pages of the authorised sources through Tor",
		Long: `crawl fetches the pages of every authorised source, or of --source NAME, through
Tor, keeps their bytes, and reads the facts off them. It goes on where it stopped;
^C stops it cleanly.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil crawl", func(cs *openCase) error { return a.crawl(c.Context(), cs, source) })
		},
	}
	c.Flags().StringVar(&source, "source", "", "only this source: NAME or ORDER/NAME")
	return c
}

func (a *app) crawl(ctx context.Context, cs *openCase, source string) error {
	st, err := a.fetching(ctx, cs)
	if err != nil {
		return err
	}
	if source, err = st.chosen(source); err != nil {
		return err
	}
	if err := st.anyInForce(source, time.Now()); err != nil {
		return err
	}
	y := newTally(a.stderr)
	r := work.Runner{Queue: cs, Holder: a.who(), Observe: y.observe}
	err = r.Run(ctx, st.fetchPool(source, cs.config.Crawl.Workers), st.extractPool(2))
	y.end(a)
	if err := a.stopped(err, "vigil crawl"); err != nil {
		return err
	}
	if err := a.waiting(ctx, cs); err != nil {
		return err
	}
	if y.failed > 0 && y.pages == 0 {
		return errors.New("no page could be fetched")
	}
	a.next("vigil classify")
	return nil
}

// fetching returns the stages with a way to the network.
func (a *app) fetching(ctx context.Context, cs *openCase) (*stages, error) {
	st, err := a.reading(ctx, cs)
	if err != nil {
		return nil, err
	}
	// A new secret each run gives each run circuits of its own.
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	cfg := cs.config
	network, err := tor.New(tor.Config{Proxy: cfg.Tor.Socks, Secret: secret, Now: time.Now})
	if err != nil {
		return nil, usage(err)
	}
	isTor, err := network.Check(ctx)
	if err != nil {
		return nil, hint(fmt.Errorf("reach Tor at %s: %w", cfg.Tor.Socks, err),
			"start Tor, or name its SOCKS port with --socks; nothing is fetched without it")
	}
	if !isTor && !a.guided {
		a.info("warning: %s speaks SOCKS, but does not answer as Tor does", cfg.Tor.Socks)
	}
	st.fetcher = &crawler.Fetcher{
		Transport: func(s vigil.Source) http.RoundTripper { return network.Transport(s, tor.Session{}) },
		UserAgent: cfg.Crawl.UserAgent, MaxBody: cfg.Crawl.MaxBody,
		Timeout: time.Duration(cfg.Crawl.Timeout), Now: time.Now,
	}
	return st, nil
}

// reading returns the stages that need no network.
func (a *app) reading(ctx context.Context, cs *openCase) (*stages, error) {
	sources, err := cs.sources(ctx)
	if err != nil {
		return nil, err
	}
	reader, err := extract.New()
	if err != nil {
		return nil, err
	}
	return &stages{store: cs, actor: a.who(), sources: sources, reader: reader}, nil
}

// ids returns the IDs of all sources, sorted.
func (s *stages) ids() []string { return slices.Sorted(maps.Keys(s.sources)) }

// chosen returns the ID of the source that name means; "" means all.
func (s *stages) chosen(name string) (id string, err error) {
	if name == "" {
		return "", nil
	}
	var match []string
	for _, id := range s.ids() {
		if id == name || s.sources[id].Name == name {
			match = append(match, id)
		}
	}
	switch len(match) {
	case 0:
		return "", usagef("--source %s: the case has %s", name, strings.Join(s.ids(), ", "))
	case 1:
		return match[0], nil
	}
	return "", usagef("--source %s: several orders have it; name one of %s", name, strings.Join(match, ", "))
}

// anyInForce reports why no order of the wanted sources holds now.
func (s *stages) anyInForce(source string, now time.Time) error {
	var errs []error
	for _, id := range s.ids() {
		if source != "" && id != source {
			continue
		}
		err := s.sources[id].InForce(now)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return hint(errors.Join(errs...), "only a new order allows more; ask the authority for one")
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
func (a *app) waiting(ctx context.Context, cs *openCase) error {
	counts, err := cs.Counts(ctx)
	if err != nil {
		return err
	}
	for _, n := range counts {
		if n.Stage == vigil.Fetch && n.State == vigil.Queued && n.N > 0 {
			a.info("source %s: %d addresses wait: its max_pages is reached, or its order is not in force", n.Source, n.N)
		}
		if n.State == vigil.Dead && n.N > 0 {
			a.info("source %s: %d %s tasks ended for good; vigil log says why", n.Source, n.N, n.Stage)
		}
	}
	return nil
}
