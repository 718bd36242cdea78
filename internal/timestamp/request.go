package timestamp

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"vigil"
)

// MaxRequest bounds a request, in bytes; ours have about 70.
const MaxRequest = 4 << 10

// nonceSize is how many random bytes tell one request from all others.
const nonceSize = 16

// A Request is what an authority is asked (RFC 3161, section 2.4.1). It holds a
// hash, and nothing of what is hashed.
type Request struct {
	// Nonce comes back in the answer, which is thus none that was given before. It is
	// nil where a request by somebody else has none.
	Nonce  *big.Int
	Policy string // that the answer must be under; empty for any

	imprint imprint
}

// requestForm is a TimeStampReq.
type requestForm struct {
	Version    int
	Imprint    imprint
	Policy     asn1.ObjectIdentifier `asn1:"optional"`
	Nonce      *big.Int              `asn1:"optional"`
	CertReq    bool                  `asn1:"optional"`
	Extensions asn1.RawValue         `asn1:"optional,tag:0"`
}

// NewRequest returns a request for data, in DER: its SHA-256, a fresh nonce, and
// the wish for the authority's certificate.
func NewRequest(data []byte) ([]byte, error) {
	nonce := make([]byte, nonceSize)
	rand.Read(nonce) // never fails
	nonce[0] = nonce[0]&0x7f | 0x40
	sum := sha256.Sum256(data)
	der, err := asn1.Marshal(requestForm{
		Version: 1,
		Imprint: imprint{pkix.AlgorithmIdentifier{Algorithm: oidSHA256(), Parameters: asn1.NullRawValue}, sum[:]},
		Nonce:   new(big.Int).SetBytes(nonce), CertReq: true,
	})
	if err != nil {
		return nil, fmt.Errorf("make time-stamp request: %w", err)
	}
	return der, nil
}

func oidSHA256() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1} }

// ParseRequest reads a request, ours or another program's. It expects hostile
// bytes, and takes one spelling only, so that no byte of it can change unnoticed.
func ParseRequest(der []byte) (Request, error) {
	r, err := parseRequest(der)
	if err != nil {
		return Request{}, fmt.Errorf("read time-stamp request: %w", err)
	}
	return r, nil
}

func parseRequest(der []byte) (r Request, err error) {
	if len(der) > MaxRequest {
		return r, fmt.Errorf("%d bytes, at most %d", len(der), MaxRequest)
	}
	var f requestForm
	if err := unmarshal(der, &f); err != nil {
		return r, fmt.Errorf("no request in DER: %w", err)
	}
	again, err := asn1.Marshal(f)
	switch {
	case err != nil || !bytes.Equal(again, der):
		return r, errors.New("it is not spelt as DER wants it")
	case f.Version != 1:
		return r, fmt.Errorf("version %d, want 1", f.Version)
	case len(f.Extensions.FullBytes) > 0:
		return r, errors.New("it has extensions, of which this program knows none")
	case !f.CertReq:
		return r, errors.New("it does not ask for the authority's certificate: with openssl ts -query, add -cert")
	}
	if p := f.Imprint.Algorithm.Parameters.FullBytes; len(p) > 0 && !bytes.Equal(p, asn1.NullBytes) {
		return r, errors.New("its hash has parameters")
	}
	if h := hashOf(f.Imprint.Algorithm); h == 0 || h.Size() != len(f.Imprint.Hash) {
		return r, fmt.Errorf("hash %s of %d bytes: want SHA-256, SHA-384 or SHA-512", f.Imprint.Algorithm.Algorithm, len(f.Imprint.Hash))
	}
	r = Request{Nonce: f.Nonce, imprint: f.Imprint}
	if len(f.Policy) > 0 {
		r.Policy = f.Policy.String()
	}
	return r, nil
}

// Covers reports whether the request is for data.
func (r Request) Covers(data []byte) bool {
	sum, err := digest(r.imprint.Algorithm, data)
	return err == nil && bytes.Equal(sum, r.imprint.Hash)
}

// Answered reports why t is no answer to r: another hash, nonce or policy. The
// error wraps [vigil.ErrTampered].
func (r Request) Answered(t *Token) error {
	switch {
	case !r.imprint.Algorithm.Algorithm.Equal(t.imprint.Algorithm.Algorithm) || !bytes.Equal(r.imprint.Hash, t.imprint.Hash):
		return fmt.Errorf("%w: the time stamp is over another hash than was asked for", vigil.ErrTampered)
	case (r.Nonce == nil) != (t.Nonce == nil) || r.Nonce != nil && r.Nonce.Cmp(t.Nonce) != 0:
		return fmt.Errorf("%w: the time stamp answers another request: its nonce differs", vigil.ErrTampered)
	case r.Policy != "" && r.Policy != t.Policy:
		return fmt.Errorf("%w: the time stamp is under policy %s, asked for was %s", vigil.ErrTampered, t.Policy, r.Policy)
	}
	return nil
}
