// Package release says who agreed that a bundle leaves the house. A statement names
// the bundle by the hash of its tag manifest; exporter and approver sign it, two
// people with two keys (four eyes). The forms are those of others: an in-toto
// Statement v1 in a DSSE envelope, signed with OpenSSH's ssh-keygen or plain Ed25519.
//
// What became of a bundle afterwards is told by the custody log, from whose events a
// [Ledger] folds each bundle's state.
package release

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Forms of the statement (github.com/in-toto/attestation, spec/v1, and
// github.com/secure-systems-lab/dsse). Under .invalid no host can ever be (RFC 6761,
// section 6.4): the predicate's type is a name and leads nowhere.
const (
	PayloadType   = "application/vnd.in-toto+json"
	StatementType = "https://in-toto.io/Statement/v1"
	PredicateType = "https://vigil.invalid/release/v1"
)

// Subject is the file of a bundle that a statement is about.
const Subject = "tagmanifest-sha256.txt"

// Says is what those who sign agree to.
const Says = "I have examined this bundle, and I agree to its release for the purpose of its order."

// Kinds of bundles.
const (
	Evidential = "evidential"
	Disclosure = "disclosure"
)

// maxText bounds a text of a statement, in bytes.
const maxText = 512

// A Statement is about one bundle.
type Statement struct {
	SHA256   string // of the bundle's tagmanifest-sha256.txt, in lower-case hex
	Bundle   string // its ID
	Case     string
	Order    string // ID
	Kind     string // Evidential or Disclosure
	Sealed   time.Time
	Exporter string // principal of who exported it, and signs first
}

// statementForm is an in-toto Statement v1.
type statementForm struct {
	Type          string        `json:"_type"`
	Subject       []subjectForm `json:"subject"`
	PredicateType string        `json:"predicateType"`
	Predicate     predicateForm `json:"predicate"`
}

type subjectForm struct {
	Name   string     `json:"name"`
	Digest digestForm `json:"digest"`
}

type digestForm struct {
	SHA256 string `json:"sha256"`
}

type predicateForm struct {
	Bundle   string `json:"bundle"`
	Case     string `json:"case"`
	Order    string `json:"order"`
	Kind     string `json:"kind"`
	Sealed   string `json:"sealed"` // RFC 3339, in UTC, to the second
	Exporter string `json:"exporter"`
	Says     string `json:"statement"`
}

// encode returns the statement in the one spelling that it has.
func (s Statement) encode() []byte {
	f := statementForm{
		Type: StatementType, Subject: []subjectForm{{Subject, digestForm{s.SHA256}}}, PredicateType: PredicateType,
		Predicate: predicateForm{
			Bundle: s.Bundle, Case: s.Case, Order: s.Order, Kind: s.Kind,
			Sealed: s.Sealed.UTC().Format(time.RFC3339), Exporter: s.Exporter, Says: Says,
		},
	}
	return compact(f)
}

// compact returns v as JSON without a line end. It cannot fail for the types of
// this package.
func compact(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// decode reads a statement in its one spelling.
func decode(payload []byte) (s Statement, err error) {
	var f statementForm
	if err := strict(payload, &f); err != nil {
		return s, err
	}
	p := f.Predicate
	s = Statement{Bundle: p.Bundle, Case: p.Case, Order: p.Order, Kind: p.Kind, Exporter: p.Exporter}
	switch {
	case f.Type != StatementType || f.PredicateType != PredicateType:
		return s, fmt.Errorf("type %.100q with a predicate of type %.100q: want %s and %s", f.Type, f.PredicateType, StatementType, PredicateType)
	case len(f.Subject) != 1 || f.Subject[0].Name != Subject:
		return s, errors.New("want one subject, " + Subject)
	case p.Says != Says:
		return s, fmt.Errorf("it says %.200q, want %q", p.Says, Says)
	}
	s.SHA256 = f.Subject[0].Digest.SHA256
	if s.Sealed, err = time.Parse(time.RFC3339, p.Sealed); err != nil {
		return s, fmt.Errorf("sealed at %.50q: want a time", p.Sealed)
	}
	if err := s.check(); err != nil {
		return s, err
	}
	if !bytes.Equal(s.encode(), payload) {
		return s, errors.New("it is not spelt as this program spells it")
	}
	return s, nil
}

// strict reads one JSON value without unknown fields and without a rest.
func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.InputOffset() != int64(len(data)) {
		return errors.New("bytes after its end")
	}
	return nil
}

func (s Statement) check() error {
	if sum, err := hex.DecodeString(s.SHA256); err != nil || len(sum) != 32 || strings.ToLower(s.SHA256) != s.SHA256 {
		return fmt.Errorf("sha256 %.80q: want 64 digits in lower-case hex", s.SHA256)
	}
	if s.Kind != Evidential && s.Kind != Disclosure {
		return fmt.Errorf("kind %.50q: want %s or %s", s.Kind, Evidential, Disclosure)
	}
	for name, text := range map[string]string{"bundle": s.Bundle, "case": s.Case, "order": s.Order, "exporter": s.Exporter} {
		if text == "" || len(text) > maxText || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%s %.80q: want 1 to %d bytes without control characters", name, text, maxText)
		}
	}
	if s.Sealed.IsZero() {
		return errors.New("no time of sealing")
	}
	return nil
}
