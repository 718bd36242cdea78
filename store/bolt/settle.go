package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"vigil"
	"vigil/store/rule"
)

// What meta says of erasures whose bytes may still be in the file: their number,
// and, for each body that a page had which is gone, its hash behind a prefix.
const (
	metaUnsettled = "unsettled"
	metaUnused    = "unused:"
)

func unusedKey(sum string) []byte { return []byte(metaUnused + sum) }

// unsettle notes that bytes of n erasures are still in the file.
func (w write) unsettle(n int) error {
	return bucket(w.read, bucketMeta).Put([]byte(metaUnsettled), number(nil, unsettled(w.read)+uint64(n)))
}

func unsettled(tx read) uint64 {
	return parseNumber(bucket(tx, bucketMeta).Get([]byte(metaUnsettled)))
}

// Unsettled implements [store.Eraser].
func (s *Store) Unsettled(ctx context.Context) (n int, err error) {
	err = s.view(ctx, func(tx read) error {
		n = int(unsettled(tx))
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count erasures: %w", err)
	}
	return n, nil
}

// Compact rewrites a case file without what was erased, as [Rewrite] does. It must
// not be open. The bodies that no page has any more go first; copies which this
// program made of the file before a change of its layout go as well, for they hold
// what was erased, and their names are returned.
//
// After a crash at any point the file opens, whole; until the last step
// [Store.Unsettled] counts on, and Compact begins anew.
func Compact(ctx context.Context, path string, o Options, r Rewriting) (removed []string, err error) {
	if err := withStore(path, o, func(s *Store) error { return s.dropBodies(ctx) }); err != nil {
		return nil, fmt.Errorf("drop bodies: %w", err)
	}
	if give := r.Locked; give != nil {
		r.Locked = func(s *Store) (Key, error) {
			k, err := give(s)
			o.Keys = append(o.Keys, k)
			return k, err
		}
	} else if !r.Plain {
		o.Keys = append(o.Keys, r.To)
	}
	// Whoever has the old file open, or waits for it, finds nothing in it afterwards.
	old, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	defer old.Close()
	if err := Rewrite(ctx, path, o, r); err != nil {
		return nil, err
	}
	if err := errors.Join(old.Truncate(0), old.Sync()); err != nil {
		return nil, fmt.Errorf("empty the old file: %w", err)
	}
	if removed, err = removeCopies(path); err != nil {
		return removed, fmt.Errorf("remove copies of an older layout: %w", err)
	}
	err = withStore(path, o, func(s *Store) error {
		return s.update(ctx, func(w write) error { return bucket(w.read, bucketMeta).Delete([]byte(metaUnsettled)) })
	})
	if err != nil {
		return removed, fmt.Errorf("note that case %s was rewritten: %w", path, err)
	}
	return removed, nil
}

func withStore(path string, o Options, f func(*Store) error) error {
	s, err := Open(path, o)
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.Close())
}

// dropBodies deletes the bodies of erased pages that no other page has.
func (s *Store) dropBodies(ctx context.Context) error {
	return s.update(ctx, func(w write) error {
		unused := map[string]bool{}
		c := bucket(w.read, bucketMeta).Cursor()
		for k, _ := c.Seek(unusedKey("")); bytes.HasPrefix(k, unusedKey("")); k, _ = c.Next() {
			unused[string(k[len(metaUnused):])] = true
		}
		if err := forget(w.read, unused); err != nil {
			return err
		}
		for sum, alone := range unused {
			if alone && bucket(w.read, bucketBodies).Bucket([]byte(sum)) != nil {
				if err := bucket(w.read, bucketBodies).DeleteBucket([]byte(sum)); err != nil {
					return err
				}
			}
			if err := bucket(w.read, bucketMeta).Delete(unusedKey(sum)); err != nil {
				return err
			}
		}
		return nil
	})
}

// forget says of the bodies that a page of the case has that they are used.
func forget(tx read, unused map[string]bool) error {
	if len(unused) == 0 {
		return nil
	}
	prefix := key(vigil.TypePage)
	c := bucket(tx, bucketRecords).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		text, err := tx.open(bucketRecords, k, v)
		if err != nil {
			return fmt.Errorf("page %q: %w", k, err)
		}
		var sum string
		if err := rule.Peek(text, "body_sha256", &sum); err != nil {
			return fmt.Errorf("page %q: %w", k, err)
		}
		if unused[sum] {
			unused[sum] = false
		}
	}
	return nil
}

// removeCopies removes the copies that were made before the layout changed, and
// those that came to no end.
func removeCopies(path string) (removed []string, err error) {
	es, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	name := regexp.MustCompile(`^` + regexp.QuoteMeta(filepath.Base(path)) + `\.(v[0-9]+(\.part)?|part)$`)
	for _, e := range es {
		if !name.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		full := filepath.Join(filepath.Dir(path), e.Name())
		if err := os.Remove(full); err != nil {
			return removed, err
		}
		removed = append(removed, full)
	}
	if len(removed) == 0 {
		return nil, nil
	}
	return removed, syncDir(filepath.Dir(path))
}
