package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"vigil/internal/config"
	"vigil/internal/job"
	"vigil/internal/review"
	"vigil/internal/work"
)

func (a *app) serveCommand() *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the reviewers' pages on loopback",
		Long: `serve shows the queue and its listings in a browser on this machine. It prints a link
that opens them once; whoever uses it decides in your name. ^C ends it.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.serving("vigil serve", address, func(cs *openCase, p *pages) error {
				return a.backingUp(c.Context(), cs, func() error { return p.serve(c.Context()) })
			})
		},
	}
	c.Flags().StringVar(&address, "address", "", "host:port on loopback (default: [serve] address of vigil.toml)")
	return c
}

// pages are the reviewers' pages of an open case.
type pages struct {
	listener net.Listener
	handler  http.Handler
	jobs     *job.Runner
	live     *review.Live
}

// serving listens, opens the case, and calls f with the pages to serve. Others
// that want the case are told the pages' address.
func (a *app) serving(command, address string, f func(*openCase, *pages) error) (err error) {
	if address == "" {
		cfg, err := config.Read(a.configFile())
		if err != nil {
			return usage(err)
		}
		address = cfg.Serve.Address
	}
	if err := config.Loopback(address); err != nil {
		return usage(err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return hint(err, "--address 127.0.0.1:0 takes any free port")
	}
	defer l.Close()
	cs, err := a.open(command, "http://"+l.Addr().String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cs.Close()) }()
	return f(cs, a.pages(cs, l))
}

// pages makes the pages and tells the person the link that opens them.
func (a *app) pages(cs *openCase, l net.Listener) *pages {
	token := rand.Text()
	show := func(path string) { a.info("open http://%s%s  (once)", l.Addr(), path) }
	bundles := &bundlePages{app: a, cs: cs}
	jobs := job.New(job.Options{})
	live := review.NewLive(review.LiveOptions{Store: cs, Sources: cs.Sources, Bundles: bundles.states, Jobs: jobs})
	h := review.Handler(review.Config{
		Desk: *a.desk(cs), Token: token, Hosts: []string{l.Addr().String()},
		Indicators: explain(), Contact: cs.config.Review.Contact, NewLink: show,
		Links:   func(ctx context.Context, listing string) (review.Links, error) { return a.pageLinks(ctx, cs, listing) },
		Similar: (&similarPages{app: a, cs: cs}).of,
		Bundles: bundles, Jobs: jobs, Acts: &pageActs{app: a, cs: cs}, Live: live,
	})
	a.info("serving the case in %s to %s", cs.dir, a.who())
	show("/login?token=" + token)
	return &pages{listener: l, handler: h, jobs: jobs, live: live}
}

// serve serves until ctx ends, then lets running requests end, and stops the jobs.
func (p *pages) serve(ctx context.Context) error {
	defer p.jobs.Close()
	ctx, stop := context.WithCancel(ctx)
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		p.live.Run(ctx)
	}()
	defer func() {
		stop()
		<-looked
	}()
	srv := &http.Server{Handler: p.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(p.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := srv.Shutdown(wait)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (a *app) runCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Crawl, classify and serve in one process",
		Long: `run does what crawl, classify and serve do, in one process, as one file has one
owner. It waits for more to do until ^C ends it.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.serving("vigil run", "", func(cs *openCase, p *pages) error {
				return a.backingUp(c.Context(), cs, func() error { return a.runAll(c.Context(), cs, p) })
			})
		},
	}
	a.lexiconFlag(c)
	return c
}

// runAll runs every stage and the pages until ctx ends or one of them fails.
func (a *app) runAll(ctx context.Context, cs *openCase, p *pages) (err error) {
	st, err := a.reading(ctx, cs)
	if err != nil {
		return err
	}
	if err := a.connect(ctx, cs, st); err != nil {
		return err
	}
	if st.classifier, err = classifierWith(a.lexiconOf(cs)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	if err := st.anyOpen(ctx, "", time.Now()); err != nil {
		a.info("nothing is fetched: %s", oneLine(err))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		served <- p.serve(ctx)
		stop()
	}()
	tidied := make(chan struct{})
	go func() {
		defer close(tidied)
		a.tidy(ctx, cs)
	}()
	y := newTally(a.stderr)
	r := work.Runner{Queue: cs, Holder: a.who(), Observe: y.observe, Forever: true}
	err = r.Run(ctx, st.fetchPool("", cs.config.Crawl.Workers), st.extractPool(2), st.classifyPool(2))
	stop()
	<-tidied
	y.end(a)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	if err := errors.Join(a.stopped(err, "vigil run"), <-served); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}
