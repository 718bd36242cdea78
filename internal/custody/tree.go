package custody

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"vigil"
)

// HashSize is the size in bytes of every hash in the tree: SHA-256.
const HashSize = sha256.Size

// MaxSize bounds the number of lines of a log. It is far beyond any log, and
// keeps sizes read from hostile files out of the range where the tree's
// arithmetic overflows.
const MaxSize = 1 << 48

// A HashReader returns the stored hashes with the given indexes, as many as
// were asked for and in the same order. The hash with index i is the ith that
// [Append] returned over the life of the log.
type HashReader func(indexes []int64) ([][HashSize]byte, error)

// Append returns the hashes to be stored when line becomes number size of a
// log that has size lines so far, and the index of the first of them; the
// others follow without a gap. There are two on average and log2(size) at most.
func Append(size int64, line []byte, r HashReader) (first int64, hashes [][HashSize]byte, err error) {
	if err := checkSize(size); err != nil {
		return 0, nil, fmt.Errorf("append to log: %w", err)
	}
	hs, err := tlog.StoredHashes(size, line, r.tlog())
	if err != nil {
		return 0, nil, fmt.Errorf("append to log of %d lines: %w", size, err)
	}
	return tlog.StoredHashIndex(0, size), ours(hs), nil
}

// Root returns the root of the tree over a log's first size lines. The root of
// no lines is the SHA-256 of nothing.
func Root(size int64, r HashReader) ([HashSize]byte, error) {
	if err := checkSize(size); err != nil {
		return [HashSize]byte{}, fmt.Errorf("root of log: %w", err)
	}
	h, err := tlog.TreeHash(size, r.tlog())
	if err != nil {
		return [HashSize]byte{}, fmt.Errorf("root of log of %d lines: %w", size, err)
	}
	return h, nil
}

// Prove returns the proof that line seq is in the tree over a log's first size
// lines (RFC 6962, section 2.1.1), lowest node first.
func Prove(size, seq int64, r HashReader) ([][HashSize]byte, error) {
	if err := checkSize(size); err != nil {
		return nil, fmt.Errorf("prove log line %d: %w", seq, err)
	}
	if seq < 0 || seq >= size {
		return nil, fmt.Errorf("prove log line %d: the tree has lines 0 to %d", seq, size-1)
	}
	p, err := tlog.ProveRecord(size, seq, r.tlog())
	if err != nil {
		return nil, fmt.Errorf("prove log line %d of %d: %w", seq, size, err)
	}
	return ours(p), nil
}

// CheckProof reports why proof does not show that line is number seq of the
// log that c states; nil means that it does. The error wraps
// [vigil.ErrTampered]. All arguments may come from a hostile file.
func CheckProof(c vigil.Checkpoint, seq int64, line []byte, proof [][HashSize]byte) error {
	if err := checkSize(c.Size); err != nil {
		return fmt.Errorf("log line %d: %w: %v", seq, vigil.ErrTampered, err)
	}
	if seq < 0 || seq >= c.Size {
		return fmt.Errorf("log line %d: %w: the checkpoint has lines 0 to %d", seq, vigil.ErrTampered, c.Size-1)
	}
	hs := make(tlog.RecordProof, len(proof))
	for i, h := range proof {
		hs[i] = h
	}
	if err := tlog.CheckRecord(hs, c.Size, c.Root, seq, tlog.RecordHash(line)); err != nil {
		return fmt.Errorf("log line %d: %w: its proof does not lead to the root of %d lines", seq, vigil.ErrTampered, c.Size)
	}
	return nil
}

// A Tree computes the root of a log line by line, from the lines alone. It
// keeps log2(size) hashes. The zero Tree is empty.
type Tree struct {
	size  int64
	peaks []tlog.Hash // roots of the full subtrees, largest first, as size's bits tell
}

// Add appends a line.
func (t *Tree) Add(line []byte) {
	h := tlog.RecordHash(line)
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.peaks) - 1
		h = tlog.NodeHash(t.peaks[last], h)
		t.peaks = t.peaks[:last]
	}
	t.peaks = append(t.peaks, h)
	t.size++
}

// Size returns how many lines were added.
func (t *Tree) Size() int64 { return t.size }

// Root returns the root over the lines so far.
func (t *Tree) Root() [HashSize]byte {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	h := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.peaks[i], h)
	}
	return h
}

func checkSize(size int64) error {
	if size < 0 || size >= MaxSize {
		return fmt.Errorf("size %d, want 0 or more and less than 2^48", size)
	}
	return nil
}

// tlog gives r the types of package tlog.
func (r HashReader) tlog() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil
		}
		if r == nil {
			return nil, errors.New("no stored hashes")
		}
		hs, err := r(indexes)
		if err != nil {
			return nil, err
		}
		out := make([]tlog.Hash, len(hs))
		for i, h := range hs {
			out[i] = h
		}
		return out, nil
	})
}

func ours(hs []tlog.Hash) [][HashSize]byte {
	out := make([][HashSize]byte, len(hs))
	for i, h := range hs {
		out[i] = h
	}
	return out
}
