package session

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"vigil/internal/keyring"
)

// maxKey bounds a key file in bytes.
const maxKey = 64 << 10

// partial ends the name of a file that keyring.WriteAtomic is writing.
const partial = ".part"

// errNoKey says that sessions exist, but not the key that opens them.
var errNoKey = errors.New("the key of the sessions is missing: restore it, or forget them and import anew")

func keyError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errNoKey // and not "there is no session"
	}
	return err
}

// checkKey reports why sessions could not be sealed. It writes nothing.
func (v *Vault) checkKey() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.readKey()
	if some, e := v.holdsAny(); e != nil || !some && errors.Is(err, fs.ErrNotExist) {
		return e // nil: the first session makes the key
	}
	return keyError(err)
}

// readOrMakeKey sets v.key. A key is made only where no session was sealed with
// another. The caller holds the lock.
func (v *Vault) readOrMakeKey() error {
	err := v.readKey()
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if some, e := v.holdsAny(); e != nil || some {
		return errors.Join(err, e)
	}
	return v.makeKey()
}

// readKey sets v.key from the key file, unless it is set.
func (v *Vault) readKey() error {
	if v.key != nil {
		return nil
	}
	text, err := readFile(v.keyFile, maxKey, true)
	if err != nil {
		return err
	}
	phrase := v.passphrase.reveal()
	wrapped := keyring.Wrapped(text)
	switch {
	case wrapped && phrase == "":
		return fmt.Errorf("%w wanted: %s is wrapped in one", ErrPassphrase, v.keyFile)
	case !wrapped && phrase != "":
		return fmt.Errorf("%w given, but %s is not wrapped in one: when all sessions are forgotten, the next import makes one that is", ErrPassphrase, v.keyFile)
	case wrapped:
		if text, err = keyring.Unwrap(text, phrase); err != nil {
			return fmt.Errorf("%s: %w wrong, or the file is damaged", v.keyFile, ErrPassphrase)
		}
	}
	v.key, err = keyring.ParseIdentity(text)
	if err != nil {
		return fmt.Errorf("%s: %w", v.keyFile, err)
	}
	return nil
}

// makeKey writes a new key file and sets v.key.
func (v *Vault) makeKey() error {
	id, err := keyring.NewIdentity()
	if err != nil {
		return err
	}
	text := id.File("opens the sealed sessions of this case")
	if phrase := v.passphrase.reveal(); phrase != "" {
		if text, err = keyring.Wrap(text, phrase, v.work); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(v.keyFile), 0o700); err != nil {
		return err
	}
	if err := keyring.WriteAtomic(v.keyFile, text); err != nil {
		return err
	}
	v.key = id
	return nil
}

// readFile reads a regular file of at most limit bytes; a private one must not
// be readable by others.
func readFile(name string, limit int64, private bool) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", name)
	case private && st.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s has mode %#o: %w", name, st.Mode().Perm(), ErrExposed)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}

// erase overwrites a file with zeros and deletes it. A link is deleted, and
// what it points to left alone.
func erase(name string) error {
	st, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if st.Mode().IsRegular() {
		if err := zero(name, st.Size()); err != nil {
			return err
		}
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func zero(name string, size int64) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for size > 0 && err == nil {
		n, e := f.Write(make([]byte, min(size, 64<<10)))
		size, err = size-int64(n), e
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes a rename or deletion in dir last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
