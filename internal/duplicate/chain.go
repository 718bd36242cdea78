package duplicate

// maxSteps bounds what one text may cost, in nodes looked at. Honest texts meet
// some dozens; somebody who builds texts that share a band and nothing else could
// make it as many as there are.
const maxSteps = 1 << 12

// join puts a node into its chains, and into one cluster with all that it is
// near to.
func (x *Index) join(n int32) {
	v := &x.nodes[n]
	v.parent, v.ring, v.size, v.oldest = n, n, 1, v.entries[0]
	for _, e := range v.entries {
		v.oldest = min(v.oldest, e)
	}
	if v.sig.form != full { // one signature, one node: there is nothing else to join
		return
	}
	x.round++
	x.steps = x.most
	for b := range x.signer.bands {
		head, ok := x.heads[b][x.bandKey(n, b)]
		if !ok {
			head = none
		}
		x.walk(n, b, head)
		x.links[x.at(n, b)] = link{head, head}
		x.heads[b][x.bandKey(n, b)] = n
	}
	if x.steps < 0 {
		x.crowded++
	}
}

// walk compares n with the nodes of a chain that are not yet in its cluster.
func (x *Index) walk(n int32, band int, head int32) {
	for m := head; m != none; {
		if x.steps--; x.steps < 0 {
			return
		}
		root := x.find(n)
		if x.find(m) == root {
			m = x.beyond(m, band, root)
			continue
		}
		v := &x.nodes[m]
		if v.round != x.round {
			v.round = x.round
			if x.near(n, m) {
				x.union(n, m)
				continue
			}
		}
		m = x.links[x.at(m, band)].next
	}
}

// beyond returns the first node after m in its chain that is in another cluster
// than m's, whose root is given. It shortens the way for the next time: clusters
// only grow until they are settled.
func (x *Index) beyond(m int32, band int, root int32) int32 {
	first := m
	for m != none && x.find(m) == root {
		m = x.links[x.at(m, band)].skip
	}
	for first != m {
		l := &x.links[x.at(first, band)]
		first, l.skip = l.skip, m
	}
	return m
}

// near reports whether two nodes are near-duplicates.
func (x *Index) near(n, m int32) bool {
	t := x.signer.tune
	return agreeing(&x.nodes[n].sig.min, &x.nodes[m].sig.min, t.bands*t.rows/4) >= x.least
}

// at returns where the link of a node in a band's chain is.
func (x *Index) at(n int32, band int) int { return int(n)*x.signer.bands + band }

// bandKey hashes the values of a band. Different ones seldom share a key, which
// costs a comparison and changes nothing.
func (x *Index) bandKey(n int32, band int) uint32 {
	h := uint64(hashBasis)
	for i := band * x.signer.rows; i < (band+1)*x.signer.rows; i++ {
		h = h*hashPrime + x.nodes[n].sig.min[i/4]>>(16*(i%4))&0xffff
	}
	return uint32(mix(h))
}

// unchain takes the nodes, all those of the clusters with the given roots, out of
// their chains.
func (x *Index) unchain(nodes []int32, roots map[int32]bool) {
	for b := range x.signer.bands {
		done := map[uint32]bool{}
		for _, n := range nodes {
			if key := x.bandKey(n, b); x.nodes[n].sig.form == full && !done[key] {
				done[key] = true
				x.filter(b, key, roots)
			}
		}
	}
}

// filter leaves in a chain the nodes of other clusters, and forgets its shortcuts.
func (x *Index) filter(band int, key uint32, roots map[int32]bool) {
	head, last := int32(none), int32(none)
	for m, ok := x.heads[band][key]; ok && m != none; {
		l := &x.links[x.at(m, band)]
		next := l.next
		if !roots[x.find(m)] {
			if last == none {
				head = m
			} else {
				x.links[x.at(last, band)] = link{m, m}
			}
			*l = link{none, none}
			last = m
		}
		m = next
	}
	if head == none {
		delete(x.heads[band], key)
		return
	}
	x.heads[band][key] = head
}
