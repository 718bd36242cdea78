package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"vigil/internal/config"
	"vigil/internal/display"
	"vigil/store/postgres"
)

func (a *app) dbCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "db",
		Short: "Say who may do what in the database of a shared case",
		Long: `A case on a PostgreSQL server is shared by machines, each with a login of its own.
A login has one role or more, and the database refuses what no role of it may:

  crawler     leases fetches, adds pages and the facts read off them, pauses sources
  classifier  reads pages, adds the facts read off them and assessments
  reviewer    claims and decides; whatever serves the pages of the review has it
  auditor     reads the logs, and nothing else
  owner       orders, holds, watchlists, erasures, and the tables themselves

Logins and their passwords or certificates are the business of who runs the database.
--store, or [store] url of vigil.toml, says where the case is: postgres://LOGIN@HOST/DATABASE?case=NAME.
Off this machine it needs sslmode=verify-full. A password has no place in it, for other
users of the machine can read command lines: put it into ~/.pgpass.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.dbInitCommand(), a.dbGrantCommand())
	return c
}

func (a *app) dbInitCommand() *cobra.Command {
	var print bool
	c := &cobra.Command{
		Use:   "init",
		Short: "Make the roles of a case, and give them their rights",
		Long: `Makes the roles NAME_crawler, NAME_classifier, NAME_reviewer, NAME_auditor and NAME_owner
of the case NAME, and gives them their rights, as a login that owns the case and may make roles.
It may be run again, and must be after an update of vigil that changed the tables.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			address, name, err := a.database()
			if err != nil {
				return err
			}
			sql, err := postgres.RolesSQL(name)
			if err != nil {
				return err
			}
			return a.runSQL(c.Context(), address, sql, print, "case "+name+" has its roles; give them to logins with vigil db grant")
		},
	}
	printFlag(c, &print)
	return c
}

func (a *app) dbGrantCommand() *cobra.Command {
	var print bool
	c := &cobra.Command{
		Use:   "grant ROLE LOGIN",
		Short: "Give a role of a case to a login",
		Args:  args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, names []string) error {
			role, login := postgres.Role(names[0]), names[1]
			address, name, err := a.database()
			if err != nil {
				return err
			}
			sql, err := postgres.GrantSQL(name, role, login)
			if err != nil {
				return usage(err)
			}
			return a.runSQL(c.Context(), address, sql, print, fmt.Sprintf("%s is %s of case %s", display.Visible(login), role, name))
		},
	}
	printFlag(c, &print)
	return c
}

func printFlag(c *cobra.Command, print *bool) {
	c.Flags().BoolVar(print, "print", false, "print the SQL for who runs the database, and connect to nothing")
}

// database returns where a shared case is, and its name there.
func (a *app) database() (address, name string, err error) {
	url := a.storeURL
	if url == "" {
		cfg, err := config.Read(a.configFile())
		if err != nil {
			return "", "", usage(err)
		}
		url = cfg.Store.URL
	}
	at, err := engineAt(a.dir, url)
	if err != nil {
		return "", "", err
	}
	s, ok := at.(onServer)
	if !ok {
		return "", "", hint(usagef("the case is in a file, which knows no roles: %s", url), "--store postgres://LOGIN@HOST/DATABASE?case=NAME names one that is shared")
	}
	return s.address, s.name, nil
}

// runSQL prints statements, or runs them and says what is so then.
func (a *app) runSQL(ctx context.Context, address, sql string, print bool, done string) error {
	if print {
		_, err := fmt.Fprint(a.stdout, sql)
		return err
	}
	if err := postgres.Run(ctx, address, sql); err != nil {
		return err
	}
	a.info("%s", done)
	return nil
}
