package tornet

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// makeKeys writes the keys of a relay that is a directory authority, as
// "tor-gencert --create-identity-key" and a first start of Tor would, in a
// tenth of the time: the relay's identity (RSA-1024 by tor-spec, section 1.1;
// its SHA-1 is the fingerprint), and the authority's identity, signing key and
// certificate (dir-spec, "Creating key certificates").
func (r *relay) makeKeys(dir string) error {
	dir = filepath.Join(dir, "keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var keys [3]*rsa.PrivateKey
	for i, bits := range []int{1024, 2048, 1024} {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, bits); err != nil {
			return fmt.Errorf("make a key: %w", err)
		}
	}
	relayID, identity, signing := keys[0], keys[1], keys[2]
	r.fingerprint = fmt.Sprintf("%X", sha1.Sum(x509.MarshalPKCS1PublicKey(&relayID.PublicKey)))
	r.v3ident = fmt.Sprintf("%X", sha1.Sum(x509.MarshalPKCS1PublicKey(&identity.PublicKey)))
	cert, err := certificate(fmt.Sprintf("127.0.0.1:%d", r.dirPort), identity, signing)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"secret_id_key":         pemBlock("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(relayID)),
		"authority_signing_key": pemBlock("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(signing)),
		"authority_certificate": cert,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// certificate returns an authority's key certificate (dir-spec, section 3.1).
func certificate(address string, identity, signing *rsa.PrivateKey) ([]byte, error) {
	identityDER := x509.MarshalPKCS1PublicKey(&identity.PublicKey)
	identitySum := sha1.Sum(identityDER)
	now := time.Now().UTC()
	var c bytes.Buffer
	fmt.Fprintf(&c, "dir-key-certificate-version 3\ndir-address %s\nfingerprint %X\n", address, identitySum)
	fmt.Fprintf(&c, "dir-key-published %s\n", now.Add(-time.Hour).Format(time.DateTime))
	fmt.Fprintf(&c, "dir-key-expires %s\n", now.AddDate(1, 0, 0).Format(time.DateTime))
	c.WriteString("dir-identity-key\n")
	c.Write(pemBlock("RSA PUBLIC KEY", identityDER))
	c.WriteString("dir-signing-key\n")
	c.Write(pemBlock("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&signing.PublicKey)))
	cross, err := signDigest(signing, identitySum)
	if err != nil {
		return nil, err
	}
	c.WriteString("dir-key-crosscert\n")
	c.Write(pemBlock("ID SIGNATURE", cross))
	c.WriteString("dir-key-certification\n")
	sig, err := signDigest(identity, sha1.Sum(c.Bytes()))
	if err != nil {
		return nil, err
	}
	c.Write(pemBlock("SIGNATURE", sig))
	return c.Bytes(), nil
}

// signDigest signs as Tor does: a bare digest, which hash 0 stands for.
func signDigest(key *rsa.PrivateKey, digest [sha1.Size]byte) ([]byte, error) {
	sig, err := rsa.SignPKCS1v15(nil, key, 0, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign an authority's certificate: %w", err)
	}
	return sig, nil
}

func pemBlock(typ string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der})
}

// onionKey returns key in the form that ADD_ONION takes: the expanded secret
// key (RFC 8032, section 5.1.5, steps 1 and 2), in base64.
func onionKey(key ed25519.PrivateKey) string {
	h := sha512.Sum512(key.Seed())
	h[0] &= 248
	h[31] &= 63
	h[31] |= 64
	return base64.StdEncoding.EncodeToString(h[:])
}

// fakeBandwidth gives a relay a past in which it carried 1 MB/s, so that all
// weigh the same. Without it a fresh network may vote bandwidths of, say, 0, 2,
// 0, 0: clients then choose that one relay as guard and as last hop, every
// circuit fails, and one start in twelve hangs at 95%. (A V3BandwidthsFile does
// not help: it is not used for relays that are authorities.)
func fakeBandwidth(dir string) error {
	const mb, day = 1_000_000, 86400
	end := time.Now().UTC().Format(time.DateTime)
	var b bytes.Buffer
	for _, way := range []string{"Read", "Write"} {
		fmt.Fprintf(&b, "BWHistory%[1]sEnds %[2]s\nBWHistory%[1]sInterval %[3]d\n", way, end, day)
		fmt.Fprintf(&b, "BWHistory%[1]sValues %[2]d\nBWHistory%[1]sMaxima %[3]d\n", way, day*mb, mb)
	}
	return os.WriteFile(filepath.Join(dir, "state"), b.Bytes(), 0o600)
}
