package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/bundle"
	"vigil/internal/custody"
	"vigil/internal/release"
	"vigil/internal/signature"
)

func (a *app) bundleSealCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "seal DIR",
		Short: "Fix the bytes of a draft, and sign as its exporter",
		Long: `seal checks the draft in DIR, states who exported it and when, and signs it with the
case's key. From then on only signatures and a time stamp are added.

--sign-key adds the exporter's signature under the statement that releases the bundle; it
may also be added later, by the same command. The key must stand in the case's
allowed_signers, with namespaces="` + signature.Release + `". ` + aboutKeys,
		Example: `  vigil bundle seal DIR --sign-key ~/.ssh/id_ed25519
  vigil bundle seal DIR --sign-key ~/.ssh/id_ed25519_sk.pub`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.with("vigil bundle seal", func(cs *openCase) error { return a.sealBundle(c.Context(), cs, operands[0], key) })
		},
	}
	c.Flags().StringVar(&key, "sign-key", "", "file of the exporter's key, or its public half")
	return c
}

// aboutKeys says which keys sign.
const aboutKeys = `A FILE.pub means a key that ssh-agent
or a security key holds; ssh-keygen then signs, and asks for the touch or the passphrase.`

func (a *app) sealBundle(ctx context.Context, cs *openCase, dir, keyName string) error {
	in, err := bundle.ReadInfo(dir)
	if err != nil {
		return usage(fmt.Errorf("seal %s: %w", dir, err))
	}
	p, err := a.penOf(cs, keyName)
	if err != nil {
		return err
	}
	if !in.Sealed.IsZero() {
		var sign exporting
		if p != nil {
			sign = func(s *bundle.Signing) (map[string]string, error) { return a.signAsExporter(ctx, s, p) }
		}
		if err := cs.signSealed(ctx, a.who(), dir, sign); err != nil {
			return err
		}
		if p != nil {
			a.info("%s signs the release of bundle %s as its exporter", p.principal, in.ID)
		}
		a.afterSeal(dir, p != nil)
		return nil
	}
	if err := cs.ownDraft(ctx, dir, in); err != nil {
		return fmt.Errorf("seal %s: %w", dir, err)
	}
	sealing, err := a.sealing(cs, time.Now().UTC().Truncate(time.Second))
	if err != nil {
		return err
	}
	if err := bundle.Seal(dir, sealing); err != nil {
		return fmt.Errorf("seal %s: %w", dir, err)
	}
	s, err := bundle.OpenSigning(dir)
	if err != nil {
		return err
	}
	why := bundle.NotAsked
	if cs.config.Timestamp.URL == "" {
		why = bundle.NoAuthority
	}
	if err := s.PutNoStamp(why); err != nil {
		return err
	}
	var details map[string]string
	if p != nil {
		if details, err = a.signAsExporter(ctx, s, p); err != nil {
			return err
		}
	}
	if err := recordExport(ctx, cs, a.who(), vigil.ActExport, dir, details); err != nil {
		return err
	}
	a.info("sealed bundle %s in %s", s.ID, dir)
	a.afterSeal(dir, p != nil)
	return nil
}

// afterSeal says what a sealed bundle waits for.
func (a *app) afterSeal(dir string, signed bool) {
	if signed {
		a.next("a second person agrees to its release: vigil bundle approve %s --sign-key KEY", dir)
		return
	}
	a.next("its exporter signs its release: vigil bundle seal %s --sign-key KEY", dir)
}

