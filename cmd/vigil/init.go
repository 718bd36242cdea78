package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/config"
	"vigil/internal/keyring"
	"vigil/internal/signature"
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
# and who may agree that a bundle is released, which takes two people with a key each,
# one of them the exporter:
#
#   officer@unit.example namespaces="vigil-release" ssh-ed25519 AAAA...
#
# Options valid-after and valid-before bound the time (ssh-keygen(1), ALLOWED SIGNERS).
`

func (a *app) initCommand() *cobra.Command {
	var s sealing
	c := &cobra.Command{
		Use:   "init DIR",
		Short: "Make a case",
		Long: `init makes a case in DIR: its settings, its database, its signing keys, and an empty list
of who may sign orders.

The database is encrypted. The key that opens it is made in DIR/` + caseKeyFile + `: move it away, or keep
a copy elsewhere, for without it nobody reads the case. Where no key may lie beside the case,
--passphrase asks for a passphrase instead.

With --store postgres://LOGIN@HOST/DATABASE?case=NAME many machines share the case: its
database is made there, and DIR holds the rest. Copy DIR to each machine that is to join.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if s.none && s.phrase {
				return usagef("--no-encryption and --passphrase: want one of them")
			}
			if err := a.makeCase(c, operands[0], s, config.Default()); err != nil {
				return fmt.Errorf("make a case in %s: %w", operands[0], err)
			}
			a.info("made a case in %s", operands[0])
			switch {
			case s.none:
				a.info("the case is not encrypted: whoever has its files reads it; vigil key rotate changes that")
			case s.phrase:
				a.info("the case is encrypted: without the passphrase nobody reads it")
			default:
				warnOfKey(a.stderr, filepath.Join(operands[0], caseKeyFile))
			}
			a.next("add the authority's key to %s, then: vigil --case %s authorize ORDER.toml",
				filepath.Join(operands[0], signersFile), operands[0])
			return nil
		},
	}
	c.Flags().BoolVar(&s.none, "no-encryption", false, "do not encrypt the database; the log says so")
	c.Flags().BoolVar(&s.phrase, "passphrase", false, "a passphrase opens the case, and no key file is made")
	return c
}

// A sealing says how a new case is encrypted: with a key file, unless it says
// otherwise.
type sealing struct{ none, phrase bool }

// makeCase makes a case in dir, which must not hold one, with such settings, and where
// --store says.
func (a *app) makeCase(c *cobra.Command, dir string, s sealing, conf config.Config) error {
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
	if a.storeURL != "" {
		conf.Store.URL = a.storeURL
	}
	at, err := engineAt(dir, conf.Store.URL)
	if err != nil {
		return err
	}
	st, err := a.makeStore(c.Context(), at, dir, s, public, logPublic)
	if err != nil {
		return err
	}
	err = signFirst(c.Context(), st, dir, logPrivate, logPublic, private)
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
		{config.Name, config.File(conf), 0o644}, // last: it makes the folder a case
	} {
		if err := writeNew(filepath.Join(dir, f.name), f.data, f.mode); err != nil {
			return err
		}
	}
	return nil
}

// makeStore makes the database of a case, its keys, and the first entry of its log.
func (a *app) makeStore(ctx context.Context, at engine, dir string, s sealing, public, logPublic []byte) (caseStore, error) {
	if err := at.free(ctx); err != nil { // before any key is made
		return nil, err
	}
	details := map[string]string{"encryption": "none"}
	o := opening{command: "vigil init"}
	var ring *keyring.Ring
	if !s.none {
		var err error
		ring, err = a.newRing(at.beside(), filepath.Join(dir, caseKeyFile), s.phrase)
		if err != nil {
			return nil, err
		}
		o.keys = dataKeys(ring)
		details = map[string]string{"encryption": "aes-256-gcm", "data_key": fmt.Sprintf("%x", o.keys[0].ID)}
	}
	st, err := at.create(ctx, o)
	if err != nil {
		if ring != nil { // so that it can be tried again
			err = errors.Join(err, ring.Delete())
		}
		return nil, err
	}
	details[detailLogKey] = vigil.SumHex(logPublic)
	_, err = st.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: vigil.ActInit,
		Object:  vigil.Object{Type: "key", ID: "case_ed25519", SHA256: vigil.SumHex(public)},
		Details: details,
	}})
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
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
