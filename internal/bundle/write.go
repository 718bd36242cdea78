package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"vigil"
)

// Write writes a bundle with c to the folder dir, which must not exist. It is
// made in a folder beside dir and renamed when it is whole and verifies, so
// that dir is a good bundle or is not there.
//
// Sign signs a message for the namespace vigil-bundle; signers is the
// allowed_signers file that goes with the bundle, and must list its key. The
// same c and an Ed25519 key give the same bytes.
//
// Every record of c must have its entry in the order's log; see
// [ProvenEntry].
func Write(dir string, c Contents, sign func(message []byte) (armored []byte, err error), signers []byte) (err error) {
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s: %w", dir, vigil.ErrExists)
	}
	files, err := payload(c, signers)
	if err != nil {
		return err
	}
	if err := tagFiles(files, c, sign, signers); err != nil {
		return err
	}
	parent := filepath.Dir(filepath.Clean(dir))
	tmp, err := os.MkdirTemp(parent, ".vigil-bundle-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(tmp))
		}
	}()
	if err := writeAll(tmp, files); err != nil {
		return err
	}
	report, err := Verify(tmp, VerifyOptions{Now: c.Sealed})
	if err != nil {
		return fmt.Errorf("check the bundle: %w", err)
	}
	if !report.OK() {
		return fmt.Errorf("check the bundle: %s", report.failures())
	}
	if err := os.Rename(tmp, dir); err != nil {
		return err
	}
	return syncDir(parent)
}

// writers is how many files are written at a time: each waits for the disk.
const writers = 16

// writeAll writes files below dir, for the owner's eyes only, and down to the disk.
func writeAll(dir string, files map[string][]byte) error {
	var (
		names = make(chan string)
		errs  = make(chan error, writers)
	)
	for range writers {
		go func() {
			var err error
			for name := range names {
				if err == nil {
					err = writeFile(filepath.Join(dir, filepath.FromSlash(name)), files[name])
				}
			}
			errs <- err
		}()
	}
	for name := range files {
		names <- name
	}
	close(names)
	var all []error
	for range writers {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}

// writeFile writes a new file and waits until the disk has it.
func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes a rename in dir outlive a crash.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
