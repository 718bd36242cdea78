package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"vigil"
	"vigil/store"
)

// checkSearch returns what is wrong with the search index.
func (s *Store) checkSearch(ctx context.Context) (faults []string, err error) {
	err = s.view(ctx, func(tx read) error {
		faults = nil
		c := searchChecker{searchIndex: s.searchIn(tx), ctx: ctx, fault: func(err error) {
			if len(faults) < maxSearchFaults {
				faults = append(faults, fmt.Sprintf("index search: %v", err))
			}
		}}
		return c.run()
	})
	return faults, err
}

// maxSearchFaults bounds what is said of a search index that is damaged.
const maxSearchFaults = 100

// partSearch is the part that the search index is as a whole.
const partSearch = "search"

// search inspects the search index as a whole; its buckets are walked before.
func (v *inspector) search(tx read) error {
	c := searchChecker{searchIndex: searchIndex{read: tx}, ctx: v.ctx, words: true, fault: func(err error) { v.mendable(nil, "%v", err) }}
	return c.run()
}

// mendSearch makes the search index anew. Nobody writes meanwhile, and searches
// fail.
func (s *Store) mendSearch(r *store.Repairs, progress func(store.Progress)) error {
	s.maintaining.Lock()
	defer s.maintaining.Unlock()
	err := s.group.alone(func() error {
		return guard(func() error {
			return buildSearch(s.db, s.box, func(done, _ int64) { progress(store.Progress{Part: partSearch, Done: int(done)}) })
		})
	})
	if err == nil {
		r.Add(store.Flaw{Part: partSearch, What: "made anew", Mendable: true})
	}
	return err
}

// A searchChecker holds the search index against the case: its documents are the
// readings of listings, each listing has its newest, each document has its words
// somewhere and names for its facts, and each value can be read. If asked for, it
// holds postings against words as well: those of a segment by the sum of a number
// for each, so that one document and one block are in memory. Facts are then held
// against what they follow from.
type searchChecker struct {
	searchIndex
	ctx      context.Context
	words    bool // to be held against postings
	fault    func(error)
	segments []segment
	names    map[byte]map[name]bool // that stand for something, by kind

	sums   []uint64        // by segment, what the words of its documents ask for
	erased map[uint32]bool // documents whose postings are still there
	fresh  map[uint32][]byte
	block  []posting // used again for each

	live, newest int // documents that were not erased, and those newest of their listings
}

func (c *searchChecker) run() (err error) {
	c.names = map[byte]map[name]bool{}
	if c.segments, err = c.searchIndex.segments(); err != nil {
		c.fault(err)
	}
	c.sums, c.erased, c.fresh = make([]uint64, len(c.segments)), map[uint32]bool{}, map[uint32][]byte{}
	if err := c.eachNew(func(n uint32, tokens []byte) { c.fresh[n] = tokens }); err != nil {
		c.fault(err)
	}
	if err := c.docs(); err != nil {
		return err
	}
	if n := countKeys(c.read, bucketRecords, key(vigil.TypeListing)); n != c.live {
		c.fault(fmt.Errorf("%w: it has %d documents, the case %d readings of listings", vigil.ErrTampered, c.live, n))
	}
	if n := countKeys(c.read, bucketSearchOf, nil); n != c.newest {
		c.fault(fmt.Errorf("%w: it names the newest documents of %d listings, there are %d", vigil.ErrTampered, n, c.newest))
	}
	return c.values()
}

// docs checks all documents, in their order.
func (c *searchChecker) docs() error {
	n := uint64(0)
	cur := bucket(c.read, bucketSearchDocs).Cursor()
	for k, _ := cur.First(); k != nil; k, _ = cur.Next() {
		if n++; n%checkEvery == 0 && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		if len(k) != 8 || parseNumber(k) != n || n > 1<<32-1 {
			c.fault(damagedSearch(bucketSearchDocs, k, fmt.Sprintf("want document %d", n)))
			return nil
		}
		if err := c.doc(uint32(n)); err != nil {
			c.fault(fmt.Errorf("document %d: %w", n, err))
		}
	}
	return nil
}

func (c *searchChecker) doc(n uint32) error {
	f, err := c.facts(n)
	if err != nil {
		return err
	}
	if f.flags&docErased != 0 {
		c.erased[n] = true
		return nil
	}
	c.live++
	if f.next == 0 {
		c.newest++
	}
	v, ref, err := c.record(n)
	if err != nil {
		return err
	}
	newest, err := c.searchIndex.newest(ref.listing)
	if err != nil {
		return err
	}
	if (f.next == 0) != (newest == n) || f.next != 0 && f.next <= n || f.prev >= n {
		return fmt.Errorf("%w: it stands between %d and %d, and the newest of its listing is %d", vigil.ErrTampered, f.prev, f.next, newest)
	}
	if err := c.chained(n, f); err != nil {
		return err
	}
	if err := c.namesOf(f); err != nil {
		return err
	}
	return c.textOf(n, ref, v, f)
}

