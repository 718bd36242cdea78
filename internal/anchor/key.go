package anchor

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/signature"
)

// maxKeys bounds the keys in a file.
const maxKeys = 64

// GenerateKey makes a log key: the private one, which only its owner may read,
// and the public one, both as a line of text in the form of
// golang.org/x/mod/sumdb/note (the public one is a "vkey" of
// c2sp.org/signed-note). Its name follows from the key, so that no two cases'
// keys have one name.
func GenerateKey() (private, public []byte, err error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate log key: %w", err)
	}
	name := "vigil-log-" + vigil.SumHex(pub)[:16]
	skey, vkey, err := note.GenerateKey(bytes.NewReader(priv.Seed()), name)
	if err != nil {
		return nil, nil, fmt.Errorf("generate log key: %w", err)
	}
	return []byte(skey + "\n"), []byte(vkey + "\n"), nil
}

// A Signer signs checkpoints.
type Signer struct {
	key note.Signer
	ssh []byte
}

// NewSigner returns the signer with a private log key, as [GenerateKey] makes
// it. With sshKey, a private key as ssh-keygen makes it, it also signs the text
// of each checkpoint in OpenSSH's format; nil leaves that out.
func NewSigner(private, sshKey []byte) (*Signer, error) {
	key, err := note.NewSigner(strings.TrimSpace(string(private)))
	if err != nil {
		return nil, errors.New("read log key: want one line PRIVATE+KEY+NAME+ID+KEY") // never quote it
	}
	return &Signer{key: key, ssh: sshKey}, nil
}

// sign returns c as a signed note, and the OpenSSH signature over its text.
func (s *Signer) sign(c vigil.Checkpoint) (signed, ssh []byte, err error) {
	text, err := custody.Format(c)
	if err != nil {
		return nil, nil, err
	}
	if signed, err = note.Sign(&note.Note{Text: string(text)}, s.key); err != nil {
		return nil, nil, fmt.Errorf("sign checkpoint of log %q: %w", c.Log, err)
	}
	if s.ssh != nil {
		ssh, err = signature.Sign(s.ssh, text, signature.Checkpoint)
	}
	return signed, ssh, err
}

// Keys are public log keys. The zero Keys open nothing.
type Keys struct {
	list []note.Verifier
	// Lines are the keys as their file spells them, without line ends.
	Lines []string
}

// ParseKeys reads public log keys, one a line; the newest last. Empty lines and
// lines that begin with # are passed over.
func ParseKeys(data []byte) (Keys, error) {
	var ks Keys
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return Keys{}, fmt.Errorf("line %d: no log key: want NAME+ID+KEY", i+1)
		}
		if len(ks.list) == maxKeys {
			return Keys{}, fmt.Errorf("line %d: more than %d keys", i+1, maxKeys)
		}
		ks.list, ks.Lines = append(ks.list, v), append(ks.Lines, line)
	}
	if len(ks.list) == 0 {
		return Keys{}, errors.New("no log key: want a line NAME+ID+KEY")
	}
	return ks, nil
}

// Open returns the checkpoint that a signed note states, if one of the keys has
// signed it. If not, or if a signature by one of them does not fit, the error
// wraps [vigil.ErrTampered].
func (ks Keys) Open(signed []byte) (vigil.Checkpoint, error) {
	if len(ks.list) == 0 {
		return vigil.Checkpoint{}, errNoKey
	}
	n, err := open(signed, ks.list)
	if err != nil {
		return vigil.Checkpoint{}, err
	}
	return custody.Parse([]byte(n.Text))
}

// Name returns how a key is called that has signed a note.
func (ks Keys) Name(signed []byte) string {
	n, err := open(signed, ks.list)
	if err != nil {
		return ""
	}
	return n.Sigs[0].Name
}

// errUnknownKey says that nobody known has signed.
var errUnknownKey = errors.New("none of its signatures is by a known key")

// open opens a note that must bear a signature by one of the verifiers.
func open(signed []byte, known []note.Verifier) (*note.Note, error) {
	if len(signed) > maxFile {
		return nil, fmt.Errorf("signed note of %d bytes, at most %d", len(signed), maxFile)
	}
	n, err := note.Open(signed, note.VerifierList(known...))
	var unknown *note.UnverifiedNoteError
	var bad *note.InvalidSignatureError
	switch {
	case errors.As(err, &unknown):
		return nil, fmt.Errorf("%w: %w", vigil.ErrTampered, errUnknownKey)
	case errors.As(err, &bad):
		return nil, fmt.Errorf("%w: the signature of key %s does not fit", vigil.ErrTampered, bad.Name)
	case err != nil:
		return nil, fmt.Errorf("%w: no signed note: want text, a blank line and signatures", vigil.ErrTampered)
	}
	// The last letter of base64 has bits of no meaning, which note passes over.
	for _, s := range n.Sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return nil, fmt.Errorf("%w: the signature of key %s is not spelt as notes spell it", vigil.ErrTampered, s.Name)
		}
	}
	return n, nil
}

// keyID writes the ID of a key as vkeys have it.
func keyID(hash uint32) string {
	return hex.EncodeToString([]byte{byte(hash >> 24), byte(hash >> 16), byte(hash >> 8), byte(hash)})
}
