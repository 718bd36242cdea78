package timestamp

import (
	"crypto"
	_ "crypto/sha1" // names certificates in older tokens (RFC 2634); signs nothing
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// Object identifiers of RFC 5652, RFC 3161, RFC 2634, RFC 5035 and RFC 5280.
const (
	oidSignedData    = "1.2.840.113549.1.7.2"
	oidTokenInfo     = "1.2.840.113549.1.9.16.1.4"
	oidContentType   = "1.2.840.113549.1.9.3"
	oidMessageDigest = "1.2.840.113549.1.9.4"
	oidSigningCert   = "1.2.840.113549.1.9.16.2.12"
	oidSigningCertV2 = "1.2.840.113549.1.9.16.2.47"
	oidExtKeyUsage   = "2.5.29.37"
)

// response is a TimeStampResp (RFC 3161, section 2.4.2).
type response struct {
	Status struct {
		Status int
		Text   []asn1.RawValue `asn1:"optional"`
		Reason asn1.BitString  `asn1:"optional"`
	}
	Token asn1.RawValue `asn1:"optional"`
}

// why returns what the authority says of its refusal, short and quoted.
func (r response) why() string {
	for _, t := range r.Status.Text {
		if t.Class == asn1.ClassUniversal && t.Tag == asn1.TagUTF8String {
			return fmt.Sprintf(": %.200q", t.Bytes)
		}
	}
	return ""
}

// contentInfo and what follows is RFC 5652, sections 3 and 5.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"explicit,tag:0"`
}

type signedData struct {
	Version      int
	Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
	Content      contentInfo
	Certificates asn1.RawValue `asn1:"optional,tag:0"`
	CRLs         asn1.RawValue `asn1:"optional,tag:1"`
	Signers      []signerInfo  `asn1:"set"`
}

type signerInfo struct {
	Version    int
	Signer     asn1.RawValue // issuerAndSerial, or [0] key ID
	Digest     pkix.AlgorithmIdentifier
	Attributes asn1.RawValue `asn1:"tag:0"` // a token must have them (RFC 3161, section 2.4.2)
	Algorithm  pkix.AlgorithmIdentifier
	Signature  []byte
	Unsigned   asn1.RawValue `asn1:"optional,tag:1"`
}

type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// tokenInfo is a TSTInfo (RFC 3161, section 2.4.2).
type tokenInfo struct {
	Version  int
	Policy   asn1.ObjectIdentifier
	Imprint  imprint
	Serial   *big.Int
	Time     asn1.RawValue // encoding/asn1 takes no fractions of a second
	Accuracy struct {
		Seconds int `asn1:"optional"`
		Millis  int `asn1:"optional,tag:0"`
		Micros  int `asn1:"optional,tag:1"`
	} `asn1:"optional"`
	Ordering   bool          `asn1:"optional"`
	Nonce      *big.Int      `asn1:"optional"`
	Authority  asn1.RawValue `asn1:"optional,tag:0"`
	Extensions asn1.RawValue `asn1:"optional,tag:1"`
}

// accuracy returns by how much the time may be off. Less than a second is never
// believed: most tokens state whole seconds, and cut off the rest.
func (i tokenInfo) accuracy() (time.Duration, error) {
	a := i.Accuracy
	if a.Seconds < 0 || a.Seconds > maxAccuracy || a.Millis < 0 || a.Millis > 999 || a.Micros < 0 || a.Micros > 999 {
		return 0, fmt.Errorf("accuracy of %d s, %d ms, %d µs: want 0 to %d s, 999 ms, 999 µs", a.Seconds, a.Millis, a.Micros, maxAccuracy)
	}
	d := time.Duration(a.Seconds)*time.Second + time.Duration(a.Millis)*time.Millisecond + time.Duration(a.Micros)*time.Microsecond
	return max(d, time.Second), nil
}

// maxAccuracy bounds how far off a clock may be that is called one, in seconds.
const maxAccuracy = 3600

type imprint struct {
	Algorithm pkix.AlgorithmIdentifier
	Hash      []byte
}

// certID and certIDv2 name a certificate (RFC 2634, RFC 5035).
type certID struct {
	Hash   []byte
	Issuer asn1.RawValue `asn1:"optional"`
}

type certIDv2 struct {
	Algorithm pkix.AlgorithmIdentifier `asn1:"optional"`
	Hash      []byte
	Issuer    asn1.RawValue `asn1:"optional"`
}

// digest hashes b with a hash of the SHA-2 family.
func digest(alg pkix.AlgorithmIdentifier, b []byte) ([]byte, error) {
	hash := hashOf(alg)
	if hash == 0 {
		return nil, fmt.Errorf("hash %s: want SHA-256, SHA-384 or SHA-512", alg.Algorithm)
	}
	h := hash.New()
	h.Write(b)
	return h.Sum(nil), nil
}

// hashOf returns a hash of the SHA-2 family; 0 for any other.
func hashOf(alg pkix.AlgorithmIdentifier) crypto.Hash {
	switch alg.Algorithm.String() {
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512
	}
	return 0
}

// signatureAlgorithm returns how a token is signed: RSA (PKCS #1 v1.5), ECDSA
// or Ed25519.
func signatureAlgorithm(si signerInfo) (x509.SignatureAlgorithm, error) {
	const rsa, ecdsa = "1.2.840.113549.1.1.", "1.2.840.10045."
	by := map[string]x509.SignatureAlgorithm{
		rsa + "11": x509.SHA256WithRSA, rsa + "12": x509.SHA384WithRSA, rsa + "13": x509.SHA512WithRSA,
		ecdsa + "4.3.2": x509.ECDSAWithSHA256, ecdsa + "4.3.3": x509.ECDSAWithSHA384, ecdsa + "4.3.4": x509.ECDSAWithSHA512,
		"1.3.101.112": x509.PureEd25519,
	}
	// Some name only the kind of key: the hash is then that of the content.
	named := si.Algorithm.Algorithm.String()
	hash := map[string]int{"2.16.840.1.101.3.4.2.1": 0, "2.16.840.1.101.3.4.2.2": 1, "2.16.840.1.101.3.4.2.3": 2}
	if i, ok := hash[si.Digest.Algorithm.String()]; ok && named == rsa+"1" {
		named = rsa + []string{"11", "12", "13"}[i]
	} else if ok && named == ecdsa+"2.1" {
		named = ecdsa + []string{"4.3.2", "4.3.3", "4.3.4"}[i]
	}
	alg, ok := by[named]
	if !ok {
		return 0, fmt.Errorf("signature algorithm %s: this program checks RSA PKCS #1 v1.5, ECDSA and Ed25519", named)
	}
	return alg, nil
}
