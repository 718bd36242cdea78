package bolt

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

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
	f := docFacts{1, 2, 3, 4, 5, 6, 7, 8, 5, docWaits | docErased, 1<<64 - 2, 0.1234}
	b := f.appendTo([]byte{9})
	if len(b) != 1+factsSize || parseFacts(b[1:]) != f {
		t.Errorf("%d bytes, %+v; want %d and %+v", len(b)-1, parseFacts(b[1:]), factsSize, f)
	}
}

// FuzzPage: a page token is the one that was made for the request, or refused.
func FuzzPage(f *testing.F) {
	r := store.SearchRequest{Query: search.Query{Clauses: []search.Clause{{Any: []search.Term{{Kind: search.Text, Words: []string{"a"}}}}}}}
	token, err := pageToken(r, place{last: 9, doc: 5, level: 3, score: 0.5})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("")
	f.Fuzz(func(t *testing.T, page string) {
		r.Page = page
		p, err := parsePage(r, 10)
		if err != nil {
			return
		}
		if again, err := pageToken(r, p); err != nil || again != page && !sameBits(again, page) || p.last > 10 {
			t.Fatalf("%q gives %+v, which gives %q, %v", page, p, again, err)
		}
	})
}

// sameBits reports whether two tokens differ in nothing but bits that base64
// leaves unused.
func sameBits(a, b string) bool { return bytes.Equal([]byte(a)[:len(a)-1], []byte(b)[:len(b)-1]) }

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
