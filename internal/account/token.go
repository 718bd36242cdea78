package account

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
)

// Bounds of how long a token works.
const (
	TokenTerm    = 90 * 24 * time.Hour // if nothing else is said
	maxTokenTerm = 366 * 24 * time.Hour
)

// tokenPrefix marks a token, so that one that has leaked is known for what it is.
const tokenPrefix = "vigil_"

// id is the name of a token's use.
func (t token) id() string { return "token " + hex.EncodeToString(t.Sum) }

// A Credential is a passkey or a token, without anything secret.
type Credential struct {
	Label string    `json:"label"`
	Made  time.Time `json:"made"`
	Until time.Time `json:"until,omitzero"` // of a token
	Last  time.Time `json:"last,omitzero"`  // when it was used last; zero for never
}

// NewToken makes a token by which programs act in somebody's name, and returns its
// secret, which is kept nowhere. Only the person makes it, as it acts for them.
func (k *Keeper) NewToken(ctx context.Context, who access.Person, label string, term time.Duration) (string, error) {
	if err := k.fresh(who); err != nil {
		return "", err
	}
	if !goodLabel(label) || term <= 0 || term > maxTokenTerm {
		return "", fmt.Errorf("token %q for %s: want a label of at most %d bytes, and at most %d days", label, term, maxLabel, maxTokenTerm/(24*time.Hour))
	}
	key := tokenPrefix + secret()
	err := k.own(ctx, who, "token made", false, func(s *set) error {
		now := k.now().UTC()
		s.Tokens = slices.DeleteFunc(s.Tokens, func(t token) bool { return !now.Before(t.Until) })
		switch {
		case slices.ContainsFunc(s.Tokens, func(t token) bool { return t.Label == label }):
			return fmt.Errorf("token %q: %w", label, vigil.ErrExists)
		case len(s.Tokens) >= maxTokens:
			return fmt.Errorf("%d tokens: revoke one first", maxTokens)
		}
		s.Tokens = append(s.Tokens, token{Sum: sum(key), Label: label, Made: now, Until: now.Add(term)})
		return nil
	})
	if err != nil {
		return "", err
	}
	return key, nil
}

// RevokeToken ends a token: one's own, or as an admin anybody's.
func (k *Keeper) RevokeToken(ctx context.Context, who access.Person, name, label string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if name != who.Account {
		if _, err := k.admin(ctx, who); err != nil {
			return fmt.Errorf("revoke a token: %w", err)
		}
	}
	a, err := k.get(ctx, name)
	if err != nil {
		return err
	}
	s, ok := k.set(a)
	i := slices.IndexFunc(s.Tokens, func(t token) bool { return t.Label == label })
	if !ok || i < 0 {
		return fmt.Errorf("token %q of %s: %w", label, name, vigil.ErrNotFound)
	}
	s = s.clone()
	s.Tokens = slices.Delete(s.Tokens, i, i+1)
	a.ApprovedBy = ""
	return k.put(ctx, change{account: a, by: who.Account, what: "token revoked", set: &s})
}

// Tokens lists the tokens of an account, by when they were made.
func (k *Keeper) Tokens(ctx context.Context, name string) ([]Credential, error) {
	return k.credentials(ctx, name, func(s set) (cs []Credential) {
		for _, t := range s.Tokens {
			cs = append(cs, Credential{t.Label, t.Made, t.Until, k.f.Uses[t.id()].Last})
		}
		return cs
	})
}

func (k *Keeper) credentials(ctx context.Context, name string, f func(set) []Credential) ([]Credential, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, err := k.get(ctx, name)
	if err != nil {
		return nil, err
	}
	s, _ := k.set(a)
	return f(s), nil
}

// ErrToken says that a token is not known, has ended or is of a disabled account.
var ErrToken = fmt.Errorf("%w: no such token, or it has ended", vigil.ErrRefused)

// Bearer returns who a token acts for. Acts that ask to prove anew who one is are
// refused to them: a program cannot.
func (k *Keeper) Bearer(ctx context.Context, key string) (access.Person, error) {
	if !strings.HasPrefix(key, tokenPrefix) || len(key) > 128 {
		return access.Person{}, ErrToken
	}
	want := sum(key)
	k.mu.Lock()
	defer k.mu.Unlock()
	as, err := k.all(ctx)
	if err != nil {
		return access.Person{}, err
	}
	now := k.now()
	for _, a := range as {
		s, ok := k.set(a)
		if !ok || a.Disabled {
			continue
		}
		for _, t := range s.Tokens {
			if subtle.ConstantTimeCompare(t.Sum, want) != 1 || !now.Before(t.Until) {
				continue
			}
			return access.Of(a, time.Time{}), k.bearerUsed(t, now)
		}
	}
	return access.Person{}, ErrToken
}

// bearerUsed notes a token's use, once an hour, as each note writes the file.
func (k *Keeper) bearerUsed(t token, now time.Time) error {
	if now.Sub(k.f.Uses[t.id()].Last) < time.Hour {
		return nil
	}
	return k.used(t.id(), use{Last: now.UTC()})
}

// errLast keeps people from locking themselves out.
var errLast = errors.New("it is the last passkey: register another first")
