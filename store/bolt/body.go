package bolt

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"

	"vigil"
)

// bodyKey is the key of a body in its own bucket.
const bodyKey = "body"

// putBody stores a page's body once. Each has a bucket of its own, and so pages
// of its own: a neighbour's arrival does not write it anew, as it would beside
// others in one leaf of the tree.
func (w write) putBody(p vigil.Page) error {
	if p.BodySHA256 == "" {
		return nil
	}
	b, err := bucket(w.Tx, bucketBodies).CreateBucketIfNotExists([]byte(p.BodySHA256))
	if err != nil {
		return err
	}
	if b.Get([]byte(bodyKey)) != nil {
		return nil
	}
	return b.Put([]byte(bodyKey), p.Body)
}

func getBody(tx *bbolt.Tx, sum string) ([]byte, error) {
	if sum == "" {
		return nil, nil
	}
	b := bucket(tx, bucketBodies).Bucket([]byte(sum))
	if b == nil || b.Get([]byte(bodyKey)) == nil {
		return nil, fmt.Errorf("body %s: %w: it is gone", sum, vigil.ErrTampered)
	}
	body := bytes.Clone(b.Get([]byte(bodyKey)))
	if got := vigil.SumHex(body); got != sum {
		return nil, fmt.Errorf("body %s: %w: it has %s", sum, vigil.ErrTampered, got)
	}
	return body, nil
}
