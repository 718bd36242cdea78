package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vigil"
	"vigil/internal/encoding"
)

// Snapshot writes the case as it is at one moment to w, in the form of a case
// file, and returns how many bytes it wrote. Others may read and change the case
// meanwhile; a change that makes the file longer may have to wait for the end.
//
// What was deleted from the case may still be in the file's free pages, and so in
// the snapshot.
func (s *Store) Snapshot(ctx context.Context, w io.Writer) (n int64, err error) {
	err = s.view(ctx, func(tx read) (err error) {
		n, err = tx.WriteTo(ending{ctx, w})
		return err
	})
	if err != nil {
		return n, fmt.Errorf("snapshot of case %s: %w", s.path, err)
	}
	return n, nil
}

// An ending writer fails once its context has ended.
type ending struct {
	ctx context.Context
	io.Writer
}

func (w ending) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Writer.Write(b)
}

// OpenSnapshot opens a case file to be read only: not a byte of it changes, nor of
// its folder, and every method that would change the case fails. A file of an
// older layout is refused, as it would have to be changed first; the error wraps
// [ErrOldLayout].
func OpenSnapshot(path string, o Options) (*Store, error) {
	o = o.withDefaults()
	var db *bbolt.DB
	err := guard(func() (err error) {
		db, err = bbolt.Open(path, 0o400, &bbolt.Options{Timeout: o.Timeout, FreelistType: bbolt.FreelistMapType, ReadOnly: true, PreLoadFreelist: true})
		return err
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open snapshot %s: %w %s", path, vigil.ErrInUse, readOwner(path))
	}
	if err != nil {
		return nil, fmt.Errorf("open snapshot %s: %w: want a file that vigil backup made", path, err)
	}
	// bbolt would hold a lock for ever if it failed to read where its file begins.
	if info, err := os.Stat(path); err != nil || info.Size() < int64(2*db.Info().PageSize) {
		return nil, errors.Join(fmt.Errorf("open snapshot %s: case file is damaged: it is cut short", path), err, db.Close())
	}
	var b *box
	err = guard(func() error {
		return viewDB(db, func(tx read) error {
			version, err := checkLayout(tx)
			if err == nil && version != layoutVersion {
				err = fmt.Errorf("%w: version %s, this program writes %s", ErrOldLayout, version, layoutVersion)
			}
			if err == nil {
				b, err = boxOf(tx, o)
			}
			return err
		})
	})
	z, zerr := encoding.NewZstd()
	if err = errors.Join(err, zerr); err != nil {
		return nil, errors.Join(fmt.Errorf("open snapshot %s: %w", path, err), db.Close())
	}
	return &Store{path: path, o: o, db: db, group: newGroup(db), box: b, zstd: z}, nil
}

// ErrOldLayout says that a case file has a layout that must be brought on before
// it can be read.
var ErrOldLayout = errors.New("an older layout")
