package duplicate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// newIndex returns an index without common shingles.
func newIndex() *Index { return NewIndex(NewSigner(Common{})) }

func add(t *testing.T, x *Index, listing, text string) {
	t.Helper()
	if err := x.Add(Text{Member: Member{Listing: listing}, Text: text}); err != nil {
		t.Fatal(err)
	}
}

func clusterOf(t *testing.T, x *Index, listing string) ClusterID {
	t.Helper()
	id, ok := x.Cluster(listing)
	if !ok {
		t.Fatalf("listing %s is in no cluster", listing)
	}
	return id
}

// partition returns the clusters as sets of listings, in an order of their own.
func partition(x *Index) []string {
	var all []string
	for c := range x.All(1) {
		var names []string
		for _, m := range c.Members {
			names = append(names, m.Listing)
		}
		slices.Sort(names)
		all = append(all, strings.Join(names, " "))
	}
	slices.Sort(all)
	return all
}

func TestNearDuplicatesAreOneCluster(t *testing.T) {
	x := newIndex()
	add(t, x, "a", lamp+" Price $20.")
	add(t, x, "b", strings.Replace(lamp, "brass", "copper", 1)+" Price $30.")
	add(t, x, "c", "Two weeks of lessons on the harbour organ for beginners, mornings only, bring your own shoes and patience.")
	if got, want := partition(x), []string{"a b", "c"}; !slices.Equal(got, want) {
		t.Errorf("clusters %v, want %v", got, want)
	}
}

// The clusters follow from the listings alone: neither the order in which they
// come, nor that some come twice, nor what stood in their place before matters.
func TestTheOrderMeansNothing(t *testing.T) {
	w := newWorld(600, 23)
	common := w.common(chosen())
	want := partition(w.indexed(chosen(), common))
	r := rand.New(rand.NewPCG(1, 9))
	for range 3 {
		x := w.permuted(r.Perm(len(w.texts))).indexed(chosen(), common)
		if got := partition(x); !slices.Equal(got, want) {
			t.Fatalf("%d clusters in another order, want %d", len(got), len(want))
		}
		for _, text := range w.texts[:150] {
			if err := x.Add(text); err != nil {
				t.Fatal(err)
			}
		}
		if got := partition(x); !slices.Equal(got, want) {
			t.Fatal("listings that were added twice changed the clusters")
		}
	}
	x := NewIndex(NewSigner(common))
	for i := range w.texts { // first with each other's texts, read now and then
		text := w.texts[len(w.texts)-1-i].Text
		if err := x.Add(Text{Member: w.texts[i].Member, Text: text}); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			x.Cluster(w.texts[i].Listing)
		}
	}
	for i, text := range w.texts {
		if err := x.Add(text); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			x.Cluster(text.Listing)
		}
	}
	if got := partition(x); !slices.Equal(got, want) {
		t.Fatal("earlier versions of the listings changed the clusters")
	}
}

// oracle returns the clusters by comparing each pair.
func oracle(x *Index, sigs map[string]Signature) []string {
	names := slices.Sorted(maps.Keys(sigs))
	parent := map[string]string{}
	for _, n := range names {
		parent[n] = n
	}
	find := func(n string) string {
		for parent[n] != n {
			n = parent[n]
		}
		return n
	}
	for i, a := range names {
		for _, b := range names[:i] {
			if candidates(x, sigs[a], sigs[b]) {
				parent[find(a)] = find(b)
			}
		}
	}
	sets := map[string][]string{}
	for _, n := range names {
		if sigs[n].Comparable() {
			sets[find(n)] = append(sets[find(n)], n)
		}
	}
	var all []string
	for _, set := range sets {
		all = append(all, strings.Join(set, " "))
	}
	slices.Sort(all)
	return all
}

