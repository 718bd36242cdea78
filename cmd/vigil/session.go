package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/session"
)

// Where a case keeps its sessions, and what wraps their key.
const (
	sessionsDir    = "sessions"
	sessionKeyFile = "keys/session.txt"
	passphraseName = "VIGIL_PASSPHRASE"
)

// Actions of the custody log that only this file knows.
const (
	actSessionImport = "session.import"
	actSessionForget = "session.forget"
)

// leftWords say to people why a cookie was left out.
var leftWords = map[session.Reason]string{
	session.NotOnion:  "for no onion service",
	session.OtherHost: "for another onion service",
	session.Malformed: "malformed or too long",
	session.Expired:   "expired",
	session.Double:    "replaced by a later one",
}

func (a *app) sessionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "session",
		Short: "Take in the cookies of an account whose use an order allows",
		Long: `session keeps the login of an account whose use an order allows (session_allowed =
true). A person logs in with a browser and exports its cookies; the crawl of that
source, and of no other, then goes on with them, on circuits of its own.

Sessions are sealed in sessions/, with the key in ` + sessionKeyFile + `. Set
` + passphraseName + ` before the first import to have a passphrase guard the key; it is
then wanted whenever a session is used. Cookies are never shown, logged or exported.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.sessionImportCommand(), a.sessionListCommand(), a.sessionForgetCommand())
	return c
}

// vault returns where the sessions of cs are kept.
func (cs *openCase) vault() (*session.Vault, error) {
	return session.New(session.Config{
		Dir: cs.path(sessionsDir), KeyFile: cs.path(sessionKeyFile), Passphrase: os.Getenv(passphraseName), Now: time.Now,
	})
}

// sessionSource returns the source that name means.
func sessionSource(ctx context.Context, cs *openCase, command, name string) (vigil.Source, error) {
	if name == "" {
		return vigil.Source{}, hint(usagef("session %s: no source", command), "a session is for one source: --source NAME")
	}
	sources, err := cs.sources(ctx)
	if err != nil {
		return vigil.Source{}, err
	}
	st := &stages{sources: sources}
	id, err := st.chosen(name)
	return sources[id], err
}

// sessionHint adds what to do about a session that cannot be read or written.
func sessionHint(cs *openCase, err error) error {
	switch {
	case errors.Is(err, session.ErrPassphrase):
		return hint(err, "the passphrase is read from the environment: %s", passphraseName)
	case errors.Is(err, session.ErrExposed):
		return hint(err, "chmod 600 %s; if others may have read it, end the account's login, then import anew", cs.path(sessionKeyFile))
	}
	return err
}

func (a *app) sessionImportCommand() *cobra.Command {
	var source, userAgent string
	c := &cobra.Command{
		Use:   "import FILE --source NAME",
		Short: "Seal the cookies that a browser exported",
		Long: `import reads FILE, or standard input for -, as a browser or its extensions export
cookies (Netscape cookies.txt, or JSON), and seals those that are for the source's
hosts. It replaces the session that the source had.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.with("vigil session import", func(cs *openCase) error {
				return a.importSession(c.Context(), cs, operands, source, userAgent)
			})
		},
	}
	c.Flags().StringVar(&source, "source", "", "the source that the cookies are for: NAME or ORDER/NAME (required)")
	c.Flags().StringVar(&userAgent, "user-agent", "", "User-Agent of the browser that logged in (default: the crawl's own)")
	return c
}

func (a *app) importSession(ctx context.Context, cs *openCase, operands []string, source, userAgent string) error {
	src, err := sessionSource(ctx, cs, "import", source)
	if err != nil {
		return err
	}
	if err := session.Allowed(src, time.Now()); err != nil {
		return hint(fmt.Errorf("session import: %w", err), "a session needs an order in force that says session_allowed = true for the source")
	}
	cookies, name, err := a.readCookies(operands)
	if err != nil {
		return err
	}
	v, err := cs.vault()
	if err != nil {
		return err
	}
	jar, left, err := v.Import(cookies, src, userAgent)
	if errors.Is(err, session.ErrNoCookies) {
		a.tellLeft(left)
		return hint(usage(fmt.Errorf("%s: %w", name, err)), "log in to %s with the browser, then export its cookies", strings.Join(src.Hosts, " or "))
	}
	if err != nil {
		return sessionHint(cs, usage(fmt.Errorf("session import: %w", err)))
	}
	replaced := v.Has(src)
	if err := a.recordImport(ctx, cs, src, jar.Info(), left, replaced); err != nil {
		return err
	}
	if err := jar.Save(); err != nil {
		return sessionHint(cs, err)
	}
	a.info("session %s of %s: %d cookies taken, %d left out", jar.Info().Session, src.ID(), jar.Info().Cookies, left.Total())
	a.tellLeft(left)
	if replaced {
		a.info("it replaces the session that %s had", src.ID())
	}
	if operands[0] != "-" {
		a.info("delete %s now: whoever reads it can use the account", display.Visible(name))
	}
	a.next("vigil crawl --source %s", src.ID())
	return nil
}

