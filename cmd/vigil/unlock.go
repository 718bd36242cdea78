package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"vigil"
	"vigil/internal/keyring"
	"vigil/internal/seal"
)

// Files of an encrypted case.
const (
	caseKeyFile = "keys/case.agekey"
	caseKeyName = "case.agekey" // among the credentials that systemd hands over
	ringSuffix  = ".keys"       // of the file beside the database with its wrapped keys
)

// keyPhraseName is where programs that run vigil put the passphrase of a case; a
// person is asked for it.
const keyPhraseName = "VIGIL_KEY_PASSPHRASE"

// errNoIdentity says that there is a key file, and nothing that opens it.
var errNoIdentity = fmt.Errorf("%w: no key file was found", vigil.ErrSealed)

// ring reads and unlocks the key file of the database at db; nil if there is none.
// The error wraps [vigil.ErrSealed] if nothing is there to open it. With an error,
// the ring is returned locked, if it could be read.
func (a *app) ring(db, key string) (*keyring.Ring, error) {
	r, err := keyring.Read(db + ringSuffix)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return nil, err
	}
	if r.ByPassphrase() {
		phrase, err := a.passphrase("passphrase of the case: ")
		if err != nil {
			return r, err
		}
		return r, r.UnlockWith(phrase)
	}
	name, err := a.identityFile(key)
	if err != nil {
		return r, err
	}
	id, err := keyring.ReadIdentity(name)
	if err != nil {
		return r, err
	}
	if err := r.Unlock(id); err != nil {
		return r, fmt.Errorf("with %s: %w", name, err)
	}
	return r, nil
}

// identityFile returns the first that is there of the file that --key names, that
// which systemd hands over, and that of vigil.toml.
func (a *app) identityFile(configured string) (string, error) {
	if a.key != "" {
		return a.key, nil
	}
	var names []string
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		names = append(names, filepath.Join(dir, caseKeyName))
	}
	names = append(names, configured)
	for _, name := range names {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			return name, err
		}
	}
	return "", hint(errNoIdentity, "name it with --key FILE; vigil init left it in %s", configured)
}

// dataKeys returns the keys for a store.
func dataKeys(r *keyring.Ring) (keys []seal.Key) {
	if r == nil {
		return nil
	}
	for _, k := range r.Keys() {
		keys = append(keys, seal.Key(k))
	}
	return keys
}

// keysOf returns the data keys of a store outside of its case, unlocked by the file
// that --key names, or by configured; none if it has no file of keys.
func (a *app) keysOf(db, configured string) ([]seal.Key, error) {
	r, err := a.ring(db, configured)
	if err != nil {
		return nil, fmt.Errorf("unlock %s: %w", db, err)
	}
	return dataKeys(r), nil
}

// settle says what is odd about a case and its key file, and ends a rotation that
// was cut short: what the case is sealed with is the one key that is left.
func (a *app) settle(at engine, st caseStore, r *keyring.Ring, db string) error {
	if r == nil {
		return nil
	}
	id, encrypted := st.KeyID()
	if !encrypted {
		a.info("%s is not encrypted, though %s is there: vigil key rotate encrypts it; if nobody decrypted it, somebody put it there", db, db+ringSuffix)
		return nil
	}
	keys := r.Infos()
	i := slices.IndexFunc(keys, func(k keyring.Info) bool { return k.ID == id })
	switch {
	case i < 0: // an audit, which does without
		return nil
	case !at.shared():
		return r.Settle(id)
	case keys[i].State == keyring.Current:
		return nil // a key beside it may be that of a rotation which goes on
	}
	ctx, cancel := context.WithTimeout(a.context(), time.Second)
	defer cancel()
	err := a.withKeys(ctx, at, func(st caseStore) error { return settledRing(st, db) })
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // there is time
	}
	return err
}

// passphrase asks whoever sits at the terminal.
func (a *app) passphrase(prompt string) (string, error) {
	if phrase := os.Getenv(keyPhraseName); phrase != "" {
		return phrase, nil
	}
	f, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", hint(fmt.Errorf("%w: it takes a passphrase", vigil.ErrSealed), "run vigil at a terminal, or set %s", keyPhraseName)
	}
	fmt.Fprint(a.stderr, prompt)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(a.stderr)
	return string(b), err
}

// newPassphrase asks for a passphrase twice.
func (a *app) newPassphrase() (string, error) {
	first, err := a.passphrase("new passphrase of the case: ")
	if err != nil {
		return "", err
	}
	again, err := a.passphrase("once more: ")
	switch {
	case err != nil:
		return "", err
	case first != again:
		return "", usagef("the passphrases differ")
	case len(strings.TrimSpace(first)) < minPhrase:
		return "", usagef("a passphrase of %d letters: want %d or more, better some words", len(first), minPhrase)
	}
	return first, nil
}

// minPhrase is how many bytes a passphrase has at least. It guards against an empty
// one; what is good, nobody can count.
const minPhrase = 12

// newRing makes the key file of a database: for who knows a passphrase, or for an
// identity, which is made if there is none.
func (a *app) newRing(db, identity string, byPhrase bool) (*keyring.Ring, error) {
	if byPhrase {
		phrase, err := a.newPassphrase()
		if err != nil {
			return nil, err
		}
		return keyring.MakeWithPassphrase(db+ringSuffix, time.Now(), phrase, 0)
	}
	id, err := keyring.ReadIdentity(identity)
	if errors.Is(err, fs.ErrNotExist) {
		id, err = makeIdentity(identity)
	}
	if err != nil {
		return nil, err
	}
	return keyring.Make(db+ringSuffix, time.Now(), keyring.Recipient{Key: id.Recipient(), Comment: "made with the case"})
}

func makeIdentity(name string) (*keyring.Identity, error) {
	id, err := keyring.NewIdentity()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	return id, writeNew(name, id.File("opens an encrypted vigil case: who has this file reads the case"), 0o600)
}

// warnOfKey says what a key file means.
func warnOfKey(w io.Writer, name string) {
	fmt.Fprintf(w, `the case is encrypted. Whoever has %s reads it, and without that file nobody does:
keep a copy elsewhere, and never in one place with copies of the case
`, name)
}
