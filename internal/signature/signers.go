package signature

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Limits of an allowed_signers file.
const (
	maxSigners = 1000
	maxLine    = 32 << 10
)

// Signers says who may sign what, and when. Nil allows nobody.
type Signers []Signer

// A Signer is one line of an allowed_signers file.
type Signer struct {
	Principal   string
	Fingerprint string    // of the key, "SHA256:…"
	Namespaces  []string  // patterns with * and ?, ! before one that excludes; none allows every namespace
	ValidAfter  time.Time // zero for no bound
	ValidBefore time.Time // the last second that counts; zero for no bound
	key         ssh.PublicKey
}

// ParseAllowedSigners reads a file in OpenSSH's allowed_signers format: a line
// for each key, of principal, options, key type, key and a comment.
//
//	judge@court.example namespaces="vigil-order",valid-before="20270101Z" ssh-ed25519 AAAA…
//
// What ssh-keygen reads but one person cannot be held to is refused, with the
// line and what to write: patterns or lists as principal, certificate
// authorities, times that depend on the machine's zone, DSA and short RSA keys.
func ParseAllowedSigners(r io.Reader) (Signers, error) {
	var all Signers
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxLine)
	n := 0
	for sc.Scan() {
		n++
		line := strings.Trim(sc.Text(), " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		s, err := parseSigner(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if all = append(all, s); len(all) > maxSigners {
			return nil, fmt.Errorf("line %d: more than %d signers", n, maxSigners)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	return all, nil
}

func parseSigner(line string) (Signer, error) {
	principal, rest := cutWord(line)
	s := Signer{Principal: principal}
	if strings.ContainsAny(principal, `*?!,"`) {
		return s, fmt.Errorf("principal %q: want one name, without patterns, commas and quotes; give each person a line", principal)
	}
	for _, r := range principal {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return s, fmt.Errorf("principal %q: control characters", principal)
		}
	}
	word, after := cutWord(rest)
	if !strings.HasPrefix(word, "ssh-") && !strings.HasPrefix(word, "ecdsa-") && !strings.HasPrefix(word, "sk-") {
		if err := s.options(word); err != nil {
			return s, err
		}
		word, after = cutWord(after)
	}
	text, _ := cutWord(after)
	if word == "" || text == "" {
		return s, errors.New("want PRINCIPAL [OPTIONS] KEYTYPE KEY, as ssh-ed25519 AAAA…")
	}
	blob, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return s, fmt.Errorf("key of %s: not base64", principal)
	}
	if s.key, err = ssh.ParsePublicKey(blob); err != nil {
		return s, fmt.Errorf("key of %s: %w", principal, err)
	}
	if s.key.Type() != word {
		return s, fmt.Errorf("key of %s: says %s but is of type %s", principal, word, s.key.Type())
	}
	if err := checkKey(s.key); err != nil {
		return s, fmt.Errorf("key of %s: %w", principal, err)
	}
	s.Fingerprint = ssh.FingerprintSHA256(s.key)
	return s, nil
}

// cutWord returns s up to the first blank outside double quotes, and what follows.
func cutWord(s string) (word, rest string) {
	quoted := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case (c == ' ' || c == '\t') && !quoted:
			return s[:i], strings.TrimLeft(s[i:], " \t")
		}
	}
	return s, ""
}

// options reads a comma-separated list of options.
func (s *Signer) options(list string) error {
	seen := map[string]bool{}
	for list != "" {
		var name, value string
		i := strings.IndexAny(list, "=,")
		switch {
		case i < 0:
			name, list = list, ""
		case list[i] == ',':
			name, list = list[:i], list[i+1:]
		default:
			name = list[:i]
			body, ok := strings.CutPrefix(list[i+1:], `"`)
			end := strings.IndexByte(body, '"')
			if !ok || end < 0 {
				return fmt.Errorf("option %s: want %s=\"…\"", name, name)
			}
			value, list = body[:end], body[end+1:]
			if list, ok = strings.CutPrefix(list, ","); !ok && list != "" {
				return fmt.Errorf("option %s: want a comma or a blank after the quotes", name)
			}
		}
		name = strings.ToLower(name)
		if seen[name] {
			return fmt.Errorf("option %s is given twice", name)
		}
		seen[name] = true
		if err := s.option(name, value); err != nil {
			return err
		}
	}
	if !s.ValidAfter.IsZero() && !s.ValidBefore.IsZero() && s.ValidBefore.Before(s.ValidAfter) {
		return errors.New("valid-before is earlier than valid-after")
	}
	return nil
}

