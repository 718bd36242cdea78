package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
)

// How long things of accounts live.
const (
	// EnrolTerm is how long a link to set up how one signs in works.
	EnrolTerm = 24 * time.Hour
	// ProposalTerm is how long a proposal waits for a second admin.
	ProposalTerm = 7 * 24 * time.Hour
	// absence is how long an admin is disabled until they count no more as one of
	// the two whom a grant takes. It gives whoever was disabled by a dishonest admin
	// the time to be missed.
	absence = 7 * 24 * time.Hour
)

// A Made says what came of making an account or of a grant.
type Made struct {
	Secret   string       // of the link by which the person sets up how they sign in; empty if there is none
	Given    []vigil.Role // at once
	Proposed []vigil.Role // that wait for another admin
}

// takesTwo reports whether giving a role takes two admins (OWASP ASVS 5.0, 2.3.5).
func takesTwo(r vigil.Role) bool { return r == vigil.Approver || r == vigil.Admin }

// admins returns who may agree to such grants.
func (k *Keeper) admins(as []vigil.Account) []vigil.Account {
	return slices.DeleteFunc(slices.Clone(as), func(a vigil.Account) bool {
		return !slices.Contains(a.Roles, vigil.Admin) || a.Disabled && k.now().Sub(a.At) >= absence
	})
}

// admin checks that somebody may change accounts, as the case has them now, and
// returns all accounts.
func (k *Keeper) admin(ctx context.Context, who access.Person) ([]vigil.Account, error) {
	as, err := k.all(ctx)
	if err != nil {
		return nil, err
	}
	if len(as) > 0 {
		i := slices.IndexFunc(as, func(a vigil.Account) bool { return a.Name == who.Account })
		if i < 0 {
			who = access.Person{Account: who.Account}
		} else {
			who = access.Of(as[i], who.Proved)
		}
	}
	return as, who.May(access.Accounts, k.now())
}

// Add makes an account. The first must be an admin, and ends solo mode. Roles that
// take two admins are proposed.
func (k *Keeper) Add(ctx context.Context, who access.Person, name string, roles []vigil.Role) (m Made, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	as, err := k.admin(ctx, who)
	if err != nil {
		return m, fmt.Errorf("make an account: %w", err)
	}
	a := vigil.Account{Name: name, Roles: roles, By: who.Account, At: k.now()}
	if err := a.Check(); err != nil {
		return m, err
	}
	switch _, err := k.get(ctx, name); {
	case err == nil:
		return m, fmt.Errorf("account %s: %w", name, vigil.ErrExists)
	case !errors.Is(err, vigil.ErrNotFound):
		return m, err
	case len(as) == 0 && !slices.Contains(roles, vigil.Admin):
		return m, fmt.Errorf("account %s: %w: the first must have the role admin, or nobody could make others", name, vigil.ErrRefused)
	}
	if m.Given, m.Proposed, err = k.split(as, roles); err != nil {
		return m, fmt.Errorf("account %s: %w", name, err)
	}
	m.Secret = secret()
	a.Roles = m.Given
	s := set{Account: name, Handle: handle(), Enrol: &enrolment{Sum: sum(m.Secret), Until: k.now().UTC().Add(EnrolTerm)}}
	if err := k.put(ctx, change{account: a, by: who.Account, what: "made", set: &s}); err != nil {
		return m, err
	}
	if len(m.Proposed) > 0 {
		err = k.propose(ctx, Proposal{Account: name, Roles: m.Proposed, By: who.Account})
	}
	return m, err
}

// split says which roles are given at once, and which wait for another admin.
func (k *Keeper) split(as []vigil.Account, roles []vigil.Role) (given, proposed []vigil.Role, err error) {
	admins := k.admins(as)
	for _, r := range roles {
		switch {
		case !takesTwo(r), r == vigil.Admin && len(admins) <= 1:
			given = append(given, r)
		case len(admins) <= 1:
			return nil, nil, fmt.Errorf("%w: two admins agree to the role %s, and there is one: make another admin first", vigil.ErrRefused, r)
		default:
			proposed = append(proposed, r)
		}
	}
	return given, proposed, nil
}

// Grant gives an account roles, or proposes those that take two admins.
func (k *Keeper) Grant(ctx context.Context, who access.Person, name string, roles []vigil.Role) (m Made, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	as, a, err := k.of(ctx, who, name)
	if err != nil {
		return m, fmt.Errorf("give roles: %w", err)
	}
	roles = slices.DeleteFunc(slices.Clone(roles), func(r vigil.Role) bool { return slices.Contains(a.Roles, r) })
	if err := (vigil.Account{Name: name, Roles: roles, By: who.Account, At: k.now()}).Check(); err != nil {
		return m, err
	}
	if m.Given, m.Proposed, err = k.split(as, roles); err != nil {
		return m, fmt.Errorf("account %s: %w", name, err)
	}
	if len(m.Given) > 0 {
		a.Roles, a.ApprovedBy = slices.Concat(a.Roles, m.Given), ""
		if err := k.put(ctx, change{account: a, by: who.Account, what: "roles given: " + roleWords(m.Given)}); err != nil {
			return m, err
		}
	}
	if len(m.Proposed) > 0 {
		err = k.propose(ctx, Proposal{Account: name, Roles: m.Proposed, By: who.Account})
	}
	return m, err
}

