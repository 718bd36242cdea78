package bolt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"iter"
	"slices"

	"vigil"
)

// The words of new documents stand by document. When there are maxNew of such
// documents, they are turned into a segment, which has them by word; and when
// there are mergeWidth segments of a size, Maintain makes one of them.
const (
	maxNew     = 256
	mergeWidth = 8
)

// A segment holds the postings of some documents. It is never changed.
type segment struct {
	id          uint64
	tier        byte
	first, last uint32 // documents
}

func (s segment) bytes() []byte {
	return number(number([]byte{s.tier}, uint64(s.first)), uint64(s.last))
}

func parseSegment(k, v []byte) (segment, error) {
	if len(k) != 8 || len(v) != 17 {
		return segment{}, damagedSearch(bucketSearchSegments, k, "want a segment")
	}
	return segment{parseNumber(k), v[0], uint32(parseNumber(v[1:9])), uint32(parseNumber(v[9:17]))}, nil
}

// segments returns the segments of the index, by their documents.
func (x searchIndex) segments() (ss []segment, err error) {
	c := bucket(x.read, bucketSearchSegments).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if v, err = x.open(bucketSearchSegments, k, v); err != nil {
			return nil, err
		}
		s, err := parseSegment(k, v)
		if err != nil {
			return nil, err
		}
		ss = append(ss, s)
	}
	slices.SortFunc(ss, func(a, b segment) int { return cmp.Compare(a.first, b.first) })
	return ss, nil
}

// newSegment returns a number for a segment.
func (x searchIndex) newSegment() (uint64, error) {
	return bucket(x.read, bucketSearchSegments).NextSequence()
}

func (x searchIndex) putSegment(s segment) error {
	return x.set(bucketSearchSegments, number(nil, s.id), s.bytes())
}

// blockKey is where the block of a segment stands that begins with a posting.
func blockKey(segment uint64, p posting) []byte {
	return number(number(number(make([]byte, 0, 24), segment), p.token), uint64(p.doc))
}

// maker returns what writes the blocks of a segment.
func (x searchIndex) maker(segment uint64) *blockMaker {
	return &blockMaker{put: func(first posting, block []byte) error {
		b := bucket(x.read, bucketSearchBlocks)
		b.FillPercent = rowFill
		return x.set(bucketSearchBlocks, blockKey(segment, first), block)
	}}
}

// addTokens notes the tokens of document n, and makes a segment once there are
// enough of its like.
func (x searchIndex) addTokens(n uint32, tokens []byte) error {
	if err := x.set(bucketSearchNew, number(nil, uint64(n)), tokens); err != nil {
		return err
	}
	first, _ := bucket(x.read, bucketSearchNew).Cursor().First()
	if n-uint32(parseNumber(first))+1 < uint32(x.newDocs) {
		return nil
	}
	return x.settle()
}

// eachNew calls do with each new document and its tokens, eight bytes each and
// sorted.
func (x searchIndex) eachNew(do func(n uint32, tokens []byte)) error {
	c := bucket(x.read, bucketSearchNew).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		v, err := x.open(bucketSearchNew, k, v)
		if err != nil {
			return err
		}
		if len(k) != 8 || len(v)%8 != 0 {
			return damagedSearch(bucketSearchNew, k, "want the tokens of a document")
		}
		do(uint32(parseNumber(k)), v)
	}
	return nil
}

func byToken(a, b posting) int {
	switch {
	case a.token < b.token:
		return -1
	case a.token > b.token:
		return 1
	}
	return cmp.Compare(a.doc, b.doc)
}

// settle makes a segment of the new documents.
func (x searchIndex) settle() error {
	var (
		ps []posting
		s  segment
	)
	err := x.eachNew(func(n uint32, tokens []byte) {
		if s.first == 0 {
			s.first = n
		}
		s.last = n
		for ; len(tokens) > 0; tokens = tokens[8:] {
			ps = append(ps, posting{binary.BigEndian.Uint64(tokens), n})
		}
	})
	if err != nil || s.first == 0 {
		return err
	}
	slices.SortFunc(ps, byToken)
	if s.id, err = x.newSegment(); err != nil {
		return err
	}
	m := x.maker(s.id)
	for i, p := range ps {
		if i > 0 && p == ps[i-1] {
			continue
		}
		if err := m.add(p); err != nil {
			return err
		}
	}
	return errors.Join(m.flush(), x.putSegment(s), emptyBucket(x.read, bucketSearchNew))
}

func emptyBucket(tx read, name string) error {
	b := bucket(tx, name)
	var ks [][]byte
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		ks = append(ks, bytes.Clone(k))
	}
	for _, k := range ks {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// eachOf calls do with each document of a segment that has a token.
func (x searchIndex) eachOf(s segment, token uint64, do func(doc uint32)) error {
	prefix := number(nil, s.id)
	c := bucket(x.read, bucketSearchBlocks).Cursor()
	want := blockKey(s.id, posting{token, 0})
	k, v := lastBefore(c, prefix, want) // the block that may begin with a lower token
	if k == nil {
		k, v = c.Seek(want)
	}
	for ; len(k) == 24 && bytes.HasPrefix(k, prefix) && binary.BigEndian.Uint64(k[8:]) <= token; k, v = c.Next() {
		block, err := x.open(bucketSearchBlocks, k, v)
		if err == nil {
			err = eachList(block, func(t uint64, list []byte) (bool, error) {
				if t == token {
					return false, eachDoc(list, do)
				}
				return t < token, nil
			})
		}
		if err != nil {
			return damagedSearch(bucketSearchBlocks, k, err.Error())
		}
	}
	return nil
}

// mentioning yields the listings of which a capture mentions a key, each once.
func (x searchIndex) mentioning(of string) iter.Seq[string] {
	return func(yield func(string) bool) {
		name := x.box.Name(bucketMentions, vigil.KeyName(of))
		prefix := key(name)
		c := bucket(x.read, bucketMentions).Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); {
			listing, _, _ := bytes.Cut(k[len(prefix):], []byte{0})
			id := string(listing)
			if !yield(id) {
				return
			}
			k, _ = c.Seek(after(name, id))
		}
	}
}
