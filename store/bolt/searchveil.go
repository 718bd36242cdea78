package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"vigil"
	"vigil/internal/encoding"
	"vigil/internal/seal"
	"vigil/store/rule"
)

// A searchIndex is the search index as one transaction sees it. What it holds is
// sealed as all values are, and the names in its keys are blind.
type searchIndex struct {
	read
	newDocs int        // that make a segment
	cache   *factCache // nil where nobody searches
}

func (w write) search() searchIndex { return searchIndex{read: w.read, newDocs: w.o.newDocs} }

func (s *Store) searchIn(tx read) searchIndex { return searchIndex{tx, s.o.newDocs, &s.facts} }

// blindName returns what stands for a name in keys and postings: in an encrypted case
// a keyed hash, which means nothing without the key; else a plain one.
func blindName(b *seal.Box, name string) (h [seal.BlindSize]byte) {
	if b != nil {
		return [seal.BlindSize]byte(b.MAC("search", name))
	}
	sum := sha256.Sum256([]byte(name))
	return [seal.BlindSize]byte(sum[:])
}

func (x searchIndex) blind(name string) [seal.BlindSize]byte { return blindName(x.box, name) }

// termToken returns the number that stands for an index term. Two terms share one
// by chance once in some billion billion pairs; a listing is found too much then.
func termToken(b *seal.Box, term string) uint64 {
	h := blindName(b, "term "+term)
	return binary.BigEndian.Uint64(h[:8])
}

// preparer prepares results for the case. It needs no transaction, and so others need
// not wait for its hashes.
func (s *Store) preparer() rule.Preparer { return preparerOf(s.box, s.zstd) }

func preparerOf(b *seal.Box, z *encoding.Zstd) rule.Preparer {
	return rule.Preparer{Zstd: z, Token: func(term string) uint64 { return termToken(b, term) }}
}

// packTokens returns tokens as they are kept, eight bytes each.
func packTokens(tokens []uint64) []byte {
	out := make([]byte, 0, 8*len(tokens))
	for _, t := range tokens {
		out = number(out, t)
	}
	return out
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
