package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

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
