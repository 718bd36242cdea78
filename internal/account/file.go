package account

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/keyring"
)

// fileVersion is the version of the credentials file's form.
const fileVersion = 1

// Bounds of the credentials file.
const (
	maxFile     = 8 << 20 // bytes
	maxSets     = 4096
	maxPasskeys = 10 // of one person
	maxTokens   = 20
	maxLabel    = 64 // bytes
)

// A file is what the credentials file holds, as JSON. Of an account it may hold
// more than one set: only the one that the case's record names counts.
type file struct {
	Version   int            `json:"version"`
	Sets      []set          `json:"sets"`
	Uses      map[string]use `json:"uses,omitempty"` // by the ID of a passkey or token
	Proposals []Proposal     `json:"proposals,omitempty"`
}

// A set is how one person proves who they are. It is never changed: another one
// takes its place.
type set struct {
	Account  string     `json:"account"`
	Handle   []byte     `json:"handle"`             // how authenticators know the account: random
	Password string     `json:"password,omitempty"` // argon2id, in the PHC string format
	Enrol    *enrolment `json:"enrol,omitempty"`
	Passkeys []passkey  `json:"passkeys,omitempty"`
	Tokens   []token    `json:"tokens,omitempty"`
}

// An enrolment is a link that lets a person set up how they sign in, once.
type enrolment struct {
	Sum   []byte    `json:"sum"` // SHA-256 of its secret
	Until time.Time `json:"until"`
}

// A passkey is a public key of an authenticator (W3C Web Authentication).
type passkey struct {
	ID    []byte    `json:"id"`
	Key   []byte    `json:"key"`   // COSE
	Flags byte      `json:"flags"` // of the authenticator data when it was registered
	Label string    `json:"label"`
	Made  time.Time `json:"made"`
}

// A token lets a program act for a person.
type token struct {
	Sum   []byte    `json:"sum"` // SHA-256 of its secret
	Label string    `json:"label"`
	Made  time.Time `json:"made"`
	Until time.Time `json:"until"`
}

// A use is what changes with each sign-in. It is not part of a set's hash.
type use struct {
	Count uint32    `json:"count,omitempty"` // signatures so far, as the authenticator says
	Last  time.Time `json:"last"`
}

// hash returns the SHA-256, in hex, by which an account's record names the set.
func (s set) hash() (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	io.WriteString(h, "vigil credentials 1\n")
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// clone returns a copy of which everything may be changed.
func (s set) clone() set {
	s.Passkeys, s.Tokens = slices.Clone(s.Passkeys), slices.Clone(s.Tokens)
	return s
}

// parse reads a credentials file, and refuses what makes no sense.
func parse(text []byte) (f file, err error) {
	if len(text) > maxFile {
		return f, fmt.Errorf("more than %d bytes", maxFile)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, errors.New("no credentials file: its JSON does not have the form of one") // the JSON error may quote a secret
	}
	if _, err := d.Token(); err != io.EOF {
		return f, errors.New("more text after the end of the credentials file")
	}
	return f, f.check()
}

func (f file) check() error {
	if f.Version != fileVersion {
		return fmt.Errorf("credentials file of version %d: this program knows %d", f.Version, fileVersion)
	}
	if len(f.Sets) > maxSets || len(f.Proposals) > maxSets || len(f.Uses) > maxSets*(maxPasskeys+maxTokens) {
		return fmt.Errorf("%d sets of credentials, %d proposals: want at most %d", len(f.Sets), len(f.Proposals), maxSets)
	}
	for i, s := range f.Sets {
		if err := s.check(); err != nil {
			return fmt.Errorf("set %d: %w", i+1, err)
		}
	}
	for i, p := range f.Proposals {
		if err := p.check(); err != nil {
			return fmt.Errorf("proposal %d: %w", i+1, err)
		}
	}
	return nil
}

func (s set) check() error {
	const handle, maxID, maxKey = 32, 1023, 4096
	if s.Account == "" || len(s.Handle) != handle || len(s.Passkeys) > maxPasskeys || len(s.Tokens) > maxTokens {
		return fmt.Errorf("want an account, a handle of %d bytes, at most %d passkeys and %d tokens", handle, maxPasskeys, maxTokens)
	}
	if s.Password != "" {
		if _, err := parseHash(s.Password); err != nil {
			return err
		}
	}
	if s.Enrol != nil && (len(s.Enrol.Sum) != sha256.Size || s.Enrol.Until.IsZero()) {
		return errors.New("enrolment without a hash or an end")
	}
	for _, p := range s.Passkeys {
		if len(p.ID) == 0 || len(p.ID) > maxID || len(p.Key) == 0 || len(p.Key) > maxKey || !goodLabel(p.Label) {
			return errors.New("passkey without ID, key or label, or with one that is too long")
		}
	}
	for _, t := range s.Tokens {
		if len(t.Sum) != sha256.Size || !goodLabel(t.Label) || t.Until.IsZero() {
			return errors.New("token without a hash, label or end")
		}
	}
	return nil
}

// goodLabel reports whether a person may call a thing so.
func goodLabel(s string) bool {
	return s != "" && len(s) <= maxLabel && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd })
}

// of returns the sets of an account.
func (f file) of(name string) []set {
	var ss []set
	for _, s := range f.Sets {
		if s.Account == name {
			ss = append(ss, s)
		}
	}
	return ss
}

// read reads the credentials file; one that is not there is empty. One that
// others could read is refused.
func read(name string) (file, error) {
	st, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return file{Version: fileVersion}, nil
	}
	switch {
	case err != nil:
		return file{}, err
	case !st.Mode().IsRegular():
		return file{}, fmt.Errorf("%s is not a regular file", name)
	case st.Mode().Perm()&0o077 != 0:
		return file{}, fmt.Errorf("%s has mode %#o: others could read it: want 0600", name, st.Mode().Perm())
	case st.Size() > maxFile:
		return file{}, fmt.Errorf("%s has more than %d bytes", name, maxFile)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return file{}, err
	}
	f, err := parse(text)
	if err != nil {
		return file{}, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// write puts f in place of the file before, so that a crash leaves one of them.
func (f file) write(name string) error {
	if err := f.check(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	return keyring.WriteAtomic(name, append(text, '\n'))
}

// sum is the hash under which a random secret is kept.
func sum(secret string) []byte {
	s := sha256.Sum256([]byte(secret))
	return s[:]
}

// A Proposal waits for a second admin.
type Proposal struct {
	Account string       `json:"account"`
	Roles   []vigil.Role `json:"roles,omitempty"` // to be given
	Reset   bool         `json:"reset,omitempty"` // or a new enrolment
	By      string       `json:"by"`
	At      time.Time    `json:"at"`
	Seq     int64        `json:"seq"` // of the entry in the case's log that says so
}

func (p Proposal) check() error {
	if p.Account == "" || p.By == "" || p.Seq < 0 || (len(p.Roles) == 0) != p.Reset || len(p.Roles) > len(vigil.Roles()) {
		return errors.New("want an account, who proposed it, and either roles or a reset")
	}
	return nil
}

// Change names what is proposed.
func (p Proposal) Change() string {
	if p.Reset {
		return "reset"
	}
	return roleWords(p.Roles)
}
