package vigil

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// A Role is a set of acts that an account may do; internal/access says which.
type Role string

// The roles.
const (
	Operator     Role = "operator"     // sources and crawls; sees no content
	Reviewer     Role = "reviewer"     // the queue
	Adjudicator  Role = "adjudicator"  // what readers differ about, and what is restricted
	Investigator Role = "investigator" // the whole case: search, links, watchlists
	Exporter     Role = "exporter"     // seals bundles
	Approver     Role = "approver"     // agrees that they leave
	Auditor      Role = "auditor"      // logs and checks; sees no content
	Admin        Role = "admin"        // accounts and settings; sees no content
)

// Roles lists every role with what it is for.
func Roles() []struct {
	Role    Role
	Meaning string
} {
	return []struct {
		Role    Role
		Meaning string
	}{
		{Operator, "runs crawls and imports; sees no content"},
		{Reviewer, "reads what waits and decides"},
		{Adjudicator, "decides where two readers differ, and handles what is restricted"},
		{Investigator, "searches the case, follows links and watchlist hits"},
		{Exporter, "drafts and seals bundles"},
		{Approver, "agrees that a bundle leaves"},
		{Auditor, "reads and checks the logs; sees no content"},
		{Admin, "makes accounts and gives roles; sees no content"},
	}
}

// An Account is a person who may use the case. A case without any belongs to
// whoever can read its file: solo mode. The zero Account may do nothing.
// A newer version with the same name replaces the earlier.
type Account struct {
	Name     string    `json:"name"`
	Roles    []Role    `json:"roles"`
	Disabled bool      `json:"disabled,omitempty"`
	By       string    `json:"by"` // who made this version
	At       time.Time `json:"at"`
	// Credentials is the SHA-256 of how the person proves who they are, which a
	// file beside the case holds; empty while there is nothing. It ties the file to
	// the log: who changes the one without the other cannot sign in.
	Credentials string `json:"credentials,omitempty"`
	// ApprovedBy is a second admin who agreed, where two are needed: to give the
	// roles of approver or admin.
	ApprovedBy string `json:"approved_by,omitempty"`
}

// accountForm is what names of accounts look like.
var accountForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// Ref implements [Record]. Accounts belong to the case.
func (a Account) Ref() (typ, id, order string) { return TypeAccount, a.Name, "" }

// Has reports whether the account, if it is not disabled, has a role.
func (a Account) Has(r Role) bool { return !a.Disabled && slices.Contains(a.Roles, r) }

// Check reports what keeps a from being an account.
func (a Account) Check() error {
	if !accountForm.MatchString(a.Name) {
		return fmt.Errorf("account %q: want a-z, 0-9, and . _ @ - inside, at most 64 of them", a.Name)
	}
	for i, r := range a.Roles {
		if !slices.ContainsFunc(Roles(), func(k struct {
			Role    Role
			Meaning string
		}) bool {
			return k.Role == r
		}) {
			return fmt.Errorf("account %s: unknown role %q", a.Name, r)
		}
		if slices.Contains(a.Roles[:i], r) {
			return fmt.Errorf("account %s: role %s is given twice", a.Name, r)
		}
	}
	if a.By == "" || a.At.IsZero() {
		return fmt.Errorf("account %s: no person or no time: want both", a.Name)
	}
	return nil
}

// A SavedFilter is a query that somebody keeps. A newer version with the same ID
// replaces the earlier; one with an empty Query ends it.
type SavedFilter struct {
	ID    string    `json:"id"` // see [NewFilterID]
	Owner string    `json:"owner"`
	Name  string    `json:"name"`
	Query string    `json:"query"` // as the search page takes it
	At    time.Time `json:"at"`
}

// NewFilterID returns the ID of a saved filter: one person has one of a name.
func NewFilterID(owner, name string) string { return hashID("filter", owner, name) }

// Ref implements [Record]. Saved filters belong to the case.
func (f SavedFilter) Ref() (typ, id, order string) { return TypeFilter, f.ID, "" }

// Check reports what keeps f from being a saved filter.
func (f SavedFilter) Check() error {
	const maxName, maxQuery = 80, 1000
	switch {
	case f.Owner == "" || f.Name == "" || len(f.Name) > maxName || len(f.Query) > maxQuery || f.At.IsZero():
		return fmt.Errorf("filter %q of %q: want an owner, a name of at most %d bytes, a query of at most %d, and a time", f.Name, f.Owner, maxName, maxQuery)
	case f.ID != NewFilterID(f.Owner, f.Name):
		return fmt.Errorf("filter %q: its ID does not follow from it: make it with vigil.NewFilterID", f.Name)
	}
	return nil
}