// of is admin, and returns the account that is to be changed.
func (k *Keeper) of(ctx context.Context, who access.Person, name string) ([]vigil.Account, vigil.Account, error) {
	as, err := k.admin(ctx, who)
	if err != nil {
		return nil, vigil.Account{}, err
	}
	a, err := k.get(ctx, name)
	return as, a, err
}

// Revoke takes roles from an account. That of another admin it takes only once
// that account has been disabled for a week: disable it first.
func (k *Keeper) Revoke(ctx context.Context, who access.Person, name string, roles []vigil.Role) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	as, a, err := k.of(ctx, who, name)
	if err != nil {
		return fmt.Errorf("take roles: %w", err)
	}
	for _, r := range roles {
		if !slices.Contains(a.Roles, r) {
			return fmt.Errorf("account %s has not the role %q: %w", name, r, vigil.ErrNotFound)
		}
	}
	if slices.Contains(roles, vigil.Admin) {
		if err := k.mayLose(as, a, who); err != nil {
			return err
		}
	}
	a.Roles = slices.DeleteFunc(slices.Clone(a.Roles), func(r vigil.Role) bool { return slices.Contains(roles, r) })
	a.ApprovedBy = ""
	return k.put(ctx, change{account: a, by: who.Account, what: "roles taken: " + roleWords(roles)})
}

// mayLose reports why an account may not lose the role of admin. If one admin could
// take it from another at once, one could be left alone and give it to whom they
// like.
func (k *Keeper) mayLose(as []vigil.Account, a vigil.Account, who access.Person) error {
	if a.Name != who.Account && slices.ContainsFunc(k.admins(as), func(o vigil.Account) bool { return o.Name == a.Name }) {
		return fmt.Errorf("account %s: %w: an admin gives the role up themselves; else disable the account, and take the role a week later", a.Name, vigil.ErrRefused)
	}
	return lastAdmin(as, a)
}

// lastAdmin refuses to leave a case without anybody who can make accounts.
func lastAdmin(as []vigil.Account, a vigil.Account) error {
	if !a.Has(vigil.Admin) || slices.ContainsFunc(as, func(o vigil.Account) bool { return o.Name != a.Name && o.Has(vigil.Admin) }) {
		return nil
	}
	return fmt.Errorf("account %s: %w: it is the last admin: make another first", a.Name, vigil.ErrRefused)
}

// Disable keeps an account from doing anything, and ends its sessions.
func (k *Keeper) Disable(ctx context.Context, who access.Person, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	as, a, err := k.of(ctx, who, name)
	if err != nil {
		return fmt.Errorf("disable an account: %w", err)
	}
	if err := lastAdmin(as, a); err != nil {
		return err
	}
	if a.Disabled {
		return fmt.Errorf("account %s is disabled: %w", name, vigil.ErrExists)
	}
	a.Disabled = true
	return k.put(ctx, change{account: a, by: who.Account, what: "disabled", done: name})
}

// Enable undoes [Keeper.Disable].
func (k *Keeper) Enable(ctx context.Context, who access.Person, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, a, err := k.of(ctx, who, name)
	if err != nil {
		return fmt.Errorf("enable an account: %w", err)
	}
	if !a.Disabled {
		return fmt.Errorf("account %s is not disabled: %w", name, vigil.ErrExists)
	}
	a.Disabled = false
	return k.put(ctx, change{account: a, by: who.Account, what: "enabled"})
}

// Reset takes all credentials from an account, ends its sessions, and returns the
// secret of a new link to set them up. With an account that approves or makes
// accounts it takes two admins, as whoever has the link has the roles; then it is
// proposed, and secret is empty.
func (k *Keeper) Reset(ctx context.Context, who access.Person, name string) (secret string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	as, a, err := k.of(ctx, who, name)
	if err != nil {
		return "", fmt.Errorf("reset an account: %w", err)
	}
	if a.Name != who.Account && slices.ContainsFunc(a.Roles, takesTwo) && len(k.admins(as)) > 1 {
		return "", k.propose(ctx, Proposal{Account: name, Reset: true, By: who.Account})
	}
	return k.reset(ctx, a, who.Account)
}

