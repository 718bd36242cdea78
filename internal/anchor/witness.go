package anchor

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"vigil/internal/signature"
)

// Types of note signatures: the first byte of a public key in a vkey.
const (
	algEd25519     = 1 // c2sp.org/signed-note
	algCosignature = 4 // c2sp.org/tlog-cosignature, Ed25519
)

// Witnesses are other parties whose signatures under a checkpoint count. The
// zero Witnesses know nobody.
type Witnesses struct {
	notes []note.Verifier
	ssh   signature.Signers
}

// ParseWitnesses reads a list of witnesses, one a line: a vkey (NAME+ID+KEY) for
// signatures within the note, either of c2sp.org/tlog-cosignature or plain ones
// of c2sp.org/signed-note; or a line of OpenSSH's allowed_signers for signatures
// of ssh-keygen -Y sign. Empty lines and lines that begin with # are passed over.
func ParseWitnesses(data []byte) (Witnesses, error) {
	var w Witnesses
	var ssh bytes.Buffer // each line in its place, so that errors name the right one
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || strings.ContainsAny(line, " \t") {
			ssh.WriteString(line)
		} else if line != "" {
			v, err := newWitness(line)
			if err != nil {
				return Witnesses{}, fmt.Errorf("line %d: %w", i+1, err)
			}
			if w.knows(v.Name(), v.KeyHash()) {
				return Witnesses{}, fmt.Errorf("line %d: key %s of %s is given twice", i+1, keyID(v.KeyHash()), v.Name())
			}
			if len(w.notes) == maxKeys {
				return Witnesses{}, fmt.Errorf("line %d: more than %d keys", i+1, maxKeys)
			}
			w.notes = append(w.notes, v)
		}
		ssh.WriteByte('\n')
	}
	var err error
	w.ssh, err = signature.ParseAllowedSigners(&ssh)
	return w, err
}

// knows reports whether a key is on the list.
func (w Witnesses) knows(name string, hash uint32) bool {
	return slices.ContainsFunc(w.notes, func(v note.Verifier) bool { return v.Name() == name && v.KeyHash() == hash })
}

// without returns the witnesses but for the holders of the given log keys, who
// are nobody's second party.
func (w Witnesses) without(own Keys) Witnesses {
	w.notes = slices.DeleteFunc(slices.Clone(w.notes), func(v note.Verifier) bool {
		return slices.ContainsFunc(own.list, func(o note.Verifier) bool { return o.Name() == v.Name() && o.KeyHash() == v.KeyHash() })
	})
	return w
}

// newWitness reads a vkey of either type.
func newWitness(vkey string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, text, ok := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(key) == 0 {
		return nil, errors.New("no key of a witness: want NAME+ID+KEY, or a line of OpenSSH's allowed_signers")
	}
	switch {
	case key[0] == algEd25519:
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, errors.New("key of a witness: its ID, name and key do not belong together")
		}
		return v, nil
	case key[0] != algCosignature:
		return nil, fmt.Errorf("key of witness %q is of type %d; this program checks type 1 and 4, both Ed25519", name, key[0])
	case len(key) != 1+ed25519.PublicKeySize || name == "":
		return nil, fmt.Errorf("key of witness %q: want a name and a key of %d bytes", name, ed25519.PublicKeySize)
	}
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	v := cosigner{name: name, hash: binary.BigEndian.Uint32(sum[:]), key: key[1:]}
	if keyID(v.hash) != id {
		return nil, fmt.Errorf("key of witness %q: its ID is %s, its name and key give %s", name, id, keyID(v.hash))
	}
	return v, nil
}

// A cosigner checks timestamped signatures of c2sp.org/tlog-cosignature.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }

// Verify implements [note.Verifier].
func (c cosigner) Verify(text, sig []byte) bool {
	at, sig, ok := cutTime(sig)
	return ok && ed25519.Verify(c.key, cosigned(text, at), sig)
}

// cutTime splits a timestamped signature.
func cutTime(sig []byte) (at uint64, rest []byte, ok bool) {
	if len(sig) != 8+ed25519.SignatureSize {
		return 0, nil, false
	}
	at = binary.BigEndian.Uint64(sig)
	return at, sig[8:], at <= math.MaxInt64
}

// cosigned returns what a cosigner signs of a checkpoint's text.
func cosigned(text []byte, at uint64) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", at), text...)
}

// A Cosignature is another party's signature under a checkpoint.
type Cosignature struct {
	Witness string
	Key     string    // ID or fingerprint of the key
	At      time.Time // zero if the signature does not say
}

func (c Cosignature) String() string {
	if c.At.IsZero() {
		return c.Witness
	}
	return c.Witness + " on " + c.At.UTC().Format(time.RFC3339)
}

// inNote returns the text of a signed note and the signatures of witnesses
// under it, at least one.
func (w Witnesses) inNote(signed []byte) (text []byte, found []Cosignature, err error) {
	n, err := open(signed, w.notes)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range n.Sigs {
		found = append(found, Cosignature{Witness: s.Name, Key: keyID(s.Hash), At: w.timeOf(s)})
	}
	return []byte(n.Text), found, nil
}

// timeOf returns the time that a checked signature states.
func (w Witnesses) timeOf(s note.Signature) time.Time {
	for _, v := range w.notes {
		if _, timed := v.(cosigner); timed && v.Name() == s.Name && v.KeyHash() == s.Hash {
			b, err := base64.StdEncoding.DecodeString(s.Base64)
			if at, _, ok := cutTime(b[min(4, len(b)):]); err == nil && ok {
				return time.Unix(int64(at), 0)
			}
		}
	}
	return time.Time{}
}

// overText checks an OpenSSH signature by a witness over a checkpoint's text.
// It does not say when it was made: the key's period is held against the time of
// the checkpoint's last entry.
func (w Witnesses) overText(text, armored []byte, last time.Time) (Cosignature, error) {
	who, key, err := signature.Verify(text, armored, signature.Checkpoint, w.ssh, last)
	return Cosignature{Witness: who, Key: key}, err
}
