package bolt

import (
	"bytes"
	"slices"
	"sync"

	"go.etcd.io/bbolt"

	"vigil/internal/seal"
)

// maxKnown bounds the blocks of facts that are kept in memory, opened: those of
// some million documents, in 80 MB.
const maxKnown = 1 << 15

// A factCache keeps blocks of facts as they were opened, for a search may look at
// all of them. What it keeps of a block is good for the sealed value that it was
// opened from, in whatever transaction that stands: a value that was sealed anew
// has another nonce.
type factCache struct {
	mu     sync.Mutex // guards blocks
	blocks []*openFacts
}

// An openFacts is a block of facts. What a search asks of every document stands
// apart from the rest, close together: a walk through all of them takes the time
// that memory does.
type openFacts struct {
	nonce  seal.Nonce // of the sealed value
	docs   []docFacts
	newest uint64 // a bit for each document that is its listing's newest, and was not erased
	levels [factsBlock]byte
	scores [factsBlock]float64
}

// take makes o what a block says, as far as its documents are whole.
func (o *openFacts) take(block []byte) {
	o.docs, o.newest = slices.Grow(o.docs[:0], factsBlock), 0
	for i := 0; i < factsBlock && len(block) >= factsSize; i, block = i+1, block[factsSize:] {
		d := parseFacts(block)
		o.docs = append(o.docs, d)
		o.levels[i], o.scores[i] = d.level, d.score
		if d.next == 0 && d.flags&docErased == 0 {
			o.newest |= 1 << i
		}
	}
}

// get returns what is kept of a block, if it was opened from a sealed value; else
// nil.
func (c *factCache) get(n uint64, sealed []byte) *openFacts {
	c.mu.Lock()
	defer c.mu.Unlock()
	nonce, ok := seal.NonceOf(sealed)
	if !ok || n >= uint64(len(c.blocks)) {
		return nil
	}
	o := c.blocks[n]
	if o == nil || o.nonce != nonce {
		return nil
	}
	return o
}

func (c *factCache) put(n uint64, o *openFacts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n >= maxKnown {
		return
	}
	if n >= uint64(len(c.blocks)) {
		c.blocks = append(c.blocks, make([]*openFacts, n+1-uint64(len(c.blocks)))...)
	}
	c.blocks[n] = o
}

// A factReader reads the facts of documents in one transaction. It is quickest
// from high numbers to low ones.
type factReader struct {
	searchIndex
	cache  *factCache // nil where values are not sealed: they are as good as open
	cursor *bbolt.Cursor
	block  uint64     // where the cursor stands
	open   *openFacts // what stands there; nil before the first
}

func newFactReader(x searchIndex, c *factCache) factReader {
	if x.box == nil {
		c = nil
	}
	return factReader{searchIndex: x, cache: c, cursor: bucket(x.read, bucketSearchFacts).Cursor()}
}

// of returns the block with a document's facts, and its place there. It is good
// until the next call.
func (r *factReader) of(doc uint32) (o *openFacts, at int, err error) {
	if n := uint64(doc / factsBlock); r.open == nil || n != r.block {
		if err := r.seek(n); err != nil {
			return nil, 0, err
		}
	}
	if at = int(doc % factsBlock); at >= len(r.open.docs) {
		return nil, 0, damagedSearch(bucketSearchFacts, number(nil, r.block), "the facts of a document are gone")
	}
	return r.open, at, nil
}

// seek opens block n; one of no documents if it is not there.
func (r *factReader) seek(n uint64) error {
	var k, v []byte
	want := number(make([]byte, 0, 8), n)
	if r.open != nil && n+1 == r.block {
		k, v = r.cursor.Prev()
	}
	if !bytes.Equal(k, want) {
		k, v = r.cursor.Seek(want)
	}
	if !bytes.Equal(k, want) {
		r.block, r.open = n, &openFacts{}
		return nil
	}
	o, err := r.opened(n, k, v)
	if err == nil {
		r.block, r.open = n, o
	}
	return err
}

// opened returns what v says, which is stored for block n.
func (r *factReader) opened(n uint64, k, v []byte) (*openFacts, error) {
	if r.cache == nil {
		o := r.open
		if o == nil {
			o = &openFacts{}
		}
		o.take(v)
		return o, nil
	}
	if o := r.cache.get(n, v); o != nil {
		return o, nil
	}
	text, err := r.searchIndex.open(bucketSearchFacts, k, v)
	if err != nil {
		return nil, err
	}
	o := new(openFacts)
	o.nonce, _ = seal.NonceOf(v)
	o.take(text)
	r.cache.put(n, o)
	return o, nil
}
