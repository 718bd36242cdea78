package duplicate

import (
	"errors"
	"fmt"
	"iter"
	"slices"
)

// An Index puts listings into clusters, one at a time. What clusters there are
// follows from the listings in it and from nothing else, not from their order:
// two texts are joined if their signatures agree in a whole band and their
// estimated similarity reaches the threshold, and clusters are what is connected
// in this way. Two bounds qualify that: IDs follow the order of arrival, and see
// [Index.Crowded].
//
// An Index is used by one goroutine at a time. The zero Index refuses: use
// [NewIndex].
type Index struct {
	signer  *Signer
	least   int                // values that must agree
	entries []entry            // listings, by age
	byID    map[string]int32   // listing → entry
	byName  map[uint64]int32   // number of the cluster ID that a listing would give → entry
	byText  map[uint64]int32   // hash of a signature → node
	nodes   []node             // different signatures
	free    []int32            // nodes that are not in use
	heads   []map[uint32]int32 // of each band: what its values hash to → first node of the chain
	links   []link             // node·bands + band → place in its chain
	dirty   []int32            // nodes whose clusters have lost a text, and may have come apart
	round   int32              // of the latest comparison
	most    int                // steps that joining a node may take
	steps   int                // left to the one that is being joined
	crowded int
}

// An entry is a listing. Entries are never moved: their number is their age.
type entry struct {
	Member
	node int32 // none if the text can't be compared
	gone bool
}

const none = -1

// A link is a node's place in the chain of a band's bucket.
type link struct {
	next int32
	skip int32 // some later node; all between are in this node's cluster
}

// errNoIndex refuses the zero Index.
var errNoIndex = errors.New("index was not made by NewIndex")

// NewIndex returns an empty index whose texts are signed by s.
func NewIndex(s *Signer) *Index {
	x := &Index{
		signer: s, least: leastAgreeing(s.tune), most: maxSteps, byID: map[string]int32{}, byName: map[uint64]int32{}, byText: map[uint64]int32{},
	}
	for range s.bands {
		x.heads = append(x.heads, map[uint32]int32{})
	}
	return x
}

// leastAgreeing returns how many of the compared values reach the threshold.
func leastAgreeing(t tune) int {
	n := 0
	for float64(n) < t.threshold*float64(t.bands*t.rows) {
		n++
	}
	return n
}

// maxName bounds the names that an index keeps, in bytes.
const maxName = 1 << 10

// Add adds a listing, or puts a newer version in the place of the one that has
// its ID: only the newest text of a listing counts, at the age of its first.
func (x *Index) Add(t Text) error {
	if x.signer == nil {
		return errNoIndex
	}
	return x.AddSigned(t.Member, x.signer.Sign(t.Text, t.Slots))
}

// AddSigned is [Index.Add] for a text that the index's signer has signed, as
// several goroutines may do beforehand.
func (x *Index) AddSigned(m Member, s Signature) error {
	switch {
	case x.signer == nil:
		return errNoIndex
	case m.Listing == "":
		return errors.New("add a listing: it has no ID")
	case len(m.Listing) > maxName || len(m.Vendor) > maxName || len(m.Source) > maxName:
		return fmt.Errorf("add a listing: its ID, vendor or source is longer than %d bytes", maxName)
	}
	e, known := x.byID[m.Listing]
	if !known {
		e = int32(len(x.entries))
		x.entries = append(x.entries, entry{Member: m, node: none})
		x.byID[m.Listing], x.byName[idNumber(m.Listing)] = e, e
	}
	old := x.entries[e].node
	x.entries[e].Member = m
	if old != none && x.nodes[old].sig == s {
		return nil
	}
	x.detach(e)
	x.attach(e, s)
	return nil
}

// Remove takes a listing out, and reports whether it was there.
func (x *Index) Remove(listing string) bool {
	e, ok := x.byID[listing]
	if !ok {
		return false
	}
	x.detach(e)
	delete(x.byID, listing)
	delete(x.byName, idNumber(listing))
	x.entries[e] = entry{node: none, gone: true}
	return true
}

// Len returns how many listings are in the index.
func (x *Index) Len() int { return len(x.byID) }

// Crowded returns how many texts shared bands with so many unlike ones, thousands,
// that not all could be compared. While it is 0, the clusters don't depend on the
// order of the listings; otherwise a cluster may be in two.
func (x *Index) Crowded() int { return x.crowded }

// Signature returns the signature of a listing's text; ok is false for a listing
// that is not in the index.
func (x *Index) Signature(listing string) (s Signature, ok bool) {
	e, ok := x.byID[listing]
	if !ok || x.entries[e].node == none {
		return Signature{}, ok
	}
	return x.nodes[x.entries[e].node].sig, true
}

// Cluster returns the cluster of a listing; ok is false if there is no such
// listing, or too little text of its own in it. A cluster may be of one listing.
func (x *Index) Cluster(listing string) (id ClusterID, ok bool) {
	x.settle()
	e, ok := x.byID[listing]
	if !ok || x.entries[e].node == none {
		return "", false
	}
	return idOf(x.entries[x.nodes[x.find(x.entries[e].node)].oldest].Listing), true
}

// Members returns the cluster with the given ID, oldest member first; ok is false
// if there is none.
func (x *Index) Members(id ClusterID) (c Cluster, ok bool) {
	x.settle()
	n, err := parseID(id)
	if err != nil {
		return Cluster{}, false
	}
	e, ok := x.byName[n]
	if !ok || x.entries[e].node == none || x.nodes[x.find(x.entries[e].node)].oldest != e {
		return Cluster{}, false
	}
	return x.cluster(e), true
}

// All yields the clusters of at least so many members, the one with the oldest
// member first. The index must not be changed meanwhile.
func (x *Index) All(least int) iter.Seq[Cluster] {
	return func(yield func(Cluster) bool) {
		x.settle()
		for e := range x.entries {
			n := x.entries[e].node
			if n == none || x.nodes[x.find(n)].oldest != int32(e) {
				continue
			}
			if c := x.cluster(int32(e)); len(c.Members) >= least && !yield(c) {
				return
			}
		}
	}
}

// cluster returns the cluster whose oldest member is e.
func (x *Index) cluster(e int32) Cluster {
	var all []int32
	for n := range x.ring(x.entries[e].node) {
		all = append(all, x.nodes[n].entries...)
	}
	slices.Sort(all)
	c := Cluster{ID: idOf(x.entries[e].Listing), Members: make([]Member, len(all))}
	for i, e := range all {
		c.Members[i] = x.entries[e].Member
	}
	return c
}
