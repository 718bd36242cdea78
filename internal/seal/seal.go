// Package seal encrypts what a case keeps, value by value, and makes blind the
// names by which it is found.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync"

	"vigil"
)

// Ciphers of a case, as it names them.
const (
	None = "none"
	GCM  = "aes-256-gcm"
)

// A Key is a data key of a case. From its secret come the key that seals values
// and the one that makes names blind.
type Key struct {
	ID     [4]byte // names the key in each value that it sealed; no secret
	Secret [32]byte
}

// Format implements [fmt.Formatter] for every verb: the secret is never shown.
func (k Key) Format(s fmt.State, _ rune) { io.WriteString(s, "data key "+k.Name()) }

// Name returns the ID in hex.
func (k Key) Name() string { return hex.EncodeToString(k.ID[:]) }

// A sealed value is sealForm, the ID of the data key, and what AES-256-GCM makes
// of the text (NIST SP 800-38D): a random nonce of 12 bytes, the ciphertext, and a
// tag of 16. With random nonces one key may seal 2^32 values (section 8.3); a new
// one begins the count anew.
const (
	sealForm   = 1
	sealHeader = 1 + 4
	sealNonce  = 12
)

// A Nonce tells a sealed value from every other that was sealed with its key.
type Nonce [sealNonce]byte

// NonceOf returns the nonce of a sealed value, and whether it is long enough for one.
func NonceOf(v []byte) (n Nonce, ok bool) {
	if len(v) < sealHeader+sealNonce {
		return n, false
	}
	return Nonce(v[sealHeader : sealHeader+sealNonce]), true
}

// placeVersion ends what a value is bound to; another version would be another
// way to say where a value stands.
const placeVersion = 1

// BlindSize is the length in bytes of what stands for a name in an index.
const BlindSize = 16

// A Box seals values for the file and opens them. A nil Box passes them through:
// the case is not encrypted. One without an AEAD is shut: the case is encrypted,
// and the key is not at hand.
type Box struct {
	key  [4]byte
	aead cipher.AEAD
	macs *sync.Pool // of HMAC-SHA256 under the key for names
}

// New derives the keys of a box with HKDF-SHA256 (RFC 5869).
func New(k Key) (*Box, error) {
	sub, err := hkdf.Key(sha256.New, k.Secret[:], nil, "vigil case values", 32)
	if err != nil {
		return nil, err
	}
	blind, err := hkdf.Key(sha256.New, k.Secret[:], nil, "vigil case names", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sub)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	macs := &sync.Pool{New: func() any { return hmac.New(sha256.New, blind) }}
	return &Box{k.ID, aead, macs}, err
}

// ID returns the ID of the data key in hex; "none" if there is none.
func (b *Box) ID() string {
	if b == nil {
		return "none"
	}
	return hex.EncodeToString(b.key[:])
}

// KeyID returns the ID of the data key, and whether there is one.
func (b *Box) KeyID() (id [4]byte, encrypted bool) {
	if b == nil {
		return id, false
	}
	return b.key, true
}

// Shut returns a box of the key with an ID, which opens nothing.
func Shut(id [4]byte) *Box { return &Box{key: id} }

// Shut reports whether values can neither be sealed nor opened.
func (b *Box) Shut() bool { return b != nil && b.aead == nil }

// Seal returns what is to stand for text at a key of a bucket. A nil Box returns
// text itself.
func (b *Box) Seal(bucket string, k, text []byte) []byte {
	if b == nil {
		return text
	}
	out := make([]byte, 0, sealHeader+len(text)+b.aead.Overhead())
	out = append(append(out, sealForm), b.key[:]...)
	return b.aead.Seal(out, nil, text, place(bucket, k))
}

// Open returns the text that was sealed at a key of a bucket. The error wraps
// [vigil.ErrTampered] if v is not what was sealed there, [vigil.ErrSealed] if b is
// shut.
func (b *Box) Open(bucket string, k, v []byte) ([]byte, error) {
	if b == nil {
		return v, nil
	}
	if b.Shut() {
		return nil, fmt.Errorf("%s: %w", bucket, vigil.ErrSealed)
	}
	if len(v) < sealHeader || v[0] != sealForm || [4]byte(v[1:sealHeader]) != b.key {
		return nil, fmt.Errorf("%s, key %q: %w: the value is not sealed with this case's key", bucket, k, vigil.ErrTampered)
	}
	text, err := b.aead.Open(nil, nil, v[sealHeader:], place(bucket, k))
	if err != nil {
		return nil, fmt.Errorf("%s, key %q: %w: the value is not what was sealed here", bucket, k, vigil.ErrTampered)
	}
	return text, nil
}

// place says where a value stands, so that none can be moved: the name of the
// bucket, a zero byte, the key and the version of this very form.
func place(bucket string, k []byte) []byte {
	p := make([]byte, 0, len(bucket)+1+len(k)+1)
	return append(append(append(append(p, bucket...), 0), k...), placeVersion)
}

// Name returns what stands for an identifier's name in the keys of an index: in
// an encrypted case a keyed hash of it, in hex, another one in each index.
func (b *Box) Name(bucket, name string) string {
	if b == nil {
		return name
	}
	return hex.EncodeToString(b.MAC(bucket, name)[:BlindSize])
}

// MAC returns the HMAC of a name in an index.
func (b *Box) MAC(index, name string) []byte {
	if b.Shut() {
		return make([]byte, sha256.Size) // whoever asks for it finds nothing
	}
	h := b.macs.Get().(hash.Hash) // one that was used once begins anew in half the time
	defer b.macs.Put(h)
	h.Reset()
	io.WriteString(h, index)
	h.Write([]byte{0})
	io.WriteString(h, name)
	return h.Sum(make([]byte, 0, sha256.Size))
}
