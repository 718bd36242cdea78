package bundle

import (
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// A digester computes both digests of what is written to it.
type digester struct{ h256, h512 hash.Hash }

func newDigester() *digester { return &digester{sha256.New(), sha512.New()} }

func (d *digester) Write(p []byte) (int, error) {
	d.h256.Write(p)
	d.h512.Write(p)
	return len(p), nil
}

func (d *digester) sums() (s sums) {
	d.h256.Sum(s.sha256[:0])
	d.h512.Sum(s.sha512[:0])
	return s
}
