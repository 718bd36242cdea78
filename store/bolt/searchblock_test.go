package bolt

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"vigil/internal/seal"
	"vigil/internal/search"
	"vigil/store"
)

// blocksOf writes postings, which are sorted, into blocks.
func blocksOf(t testing.TB, ps []posting) (blocks [][]byte, firsts []posting) {
	t.Helper()
	m := blockMaker{put: func(first posting, block []byte) error {
		blocks, firsts = append(blocks, block), append(firsts, first)
		return nil
	}}
	for _, p := range ps {
		if err := m.add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.flush(); err != nil {
		t.Fatal(err)
	}
	return blocks, firsts
}

func TestBlocksKeepTheirPostings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, kinds := range []int{1, 3, 200, 100_000} {
		var ps []posting
		tokens := []uint64{0, 1, 1<<64 - 1}
		for len(tokens) < kinds {
			tokens = append(tokens, r.Uint64())
		}
		for range 20_000 {
			ps = append(ps, posting{tokens[r.IntN(min(kinds, len(tokens)))], 1 + r.Uint32N(1<<uint(1+r.IntN(31)))})
		}
		slices.SortFunc(ps, byToken)
		ps = slices.Compact(ps)
		blocks, firsts := blocksOf(t, ps)
		var got []posting
		for i, b := range blocks {
			if len(b) > maxBlock {
				t.Errorf("a block of %d bytes, at most %d", len(b), maxBlock)
			}
			if i > 0 && byToken(firsts[i-1], firsts[i]) >= 0 {
				t.Errorf("block %d begins with %v, the one before with %v", i, firsts[i], firsts[i-1])
			}
			n := len(got)
			var err error
			if got, err = appendBlock(got, b); err != nil {
				t.Fatal(err)
			}
			if got[n] != firsts[i] {
				t.Errorf("block %d begins with %v, its key says %v", i, got[n], firsts[i])
			}
		}
		if !slices.Equal(got, ps) {
			t.Errorf("%d kinds: %d postings came back of %d", kinds, len(got), len(ps))
		}
	}
}

// FuzzBlock: a block gives postings that rise, or an error; and what it gives can
// be written and read again.
func FuzzBlock(f *testing.F) {
	blocks, _ := blocksOf(f, []posting{{1, 1}, {1, 2}, {1, 300}, {7, 1}, {1 << 63, 1 << 31}})
	f.Add(blocks[0])
	f.Add([]byte{})
	f.Add([]byte{0, 1, 0})
	f.Add(binary.AppendUvarint(nil, 1<<63))
	f.Fuzz(func(t *testing.T, b []byte) {
		ps, err := appendBlock(nil, b)
		if err != nil {
			return
		}
		for i, p := range ps {
			if p.doc == 0 || i > 0 && byToken(ps[i-1], p) >= 0 {
				t.Fatalf("posting %d is %v", i, p)
			}
		}
		var again []posting
		written, _ := blocksOf(t, ps)
		for _, w := range written {
			if again, err = appendBlock(again, w); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(ps, again) {
			t.Fatalf("%d postings came back as %d", len(ps), len(again))
		}
	})
}

func TestFactsKeepTheirFields(t *testing.T) {
	f := docFacts{1, 2, 3, 4, 5, 6, 7, 8, 9, 5, docWaits | docErased, 1<<64 - 2, 0.1234}
	b := f.appendTo([]byte{9})
	if len(b) != 1+factsSize || parseFacts(b[1:]) != f {
		t.Errorf("%d bytes, %+v; want %d and %+v", len(b)-1, parseFacts(b[1:]), factsSize, f)
	}
}

// FuzzPage: a page token is one that was made for the request, in its one
// spelling, or refused; in an encrypted case none can be made without the key.
func FuzzPage(f *testing.F) {
	r := store.SearchRequest{Query: search.Query{Clauses: []search.Clause{{Any: []search.Term{{Kind: search.Text, Words: []string{"a"}}}}}}}
	sealed, err := seal.New(Key{ID: [4]byte{1}, Secret: [32]byte{1}})
	if err != nil {
		f.Fatal(err)
	}
	plainPages, err := newPager(nil, "1 X", r)
	if err != nil {
		f.Fatal(err)
	}
	sealedPages := plainPages
	sealedPages.box = sealed
	at := hitPlace{last: 9, doc: 5, level: 3, score: 0.5}
	made := sealedPages.token(at)
	f.Add(plainPages.token(at))
	f.Add(made)
	f.Add(made + "\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, page string) {
		if p, err := sealedPages.parse(page, 10); err == nil && p != at { // all that were made with the key are of one place
			t.Fatalf("sealed: %q gives %+v", page, p)
		}
		p, err := plainPages.parse(page, 10)
		if err != nil {
			return
		}
		if again := plainPages.token(p); again != page || p.last > 10 {
			t.Fatalf("%q gives %+v, which gives %q", page, p, again)
		}
	})
}

// TestAPageIsOfItsSearchAndIndex: of another query, order, index or key it is
// refused.
func TestAPageIsOfItsSearchAndIndex(t *testing.T) {
	r := store.SearchRequest{Query: search.Query{Clauses: []search.Clause{{Any: []search.Term{{Kind: search.Text, Words: []string{"a"}}}}}}}
	other := store.SearchRequest{Query: search.Query{Clauses: []search.Clause{{Not: true, Any: r.Query.Clauses[0].Any}}}}
	ordered := r
	ordered.Order = store.ByLevel
	one, err1 := seal.New(Key{Secret: [32]byte{1}})
	two, err2 := seal.New(Key{Secret: [32]byte{2}})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	at := hitPlace{last: 9, doc: 5, level: 3, score: 0.5}
	for _, b := range []*box{nil, one} {
		mine, err := newPager(b, "1 X", r)
		if err != nil {
			t.Fatal(err)
		}
		token := mine.token(at)
		if p, err := mine.parse(token, 9); p != at || err != nil {
			t.Errorf("its own page: %+v, %v", p, err)
		}
		for what, of := range map[string]struct {
			box   *box
			index string
			r     store.SearchRequest
			last  uint32
		}{
			"another query": {b, "1 X", other, 9}, "another order": {b, "1 X", ordered, 9}, "another index": {b, "1 Y", r, 9},
			"another key": {two, "1 X", r, 9}, "an index with fewer documents": {b, "1 X", r, 8},
		} {
			g, err := newPager(of.box, of.index, of.r)
			if err != nil {
				t.Fatal(err)
			}
			if p, err := g.parse(token, of.last); err != store.ErrPage || p != (hitPlace{}) {
				t.Errorf("sealed %t, %s: %+v, %v; want store.ErrPage", b != nil, what, p, err)
			}
		}
	}
}

func TestSetsGiveTheirHighest(t *testing.T) {
	s := newDocSet(300)
	for _, n := range []uint32{1, 63, 64, 128, 300, 1000} {
		s.add(n)
	}
	var got []uint32
	for n := s.from(1 << 31); n > 0; n = s.from(n - 1) {
		got = append(got, n)
	}
	if want := []uint32{300, 128, 64, 63, 1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
