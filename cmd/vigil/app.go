package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/config"
	"vigil/internal/desk"
	"vigil/internal/display"
	"vigil/internal/seal"
	"vigil/internal/watchlist"
	"vigil/store"
)

// An app is one run of the program: its streams and its global flags.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	dir      string // of the case
	socks    string
	storeURL string
	key      string // file of the identity that opens an encrypted case
	lexicon  string // authorised, of age codes and groups
	actor    string
	json     bool
	guided   bool // something else says what to do next
	running  *cobra.Command

	page access.Person      // who acts on a page; the zero Person at the command line
	sink func(done, of int) // is told how far a long act is; nil for nobody
}

// command returns the command tree, in the order of the data.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "vigil",
		Short: "Find indicators of trafficking in market listings, under a legal order",
		Long: `vigil collects listings from the sources that a legal order names, through Tor;
says which show indicators of trafficking and which bytes say so; lets reviewers
decide; and exports evidence that others can check without it.

It assesses listings, never persons. An indicator prompts a review and proves nothing.

Try it: vigil demo`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           version(),
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args:              args(cobra.NoArgs), // so that an unknown command is wrong usage
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentPreRun = func(c *cobra.Command, _ []string) { a.running = c }
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return hint(usage(err), "%s --help", c.CommandPath())
	})
	f := root.PersistentFlags()
	f.StringVar(&a.dir, "case", ".", "folder of the case")
	f.StringVar(&a.socks, "socks", "", "Tor's SOCKS port: host:port or unix:PATH (default: [tor] socks of vigil.toml)")
	f.StringVar(&a.storeURL, "store", "", "where the case is kept, bolt:PATH or postgres://LOGIN@HOST/DATABASE?case=NAME (default: [store] url of vigil.toml)")
	f.StringVar(&a.key, "key", "", "file of the key that opens an encrypted case (default: [store] key of vigil.toml)")
	f.StringVar(&a.actor, "as", "", "account under which acts are logged (default: your login name)")
	f.BoolVar(&a.json, "json", false, "JSON lines where a table would be shown")
	cobra.EnableCommandSorting = false
	root.AddCommand(a.initCommand(), a.authorizeCommand(), a.sourceCommand(), a.sessionCommand(),
		a.crawlCommand(), a.whyCommand(), a.importCommand(), a.extractCommand(), a.profileCommand(),
		a.classifyCommand(), a.taxonomyCommand(), a.evalCommand(), a.trainCommand(),
		a.identifiersCommand(), a.watchlistCommand(), a.linkCommand(), a.duplicatesCommand(),
		a.searchCommand(), a.reviewCommand(), a.serveCommand(), a.runCommand(), a.bundleCommand(), a.exportCommand(), a.verifyCommand(), a.logCommand(), a.keyCommand(),
		a.checkCommand(), a.backupCommand(), a.restoreCommand(), a.copyCommand(), a.dbCommand(),
		a.holdCommand(), a.purgeCommand(), a.userCommand(), a.demoCommand())
	return root
}

// args wraps an argument check, so that wrong operands are wrong usage.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, operands []string) error {
		return hint(usage(check(c, operands)), "%s --help", c.CommandPath())
	}
}

// version names the program and the code that it was built from.
func version() string {
	bi, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v, dirty := "dev", ""
	for _, s := range bi.Settings {
		switch {
		case s.Key == "vcs.revision":
			v = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changed"
		}
	}
	return v + dirty
}

// tool is how the log and bundles name the program.
func tool() string { return "vigil " + version() }

// An openCase is a case that this process works on.
type openCase struct {
	dir    string
	config config.Config
	sealed bool // encrypted, and opened without its key
	barred bool // by the database from all but the logs
	keys   []seal.Key
	at     engine
	store.Store
	keeper *keeper // of checkpoints; nil if nothing is to be signed
	who    access.Person
	told   told // what was read of bundles
	lists  watchlist.Keeper
	recent desk.Recent // what everybody decided last
}

// configFile names the case's settings.
func (a *app) configFile() string { return filepath.Join(a.dir, config.Name) }

// path resolves a name in the case's folder.
func (c *openCase) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

// open opens the case for command, which others are told while it is open.
// address, if any, is where its pages are.
func (a *app) open(command, address string) (*openCase, error) {
	return a.openWith(command, address, false)
}

