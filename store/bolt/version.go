package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/internal/custody"
	"vigil/store"
	"vigil/store/rule"
)

// recordKey returns where the record that entry e brought is stored: the
// versions of one record stand side by side, oldest first.
func recordKey(e vigil.Event) []byte {
	return number(key(e.Object.Type, e.Object.ID, e.Order), uint64(e.Seq))
}

// entryOf returns the log entry that brought the record with a key.
func entryOf(k []byte, typ, id string) (order string, seq int64) {
	rest := k[len(key(typ, id)):]
	if len(rest) < 9 {
		return "", -1
	}
	return string(rest[:len(rest)-9]), int64(parseNumber(rest[len(rest)-8:]))
}

// newestKey returns key and value, as it is stored, of a record's newest version;
// nil if there is none.
func newestKey(tx read, typ, id string) (k, v []byte) {
	c := bucket(tx, bucketRecords).Cursor()
	return lastBefore(c, key(typ, id), after(typ, id))
}

// lastBefore moves c to the last key with a prefix that comes before end.
func lastBefore(c *bbolt.Cursor, prefix, end []byte) (k, v []byte) {
	if k, _ = c.Seek(end); k == nil {
		k, v = c.Last()
	} else {
		k, v = c.Prev()
	}
	if k == nil { // the first, or behind a leaf that this transaction has emptied
		k, v = lastOf(c, prefix, end)
	}
	if !bytes.HasPrefix(k, prefix) {
		return nil, nil
	}
	return k, v
}

// lastOf is lastBefore for a bucket in which keys were deleted in the same
// transaction: bbolt's Prev and Last return nothing where they meet a leaf that
// has become empty, but Next passes over it.
func lastOf(c *bbolt.Cursor, prefix, end []byte) (k, v []byte) {
	for nk, nv := c.Seek(prefix); bytes.HasPrefix(nk, prefix) && bytes.Compare(nk, end) < 0; nk, nv = c.Next() {
		k, v = nk, nv
	}
	return k, v
}

// recordWithHash returns the version of a record that has o's hash.
func recordWithHash(tx read, o vigil.Object) ([]byte, error) {
	prefix := key(o.Type, o.ID)
	c := bucket(tx, bucketRecords).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		text, err := tx.open(bucketRecords, k, v)
		if err != nil {
			return nil, err
		}
		if vigil.SumHex(text) == o.SHA256 {
			return bytes.Clone(text), nil
		}
	}
	return nil, fmt.Errorf("%s %s with SHA-256 %s: %w", o.Type, o.ID, o.SHA256, vigil.ErrNotFound)
}

// RecordBytes implements [store.Reader]. For an entry that brought no record
// itself, such as a view, these are the bytes whose hash it names; if it names
// none, the error wraps [vigil.ErrNotFound]. They are not checked here.
func (s *Store) RecordBytes(ctx context.Context, e vigil.Event) (b []byte, err error) {
	o := e.Object
	err = s.view(ctx, func(tx read) error {
		if !store.IsRecord(o.Type) || rule.Name("ID", o.ID) != nil || rule.Name("order", e.Order) != nil {
			return fmt.Errorf("%s %s: %w", o.Type, o.ID, vigil.ErrNotFound)
		}
		v, err := tx.get(bucketRecords, recordKey(e))
		if err != nil {
			return err
		}
		if b = bytes.Clone(v); b != nil {
			return nil
		}
		b, err = recordWithHash(tx, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("record of entry %d of log %q: %w", e.Seq, e.Order, err)
	}
	return b, nil
}

// decode reads a record's stored bytes, if they are those that its log entry
// names.
func decode(tx read, typ, id string, k, v []byte, into any) error {
	order, seq := entryOf(k, typ, id)
	line := valueAt(tx, bucketLines, number(key(order), uint64(seq)))
	if line == nil {
		return fmt.Errorf("%s %s: %w: entry %d of log %q is gone", typ, id, vigil.ErrTampered, seq, order)
	}
	e, err := custody.ParseLine(line)
	if err != nil {
		return fmt.Errorf("%s %s: entry %d of log %q: %w", typ, id, seq, order, err)
	}
	if v, err = tx.open(bucketRecords, k, v); err != nil {
		return fmt.Errorf("%s %s: %w", typ, id, err)
	}
	if want := (vigil.Object{Type: typ, ID: id, SHA256: vigil.SumHex(v)}); e.Object != want {
		return fmt.Errorf("%s %s: %w: entry %d of log %q names other bytes", typ, id, vigil.ErrTampered, seq, order)
	}
	if err := json.Unmarshal(v, into); err != nil {
		return fmt.Errorf("%s %s: %w", typ, id, err)
	}
	return nil
}

// newest returns the newest version of a record.
func newest[R any](tx read, typ, id string) (r R, err error) {
	k, v := newestKey(tx, typ, id)
	if k == nil || rule.Name("ID", id) != nil {
		return r, fmt.Errorf("%s %q: %w", typ, id, vigil.ErrNotFound)
	}
	return r, decode(tx, typ, id, k, v, &r)
}

// versions returns all versions of a record, oldest first.
func versions[R any](tx read, typ, id string) (rs []R, err error) {
	if rule.Name("ID", id) != nil {
		return nil, nil
	}
	prefix := key(typ, id)
	c := bucket(tx, bucketRecords).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		var r R
		if err := decode(tx, typ, id, k, v, &r); err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	return rs, nil
}
