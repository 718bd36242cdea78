package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/account"
	"vigil/internal/config"
)

// accountsFile holds how people prove who they are.
const accountsFile = "keys/accounts.json"

func (a *app) userCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "user",
		Short: "Say who may use the case, and what they may do",
		Long: `user makes accounts and gives them roles. A case without accounts is for one person:
whoever can read its file. Once it has accounts, people sign in to its pages with a
password and a passkey, and each does what their roles allow; so does this program,
under the account of --as.

Credentials are in ` + accountsFile + `; the case's log names the hash of each set, so that
who changes the file alone lets nobody in. Backups leave it out: after a restore without
it, vigil user reset makes new links. Roles on one machine keep honest people from slips:
who can read the case and its key can do what the files allow.

While vigil serve has the case, use its page /users.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil user", func(cs *openCase) error { return a.listUsers(c.Context(), cs) })
		},
	}
	c.AddCommand(a.userListCommand(), a.userAddCommand(), a.userGrantCommand(), a.userConfirmCommand(),
		a.userOnCommand("disable", "Keep an account from doing anything, and end its sessions", "is disabled", (*account.Keeper).Disable),
		a.userOnCommand("enable", "Let a disabled account go on", "is enabled", (*account.Keeper).Enable),
		a.userResetCommand(), a.userTokenCommand())
	return c
}

// accountsOf opens the accounts of a case.
func (cs *openCase) accountsOf() (*account.Keeper, error) {
	name := cs.path(accountsFile)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	return account.Open(cs, account.Options{File: name, Now: time.Now})
}

// users opens the case and its accounts for command.
func (a *app) users(command string, f func(*openCase, *account.Keeper) error) error {
	return a.with(command, func(cs *openCase) error {
		k, err := cs.accountsOf()
		if err != nil {
			return err
		}
		return f(cs, k)
	})
}

func (a *app) userListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the accounts, their roles, and what waits for a second admin", Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with("vigil user list", func(cs *openCase) error { return a.listUsers(c.Context(), cs) })
		},
	}
}

// A listedUser is a line of vigil user list --json.
type listedUser struct {
	vigil.Account
	Passkeys []account.Credential `json:"passkeys"`
	Tokens   []account.Credential `json:"tokens"`
	Proposed string               `json:"proposed,omitempty"`
}

func (a *app) listUsers(ctx context.Context, cs *openCase) error {
	k, err := cs.accountsOf()
	if err != nil {
		return err
	}
	as, err := k.All(ctx)
	if err != nil {
		return err
	}
	if len(as) == 0 {
		a.info("no accounts: whoever can read the case's file may do everything")
		a.next("vigil user add NAME --role admin")
		return nil
	}
	waits := map[string]string{}
	for _, p := range k.Proposals() {
		waits[p.Account] = p.Change() + ", proposed by " + p.By
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, acc := range as {
		u := listedUser{Account: acc, Proposed: waits[acc.Name]}
		if u.Passkeys, err = k.Passkeys(ctx, acc.Name); err != nil {
			return err
		}
		if u.Tokens, err = k.Tokens(ctx, acc.Name); err != nil {
			return err
		}
		if err := a.listUser(w, u); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (a *app) listUser(w *tabwriter.Writer, u listedUser) error {
	if a.json {
		return writeJSON(a.stdout, u)
	}
	state := "active"
	switch {
	case u.Disabled:
		state = "disabled"
	case len(u.Passkeys) == 0:
		state = "not enrolled"
	}
	wait := ""
	if u.Proposed != "" {
		wait = "waits: " + u.Proposed
	}
	_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%d passkeys, %d tokens\t%s\n", u.Name, state, roleList(u.Roles), len(u.Passkeys), len(u.Tokens), wait)
	return err
}

func roleList(rs []vigil.Role) string {
	if len(rs) == 0 {
		return "no role"
	}
	var ws []string
	for _, r := range rs {
		ws = append(ws, string(r))
	}
	return strings.Join(ws, ", ")
}

// roleHelp lists the roles with what they are for.
func roleHelp() string {
	var b strings.Builder
	for _, r := range vigil.Roles() {
		fmt.Fprintf(&b, "\n  %-13s %s", r.Role, r.Meaning)
	}
	return b.String()
}

func (a *app) userAddCommand() *cobra.Command {
	var roles []string
	c := &cobra.Command{
		Use:   "add NAME --role ROLE…",
		Short: "Make an account, and a link by which its person sets up how they sign in",
		Long: `add makes an account and prints a link, which works once within 24 hours. The first
