package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/classify/identifier"
	"vigil/internal/account"
	"vigil/internal/api"
	"vigil/internal/config"
	"vigil/internal/desk"
	"vigil/internal/job"
	"vigil/internal/review"
	"vigil/internal/search"
	"vigil/internal/work"
)

func (a *app) serveCommand() *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the reviewers' pages",
		Long: `serve shows the queue and its listings in a browser. ^C ends it.

In a case without accounts it prints a link that opens the pages once; whoever uses it
decides in your name. In one with accounts (vigil user add) people sign in.

It listens on loopback. Another address of [serve] in vigil.toml needs a certificate
(tls_cert, tls_key), the names by which browsers call it (hosts), and accounts.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.serving(c.Context(), "vigil serve", address, func(cs *openCase, p *pages) error {
				return a.backingUp(c.Context(), cs, func() error { return p.serve(c.Context()) })
			})
		},
	}
	c.Flags().StringVar(&address, "address", "", "host:port (default: [serve] address of vigil.toml)")
	return c
}

// pages are the reviewers' pages of an open case.
type pages struct {
	listener net.Listener
	handler  http.Handler
	// behind are what goes on while the pages are served, each until its context ends.
	behind []func(context.Context)
	socket *socket // for the command line; nil if there is none
	jobs   *job.Runner
}

// serving listens, opens the case, and calls f with the pages to serve. Others
// that want the case are told the pages' address.
func (a *app) serving(ctx context.Context, command, address string, f func(*openCase, *pages) error) (err error) {
	cfg, err := config.Read(a.configFile())
	if err != nil && (address == "" || !errors.Is(err, fs.ErrNotExist)) {
		return usage(err)
	}
	if address != "" {
		cfg.Serve.Address = address
	}
	if err := cfg.Serve.Check(); err != nil {
		return usage(err)
	}
	secured, err := a.tls(cfg.Serve)
	if err != nil {
		return usage(err)
	}
	l, err := net.Listen("tcp", cfg.Serve.Address)
	if err != nil {
		return hint(err, "--address 127.0.0.1:0 takes any free port")
	}
	if secured != nil {
		l = tls.NewListener(l, secured)
	}
	defer l.Close()
	cs, err := a.open(command, plainOrigin(cfg.Serve, l.Addr()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cs.Close()) }()
	p, err := a.pages(ctx, cs, l)
	if err != nil {
		return err
	}
	defer p.socket.close()
	return f(cs, p)
}

// tls returns how connections are secured; nil if they are not.
func (a *app) tls(s config.Serve) (*tls.Config, error) {
	if s.TLSCert == "" {
		return nil, nil
	}
	at := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(a.dir, name)
	}
	cert, err := tls.LoadX509KeyPair(at(s.TLSCert), at(s.TLSKey))
	if err != nil {
		return nil, fmt.Errorf("serve.tls_cert and serve.tls_key: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, nil
}

// plainOrigin is where the pages are in a case without accounts: the address itself,
// unless it has names.
func plainOrigin(s config.Serve, l net.Addr) string {
	switch {
	case len(s.Hosts) > 0:
		return origin(s, l.String())
	case s.TLSCert != "":
		return "https://" + l.String()
	}
	return "http://" + l.String()
}

// answered are the Host headers that are answered: no others, so that no name of
// somebody else's leads here.
func answered(s config.Serve, l net.Addr) []string {
	var hs []string
	_, port := splitPort(l.String())
	if len(s.Hosts) == 0 || config.Loopback(l.String()) {
		hs = append(hs, l.String(), "localhost:"+port)
	}
	for _, h := range s.Hosts {
		if hs = append(hs, h); !strings.Contains(h, ":") {
			hs = append(hs, h+":"+port)
		}
	}
	return hs
}

// pages makes the pages and tells the person how to get to them.
func (a *app) pages(ctx context.Context, cs *openCase, l net.Listener) (*pages, error) {
	k, err := cs.accountsOf()
	if err != nil {
		return nil, err
	}
	settings := cs.config.Serve
	loopback := config.Loopback(l.Addr().String())
	if !loopback && cs.who.Solo {
		return nil, hint(fmt.Errorf("serve on %s: %w: others can reach it, and the case has no accounts", l.Addr(), vigil.ErrRefused), "vigil user add NAME --role admin")
	}
	home, plain := origin(settings, l.Addr().String()), plainOrigin(settings, l.Addr())
	token := rand.Text()
	show := func(path string) { a.info("open %s%s  (once)", plain, path) }
	d := *a.desk(cs)
	clusters := newClusterKeeper(cs)
	links := &linkPages{app: a, cs: cs}
	near := &similarPages{st: cs, clusters: clusters}
	o := newOverview(cs)
	bundles := &bundlePages{app: a, cs: cs}
	jobs, err := a.jobs(ctx, cs)
	if err != nil {
		return nil, err
	}
	live := review.NewLive(review.LiveOptions{Store: cs, Sources: cs.Sources, Bundles: bundles.states, Jobs: jobs})
	cfg := review.Config{
		Desk: d, Token: token, Hosts: answered(settings, l.Addr()), Accounts: k, Origin: home,
		Indicators: explain(), Origins: origins(), Contact: cs.config.Review.Contact, NewLink: show,
		Links:   links.of,
		Similar: near.of, ClusterOf: near.clusterOf,
		Query: search.Parser{Keys: api.Keys}.Parse, Identifiers: identifier.Scan,
		Draft: func(ctx context.Context, d *desk.Desk, listings []string) (string, error) {
			return bundles.draftAll(ctx, jobs, d, listings)
		},
		Bundles: bundles, Jobs: jobs, Acts: &pageActs{app: a, cs: cs}, Live: live,
	}
	if cfg.Case, err = cs.caseName(ctx); err != nil {
		return nil, err
	}
	o.config(&cfg)
	acts := a.apiConfig(cs, near, o)
	here := acts
	here.Hosts, here.Who = cfg.Hosts, api.Bearer(k)
	cfg.API = api.Handler(here)
	if cs.who.Solo {
		a.info("serving the case in %s to %s, and to nobody else (it has no accounts)", cs.dir, a.who())
		show("/login?token=" + token)
	} else {
		if err := (account.Site{Origin: home}).Check(); err != nil {
			return nil, usage(fmt.Errorf("serve.hosts: %w", err))
		}
		a.info("serving the case in %s to people with accounts: they sign in at %s", cs.dir, home)
	}
	return &pages{
		listener: l, handler: review.Handler(cfg), socket: a.openSocket(cs, acts), jobs: jobs,
		behind: []func(context.Context){clusters.run, o.stats.Run, live.Run},
	}, nil
}

// serve serves the pages, and the command line, until ctx ends, then lets running
// requests end, and stops the jobs.
func (p *pages) serve(ctx context.Context) error {
	defer p.jobs.Close()
	behind, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	for _, run := range p.behind {
		ended.Go(func() { run(behind) })
	}
	defer func() { stop(); ended.Wait() }()
	wait := p.socket.start(ctx)
	err := p.serveTo(ctx, nil)
	return errors.Join(err, wait())
}

// serveTo serves one listener; tell, if any, says more of a connection.
func (p *pages) serveTo(ctx context.Context, tell func(context.Context, net.Conn) context.Context) error {
	var ahead openedAhead
	srv := &http.Server{
		Handler: p.handler, ConnContext: tell, ConnState: ahead.note,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(p.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	ahead.close()
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
			return a.serving(c.Context(), "vigil run", "", func(cs *openCase, p *pages) error {
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
	r := work.Runner{Queue: cs.Store, Holder: a.who(), Shared: cs.shared(), Observe: y.observe, Forever: true}
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
