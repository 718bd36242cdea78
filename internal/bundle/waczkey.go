package bundle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
)

// NewWACZKey makes a key that signs captures, as a PEM file (PKCS#8), for its
// owner only.
func NewWACZKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for captures: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make a key for captures: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ParseWACZKey reads a key that [NewWACZKey] made.
func ParseWACZKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("read the key for captures: want a PEM file with PRIVATE KEY")
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("read the key for captures: no PKCS#8 key") // never quote it
	}
	key, ok := any.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P384() {
		return nil, errors.New("read the key for captures: want ECDSA on P-384")
	}
	return key, nil
}

// p384Bytes is the length of a coordinate on P-384.
const p384Bytes = 48

// signWACZ signs message with ECDSA on P-384 and SHA-256 and returns r and s one
// after another (IEEE P1363) in base64, as readers of WACZ want it. The nonce
// follows from key and message (RFC 6979): the same give the same bytes.
func signWACZ(key *ecdsa.PrivateKey, message string) (string, error) {
	sum := sha256.Sum256([]byte(message))
	der, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("sign the captures: %w", err)
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return "", fmt.Errorf("sign the captures: %w", err)
	}
	raw := make([]byte, 2*p384Bytes)
	sig.R.FillBytes(raw[:p384Bytes])
	sig.S.FillBytes(raw[p384Bytes:])
	return base64.StdEncoding.EncodeToString(raw), nil
}

// checkWACZ checks a signature of [signWACZ] by a public key in base64 (SPKI).
func checkWACZ(public, sig, message string) error {
	der, err := base64.StdEncoding.Strict().DecodeString(public)
	if err != nil {
		return errors.New("public key: not base64")
	}
	any, err := x509.ParsePKIXPublicKey(der)
	key, ok := any.(*ecdsa.PublicKey)
	if err != nil || !ok || key.Curve != elliptic.P384() {
		return errors.New("public key: want ECDSA on P-384")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(sig)
	if err != nil || len(raw) != 2*p384Bytes {
		return fmt.Errorf("signature: want %d bytes in base64", 2*p384Bytes)
	}
	sum := sha256.Sum256([]byte(message))
	if !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(raw[:p384Bytes]), new(big.Int).SetBytes(raw[p384Bytes:])) {
		return errors.New("the signature does not fit")
	}
	return nil
}

// publicText returns the public key of key in base64 (SPKI).
func publicText(key *ecdsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	return base64.StdEncoding.EncodeToString(der), err
}
