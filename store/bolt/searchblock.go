package bolt

import (
	"encoding/binary"
	"errors"
	"math"
)

// A posting says that a document has a term.
type posting struct {
	token uint64
	doc   uint32
}

// maxBlock bounds a block of postings in bytes, so that two of them, sealed, fill
// four disk pages.
const maxBlock = 8000

// A blockMaker writes postings, which come sorted by token and then document,
// into blocks. A block is a row of lists: the token as its distance from the one
// before, the length of the list in bytes, and the documents, the first as it is
// and each other as its distance from the one before; all as uvarints.
type blockMaker struct {
	put   func(first posting, block []byte) error
	first posting
	block []byte
	prev  uint64 // token of the last closed list of the block
	list  []byte
	last  posting
}

func (m *blockMaker) add(p posting) error {
	if len(m.list) > 0 && p.token == m.last.token && len(m.block)+len(m.list)+2*binary.MaxVarintLen64 < maxBlock {
		m.list = binary.AppendUvarint(m.list, uint64(p.doc-m.last.doc))
		m.last = p
		return nil
	}
	m.closeList()
	if len(m.block)+3*binary.MaxVarintLen64 >= maxBlock {
		if err := m.flush(); err != nil {
			return err
		}
	}
	if len(m.block) == 0 {
		m.first, m.prev = p, 0
	}
	m.list = binary.AppendUvarint(m.list, uint64(p.doc))
	m.last = p
	return nil
}

func (m *blockMaker) closeList() {
	if len(m.list) == 0 {
		return
	}
	m.block = binary.AppendUvarint(m.block, m.last.token-m.prev)
	m.block = binary.AppendUvarint(m.block, uint64(len(m.list)))
	m.block = append(m.block, m.list...)
	m.prev, m.list = m.last.token, m.list[:0]
}

// flush writes the block, if there is one.
func (m *blockMaker) flush() error {
	m.closeList()
	if len(m.block) == 0 {
		return nil
	}
	err := m.put(m.first, m.block)
	m.block = nil // whoever took it keeps it
	return err
}

var errBlock = errors.New("a block of postings that makes no sense")

// eachList calls do with each token of a block and its list of documents, until
// do reports false. Tokens rise.
func eachList(block []byte, do func(token uint64, list []byte) (bool, error)) error {
	token, first := uint64(0), true
	for len(block) > 0 {
		by, n := binary.Uvarint(block)
		if n <= 0 || by > math.MaxUint64-token || by == 0 && !first {
			return errBlock
		}
		token, first, block = token+by, false, block[n:]
		size, n := binary.Uvarint(block)
		if n <= 0 || size == 0 || size > uint64(len(block)-n) {
			return errBlock
		}
		more, err := do(token, block[n:n+int(size)])
		if err != nil || !more {
			return err
		}
		block = block[n+int(size):]
	}
	return nil
}

// eachDoc calls do with each document of a list. They rise, from 1 on.
func eachDoc(list []byte, do func(doc uint32)) error {
	doc := uint64(0)
	for len(list) > 0 {
		by, n := uint64(list[0]), 1
		if by >= 0x80 { // most distances are one byte
			by, n = binary.Uvarint(list)
		}
		if n <= 0 || by == 0 || by > math.MaxUint32-doc {
			return errBlock
		}
		doc += by
		do(uint32(doc))
		list = list[n:]
	}
	return nil
}

// appendBlock appends the postings of a block.
func appendBlock(ps []posting, block []byte) ([]posting, error) {
	err := eachList(block, func(token uint64, list []byte) (bool, error) {
		return true, eachDoc(list, func(doc uint32) { ps = append(ps, posting{token, doc}) })
	})
	return ps, err
}
