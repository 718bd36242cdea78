package bolt

import (
	"errors"

	bolterrors "go.etcd.io/bbolt/errors"
)

// upgrade4 changes the layout from version 4 to version 5: it counts the listings
// of each level. Triage keys are not sealed, so that it needs no key.
func upgrade4(tx read) error {
	if err := tx.DeleteBucket([]byte(bucketLevels)); err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
		return err
	}
	if _, err := tx.CreateBucket([]byte(bucketLevels)); err != nil {
		return err
	}
	counts, err := countTriage(tx)
	if err != nil {
		return err
	}
	for k, n := range counts {
		if err := bucket(tx, bucketLevels).Put([]byte(k), number(nil, n)); err != nil {
			return err
		}
	}
	return setVersion(tx, "5")
}
