package account

import (
	"context"
	"crypto/subtle"
	"fmt"

	"vigil"
	"vigil/internal/access"
)

// ErrLink says that a link to enrol cannot be used.
var ErrLink = fmt.Errorf("%w: this link has been used, has been replaced, or is older than a day: ask an admin for another", vigil.ErrRefused)

// Enrolling returns the account that a link's secret is for.
func (k *Keeper) Enrolling(ctx context.Context, secret string) (name string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, _, err := k.enrolling(ctx, secret)
	return a.Name, err
}

func (k *Keeper) enrolling(ctx context.Context, secret string) (vigil.Account, set, error) {
	as, err := k.all(ctx)
	if err != nil {
		return vigil.Account{}, set{}, err
	}
	want := sum(secret)
	for _, a := range as {
		s, ok := k.set(a)
		if ok && !a.Disabled && s.Enrol != nil && subtle.ConstantTimeCompare(s.Enrol.Sum, want) == 1 && k.now().Before(s.Enrol.Until) {
			return a, s, nil
		}
	}
	return vigil.Account{}, set{}, ErrLink
}

// Enrol uses a link up: it sets the password of its account, which it returns. The
// person registers a passkey next.
func (k *Keeper) Enrol(ctx context.Context, secret, password string) (name string, err error) {
	name, err = k.Enrolling(ctx, secret)
	if err != nil {
		return "", err
	}
	if err := CheckPassword(name, password); err != nil {
		return "", err
	}
	hash, err := k.hasher.hash(ctx, password) // outside of the lock: it takes its time
	if err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	a, s, err := k.enrolling(ctx, secret)
	if err != nil {
		return "", err
	}
	s = s.clone()
	s.Password, s.Enrol = hash, nil
	a.ApprovedBy = ""
	return a.Name, k.put(ctx, change{account: a, by: a.Name, what: "password set", set: &s, done: a.Name})
}

// Password checks a name and a password; the error is [ErrWrong] whatever of the
// two is wrong, and takes as long. It logs nothing.
func (k *Keeper) Password(ctx context.Context, name, password string) error {
	k.mu.Lock()
	_, s, err := k.current(ctx, name)
	k.mu.Unlock()
	if err != nil && err != ErrWrong {
		return err
	}
	if len(password) > maxPassword {
		password = "" // no such password can have been set
	}
	switch ok, err := k.hasher.matches(ctx, password, s.Password); {
	case err != nil:
		return err
	case !ok:
		return ErrWrong
	}
	return nil
}

// SetPassword changes somebody's own password, and ends their sessions. They must
// have proved a moment ago who they are.
func (k *Keeper) SetPassword(ctx context.Context, who access.Person, password string) error {
	if err := k.fresh(who); err != nil {
		return err
	}
	if err := CheckPassword(who.Account, password); err != nil {
		return err
	}
	hash, err := k.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return k.own(ctx, who, "password changed", true, func(s *set) error {
		s.Password = hash
		return nil
	})
}

// fresh refuses what concerns one's own credentials to whoever did not prove who
// they are a moment ago (OWASP ASVS 5.0, 7.5.1).
func (k *Keeper) fresh(who access.Person) error {
	if now := k.now(); who.Proved.IsZero() || who.Proved.After(now) || now.Sub(who.Proved) > access.Fresh {
		return access.ErrStepUp
	}
	return nil
}

// own changes somebody's own credentials.
func (k *Keeper) own(ctx context.Context, who access.Person, what string, end bool, f func(*set) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, s, err := k.current(ctx, who.Account)
	if err != nil {
		return err
	}
	s = s.clone()
	if err := f(&s); err != nil {
		return fmt.Errorf("account %s: %w", a.Name, err)
	}
	a.ApprovedBy = ""
	c := change{account: a, by: a.Name, what: what, set: &s}
	if end {
		c.done = a.Name
	}
	return k.put(ctx, c)
}
