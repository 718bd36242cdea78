package bolt

import (
	"bytes"
	"context"
	"time"

	"go.etcd.io/bbolt"

	"vigil"
)

// A read is a transaction that reads, with what opens its values.
type read struct {
	*bbolt.Tx
	box *box
	met map[string]*metBucket // buckets met so far; nil where bbolt itself keeps them, which it does in transactions that write
}

// A metBucket is a bucket, and what looks for single keys in it: to make it anew for each
// costs as much as to look.
type metBucket struct {
	*bbolt.Bucket
	seek *bbolt.Cursor
}

// A write is a transaction that writes, at one moment.
type write struct {
	read
	o   *Options
	now time.Time
}

// A viewer runs a function in a transaction that reads.
type viewer func(context.Context, func(read) error) error

// sealedBucket reports whether all values of a bucket are sealed as they are. Two
// others have a form of their own: bodies and pace.
func sealedBucket(name string) bool {
	switch name {
	case bucketRecords, bucketRows, bucketSources, bucketTasks, bucketMentions, bucketStand,
		bucketSearchDocs, bucketSearchOf, bucketSearchNew, bucketSearchFacts, bucketSearchNames, bucketSearchSegments, bucketSearchBlocks:
		return true
	}
	return false
}

func bucket(tx read, name string) *bbolt.Bucket {
	if tx.met == nil {
		return tx.Bucket([]byte(name))
	}
	b := tx.met[name]
	if b == nil {
		b = &metBucket{Bucket: tx.Bucket([]byte(name))}
		tx.met[name] = b
	}
	return b.Bucket
}

// valueAt returns what is stored at a key; nil if nothing is. It is good until the
// transaction ends.
func valueAt(tx read, name string, k []byte) []byte {
	b := bucket(tx, name)
	if tx.met == nil {
		return b.Get(k)
	}
	o := tx.met[name]
	if o.seek == nil {
		o.seek = b.Cursor()
	}
	if at, v := o.seek.Seek(k); bytes.Equal(at, k) {
		return v
	}
	return nil
}

// get returns what stands at a key; nil if nothing does. It is good until the
// transaction ends.
func (tx read) get(name string, k []byte) ([]byte, error) {
	return tx.open(name, k, valueAt(tx, name, k))
}

// open returns what a bucket's value v at k says, nil for nil.
func (tx read) open(name string, k, v []byte) ([]byte, error) {
	if v == nil || !sealedBucket(name) {
		return v, nil
	}
	return tx.box.Open(name, k, v)
}

// set puts a value at a key.
func (tx read) set(name string, k, v []byte) error {
	if sealedBucket(name) {
		v = tx.box.Seal(name, k, v)
	}
	return bucket(tx, name).Put(k, v)
}

// viewDB and updateDB run fn in a transaction on a file whose values are not
// sealed, or are not looked at.
func viewDB(db *bbolt.DB, fn func(read) error) error {
	return db.View(func(tx *bbolt.Tx) error { return fn(read{Tx: tx}) })
}

func updateDB(db *bbolt.DB, fn func(read) error) error {
	return db.Update(func(tx *bbolt.Tx) error { return fn(read{Tx: tx}) })
}

// view runs fn in a transaction that reads. The error wraps [vigil.ErrSealed] if
// values cannot be opened.
func (s *Store) view(ctx context.Context, fn func(read) error) error {
	if s.box.Shut() {
		return vigil.ErrSealed
	}
	return s.audit(ctx, fn)
}

// audit is view for what needs no key.
func (s *Store) audit(ctx context.Context, fn func(read) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { return fn(read{tx, s.box, map[string]*metBucket{}}) })
	})
}

// update runs fn in a transaction that writes, perhaps together with other
// callers'. It may run fn several times: fn must set what it returns afresh.
//
// Once handed over, a change is waited for even if ctx ends: the caller is to
// know whether it was made.
func (s *Store) update(ctx context.Context, fn func(write) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.box.Shut() {
		return vigil.ErrSealed
	}
	return s.group.do(func(tx *bbolt.Tx) error {
		w := write{read: read{Tx: tx, box: s.box}, o: &s.o, now: s.o.Now().Round(0).UTC()}
		if err := w.tick(); err != nil {
			return err
		}
		return fn(w)
	})
}
