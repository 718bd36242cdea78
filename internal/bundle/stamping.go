package bundle

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vigil"
	"vigil/internal/timestamp"
)

// Stamped reports whether the bundle holds a time stamp.
func (s *Signing) Stamped() bool {
	_, err := os.Lstat(s.path(stampReplyName))
	return err == nil
}

// StampRequest returns what a time-stamping authority is asked about the bundle. The
// first call makes it and keeps it in the bundle, so that the answer can be held
// against it whenever it comes; later calls return the same.
func (s *Signing) StampRequest() ([]byte, error) {
	der, err := os.ReadFile(s.path(stampQueryName))
	if err == nil {
		r, err := timestamp.ParseRequest(der)
		if err == nil && !r.Covers(s.tags) {
			err = fmt.Errorf("%w: it is about other bytes", vigil.ErrTampered)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", stampQueryName, err)
		}
		return der, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if der, err = timestamp.NewRequest(s.tags); err != nil {
		return nil, err
	}
	return der, replaceFile(s.dir, stampQueryName, der)
}

// CheckStamp reads an authority's response, and reports why it is none to the
// bundle's request: over other bytes, of another nonce, of a time that cannot be, or
// by nobody whom the roots vouch for.
func (s *Signing) CheckStamp(reply []byte, roots *x509.CertPool, now time.Time) (*timestamp.Token, error) {
	der, err := os.ReadFile(s.path(stampQueryName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: no time stamp was asked for of this bundle", vigil.ErrRefused)
	}
	if err != nil {
		return nil, err
	}
	r, err := timestamp.ParseRequest(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", stampQueryName, err)
	}
	t, err := stampOf(s.tags, s.Sealed, now, r, reply)
	if err != nil {
		return nil, err
	}
	if err := t.Trust(roots); err != nil {
		return nil, fmt.Errorf("%w: %w", vigil.ErrRefused, err)
	}
	return t, nil
}

// PutStamp writes a response that was checked, and the certificates that it carries.
func (s *Signing) PutStamp(reply []byte, t *timestamp.Token) error {
	if err := errors.Join(replaceFile(s.dir, stampReplyName, reply), replaceFile(s.dir, stampChainName, t.Chain())); err != nil {
		return err
	}
	if err := os.Remove(s.path(noStampName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(s.path(stampReplyName)))
}

// PutNoStamp writes why the bundle has no time stamp, unless it has one.
func (s *Signing) PutNoStamp(why NoStamp) error {
	if !why.known() {
		return fmt.Errorf("%q is no reason for want of a time stamp", string(why))
	}
	if s.Stamped() {
		return nil
	}
	return replaceFile(s.dir, noStampName, []byte(why+"\n"))
}
