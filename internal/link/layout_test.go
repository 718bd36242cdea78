package link

import (
	"math/rand/v2"
	"testing"
)

func TestCrossingsAreThoseOfAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for range 300 {
		n, m := 1+r.IntN(9), 1+r.IntN(9)
		l := &layout{names: map[uint32]int{}, keyNos: map[uint32]int{}}
		for i, at := range r.Perm(n) {
			l.names[uint32(at)] = i
			l.groups = append(l.groups, group{listings: []uint32{uint32(i)}})
		}
		for i, at := range r.Perm(m) {
			l.keyNos[uint32(at)] = i
			l.keys = append(l.keys, uint32(i))
		}
		for range r.IntN(40) {
			l.links = append(l.links, [2]int{r.IntN(n), r.IntN(m)})
		}
		listings, keys := l.order()
		want := 0
		for i, a := range l.links {
			for _, b := range l.links[:i] {
				if (listings[a[0]]-listings[b[0]])*(keys[a[1]]-keys[b[1]]) < 0 {
					want++
				}
			}
		}
		if got := l.crossings(); got != want {
			t.Fatalf("%v in orders %v and %v: %d crossings, want %d", l.links, listings, keys, got, want)
		}
	}
}
