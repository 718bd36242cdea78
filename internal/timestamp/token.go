// Package timestamp asks time-stamping authorities when something was there, and
// checks what they answer (RFC 3161): whose token it is, what it is over, and when.
//
// No library for tokens is used: those for Go allow BER of any depth, and do not
// say which of the certificates signed.
package timestamp

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"vigil"
)

// MaxResponse bounds an authority's response, in bytes: a token with a chain of
// five certificates has about 8 kB.
const MaxResponse = 64 << 10

// maxChain bounds the certificates of a token: what leads from it to a root has
// two to four.
const maxChain = 16

// A Token is an RFC 3161 time-stamp token whose signature fits the certificate
// that it carries. Whose certificate that is, [Token.Trust] says.
type Token struct {
	At time.Time // by the authority's clock
	// Accuracy says by how much At may be off: what the token states, a second at
	// least.
	Accuracy time.Duration
	Policy   string   // object identifier of the authority's policy
	Serial   *big.Int // of the token
	Nonce    *big.Int // of the request; nil if it had none

	imprint imprint
	cert    *x509.Certificate   // the authority's
	certs   []*x509.Certificate // all that the token carries, in its order
}

// Parse reads a time-stamping authority's response (RFC 3161, section 2.4.2) and
// checks the signature of its token by the certificate within. It expects hostile
// bytes: they must be DER, which encoding/asn1 reads without recursion over their
// depth. What does not fit wraps [vigil.ErrTampered].
func Parse(response []byte) (*Token, error) {
	t, err := parse(response)
	if err != nil {
		return nil, fmt.Errorf("read time stamp: %w", err)
	}
	return t, nil
}

func parse(data []byte) (*Token, error) {
	if len(data) > MaxResponse {
		return nil, fmt.Errorf("%d bytes, at most %d", len(data), MaxResponse)
	}
	var r response
	if err := unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("no response of a time-stamping authority in DER: %w", err)
	}
	if r.Status.Status != 0 && r.Status.Status != 1 { // granted, granted with changes
		return nil, fmt.Errorf("the authority refused: status %d%s", r.Status.Status, r.why())
	}
	var ci contentInfo
	if err := unmarshal(r.Token.FullBytes, &ci); err != nil || ci.Type.String() != oidSignedData {
		return nil, errors.New("no signed data in the response")
	}
	var sd signedData
	if err := unmarshal(ci.Content.Bytes, &sd); err != nil {
		return nil, fmt.Errorf("signed data: %w", err)
	}
	var content []byte
	if err := unmarshal(sd.Content.Content.Bytes, &content); err != nil || sd.Content.Type.String() != oidTokenInfo {
		return nil, errors.New("the signed data is no time stamp")
	}
	var info tokenInfo
	if err := unmarshal(content, &info); err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	if len(sd.Signers) != 1 {
		return nil, fmt.Errorf("%d signers, want 1", len(sd.Signers))
	}
	t := &Token{Policy: info.Policy.String(), Serial: info.Serial, Nonce: info.Nonce, imprint: info.Imprint}
	var err error
	if t.At, err = parseTime(info.Time); err != nil {
		return nil, err
	}
	if t.Accuracy, err = info.accuracy(); err != nil {
		return nil, err
	}
	if t.cert, t.certs, err = signerOf(sd.Signers[0], sd.Certificates.Bytes); err != nil {
		return nil, err
	}
	return t, checkSigner(sd.Signers[0], t.cert, content)
}

// unmarshal reads DER without a rest.
func unmarshal(der []byte, into any) error {
	rest, err := asn1.Unmarshal(der, into)
	if err == nil && len(rest) > 0 {
		err = errors.New("bytes after its end")
	}
	return err
}

// parseTime reads a GeneralizedTime as RFC 3161, section 2.4.2, allows it: in
// UTC, with a fraction or without.
func parseTime(v asn1.RawValue) (time.Time, error) {
	text := string(v.Bytes)
	t, err := time.Parse("20060102150405Z", text) // takes a fraction after the seconds, too
	if v.Tag != asn1.TagGeneralizedTime || v.Class != asn1.ClassUniversal || err != nil || strings.Contains(text, ",") {
		return t, fmt.Errorf("time %q: want YYYYMMDDhhmmss[.f]Z", text)
	}
	return t, nil
}

// signerOf finds the signer's certificate among those that the token carries.
func signerOf(si signerInfo, der []byte) (cert *x509.Certificate, all []*x509.Certificate, err error) {
	if len(der) == 0 {
		return nil, nil, errors.New("it carries no certificate: ask for it, with openssl ts -query -cert")
	}
	if all, err = x509.ParseCertificates(der); err != nil {
		return nil, nil, fmt.Errorf("its certificates: %w", err)
	}
	if len(all) > maxChain {
		return nil, nil, fmt.Errorf("%d certificates, at most %d", len(all), maxChain)
	}
	var id issuerAndSerial
	byIssuer := unmarshal(si.Signer.FullBytes, &id) == nil
	i := slices.IndexFunc(all, func(c *x509.Certificate) bool {
		if byIssuer {
			return bytes.Equal(c.RawIssuer, id.Issuer.FullBytes) && c.SerialNumber.Cmp(id.Serial) == 0
		}
		return si.Signer.Class == asn1.ClassContextSpecific && si.Signer.Tag == 0 && len(c.SubjectKeyId) > 0 && bytes.Equal(c.SubjectKeyId, si.Signer.Bytes)
	})
	if i < 0 {
		return nil, nil, errors.New("the signer's certificate is not among those that it carries")
	}
	return all[i], all, nil
}