account must be an admin; with it the case stops being one person's. The roles approver
and admin take two admins: another one confirms them (vigil user confirm). A sole admin
may make the second.

Roles:` + roleHelp(),
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			rs, err := account.ParseRoles(roles...)
			if err != nil {
				return hint(usage(err), "--role reviewer,investigator")
			}
			return a.users("vigil user add", func(cs *openCase, k *account.Keeper) error { return a.addUser(c.Context(), cs, k, operands[0], rs) })
		},
	}
	c.Flags().StringSliceVar(&roles, "role", nil, "what the person may do (required; may be repeated)")
	return c
}

func (a *app) addUser(ctx context.Context, cs *openCase, k *account.Keeper, name string, rs []vigil.Role) error {
	first := cs.who.Solo
	if err := (vigil.Account{Name: name, By: a.who(), At: time.Now()}).Check(); err != nil {
		return usage(err)
	}
	m, err := k.Add(ctx, cs.who, name, rs)
	if err != nil {
		return userHint(err)
	}
	if first {
		a.info("this case has accounts from now on: only they act in it, and sign in to its pages with a password and a passkey; the link of vigil serve lets nobody in any more")
	}
	a.info("account %s: %s", name, roleList(m.Given))
	a.sayProposed(name, m.Proposed)
	if err := a.printEnrolment(cs, m.Secret); err != nil {
		return err
	}
	if first {
		a.next("vigil --as %s user add NAME --role ROLE", name)
	}
	return nil
}

// userHint adds the next step to a refusal.
func userHint(err error) error { return hint(err, "vigil user list shows the accounts") }

func (a *app) sayProposed(name string, rs []vigil.Role) {
	if len(rs) > 0 {
		a.info("proposed for %s: %s; another admin confirms it", name, roleList(rs))
		a.next("vigil --as OTHER-ADMIN user confirm %s", name)
	}
}

// printEnrolment prints a link, once: on standard output it can be taken on.
func (a *app) printEnrolment(cs *openCase, secret string) error {
	if secret == "" {
		return nil
	}
	link := origin(cs.config.Serve, cs.config.Serve.Address) + "/enrol?token=" + secret
	a.info("give the person this link, on a way that only they read; it works once, until %s, while vigil serve runs:", time.Now().Add(account.EnrolTerm).Format("2006-01-02 15:04"))
	if a.json {
		return writeJSON(a.stdout, map[string]string{"link": link})
	}
	_, err := fmt.Fprintln(a.stdout, link)
	return err
}

// origin is the address that passkeys are bound to: the first of the names, or
// localhost, as they need a name.
func origin(s config.Serve, address string) string {
	_, port := splitPort(address)
	scheme, usual := "http://", "80"
	if s.TLSCert != "" {
		scheme, usual = "https://", "443"
	}
	host := "localhost"
	if len(s.Hosts) > 0 {
		var own string
		if host, own = splitPort(s.Hosts[0]); own != "" {
			port = own
		}
	}
	if port == usual || port == "" {
		return scheme + host
	}
	return scheme + host + ":" + port
}

// splitPort parts a host from its port, which is empty if there is none.
func splitPort(s string) (host, port string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+1:]
}

func (a *app) userGrantCommand() *cobra.Command {
	var take bool
	c := &cobra.Command{
		Use:   "grant NAME ROLE…",
		Short: "Give an account roles, or with --revoke take them",
		Long: `grant gives roles at once, also to people who are signed in; approver and admin once
another admin has confirmed them. --revoke takes roles. That of another admin can only
be taken a week after their account was disabled.

