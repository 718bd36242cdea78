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

	"github.com/jackc/pgx/v5"

	"vigil"
	"vigil/internal/seal"
	"vigil/store"
	"vigil/store/rule"
)

// A capture is a listing as one page shows it.
type capture struct{ page, listing string }

// setLatest notes that entry e brought a capture's newest version.
func (w *write) setLatest(c capture, e vigil.Event) error {
	column := `reading`
	if e.Object.Type == vigil.TypeAssessment {
		column = `assessment`
	}
	_, err := w.exec(`INSERT INTO captures (page, listing, `+column+`) VALUES ($1, $2, $3)
		ON CONFLICT (page, listing) DO UPDATE SET `+column+` = excluded.`+column, c.page, c.listing, e.Seq)
	return err
}

// capturesOn returns the captures that are of a page.
func (r read) capturesOn(page string) (cs []capture, err error) {
	listings, err := r.ids(`SELECT listing FROM captures WHERE page = $1 ORDER BY listing`, page)
	for _, l := range listings {
		cs = append(cs, capture{page, l})
	}
	return cs, err
}

// versionOf returns the newest version of a type that is of a capture, and whether
// the index names one. One that is named and gone is an error.
func (r read) versionOf(typ string, c capture) (v version, ok bool, err error) {
	if rule.Name("page", c.page) != nil || rule.Name("listing", c.listing) != nil {
		return v, false, nil
	}
	column := `reading`
	if typ == vigil.TypeAssessment {
		column = `assessment`
	}
	var seq *int64
	err = r.row(`SELECT `+column+` FROM captures WHERE page = $1 AND listing = $2`, []any{c.page, c.listing}, &seq)
	if none(err) || err == nil && seq == nil {
		return v, false, nil
	}
	if err != nil {
		return v, false, err
	}
	vs, err := r.collectVersions(typ, c.listing, `SELECT r.ord, r.seq, r.data, l.line FROM records r LEFT JOIN lines l ON l.ord = r.ord AND l.seq = r.seq
		WHERE r.typ = $1 AND r.id = $2 AND r.seq = $3`, typ, c.listing, *seq)
	if err == nil && len(vs) != 1 {
		err = fmt.Errorf("%s %s of page %s: %w: the record is gone", typ, c.listing, c.page, vigil.ErrTampered)
	}
	if err != nil {
		return v, false, err
	}
	return vs[0], true, nil
}

// newestOf returns the newest version that is of a capture.
func newestOf[R any](r read, typ string, c capture) (out R, err error) {
	v, ok, err := r.versionOf(typ, c)
	if err == nil && !ok {
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
	v, ok, err := r.versionOf(vigil.TypeAssessment, c)
	if !ok || err != nil {
		return nil, err
	}
	var a vigil.Assessment
	if err := json.Unmarshal(v.data, &a); err != nil {
		return nil, fmt.Errorf("assessment %s of page %s: %w", c.listing, c.page, err)
	}
	if !slices.ContainsFunc(a.Identifiers, func(id vigil.Identifier) bool { return id.Links() }) {
		return nil, nil
	}
	vendor, at, err := r.circumstances(c)
	if err != nil {
		return nil, err
	}
	return store.MentionsOf(a, vendor, at), nil
}

// circumstances returns the vendor that a capture's newest reading names, and when
// its page was captured; neither where the case has no such record.
func (r read) circumstances(c capture) (vendor string, at time.Time, err error) {
	v, ok, err := r.versionOf(vigil.TypeListing, c)
	if ok && err == nil {
		err = rule.Peek(v.data, "vendor", &vendor)
	}
	if err == nil {
		at, err = r.capturedAt(c.page)
	}
	return vendor, at, err
}

// capturedAt returns when a page was captured; zero if the case has it not.
func (r read) capturedAt(page string) (at time.Time, err error) {
	if page == "" {
		return at, nil
	}
	v, ok, err := r.newestVersion(vigil.TypePage, page)
	if ok && err == nil {
		err = rule.Peek(v.data, "captured_at", &at)
	}
	if err != nil {
		return at, fmt.Errorf("page %s: %w", page, err)
	}
	return at, nil
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
	var b pgx.Batch
	b.Queue(`DELETE FROM mentions WHERE page = $1 AND listing = $2`, c.page, c.listing)
	for i, m := range ms {
		at := mentionAt{w.blind("mentions", vigil.KeyName(m.Identifier.Key)), m.Listing, nanoseconds(m.At), m.Page, i}
		v := w.box.Seal("mentions", at.place(), rule.AppendMention(nil, m, i, true))
		b.Queue(`INSERT INTO mentions VALUES ($1, $2, $3, $4, $5, $6)`, at.key, at.listing, at.at, at.page, at.i, v)
	}
	return w.tx.SendBatch(w.ctx, &b).Close()
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

// CheckIndexes implements [store.Reader].
func (s *Store) CheckIndexes(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in, err := s.Inspect(ctx, nil)
		for _, f := range in.Flaws {
			if !yield(f.String(), nil) {
				return
			}
		}
		if err != nil {
			yield("", err)
		}
	}
}
