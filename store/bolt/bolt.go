// Package bolt keeps a case in one file on this machine, with
// go.etcd.io/bbolt. The file's layout is written down in LAYOUT.md.
//
// One process has the file open at a time. Changes are safe once the method
// that made them has returned: bbolt writes a new root only after the pages it
// points to are on the disk, so that a crash leaves the state before or after
// a transaction, never between.
package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vigil"
	"vigil/internal/encoding"
	"vigil/store"
)

// Options say how a store works. The zero Options are usable.
type Options struct {
	// Tool names the program and its version in every log entry; if empty,
	// the entries say that it is not known.
	Tool string
	// Now is the clock of leases and log entries; nil for time.Now.
	Now func() time.Time
	// Command and Address are told to whoever finds the file in use: what runs,
	// and where its pages are.
	Command, Address string
	// MaxAttempts is how often a task is leased without a result before it is
	// dead; 0 for 5. Reviews are exempt: a person who looks at a listing and is
	// called away has not failed, and no listing may fall out of sight for it.
	MaxAttempts int
	// Keys are the data keys at hand. A new case is sealed with the first of them,
	// and not encrypted if there is none; one that exists is opened with the key
	// that it names.
	Keys []Key
	// Sealed opens an encrypted case without its key as well: its logs can be read
	// and proved, and its tasks counted, and all else ends in [vigil.ErrSealed].
	Sealed bool
	// Timeout is how long to wait for a file that another process has open;
	// 0 for a second.
	Timeout time.Duration

	// Indexing, if not nil, is told how many log entries of how many were read
	// while [Open] makes the search index anew: after [Rewrite], in [Compact], and
	// of a case that an earlier program made.
	Indexing func(done, of int64)

	newDocs int // how many new documents make a segment of the search index; 0 for maxNew
}

const (
	defaultMaxAttempts = 5
	defaultTimeout     = time.Second
	unknownTool        = "vigil (version not known)"
)

func (o Options) withDefaults() Options {
	if o.Tool == "" {
		o.Tool = unknownTool
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxAttempts <= 0 {
		o.MaxAttempts = defaultMaxAttempts
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.newDocs <= 0 {
		o.newDocs = maxNew
	}
	return o
}

// A Store is a case in a file.
//
// Its sequences are read in pieces, each in a short transaction, so that a slow
// reader holds up nobody and may change the store in the loop. What changes
// meanwhile may be met in its old or its new state.
type Store struct {
	path  string
	o     Options
	db    *bbolt.DB
	group *group
	box   *box
	zstd  *encoding.Zstd
	close sync.Once

	maintaining sync.Mutex // held by whoever maintains the search index
	facts       factCache
}

var _ store.Store = (*Store)(nil)

// Create makes a new case file, readable by its owner only. An existing file is
// left alone, and the error wraps [fs.ErrExist], unless it is one that Create was
// cut short on, which holds nothing.
func Create(path string, o Options) (*Store, error) {
	o = o.withDefaults()
	db, err := openDB(path, o, func(flag int) int { return flag | os.O_EXCL })
	if errors.Is(err, fs.ErrExist) {
		db, err = openEmpty(path, o)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create case %s: %w: choose another name, or open it", path, fs.ErrExist)
	}
	if err != nil {
		return nil, fmt.Errorf("create case %s: %w", path, err)
	}
	b, err := firstBox(o.Keys)
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error { return makeLayout(read{Tx: tx, box: b}, o.Now()) })
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create case %s: %w", path, err), db.Close(), os.Remove(path))
	}
	return opened(path, o, db, b)
}

