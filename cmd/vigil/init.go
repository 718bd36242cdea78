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
	"vigil/internal/config"
	"vigil/internal/signature"
	"vigil/store/bolt"
)

// Files of a case beside vigil.toml and vigil.db.
const (
	signersFile = "allowed_signers"
	keyFile     = "keys/case_ed25519"
)

const signersText = `# Who may sign orders for this case, in OpenSSH's allowed_signers format:
#
#   judge@court.example namespaces="vigil-order" ssh-ed25519 AAAA...
#
# Options valid-after and valid-before bound the time (ssh-keygen(1), ALLOWED SIGNERS).
`

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Make a case",
		Long:  "init makes a case in DIR: its settings, its database, its signing keys, and an empty list of who may sign orders.",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if err := makeCase(c, operands[0], a.who()); err != nil {
				return fmt.Errorf("make a case in %s: %w", operands[0], err)
			}
			a.info("made a case in %s", operands[0])
			a.next("add the authority's key to %s, then: vigil --case %s authorize ORDER.toml",
				filepath.Join(operands[0], signersFile), operands[0])
			return nil
		},
	}
}

// makeCase makes a case in dir, which must not hold one.
func makeCase(c *cobra.Command, dir, actor string) error {
	if _, err := os.Stat(filepath.Join(dir, config.Name)); err == nil {
		return usage(fmt.Errorf("%s: %w", config.Name, vigil.ErrExists))
	}
	if err := os.MkdirAll(filepath.Join(dir, "keys"), 0o700); err != nil {
		return err
	}
	private, public, err := signature.GenerateKey("vigil case key")
	if err != nil {
		return err
	}
	logPrivate, logPublic, err := anchor.GenerateKey()
	if err != nil {
		return err
	}
	st, err := bolt.Create(filepath.Join(dir, "vigil.db"), bolt.Options{Tool: tool(), Now: time.Now, Command: "vigil init"})
	if err != nil {
		return err
	}
	_, err = st.Record(c.Context(), vigil.Result{Act: vigil.Act{
		Actor: actor, Action: vigil.ActInit,
		Object:  vigil.Object{Type: "key", ID: "case_ed25519", SHA256: vigil.SumHex(public)},
		Details: map[string]string{detailLogKey: vigil.SumHex(logPublic)},
	}})
	if err == nil {
		err = signFirst(c.Context(), st, dir, logPrivate, logPublic, private)
	}
	if err := errors.Join(err, st.Close()); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
		mode fs.FileMode
	}{
		{keyFile, private, 0o600},
		{keyFile + ".pub", public, 0o644},
		{logKeyFile + ".key", logPrivate, 0o600},
		{logKeyFile + ".pub", logPublic, 0o644},
		{signersFile, []byte(signersText), 0o644},
		{config.Name, config.File(config.Default()), 0o644}, // last: it makes the folder a case
	} {
		if err := writeNew(filepath.Join(dir, f.name), f.data, f.mode); err != nil {
			return err
		}
	}
	return nil
}

// signFirst signs the first checkpoint of a new case's own log: it tells of the
// keys.
func signFirst(ctx context.Context, l anchor.Log, dir string, private, public, ssh []byte) error {
	keys, err := anchor.ParseKeys(public)
	if err != nil {
		return err
	}
	signer, err := anchor.NewSigner(private, ssh)
	if err != nil {
		return err
	}
	_, _, err = anchor.Folder{Dir: filepath.Join(dir, checkpointsDir)}.Sign(ctx, l, "", signer, keys)
	return err
}

// writeNew writes a file that must not exist.
func writeNew(name string, data []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
