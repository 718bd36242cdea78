package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"vigil"
	"vigil/internal/seal"
)

// A searchIndex is the search index as one transaction sees it. What it holds is
// sealed as all values are, and the names in its keys are blind.
type searchIndex struct {
	read
	newDocs int // that make a segment
}

func (w write) search() searchIndex { return searchIndex{w.read, w.o.newDocs} }

func (s *Store) searchIn(tx read) searchIndex { return searchIndex{tx, s.o.newDocs} }

// blind returns what stands for a name in keys and postings: in an encrypted case
// a keyed hash, which means nothing without the key; else a plain one.
func (x searchIndex) blind(name string) (b [seal.BlindSize]byte) {
	if x.box != nil {
		return [seal.BlindSize]byte(x.box.MAC("search", name))
	}
	sum := sha256.Sum256([]byte(name))
	return [seal.BlindSize]byte(sum[:])
}

// token returns the number that stands for an index term. Two terms share one
// by chance once in some billion billion pairs; a listing is found too much then.
func (x searchIndex) token(term string) uint64 {
	b := x.blind("term " + term)
	return binary.BigEndian.Uint64(b[:8])
}

// listingKey is where the number of a listing's newest document stands.
func (x searchIndex) listingKey(id string) []byte {
	b := x.blind("listing " + id)
	return b[:]
}

// damagedSearch says that the index contradicts itself.
func damagedSearch(name string, k []byte, what string) error {
	return fmt.Errorf("%s, key %x: %w: %s", name, k, vigil.ErrTampered, what)
}
