package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"vigil"
	"vigil/internal/seal"
	"vigil/store"
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

// mentionsOf returns what is to stand in the index for a capture.
func (r read) mentionsOf(c capture) ([]vigil.Mention, error) {
	var (
		v, reading latest
		page       []version
		a          vigil.Assessment
	)
	r.askLatest(vigil.TypeAssessment, c, &v)
	r.askLatest(vigil.TypeListing, c, &reading)
	r.askVersions(vigil.TypePage, c.page, 1, &page)
	if err := r.send(); err != nil || !v.ok {
		return nil, err
	}
	if err := json.Unmarshal(v.data, &a); err != nil {
		return nil, fmt.Errorf("assessment %s of page %s: %w", c.listing, c.page, err)
	}
	if !slices.ContainsFunc(a.Identifiers, func(id vigil.Identifier) bool { return id.Links() }) {
		return nil, nil
	}
	var vendor string // that the capture's newest reading names
	if reading.ok {
		if err := rule.Peek(reading.data, "vendor", &vendor); err != nil {
			return nil, err
		}
	}
	at, err := capturedAt(page)
	if err != nil {
		return nil, fmt.Errorf("page %s: %w", c.page, err)
	}
	return store.MentionsOf(a, vendor, at), nil
}

// capturedAt returns when a page was captured; zero if the case has it not.
func capturedAt(page []version) (at time.Time, err error) {
	if len(page) > 0 {
		err = rule.Peek(page[0].data, "captured_at", &at)
	}
	return at, err
}

// A mentionAt is where a mention stands.
type mentionAt struct {
	key     []byte
	listing string
	at      int64
	page    string
	i       int
}

func (m mentionAt) place() []byte {
	return place("mentions", string(m.key), m.listing, strconv.FormatInt(m.at, 10), m.page, strconv.Itoa(m.i))
}

// remention makes the mentions of a capture what they are to be.
func (w *write) remention(c capture) error {
	ms, err := w.mentionsOf(c)
	if err != nil {
		return err
	}
	w.do(`DELETE FROM mentions WHERE page = $1 AND listing = $2`, c.page, c.listing)
	for i, m := range ms {
		at := mentionAt{w.blind("mentions", vigil.KeyName(m.Identifier.Key)), m.Listing, nanoseconds(m.At), m.Page, i}
		v := w.box.Seal("mentions", at.place(), rule.AppendMention(nil, m, i, true))
		w.do(`INSERT INTO mentions VALUES ($1, $2, $3, $4, $5, $6)`, at.key, at.listing, at.at, at.page, at.i, v)
	}
	return nil
}

// parseMention reads an entry of the index.
func (r read) parseMention(at mentionAt, v []byte) (m vigil.Mention, err error) {
	m.Listing, m.Page = at.listing, at.page
	if v, err = r.box.Open("mentions", at.place(), v); err != nil {
		return m, err
	}
	i, err := rule.ParseMention(v, &m)
	if err == nil && (i != at.i || nanoseconds(m.At) != at.at || string(r.blind("mentions", vigil.KeyName(m.Identifier.Key))) != string(at.key)) {
		err = fmt.Errorf("listing %s, page %s: %w: a mention is of another place", at.listing, at.page, vigil.ErrTampered)
	}
	return m, err
}

// Mentions implements [store.Reader].
func (s *Store) Mentions(ctx context.Context, of string) iter.Seq2[vigil.Mention, error] {
	return func(yield func(vigil.Mention, error) bool) {
		names := []string{vigil.KeyName(of)}
		if of == "" {
			var err error
			if names, err = s.mentionNames(ctx); err != nil {
				yield(vigil.Mention{}, fmt.Errorf("list mentions: %w", err))
				return
			}
		}
		for _, name := range names {
			for m, err := range s.mentionsUnder(ctx, name) {
				if err != nil {
					err = fmt.Errorf("list mentions: %w", err)
				}
				if !yield(m, err) || err != nil {
					return
				}
			}
		}
	}
}

func (s *Store) mentionsUnder(ctx context.Context, name string) iter.Seq2[vigil.Mention, error] {
	return pieces(ctx, s.view, mentionAt{at: -1 << 63, i: -1}, func(r read, from mentionAt, n int) (ms []vigil.Mention, next mentionAt, err error) {
		at, v := mentionAt{key: r.blind("mentions", name)}, []byte(nil)
		err = r.each(`SELECT listing, at, page, i, data FROM mentions WHERE key = $1 AND (listing, at, page, i) > ($2, $3, $4, $5) ORDER BY listing, at, page, i LIMIT $6`,
			[]any{at.key, from.listing, from.at, from.page, from.i, n}, []any{&at.listing, &at.at, &at.page, &at.i, &v}, func() error {
				m, err := r.parseMention(at, v)
				ms, next = append(ms, m), at
				return err
			})
		return ms, next, err
	})
}

// mentionNames returns the names of the keys that are mentioned, sorted: what stands
// for them in the index has an order that says nothing. It reads one mention of each.
func (s *Store) mentionNames(ctx context.Context) (names []string, err error) {
	for name, err := range pieces(ctx, s.view, []byte{}, func(r read, from []byte, n int) (names []string, next []byte, err error) {
		var at mentionAt
		var v []byte
		err = r.each(`WITH RECURSIVE k AS (
				(SELECT key FROM mentions WHERE key > $1 ORDER BY key LIMIT 1) UNION ALL
				SELECT (SELECT m.key FROM mentions m WHERE m.key > k.key ORDER BY m.key LIMIT 1) FROM k WHERE k.key IS NOT NULL)
			SELECT m.* FROM (SELECT key FROM k WHERE key IS NOT NULL LIMIT $2) keys
			CROSS JOIN LATERAL (SELECT * FROM mentions m WHERE m.key = keys.key LIMIT 1) m ORDER BY m.key`,
			[]any{from, n}, []any{&at.key, &at.listing, &at.at, &at.page, &at.i, &v}, func() error {
				m, err := r.parseMention(at, v)
				names, next = append(names, vigil.KeyName(m.Identifier.Key)), slices.Clone(at.key)
				return err
			})
		return names, next, err
	}) {
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
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
