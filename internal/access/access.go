// Package access says who may do what in a case: deny by default, one table.
//
// It is asked below the pages, the API and the command line, by what they all go
// through, so that no handler can forget it.
package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
)

// An Act is something that an account may or may not do.
type Act string

// The acts. Those under "content" show or change what was captured.
const (
	// Content.
	ReadQueue      Act = "read-queue"
	ReadItem       Act = "read-item"
	Reveal         Act = "reveal" // identifiers in full
	Decide         Act = "decide"
	Remark         Act = "remark"
	Assign         Act = "assign"
	Adjudicate     Act = "adjudicate"
	ReadRestricted Act = "read-restricted" // listings in which a minor is suspected
	Search         Act = "search"
	ReadLinks      Act = "read-links"
	Tie            Act = "tie"
	ReadHits       Act = "read-hits"
	Export         Act = "export" // files for other systems

	// Bundles.
	ReadBundles Act = "read-bundles"
	Draft       Act = "draft"
	Seal        Act = "seal"
	Approve     Act = "approve"
	Release     Act = "release"

	// Without content.
	ReadStats  Act = "read-stats"
	ReadPairs  Act = "read-pairs" // of statistics: which two people agree how far
	ReadCase   Act = "read-case"  // sources and how crawls fare
	Crawl      Act = "crawl"      // and import, pause, resume, classify
	Authorise  Act = "authorise"
	Watchlists Act = "watchlists"
	ReadLog    Act = "read-log"
	CheckLog   Act = "check-log"
	Accounts   Act = "accounts"
	Settings   Act = "settings" // keys, backups, the case file
	Erase      Act = "erase"
	Hold       Act = "hold"
)

// Acts lists every act.
func Acts() []Act {
	return []Act{
		ReadQueue, ReadItem, Reveal, Decide, Remark, Assign, Adjudicate, ReadRestricted, Search, ReadLinks, Tie, ReadHits, Export,
		ReadBundles, Draft, Seal, Approve, Release,
		ReadStats, ReadPairs, ReadCase, Crawl, Authorise, Watchlists, ReadLog, CheckLog, Accounts, Settings, Erase, Hold,
	}
}

// allowed returns what a role may do; nothing for an unknown one.
func allowed(r vigil.Role) []Act {
	switch r {
	case vigil.Operator:
		return []Act{ReadCase, Crawl, Authorise, Watchlists, ReadStats}
	case vigil.Reviewer:
		return []Act{ReadQueue, ReadItem, Reveal, Decide, Remark, ReadStats}
	case vigil.Adjudicator:
		return []Act{ReadQueue, ReadItem, Reveal, Decide, Remark, Assign, Adjudicate, ReadRestricted, ReadLinks, ReadHits, ReadStats, ReadPairs}
	case vigil.Investigator:
		return []Act{ReadQueue, ReadItem, Reveal, Remark, Search, ReadLinks, Tie, ReadHits, ReadCase, ReadStats, ReadBundles, Watchlists}
	case vigil.Exporter:
		return []Act{ReadItem, Search, ReadBundles, Draft, Seal, Release, Export}
	case vigil.Approver:
		return []Act{ReadItem, ReadBundles, Approve, Release}
	case vigil.Auditor:
		return []Act{ReadLog, CheckLog, ReadStats, ReadPairs, ReadBundles, ReadCase}
	case vigil.Admin:
		return []Act{Accounts, Settings, Erase, Hold, ReadCase, ReadPairs}
	}
	return nil
}

// Fresh is how long after proving who they are a person may do what asks for it.
const Fresh = 5 * time.Minute

// asksAnew are the acts for which a person proves anew who they are (OWASP ASVS
// 5.0, 7.5.3).
func asksAnew(a Act) bool {
	return slices.Contains([]Act{ReadRestricted, Release, Approve, Accounts, Erase, Settings}, a)
}

// ErrStepUp says that the person may do it once they have proved anew who they are.
var ErrStepUp = fmt.Errorf("%w: sign in anew for this", vigil.ErrRefused)

// errNobody refuses acts without an actor, which could not be logged.
var errNobody = errors.New("no account is named: want that of who acts")

// A Person is who acts. The zero Person may do nothing.
type Person struct {
	Account string
	Roles   []vigil.Role
	// Solo is a case without accounts: whoever can open its file may do
	// everything that one person may.
	Solo bool
	// Proved is when they last proved who they are.
	Proved time.Time
}

// Alone returns the person of a case without accounts.
func Alone(account string, proved time.Time) Person {
	return Person{Account: account, Solo: true, Proved: proved}
}

// Of returns the person that an account is; one that is disabled may do nothing.
func Of(a vigil.Account, proved time.Time) Person {
	p := Person{Account: a.Name, Proved: proved}
	if !a.Disabled {
		p.Roles = slices.Clone(a.Roles)
	}
	return p
}

// May returns nil if the person may do an act now. If not, the error wraps
// [vigil.ErrRefused] and says which roles may; or it is [ErrStepUp].
func (p Person) May(a Act, now time.Time) error {
	if p.Account == "" {
		return errNobody
	}
	if !p.Can(a) {
		return fmt.Errorf("%s may not %s: want the role %s: %w", p.Account, a, strings.Join(words(Allowing(a)), " or "), vigil.ErrRefused)
	}
	if asksAnew(a) && (p.Proved.IsZero() || now.Sub(p.Proved) > Fresh || p.Proved.After(now)) {
		return ErrStepUp
	}
	return nil
}

// Can reports whether the person's roles allow an act, whether or not it asks to
// prove anew who they are. Pages use it to leave out what would be refused.
func (p Person) Can(a Act) bool {
	if p.Account == "" || !slices.Contains(Acts(), a) {
		return false
	}
	return p.Solo || slices.ContainsFunc(p.Roles, func(r vigil.Role) bool { return slices.Contains(allowed(r), a) })
}

// Allowing returns the roles that allow an act.
func Allowing(a Act) []vigil.Role {
	var rs []vigil.Role
	for _, r := range vigil.Roles() {
		if slices.Contains(allowed(r.Role), a) {
			rs = append(rs, r.Role)
		}
	}
	return rs
}

func words(rs []vigil.Role) []string {
	var ws []string
	for _, r := range rs {
		ws = append(ws, string(r))
	}
	return ws
}