// Open opens a case file. If another process has it open, the error wraps
// [vigil.ErrInUse] and says which; if there is none, [fs.ErrNotExist]. A file
// that a newer program wrote in another layout is refused; one in an older layout
// is brought to the present one, and PATH.v1 to PATH.v4, after its version,
// is a copy of it as it was.
//
// If the case is encrypted and none of the keys is the one that it names, the
// error wraps [vigil.ErrSealed], unless o.Sealed allows that.
func Open(path string, o Options) (*Store, error) {
	o = o.withDefaults()
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open case: %w", err)
	}
	db, err := openThere(path, o)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open case %s: %w %s", path, vigil.ErrInUse, readOwner(path))
	}
	if err != nil {
		return nil, fmt.Errorf("open case %s: %w: want a file that vigil init made", path, err)
	}
	var b *box
	err = guard(func() (err error) {
		b, err = ready(path, o, db)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open case %s: %w", path, err), db.Close())
	}
	s, err := opened(path, o, db, b)
	if err != nil || b.Shut() {
		return s, err
	}
	if err := s.reclaim(); err != nil {
		return nil, errors.Join(fmt.Errorf("open case %s: %w", path, err), s.Close())
	}
	return s, nil
}

// ready checks the layout of a case file, brings an old one up to date, and
// returns the box of the key that it names.
func ready(path string, o Options, db *bbolt.DB) (b *box, err error) {
	var version string
	err = viewDB(db, func(tx read) (err error) {
		version, err = checkLayout(tx)
		return err
	})
	if err == nil && version != layoutVersion {
		err = migrate(path, version, db)
	}
	if err != nil {
		return nil, err
	}
	err = viewDB(db, func(tx read) error {
		b, err = boxOf(tx, o)
		return err
	})
	if err != nil || b.Shut() {
		return b, err
	}
	return b, readySearch(db, b, o.Indexing)
}

// openThere opens the file that is at path. While we waited for its lock, its
// owner may have put another in its place: what was written to the old one would
// be lost.
func openThere(path string, o Options) (*bbolt.DB, error) {
	for {
		before, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		db, err := openDB(path, o, func(flag int) int { return flag &^ os.O_CREATE })
		if err != nil {
			return nil, err
		}
		after, err := os.Stat(path)
		if err == nil && os.SameFile(before, after) {
			return db, nil
		}
		if err = errors.Join(err, db.Close()); err != nil {
			return nil, err
		}
	}
}

// openDB opens the file with the flags that flags makes of bbolt's own, which
// create a file where there is none.
func openDB(path string, o Options, flags func(int) int) (db *bbolt.DB, err error) {
	var file *os.File
	err = guard(func() error {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout:      o.Timeout,
			FreelistType: bbolt.FreelistMapType, // the default slows down as a file grows
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				file, err = os.OpenFile(name, flags(flag), mode)
				return file, err
			},
		})
		return err
	})
	if db == nil && file != nil {
		letGo(file) // bbolt has, unless it panicked
	}
	return db, err
}

// openEmpty opens a database in which there is nothing at all; of any other file the
// error wraps [fs.ErrExist].
func openEmpty(path string, o Options) (*bbolt.DB, error) {
	if info, err := os.Stat(path); err != nil || info.Size() > maxEmpty {
		return nil, fs.ErrExist
	}
	db, err := openDB(path, o, func(flag int) int { return flag })
	if err != nil {
		return nil, fs.ErrExist // in use, or no database
	}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func([]byte, *bbolt.Bucket) error { return fs.ErrExist })
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// maxEmpty bounds the size of a database without a bucket: four pages, as bbolt
// begins one, or what it makes room for first.
const maxEmpty = 64 << 10

func opened(path string, o Options, db *bbolt.DB, b *box) (*Store, error) {
	if err := writeOwner(path, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open case %s: %w", path, err), db.Close())
	}
	z, err := encoding.NewZstd()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open case %s: %w", path, err), removeOwner(path), db.Close())
	}
	return &Store{path: path, o: o, db: db, group: newGroup(db), box: b, zstd: z}, nil
}

// Close waits for running calls and releases the file. Only the first call does
// anything.
func (s *Store) Close() (err error) {
	s.close.Do(func() {
		// The owner's file goes first: once the lock is released, a new owner
		// may have written its own.
		err = errors.Join(removeOwner(s.path), s.db.Close())
	})
	if err != nil {
		return fmt.Errorf("close case %s: %w", s.path, err)
	}
	return nil
}

// guard turns a panic into an error: bbolt panics on pages that make no sense,
// and the file's mapping faults beyond the end of one that was cut short.
func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("case file is damaged: %v", p)
		}
	}()
	return fn()
}

// syncDir makes a new file's name safe from a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
