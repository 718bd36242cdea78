package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"vigil"
)

// A veil hides what the search index holds: names become numbers that mean
// nothing without the key, and values are sealed for their place. This one knows
// no key and hides nothing: names are hashed, values stand as they are.
type veil struct{}

// keyed reports whether names mean nothing to who does not have the key.
func (veil) keyed() bool { return false }

// blind returns what stands for a name.
func (veil) blind(name string) (b [16]byte) {
	sum := sha256.Sum256([]byte(name))
	copy(b[:], sum[:])
	return b
}

// seal returns what is stored at a key for a value.
func (veil) seal(bucket string, k, v []byte) []byte { return v }

// open returns the value that was stored at a key.
func (veil) open(bucket string, k, v []byte) ([]byte, error) { return v, nil }

// A searchIndex is the search index as one transaction sees it. All of it is
// read and written through its methods get, put and blind.
type searchIndex struct {
	*bbolt.Tx
	veil    veil
	newDocs int // that make a segment
}

func (w write) search() searchIndex { return searchIndex{w.Tx, veil{}, w.o.newDocs} }

func (s *Store) searchIn(tx *bbolt.Tx) searchIndex { return searchIndex{tx, veil{}, s.o.newDocs} }

// get returns what stands at a key; nil if nothing does.
func (x searchIndex) get(name string, k []byte) ([]byte, error) {
	v := bucket(x.Tx, name).Get(k)
	if v == nil {
		return nil, nil
	}
	return x.open(name, k, v)
}

func (x searchIndex) open(name string, k, v []byte) ([]byte, error) {
	v, err := x.veil.open(name, k, v)
	if err != nil {
		return nil, fmt.Errorf("%s, key %x: %w", name, k, err)
	}
	return v, nil
}

// put stores v, which must not be changed afterwards.
func (x searchIndex) put(name string, k, v []byte) error {
	return bucket(x.Tx, name).Put(k, x.veil.seal(name, k, v))
}

// token returns the number that stands for an index term. Two terms share one
// by chance once in some billion billion pairs; a listing is found too much then.
func (x searchIndex) token(term string) uint64 {
	b := x.veil.blind("term " + term)
	return binary.BigEndian.Uint64(b[:8])
}

// listingKey is where the number of a listing's newest document stands.
func (x searchIndex) listingKey(id string) []byte {
	b := x.veil.blind("listing " + id)
	return b[:]
}

// damagedSearch says that the index contradicts itself.
func damagedSearch(name string, k []byte, what string) error {
	return fmt.Errorf("%s, key %x: %w: %s", name, k, vigil.ErrTampered, what)
}