// chained checks that the readings before and behind a document know of it.
func (c *searchChecker) chained(n uint32, f docFacts) error {
	if f.prev != 0 {
		if before, err := c.facts(f.prev); err != nil || before.next != n {
			return fmt.Errorf("%w: the reading before it, %d, is followed by %d (%v)", vigil.ErrTampered, f.prev, before.next, err)
		}
	}
	if f.next != 0 {
		if behind, err := c.facts(f.next); err != nil || behind.prev != n {
			return fmt.Errorf("%w: the reading behind it, %d, follows on %d (%v)", vigil.ErrTampered, f.next, behind.prev, err)
		}
	}
	return nil
}

// textOf checks what follows from the reading that a document is: its words, or
// notes them if a segment has them, and its facts. v is what is stored for it.
func (c *searchChecker) textOf(n uint32, ref docRef, v []byte, f docFacts) error {
	of := slices.IndexFunc(c.segments, func(s segment) bool { return s.first <= n && n <= s.last })
	has, fresh := c.fresh[n]
	if fresh == (of >= 0) {
		return fmt.Errorf("%w: its words are nowhere, or twice", vigil.ErrTampered)
	}
	if !c.words {
		return nil
	}
	v, err := c.open(bucketRecords, ref.key(), v)
	if err != nil {
		return err
	}
	var l vigil.Listing
	if err := json.Unmarshal(v, &l); err != nil {
		return err
	}
	tokens := packTokens(preparerOf(c.box, nil).Tokens(l))
	if fresh && !bytes.Equal(has, tokens) {
		return fmt.Errorf("%w: it has other words", vigil.ErrTampered)
	}
	for i := 0; !fresh && i < len(tokens); i += 8 {
		if i == 0 || !bytes.Equal(tokens[i:i+8], tokens[i-8:i]) {
			c.sums[of] += mix(posting{binary.BigEndian.Uint64(tokens[i:]), n})
		}
	}
	return c.factsFollow(ref.listing, l, f)
}

// mix returns a number for a posting, far from those of others (the finaliser of
// SplitMix64, Steele and others 2014).
func mix(p posting) uint64 {
	z := p.token ^ uint64(p.doc)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// namesOf checks that the names of facts stand for something.
func (c *searchChecker) namesOf(f docFacts) error {
	for kind, n := range map[byte]name{nameSource: f.source, nameVendor: f.vendor, nameGenre: f.genre, nameType: f.typ, nameVerdict: f.verdict, nameTags: f.tags, nameLists: f.lists} {
		if n == 0 || c.names[kind][n] {
			continue
		}
		if _, err := c.text(kind, n); err != nil {
			return err
		}
		if c.names[kind] == nil {
			c.names[kind] = map[name]bool{}
		}
		c.names[kind][n] = true
	}
	return nil
}

// values reads the values that no document leads to.
func (c *searchChecker) values() error {
	err := c.each(bucketSearchNames, c.checkName)
	if err == nil {
		err = c.each(bucketSearchBlocks, c.checkBlock)
	}
	for i, s := range c.segments {
		if c.words && c.sums[i] != 0 {
			c.fault(fmt.Errorf("%w: segment %d does not have the words of documents %d to %d", vigil.ErrTampered, s.id, s.first, s.last))
		}
	}
	return err
}

// each checks the entries of a bucket.
func (c *searchChecker) each(name string, check func(k, v []byte) error) error {
	n := 0
	cur := bucket(c.read, name).Cursor()
	for k, v := cur.First(); k != nil; k, v = cur.Next() {
		if n++; n%checkEvery == 0 && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		v, err := c.open(name, k, v)
		if err == nil {
			err = check(k, v)
		}
		if err != nil {
			c.fault(err)
		}
	}
	return nil
}

// checkName checks that a text leads to its name.
func (c *searchChecker) checkName(k, v []byte) error {
	if len(k) != 10 || k[0] != 'i' {
		return nil
	}
	if n, err := c.name(k[1], string(v), false); err != nil || uint64(n) != parseNumber(k[2:]) {
		return damagedSearch(bucketSearchNames, k, "its text has another name")
	}
	return nil
}

// checkBlock checks a block, and takes its postings from the sum of its segment.
// One of no segment is not looked at: Maintain removes it.
func (c *searchChecker) checkBlock(k, block []byte) error {
	if len(k) != 24 {
		return damagedSearch(bucketSearchBlocks, k, "want segment, token and document")
	}
	ps, err := appendBlock(c.block[:0], block)
	c.block = ps
	if err != nil || len(ps) == 0 || !bytes.Equal(k, blockKey(parseNumber(k[:8]), ps[0])) {
		return damagedSearch(bucketSearchBlocks, k, "the block makes no sense here")
	}
	of := slices.IndexFunc(c.segments, func(s segment) bool { return s.id == parseNumber(k[:8]) })
	for _, p := range ps {
		if of >= 0 && !c.erased[p.doc] {
			c.sums[of] -= mix(p)
		}
	}
	return nil
}

// countKeys returns how many keys of a bucket have a prefix.
func countKeys(tx read, name string, prefix []byte) (n int) {
	c := bucket(tx, name).Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		n++
	}
	return n
}
