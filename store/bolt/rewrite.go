package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/internal/seal"
	"vigil/store/rule"
)

// A Rewriting says how [Rewrite] is to write a case file anew. The zero Rewriting
// is refused.
type Rewriting struct {
	To    Key  // the data key of the new file
	Plain bool // no key: the new file is not encrypted
	// Act is logged in the new file, with the details from_key and to_key: the IDs
	// of the data keys, or "none".
	Act vigil.Act
	// Locked, if not nil, is called with the case once nobody else has it, and
	// before anything is written. It gives the key in place of To, and must have
	// made it safe: the new file may be all that is left when this process ends.
	// Its error ends the rewriting.
	Locked func(*Store) (Key, error)
	// Progress, if not nil, is told how many bytes of how many were read.
	Progress func(done, of int64)
}

// Rewrite writes a case file anew, with every value sealed under another data key
// or under none, and puts it in the place of the old one. What was deleted is not
// in the new file: bbolt leaves it in the old one until it needs the room. The old
// file's blocks stay on the disk until the system writes over them; where they were
// sealed, they are worth as much as the old key is safe.
//
// A crash leaves the old file or the new one, and perhaps PATH.part, which the
// next call removes: until Rewrite has returned, both keys must be kept. A value
// that does not open is an error wrapping [vigil.ErrTampered], and the file is
// left as it was. o is as for [Open].
func Rewrite(ctx context.Context, path string, o Options, r Rewriting) (err error) {
	if err := r.check(); err != nil {
		return fmt.Errorf("rewrite case %s: %w", path, err)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return fmt.Errorf("rewrite case: %w", err)
	}
	o.Sealed = false
	s, err := Open(path, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.rewrite(ctx, r); err != nil {
		return fmt.Errorf("rewrite case %s: %w", path, err)
	}
	return nil
}

func (r Rewriting) check() error {
	if err := r.checkKey(); err != nil && r.Locked == nil {
		return err
	}
	return rule.CheckAct(r.Act)
}

func (r Rewriting) checkKey() error {
	if r.Plain != (r.To == Key{}) {
		return errors.New("want a data key, or none and that the file is to be plain")
	}
	return nil
}

func (s *Store) rewrite(ctx context.Context, r Rewriting) error {
	if r.Locked != nil {
		var err error
		if r.To, err = r.Locked(s); err != nil {
			return err
		}
		if err := r.checkKey(); err != nil {
			return err
		}
	}
	part := s.path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.writeTo(ctx, part, r); err != nil {
		return errors.Join(err, removeIfThere(part))
	}
	if err := os.Rename(part, s.path); err != nil {
		return errors.Join(err, removeIfThere(part))
	}
	return syncDir(filepath.Dir(s.path))
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writeTo writes the case to a new file, all of it or an error, and safe from a
// loss of power.
func (s *Store) writeTo(ctx context.Context, part string, r Rewriting) (err error) {
	var to *box
	if !r.Plain {
		if to, err = seal.New(r.To); err != nil {
			return err
		}
	}
	db, err := openDB(part, s.o, func(flag int) int { return flag | os.O_EXCL })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.NoSync = true // until all is there
	err = s.view(ctx, func(tx read) error {
		m := mover{ctx: ctx, from: tx, to: to, db: db, r: r, of: tx.Size()}
		return m.all()
	})
	if err == nil {
		err = guard(func() error {
			return db.Update(func(tx *bbolt.Tx) error { return s.finish(read{Tx: tx, box: to}, r.Act) })
		})
	}
	if err != nil {
		return err
	}
	return db.Sync()
}

// finish says in the new file how it is sealed, and what was done.
func (s *Store) finish(tx read, a vigil.Act) error {
	if err := setCipher(tx); err != nil {
		return err
	}
	details := map[string]string{"from_key": s.box.ID(), "to_key": tx.box.ID()}
	maps.Copy(details, a.Details)
	a.Details = details
	_, err := write{read: tx, o: &s.o, now: s.o.Now().Round(0).UTC()}.log(a)
	return err
}

// A mover takes a case from one file to another.
type mover struct {
	ctx      context.Context
	from     read
	to       *box
	db       *bbolt.DB
	r        Rewriting
	done, of int64
}

func (m *mover) all() error {
	return m.from.ForEach(func(name []byte, b *bbolt.Bucket) error {
		if slices.Contains(searchBuckets(), string(name)) {
			return nil // of blind words there is no way back: the index is made anew
		}
		err := m.db.Update(func(tx *bbolt.Tx) error {
			to, err := tx.CreateBucket(name)
			if err != nil {
				return err
			}
			return to.SetSequence(b.Sequence())
		})
		if err != nil {
			return err
		}
		if err := m.bucket(string(name), b); err != nil {
			return fmt.Errorf("bucket %s: %w", name, err)
		}
		return nil
	})
}

// bucket moves what is in a bucket, in transactions of bounded size, each in the
// order of its new keys.
func (m *mover) bucket(name string, b *bbolt.Bucket) error {
	var ps []pair
	size := 0
	flush := func() error {
		err := m.db.Update(func(tx *bbolt.Tx) error { return m.putPairs(tx, name, ps) })
		m.done += int64(size)
		if m.r.Progress != nil {
			m.r.Progress(min(m.done, m.of), m.of)
		}
		ps, size = nil, 0
		return errors.Join(err, m.ctx.Err())
	}
	err := b.ForEach(func(k, v []byte) (err error) {
		var p pair
		if name == bucketMeta && string(k) == keySearch {
			return nil
		}
		if v == nil {
			p, err = m.body(k, b.Bucket(k))
		} else {
			p, err = m.move(name, k, v)
		}
		if err != nil {
			return err
		}
		ps = append(ps, p)
		if size += len(p.k) + len(p.v); size < maxUpgrade {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// putPairs writes pairs to the new file as they are. A body's key names its bucket
// and its place in that.
func (m *mover) putPairs(tx *bbolt.Tx, name string, ps []pair) error {
	b := tx.Bucket([]byte(name))
	if name != bucketBodies {
		return putPairs(read{Tx: tx}, name, ps)
	}
	for _, p := range ps {
		sum, form, _ := bytes.Cut(bytes.TrimSuffix(p.k, []byte{0}), []byte{0})
		own, err := b.CreateBucket(sum)
		if err != nil {
			return err
		}
		if err := own.Put(form, p.v); err != nil {
			return err
		}
	}
	return nil
}

// body returns the body that a bucket holds as it is to be stored, at its place.
func (m *mover) body(sum []byte, b *bbolt.Bucket) (pair, error) {
	p, ok := storedBody(b)
	if !ok {
		return pair{}, fmt.Errorf("body %s: %w: it is gone", sum, vigil.ErrTampered)
	}
	k := bodyPlace(string(sum), p.Form)
	text, err := m.from.box.Open(bucketBodies, k, p.B)
	return pair{k, m.to.Seal(bucketBodies, k, text)}, err
}

// move returns key and value of an entry as they are to be stored.
func (m *mover) move(name string, k, v []byte) (pair, error) {
	to := read{box: m.to}
	switch {
	case name == bucketMentions:
		mention, i, err := readMention(m.from, k, v)
		k = mentionKey(to, mention, i)
		return pair{k, m.to.Seal(name, k, rule.AppendMention(nil, mention, i, m.to != nil))}, err
	case name == bucketListed:
		k, err := m.listed(k)
		return pair{k, v}, err
	case name == bucketPace && len(v) > paceSize:
		text, err := m.from.box.Open(name, k, v[paceSize:])
		return pair{k, append(bytes.Clone(v[:paceSize]), m.to.Seal(name, k, text)...)}, err
	case sealedBucket(name):
		text, err := m.from.open(name, k, v)
		return pair{k, m.to.Seal(name, k, text)}, err
	}
	return pair{k, v}, nil
}

// listed returns the key of an entry that leads to a row. A blind name is found
// again among the keys of the row.
func (m *mover) listed(k []byte) ([]byte, error) {
	r, err := listedRow(m.from, k)
	if err != nil {
		return nil, err
	}
	name, rest, _ := bytes.Cut(k, []byte{0})
	for _, of := range r.Keys() {
		if of := vigil.KeyName(of); m.from.box.Name(bucketListed, of) == string(name) {
			return append(key(m.to.Name(bucketListed, of)), rest...), nil
		}
	}
	return nil, fmt.Errorf("key %q: %w", k, vigil.ErrTampered)
}
