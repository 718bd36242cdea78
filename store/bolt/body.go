package bolt

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/internal/encoding"
)

// The keys under which a body may stand in its own bucket: they say in which form.
const (
	bodyPlain = "body"
	bodyZstd  = "zstd"
)

// A packed is a body as it is stored, but for the seal.
type packed struct {
	form string
	b    []byte
}

// pack compresses a body, unless that makes it no smaller.
func pack(z *encoding.Zstd, body []byte) packed {
	if small := z.Compress(body); len(small) < len(body) {
		return packed{bodyZstd, small}
	}
	return packed{bodyPlain, body}
}

// unpack returns a body of so many bytes.
func (p packed) unpack(z *encoding.Zstd, size int64) ([]byte, error) {
	if p.form == bodyZstd {
		return z.Expand(p.b, size)
	}
	return bytes.Clone(p.b), nil
}

// bodyPlace is what a body is bound to as its key.
func bodyPlace(sum, form string) []byte { return key(sum, form) }

// storedBody returns the body in a bucket of its own as it is stored.
func storedBody(b *bbolt.Bucket) (p packed, ok bool) {
	for _, form := range []string{bodyPlain, bodyZstd} {
		if v := b.Get([]byte(form)); v != nil {
			return packed{form, v}, true
		}
	}
	return packed{}, false
}

// putBody stores a page's body once. Each has a bucket of its own, and so pages
// of its own: a neighbour's arrival does not write it anew, as it would beside
// others in one leaf of the tree.
func (w write) putBody(sum string, p packed) error {
	if sum == "" {
		return nil
	}
	b, err := bucket(w.read, bucketBodies).CreateBucketIfNotExists([]byte(sum))
	if err != nil {
		return err
	}
	if _, ok := storedBody(b); ok {
		return nil
	}
	return b.Put([]byte(p.form), w.box.seal(bucketBodies, bodyPlace(sum, p.form), p.b))
}

// getBody returns the body that a page has.
func (s *Store) getBody(tx read, page vigil.Page) ([]byte, error) {
	sum := page.BodySHA256
	if sum == "" {
		return nil, nil
	}
	b := bucket(tx, bucketBodies).Bucket([]byte(sum))
	if b == nil {
		return nil, fmt.Errorf("body %s: %w: it is gone", sum, vigil.ErrTampered)
	}
	p, ok := storedBody(b)
	if !ok {
		return nil, fmt.Errorf("body %s: %w: it is gone", sum, vigil.ErrTampered)
	}
	var err error
	if p.b, err = tx.box.open(bucketBodies, bodyPlace(sum, p.form), p.b); err != nil {
		return nil, err
	}
	body, err := p.unpack(s.zstd, page.BodySize)
	if err != nil {
		return nil, fmt.Errorf("body %s: %w: %w", sum, vigil.ErrTampered, err)
	}
	if got := vigil.SumHex(body); got != sum {
		return nil, fmt.Errorf("body %s: %w: it has %s", sum, vigil.ErrTampered, got)
	}
	return body, nil
}
