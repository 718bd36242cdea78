package link_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/link"
)

// A toy is a small random graph as plain maps: for each key, which listings name
// it, and whether so that it ties.
type toy struct {
	listings []string
	keys     []string
	strong   map[[2]string]bool // key, listing
	cut      map[[2]string]bool
	mentions []vigil.Mention
	ties     []vigil.Tie
}

func randomToy(r *rand.Rand) toy {
	t := toy{strong: map[[2]string]bool{}, cut: map[[2]string]bool{}}
	for i := range 2 + r.IntN(7) {
		t.listings = append(t.listings, fmt.Sprintf("l%d", i))
	}
	for i := range 1 + r.IntN(7) {
		t.keys = append(t.keys, fmt.Sprintf("xmr:k%d", i))
	}
	for _, k := range t.keys {
		weak := r.IntN(5) == 0
		for _, l := range t.listings {
			if r.IntN(3) > 0 {
				continue
			}
			m := says("s/v-"+l+"/"+l, k, 1+r.IntN(9))
			if weak {
				m.Identifier.Class = vigil.ClassC
			}
			if r.IntN(6) == 0 {
				m.Identifier.Warned = true
			}
			t.mentions = append(t.mentions, m)
			pair := [2]string{k, l}
			t.strong[pair] = !weak && !m.Identifier.Warned
			if r.IntN(8) == 0 {
				t.ties = append(t.ties, tie(vigil.TieCut, l, "", k, 9))
				t.strong[pair], t.cut[pair] = false, true
			}
		}
	}
	if a, b := r.IntN(len(t.listings)), r.IntN(len(t.listings)); a != b && r.IntN(3) == 0 {
		join := tie(vigil.TieJoin, t.listings[a], t.listings[b], "", 9)
		t.ties = append(t.ties, join)
		t.keys = append(t.keys, "tie:"+join.ID)
		for _, l := range []int{a, b} {
			t.strong[[2]string{"tie:" + join.ID, t.listings[l]}] = true
		}
	}
	slices.Sort(t.keys)
	return t
}

// named reports whether the listing names the key.
func (t toy) named(k, l string) bool { _, ok := t.strong[[2]string{k, l}]; return ok }

func (t toy) takes(k, l string, weak bool) bool {
	p := [2]string{k, l}
	return t.named(k, l) && (t.strong[p] || weak && !t.cut[p])
}

// reaches marks all that is tied to a listing, in rounds until nothing changes.
func (t toy) reaches(from string) map[string]bool {
	seen := map[string]bool{from: true}
	for changed := true; changed; {
		changed = false
		for _, k := range t.keys {
			for _, a := range t.listings {
				for _, b := range t.listings {
					if seen[a] && !seen[b] && t.takes(k, a, false) && t.takes(k, b, false) {
						seen[b], changed = true, true
					}
				}
			}
		}
	}
	return seen
}

// A way is a path as key, listing, key, listing, …
type way struct {
	hops []string
	cost int
}

// best tries all ways from a to b without a listing twice, shorter ones first.
func (t toy) best(a, b string, weak bool) (way, bool) {
	ways := []way{{}}
	for range t.listings {
		var longer, found []way
		for _, w := range ways {
			at := a
			if len(w.hops) > 0 {
				at = w.hops[len(w.hops)-1]
			}
			if at == b {
				found = append(found, w)
			}
			for _, k := range t.keys {
				for _, l := range t.listings {
					if l == a || l == at || slices.Contains(w.hops, l) || !t.takes(k, at, weak) || !t.takes(k, l, weak) {
						continue
					}
					longer = append(longer, way{append(slices.Clone(w.hops), k, l), w.cost + t.cost(k, at) + t.cost(k, l)})
				}
			}
		}
		if len(found) > 0 {
			return slices.MinFunc(found, func(x, y way) int {
				if x.cost != y.cost {
					return x.cost - y.cost
				}
				return slices.Compare(x.hops, y.hops)
			}), true
		}
		ways = longer
	}
	return way{}, false
}

// cost is a weak edge above all, then the rarity of the key.
func (t toy) cost(k, l string) int {
	df := 0
	for _, x := range t.listings {
		if t.named(k, x) {
			df++
		}
	}
	c := int(math.Round(math.Log(1+float64(df)) * 16384))
	if !t.strong[[2]string{k, l}] {
		c += 1 << 40
	}
	return c
}

func spell(p link.Path) []string {
	var hops []string
	for _, s := range p.Steps {
		hops = append(hops, s.Key.Key, s.To.Listing.ID)
	}
	return hops
}

