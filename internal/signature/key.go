package signature

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// GenerateKey makes an Ed25519 key: the private one as a file that ssh-keygen
// reads, without a passphrase, and the public one as a line of type, key and
// comment. Both end with a line end.
func GenerateKey(comment string) (private, public []byte, err error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(priv, comment)
	if err != nil {
		return nil, nil, fmt.Errorf("generate key: %w", err)
	}
	sshPub, err := ssh.NewPublicKey(pub)
	if err != nil {
		return nil, nil, fmt.Errorf("generate key: %w", err)
	}
	line := ssh.MarshalAuthorizedKey(sshPub)
	line = fmt.Appendf(line[:len(line)-1], " %s\n", comment)
	return pem.EncodeToMemory(block), line, nil
}

// Fingerprint returns the fingerprint of the private key in pem, "SHA256:…".
func Fingerprint(pem []byte) (string, error) {
	key, err := parsePrivateKey(pem)
	if err != nil {
		return "", err
	}
	return ssh.FingerprintSHA256(key.PublicKey()), nil
}

// parsePrivateKey reads a private key without a passphrase.
func parsePrivateKey(pem []byte) (ssh.Signer, error) {
	key, err := ssh.ParsePrivateKey(pem)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return nil, errors.New("the private key is protected by a passphrase: sign with ssh-keygen -Y sign, which asks for it, or use a key without one")
	}
	if err != nil {
		return nil, fmt.Errorf("read private key: %w", err)
	}
	return key, checkKey(key.PublicKey())
}

// rsaBits returns the size of an RSA key; 0 for any other.
func rsaBits(k ssh.PublicKey) int {
	c, ok := k.(ssh.CryptoPublicKey)
	if !ok {
		return 0
	}
	r, ok := c.CryptoPublicKey().(*rsa.PublicKey)
	if !ok {
		return 0
	}
	return r.N.BitLen()
}
