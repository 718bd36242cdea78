package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"vigil"
)

// bucketsSince2 are the buckets that layout version 1 did not have.
func bucketsSince2() []string { return []string{bucketParked, bucketStand} }

// migrate brings a case file of the version before to the present layout, in one
// transaction, after a copy of it was made.
func migrate(path string, db *bbolt.DB) error {
	if err := backUp(path+".v"+layoutBefore, db); err != nil {
		return fmt.Errorf("copy it before its layout changes: %w", err)
	}
	if err := db.Update(upgrade); err != nil {
		return fmt.Errorf("bring it from layout version %s to %s: %w", layoutBefore, layoutVersion, err)
	}
	return nil
}

// backUp copies a case file, readable by its owner only. A copy that is there
// already is left alone: the file was not changed since, or its owner knows.
func backUp(name string, db *bbolt.DB) error {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	part := name + ".part" // so that a copy under its own name is whole
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(f)
		return err
	})
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return syncDir(filepath.Dir(name))
}

// upgrade changes the layout from version 1 to version 2. Tasks are read as they
// are: what version 1 did not know of them stays empty.
func upgrade(tx *bbolt.Tx) error {
	for _, name := range bucketsSince2() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	w := write{Tx: tx}
	for _, source := range pacedSources(tx) {
		p := oldPace(tx, source)
		p.bytes = received(tx, source)
		if err := w.putPace(source, p); err != nil {
			return err
		}
	}
	return bucket(tx, bucketMeta).Put([]byte("version"), []byte(layoutVersion))
}

// oldPace reads a pace of version 1: the last fetch's start and the number of
// pages.
func oldPace(tx *bbolt.Tx, source string) (p pace) {
	if b := bucket(tx, bucketPace).Get(key(source)); len(b) == 16 {
		p.last, p.pages = maybeInstant(b[:8]), int(parseNumber(b[8:]))
	}
	return p
}

// received adds up what a source's pages had on the way. A page that can't be
// read is passed over: the check of the case will tell of it, and for that the
// case must open.
func received(tx *bbolt.Tx, source string) (n int64) {
	for _, id := range idsUnder(tx, bucketPages, key(source)) {
		var p struct {
			RawSize int64 `json:"raw_size"`
		}
		_, v := newestKey(tx, vigil.TypePage, id)
		if json.Unmarshal(v, &p) == nil && p.RawSize > 0 {
			n += p.RawSize
		}
	}
	return n
}
