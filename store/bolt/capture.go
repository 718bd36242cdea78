package bolt

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"vigil"
	"vigil/store/rule"
)

// A capture is a listing as one page shows it.
type capture struct{ page, listing string }

func (c capture) key() []byte { return key(c.page, c.listing) }

func parseCapture(k []byte) (capture, error) {
	names := bytes.Split(bytes.TrimSuffix(k, []byte{0}), []byte{0})
	if len(names) != 2 {
		return capture{}, fmt.Errorf("captures: case file is damaged: key %q", k)
	}
	return capture{string(names[0]), string(names[1])}, nil
}

// A latest says which versions are a capture's newest: one more than the numbers
// of the log entries that brought them, 0 for none.
type latest struct{ assessment, listing uint64 }

func getLatest(tx read, c capture) latest {
	v := valueAt(tx, bucketCaptures, c.key())
	if len(v) != 16 {
		return latest{}
	}
	return latest{parseNumber(v[:8]), parseNumber(v[8:])}
}

// with returns l with the version of a type that entry seq brought.
func (l latest) with(typ string, seq int64) latest {
	if typ == vigil.TypeAssessment {
		l.assessment = uint64(seq) + 1
	} else {
		l.listing = uint64(seq) + 1
	}
	return l
}

// of returns one more than the entry of the version of a type.
func (l latest) of(typ string) uint64 {
	if typ == vigil.TypeAssessment {
		return l.assessment
	}
	return l.listing
}

func (l latest) bytes() []byte { return number(number(nil, l.assessment), l.listing) }

// versionOf returns key and value, as it is stored, of the newest version of a type that is of a
// capture; nil if there is none. All versions of a record are under one order.
func versionOf(tx read, typ string, c capture) (k, v []byte) {
	n := getLatest(tx, c).of(typ)
	newest, _ := newestKey(tx, typ, c.listing)
	if n == 0 || newest == nil {
		return nil, nil
	}
	k = number(bytes.Clone(newest[:len(newest)-8]), n-1)
	return k, valueAt(tx, bucketRecords, k)
}

// textOf returns the bytes of what versionOf finds.
func textOf(tx read, typ string, c capture) ([]byte, error) {
	k, v := versionOf(tx, typ, c)
	return tx.open(bucketRecords, k, v)
}

// newestOf returns the newest version that is of a capture.
func newestOf[R any](tx read, typ string, c capture) (r R, err error) {
	if rule.Name("page", c.page) != nil || rule.Name("listing", c.listing) != nil || getLatest(tx, c).of(typ) == 0 {
		return r, fmt.Errorf("%s %q of page %q: %w", typ, c.listing, c.page, vigil.ErrNotFound)
	}
	k, v := versionOf(tx, typ, c)
	if v == nil {
		return r, fmt.Errorf("%s %s of page %s: %w: the record is gone", typ, c.listing, c.page, vigil.ErrTampered)
	}
	return r, decode(tx, typ, c.listing, k, v, &r)
}

// AssessmentOf implements [store.Reader].
func (s *Store) AssessmentOf(ctx context.Context, listing, page string) (a vigil.Assessment, err error) {
	err = s.view(ctx, func(tx read) error {
		a, err = newestOf[vigil.Assessment](tx, vigil.TypeAssessment, capture{page, listing})
		if err == nil && a.Page != page {
			err = fmt.Errorf("assessment %s of page %s: %w: the index names one of page %q", listing, page, vigil.ErrTampered, a.Page)
		}
		return err
	})
	if err != nil {
		return vigil.Assessment{}, fmt.Errorf("read assessment: %w", err)
	}
	return a, nil
}

// ListingOf implements [store.Reader].
func (s *Store) ListingOf(ctx context.Context, listing, page string) (l vigil.Listing, err error) {
	err = s.view(ctx, func(tx read) error {
		l, err = newestOf[vigil.Listing](tx, vigil.TypeListing, capture{page, listing})
		if err == nil && l.Page != page {
			err = fmt.Errorf("listing %s of page %s: %w: the index names one of page %q", listing, page, vigil.ErrTampered, l.Page)
		}
		return err
	})
	if err != nil {
		return vigil.Listing{}, fmt.Errorf("read listing: %w", err)
	}
	return l, nil
}

// setLatest notes that entry e brought a capture's newest version.
func (w write) setLatest(c capture, e vigil.Event) error {
	l := getLatest(w.read, c).with(e.Object.Type, e.Seq)
	return bucket(w.read, bucketCaptures).Put(c.key(), l.bytes())
}

// capturesOn returns the captures that are of a page.
func capturesOn(tx read, page string) (cs []capture, err error) {
	prefix := key(page)
	c := bucket(tx, bucketCaptures).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		of, err := parseCapture(k)
		if err != nil {
			return nil, err
		}
		cs = append(cs, of)
	}
	return cs, nil
}

// remention makes a change, and then the mentions of the captures that it is
// about what they are to be.
func (w write) remention(cs []capture, change func() error) error {
	old := make([][]pair, len(cs))
	for i, c := range cs {
		var err error
		if old[i], err = mentionsOf(w.read, c); err != nil {
			return err
		}
	}
	if err := change(); err != nil {
		return err
	}
	for i, c := range cs {
		fresh, err := mentionsOf(w.read, c)
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(old[i], func(p pair) bool { return hasKey(fresh, p.k) })
		for _, p := range gone {
			if err := bucket(w.read, bucketMentions).Delete(p.k); err != nil {
				return err
			}
		}
		if err := putPairs(w.read, bucketMentions, fresh); err != nil {
			return err
		}
	}
	return nil
}