// readCookies reads an export. Its errors are those of the form only.
func (a *app) readCookies(operands []string) ([]session.Cookie, string, error) {
	in, name, err := a.input(operands)
	if err != nil {
		return nil, "", err
	}
	defer in.Close()
	cookies, err := session.Parse(in)
	if err != nil {
		return nil, "", usage(fmt.Errorf("%s: %w", name, err))
	}
	return cookies, name, nil
}

// recordImport logs an import, before anything is written: there is no session
// of which the log does not speak.
func (a *app) recordImport(ctx context.Context, cs *openCase, src vigil.Source, i session.Info, left session.Left, replaced bool) error {
	details := map[string]string{"cookies": strconv.Itoa(i.Cookies), "left_out": strconv.Itoa(left.Total()), "replaced": strconv.FormatBool(replaced)}
	for why, n := range left {
		details["left_out_"+string(why)] = strconv.Itoa(n)
	}
	_, err := cs.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: actSessionImport, Order: src.Order,
		Object: vigil.Object{Type: "session", ID: src.ID()}, Details: details,
	}})
	return err
}

// tellLeft says how many cookies were left out, and why.
func (a *app) tellLeft(left session.Left) {
	for _, why := range session.Reasons() {
		if n := left[why]; n > 0 {
			a.info("  %d %s", n, leftWords[why])
		}
	}
}

func (a *app) sessionListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show which sources have a session, and until when",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil session list", func(cs *openCase) error { return a.listSessions(c.Context(), cs) })
		},
	}
}

func (a *app) listSessions(ctx context.Context, cs *openCase) error {
	sources, err := cs.sources(ctx)
	if err != nil {
		return err
	}
	v, err := cs.vault()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	var faults error
	shown := 0
	for _, id := range slices.Sorted(maps.Keys(sources)) {
		if !v.Has(sources[id]) {
			continue
		}
		jar, err := v.Open(sources[id])
		if err != nil {
			faults = errors.Join(faults, sessionHint(cs, err))
			continue
		}
		if err := a.showSession(w, jar.Info(), shown == 0); err != nil {
			return err
		}
		shown++
	}
	if err := errors.Join(w.Flush(), faults); err != nil {
		return err
	}
	if shown == 0 {
		a.info("no source has a session")
	}
	return nil
}

func (a *app) showSession(w *tabwriter.Writer, i session.Info, first bool) error {
	if a.json {
		return writeJSON(a.stdout, i)
	}
	if first {
		fmt.Fprintln(w, "SOURCE\tIMPORTED\tCOOKIES\tEARLIEST EXPIRY\tSESSION")
	}
	expires := "none"
	if !i.Expires.IsZero() {
		expires = i.Expires.UTC().Format(time.DateTime)
	}
	_, err := fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", i.Source, i.Imported.UTC().Format(time.DateTime), i.Cookies, expires, i.Session)
	return err
}

func (a *app) sessionForgetCommand() *cobra.Command {
	var source, reason string
	c := &cobra.Command{
		Use:   "forget --source NAME --reason TEXT",
		Short: "Overwrite and delete a session",
		Long: `forget overwrites and deletes the session of a source, and with the last session
the key. It needs no passphrase. The account stays logged in at the service until it
is logged out there.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil session forget", func(cs *openCase) error {
				return a.forgetSession(c.Context(), cs, source, reason)
			})
		},
	}
	c.Flags().StringVar(&source, "source", "", "whose session: NAME or ORDER/NAME (required)")
	c.Flags().StringVar(&reason, "reason", "", "why, for the log (required)")
	return c
}

func (a *app) forgetSession(ctx context.Context, cs *openCase, source, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return hint(usagef("session forget: no reason"), "the log keeps why: --reason TEXT")
	}
	src, err := sessionSource(ctx, cs, "forget", source)
	if err != nil {
		return err
	}
	v, err := cs.vault()
	if err != nil {
		return err
	}
	err = v.Forget(src)
	if errors.Is(err, fs.ErrNotExist) {
		return usage(hint(fmt.Errorf("session forget: %s has no session", src.ID()), "vigil session list"))
	}
	if err != nil {
		return err
	}
	_, err = cs.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: actSessionForget, Order: src.Order, Reason: reason,
		Object: vigil.Object{Type: "session", ID: src.ID()},
	}})
	if err != nil {
		return fmt.Errorf("the session of %s is gone, but the log could not be written: %w", src.ID(), err)
	}
	a.info("forgot the session of %s", src.ID())
	return nil
}