// openWith is open; audit says that it will do without the key.
func (a *app) openWith(command, address string, audit bool) (*openCase, error) {
	c, db, err := a.settings()
	if err != nil {
		return nil, err
	}
	ring, err := a.ring(db, c.path(c.config.Store.Key))
	if err != nil && !audit {
		return nil, fmt.Errorf("open the case in %s: %w", a.dir, err)
	}
	st, err := c.at.open(a.context(), opening{command: command, address: address, keys: dataKeys(ring), sealed: audit, index: a.indexed()})
	if err != nil {
		return nil, fmt.Errorf("open the case in %s: %w", a.dir, err)
	}
	c.Store, c.keys = st, dataKeys(ring)
	id, encrypted := st.KeyID()
	c.sealed = encrypted && !slices.ContainsFunc(c.keys, func(k seal.Key) bool { return k.ID == id })
	if err := a.settle(c.at, st, ring, db); err != nil {
		return nil, errors.Join(fmt.Errorf("open the case in %s: %w", a.dir, err), st.Close())
	}
	if c.sealed {
		return c, nil // nothing can be logged
	}
	if c.keeper, err = a.keep(c); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	switch c.who, err = a.mayRun(st); {
	case audit && isDenied(err):
		c.barred = true
	case err != nil:
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// context returns that of the command that runs.
func (a *app) context() context.Context {
	if a.running == nil || a.running.Context() == nil {
		return context.Background()
	}
	return a.running.Context()
}

// settings reads the case's, and says where its database is: what the names of the
// files beside it begin with.
func (a *app) settings() (c *openCase, db string, err error) {
	cfg, err := config.Read(a.configFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", hint(usagef("%s is no case: it has no %s", a.dir, config.Name), "vigil init DIR makes a case; --case DIR names one")
	case err != nil:
		return nil, "", usage(err)
	}
	if a.socks != "" {
		cfg.Tor.Socks = a.socks
	}
	if a.storeURL != "" {
		cfg.Store.URL = a.storeURL
	}
	c = &openCase{dir: a.dir, config: cfg}
	if c.at, err = engineAt(a.dir, cfg.Store.URL); err != nil {
		return nil, "", fmt.Errorf("--store: %w", err)
	}
	return c, c.at.beside(), nil
}

// Close signs checkpoints of what was logged, and releases the case.
func (c *openCase) Close() error {
	return errors.Join(c.keeper.end(), c.Store.Close())
}

// with opens the case, calls f, and closes it, whatever happens.
func (a *app) with(command string, f func(*openCase) error) error {
	return a.within(command, false, f)
}

// audit is with, but does without the key of an encrypted case: then c.sealed is
// true, and the logs can be read and checked, and little else. So it is with c.barred,
// for a login that may read no more.
func (a *app) audit(command string, f func(*openCase) error) error {
	return a.within(command, true, f)
}

func (a *app) within(command string, audit bool, f func(*openCase) error) (err error) {
	c, err := a.openWith(command, "", audit)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return f(c)
}

// who returns the account under which acts are logged.
func (a *app) who() string {
	if a.actor != "" {
		return a.actor
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

// sources returns the sources of the case's orders by their IDs.
func (c *openCase) sources(ctx context.Context) (map[string]vigil.Source, error) {
	all := map[string]vigil.Source{}
	for o, err := range c.Orders(ctx) {
		if err != nil {
			return nil, err
		}
		for _, s := range o.Sources {
			all[s.ID()] = s
		}
	}
	if len(all) == 0 {
		return nil, hint(fmt.Errorf("%w: the case in %s has no order", vigil.ErrRefused, c.dir), "vigil authorize ORDER.toml")
	}
	return all, nil
}

// info writes a line for the person at the terminal.
func (a *app) info(format string, args ...any) { fmt.Fprintf(a.stderr, format+"\n", args...) }

// next tells the person what to do next.
func (a *app) next(format string, args ...any) {
	if a.guided {
		return
	}
	text := fmt.Sprintf(format, args...)
	if a.dir != "." {
		text = strings.ReplaceAll(text, "vigil ", "vigil --case "+a.dir+" ")
	}
	a.info("next: %s", text)
}

// terminal reports whether w is one.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width returns how many columns w shows; 100 if it is no terminal.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 100
}

// writeJSON writes v as one JSON line.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// oneLine makes an error safe for a terminal: it may quote what a page said.
func oneLine(err error) string { return display.Visible(strings.ReplaceAll(err.Error(), "\n", "; ")) }
