package signature

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Armor returns the text form of a binary signature, as ssh-keygen writes it.
func Armor(blob []byte) []byte { return armor(blob, opensshWidth) }

// Unarmor returns the binary form of an armored signature, in the one spelling that
// it has. It says nothing about what the signature is worth.
func Unarmor(armored []byte) ([]byte, error) {
	sig, err := parse(armored)
	if err != nil {
		return nil, err
	}
	return sig.Marshal(), nil
}

// KeyOf returns the line of the key that a signature carries, for an allowed_signers
// file. Whose key it is, the caller says.
func KeyOf(armored []byte, principal, namespace string) (Signer, error) {
	sig, err := parse(armored)
	if err != nil {
		return Signer{}, err
	}
	return Signer{Principal: principal, Namespaces: []string{namespace}, Fingerprint: ssh.FingerprintSHA256(sig.PublicKey), key: sig.PublicKey}, nil
}

// Line returns the entry as a line of an allowed_signers file, without a comment:
// one spelling for one entry. It is empty for the zero Signer.
func (s Signer) Line() string {
	if s.key == nil {
		return ""
	}
	var options []string
	if len(s.Namespaces) > 0 {
		options = append(options, fmt.Sprintf("namespaces=%q", strings.Join(s.Namespaces, ",")))
	}
	const layout = "20060102150405Z"
	if !s.ValidAfter.IsZero() {
		options = append(options, fmt.Sprintf("valid-after=%q", s.ValidAfter.UTC().Format(layout)))
	}
	if !s.ValidBefore.IsZero() {
		options = append(options, fmt.Sprintf("valid-before=%q", s.ValidBefore.UTC().Format(layout)))
	}
	words := []string{s.Principal}
	if len(options) > 0 {
		words = append(words, strings.Join(options, ","))
	}
	words = append(words, s.key.Type(), base64.StdEncoding.EncodeToString(s.key.Marshal()))
	return strings.Join(words, " ") + "\n"
}

// Key returns the entry's key in PEM (SubjectPublicKeyInfo), for openssl; an error if
// it is not Ed25519.
func (s Signer) Key() ([]byte, error) {
	pub, ok := s.ed25519()
	if !ok {
		return nil, errors.New("want an Ed25519 key")
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

func (s Signer) ed25519() (ed25519.PublicKey, bool) {
	c, ok := s.key.(ssh.CryptoPublicKey)
	if !ok || s.key.Type() != ssh.KeyAlgoED25519 {
		return nil, false
	}
	pub, ok := c.CryptoPublicKey().(ed25519.PublicKey)
	return pub, ok
}

// VerifyRaw checks that sig is a plain Ed25519 signature (RFC 8032) over message by
// the key with a fingerprint, which one of signers must have and hold for namespace
// at a time. Message itself must say what it is for: a plain signature has no
// namespace.
func VerifyRaw(message, sig []byte, fingerprint, namespace string, signers Signers, at time.Time) (principal string, err error) {
	var key ssh.PublicKey
	for _, s := range signers {
		if s.key != nil && s.Fingerprint == fingerprint {
			key = s.key
		}
	}
	if key == nil {
		return "", fmt.Errorf("%w: %s", ErrUnknownSigner, fingerprint)
	}
	s, err := signers.find(key, namespace, at)
	if err != nil {
		return "", err
	}
	pub, ok := s.ed25519()
	if !ok {
		return "", fmt.Errorf("key of %s is %s: a plain signature is by an Ed25519 key", s.Principal, key.Type())
	}
	if !ed25519.Verify(pub, message, sig) {
		return "", fmt.Errorf("signature of %s does not fit the signed bytes", s.Principal)
	}
	return s.Principal, nil
}

// Only returns the line of the entry's key for one principal and one namespace, at
// whatever time.
func (s Signer) Only(principal, namespace string) string {
	return Signer{Principal: principal, Namespaces: []string{namespace}, key: s.key}.Line()
}