func (k *Keeper) reset(ctx context.Context, a vigil.Account, by string) (string, error) {
	key := secret()
	s := set{Account: a.Name, Handle: handle(), Enrol: &enrolment{Sum: sum(key), Until: k.now().UTC().Add(EnrolTerm)}}
	if err := k.put(ctx, change{account: a, by: by, what: "reset: a new link to enrol", set: &s, done: a.Name}); err != nil {
		return "", err
	}
	return key, nil
}

// propose logs a proposal, and keeps it until another admin confirms it.
func (k *Keeper) propose(ctx context.Context, p Proposal) error {
	e, err := k.note(ctx, p.By, vigil.ActAccount, p.Account, "proposed: "+p.Change(), map[string]string{"proposed": p.Change()})
	if err != nil {
		return err
	}
	p.Seq, p.At = e.Seq, k.now().UTC()
	next := k.f
	next.Proposals = append(k.waiting(p.Account), p)
	if err := k.write(next); err != nil {
		return fmt.Errorf("keep what is proposed for %s: %w", p.Account, err)
	}
	return nil
}

// waiting returns the proposals that still wait, but for those of an account.
func (k *Keeper) waiting(but string) []Proposal {
	return slices.DeleteFunc(slices.Clone(k.f.Proposals), func(p Proposal) bool {
		return p.Account == but || k.now().Sub(p.At) > ProposalTerm
	})
}

// Proposals returns what waits for a second admin.
func (k *Keeper) Proposals() []Proposal {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.waiting("")
}

// Confirm does what another admin proposed for an account. The entry of the case's
// log must say the same as the file. The secret, if any, is that of a new link.
func (k *Keeper) Confirm(ctx context.Context, who access.Person, name string) (p Proposal, secret string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	as, a, err := k.of(ctx, who, name)
	if err != nil {
		return p, "", fmt.Errorf("confirm what is proposed: %w", err)
	}
	ps := k.waiting("")
	i := slices.IndexFunc(ps, func(p Proposal) bool { return p.Account == name })
	if i < 0 {
		return p, "", fmt.Errorf("nothing is proposed for %s: %w", name, vigil.ErrNotFound)
	}
	if p = ps[i]; p.By == who.Account || p.Account == who.Account {
		return p, "", fmt.Errorf("confirm %s for %s, proposed by %s: %w: want another admin, neither who proposed it nor whom it is for", p.Change(), name, p.By, vigil.ErrRefused)
	}
	if err := k.proposed(ctx, as, p); err != nil {
		return p, "", err
	}
	if p.Reset {
		a.ApprovedBy = who.Account
		secret, err = k.reset(ctx, a, p.By)
	} else {
		a.Roles = slices.Concat(a.Roles, slices.DeleteFunc(slices.Clone(p.Roles), func(r vigil.Role) bool { return slices.Contains(a.Roles, r) }))
		a.ApprovedBy = who.Account
		err = k.put(ctx, change{account: a, by: p.By, what: "roles given: " + roleWords(p.Roles) + ", confirmed by " + who.Account})
	}
	if err != nil {
		return p, "", err
	}
	next := k.f
	next.Proposals = k.waiting(name)
	return p, secret, k.write(next)
}

// proposed checks that an admin of today proposed p, as the log has it.
func (k *Keeper) proposed(ctx context.Context, as []vigil.Account, p Proposal) error {
	if !slices.ContainsFunc(as, func(a vigil.Account) bool { return a.Name == p.By && a.Has(vigil.Admin) }) {
		return fmt.Errorf("%s proposed %s for %s: %w: no admin any more", p.By, p.Change(), p.Account, vigil.ErrRefused)
	}
	for e, err := range k.store.LogFrom(ctx, "", p.Seq) {
		if err != nil {
			return fmt.Errorf("entry %d of the case's log: %w", p.Seq, err)
		}
		if e.Seq == p.Seq && e.Action == vigil.ActAccount && e.Actor == p.By && e.Object.ID == p.Account && e.Details["proposed"] == p.Change() {
			return nil
		}
		break
	}
	return fmt.Errorf("what is proposed for %s: %w: entry %d of the case's log does not say so", p.Account, vigil.ErrTampered, p.Seq)
}

// ParseRoles reads names of roles, which commas or spaces part.
func ParseRoles(words ...string) ([]vigil.Role, error) {
	var rs []vigil.Role
	for _, w := range strings.FieldsFunc(strings.Join(words, " "), func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.Contains(roleNames(), w) {
			return nil, fmt.Errorf("unknown role %q: want of %s", w, strings.Join(roleNames(), ", "))
		}
		if !slices.Contains(rs, vigil.Role(w)) {
			rs = append(rs, vigil.Role(w))
		}
	}
	if len(rs) == 0 {
		return nil, fmt.Errorf("no role: want of %s", strings.Join(roleNames(), ", "))
	}
	return rs, nil
}

func roleNames() []string {
	var ws []string
	for _, r := range vigil.Roles() {
		ws = append(ws, string(r.Role))
	}
	return ws
}
