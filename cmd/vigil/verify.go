package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/bundle"
)

func (a *app) verifyCommand() *cobra.Command {
	var trust bundle.TrustFiles
	c := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: "Check an evidence bundle, without a case",
		Long: `verify checks every byte of a bundle, a folder or a ZIP file: its manifests, its
signature, the order's signature, the captures, each finding against the text, and each
log entry against the log's root. It needs no case and no network. Who holds the signing
keys is checked only against a list that you trust: --signers FILE, in OpenSSH's
allowed_signers format. vigil-verify does the same, and nothing else.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, operands []string) error { return a.verify(operands[0], trust) },
	}
	c.Flags().StringVar(&trust.Signers, "signers", "", "list of trusted signers, in OpenSSH's allowed_signers format")
	c.Flags().StringVar(&trust.Authorities, "authorities", "", "root certificates of trusted time-stamping authorities, in PEM")
	c.Flags().StringVar(&trust.LogKeys, "log-keys", "", "public keys of the case's checkpoints, as keys/log.pub of the case")
	c.Flags().StringVar(&trust.Parent, "parent", "", "for a disclosure: the bundle that it was made from")
	return c
}

func (a *app) verify(name string, trust bundle.TrustFiles) error {
	o, err := trust.Options(time.Now())
	if err != nil {
		return usage(err)
	}
	report, err := bundle.Verify(name, o)
	if err != nil {
		return usage(fmt.Errorf("verify %s: %w", name, err))
	}
	print := report.Print
	if a.json {
		print = report.PrintJSON
	}
	if err := print(a.stdout); err != nil {
		return err
	}
	if !report.OK() {
		return hint(fmt.Errorf("bundle %s: %w", name, vigil.ErrTampered), "do not rely on it; ask the sender for the bundle's original")
	}
	return nil
}
