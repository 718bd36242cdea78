package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"vigil"
	"vigil/internal/search"
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
func (b *box) blindName(name string) (h [blindSize]byte) {
	if b != nil {
		return [blindSize]byte(b.mac("search", name))
	}
	sum := sha256.Sum256([]byte(name))
	return [blindSize]byte(sum[:])
}

func (x searchIndex) blind(name string) [blindSize]byte { return x.box.blindName(name) }

// token returns the number that stands for an index term. Two terms share one
// by chance once in some billion billion pairs; a listing is found too much then.
func (b *box) token(term string) uint64 {
	h := b.blindName("term " + term)
	return binary.BigEndian.Uint64(h[:8])
}

// tokensOf returns the tokens of a record's index terms, eight bytes each and
// sorted. Only a listing has any. It needs no transaction, and so others need not
// wait for its hashes.
func (b *box) tokensOf(r vigil.Record) []byte {
	l, ok := r.(vigil.Listing)
	if !ok {
		return nil
	}
	terms := search.NewDocument(l).Terms()
	tokens := make([]uint64, len(terms))
	for i, t := range terms {
		tokens[i] = b.token(t)
	}
	slices.Sort(tokens)
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