// candidates reports whether two signatures agree in a band and are similar.
func candidates(x *Index, a, b Signature) bool {
	if a.form != full || b.form != full {
		return a.Similarity(b) == 1
	}
	if a.Similarity(b) < x.signer.threshold {
		return false
	}
	for band := range x.signer.bands { // of four values: one lane
		if a.min[band] == b.min[band] {
			return true
		}
	}
	return false
}

// Whatever is added, replaced and removed, the clusters are those of a comparison
// of each pair.
func FuzzIndex(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte("add, replace and remove"))
	m := newMaker(29)
	var texts []string
	for range 6 {
		text := m.own(3, 6)
		texts = append(texts, text, m.edited(text, 6), m.edited(text, 6), m.borrowing(text), m.edited(m.edited(text, 8), 8))
	}
	texts = append(texts, "", "Brass lamp by post", "brass lamp by post", "Brass lamp, 20 pieces, by post")
	f.Fuzz(func(t *testing.T, ops []byte) {
		x := newIndex()
		sigs := map[string]Signature{}
		for i := 0; i+1 < min(len(ops), 120); i += 2 {
			listing := fmt.Sprint("l", ops[i]%24)
			switch text := int(ops[i+1]); {
			case text >= 240:
				_, had := sigs[listing]
				if delete(sigs, listing); x.Remove(listing) != had {
					t.Fatalf("removed %v, want %v", !had, had)
				}
			case text >= 220:
				x.Cluster(listing)
			default:
				add(t, x, listing, texts[text%len(texts)])
				sigs[listing] = x.signer.Sign(texts[text%len(texts)], nil)
			}
		}
		if got, want := partition(x), oracle(x, sigs); !slices.Equal(got, want) {
			t.Fatalf("clusters\n%q, want\n%q", got, want)
		}
		if x.Len() != len(sigs) {
			t.Fatalf("%d listings, want %d", x.Len(), len(sigs))
		}
		wantIDs(t, x)
	})
}

// The same with signatures that share one band, alike or not, so that its chains
// hold many clusters, and those that are alike meet nowhere else.
func TestClustersThatShareBandsAreThoseOfAllPairs(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 6))
		pool := make([]Signature, 30)
		var base Signature
		for i := range pool { // in threes: the second is near to the first and to the third, which are not near
			pool[i].form = full
			pool[i].min[0] = r.Uint64N(2)
			for l := 1; l < lanes; l++ {
				if i%3 == 0 {
					base.min[l] = r.Uint64()
				}
				change := []uint64{0x1, 0, 0x1_0000_0000}[i%3]
				if l%2 == 0 {
					change |= change << 16
				}
				pool[i].min[l] = base.min[l] ^ change
			}
		}
		x, sigs := newIndex(), map[string]Signature{}
		for range 200 {
			listing := fmt.Sprint("l", r.IntN(40))
			switch r.IntN(8) {
			case 0:
				x.Remove(listing)
				delete(sigs, listing)
			case 1:
				x.Cluster(listing)
			default:
				sigs[listing] = pool[r.IntN(len(pool))]
				if err := x.AddSigned(Member{Listing: listing}, sigs[listing]); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got, want := partition(x), oracle(x, sigs); !slices.Equal(got, want) {
			t.Fatalf("seed %d: clusters\n%q, want\n%q", seed, got, want)
		}
		wantIDs(t, x)
	}
}

// wantIDs fails unless every cluster is found by its ID and by its members, and
// named after its oldest.
func wantIDs(t *testing.T, x *Index) {
	t.Helper()
	for c := range x.All(1) {
		if c.ID != idOf(c.Members[0].Listing) {
			t.Fatalf("cluster %s is not named after %s", c.ID, c.Members[0].Listing)
		}
		if got, ok := x.Members(c.ID); !ok || !slices.Equal(got.Members, c.Members) {
			t.Fatalf("members of %s: %v, want %v", c.ID, got.Members, c.Members)
		}
		for i, m := range c.Members {
			if id := clusterOf(t, x, m.Listing); id != c.ID {
				t.Fatalf("%s is in %s, want %s", m.Listing, id, c.ID)
			}
			if _, ok := x.Members(idOf(m.Listing)); ok && i > 0 {
				t.Fatalf("a cluster is named after %s, which is not its oldest", m.Listing)
			}
		}
	}
}

