package bolt

import (
	"bytes"
	"context"
	"fmt"

	"vigil"
)

// maxSearchFaults bounds what is said of a search index that is damaged.
const maxSearchFaults = 100

// checkSearch returns what is wrong with the search index: whether its documents
// are the readings of the case, each listing has its newest, and each value can be
// read. It does not hold postings against words, nor facts against records.
func (s *Store) checkSearch(ctx context.Context) (faults []string, err error) {
	err = s.view(ctx, func(tx read) error {
		faults = nil
		fault := func(err error) {
			if err != nil && len(faults) < maxSearchFaults {
				faults = append(faults, fmt.Sprintf("index search: %v", err))
			}
		}
		x := s.searchIn(tx)
		docs, err := x.checkDocs(ctx, fault)
		if err != nil {
			return err
		}
		if n := countKeys(tx, bucketRecords, key(vigil.TypeListing)); n != docs.live {
			fault(fmt.Errorf("%w: it has %d documents, the case %d readings of listings", vigil.ErrTampered, docs.live, n))
		}
		if n := countKeys(tx, bucketSearchOf, nil); n != docs.newest {
			fault(fmt.Errorf("%w: it names the newest documents of %d listings, there are %d", vigil.ErrTampered, n, docs.newest))
		}
		return x.checkValues(ctx, fault)
	})
	return faults, err
}

// A docCount counts documents of a search index.
type docCount struct {
	all    uint64
	live   int // that were not erased
	newest int // of their listings
}

// checkDocs checks all documents, in their order.
func (x searchIndex) checkDocs(ctx context.Context, fault func(error)) (n docCount, err error) {
	c := bucket(x.read, bucketSearchDocs).Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if n.all++; n.all%checkEvery == 0 && ctx.Err() != nil {
			return n, ctx.Err()
		}
		if len(k) != 8 || parseNumber(k) != n.all || n.all > 1<<32-1 {
			fault(damagedSearch(bucketSearchDocs, k, fmt.Sprintf("want document %d", n.all)))
			return n, nil
		}
		f, err := x.facts(uint32(n.all))
		if err != nil {
			fault(err)
			continue
		}
		if f.flags&docErased != 0 {
			continue
		}
		n.live++
		if f.next == 0 {
			n.newest++
		}
		fault(x.checkDoc(uint32(n.all), f))
	}
	return n, nil
}

// checkDoc checks a document that was not erased.
func (x searchIndex) checkDoc(n uint32, f docFacts) error {
	_, ref, err := x.record(n)
	if err != nil {
		return err
	}
	newest, err := x.newest(ref.listing)
	if err != nil {
		return err
	}
	if (f.next == 0) != (newest == n) || f.next != 0 && f.next <= n || f.prev >= n {
		return fmt.Errorf("document %d: %w: it stands between %d and %d, and the newest of its listing is %d", n, vigil.ErrTampered, f.prev, f.next, newest)
	}
	return nil
}

// checkValues reads the values that no document leads to.
func (x searchIndex) checkValues(ctx context.Context, fault func(error)) error {
	fault(x.eachNew(func(uint32, []byte) {}))
	if _, err := x.segments(); err != nil {
		fault(err)
	}
	for _, name := range []string{bucketSearchNames, bucketSearchBlocks} {
		c := bucket(x.read, name).Cursor()
		n := 0
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if n++; n%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			v, err := x.open(name, k, v)
			if err == nil && name == bucketSearchBlocks {
				err = checkBlock(k, v)
			}
			fault(err)
		}
	}
	return nil
}

func checkBlock(k, block []byte) error {
	if len(k) != 24 {
		return damagedSearch(bucketSearchBlocks, k, "want segment, token and document")
	}
	ps, err := appendBlock(nil, block)
	if err != nil || len(ps) == 0 || !bytes.Equal(k, blockKey(parseNumber(k[:8]), ps[0])) {
		return damagedSearch(bucketSearchBlocks, k, "the block makes no sense here")
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