// checkSigner checks a signature over content (RFC 5652, section 5.4), and that
// it names its certificate (RFC 5035, RFC 5816).
func checkSigner(si signerInfo, cert *x509.Certificate, content []byte) error {
	attrs, err := attributes(si.Attributes.Bytes)
	if err != nil {
		return err
	}
	var typ asn1.ObjectIdentifier
	if err := unmarshal(attrs[oidContentType], &typ); err != nil || typ.String() != oidTokenInfo {
		return errors.New("the signature is not over a time stamp")
	}
	sum, err := digest(si.Digest, content)
	if err != nil {
		return err
	}
	var said []byte
	if err := unmarshal(attrs[oidMessageDigest], &said); err != nil || !bytes.Equal(said, sum) {
		return fmt.Errorf("%w: the time stamp was changed after it was signed", vigil.ErrTampered)
	}
	if err := checkCertID(attrs, cert); err != nil {
		return err
	}
	alg, err := signatureAlgorithm(si)
	if err != nil {
		return err
	}
	// The attributes are signed as a SET, and stand in the token under another tag.
	signed := slices.Clone(si.Attributes.FullBytes)
	signed[0] = asn1.TagSet | 0x20
	if err := cert.CheckSignature(alg, signed, si.Signature); err != nil {
		return fmt.Errorf("%w: its signature does not fit: %v", vigil.ErrTampered, err)
	}
	return nil
}

// attributes returns the signed attributes, each with its one value.
func attributes(der []byte) (map[string][]byte, error) {
	all := map[string][]byte{}
	for len(der) > 0 {
		var a attribute
		var err error
		if der, err = asn1.Unmarshal(der, &a); err != nil {
			return nil, fmt.Errorf("signed attributes: %w", err)
		}
		name := a.Type.String()
		if _, twice := all[name]; twice || len(a.Values) != 1 {
			return nil, fmt.Errorf("signed attribute %s: want it once, with one value", name)
		}
		all[name] = a.Values[0].FullBytes
	}
	return all, nil
}

// checkCertID checks that the signature names cert as its certificate, so that
// no other certificate for the same key can take its place.
func checkCertID(attrs map[string][]byte, cert *x509.Certificate) error {
	var v2 struct {
		Certs    []certIDv2
		Policies asn1.RawValue `asn1:"optional"`
	}
	var v1 struct {
		Certs    []certID
		Policies asn1.RawValue `asn1:"optional"`
	}
	var said, have []byte
	switch {
	case attrs[oidSigningCertV2] != nil:
		if err := unmarshal(attrs[oidSigningCertV2], &v2); err != nil || len(v2.Certs) == 0 {
			return errors.New("the signature names no certificate")
		}
		id := v2.Certs[0]
		if len(id.Algorithm.Algorithm) == 0 {
			id.Algorithm.Algorithm = oidSHA256() // the default
		}
		var err error
		if have, err = digest(id.Algorithm, cert.Raw); err != nil {
			return err
		}
		said = id.Hash
	case attrs[oidSigningCert] != nil:
		if err := unmarshal(attrs[oidSigningCert], &v1); err != nil || len(v1.Certs) == 0 {
			return errors.New("the signature names no certificate")
		}
		h := crypto.SHA1.New()
		h.Write(cert.Raw)
		said, have = v1.Certs[0].Hash, h.Sum(nil)
	default:
		return errors.New("the signature names no certificate")
	}
	if !bytes.Equal(said, have) {
		return fmt.Errorf("%w: the signature names another certificate", vigil.ErrTampered)
	}
	return nil
}

// Covers reports whether the token is over data.
func (t *Token) Covers(data []byte) bool {
	sum, err := digest(t.imprint.Algorithm, data)
	return err == nil && bytes.Equal(sum, t.imprint.Hash)
}

// Trust reports why the token's certificate, as of the token's time, does not
// lead to one of the roots, or is not for time-stamping alone (RFC 3161, section
// 2.3).
func (t *Token) Trust(roots *x509.CertPool) error {
	inter := x509.NewCertPool()
	for _, c := range t.certs {
		inter.AddCert(c)
	}
	_, err := t.cert.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: inter, CurrentTime: t.At,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	if err != nil {
		return fmt.Errorf("certificate of %q at %s: %w", t.Authority(), t.At.UTC().Format(time.RFC3339), err)
	}
	critical := slices.ContainsFunc(t.cert.Extensions, func(e pkix.Extension) bool {
		return e.Critical && e.Id.String() == oidExtKeyUsage
	})
	if !critical || len(t.cert.ExtKeyUsage) != 1 || len(t.cert.UnknownExtKeyUsage) != 0 {
		return fmt.Errorf("certificate of %q: want it for time-stamping alone, marked as critical", t.Authority())
	}
	return nil
}

// Authority names the authority as its certificate does. It is text of the
// authority's choice.
func (t *Token) Authority() string { return t.cert.Subject.String() }

// Chain returns the certificates that the token carries, in its order, in PEM: what
// openssl ts -verify takes as -untrusted.
func (t *Token) Chain() []byte {
	var out []byte
	for _, c := range t.certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

// ParseRoots reads the root certificates of time-stamping authorities that are
// trusted, in PEM.
func ParseRoots(text []byte) (*x509.CertPool, error) {
	pool, n := x509.NewCertPool(), 0
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		if b.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("PEM block %q: want CERTIFICATE", b.Type)
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", n+1, err)
		}
		pool.AddCert(c)
		n++
	}
	if n == 0 {
		return nil, errors.New("no certificate: want PEM")
	}
	return pool, nil
}
