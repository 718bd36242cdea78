package link

import "slices"

// maxNeighbours bounds how many listings are shown behind one key.
const maxNeighbours = 100

// A Neighbour is a key that a listing names, and the other listings that name
// it.
type Neighbour struct {
	Key   Key    `json:"key"`
	Here  Edge   `json:"here"`
	There []Edge `json:"there"`          // strong ones first, then by listing; 100 at most
	More  int    `json:"more,omitempty"` // others beyond those
}

// Neighbours returns what a listing is linked by, the strongest first: strong
// edges before weak ones, then rare keys before common ones. Keys that no other
// listing names are there as well. It returns nothing for a listing that is not
// in the graph.
func (g *Graph) Neighbours(listing string) []Neighbour {
	l, ok := g.find(listing)
	if !ok {
		return nil
	}
	edges := slices.Clone(g.edgesOf(l))
	slices.SortFunc(edges, g.byStrength)
	var out []Neighbour
	for _, i := range edges {
		out = append(out, g.neighbour(i))
	}
	return out
}

func (g *Graph) neighbour(i uint32) Neighbour {
	here := g.edges[i]
	n := Neighbour{Key: g.keyAt(here.key), Here: g.edgeAt(i), There: []Edge{}}
	for _, weak := range []bool{false, true} {
		for j := g.keys[here.key].from; j < g.keyEnd(here.key); j++ {
			switch {
			case j == i || (g.edges[j].weak != 0) != weak:
			case len(n.There) == maxNeighbours:
				n.More++
			default:
				n.There = append(n.There, g.edgeAt(j))
			}
		}
	}
	return n
}
