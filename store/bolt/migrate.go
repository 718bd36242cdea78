package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// stepFrom returns what brings a case file from a layout version to the next;
// nil if the version is not known, or the newest. A step that ends too early is
// begun again when the file is opened next.
func stepFrom(version string) func(*bbolt.DB) error {
	switch version {
	case "1":
		return func(db *bbolt.DB) error { return updateDB(db, upgrade1) }
	case "2":
		return upgrade2
	case "3":
		return func(db *bbolt.DB) error { return updateDB(db, upgrade3) }
	case "4":
		return func(db *bbolt.DB) error { return updateDB(db, upgrade4) }
	}
	return nil
}

// migrate brings a case file of an older version to the present layout, after a
// copy of it was made.
func migrate(path, version string, db *bbolt.DB) error {
	if err := backUp(path+".v"+version, db); err != nil {
		return fmt.Errorf("copy it before its layout changes: %w", err)
	}
	for version != layoutVersion {
		if err := stepFrom(version)(db); err != nil {
			return fmt.Errorf("bring it on from layout version %s: %w", version, err)
		}
		err := viewDB(db, func(tx read) (err error) {
			version, err = checkLayout(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// setVersion says that the file has a layout version from now on.
func setVersion(tx read, version string) error {
	return bucket(tx, bucketMeta).Put([]byte("version"), []byte(version))
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
	err = viewDB(db, func(tx read) error {
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
