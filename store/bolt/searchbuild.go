package bolt

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vigil"
	"vigil/internal/custody"
)

// searchBuckets are those of the search index.
func searchBuckets() []string {
	return []string{bucketSearchDocs, bucketSearchOf, bucketSearchNew, bucketSearchFacts, bucketSearchNames, bucketSearchSegments, bucketSearchBlocks}
}

// keySearch in meta says that the search index is whole.
const keySearch = "search"

// searchForm is the form of the search index. One of another form is made anew.
const searchForm = "2"

// newSearchName returns what meta says of a search index: its form, and a name
// that no other has. Its documents have other numbers in another.
func newSearchName() []byte { return []byte(searchForm + " " + rand.Text()) }

// searchName returns what meta says of the search index.
func searchName(tx read) string { return string(bucket(tx, bucketMeta).Get([]byte(keySearch))) }

// readySearch makes the search index of a case that has none, or has one of
// another form, or of which a crash has left a part. progress, if not nil, is told
// how many log entries of how many were read.
func readySearch(db *bbolt.DB, b *box, progress func(done, of int64)) error {
	whole := false
	err := viewDB(db, func(tx read) error {
		whole = strings.HasPrefix(searchName(tx), searchForm+" ")
		for _, name := range searchBuckets() {
			whole = whole && bucket(tx, name) != nil
		}
		return nil
	})
	if err != nil || whole {
		return err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	return buildSearch(db, b, progress)
}

// buildSearch makes the search index from the records, in transactions of bounded
// size. The logs are read in turn, so that the readings of each order come in the
// order in which they were committed. A record that cannot be read is passed
// over: the check of the case will tell of it.
func buildSearch(db *bbolt.DB, b *box, progress func(done, of int64)) error {
	var done, of int64
	err := updateDB(db, func(tx read) error {
		err := bucket(tx, bucketLogs).ForEach(func(_, v []byte) error {
			of += int64(parseNumber(v))
			return nil
		})
		return errors.Join(err, clearSearch(tx))
	})
	if err != nil {
		return err
	}
	for from := []byte{}; from != nil; {
		progress(min(done, of), of)
		n := 0
		err := db.Update(func(tx *bbolt.Tx) (err error) {
			from, n, err = searchIndex{read: read{Tx: tx, box: b}, newDocs: maxNew}.addLogged(from)
			return err
		})
		if err != nil {
			return err
		}
		done += int64(n)
	}
	progress(of, of)
	return updateDB(db, func(tx read) error { return bucket(tx, bucketMeta).Put([]byte(keySearch), newSearchName()) })
}

// clearSearch makes the search index empty, and says that it is not whole.
func clearSearch(tx read) error {
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
// brought. It returns the key to go on with, nil at the end, and how many entries
// it has read.
func (x searchIndex) addLogged(from []byte) (next []byte, n int, err error) {
	size := 0
	c := bucket(x.read, bucketLines).Cursor()
	for k, line := c.Seek(from); k != nil; k, line = c.Next() {
		if size > maxUpgrade {
			return bytes.Clone(k), n, nil
		}
		n++
		size += len(line)
		e, err := custody.ParseLine(line)
		if err != nil || e.Object.Type != vigil.TypeListing {
			continue
		}
		at := recordKey(e)
		v := bucket(x.read, bucketRecords).Get(at)
		var l vigil.Listing
		if v == nil || decode(x.read, vigil.TypeListing, e.Object.ID, at, v, &l) != nil {
			continue
		}
		size += len(v)
		if err := x.addListing(e, l, preparerOf(x.box, nil).Tokens(l)); err != nil {
			return nil, n, err
		}
	}
	return nil, n, nil
}
