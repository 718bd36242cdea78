package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/display"
	"vigil/internal/release"
	"vigil/internal/signature"
)

// A pen is a key with which somebody signs a release, and whose it is by the case's
// allowed_signers.
type pen struct {
	key       *signature.Key
	principal string
	trusted   signature.Signers
}

// penOf reads a key file; nil for no name.
func (a *app) penOf(cs *openCase, name string) (*pen, error) {
	if name == "" {
		return nil, nil
	}
	key, err := signature.OpenKey(name)
	if err != nil {
		return nil, usage(err)
	}
	key.Tell = a.stderr
	trusted, err := cs.signers()
	if err != nil {
		return nil, err
	}
	who, err := key.Principal(trusted, signature.Release, time.Now())
	if err != nil {
		return nil, hint(fmt.Errorf("key %s: %w: %w", name, vigil.ErrRefused, err), "who may release bundles stands in %s; a line for this key would be: %s",
			cs.path(signersFile), display.Visible(key.Line("NAME@UNIT", signature.Release)))
	}
	return &pen{key, who, trusted}, nil
}

// mayFor reports why the key would not count for a bundle: a signature proves no time
// of its own, so it must have been allowed when the bundle was sealed.
func (p *pen) mayFor(s *bundle.Signing) error {
	if _, err := p.key.Principal(p.trusted, signature.Release, s.Sealed); err != nil {
		return hint(fmt.Errorf("key of %s: %w: %w", p.principal, vigil.ErrRefused, err), "the bundle was sealed at %s, before the key was allowed: export it anew", s.Sealed.Format(time.RFC3339))
	}
	return nil
}

// details says in the log who signed.
func (p *pen) details() map[string]string {
	return map[string]string{release.DetailPrincipal: p.principal, release.DetailKey: p.key.Fingerprint()}
}

// signStatement shows what is signed, and signs it.
func (a *app) signStatement(ctx context.Context, e *release.Envelope, p *pen) error {
	if err := a.showStatement(e.Statement, p.principal); err != nil {
		return err
	}
	sig, err := p.key.Sign(ctx, e.PAE(), signature.Release)
	if err != nil {
		return hint(err, "is the key in ssh-agent (ssh-add -l), or the security key plugged in?")
	}
	if err := e.AddArmored(sig); err != nil {
		return errors.Join(errors.New("the signature does not fit"), err)
	}
	return nil
}

// showStatement writes what somebody agrees to.
func (a *app) showStatement(s release.Statement, principal string) error {
	if a.json {
		return writeJSON(a.stdout, map[string]any{
			"signer": principal, "bundle": s.Bundle, "case": s.Case, "order": s.Order, "kind": s.Kind, "sealed": s.Sealed,
			"exporter": s.Exporter, "sha256": s.SHA256, "statement": release.Says,
		})
	}
	_, err := fmt.Fprintf(a.stdout, "%s signs:\n  %s\n  bundle    %s, %s\n  case      %s, order %s\n  sealed    %s, exported by %s\n  SHA-256   %s  %s\n",
		display.Visible(principal), release.Says, display.Visible(s.Bundle), s.Kind, display.Visible(s.Case), display.Visible(s.Order),
		s.Sealed.Format(time.RFC3339), display.Visible(s.Exporter), s.SHA256, release.Subject)
	return err
}
