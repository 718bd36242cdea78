package release

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/signature"
)

// A Signer is who made one signature of an envelope.
type Signer struct {
	Principal string // as the list says that was asked
	Key       string // fingerprint
	Line      string // of an allowed_signers file, for this key and namespace alone
}

// String names the signer with the key.
func (s Signer) String() string { return s.Principal + ", key " + s.Key }

// Fit checks that each signature fits the statement and is by the key that it names.
// own are the keys that come with the envelope; a plain Ed25519 signature carries
// none. Whose keys they are is another matter: see [Envelope.By].
func (e *Envelope) Fit(own signature.Signers) error {
	if len(e.Signatures) == 0 {
		return errors.New("nobody signed the release statement")
	}
	for i, s := range e.Signatures {
		if err := e.fit(s, own); err != nil {
			return fmt.Errorf("release signature %d: %w: %w", i+1, vigil.ErrTampered, err)
		}
	}
	return nil
}

func (e *Envelope) fit(s Signature, own signature.Signers) error {
	if s.plain() {
		// A list that comes with the envelope says nothing of times.
		_, err := signature.VerifyRaw(e.PAE(), s.Sig, s.KeyID, signature.Release, own, e.Statement.Sealed)
		return err
	}
	key, err := signature.Self(e.PAE(), s.Armored(), signature.Release)
	if err == nil && key != s.KeyID {
		err = fmt.Errorf("it is by key %s, but is said to be by %.80q", key, s.KeyID)
	}
	return err
}

// By returns who signed, in turn, by a list that the caller trusts. Each key must be
// on it for the namespace vigil-release at the time of sealing: there is no later
// time that a signature could prove.
func (e *Envelope) By(trusted signature.Signers) ([]Signer, error) {
	var all []Signer
	for i, s := range e.Signatures {
		who, line, err := e.by(s, trusted, e.Statement.Sealed)
		if err != nil {
			return all, fmt.Errorf("release signature %d: %w", i+1, err)
		}
		all = append(all, Signer{Principal: who, Key: s.KeyID, Line: line})
	}
	return all, nil
}

func (e *Envelope) by(s Signature, trusted signature.Signers, at time.Time) (who, line string, err error) {
	if s.plain() {
		if who, err = signature.VerifyRaw(e.PAE(), s.Sig, s.KeyID, signature.Release, trusted, at); err != nil {
			return "", "", err
		}
		i := slices.IndexFunc(trusted, func(t signature.Signer) bool { return t.Fingerprint == s.KeyID })
		return who, trusted[i].Only(who, signature.Release), nil
	}
	who, key, err := signature.Verify(e.PAE(), s.Armored(), signature.Release, trusted, at)
	if err == nil && key != s.KeyID {
		err = fmt.Errorf("%w: it is by key %s, but is said to be by %.80q", vigil.ErrTampered, key, s.KeyID)
	}
	if err != nil {
		return "", "", err
	}
	k, err := signature.KeyOf(s.Armored(), who, signature.Release)
	return who, k.Line(), err
}

// ErrOnePerson says that a release statement lacks a second person's signature.
var ErrOnePerson = fmt.Errorf("%w: four eyes are wanted, of the exporter and of another", vigil.ErrRefused)

// FourEyes reports why signers, of whom [Envelope.By] spoke, don't stand for two
// people: the exporter, and another with another key. The error wraps [ErrOnePerson].
func (e *Envelope) FourEyes(by []Signer) error {
	exporter := slices.IndexFunc(by, func(s Signer) bool { return s.Principal == e.Statement.Exporter })
	if exporter < 0 {
		return fmt.Errorf("%w: %s, who is said to have exported it, has not signed", ErrOnePerson, e.Statement.Exporter)
	}
	for _, s := range by {
		if s.Principal != e.Statement.Exporter && s.Key != by[exporter].Key {
			return nil
		}
	}
	var all []string
	for _, s := range by {
		all = append(all, s.String())
	}
	return fmt.Errorf("%w: signed by %s alone", ErrOnePerson, strings.Join(all, "; "))
}