func TestAClusterKeepsItsIDAsItGrows(t *testing.T) {
	m := newMaker(31)
	text := m.own(8, 12)
	x := newIndex()
	add(t, x, "m", text)
	id := clusterOf(t, x, "m")
	for _, listing := range []string{"z", "a", "k"} {
		add(t, x, listing, m.refilled(m.edited(text, 40)))
		if got := clusterOf(t, x, listing); got != id {
			t.Errorf("%s is in %s, want %s", listing, got, id)
		}
	}
}

func TestTheOlderOfTwoMergedClustersGivesItsID(t *testing.T) {
	const (
		first  = "lantern of brass and green glass with a spare wick and chimney "
		middle = "packed in straw and sent by slow post from the harbour office "
		last   = "after three evenings of organ music for members and their guests"
	)
	x := newIndex()
	add(t, x, "m", first+middle)
	add(t, x, "a", middle+last)
	older, younger := clusterOf(t, x, "m"), clusterOf(t, x, "a")
	if older == younger {
		t.Fatal("they are one cluster before they merge")
	}
	add(t, x, "b", first+middle+last) // near to each
	for _, listing := range []string{"m", "a", "b"} {
		if got := clusterOf(t, x, listing); got != older {
			t.Errorf("%s is in %s, want %s, the older's", listing, got, older)
		}
	}
	if _, ok := x.Members(younger); ok {
		t.Errorf("cluster %s is still there", younger)
	}
}

func TestANewVersionTakesTheOldOnesPlace(t *testing.T) {
	x := newIndex()
	add(t, x, "a", lamp)
	add(t, x, "b", lamp)
	id := clusterOf(t, x, "a")
	add(t, x, "b", "Two weeks of lessons on the harbour organ for beginners, mornings only, bring your own shoes and patience.")
	if clusterOf(t, x, "a") != id || clusterOf(t, x, "b") == id {
		t.Error("b is still with a, whose text it no longer has")
	}
	add(t, x, "b", lamp+" New: with a spare wick.")
	if clusterOf(t, x, "b") != id {
		t.Error("b is not with a again")
	}
	add(t, x, "b", "gone")
	if _, ok := x.Cluster("b"); ok {
		t.Error("b is in a cluster without a text")
	}
	if x.Len() != 2 {
		t.Errorf("%d listings, want 2", x.Len())
	}
}

func TestTheMarketsOwnTextMakesNoCluster(t *testing.T) {
	m := newMaker(37)
	market := m.own(20, 20)
	var texts []Text
	for i := range 60 {
		texts = append(texts, Text{Member: Member{fmt.Sprint("l", i), fmt.Sprint("v", i), "s"}, Text: m.own(4, 6) + " " + market})
	}
	texts = append(texts, Text{Member: Member{"copy", "v99", "s"}, Text: m.refilled(texts[0].Text)})
	w := &world{texts: texts}
	if n := len(partition(w.indexed(chosen(), Common{}))); n > 5 {
		t.Fatalf("without a survey there are %d clusters: the test shows nothing", n)
	}
	x := w.indexed(chosen(), w.common(chosen()))
	if n := len(partition(x)); n != 60 {
		t.Errorf("%d clusters, want 60", n)
	}
	if clusterOf(t, x, "copy") != clusterOf(t, x, "l0") {
		t.Error("a copy is not found for the market's text around it")
	}
}

// A small version of the benchmark.
func TestPlantedDuplicatesAreFound(t *testing.T) {
	w := newWorld(2000, 41)
	x := w.indexed(chosen(), w.common(chosen()))
	if s := w.score(x); s.precision < 0.99 || s.recall < 0.95 {
		t.Errorf("precision %.4f, recall %.4f, want 0.99 and 0.95", s.precision, s.recall)
	}
	if x.Crowded() > 0 {
		t.Errorf("%d texts met too many unlike ones", x.Crowded())
	}
}

