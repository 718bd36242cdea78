package redact

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"vigil"
)

// KeySize is the length of a key, in bytes.
const KeySize = 32

// A Key makes the salts of a case's disclosures. Who has it and a disclosure can
// try values against its hashes: it never leaves the case.
type Key [KeySize]byte

// NewKey returns a random key.
func NewKey() (k Key) {
	rand.Read(k[:]) // never fails; see crypto/rand
	return k
}

// ParseKey reads a key as [Key.Text] writes it.
func ParseKey(text []byte) (k Key, err error) {
	if len(text) == 2*KeySize+1 && text[2*KeySize] == '\n' {
		if _, err = hex.Decode(k[:], text[:2*KeySize]); err == nil && k != (Key{}) {
			return k, nil
		}
	}
	return Key{}, fmt.Errorf("disclosure key: want %d hex digits and a line end", 2*KeySize)
}

// Text returns the key as a file holds it.
func (k Key) Text() []byte { return append([]byte(hex.EncodeToString(k[:])), '\n') }

// Format keeps the key out of messages.
func (k Key) Format(s fmt.State, _ rune) { fmt.Fprint(s, "a disclosure key") }

// A Spot says where in the parent a value stood: in which of its listings, sorted by
// their IDs; and, of a part of a string, the bytes of it. It counts for what the item's
// file and pointer leave open.
type Spot struct{ Listing, Start, Len int }

// Salt returns the salt of a value: HMAC-SHA-256 (RFC 2104) under the key over the
// parent's hash, the item's file and pointer, the spot and the value, each with its
// length before it. So the same input gives the same bytes, and no two values
// ever share a salt.
func (k Key) Salt(parent, file, pointer string, at Spot, value []byte) (salt [32]byte) {
	h := hmac.New(sha256.New, k[:])
	spot := fmt.Sprintf("%d %d %d", at.Listing, at.Start, at.Len)
	for _, part := range [][]byte{[]byte("vigil-disclosure/1 salt"), []byte(parent), []byte(file), []byte(pointer), []byte(spot), value} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return [32]byte(h.Sum(nil))
}

// seal sets the hash, the place and the length class of an item.
func (k Key) seal(it *Item, parent string, at Spot, value []byte) {
	salt := k.Salt(parent, it.File, it.Pointer, at, value)
	it.SHA256 = vigil.SumHex(append(salt[:], value...))
	it.Length = LengthClass(len(value))
	pad := k.pad(parent, *it)
	for i, n := range []int{at.Listing, at.Start, at.Len} {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(n))
		for j := range b {
			pad[4*i+j] ^= b[j]
		}
	}
	it.Place = hex.EncodeToString(pad[:16])
}

// pad returns what hides an item's place. The hash in it holds the spot, so that no
// pad serves for two.
func (k Key) pad(parent string, it Item) [32]byte {
	h := hmac.New(sha256.New, k[:])
	for _, part := range []string{"vigil-disclosure/1 place", parent, it.File, it.Pointer, it.SHA256} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return [32]byte(h.Sum(nil))
}

// Spot returns where in the parent an item's value stood.
func (k Key) Spot(parent string, it Item) (Spot, error) {
	b, err := hex.DecodeString(it.Place)
	if err != nil || len(b) != 16 {
		return Spot{}, errors.New("place: want 32 hex digits")
	}
	pad := k.pad(parent, it)
	for i := range b {
		b[i] ^= pad[i]
	}
	if binary.BigEndian.Uint32(b[12:]) != 0 {
		return Spot{}, fmt.Errorf("item %d: the key is not the one that this disclosure was made with: %w", it.N, vigil.ErrTampered)
	}
	return Spot{int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:])), int(binary.BigEndian.Uint32(b[8:]))}, nil
}

// Open returns the salt of an item whose value was found at the spot, or an error that
// wraps [vigil.ErrTampered] if the value is not the one that was withheld.
func (k Key) Open(parent string, it Item, at Spot, value []byte) (salt [32]byte, err error) {
	salt = k.Salt(parent, it.File, it.Pointer, at, value)
	if got := vigil.SumHex(append(salt[:], value...)); got != it.SHA256 {
		return salt, fmt.Errorf("item %d: %w: what stands there now has the hash %s", it.N, vigil.ErrTampered, got)
	}
	return salt, nil
}
