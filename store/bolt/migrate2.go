package bolt

import (
	"bytes"
	"encoding/json"
	"errors"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vigil"
	"vigil/store/rule"
)

// maxUpgrade bounds what one transaction of an upgrade reads and writes, in bytes.
const maxUpgrade = 16 << 20

// upgrade2 changes the layout from version 2 to version 3: it makes the indexes of
// captures and mentions from the records. A record that can't be read is passed
// over: the check of the case will tell of it, and for that the case must open.
func upgrade2(db *bbolt.DB) error {
	err := updateDB(db, func(tx read) error {
		for _, name := range bucketsAfter("2") {
			if err := tx.DeleteBucket([]byte(name)); err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
				return err
			}
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, typ := range []string{vigil.TypeListing, vigil.TypeAssessment} {
		if err == nil {
			err = inPieces(db, bucketRecords, key(typ), addCapture)
		}
	}
	if err == nil {
		err = inPieces(db, bucketCaptures, nil, addMentions)
	}
	if err != nil {
		return err
	}
	return updateDB(db, func(tx read) error { return setVersion(tx, "3") })
}

// inPieces calls add with each key of a bucket that has a prefix, and writes the
// pairs that it returns to another bucket, in transactions of bounded size.
func inPieces(db *bbolt.DB, name string, prefix []byte, add func(tx read, k, v []byte) (into string, ps []pair)) error {
	from := prefix
	for {
		err := updateDB(db, func(tx read) error {
			var (
				into string
				ps   []pair
				size int
			)
			c := bucket(tx, name).Cursor()
			k, v := c.Seek(from)
			for ; k != nil && bytes.HasPrefix(k, prefix) && size < maxUpgrade; k, v = c.Next() {
				to, more := add(tx, k, v)
				into, ps = to, append(ps, more...)
				size += len(k) + len(v)
				for _, p := range more {
					size += len(p.k) + len(p.v)
				}
			}
			from = nil
			if k != nil && bytes.HasPrefix(k, prefix) {
				from = bytes.Clone(k)
			}
			return putPairs(tx, into, ps)
		})
		if err != nil || from == nil {
			return err
		}
	}
}

// addCapture returns the place of a record's version among its captures. They
// come oldest first, so that the newest is what stays.
func addCapture(tx read, k, v []byte) (into string, ps []pair) {
	names := bytes.SplitN(k, []byte{0}, 3)
	var r struct {
		Page string `json:"page"`
	}
	if len(names) != 3 || json.Unmarshal(v, &r) != nil || rule.Name("page", r.Page) != nil {
		return bucketCaptures, nil
	}
	typ, c := string(names[0]), capture{r.Page, string(names[1])}
	_, seq := entryOf(k, typ, c.listing)
	return bucketCaptures, []pair{{c.key(), getLatest(tx, c).with(typ, seq).bytes()}}
}

// addMentions returns what a capture mentions.
func addMentions(tx read, k, _ []byte) (into string, ps []pair) {
	c, err := parseCapture(k)
	if err == nil {
		ps, err = mentionsOf(tx, c)
	}
	if err != nil {
		return bucketMentions, nil
	}
	return bucketMentions, ps
}
