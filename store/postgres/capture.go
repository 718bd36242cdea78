package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"

	"vigil"
	"vigil/internal/seal"
	"vigil/store/rule"
)

// A capture is a listing as one page shows it.
type capture struct{ page, listing string }

// setLatest notes that entry e brought a capture's newest version.
func (w *write) setLatest(c capture, e vigil.Event) {
	column := `reading`
	if e.Object.Type == vigil.TypeAssessment {
		column = `assessment`
	}
	w.do(`INSERT INTO captures (page, listing, `+column+`) VALUES ($1, $2, $3)
		ON CONFLICT (page, listing) DO UPDATE SET `+column+` = excluded.`+column, c.page, c.listing, e.Seq)
}

// capturesOn returns the captures that are of a page.
func (r read) capturesOn(page string) (cs []capture, err error) {
	listings, err := r.ids(`SELECT listing FROM captures WHERE page = $1 ORDER BY listing`, page)
	for _, l := range listings {
		cs = append(cs, capture{page, l})
	}
	return cs, err
}

// A latest is the newest version of a type that is of a capture. ok says whether the
// index names one.
type latest struct {
	version
	ok bool
}

// askLatest asks for the newest version of a type that is of a capture. One that is
// named and gone is an error.
func (r read) askLatest(typ string, c capture, v *latest) {
	*v = latest{}
	if rule.Name("page", c.page) != nil || rule.Name("listing", c.listing) != nil {
		return
	}
	column := `reading`
	if typ == vigil.TypeAssessment {
		column = `assessment`
	}
	var (
		named, seq *int64
		order      *string
		data, line []byte
	)
	r.ask(`SELECT c.`+column+`, r.ord, r.seq, r.data, l.line FROM captures c LEFT JOIN records r ON r.typ = $1 AND r.id = c.listing AND r.seq = c.`+column+`
		LEFT JOIN lines l ON l.ord = r.ord AND l.seq = r.seq WHERE c.page = $2 AND c.listing = $3`,
		[]any{typ, c.page, c.listing}, []any{&named, &order, &seq, &data, &line}, func() error {
			if named == nil {
				return nil
			}
			if order == nil || v.ok {
				return fmt.Errorf("%s %s of page %s: %w: the record is gone", typ, c.listing, c.page, vigil.ErrTampered)
			}
			opened, err := r.box.Open("records", recordPlace(typ, c.listing, *order, *seq), data)
			*v = latest{version{*order, *seq, append([]byte{}, opened...), append([]byte(nil), line...)}, true}
			return err
		})
}

// versionOf returns the newest version of a type that is of a capture.
func (r read) versionOf(typ string, c capture) (v latest, err error) {
	r.askLatest(typ, c, &v)
	err = r.send()
	return v, err
}

// newestOf returns the newest version that is of a capture.
func newestOf[R any](r read, typ string, c capture) (out R, err error) {
	v, err := r.versionOf(typ, c)
	if err == nil && !v.ok {
		err = fmt.Errorf("%s %q of page %q: %w", typ, c.listing, c.page, vigil.ErrNotFound)
	}
	if err != nil {
		return out, err
	}
	return out, v.decode(typ, c.listing, &out)
}

// AssessmentOf implements [store.Reader].
func (s *Store) AssessmentOf(ctx context.Context, listing, page string) (a vigil.Assessment, err error) {
	err = s.view(ctx, func(r read) error {
		a, err = newestOf[vigil.Assessment](r, vigil.TypeAssessment, capture{page, listing})
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
	err = s.view(ctx, func(r read) error {
		l, err = newestOf[vigil.Listing](r, vigil.TypeListing, capture{page, listing})
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

// blind returns what stands for a name in an index: in an encrypted case a keyed
// hash, which means nothing without the key; else a plain one.
func (r read) blind(index, name string) []byte { return blind(r.box, index, name) }

func blind(b *seal.Box, index, name string) []byte {
	if b != nil {
		return b.MAC(index, name)[:seal.BlindSize]
	}
	sum := sha256.Sum256([]byte(index + "\x00" + name))
	return sum[:seal.BlindSize]
}

// orphans yields what stands in the indexes of captures and rows, or among the rows,
// without what it follows from.
const orphans = `SELECT format('captures, key %s of %s: the record that it names is gone', listing, page) FROM captures c
	WHERE assessment IS NOT NULL AND NOT EXISTS (SELECT FROM records r WHERE r.typ = 'assessment' AND r.id = c.listing AND r.seq = c.assessment)
	OR reading IS NOT NULL AND NOT EXISTS (SELECT FROM records r WHERE r.typ = 'listing' AND r.id = c.listing AND r.seq = c.reading)
	UNION ALL SELECT format('mentions, key %s of %s: there is no such capture', listing, page) FROM mentions m
	WHERE NOT EXISTS (SELECT FROM captures c WHERE c.page = m.page AND c.listing = m.listing)
	UNION ALL SELECT format('rows, key %s %s: there is no such watchlist', list, n) FROM rows
	WHERE NOT EXISTS (SELECT FROM records r WHERE r.typ = 'watchlist' AND r.id = list)
	UNION ALL SELECT format('listed, key %s %s: there is no such row', list, n) FROM listed l
	WHERE NOT EXISTS (SELECT FROM rows r WHERE r.list = l.list AND r.n = l.n)`

// CheckIndexes implements [store.Reader].
func (s *Store) CheckIndexes(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var found []string
		err := s.view(ctx, func(r read) (err error) {
			found, err = r.ids(orphans)
			return err
		})
		for _, what := range found {
			if !yield(what, nil) {
				return
			}
		}
		if err != nil {
			yield("", fmt.Errorf("check indexes: %w", err))
		}
	}
}
