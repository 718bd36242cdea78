package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/review"
	"vigil/internal/signature"
)

func (a *app) verifyCommand() *cobra.Command {
	var signers string
	c := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: "Check an evidence bundle, without a case",
		Long: `verify checks every byte of a bundle: its manifests, its signature, the order's
signature, each finding against the text, and each log entry against the log's root.
It needs no case and no network. Who holds the signing key is checked only against a
list that you trust: --signers FILE, in OpenSSH's allowed_signers format.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, operands []string) error { return a.verify(operands[0], signers) },
	}
	c.Flags().StringVar(&signers, "signers", "", "list of trusted signers, in OpenSSH's allowed_signers format")
	return c
}

func (a *app) verify(dir, signersName string) error {
	var trusted signature.Signers
	if signersName != "" {
		var err error
		if trusted, err = readSigners(signersName); err != nil {
			return err
		}
	}
	report, err := bundle.Verify(dir, bundle.VerifyOptions{Signers: trusted, Now: time.Now()})
	if err != nil {
		return usage(fmt.Errorf("verify %s: %w", dir, err))
	}
	if a.json {
		if err := writeJSON(a.stdout, report); err != nil {
			return err
		}
	} else {
		for _, l := range report.Layers {
			fmt.Fprintf(a.stdout, "%-11s  %-18s  %s\n", l.Result, l.Name, review.Visible(l.Detail))
		}
		fmt.Fprintf(a.stdout, "\n%s\n", report.Scope)
	}
	if !report.OK() {
		return hint(fmt.Errorf("bundle %s: %w", dir, vigil.ErrTampered), "do not rely on it; ask the sender for the bundle's original")
	}
	return nil
}
