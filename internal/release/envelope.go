package release

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"vigil/internal/signature"
)

// Bounds of an envelope.
const (
	MaxEnvelope   = 256 << 10 // bytes
	MaxSignatures = 8
)

// An Envelope holds a statement and who signed it (DSSE 1.0). It is read by [Parse]
// and made by [New]; the zero Envelope says nothing.
type Envelope struct {
	Statement  Statement
	Signatures []Signature // in the order in which they were made

	payload []byte
}

// A Signature is one of an envelope, over [Envelope.PAE].
type Signature struct {
	KeyID string // fingerprint of the key, "SHA256:…"
	// Sig is a binary OpenSSH signature (PROTOCOL.sshsig) for the namespace
	// vigil-release, or the 64 bytes of a plain Ed25519 signature (RFC 8032).
	Sig []byte
}

// envelopeForm is a DSSE envelope.
type envelopeForm struct {
	PayloadType string          `json:"payloadType"`
	Payload     string          `json:"payload"`
	Signatures  []signatureForm `json:"signatures"`
}

type signatureForm struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

// New returns an envelope that nobody has signed.
func New(s Statement) (*Envelope, error) {
	s.Sealed = s.Sealed.UTC().Truncate(time.Second)
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("release statement: %w", err)
	}
	return &Envelope{Statement: s, payload: s.encode()}, nil
}

// Parse reads an envelope with one signature or more, which it does not check. It
// expects hostile bytes, and takes one spelling only, so that no byte of it can
// change unnoticed.
func Parse(data []byte) (*Envelope, error) {
	e, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("read release statement: %w", err)
	}
	return e, nil
}

func parse(data []byte) (*Envelope, error) {
	if len(data) > MaxEnvelope {
		return nil, fmt.Errorf("%d bytes, at most %d", len(data), MaxEnvelope)
	}
	text, ok := bytes.CutSuffix(data, []byte("\n"))
	if !ok {
		return nil, errors.New("no line end after it")
	}
	var f envelopeForm
	if err := strict(text, &f); err != nil {
		return nil, err
	}
	if f.PayloadType != PayloadType {
		return nil, fmt.Errorf("payload of type %.100q, want %s", f.PayloadType, PayloadType)
	}
	payload, err := base64.StdEncoding.Strict().DecodeString(f.Payload)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	e := &Envelope{payload: payload}
	if e.Statement, err = decode(payload); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	if len(f.Signatures) == 0 {
		return nil, errors.New("nobody signed it")
	}
	for i, s := range f.Signatures {
		sig, err := base64.StdEncoding.Strict().DecodeString(s.Sig)
		if err == nil {
			err = e.Add(Signature{s.KeyID, sig})
		}
		if err != nil {
			return nil, fmt.Errorf("signature %d: %w", i+1, err)
		}
	}
	if !bytes.Equal(e.Bytes(), data) {
		return nil, errors.New("it is not spelt as this program spells it")
	}
	return e, nil
}

// Bytes returns the envelope in the one spelling that it has: a line of JSON.
func (e *Envelope) Bytes() []byte {
	f := envelopeForm{PayloadType: PayloadType, Payload: base64.StdEncoding.EncodeToString(e.payload), Signatures: []signatureForm{}}
	for _, s := range e.Signatures {
		f.Signatures = append(f.Signatures, signatureForm{s.KeyID, base64.StdEncoding.EncodeToString(s.Sig)})
	}
	return append(compact(f), '\n')
}

// PAE returns the bytes that are signed (DSSE 1.0, "pre-authentication encoding").
func (e *Envelope) PAE() []byte { return pae(PayloadType, e.payload) }

func pae(payloadType string, payload []byte) []byte {
	b := fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload))
	return append(b, payload...)
}

// Add adds a signature, which it does not check. A key signs once.
func (e *Envelope) Add(s Signature) error {
	if len(e.Signatures) >= MaxSignatures {
		return fmt.Errorf("more than %d signatures", MaxSignatures)
	}
	if slices.ContainsFunc(e.Signatures, func(o Signature) bool { return o.KeyID == s.KeyID || bytes.Equal(o.Sig, s.Sig) }) {
		return fmt.Errorf("key %.80q has signed already", s.KeyID)
	}
	if s.plain() {
		e.Signatures = append(e.Signatures, s)
		return nil
	}
	armored := s.Armored()
	if blob, err := signature.Unarmor(armored); err != nil || !bytes.Equal(blob, s.Sig) {
		return fmt.Errorf("neither an OpenSSH signature nor 64 bytes of Ed25519: %w", errors.Join(err, errors.New("not its one spelling")))
	}
	e.Signatures = append(e.Signatures, s)
	return nil
}

// AddArmored adds an OpenSSH signature over [Envelope.PAE], after checking that the
// key that it carries made it for this.
func (e *Envelope) AddArmored(armored []byte) error {
	key, err := signature.Self(e.PAE(), armored, signature.Release)
	if err != nil {
		return err
	}
	blob, err := signature.Unarmor(armored)
	if err != nil {
		return err
	}
	return e.Add(Signature{KeyID: key, Sig: blob})
}

// plain reports whether s is an Ed25519 signature without OpenSSH's frame.
func (s Signature) plain() bool { return len(s.Sig) == ed25519.SignatureSize }

// Armored returns an OpenSSH signature as ssh-keygen -Y verify reads it; of a plain
// one, the 64 bytes that openssl pkeyutl reads.
func (s Signature) Armored() []byte {
	if s.plain() {
		return s.Sig
	}
	return signature.Armor(s.Sig)
}
