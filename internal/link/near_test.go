package link_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vigil"
	"vigil/internal/link"
)

// caseOf is a case of mentions, which notes what is read of it.
func caseOf(read map[string]int, ms ...vigil.Mention) link.Case {
	all := slices.Collect(func(yield func(vigil.Mention) bool) {
		for m := range stream(ms) {
			if !yield(m) {
				return
			}
		}
	})
	return link.Case{
		Keys: func(listing string) (keys []string, err error) {
			for _, m := range all {
				if m.Listing == listing && !slices.Contains(keys, m.Identifier.Key) {
					keys = append(keys, m.Identifier.Key)
				}
			}
			return keys, nil
		},
		Mentions: func(key string) iter.Seq2[vigil.Mention, error] {
			return func(yield func(vigil.Mention, error) bool) {
				for _, m := range all {
					if m.Identifier.Key != key {
						continue
					}
					read[key]++
					if !yield(m, nil) {
						return
					}
				}
			}
		},
	}
}

// members returns the IDs of a listing's component.
func members(g *link.Graph, listing string) (ids []string) {
	c, ok := g.Component(listing)
	if !ok {
		return nil
	}
	ls, _ := g.Members(c.ID)
	for _, l := range ls {
		ids = append(ids, l.ID)
	}
	return ids
}

func TestTheGraphAroundAListingHasTheComponentOfTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	for range 300 {
		toy := randomToy(r)
		o := link.Options{MaxListings: 1 + r.IntN(5), Listings: func(string) int { return 100 }}
		whole := build(t, o, toy.ties, toy.mentions...)
		for _, l := range toy.listings {
			g, cut, err := link.Near(l, caseOf(map[string]int{}, toy.mentions...), toy.ties, o, link.Bounds{})
			if err != nil || cut.Any() {
				t.Fatalf("error %v, cut %+v", err, cut)
			}
			want, _ := whole.Component(l)
			got, _ := g.Component(l)
			if a, b := members(whole, l), members(g, l); !slices.Equal(a, b) || want != got {
				t.Fatalf("around %s: %+v of %v, in the whole graph %+v of %v", l, got, b, want, a)
			}
			if a, b := timeless(whole.Neighbours(l)), timeless(g.Neighbours(l)); fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
				t.Fatalf("neighbours of %s:\n%+v\nin the whole graph\n%+v", l, b, a)
			}
		}
	}
}

// timeless leaves out when listings were first and last seen, which the part does
// not know of those outside the component.
func timeless(ns []link.Neighbour) []link.Neighbour {
	for i := range ns {
		ns[i].Key.Tie = nil // an address
		for j := range ns[i].There {
			l := &ns[i].There[j].Listing
			l.First, l.Last = time.Time{}, time.Time{}
		}
	}
	return ns
}

func TestTheGraphAroundAListingReadsNothingBehindAHub(t *testing.T) {
	ms := []vigil.Mention{says("s/v/l1", "xmr:own", 1)}
	for i := range 20 {
		l := fmt.Sprintf("s/v%d/m%d", i, i)
		ms = append(ms, says(l, "xmr:hub", 1), says(l, fmt.Sprintf("xmr:far%d", i), 1))
	}
	ms = append(ms, says("s/v/l1", "xmr:hub", 1))
	read := map[string]int{}
	g, cut, err := link.Near("l1", caseOf(read, ms...), nil, link.Options{Listings: func(string) int { return 100 }}, link.Bounds{})
	if err != nil || cut.Any() {
		t.Fatalf("error %v, cut %+v", err, cut)
	}
	if len(read) != 2 || why(t, g, "l1", "xmr:hub") != link.WeakHub {
		t.Errorf("read %v: want the hub and the listing's own key", read)
	}
}

func TestTheGraphAroundAListingSaysWhatItLeavesOut(t *testing.T) {
	var ms []vigil.Mention
	for i := range 9 { // l0 – l1 – … – l9
		ms = append(ms, says(fmt.Sprintf("s/v/l%d", i), fmt.Sprintf("xmr:k%d", i), 1), says(fmt.Sprintf("s/v/l%d", i+1), fmt.Sprintf("xmr:k%d", i), 1))
	}
	for _, c := range []struct {
		b    link.Bounds
		want link.Cut
		n    int
	}{
		{link.Bounds{}, link.Cut{}, 10},
		{link.Bounds{Depth: 3}, link.Cut{Listings: 1}, 5},
		{link.Bounds{Listings: 4}, link.Cut{Listings: 1}, 5},
		{link.Bounds{Keys: 2}, link.Cut{Keys: 1}, 3},
		{link.Bounds{Mentions: 1}, link.Cut{Common: []string{"xmr:k0"}}, 1},
	} {
		g, cut, err := link.Near("l0", caseOf(map[string]int{}, ms...), nil, link.Options{}, c.b)
		if err != nil || fmt.Sprint(cut) != fmt.Sprint(c.want) || len(members(g, "l0")) != c.n {
			t.Errorf("%+v: %d listings, cut %+v, error %v; want %d, %+v", c.b, len(members(g, "l0")), cut, err, c.n, c.want)
		}
	}
}

func TestWhatCannotBeReadAroundAListingIsAnError(t *testing.T) {
	broken := errors.New("broken index")
	for name, c := range map[string]link.Case{
		"keys": {Keys: func(string) ([]string, error) { return nil, broken }},
		"mentions": {
			Keys: func(string) ([]string, error) { return []string{"xmr:k"}, nil },
			Mentions: func(string) iter.Seq2[vigil.Mention, error] {
				return func(yield func(vigil.Mention, error) bool) { yield(vigil.Mention{}, broken) }
			},
		},
	} {
		if _, _, err := link.Near("l", c, nil, link.Options{}, link.Bounds{}); !errors.Is(err, broken) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
