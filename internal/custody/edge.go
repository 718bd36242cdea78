package custody

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"vigil"
)

// An Edge is what of a log's tree the hashes of its next line follow from: the roots
// of the full subtrees side by side, one for each bit of the size, highest first. Who
// keeps it beside the log appends without reading the tree. The zero Edge is that of
// a log without lines.
type Edge struct {
	size   int64
	hashes [][HashSize]byte
}

// ReadEdge returns the edge of a log of a size from its stored hashes.
func ReadEdge(size int64, r HashReader) (Edge, error) {
	if err := checkSize(size); err != nil {
		return Edge{}, fmt.Errorf("edge of log: %w", err)
	}
	if size == 0 {
		return Edge{}, nil
	}
	hs, err := r(edgeIndexes(size))
	if err != nil {
		return Edge{}, fmt.Errorf("edge of log of %d lines: %w", size, err)
	}
	return Edge{size, hs}, nil
}

// ParseEdge reads what [Edge.Bytes] returned for a log of a size. The error wraps
// [vigil.ErrTampered] if it cannot be of that size.
func ParseEdge(size int64, b []byte) (Edge, error) {
	if err := checkSize(size); err != nil {
		return Edge{}, fmt.Errorf("edge of log: %w", err)
	}
	if n := bits.OnesCount64(uint64(size)); len(b) != n*HashSize {
		return Edge{}, fmt.Errorf("edge of log of %d lines: %w: it has %d bytes, want %d", size, vigil.ErrTampered, len(b), n*HashSize)
	}
	e := Edge{size: size}
	for ; len(b) > 0; b = b[HashSize:] {
		e.hashes = append(e.hashes, [HashSize]byte(b))
	}
	return e, nil
}

// Bytes returns the hashes of the edge, one after the other.
func (e Edge) Bytes() []byte {
	b := []byte{}
	for _, h := range e.hashes {
		b = append(b, h[:]...)
	}
	return b
}

// Append returns what the function [Append] does for the next line, and makes e the
// edge of the log with that line.
func (e *Edge) Append(line []byte) (first int64, hashes [][HashSize]byte, err error) {
	at := map[int64][HashSize]byte{}
	for i, index := range edgeIndexes(e.size) {
		at[index] = e.hashes[i]
	}
	first, hashes, err = Append(e.size, line, func(indexes []int64) ([][HashSize]byte, error) {
		hs := make([][HashSize]byte, len(indexes))
		for i, index := range indexes {
			h, ok := at[index]
			if !ok {
				return nil, fmt.Errorf("hash %d is not of the edge", index)
			}
			hs[i] = h
		}
		return hs, nil
	})
	if err != nil {
		return 0, nil, err
	}
	kept := len(e.hashes) - (len(hashes) - 1) // the others are in the last of the new ones
	e.hashes = append(e.hashes[:kept:kept], hashes[len(hashes)-1])
	e.size++
	return first, hashes, nil
}

// edgeIndexes returns where the hashes of an edge are stored.
func edgeIndexes(size int64) (indexes []int64) {
	for level := bits.Len64(uint64(size)) - 1; level >= 0; level-- {
		if size>>level&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	return indexes
}