func TestComponentsAndPathsAreThoseOfAPlainSearch(t *testing.T) {
	var paths, weakPaths, none int
	for seed := range uint64(500) {
		toy := randomToy(rand.New(rand.NewPCG(seed, 7)))
		g := build(t, link.Options{ChromeShare: 1}, toy.ties, toy.mentions...) // nothing is chrome
		for i, a := range toy.listings {
			if _, ok := g.Listing(a); !ok {
				continue
			}
			reached := toy.reaches(a)
			if c, _ := g.Component(a); c.Listings != len(reached) {
				t.Fatalf("seed %d: component of %s has %d listings, want %d", seed, a, c.Listings, len(reached))
			}
			for _, b := range toy.listings[i+1:] {
				if _, ok := g.Listing(b); !ok {
					continue
				}
				if linked(t, g, a, b) != reached[b] {
					t.Fatalf("seed %d: %s and %s linked %v, want %v", seed, a, b, !reached[b], reached[b])
				}
				for _, weak := range []bool{false, true} {
					p, ok := g.Path(a, b, weak)
					want, wantOK := toy.best(a, b, false)
					wantWeak := false
					if !wantOK && weak {
						want, wantOK = toy.best(a, b, true)
						wantWeak = true
					}
					if ok != wantOK || ok && (!slices.Equal(spell(p), want.hops) || p.Weak != wantWeak) {
						t.Fatalf("seed %d, weak %v: from %s to %s by %v (%v, weak %v), want %v (%v, weak %v)", seed, weak, a, b, spell(p), ok, p.Weak, want.hops, wantOK, wantWeak)
					}
					checkPath(t, g, p, ok, a, b, weak)
					switch {
					case !ok:
						none++
					case p.Weak:
						weakPaths++
					default:
						paths++
					}
				}
			}
		}
	}
	if paths < 1500 || weakPaths < 150 || none < 300 {
		t.Errorf("%d strong paths, %d weak ones and %d pairs without one: too few to show anything", paths, weakPaths, none)
	}
}

// checkPath checks that a path hangs together, and that the path back is the
// same one.
func checkPath(t *testing.T, g *link.Graph, p link.Path, ok bool, a, b string, weak bool) {
	t.Helper()
	back, okBack := g.Path(b, a, weak)
	if ok != okBack || len(back.Steps) != len(p.Steps) {
		t.Fatalf("from %s to %s %v, but back %v", a, b, p, back)
	}
	at := a
	for i, s := range p.Steps {
		if s.From.Listing.ID != at || s.From.Key != s.Key.Key || s.To.Key != s.Key.Key || len(s.From.Evidence) == 0 || len(s.To.Evidence) == 0 {
			t.Fatalf("step %d of %v does not hang together", i, p)
		}
		at = s.To.Listing.ID
		r := back.Steps[len(back.Steps)-1-i]
		if r.Key.Key != s.Key.Key || r.From.Listing.ID != at || r.To.Listing.ID != s.From.Listing.ID {
			t.Fatalf("the path back from %s to %s is another one", b, a)
		}
	}
	if ok && at != b {
		t.Fatalf("the path to %s ends at %s", b, at)
	}
}

func TestComponentsComeBySizeThenID(t *testing.T) {
	for seed := range uint64(200) {
		toy := randomToy(rand.New(rand.NewPCG(seed, 3)))
		g := build(t, link.Options{ChromeShare: 1}, toy.ties, toy.mentions...) // nothing is chrome
		cs := g.Components()
		if !slices.IsSortedFunc(cs, func(a, b link.Component) int {
			if a.Listings != b.Listings {
				return b.Listings - a.Listings
			}
			return strings.Compare(a.ID, b.ID)
		}) {
			t.Fatalf("seed %d: %v is not sorted", seed, cs)
		}
		for _, c := range cs {
			ls, ks := g.Members(c.ID)
			if len(ls) != c.Listings || len(ks) != c.Keys || c.Listings < 2 || c.Vendors > len(ls) || c.Sources > 1 {
				t.Fatalf("seed %d: %+v has %d listings and %d keys", seed, c, len(ls), len(ks))
			}
			for _, l := range ls {
				if of, _ := g.Component(l.ID); of != c {
					t.Fatalf("seed %d: %s is a member of %s, but in %s", seed, l.ID, c.ID, of.ID)
				}
			}
		}
	}
}

func TestAComponentKeepsItsIDAsItGrows(t *testing.T) {
	ms := []vigil.Mention{says("s/v/l5", "xmr:a", 1), says("s/v/l6", "xmr:a", 2)}
	before, _ := build(t, link.Options{}, nil, ms...).Component("l5")
	ms = append(ms, says("s/v/l1", "xmr:a", 3), says("s/v/l1", "xmr:b", 3), says("s/v/l9", "xmr:b", 4))
	after, _ := build(t, link.Options{}, nil, ms...).Component("l9")
	if before.ID != after.ID || after.Listings != 4 {
		t.Errorf("%+v became %+v, want the same ID", before, after)
	}
}
