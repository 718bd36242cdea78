package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/fixtures"
	"vigil/internal/config"
	"vigil/internal/desk"
	"vigil/internal/link"
	"vigil/internal/order"
	"vigil/internal/signature"
	"vigil/internal/tor/simnet"
	"vigil/internal/watchlist"
	"vigil/store"
)

// Names that the demo uses.
const (
	demoOrder     = "ORD-DEMO-1"
	demoAuthority = "judge@court.example"
	demoReviewer  = "demo-reviewer"
)

func (a *app) demoCommand() *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run everything on built-in synthetic markets, offline",
		Long: `demo serves two invented markets behind a SOCKS5 proxy on loopback, makes a case,
authorises the markets, crawls them, classifies what it finds, looks it up in an invented
watchlist and links it, decides on one listing, and exports and verifies a bundle. It leaves DIR/case and DIR/bundle.

--serve then serves the reviewers' pages until ^C. With --store postgres://… the case is on that
server, which must not have it, and with --crawlers N as many processes crawl it at once.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.demo(c, o) },
	}
	c.Flags().StringVar(&o.dir, "dir", "", "folder for the case and the bundle (default: a fresh one)")
	c.Flags().IntVar(&o.crawlers, "crawlers", 0, "crawl by so many processes, with a case on a server")
	c.Flags().BoolVar(&o.serve, "serve", false, "serve the reviewers' pages at the end")
	return c
}

// demoOptions are the flags of "vigil demo".
type demoOptions struct {
	dir      string
	crawlers int
	serve    bool
}

// check reports what is wrong with the flags, before anything is made.
func (o demoOptions) check(a *app) error {
	if o.crawlers < 0 || o.crawlers > 16 {
		return usagef("--crawlers %d: want 1 to 16", o.crawlers)
	}
	if a.storeURL == "" && o.crawlers == 0 {
		return nil
	}
	at, err := engineAt(".", cmp.Or(a.storeURL, config.Default().Store.URL))
	if err == nil && o.crawlers > 0 && !at.shared() {
		err = hint(usagef("--crawlers: one process at a time has a case in a file"), "--store postgres://LOGIN@HOST/DATABASE?case=NAME names a database that they share")
	}
	return err
}

// demo runs the commands one after another, as a person would type them.
func (a *app) demo(c *cobra.Command, o demoOptions) error {
	begin := time.Now()
	if err := o.check(a); err != nil {
		return err
	}
	dir := o.dir
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "vigil-demo-"); err != nil {
			return err
		}
	}
	d := demo{app: *a, out: dir, crawlers: o.crawlers}
	d.dir, d.guided = filepath.Join(dir, "case"), true
	markets, err := fixtures.Markets()
	if err != nil {
		return err
	}
	net, err := simnet.Start(handlers(markets))
	if err != nil {
		return err
	}
	defer net.Close()
	d.socks = net.Addr()
	for i, step := range []struct {
		title string
		do    func(*cobra.Command, []fixtures.Market) error
	}{
		{"make a case", d.makeCase},
		{"register an order that a court signed", d.authorize},
		{"crawl two invented markets through a SOCKS proxy on loopback", d.crawl},
		{"say which listings show indicators, and why", d.classify},
		{"take in a watchlist, and see which listings name what is on it", d.watchlist},
		{"see how another vendor's listing is linked to a wallet on the list", d.links},
		{"review the first of the queue", d.review},
		{"export the evidence; two people sign that it may leave", d.export},
		{"verify it as another party would", d.verifyExport},
	} {
		a.info("\n%d. %s", i+1, step.title)
		if err := step.do(c, markets); err != nil {
			return fmt.Errorf("demo: %s: %w", step.title, err)
		}
	}
	a.info("\nDone in %s. All of it is in %s; look at it with:\n", time.Since(begin).Round(100*time.Millisecond), dir)
	if err := d.lookAt(); err != nil || !o.serve {
		return err
	}
	return d.serving(c.Context(), "vigil demo", "127.0.0.1:0", func(_ *openCase, p *pages) error { return p.serve(c.Context()) })
}

// lookAt says what to look at next, called as this run was.
func (d *demo) lookAt() error {
	w := tabwriter.NewWriter(d.stderr, 0, 8, 3, ' ', 0)
	self, in := os.Args[0], os.Args[0]+" --case "+d.dir
	for _, next := range [][2]string{
		{in + " serve", "the reviewers' pages"},
		{in + " review next", "the same on the command line"},
		{in + " link", "what ties listings together, and through what"},
		{in + " log", "who did what, under which order"},
		{self + " verify " + d.bundle(), "change a byte in it first, and see"},
		{filepath.Join(d.bundle(), "data", "VERIFY.txt"), "how anybody checks it without this program"},
		{filepath.Join(d.bundle(), "data", "report", "report.html"), "the report, for a browser or a printer"},
	} {
		fmt.Fprintf(w, "  %s\t%s\n", next[0], next[1])
	}
	return w.Flush()
}

// handlers serves each market under its onion name.
func handlers(markets []fixtures.Market) map[string]http.Handler {
	hs := map[string]http.Handler{}
	for _, m := range markets {
		hs[m.Host] = m.Handler()
	}
	return hs
}

// A demo is one run of the demo in dir.
type demo struct {
	app
	out     string   // folder of the demo; the case is in it
	listing string   // the one that is decided on and exported
	linked  []string // exported with it: those on the path to a listed wallet

	crawlers int // processes; 0 for this one
}

func (d *demo) bundle() string { return filepath.Join(d.out, "bundle") }

func (d *demo) makeCase(c *cobra.Command, _ []fixtures.Market) error {
	conf := config.Default()
	conf.Crawl.DelayFactor = 0 // the markets are this process itself
	conf.Review.Contact = "the duty officer of this invented unit, extension 0"
	if err := d.app.makeCase(c, d.dir, sealing{}, conf); err != nil {
		return hint(fmt.Errorf("%s: %w", d.dir, err), "name a fresh folder with --dir")
	}
	d.info("   %s", d.dir)
	return nil
}

// authorize plays the court: it makes a key, lists it, and signs an order.
func (d *demo) authorize(c *cobra.Command, markets []fixtures.Market) error {
	private, public, err := signature.GenerateKey(demoAuthority)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%s namespaces=%q %s", demoAuthority, signature.Order, public)
	if err := appendFile(filepath.Join(d.dir, signersFile), line); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Hour)
	text := fixtures.OrderTOML(demoOrder, now, now.AddDate(0, 3, 0), markets...)
	if _, err := order.Parse("demo order", text); err != nil {
		return err
	}
	sig, err := signature.Sign(private, text, signature.Order)
	if err != nil {
		return err
	}
	name := filepath.Join(d.out, "order.toml")
	if err := writeNew(name, text, 0o644); err != nil {
		return err
	}
	if err := writeNew(name+".sig", sig, 0o644); err != nil {
		return err
	}
	return d.with("vigil demo", func(cs *openCase) error { return d.app.authorize(c, cs, name) })
}

func (d *demo) crawl(c *cobra.Command, _ []fixtures.Market) error {
	if d.crawlers > 0 {
		return d.crawlByOthers(c.Context())
	}
	return d.with("vigil demo", func(cs *openCase) error {
		return d.app.crawl(c.Context(), cs, crawlOptions{wait: time.Minute})
	})
}

func (d *demo) classify(c *cobra.Command, _ []fixtures.Market) error {
	return d.with("vigil demo", func(cs *openCase) error {
		if err := d.classifyCase(c.Context(), cs, false); err != nil {
			return err
		}
		p, err := d.placeAt(c.Context(), cs)
		if err != nil {
			return err
		}
		return d.queue(c.Context(), p, queueChoice{})
	})
}

// watchlist imports a list whose parties are invented, and whose wallets are ones
// that the markets name.
func (d *demo) watchlist(c *cobra.Command, _ []fixtures.Market) error {
	text, err := fixtures.FS.ReadFile("watchlists/sdn_advanced.xml")
	if err != nil {
		return err
	}
	name := filepath.Join(d.out, "sdn_advanced.xml")
	if err := writeNew(name, text, 0o644); err != nil {
		return err
	}
	return d.with("vigil demo", func(cs *openCase) error {
		if err := d.importWatchlist(c.Context(), cs, []string{name}, listOptions{}, nil); err != nil {
			return err
		}
		return d.showHits(c.Context(), cs, nil, false, false)
	})
}

// links shows the path from a listing that names nothing on a list to one that
// does, through another vendor's.
func (d *demo) links(c *cobra.Command, _ []fixtures.Market) error {
	return d.with("vigil demo", func(cs *openCase) error {
		g, err := d.graph(c.Context(), cs)
		if err != nil {
			return err
		}
		m, err := matcher(c.Context(), cs, time.Now())
		if err != nil {
			return err
		}
		from, to, err := throughAnother(c.Context(), cs, g, m)
		if err != nil {
			return err
		}
		v := &linkView{Graph: g}
		if p, ok := v.between(linkTarget{listing: from}, linkTarget{key: to}, false); ok {
			for _, s := range p.Steps {
				d.linked = append(d.linked, s.From.Listing.ID, s.To.Listing.ID)
			}
		}
		return d.link(c.Context(), cs, []string{from, to}, linkOptions{path: true})
	})
}

// throughAnother returns a listing that waits for review and a key on a terrorism
// list: the two that are linked over the fewest steps, though the listing's vendor
// never names the key.
func throughAnother(ctx context.Context, cs *openCase, g *link.Graph, m *watchlist.Matcher) (listing, key string, err error) {
	var waiting []store.Item
	keys := map[string]bool{}
	for it, err := range cs.Items(ctx, store.Filter{Waiting: true}) {
		if err != nil {
			return "", "", err
		}
		waiting = append(waiting, it)
		hits, err := m.Hits(ctx, it.Listing, it.Assessment)
		if err != nil {
			return "", "", err
		}
		for _, h := range hits {
			if h.Row.Terror {
				keys[h.Identifier.Key] = true
			}
		}
	}
	v, steps := &linkView{Graph: g}, 0
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		for _, it := range waiting {
			p, ok := v.between(linkTarget{listing: it.Listing.ID}, linkTarget{key: k}, false)
			if ok && !namesKey(g, k, it.Listing) && (steps == 0 || len(p.Steps) < steps) {
				listing, key, steps = it.Listing.ID, k, len(p.Steps)
			}
		}
	}
	if steps == 0 {
		return "", "", errors.New("no listing is linked to a wallet on the list through another vendor's")
	}
	return listing, key, nil
}

// namesKey reports whether a listing's vendor names a key in any listing.
func namesKey(g *link.Graph, key string, l vigil.Listing) bool {
	for _, k := range g.Key(key) {
		for _, e := range k.Edges {
			if e.Listing.Vendor == l.Vendor {
				return true
			}
		}
	}
	return false
}

func (d *demo) review(c *cobra.Command, _ []fixtures.Market) error {
	return d.with("vigil demo", func(cs *openCase) error {
		reviewer := d.app
		reviewer.actor = demoReviewer
		p, err := reviewer.placeAt(c.Context(), cs)
		if err != nil {
			return err
		}
		item, err := p.Next(c.Context(), desk.Wish{})
		if err != nil {
			return err
		}
		d.listing = item.Listing.ID
		if err := reviewer.showItem(p, item, textOptions{}); err != nil {
			return err
		}
		_, err = p.Judge(c.Context(), desk.Choice{
			Listing: d.listing, Verdict: vigil.Relevant, Reason: "offer-of-person", Note: "decided by the demo, not by a person",
		})
		if err == nil {
			d.info("   decided: relevant")
		}
		return err
	})
}

// appendFile adds text to a file.
func appendFile(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(strings.TrimRight(text, "\n") + "\n"); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
