package custody_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"vigil"
	"vigil/internal/custody"
)

// subproof is RFC 6962, section 2.1.2, word for word, without the code under
// test.
func subproof(m int, d [][]byte, whole bool) [][32]byte {
	n := len(d)
	if m == n {
		if whole {
			return nil
		}
		return [][32]byte{mth(d)}
	}
	if k := split(n); m <= k {
		return append(subproof(m, d[:k], whole), mth(d[k:]))
	} else {
		return append(subproof(m-k, d[k:], false), mth(d[:k]))
	}
}

// grown returns a log of n lines.
func grown(t *testing.T, n int) *log {
	t.Helper()
	var l log
	for i := range n {
		l.append(t, fmt.Appendf(nil, "line %d", i))
	}
	return &l
}

// consistency returns the proof that the first size lines begin with the first
// old, made as from a store.
func (l *log) consistency(t *testing.T, old, size int64) [][32]byte {
	t.Helper()
	var line []byte
	var inclusion [][32]byte
	if old > 0 {
		var err error
		line = l.lines[old-1]
		if inclusion, err = custody.Prove(size, old-1, l.read); err != nil {
			t.Fatal(err)
		}
	}
	p, err := custody.ProveConsistency(old, size, line, inclusion)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (l *log) at(size int64) vigil.Checkpoint {
	return vigil.Checkpoint{Log: "ORD-1", Size: size, Root: mth(l.lines[:size])}
}

// raw gives hashes the type of the other implementation.
func raw(hs [][32]byte) (out [][]byte) {
	for _, h := range hs {
		out = append(out, h[:])
	}
	return out
}

func TestConsistencyProofsAreThoseOfRFC6962(t *testing.T) {
	const most = 70
	l := grown(t, most)
	for size := int64(0); size <= most; size++ {
		for old := int64(0); old <= size; old++ {
			got := l.consistency(t, old, size)
			if old > 0 {
				if want := subproof(int(old), l.lines[:size], true); !slices.Equal(got, want) {
					t.Fatalf("proof from %d to %d:\ngot  %x\nwant %x", old, size, got, want)
				}
			}
			if err := custody.CheckConsistency(l.at(old), l.at(size), got); err != nil {
				t.Fatalf("from %d to %d: %v", old, size, err)
			}
		}
	}
}

// TestAnotherImplementationAgrees holds proofs of both kinds against
// transparency-dev/merkle, which Certificate Transparency logs use.
func TestAnotherImplementationAgrees(t *testing.T) {
	const most = 40
	l := grown(t, most)
	h := rfc6962.DefaultHasher
	for size := int64(1); size <= most; size++ {
		c := l.at(size)
		for old := int64(1); old <= size; old++ {
			o := l.at(old)
			p := l.consistency(t, old, size)
			if err := proof.VerifyConsistency(h, uint64(old), uint64(size), raw(p), o.Root[:], c.Root[:]); err != nil {
				t.Fatalf("consistency from %d to %d: %v", old, size, err)
			}
			in, err := custody.Prove(size, old-1, l.read)
			if err != nil {
				t.Fatal(err)
			}
			if err := proof.VerifyInclusion(h, uint64(old-1), uint64(size), h.HashLeaf(l.lines[old-1]), raw(in), c.Root[:]); err != nil {
				t.Fatalf("inclusion of %d in %d: %v", old-1, size, err)
			}
		}
	}
}

func TestCheckConsistencyFindsEveryChange(t *testing.T) {
	const size = 13
	l := grown(t, size)
	for old := int64(1); old < size; old++ {
		older, c, p := l.at(old), l.at(size), l.consistency(t, old, size)
		refused := func(what string, older, c vigil.Checkpoint, p [][32]byte) {
			t.Helper()
			if err := custody.CheckConsistency(older, c, p); !errors.Is(err, vigil.ErrTampered) {
				t.Errorf("%d to %d, %s: %v, want ErrTampered", old, size, what, err)
			}
		}
		refused("another old root", vigil.Checkpoint{Log: "ORD-1", Size: old}, c, p)
		refused("another new root", older, vigil.Checkpoint{Log: "ORD-1", Size: size}, p)
		refused("another log", vigil.Checkpoint{Log: "ORD-2", Size: old, Root: older.Root}, c, p)
		refused("the wrong way round", c, older, p)
		refused("a size too small", vigil.Checkpoint{Log: "ORD-1", Size: old - 1, Root: older.Root}, c, p)
		refused("a negative size", vigil.Checkpoint{Log: "ORD-1", Size: -1, Root: older.Root}, c, p)
		refused("a huge size", older, vigil.Checkpoint{Log: "ORD-1", Size: math.MaxInt64, Root: c.Root}, p)
		refused("shorter", older, c, p[1:])
		refused("longer", older, c, append(p[:len(p):len(p)], [32]byte{}))
		for i := range p {
			bad := slices.Clone(p)
			bad[i][0] ^= 1
			refused("changed node", older, c, bad)
		}
	}
	// What a rewritten log would have to offer.
	other := grown(t, size)
	other.lines[4] = []byte("another line")
	if err := custody.CheckConsistency(l.at(7), other.at(size), l.consistency(t, 7, size)); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("a log rewritten at line 4: %v", err)
	}
	same := l.at(5)
	if err := custody.CheckConsistency(same, same, [][32]byte{{}}); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("same size with a proof: %v", err)
	}
	if err := custody.CheckConsistency(vigil.Checkpoint{Log: "ORD-1"}, same, nil); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("empty log with a false root: %v", err)
	}
}

func TestProveConsistencyRefuses(t *testing.T) {
	for _, c := range []struct{ old, size int64 }{{-1, 3}, {4, 3}, {2, custody.MaxSize}, {2, 3}} {
		if p, err := custody.ProveConsistency(c.old, c.size, []byte("line"), nil); err == nil {
			t.Errorf("from %d to %d without a proof of inclusion: %x, want an error", c.old, c.size, p)
		}
	}
}

func FuzzCheckConsistency(f *testing.F) {
	f.Add(int64(3), int64(8), make([]byte, 128))
	f.Add(int64(1), int64(math.MaxInt64), []byte(nil))
	f.Add(int64(0), int64(4), []byte(nil))
	f.Fuzz(func(t *testing.T, old, size int64, nodes []byte) {
		var p [][32]byte
		for len(nodes) >= 32 {
			p, nodes = append(p, [32]byte(nodes)), nodes[32:]
		}
		older := vigil.Checkpoint{Size: old, Root: sha256.Sum256([]byte("no tree has this root"))}
		c := vigil.Checkpoint{Size: size, Root: sha256.Sum256([]byte("nor this"))}
		if err := custody.CheckConsistency(older, c, p); !errors.Is(err, vigil.ErrTampered) {
			t.Fatalf("got %v, want ErrTampered", err)
		}
	})
}
