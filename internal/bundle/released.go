package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil"
	"vigil/internal/release"
	"vigil/internal/signature"
)

// release checks who let the bundle go out: that the statement is about this bundle,
// that each signature fits it, that the files for others say the same, and, where the
// caller trusts somebody, that two people signed.
func (v *verifier) release() (string, error) {
	if v.sealed.IsZero() {
		return "", unchecked("a draft: nobody has sealed it")
	}
	own, err := v.ownSigners()
	if err != nil {
		return "", err
	}
	own = slices.DeleteFunc(own, func(s signature.Signer) bool { return slices.Equal(s.Namespaces, []string{signature.Bundle}) })
	if !v.bag.has(envelopeName) {
		return "", v.unreleased(own)
	}
	e, err := v.envelope()
	if err != nil {
		return "", err
	}
	if err := errors.Join(v.sameBundle(e.Statement), v.releaseFiles(e), onlyThose(own, e), e.Fit(own)); err != nil {
		return "", err
	}
	claimed, err := e.By(own)
	if err != nil {
		return "", err
	}
	return v.eyes(e, claimed)
}

// unreleased says what there is without a statement: nothing may be.
func (v *verifier) unreleased(own signature.Signers) error {
	for _, name := range v.bag.names {
		if name == releasePAEName || releaseSigName.MatchString(name) {
			return fmt.Errorf("%q without %s", name, envelopeName)
		}
	}
	if len(own) > 0 {
		return fmt.Errorf("%s lists a key of %s, which has signed nothing", signersName, own[0].Principal)
	}
	return unchecked("nobody has agreed to its release: no %s", envelopeName)
}

func (v *verifier) envelope() (*release.Envelope, error) {
	data, err := v.bag.read(envelopeName, release.MaxEnvelope)
	if err != nil {
		return nil, err
	}
	e, err := release.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", envelopeName, err)
	}
	return e, nil
}

// sameBundle holds a statement against the bundle.
func (v *verifier) sameBundle(s release.Statement) error {
	want := v.info.public(v.tags).statement(s.Exporter)
	switch {
	case s.SHA256 != want.SHA256:
		return fmt.Errorf("%s: %w: it is about a bundle whose %s has the SHA-256 %s", envelopeName, vigil.ErrTampered, signedName, s.SHA256)
	case s != want:
		return fmt.Errorf("%s: %w: it says bundle %q, case %q, order %q, kind %q, sealed %v; %s says otherwise", envelopeName, vigil.ErrTampered, s.Bundle, s.Case, s.Order, s.Kind, s.Sealed, infoName)
	}
	return nil
}

// releaseFiles checks that what is there for ssh-keygen is what the envelope holds.
func (v *verifier) releaseFiles(e *release.Envelope) error {
	want := releaseFiles(e)
	for _, name := range v.bag.names {
		if _, ok := want[name]; !ok && releaseSigName.MatchString(name) {
			return fmt.Errorf("%q: %s holds %d signatures", name, envelopeName, len(e.Signatures))
		}
	}
	for _, name := range slices.Sorted(keys(want)) {
		got, err := v.bag.read(name, maxSmall)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want[name]) {
			return fmt.Errorf("%q: %w: it is not what %s holds", name, vigil.ErrTampered, envelopeName)
		}
	}
	return nil
}

// onlyThose checks that a bundle's own list has the keys that signed its release, each
// once, and no other.
func onlyThose(own signature.Signers, e *release.Envelope) error {
	listed := map[string]bool{}
	for _, s := range own {
		signed := slices.ContainsFunc(e.Signatures, func(g release.Signature) bool { return g.KeyID == s.Fingerprint })
		if !signed || listed[s.Fingerprint] || !slices.Equal(s.Namespaces, []string{signature.Release}) {
			return fmt.Errorf("%s lists the key %s of %s for %v: want the keys that signed the release, each once", signersName, s.Fingerprint, s.Principal, s.Namespaces)
		}
		listed[s.Fingerprint] = true
	}
	if len(listed) != len(e.Signatures) {
		return fmt.Errorf("%s lists %d keys for namespace %s, but %d signed", signersName, len(listed), signature.Release, len(e.Signatures))
	}
	return nil
}

// eyes says whether two people signed: by the caller's list, or, without one, by what
// the bundle claims, which proves nothing but may contradict itself.
func (v *verifier) eyes(e *release.Envelope, claimed []release.Signer) (string, error) {
	single := len(e.Signatures) == 1
	if len(v.Signers.For(signature.Release)) == 0 {
		if err := e.FourEyes(claimed); err != nil && !single {
			return "", err
		}
		why := "no trusted signers given"
		if v.Signers != nil {
			why = "the trusted signers have nobody for namespace " + signature.Release
		}
		return "", unchecked("%s; learn from elsewhere whose keys signed the release: %s%s", why, said(claimed), alone(single))
	}
	by, err := e.By(v.Signers)
	if err != nil {
		return "", err
	}
	for i, s := range by {
		if s.Principal != claimed[i].Principal {
			return "", fmt.Errorf("%s: key %s is of %s, not of %s", signersName, s.Key, s.Principal, claimed[i].Principal)
		}
	}
	if single {
		if by[0].Principal != e.Statement.Exporter {
			return "", e.FourEyes(by)
		}
		return "", unchecked("signed by %s%s", by[0], alone(single))
	}
	if err := e.FourEyes(by); err != nil {
		return "", err
	}
	var all []string
	for _, s := range by {
		all = append(all, s.String())
	}
	return fmt.Sprintf("exported by %s; agreed to by %s; all trusted at the time of sealing", e.Statement.Exporter, strings.Join(all, "; ")), nil
}

func said(claimed []release.Signer) string {
	var all []string
	for _, s := range claimed {
		all = append(all, s.Key+", said to be of "+s.Principal)
	}
	return strings.Join(all, "; ")
}

func alone(single bool) string {
	if single {
		return "; no second person has agreed yet"
	}
	return ""
}
