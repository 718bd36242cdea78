package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"strconv"

	"vigil"
)

// A sum adds up hashes, in any order. Each check of a case has a salt of its own,
// so that nobody can make up entries whose hashes cancel each other out.
type sum [2]uint64

func (s *sum) add(t sum)  { s[0] += t[0]; s[1] += t[1] }
func (s *sum) take(t sum) { s[0] -= t[0]; s[1] -= t[1] }

func newSalt() (salt [32]byte) {
	rand.Read(salt[:])
	return salt
}

// cell hashes a list of texts.
func (v *verifier) cell(texts ...string) sum {
	b := append(v.scratch[:0], v.salt[:]...)
	for _, t := range texts {
		b = append(strconv.AppendInt(b, int64(len(t)), 10), ':')
		b = append(b, t...)
	}
	v.scratch = b
	h := sha256.Sum256(b)
	return sum{binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16])}
}

// hash hashes the mention that stands at a place among those of one key in one
// capture.
func (v *verifier) hash(m vigil.Mention, rank int) sum {
	b, err := json.Marshal(m)
	if err != nil { // a time beyond the year 9999, which no record holds
		return v.cell("mention", "?", err.Error())
	}
	return v.cell("mention", strconv.Itoa(rank), string(b))
}
