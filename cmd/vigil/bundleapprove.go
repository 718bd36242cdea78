package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/bundle"
	"vigil/internal/release"
	"vigil/internal/signature"
)

func (a *app) bundleApproveCommand() *cobra.Command {
	var key, file string
	c := &cobra.Command{
		Use:   "approve DIR",
		Short: "Agree, as a second person, that a bundle is released",
		Long: `approve checks the bundle in DIR, shows what is signed, and adds the signature of a
second person under the statement that releases the bundle. The key must stand in the
case's allowed_signers, with namespaces="` + signature.Release + `". Whoever exported the
bundle cannot approve it, nor can the exporter's key under another name.

` + aboutKeys + `

Who has no access to the case signs a copy of DIR/signatures/release.pae elsewhere,

  ssh-keygen -Y sign -n ` + signature.Release + ` -f KEY release.pae

and --signature takes what comes of it. A plain Ed25519 signature over that file, as
openssl pkeyutl -sign -rawin makes one, is taken too.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if (key == "") == (file == "") {
				return hint(usagef("bundle approve: want --sign-key KEY or --signature FILE"), "%s --help", c.CommandPath())
			}
			if rel, err := filepath.Rel(operands[0], file); file != "" && err == nil && filepath.IsLocal(rel) {
				return usagef("bundle approve: %s lies in the bundle, where nothing may be added by hand: move it out first", file)
			}
			return a.with("vigil bundle approve", func(cs *openCase) error {
				return a.approveBundle(c.Context(), cs, operands[0], key, file)
			})
		},
	}
	c.Flags().StringVar(&key, "sign-key", "", "file of the approver's key, or its public half")
	c.Flags().StringVar(&file, "signature", "", "file of a signature that was made elsewhere")
	return c
}

func (a *app) approveBundle(ctx context.Context, cs *openCase, dir, keyName, file string) error {
	id, who, err := cs.agree(ctx, a.who(), dir, func(s *bundle.Signing, e *release.Envelope, before []release.Signer, trusted signature.Signers) (string, error) {
		if keyName != "" {
			return a.approveWith(ctx, cs, s, e, before, keyName)
		}
		data, err := anchor.ReadFile(file)
		if err != nil {
			return "", usage(err)
		}
		return takeSignature(e, file, data, trusted)
	})
	if err != nil {
		return err
	}
	a.info("%s agreed to the release of bundle %s", who.Principal, id)
	a.next("vigil bundle release %s -o FILE.zip.age --to NAME --recipient age1…", dir)
	return nil
}

// A signing adds a signature to an envelope, which those before have signed, and
// returns the fingerprint of its key.
type signing func(s *bundle.Signing, e *release.Envelope, before []release.Signer, trusted signature.Signers) (key string, err error)

// agree has a second person sign the release of the bundle in dir, and returns the
// bundle's ID and who that is. Whoever exported it is refused, whatever the key.
func (c *openCase) agree(ctx context.Context, actor, dir string, sign signing) (id string, who release.Signer, err error) {
	s, e, err := c.releasing(ctx, dir, vigil.ActApprove)
	if err == nil {
		err = c.verified(dir, releaseLayer) // its files are written anew below
	}
	if err != nil {
		return "", who, fmt.Errorf("approve %s: %w", dir, err)
	}
	trusted, err := c.signers()
	if err != nil {
		return "", who, err
	}
	before, err := e.By(trusted)
	if err != nil {
		return "", who, fmt.Errorf("approve %s: %w: %w", dir, vigil.ErrRefused, err)
	}
	key, err := sign(s, e, before, trusted)
	if err != nil {
		return "", who, fmt.Errorf("approve %s: %w", dir, err)
	}
	by, err := e.By(trusted)
	if err == nil {
		err = e.FourEyes(by)
	}
	if err != nil {
		return "", who, fmt.Errorf("approve %s: %w: %w", dir, vigil.ErrRefused, err)
	}
	who = by[slices.IndexFunc(by, func(b release.Signer) bool { return b.Key == key })]
	if who.Principal == e.Statement.Exporter {
		return "", who, fmt.Errorf("approve %s: %w: %s exported it: want a second person", dir, release.ErrOnePerson, who.Principal)
	}
	if err := s.PutRelease(e, by); err != nil {
		return "", who, err
	}
	act := vigil.Act{Actor: actor, Action: vigil.ActApprove, Details: map[string]string{release.DetailPrincipal: who.Principal, release.DetailKey: key}}
	return s.ID, who, recordBundle(ctx, c, s.Info, act)
}

// approveWith signs with a key, and returns its fingerprint. Where a run before was cut
// short after it had signed, only what followed is done.
func (a *app) approveWith(ctx context.Context, cs *openCase, s *bundle.Signing, e *release.Envelope, before []release.Signer, keyName string) (string, error) {
	p, err := a.penOf(cs, keyName)
	if err != nil {
		return "", err
	}
	if err := p.mayFor(s); err != nil {
		return "", err
	}
	key := p.key.Fingerprint()
	exporterKey := slices.ContainsFunc(before, func(b release.Signer) bool {
		return b.Principal == e.Statement.Exporter && b.Key == key
	})
	if p.principal == e.Statement.Exporter || exporterKey {
		return "", hint(fmt.Errorf("%w: %s exported it: want a second person", release.ErrOnePerson, e.Statement.Exporter), "somebody else signs, with a key of their own")
	}
	if !slices.ContainsFunc(before, func(b release.Signer) bool { return b.Key == key }) {
		return key, a.signStatement(ctx, e, p)
	}
	b, err := cs.known(ctx, s.Info)
	if err == nil && slices.Contains(b.Approvers, p.principal) {
		err = fmt.Errorf("%s has agreed already: %w", p.principal, vigil.ErrExists)
	}
	return key, err
}

// takeSignature adds a signature that was made elsewhere and came from a place, and
// returns the fingerprint of its key.
func takeSignature(e *release.Envelope, place string, data []byte, trusted signature.Signers) (string, error) {
	for _, s := range trusted.For(signature.Release) {
		if _, err := signature.VerifyRaw(e.PAE(), data, s.Fingerprint, signature.Release, trusted, e.Statement.Sealed); err == nil {
			return s.Fingerprint, e.Add(release.Signature{KeyID: s.Fingerprint, Sig: data})
		}
	}
	if err := e.AddArmored(data); err != nil {
		return "", hint(fmt.Errorf("%s: %w: %w", place, vigil.ErrRefused, err), "what is signed is signatures/release.pae of this bundle")
	}
	return e.Signatures[len(e.Signatures)-1].KeyID, nil
}

// releasing returns a bundle that may have something done to it on its way out, with
// its release statement. That its files are whole is for [openCase.verified] to say.
func (c *openCase) releasing(ctx context.Context, dir, action string) (*bundle.Signing, *release.Envelope, error) {
	s, err := bundle.OpenSigning(dir)
	switch {
	case errors.Is(err, vigil.ErrRefused):
		return nil, nil, hint(err, "vigil bundle seal %s --sign-key KEY", dir)
	case err != nil:
		return nil, nil, usage(err)
	}
	b, err := c.known(ctx, s.Info)
	if err == nil {
		err = b.May(action)
	}
	if err != nil {
		return nil, nil, err
	}
	e, err := s.Envelope()
	if errors.Is(err, fs.ErrNotExist) {
		err = hint(fmt.Errorf("%w: its exporter has not signed its release", vigil.ErrRefused), "vigil bundle seal %s --sign-key KEY", dir)
	}
	return s, e, err
}
