package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
)

// maxStep bounds what one transaction of Maintain writes or removes, in bytes.
const maxStep = 1 << 20

// Maintain implements [store.Searcher]. It makes one segment of each eight of a
// size, and removes those that it has replaced, in time: see [maxFree]. What a crash
// leaves of a segment that was not finished is removed as well.
func (s *Store) Maintain(ctx context.Context) error {
	s.maintaining.Lock()
	defer s.maintaining.Unlock()
	if err := s.maintain(ctx); err != nil {
		return fmt.Errorf("maintain the search index: %w", err)
	}
	return nil
}

func (s *Store) maintain(ctx context.Context) error {
	if err := s.sweep(ctx, 0); err != nil {
		return err
	}
	for {
		var of []segment
		err := s.view(ctx, func(tx read) error {
			all, err := s.searchIn(tx).segments()
			of = toMerge(all)
			return err
		})
		if err != nil || len(of) == 0 {
			return err
		}
		if err := s.merge(ctx, of); err != nil {
			return err
		}
	}
}

// toMerge returns the oldest segments of the lowest tier that has enough.
func toMerge(all []segment) []segment {
	byTier := map[byte][]segment{}
	for _, s := range all {
		byTier[s.tier] = append(byTier[s.tier], s)
	}
	for tier := range 256 {
		if of := byTier[byte(tier)]; len(of) >= mergeWidth {
			return of[:mergeWidth]
		}
	}
	return nil
}

// merge makes one segment of several, in as many transactions as it takes. The
// last one puts it in their place; until then nobody sees it.
func (s *Store) merge(ctx context.Context, of []segment) error {
	m := merger{of: of}
	for _, seg := range of {
		m.from = append(m.from, stream{segment: seg.id, next: number(nil, seg.id)})
	}
	for !m.done {
		var after merger
		err := s.update(ctx, func(w write) (err error) {
			after = m.copy()
			return after.step(w.search())
		})
		if err != nil {
			return err
		}
		m = after
		if err := s.sweep(ctx, m.into); err != nil { // the next step uses the pages
			return err
		}
	}
	return nil
}

// A merger is how far a merge has come.
type merger struct {
	of   []segment
	from []stream
	into uint64 // number of the new segment
	done bool
}

// copy returns a merger of its own: a transaction may be undone.
func (m merger) copy() merger {
	m.from = slices.Clone(m.from)
	return m
}

// step writes some blocks, and the segment when no more come.
func (m *merger) step(x searchIndex) (err error) {
	if m.into == 0 {
		if m.into, err = x.newSegment(); err != nil {
			return err
		}
	}
	mk := x.maker(m.into)
	put, written := mk.put, 0
	mk.put = func(first posting, block []byte) error {
		written += len(block)
		return put(first, block)
	}
	for written < maxStep {
		token, ok, err := m.token(x)
		if err != nil {
			return err
		}
		if !ok {
			m.done = true
			break
		}
		for i := range m.from {
			if err := m.from[i].drain(x, token, mk.add); err != nil {
				return err
			}
		}
	}
	if err := mk.flush(); err != nil || !m.done {
		return err
	}
	return m.replace(x)
}

// token returns the lowest token that is still to come.
func (m *merger) token(x searchIndex) (token uint64, ok bool, err error) {
	for i := range m.from {
		p, more, err := m.from[i].peek(x)
		if err != nil {
			return 0, false, err
		}
		if more && (!ok || p.token < token) {
			token, ok = p.token, true
		}
	}
	return token, ok, nil
}

// replace puts the new segment in the place of the old ones.
func (m *merger) replace(x searchIndex) error {
	b := bucket(x.read, bucketSearchSegments)
	for _, s := range m.of {
		if b.Get(number(nil, s.id)) == nil {
			return fmt.Errorf("segment %d is gone", s.id)
		}
		if err := b.Delete(number(nil, s.id)); err != nil {
			return err
		}
	}
	return x.putSegment(segment{id: m.into, tier: m.of[0].tier + 1, first: m.of[0].first, last: m.of[len(m.of)-1].last})
}

// A stream is the rest of a segment: some postings that were read, and the key
// of the block behind them; nil if there is none.
type stream struct {
	segment uint64
	read    []posting
	next    []byte
}

// peek returns the next posting.
func (s *stream) peek(x searchIndex) (posting, bool, error) {
	for len(s.read) == 0 {
		if s.next == nil {
			return posting{}, false, nil
		}
		if err := s.fill(x); err != nil {
			return posting{}, false, err
		}
	}
	return s.read[0], true, nil
}

func (s *stream) fill(x searchIndex) error {
	c := bucket(x.read, bucketSearchBlocks).Cursor()
	k, v := c.Seek(s.next)
	prefix := number(nil, s.segment)
	if !bytes.HasPrefix(k, prefix) {
		s.next = nil
		return nil
	}
	block, err := x.open(bucketSearchBlocks, k, v)
	if err == nil {
		s.read, err = appendBlock(nil, block)
	}
	if err != nil {
		return damagedSearch(bucketSearchBlocks, k, err.Error())
	}
	s.next = append(bytes.Clone(k), 0) // the first key behind k
	return nil
}

// drain gives the postings of a token to add.
func (s *stream) drain(x searchIndex, token uint64, add func(posting) error) error {
	for {
		p, ok, err := s.peek(x)
		if err != nil || !ok || p.token != token {
			return err
		}
		if err := add(p); err != nil {
			return err
		}
		s.read = s.read[1:]
	}
}

// maxFree bounds the free pages of the file with which a sweep still goes on. bbolt
// writes the list of all free pages with each transaction, sorted: after a merge of
// large segments that would cost every commit a megabyte and more. Blocks that
// nobody sees cost nothing where they are, and what is free is used up first.
const maxFree = 512

// sweep removes the blocks of segments that are no more, or never were, other than
// one that is being written, but for those that would make too many pages free at
// once: a later call removes them.
func (s *Store) sweep(ctx context.Context, writing uint64) error {
	for s.db.Stats().FreePageN < maxFree {
		var gone [][]byte
		err := s.view(ctx, func(tx read) (err error) {
			gone, err = s.searchIn(tx).gone(writing)
			return err
		})
		if err != nil || len(gone) == 0 {
			return err
		}
		err = s.update(ctx, func(w write) error {
			b := bucket(w.read, bucketSearchBlocks)
			for _, k := range gone {
				if err := b.Delete(k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// gone returns the keys of some blocks that no segment has: no more of them than
// hold maxStep bytes.
func (x searchIndex) gone(writing uint64) (gone [][]byte, err error) {
	size := 0
	c := bucket(x.read, bucketSearchBlocks).Cursor()
	for k, v := c.First(); k != nil && size < maxStep; {
		if len(k) != 24 {
			return nil, damagedSearch(bucketSearchBlocks, k, "want segment, token and document")
		}
		id := binary.BigEndian.Uint64(k)
		if id == writing || bucket(x.read, bucketSearchSegments).Get(k[:8]) != nil {
			k, v = c.Seek(number(nil, id+1))
			continue
		}
		gone = append(gone, bytes.Clone(k))
		size += len(v)
		k, v = c.Next()
	}
	return gone, nil
}
