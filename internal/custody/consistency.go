package custody

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"vigil"
)

// ProveConsistency returns the proof that a log of size lines begins with the
// lines that it had when it was of size old (RFC 6962, section 2.1.2), in the
// order of that section. It is made from the old log's last line and from the
// proof that this line is in the tree over all size lines, as [Prove] returns
// it: whoever can prove lines can prove consistency. Nothing is checked here;
// [CheckConsistency] does that.
//
// An old log without lines needs no proof, and neither does one of the same
// size: the proof is empty.
func ProveConsistency(old, size int64, line []byte, inclusion [][HashSize]byte) ([][HashSize]byte, error) {
	if err := checkSizes(old, size); err != nil {
		return nil, fmt.Errorf("prove consistency: %w", err)
	}
	if old == 0 || old == size {
		return nil, nil
	}
	// The inclusion proof of line old-1 goes up from that line. As long as the
	// subtree so far is full in the old tree, its left neighbours are old and
	// fold into one node; from there on both proofs name the same nodes.
	node, i := tlog.RecordHash(line), old-1
	for ; i&1 == 1; i >>= 1 {
		if len(inclusion) == 0 {
			return nil, fmt.Errorf("prove consistency of %d lines with %d: the proof of line %d is too short", old, size, old-1)
		}
		node, inclusion = tlog.NodeHash(inclusion[0], node), inclusion[1:]
	}
	if i == 0 { // the old tree is full: its root is known, and needs no mention
		return append([][HashSize]byte{}, inclusion...), nil
	}
	return append([][HashSize]byte{node}, inclusion...), nil
}

// CheckConsistency reports why proof does not show that the log which c states
// begins with the lines that older states; nil means that it does. The error
// wraps [vigil.ErrTampered]. All arguments may come from a hostile file.
func CheckConsistency(older, c vigil.Checkpoint, proof [][HashSize]byte) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("log %q: %w: %s", c.Log, vigil.ErrTampered, fmt.Sprintf(format, args...))
	}
	if older.Log != c.Log {
		return wrong("the older checkpoint is of log %q", older.Log)
	}
	if err := checkSizes(older.Size, c.Size); err != nil {
		return wrong("%v", err)
	}
	if older.Size == 0 || older.Size == c.Size {
		want := c.Root
		if older.Size == 0 {
			want = new(Tree).Root()
		}
		if older.Root != want || len(proof) != 0 {
			return wrong("its first %d lines have another root than was stated of them", older.Size)
		}
		return nil
	}
	hs := make(tlog.TreeProof, len(proof))
	for i, h := range proof {
		hs[i] = h
	}
	if err := tlog.CheckTree(hs, c.Size, c.Root, older.Size, older.Root); err != nil {
		return wrong("the proof does not lead from the root of %d lines to that of %d", older.Size, c.Size)
	}
	return nil
}

func checkSizes(old, size int64) error {
	if err := checkSize(size); err != nil {
		return err
	}
	if old < 0 || old > size {
		return fmt.Errorf("older size %d, want 0 to %d", old, size)
	}
	return nil
}