func (s *Signer) option(name, value string) (err error) {
	switch name {
	case "namespaces":
		s.Namespaces = strings.Split(value, ",")
		for _, p := range s.Namespaces {
			if p == "" || p == "!" || strings.ContainsAny(p, `[\`) {
				return fmt.Errorf("option namespaces: %q: want names, such as %q", value, Order)
			}
		}
	case "valid-after":
		s.ValidAfter, err = parseTime(name, value)
	case "valid-before":
		s.ValidBefore, err = parseTime(name, value)
	case "cert-authority":
		return errors.New("option cert-authority: certificates are not supported; list each signer's own key")
	default:
		return fmt.Errorf("unknown option %q: want namespaces, valid-after or valid-before", name)
	}
	return err
}

// parseTime reads YYYYMMDDZ or YYYYMMDDHHMM[SS]Z. ssh-keygen also reads times
// without the Z, in the zone of the machine: two machines would disagree on
// who was allowed to sign.
func parseTime(option, value string) (time.Time, error) {
	for _, layout := range []string{"20060102Z", "200601021504Z", "20060102150405Z"} {
		if t, err := time.Parse(layout, value); err == nil && t.Year() >= 1970 {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("option %s: %q: want a time in UTC, as 20270131Z or 20270131120000Z", option, value)
}

// minRSA is the least size of an RSA key in bits (NIST SP 800-131A).
const minRSA = 2048

// checkKey refuses keys that are too weak, and certificates.
func checkKey(k ssh.PublicKey) error {
	switch k.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
		ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
		return nil
	case ssh.KeyAlgoRSA:
		if bits := rsaBits(k); bits < minRSA {
			return fmt.Errorf("RSA key of %d bits, want %d or more", bits, minRSA)
		}
		return nil
	}
	return fmt.Errorf("key type %s is not supported; want ssh-ed25519, ecdsa-sha2-*, sk-* or ssh-rsa", k.Type())
}

// find returns the entry that lets key sign for namespace at time at. Where
// none does, the error says what was in the way of the nearest.
func (s Signers) find(key ssh.PublicKey, namespace string, at time.Time) (Signer, error) {
	blob := key.Marshal()
	why := fmt.Errorf("%w: %s", ErrUnknownSigner, ssh.FingerprintSHA256(key))
	for _, e := range s {
		if e.key == nil || !bytes.Equal(e.key.Marshal(), blob) {
			continue
		}
		switch {
		case !e.allows(namespace):
			why = fmt.Errorf("%s may not sign for namespace %q", e.Principal, namespace)
		case !e.ValidAfter.IsZero() && at.Before(e.ValidAfter):
			why = fmt.Errorf("key of %s is valid only from %s", e.Principal, e.ValidAfter.Format(time.RFC3339))
		case !e.ValidBefore.IsZero() && at.Truncate(time.Second).After(e.ValidBefore):
			why = fmt.Errorf("key of %s was valid only until %s", e.Principal, e.ValidBefore.Format(time.RFC3339))
		default:
			return e, nil
		}
	}
	return Signer{}, why
}

// For returns the entries that may sign for namespace, at whatever time.
func (s Signers) For(namespace string) Signers {
	var some Signers
	for _, e := range s {
		if e.key != nil && e.allows(namespace) {
			some = append(some, e)
		}
	}
	return some
}

// allows matches namespace with the patterns of s, as OpenSSH does: one must
// match, and none that begins with !.
func (s Signer) allows(namespace string) bool {
	if len(s.Namespaces) == 0 {
		return true
	}
	allowed := false
	for _, p := range s.Namespaces {
		p, not := strings.CutPrefix(p, "!")
		if ok, err := path.Match(p, namespace); err != nil || !ok {
			continue
		}
		if not {
			return false
		}
		allowed = true
	}
	return allowed
}
