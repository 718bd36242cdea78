// Package keyring keeps the data keys of a case in a small file beside it, wrapped
// with age (C2SP age.md) for whoever may read the case, and reads the identities
// that unwrap them. It is the one user of age.
//
// No key, identity or passphrase is shown when it is printed, logged or
// serialised, and no error quotes one.
package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// Sentinel errors.
var (
	// ErrExposed says that others can read a key file.
	ErrExposed = errors.New("others can read it: chmod 600, if nobody has")
	// ErrPassphrase says that a passphrase is wrong, or what it wraps damaged.
	ErrPassphrase = errors.New("passphrase wrong, or the file is damaged")
	// ErrOtherKey says that a key is none of those that may open the case.
	ErrOtherKey = errors.New("not a key of this case")
	// ErrAltered says that a key file was changed by somebody who has no key.
	ErrAltered = errors.New("the key file was altered")
)

// scryptWork is the work factor that age itself takes for a passphrase: about a
// second. A file that asks for more than mostWork is refused: each step doubles
// the memory, 256 MiB at 18.
const (
	scryptWork = 18
	mostWork   = 20
)

// maxIdentity bounds a file that holds an identity in bytes.
const maxIdentity = 64 << 10

// An Identity is a private key of age (X25519) that opens what was sealed for its
// recipient.
type Identity struct{ x *age.X25519Identity }

// NewIdentity makes one.
func NewIdentity() (*Identity, error) {
	x, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	return &Identity{x}, nil
}

// ParseIdentity reads the text of an identity file of age that holds one X25519
// identity. The errors of age's own parser may quote it.
func ParseIdentity(text []byte) (*Identity, error) {
	if Wrapped(text) {
		return nil, errors.New("an identity that is wrapped in a passphrase: want a plain one")
	}
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(ids) != 1 {
		return nil, errors.New("not one age identity")
	}
	x, ok := ids[0].(*age.X25519Identity)
	if !ok {
		return nil, errors.New("not an X25519 identity")
	}
	return &Identity{x}, nil
}

// ReadIdentity reads an identity file, which must be its owner's alone
// ([ErrExposed]).
func ReadIdentity(name string) (*Identity, error) {
	text, err := readPrivate(name, maxIdentity)
	if err != nil {
		return nil, err
	}
	id, err := ParseIdentity(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return id, nil
}

// Recipient returns the public key, age1….
func (id *Identity) Recipient() string { return id.x.Recipient().String() }

// File returns the text of an identity file, which is a secret.
func (id *Identity) File(comment string) []byte {
	return fmt.Appendf(nil, "# %s\n# public key: %s\n%s\n", comment, id.Recipient(), id.x)
}

// Format implements [fmt.Formatter] for every verb: the key is not shown.
func (id *Identity) Format(s fmt.State, _ rune) { io.WriteString(s, "an age identity") }

// MarshalText refuses: an identity is written by File, and by nothing else.
func (id *Identity) MarshalText() ([]byte, error) {
	return nil, errors.New("an identity is a secret")
}

// Seal encrypts text for id itself.
func (id *Identity) Seal(text []byte) ([]byte, error) { return encrypt(text, id.x.Recipient()) }

// Open decrypts what was sealed for id. It says no more than that it could not.
func (id *Identity) Open(data []byte) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(data), id.x)
	if err != nil {
		return nil, errors.New("not sealed with this key, or damaged")
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, errors.New("damaged")
	}
	return text, nil
}

func encrypt(text []byte, to ...age.Recipient) ([]byte, error) {
	var buf bytes.Buffer
	w, err := age.Encrypt(&buf, to...)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(text)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// Wrapped reports whether text is an armored age file.
func Wrapped(text []byte) bool { return bytes.HasPrefix(text, []byte(armor.Header)) }

// Wrap encrypts text with a passphrase, as an armored age file. work is the log2 of
// scrypt's N; 0 for age's own choice.
func Wrap(text []byte, phrase string, work int) ([]byte, error) {
	to, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return nil, err
	}
	to.SetWorkFactor(workOr(work))
	return armored(text, to)
}

func workOr(work int) int {
	if work == 0 {
		return scryptWork
	}
	return work
}

func armored(text []byte, to ...age.Recipient) ([]byte, error) {
	data, err := encrypt(text, to...)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	w := armor.NewWriter(&buf)
	_, err = w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// Unwrap undoes [Wrap]. The error is [ErrPassphrase].
func Unwrap(data []byte, phrase string) ([]byte, error) {
	id, err := age.NewScryptIdentity(phrase)
	if err != nil {
		return nil, err
	}
	id.SetMaxWorkFactor(mostWork)
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(data)), id)
	if err != nil {
		return nil, ErrPassphrase
	}
	return io.ReadAll(io.LimitReader(r, maxIdentity))
}

// readPrivate reads a regular file of at most limit bytes that others cannot read.
func readPrivate(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", name)
	case st.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s has mode %#o: %w", name, st.Mode().Perm(), ErrExposed)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}