Roles:` + roleHelp(),
		Args: args(cobra.MinimumNArgs(2)),
		RunE: func(c *cobra.Command, operands []string) error {
			rs, err := account.ParseRoles(operands[1:]...)
			if err != nil {
				return usage(err)
			}
			return a.users("vigil user grant", func(cs *openCase, k *account.Keeper) error {
				if take {
					err := k.Revoke(c.Context(), cs.who, operands[0], rs)
					if err == nil {
						a.info("taken from %s: %s", operands[0], roleList(rs))
					}
					return userHint(err)
				}
				m, err := k.Grant(c.Context(), cs.who, operands[0], rs)
				if err != nil {
					return userHint(err)
				}
				if len(m.Given) > 0 {
					a.info("given to %s: %s", operands[0], roleList(m.Given))
				}
				a.sayProposed(operands[0], m.Proposed)
				return nil
			})
		},
	}
	c.Flags().BoolVar(&take, "revoke", false, "take the roles instead")
	return c
}

func (a *app) userConfirmCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "confirm NAME",
		Short: "Agree, as another admin, to what is proposed for an account",
		Long: `confirm does what another admin proposed: roles that take two admins, or a new link for
somebody who has such a role. Ask the person before you do.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.users("vigil user confirm", func(cs *openCase, k *account.Keeper) error {
				p, secret, err := k.Confirm(c.Context(), cs.who, operands[0])
				if err != nil {
					return userHint(err)
				}
				a.info("confirmed for %s: %s, which %s proposed", p.Account, p.Change(), p.By)
				return a.printEnrolment(cs, secret)
			})
		},
	}
}

// userOnCommand makes a command that does one thing to an account.
func (a *app) userOnCommand(name, short, done string, do func(*account.Keeper, context.Context, access.Person, string) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " NAME", Short: short, Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.users("vigil user "+name, func(cs *openCase, k *account.Keeper) error {
				if err := do(k, c.Context(), cs.who, operands[0]); err != nil {
					return userHint(err)
				}
				a.info("%s %s", operands[0], done)
				return nil
			})
		},
	}
}

func (a *app) userResetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reset NAME",
		Short: "Take an account's password, passkeys and tokens, and make a new link",
		Long: `reset is for who lost how they sign in, or where somebody else may have it. Their sessions
end. Where the account approves releases or makes accounts, another admin confirms it.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.users("vigil user reset", func(cs *openCase, k *account.Keeper) error {
				secret, err := k.Reset(c.Context(), cs.who, operands[0])
				if err != nil {
					return userHint(err)
				}
				if secret == "" {
					a.info("proposed: a new link for %s; another admin confirms it", operands[0])
					a.next("vigil --as OTHER-ADMIN user confirm %s", operands[0])
				}
				return a.printEnrolment(cs, secret)
			})
		},
	}
}

func (a *app) userTokenCommand() *cobra.Command {
	var label, revoke string
	var days int
	c := &cobra.Command{
		Use:   "token NAME --label LABEL",
		Short: "Make a token by which programs act in somebody's name, or revoke one",
		Long: `token makes a token for the API and prints it once. A program that shows it acts as NAME,
with their roles, but for what asks to prove anew who one is. Only NAME makes it
(--as NAME); an admin may revoke it.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			name := operands[0]
			if (label == "") == (revoke == "") {
				return usagef("user token: want --label LABEL to make one, or --revoke LABEL")
			}
			return a.users("vigil user token", func(cs *openCase, k *account.Keeper) error {
				if revoke != "" {
					err := k.RevokeToken(c.Context(), cs.who, name, revoke)
					if err == nil {
						a.info("the token %q of %s is revoked", revoke, name)
					}
					return userHint(err)
				}
				return a.makeToken(c.Context(), cs, k, name, label, days)
			})
		},
	}
	c.Flags().StringVar(&label, "label", "", "what the token is called")
	c.Flags().IntVar(&days, "days", 90, "for how many days it works, at most 366")
	c.Flags().StringVar(&revoke, "revoke", "", "revoke the token of this label")
	return c
}

func (a *app) makeToken(ctx context.Context, cs *openCase, k *account.Keeper, name, label string, days int) error {
	if cs.who.Account != name {
		return hint(fmt.Errorf("a token of %s: %w: it acts in their name, so only they make it", name, vigil.ErrRefused), "--as %s", name)
	}
	if days < 1 || days > 366 {
		return usagef("--days %d: want 1 to 366", days)
	}
	secret, err := k.NewToken(ctx, cs.who, label, time.Duration(days)*24*time.Hour)
	if err != nil {
		return userHint(err)
	}
	a.info("token %q of %s, for %d days; it is not shown again:", label, name, days)
	if a.json {
		return writeJSON(a.stdout, map[string]string{"token": secret})
	}
	_, err = fmt.Fprintln(a.stdout, secret)
	return err
}