func TestTiesAreWhatThePagesState(t *testing.T) {
	c := Cluster{Members: []Member{{"a", "Fathom ", "m1"}, {"b", "fathom", "m1"}, {"c", "ferry", "m2"}, {"d", "", "m1"}}}
	want := []Tie{{c.Members[1], false, false}, {c.Members[2], true, true}, {c.Members[3], false, false}}
	if got := c.Ties("a"); !slices.Equal(got, want) {
		t.Errorf("ties %+v, want %+v", got, want)
	}
	if got := c.Vendors(); !slices.Equal(got, []string{"Fathom ", "ferry"}) {
		t.Errorf("vendors %q", got)
	}
	if got := c.Sources(); !slices.Equal(got, []string{"m1", "m2"}) {
		t.Errorf("sources %q", got)
	}
	if got := c.Ties("x"); got != nil {
		t.Errorf("ties of no member: %v", got)
	}
}

func TestTheZeroIndexRefuses(t *testing.T) {
	var x Index
	if err := x.Add(Text{Member: Member{Listing: "a"}, Text: lamp}); err == nil {
		t.Error("the zero Index takes a listing")
	}
	if _, err := x.AppendBinary(nil); err == nil {
		t.Error("the zero Index has a state")
	}
	if _, ok := x.Cluster("a"); ok {
		t.Error("the zero Index has a cluster")
	}
	y := newIndex()
	for _, m := range []Member{{}, {Listing: strings.Repeat("a", maxName+1)}} {
		if err := y.Add(Text{Member: m, Text: lamp}); err == nil {
			t.Errorf("a listing with an ID of %d bytes is taken", len(m.Listing))
		}
	}
}

// Texts that share a band and nothing else cost a bounded number of comparisons
// each, and the index says that it did not make all.
func TestCrowdsAreBoundedAndCounted(t *testing.T) {
	x := newIndex()
	x.most = 100
	r := rand.New(rand.NewPCG(5, 5))
	const more = 50
	for i := range x.most + more {
		s := Signature{form: full}
		for l := range s.min {
			s.min[l] = r.Uint64()
		}
		s.min[0] = 7 // the first band
		if err := x.AddSigned(Member{Listing: fmt.Sprint(i)}, s); err != nil {
			t.Fatal(err)
		}
	}
	if x.Crowded() != more-1 && x.Crowded() != more {
		t.Errorf("%d crowded, want about %d", x.Crowded(), more)
	}
}

func TestTheStateIsReadBack(t *testing.T) {
	w := newWorld(500, 43)
	x := w.indexed(chosen(), w.common(chosen()))
	add(t, x, "short", "Brass lamp by post")
	add(t, x, "silent", "")
	x.Remove(w.texts[3].Listing)
	state, err := x.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	y, signer, err := ReadIndex(state)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Collect(y.All(1)), slices.Collect(x.All(1)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d clusters read back, want %d", len(got), len(want))
	}
	if again, err := y.AppendBinary(nil); err != nil || string(again) != string(state) {
		t.Errorf("its state differs from the one it was read from (%v)", err)
	}
	if signer.Sign(w.texts[0].Text, nil) != x.signer.Sign(w.texts[0].Text, nil) {
		t.Error("its signer passes over other shingles")
	}
}

func TestADamagedStateIsRefused(t *testing.T) {
	x := newIndex()
	add(t, x, "a", lamp)
	add(t, x, "b", "Brass lamp by post")
	state, err := x.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range state {
		b := slices.Clone(state)
		b[i] ^= 1
		if _, _, err := ReadIndex(b); err == nil {
			t.Errorf("a changed byte %d is not noticed", i)
		}
		if _, _, err := ReadIndex(state[:i]); err == nil {
			t.Errorf("the first %d bytes are read", i)
		}
	}
}