// signSealed adds the exporter's signature to a bundle that is sealed already. Where a
// sealing was cut short before it was logged, it is logged now. A nil sign adds nothing.
func (c *openCase) signSealed(ctx context.Context, actor, dir string, sign exporting) error {
	s, err := bundle.OpenSigning(dir)
	if err != nil {
		return err
	}
	l, err := c.bundles(ctx)
	if err != nil {
		return err
	}
	b, logged := l.Bundle(s.ID)
	logged = logged && b.State != release.Draft
	switch {
	case logged && sign == nil:
		return hint(fmt.Errorf("seal %s: %w: bundle %s is sealed already", dir, vigil.ErrRefused, s.ID), "--sign-key KEY adds its exporter's signature; vigil bundle approve %s a second person's", dir)
	case logged && b.State != release.Sealed:
		return fmt.Errorf("seal %s: %w: bundle %s is %s", dir, vigil.ErrRefused, b.ID, b.State)
	case logged:
		_, err = c.known(ctx, s.Info)
	default:
		err = c.ownDraft(ctx, dir, s.Info)
	}
	if err == nil {
		err = c.verified(dir, releaseLayer)
	}
	if err != nil {
		return fmt.Errorf("seal %s: %w", dir, err)
	}
	var details map[string]string
	if sign != nil {
		if details, err = sign(s); err != nil {
			return err
		}
	}
	return recordExport(ctx, c, actor, vigil.ActExport, dir, details)
}

// exporting has the exporter of a bundle sign its release, and returns what the log
// says of that.
type exporting func(s *bundle.Signing) (map[string]string, error)

// signAsExporter makes the release statement and signs it first. It returns what the
// log says of that.
func (a *app) signAsExporter(ctx context.Context, s *bundle.Signing, p *pen) (map[string]string, error) {
	if err := unsigned(s, p.key.Fingerprint()); err != nil {
		return nil, err
	}
	if err := p.mayFor(s); err != nil {
		return nil, err
	}
	e, err := s.NewEnvelope(p.principal)
	if err != nil {
		return nil, err
	}
	if err := a.signStatement(ctx, e, p); err != nil {
		return nil, err
	}
	by, err := e.By(p.trusted)
	if err != nil {
		return nil, err
	}
	return p.details(), s.PutRelease(e, by)
}

// unsigned reports whether somebody has signed the release as its exporter, with
// another key than this one, or others after them.
func unsigned(s *bundle.Signing, key string) error {
	switch e, err := s.Envelope(); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(e.Signatures) != 1 || e.Signatures[0].KeyID != key:
		return fmt.Errorf("bundle %s: %w: %s has signed its release as its exporter", s.ID, vigil.ErrRefused, e.Statement.Exporter)
	}
	return nil
}

// takeExporter returns how a release is signed, as its exporter, with a signature of a
// principal that was made elsewhere.
func (c *openCase) takeExporter(principal string, armored []byte) exporting {
	return func(s *bundle.Signing) (map[string]string, error) {
		trusted, err := c.signers()
		if err != nil {
			return nil, err
		}
		e, err := s.NewEnvelope(principal)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", vigil.ErrRefused, err)
		}
		if err := e.AddArmored(armored); err != nil {
			return nil, fmt.Errorf("the signature: %w: %w", vigil.ErrRefused, err)
		}
		key := e.Signatures[0].KeyID
		by, err := e.By(trusted)
		switch {
		case err != nil:
			return nil, fmt.Errorf("the signature: %w: %w", vigil.ErrRefused, err)
		case by[0].Principal != principal:
			return nil, fmt.Errorf("the signature: %w: it is by %s, not by %s", vigil.ErrRefused, by[0].Principal, principal)
		}
		if err := unsigned(s, key); err != nil {
			return nil, err
		}
		return map[string]string{release.DetailPrincipal: principal, release.DetailKey: key}, s.PutRelease(e, by)
	}
}

// ownDraft checks that a draft is of this case: that the log of which it holds a part
// is the case's own. Whoever could forge one would have the case sign it.
func (c *openCase) ownDraft(ctx context.Context, dir string, in bundle.Info) error {
	if _, err := orderByID(ctx, c, in.Order); err != nil {
		return fmt.Errorf("%w: %w", vigil.ErrRefused, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "data", "custody", "order", "checkpoint.txt"))
	if err != nil {
		return err
	}
	point, err := custody.Parse(text)
	if err != nil {
		return err
	}
	states, err := anchor.States(c.Log(ctx, in.Order), []int64{point.Size})
	if err != nil {
		return err
	}
	if s, ok := states[point.Size]; !ok || point.Log != in.Order || s.Root != point.Root {
		return fmt.Errorf("%w: the custody log in the draft is not that of this case", vigil.ErrRefused)
	}
	return nil
}
