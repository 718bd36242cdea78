package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"vigil/fixtures"
	"vigil/internal/bundle"
	"vigil/internal/signature"
)

// Who signs that the demo's bundle may leave: whoever exports it, and a second person.
const (
	demoOfficer  = "officer@unit.example"
	demoApprover = "head@unit.example"
)

// export writes the bundle, and plays the two people who agree to its release.
func (d *demo) export(c *cobra.Command, _ []fixtures.Market) error {
	keys := map[string]string{}
	for _, who := range []string{demoOfficer, demoApprover} {
		var err error
		if keys[who], err = d.person(who); err != nil {
			return err
		}
	}
	return d.with("vigil demo", func(cs *openCase) error {
		_, err := d.app.bundle(c.Context(), cs, packing{
			choice: choice{listings: append([]string{d.listing}, d.linked...)}, dir: d.bundle(), undecided: true,
		})
		if err != nil {
			return err
		}
		if err := d.sealBundle(c.Context(), cs, d.bundle(), keys[demoOfficer]); err != nil {
			return err
		}
		if err := d.approveBundle(c.Context(), cs, d.bundle(), keys[demoApprover], ""); err != nil {
			return err
		}
		_, err = d.releaseBundle(c.Context(), cs, d.bundle(), handover{file: d.bundle() + ".zip", to: "a court that does not exist"})
		return err
	})
}

// person makes a key, and allows it to sign releases.
func (d *demo) person(principal string) (keyName string, err error) {
	private, public, err := signature.GenerateKey(principal)
	if err != nil {
		return "", err
	}
	line := fmt.Sprintf("%s namespaces=%q %s", principal, signature.Release, public)
	if err := appendFile(filepath.Join(d.dir, signersFile), line); err != nil {
		return "", err
	}
	name := filepath.Join(d.out, principal)
	return name, writeNew(name, private, 0o600)
}

// verifyExport plays the other party, who has the public keys from elsewhere.
func (d *demo) verifyExport(*cobra.Command, []fixtures.Market) error {
	public, err := os.ReadFile(filepath.Join(d.dir, keyFile+".pub"))
	if err != nil {
		return err
	}
	others, err := os.ReadFile(filepath.Join(d.dir, signersFile))
	if err != nil {
		return err
	}
	trusted := filepath.Join(d.out, "trusted_signers")
	text := fmt.Sprintf("%s%s namespaces=%q %s", others, caseSigner, signature.Bundle, public)
	if err := writeNew(trusted, []byte(text), 0o644); err != nil {
		return err
	}
	return d.app.verify(d.bundle()+".zip", bundle.TrustFiles{Signers: trusted, LogKeys: filepath.Join(d.dir, logKeyFile+".pub")})
}
