package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store/rule"
)

// bodyPlace is what a body is bound to as its key.
func bodyPlace(sum, form string) []byte { return key(sum, form) }

// storedBody returns the body in a bucket of its own as it is stored.
func storedBody(b *bbolt.Bucket) (p rule.Packed, ok bool) {
	for _, form := range []string{rule.BodyPlain, rule.BodyZstd} {
		if v := b.Get([]byte(form)); v != nil {
			return rule.Packed{Form: form, B: v}, true
		}
	}
	return rule.Packed{}, false
}

// putBody stores a page's body once. Each has a bucket of its own, and so pages
// of its own: a neighbour's arrival does not write it anew, as it would beside
// others in one leaf of the tree.
func (w write) putBody(sum string, p rule.Packed) error {
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
	return b.Put([]byte(p.Form), w.box.Seal(bucketBodies, bodyPlace(sum, p.Form), p.B))
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
	if p.B, err = tx.box.Open(bucketBodies, bodyPlace(sum, p.Form), p.B); err != nil {
		return nil, err
	}
	body, err := p.Unpack(s.zstd, page.BodySize)
	if err != nil {
		return nil, fmt.Errorf("body %s: %w: %w", sum, vigil.ErrTampered, err)
	}
	if got := vigil.SumHex(body); got != sum {
		return nil, fmt.Errorf("body %s: %w: it has %s", sum, vigil.ErrTampered, got)
	}
	return body, nil
}
