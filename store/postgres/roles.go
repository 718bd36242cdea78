package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5"

	"vigil"
)

// A Role is what logins of a database may do in a case, beside others: each case has
// its own roles, with its name in front.
type Role string

// The roles of a case. A login may have several.
const (
	Crawler    Role = "crawler"    // leases fetches, adds pages and the facts read off them, pauses sources
	Classifier Role = "classifier" // reads pages, adds the facts read off them and assessments
	Reviewer   Role = "reviewer"   // claims and decides; what serves the pages has it
	Auditor    Role = "auditor"    // reads the logs, and nothing else
	Owner      Role = "owner"      // orders, holds, watchlists, erasures, and the tables themselves
)

// Roles returns all of them.
func Roles() []Role { return []Role{Crawler, Classifier, Reviewer, Auditor, Owner} }

// In is the name that r has in the database, for a case.
func (r Role) In(name string) string { return name + "_" + string(r) }

// adds returns the types of records that a worker may add; the owner may add any.
func (r Role) adds() []string {
	switch r {
	case Crawler:
		return []string{vigil.TypePage, vigil.TypeListing}
	case Classifier:
		return []string{vigil.TypeListing, vigil.TypeAssessment}
	case Reviewer:
		return []string{vigil.TypeDecision, vigil.TypeRemark, vigil.TypeTie, vigil.TypeFilter, vigil.TypeAccount}
	}
	return nil
}

//go:embed schema/roles.sql
var rolesSQL string

// RolesSQL returns the statements that make the roles of a case and give them their
// rights, in one transaction. They may be run again.
func RolesSQL(name string) (string, error) {
	if !caseName.MatchString(name) {
		return "", fmt.Errorf("case %q: want a name of at most 48 small letters, digits and _, a letter first", name)
	}
	type writes struct{ Role, Types string }
	data := struct {
		Case, Others, Workers string
		Roles                 []Role
		Writes                []writes
	}{Case: name, Roles: Roles()}
	var others, workers []string
	for _, r := range data.Roles {
		if r != Owner {
			others = append(others, r.In(name))
		}
		if types := r.adds(); types != nil {
			workers = append(workers, r.In(name))
			data.Writes = append(data.Writes, writes{string(r), "'" + strings.Join(types, "', '") + "'"})
		}
	}
	data.Others, data.Workers = strings.Join(others, ", "), strings.Join(workers, ", ")
	t, err := template.New("roles").Option("missingkey=error").Parse(rolesSQL)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

// GrantSQL returns the statement that gives a role of a case to a login.
func GrantSQL(name string, r Role, login string) (string, error) {
	if !caseName.MatchString(name) {
		return "", fmt.Errorf("case %q: want a name of at most 48 small letters, digits and _, a letter first", name)
	}
	if !slices.Contains(Roles(), r) {
		return "", fmt.Errorf("role %q: want one of %s", r, roleNames())
	}
	if login == "" || strings.ContainsRune(login, 0) || len(login) > 63 {
		return "", fmt.Errorf("login %q: want a name of 1 to 63 bytes", login)
	}
	return fmt.Sprintf("GRANT %s TO %s;\n", r.In(name), pgx.Identifier{login}.Sanitize()), nil
}

func roleNames() string {
	var names []string
	for _, r := range Roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// Run runs such statements in the database of an address, as the login that it names.
func Run(ctx context.Context, address, statements string) error {
	c, _, err := ParseAddress(address)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, statements)
	return denied(c.ConnConfig.User, err)
}
