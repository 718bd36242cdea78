package main

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/desk"
	"vigil/store"
)

// Texts of three different things.
const (
	tea   = "A crate of black tea from the northern hills, picked in spring, packed dry in waxed paper and nailed shut by the growers themselves."
	oil   = "Lamp oil of the second press, filtered through charcoal, in stone jars of ten measures each with a cork and a seal of red wax."
	brass = "Brass hinges for doors and chests, cast in sand and finished by hand, with screws of the same metal, sold by weight or by the pair."
)

// offer is a listing whose text differs from others' in its numbers alone.
func offer(n int, vendor, words string) (vigil.Listing, vigil.Assessment) {
	return vigil.Listing{
			URL: casetest.Address(n), Title: fmt.Sprintf("Lot %d", n), Vendor: vendor,
			Description: fmt.Sprintf("%s Sent within %d days.", words, n),
		}, vigil.Assessment{
			Level: vigil.LevelReview, Genre: vigil.GenreOfferGoods, Lang: "en",
		}
}

// add puts an offer into a case.
func add(t *testing.T, c *casetest.Case, n int, vendor, words string) string {
	t.Helper()
	l, a := offer(n, vendor, words)
	c.Now = c.Now.Add(time.Minute)
	return c.Add(t, l, a)
}

// found brings a keeper up to date and returns its picture.
func found(t *testing.T, k *clusterKeeper, f *clusterFinder) *clusterPicture {
	t.Helper()
	if err := k.update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	return k.picture()
}

// together returns the listings that a picture has in the cluster of one, sorted.
func together(p *clusterPicture, id string) (ids []string) {
	if p.of[id] == nil {
		return nil
	}
	for _, m := range p.of[id].Members {
		ids = append(ids, m.Listing)
	}
	slices.Sort(ids)
	return ids
}

func sorted(ids ...string) []string {
	slices.Sort(ids)
	return ids
}

func TestTheKeeperOfClustersFollowsTheCase(t *testing.T) {
	c := casetest.New(t)
	a := add(t, c, 1, "v1", tea)
	b := add(t, c, 2, "v2", tea)
	alone := add(t, c, 3, "v3", brass)
	k := newClusterKeeper(c.Store)
	f := &clusterFinder{st: c.Store}
	if k.picture() != nil {
		t.Error("there is a picture before anything was looked at")
	}
	p := found(t, k, f)
	if got := together(p, a); !slices.Equal(got, sorted(a, b)) || together(p, alone) != nil {
		t.Errorf("the cluster of %s is %v, that of %s %v", a, got, alone, together(p, alone))
	}
	d := add(t, c, 4, "v4", tea)
	later := found(t, k, f)
	if got := together(later, a); !slices.Equal(got, sorted(a, b, d)) || later.of[a].ID != p.of[a].ID {
		t.Errorf("after one more the cluster is %v", got)
	}
	if got := together(p, a); !slices.Equal(got, sorted(a, b)) {
		t.Errorf("an earlier picture changed: %v", got)
	}
	add(t, c, 2, "v2", oil)
	if got := together(found(t, k, f), a); !slices.Equal(got, sorted(a, d)) {
		t.Errorf("after another text of %s the cluster is %v", b, got)
	}
}

// What the keeper follows is what the command line finds by reading everything.
func TestTheKeeperOfClustersFindsWhatAllReadAtOnceFinds(t *testing.T) {
	c := casetest.New(t)
	k, f := newClusterKeeper(c.Store), &clusterFinder{st: c.Store}
	words := []string{tea, oil, brass}
	for n := range 24 {
		add(t, c, n, fmt.Sprintf("v%d", n%5), words[n%3])
		if n%7 == 0 {
			found(t, k, f)
		}
	}
	p := found(t, k, f)
	x, err := duplicatesIn(t.Context(), &openCase{Store: c.Store})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for cl := range x.All(2) {
		for _, m := range cl.Members {
			n++
			if p.of[m.Listing] == nil || p.of[m.Listing].ID != cl.ID || len(p.of[m.Listing].Members) != len(cl.Members) {
				t.Errorf("listing %s is not in cluster %s of %d", m.Listing, cl.ID, len(cl.Members))
			}
		}
	}
	if n == 0 || n != len(p.of) {
		t.Errorf("%d listings are in clusters, the keeper has %d", n, len(p.of))
	}
}

// A countingReader counts how often all items are read.
type countingReader struct {
	store.Reader
	items *int
}

func (r countingReader) Items(ctx context.Context, f store.Filter) iter.Seq2[store.Item, error] {
	*r.items++
	return r.Reader.Items(ctx, f)
}

func TestTheKeeperOfClustersReadsAllListingsOnce(t *testing.T) {
	c := casetest.New(t)
	for n := range 6 {
		add(t, c, n, "v", tea)
	}
	passes := 0
	r := countingReader{c.Store, &passes}
	k, f := newClusterKeeper(r), &clusterFinder{st: r}
	found(t, k, f)
	first := passes
	add(t, c, 9, "v", tea)
	found(t, k, f)
	found(t, k, f)
	if first == 0 || passes != first {
		t.Errorf("all listings were read %d times, then %d times more", first, passes-first)
	}
}

func TestThePageOfAClusterIsReadyAMomentAfterItIsAskedFor(t *testing.T) {
	c := casetest.New(t)
	a, b := add(t, c, 1, "v1", tea), add(t, c, 2, "v2", tea)
	k := newClusterKeeper(c.Store)
	p := &similarPages{st: c.Store, clusters: k}
	d := &desk.Desk{Store: c.Store, Who: access.Alone("ada", c.Now), Now: func() time.Time { return c.Now }}
	s, err := p.of(t.Context(), d, a)
	if err != nil || !s.Wait {
		t.Errorf("%+v, %v: want a page that waits while nobody looks for clusters", s, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); k.run(ctx) }()
	<-k.ready
	if s, err = p.of(t.Context(), d, a); err != nil {
		t.Fatal(err)
	}
	if s.Wait || len(s.Members) != 2 || s.Members[0].ID != a || s.Members[1].ID != b || s.Seen == "" || s.AsOf.IsZero() || len(s.Slots) == 0 {
		t.Errorf("%+v: want the cluster of two with its slots", s)
	}
	if of := p.clusterOf([]string{a, b, "unknown"}); len(of) != 2 || of[a] != of[b] {
		t.Errorf("clusters %v", of)
	}
	if _, err := d.Judge(t.Context(), desk.Choice{Listing: b, Verdict: vigil.SuspectedMinor, Reason: "possible-minor"}); err != nil {
		t.Fatal(err)
	}
	if s, err = p.of(t.Context(), d, a); err != nil || s.Members[1].Why != "restricted" || s.Hidden != 1 || s.Members[1].Vendor != "" {
		t.Errorf("with a restricted member: %+v, %v", s, err)
	}
	stop()
	<-done
}
