package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
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
func putPairs(tx read, into string, ps []pair) error {
	slices.SortStableFunc(ps, byKey)
	for _, p := range ps {
		if err := tx.set(into, p.k, p.v); err != nil {
			return err
		}
	}
	return nil
}

// mentionsOf returns what is to stand in the index for a capture, by key.
func mentionsOf(tx read, c capture) ([]pair, error) {
	v, err := textOf(tx, vigil.TypeAssessment, c)
	if v == nil {
		return nil, err
	}
	var a vigil.Assessment
	if err := json.Unmarshal(v, &a); err != nil {
		return nil, fmt.Errorf("assessment %s of page %s: %w", c.listing, c.page, err)
	}
	links := func(id vigil.Identifier) bool { return id.Links() }
	if !slices.ContainsFunc(a.Identifiers, links) {
		return nil, nil
	}
	vendor, at, err := circumstances(tx, c)
	if err != nil {
		return nil, err
	}
	var ps []pair
	for i, m := range store.MentionsOf(a, vendor, at) {
		ps = append(ps, pair{mentionKey(tx, m, i), rule.AppendMention(nil, m, i, tx.box != nil)})
	}
	slices.SortFunc(ps, byKey)
	return ps, nil
}

// circumstances returns the vendor that a capture's newest reading names, and when
// its page was captured; neither where the case has no such record.
func circumstances(tx read, c capture) (vendor string, at time.Time, err error) {
	v, err := textOf(tx, vigil.TypeListing, c)
	if v != nil {
		err = rule.Peek(v, "vendor", &vendor)
	}
	if err != nil {
		return "", at, fmt.Errorf("listing %s of page %s: %w", c.listing, c.page, err)
	}
	if c.page == "" {
		return vendor, at, nil
	}
	k, v := newestKey(tx, vigil.TypePage, c.page)
	if v, err = tx.open(bucketRecords, k, v); v != nil {
		err = rule.Peek(v, "captured_at", &at)
	}
	if err != nil {
		return "", at, fmt.Errorf("page %s: %w", c.page, err)
	}
	return vendor, at, nil
}

// mentionKey returns where the i-th mention of its capture stands.
func mentionKey(tx read, m vigil.Mention, i int) []byte {
	k := key(tx.box.Name(bucketMentions, vigil.KeyName(m.Identifier.Key)), m.Listing)
	k = append(number(k, rule.SortTime(m.At)), m.Page...)
	return number(append(k, 0), uint64(i))
}

// readMention reads an entry of the index: the i-th mention of its capture.
func readMention(tx read, k, v []byte) (m vigil.Mention, i int, err error) {
	name, rest, ok := bytes.Cut(k, []byte{0})
	listing, rest, ok2 := bytes.Cut(rest, []byte{0})
	if !ok || !ok2 || len(rest) < 17 {
		return m, 0, fmt.Errorf("case file is damaged: key %q", k)
	}
	names := string(k[:len(k)-9]) // one string for all three
	at := len(name) + 1 + len(listing) + 1 + 8
	m = vigil.Mention{Listing: names[len(name)+1 : at-9], Page: names[at:]}
	m.Identifier.Key = names[:len(name)]
	if v, err = tx.open(bucketMentions, k, v); err != nil {
		return vigil.Mention{}, 0, err
	}
	if i, err = rule.ParseMention(v, &m); err != nil {
		return vigil.Mention{}, 0, fmt.Errorf("case file is damaged: %q: %w", k, err)
	}
	if !bytes.Equal(mentionKey(tx, m, i), k) {
		return vigil.Mention{}, 0, fmt.Errorf("%q: %w: the entry is of another place", k, vigil.ErrTampered)
	}
	return m, i, nil
}

// Mentions implements [store.Reader].
func (s *Store) Mentions(ctx context.Context, of string) iter.Seq2[vigil.Mention, error] {
	return func(yield func(vigil.Mention, error) bool) {
		mentions := s.allMentions(ctx)
		if of != "" {
			mentions = s.mentionsUnder(ctx, s.mentionPrefix(vigil.KeyName(of)))
		}
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

// mentionPrefix returns the prefix of the mentions of a key with a name.
func (s *Store) mentionPrefix(name string) []byte { return key(s.box.Name(bucketMentions, name)) }

// mentionsUnder yields the mentions with a prefix, of all keys if it is empty.
func (s *Store) mentionsUnder(ctx context.Context, prefix []byte) iter.Seq2[vigil.Mention, error] {
	return scan(ctx, s.view, bucketMentions, prefix, func(tx read, k, v []byte) (vigil.Mention, bool, error) {
		m, _, err := readMention(tx, k, v)
		return m, true, err
	})
}

// allMentions yields the mentions of all keys by the names of these. Blind names
// have an order that says nothing, as it is to be: so the names themselves are
// read and sorted first, which takes memory for each.
func (s *Store) allMentions(ctx context.Context) iter.Seq2[vigil.Mention, error] {
	if s.box == nil {
		return s.mentionsUnder(ctx, []byte{})
	}
	return func(yield func(vigil.Mention, error) bool) {
		names, err := s.mentionNames(ctx)
		if err != nil {
			yield(vigil.Mention{}, err)
			return
		}
		for _, name := range names {
			for m, err := range s.mentionsUnder(ctx, s.mentionPrefix(name)) {
				if !yield(m, err) {
					return
				}
			}
		}
	}
}

// mentionNames returns the names of the keys that are mentioned, sorted. It reads
// one mention of each.
func (s *Store) mentionNames(ctx context.Context) (names []string, err error) {
	for from := []byte{}; from != nil && err == nil; {
		err = s.view(ctx, func(tx read) error {
			c := bucket(tx, bucketMentions).Cursor()
			k, v := c.Seek(from)
			for n := 0; k != nil && n < namesPiece; n++ {
				m, _, err := readMention(tx, k, v)
				if err != nil {
					return err
				}
				names = append(names, vigil.KeyName(m.Identifier.Key))
				blind, _, _ := bytes.Cut(k, []byte{0})
				k, v = c.Seek(after(string(blind)))
			}
			from = bytes.Clone(k)
			return nil
		})
	}
	slices.Sort(names)
	return names, err
}

// namesPiece bounds the names that are read in one transaction.
const namesPiece = 4096
