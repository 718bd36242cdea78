package bolt

import (
	"bytes"
	"errors"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/search"
)

// searchBuckets are those of the search index.
func searchBuckets() []string {
	return []string{bucketSearchDocs, bucketSearchOf, bucketSearchNew, bucketSearchFacts, bucketSearchNames, bucketSearchSegments, bucketSearchBlocks}
}

// keySearch in meta says that the search index is whole.
const keySearch = "search"

// searchForm is the form of the search index. One of another form is made anew.
const searchForm = "1"

// readySearch makes the search index of a case that has none, or has one of
// another form, or of which a crash has left a part.
func readySearch(db *bbolt.DB) error {
	whole := false
	err := db.View(func(tx *bbolt.Tx) error {
		whole = string(bucket(tx, bucketMeta).Get([]byte(keySearch))) == searchForm
		for _, name := range searchBuckets() {
			whole = whole && bucket(tx, name) != nil
		}
		return nil
	})
	if err != nil || whole {
		return err
	}
	return buildSearch(db)
}

// buildSearch makes the search index from the records, in transactions of bounded
// size. The logs are read in turn, so that the readings of each order come in the
// order in which they were committed. A record that cannot be read is passed
// over: the check of the case will tell of it.
func buildSearch(db *bbolt.DB) error {
	if err := db.Update(clearSearch); err != nil {
		return err
	}
	for from := []byte{}; from != nil; {
		err := db.Update(func(tx *bbolt.Tx) (err error) {
			from, err = searchIndex{tx, veil{}, maxNew}.addLogged(from)
			return err
		})
		if err != nil {
			return err
		}
	}
	return db.Update(func(tx *bbolt.Tx) error { return bucket(tx, bucketMeta).Put([]byte(keySearch), []byte(searchForm)) })
}

// clearSearch makes the search index empty, and says that it is not whole.
func clearSearch(tx *bbolt.Tx) error {
	for _, name := range searchBuckets() {
		if err := tx.DeleteBucket([]byte(name)); err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
			return err
		}
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	return bucket(tx, bucketMeta).Delete([]byte(keySearch))
}

// addLogged makes documents of the readings that the log entries from a key on
// brought. It returns the key to go on with; nil at the end.
func (x searchIndex) addLogged(from []byte) (next []byte, err error) {
	size := 0
	c := bucket(x.Tx, bucketLines).Cursor()
	for k, line := c.Seek(from); k != nil; k, line = c.Next() {
		if size > maxUpgrade {
			return bytes.Clone(k), nil
		}
		size += len(line)
		e, err := custody.ParseLine(line)
		if err != nil || e.Object.Type != vigil.TypeListing {
			continue
		}
		at := recordKey(e)
		v := bucket(x.Tx, bucketRecords).Get(at)
		var l vigil.Listing
		if v == nil || decode(x.Tx, vigil.TypeListing, e.Object.ID, at, v, &l) != nil {
			continue
		}
		size += len(v)
		if err := x.addListing(e, l, search.NewDocument(l).Terms()); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
