package duplicate

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
)

// A node is a signature and the listings that have it. Copies that differ in
// slots only share one, so a text posted fifty thousand times costs as much as
// once.
type node struct {
	sig     Signature
	entries []int32
	parent  int32 // towards the root of its cluster
	size    int32 // of a root: nodes of its cluster
	oldest  int32 // of a root: least entry of its cluster
	ring    int32 // next node of its cluster
	round   int32 // when it was compared last
}

// hash returns what nodes are looked up by.
func (s *Signature) hash() uint64 {
	h := s.key ^ uint64(s.form)
	for _, m := range s.min {
		h = mix(h*hashPrime + m)
	}
	return h
}

// attach gives an entry the signature s.
func (x *Index) attach(e int32, s Signature) {
	if s.form == silent {
		return
	}
	h := s.hash()
	if n, ok := x.byText[h]; ok && x.nodes[n].sig == s {
		x.entries[e].node = n
		x.nodes[n].entries = append(x.nodes[n].entries, e)
		if r := &x.nodes[x.find(n)]; e < r.oldest {
			r.oldest = e
		}
		return
	}
	n := x.newNode(s)
	x.byText[h] = n
	x.entries[e].node = n
	x.nodes[n].entries = append(x.nodes[n].entries, e)
	x.join(n)
}

// newNode returns a node for s that is in no chain yet.
func (x *Index) newNode(s Signature) int32 {
	n := int32(len(x.nodes))
	if last := len(x.free) - 1; last >= 0 {
		n, x.free = x.free[last], x.free[:last]
	} else {
		x.nodes = append(x.nodes, node{})
		x.links = slices.Grow(x.links, x.signer.bands)[:len(x.links)+x.signer.bands]
	}
	x.nodes[n] = node{sig: s}
	return n
}

// detach takes an entry's text from it. The node of a text that nobody has any
// more stays where it is until the cluster is settled.
func (x *Index) detach(e int32) {
	n := x.entries[e].node
	if n == none {
		return
	}
	x.entries[e].node = none
	v := &x.nodes[n]
	v.entries = slices.DeleteFunc(v.entries, func(f int32) bool { return f == e })
	x.dirty = append(x.dirty, n)
}

// find returns the root of a node's cluster.
func (x *Index) find(n int32) int32 {
	for x.nodes[n].parent != n {
		x.nodes[n].parent = x.nodes[x.nodes[n].parent].parent
		n = x.nodes[n].parent
	}
	return n
}

// union makes two clusters one.
func (x *Index) union(a, b int32) {
	a, b = x.find(a), x.find(b)
	if a == b {
		return
	}
	if x.nodes[a].size < x.nodes[b].size {
		a, b = b, a
	}
	r, s := &x.nodes[a], &x.nodes[b]
	s.parent = a
	r.size += s.size
	r.oldest = min(r.oldest, s.oldest)
	r.ring, s.ring = s.ring, r.ring // two rings, cut and crossed, are one
}

// ring yields the nodes of n's cluster.
func (x *Index) ring(n int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for m := n; yield(m); {
			if m = x.nodes[m].ring; m == n {
				return
			}
		}
	}
}

// settle takes apart the clusters that have lost a text and joins anew what
// still belongs together.
func (x *Index) settle() {
	if len(x.dirty) == 0 {
		return
	}
	var lost []int32
	roots := map[int32]bool{}
	for _, n := range x.dirty {
		if r := x.find(n); !roots[r] {
			roots[r] = true
			lost = slices.AppendSeq(lost, x.ring(r))
		}
	}
	x.dirty = nil
	x.unchain(lost, roots)
	for _, n := range lost {
		if v := &x.nodes[n]; len(v.entries) == 0 {
			if h := v.sig.hash(); x.byText[h] == n {
				delete(x.byText, h)
			}
			*v = node{}
			x.free = append(x.free, n)
		}
	}
	for _, n := range lost {
		if len(x.nodes[n].entries) > 0 {
			x.join(n)
		}
	}
}

// parseID returns the number that a cluster ID spells.
func parseID(id ClusterID) (uint64, error) {
	b, err := hex.DecodeString(string(id))
	if err != nil || len(b) != 8 {
		return 0, fmt.Errorf("cluster ID %q: want 16 hexadecimal digits", id)
	}
	return binary.BigEndian.Uint64(b), nil
}
