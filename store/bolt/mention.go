package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
)

// A pair is a key with what stands there.
type pair struct{ k, v []byte }

func byKey(a, b pair) int { return bytes.Compare(a.k, b.k) }

// hasKey reports whether one of the pairs, which are sorted, has a key.
func hasKey(ps []pair, k []byte) bool {
	_, ok := slices.BinarySearchFunc(ps, pair{k: k}, byKey)
	return ok
}

// putPairs writes pairs in the order of their keys; of those with one key, the
// last. bbolt splits no node before the commit, so that each key in the middle of
// many new ones would move all behind it.
func putPairs(tx *bbolt.Tx, into string, ps []pair) error {
	slices.SortStableFunc(ps, byKey)
	for _, p := range ps {
		if err := bucket(tx, into).Put(p.k, p.v); err != nil {
			return err
		}
	}
	return nil
}

// mentionsOf returns what is to stand in the index for a capture, by key.
func mentionsOf(tx *bbolt.Tx, c capture) ([]pair, error) {
	_, v := versionOf(tx, vigil.TypeAssessment, c)
	if v == nil {
		return nil, nil
	}
	var a vigil.Assessment
	if err := json.Unmarshal(v, &a); err != nil {
		return nil, fmt.Errorf("assessment %s of page %s: %w", c.listing, c.page, err)
	}
	links := func(id vigil.Identifier) bool { return id.Links() }
	if !slices.ContainsFunc(a.Identifiers, links) {
		return nil, nil
	}
	var (
		vendor string
		at     time.Time
	)
	if _, v := versionOf(tx, vigil.TypeListing, c); v != nil {
		if err := peek(v, "vendor", &vendor); err != nil {
			return nil, fmt.Errorf("listing %s of page %s: %w", c.listing, c.page, err)
		}
	}
	if _, v := newestKey(tx, vigil.TypePage, c.page); v != nil && c.page != "" {
		if err := peek(v, "captured_at", &at); err != nil {
			return nil, fmt.Errorf("page %s: %w", c.page, err)
		}
	}
	var ps []pair
	for i, m := range store.MentionsOf(a, vendor, at) {
		ps = append(ps, pair{mentionKey(m, i), appendMention(nil, m, i)})
	}
	slices.SortFunc(ps, byKey)
	return ps, nil
}

// mentionKey returns where the i-th mention of its capture stands.
func mentionKey(m vigil.Mention, i int) []byte {
	k := key(vigil.KeyName(m.Identifier.Key), m.Listing)
	k = append(number(k, sortTime(m.At)), m.Page...)
	return number(append(k, 0), uint64(i))
}

// sortTime returns a number by which times sort. A time that has no number of
// nanoseconds is the first or the last.
func sortTime(t time.Time) uint64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return 0
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxUint64
	}
	return uint64(t.UnixNano()) ^ 1<<63
}

// readMention reads an entry of the index.
func readMention(k, v []byte) (vigil.Mention, error) {
	name, rest, ok := bytes.Cut(k, []byte{0})
	listing, rest, ok2 := bytes.Cut(rest, []byte{0})
	if !ok || !ok2 || len(rest) < 17 {
		return vigil.Mention{}, fmt.Errorf("case file is damaged: key %q", k)
	}
	names := string(k[:len(k)-9]) // one string for all three
	at := len(name) + 1 + len(listing) + 1 + 8
	m := vigil.Mention{Listing: names[len(name)+1 : at-9], Page: names[at:]}
	m.Identifier.Key = names[:len(name)]
	i, err := parseMention(v, &m)
	if err != nil {
		return vigil.Mention{}, fmt.Errorf("case file is damaged: %q: %w", k, err)
	}
	if !bytes.Equal(mentionKey(m, i), k) {
		return vigil.Mention{}, fmt.Errorf("%q: %w: the entry is of another place", k, vigil.ErrTampered)
	}
	return m, nil
}

// Mentions implements [store.Reader].
func (s *Store) Mentions(ctx context.Context, of string) iter.Seq2[vigil.Mention, error] {
	prefix := []byte{}
	if of != "" {
		prefix = key(vigil.KeyName(of))
	}
	return func(yield func(vigil.Mention, error) bool) {
		mentions := scan(ctx, s, bucketMentions, prefix, func(_ *bbolt.Tx, k, v []byte) (vigil.Mention, bool, error) {
			m, err := readMention(k, v)
			return m, true, err
		})
		for m, err := range mentions {
			if err != nil {
				err = fmt.Errorf("list mentions: %w", err)
			}
			if !yield(m, err) {
				return
			}
		}
	}
}
