package stats

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"math"
	"reflect"
	"slices"
	"time"

	"vigil"
)

// maxIndicators bounds how many indicators are told apart: one bit of a listing
// each. Those that come later are counted for nothing.
const maxIndicators = 128

// kept is what a projection keeps. Listings lie in pieces of a fixed size, so that
// growing copies none of them, and are found by open addressing.
type kept struct {
	seed    maphash.Seed
	pieces  []*[pieceSize]listing
	n       int      // listings in pieces; erased ones stay there, empty
	index   []uint32 // 1 + place of a listing; 0 is free. Its length is a power of two
	votes   []vote
	free    uint32 // 1 + place of a vote that is not in use; 0 is none
	readers names
	models  names
	model   string // of the newest assessment
	signs   names  // indicators
	// verdicts are those of vigil.Verdicts, behind the empty one of a withdrawal.
	verdicts []vigil.Verdict
}

const pieceSize = 1024

// A listing is what is kept of one: 52 bytes, and at most 10 in the index.
type listing struct {
	id    [16]byte
	found [maxIndicators / 32]uint32 // indicators found for, in the newest assessment
	page  uint32                     // hash of the capture that the newest assessment is of
	since uint32                     // seconds since 1970: when it came to ask for a review
	votes uint32                     // 1 + place of the newest decision; 0 is none
	score uint16                     // in 1/10000
	model uint16
	level uint8 // 1 + rank; 0 is none: erased, or never assessed
	asks  bool  // for a review
}

// A vote is a decision: 16 bytes.
type vote struct {
	next    uint32 // 1 + place of the one before it; 0 is none
	page    uint32
	at      uint32 // seconds since 1970
	reader  uint16
	verdict uint8 // its place in kept.verdicts
	flags   uint8
}

const (
	flagAdjudication = 1 << iota
	flagWithdrawal
	flagOther // decided in the name of a near-duplicate
)

func newKept() kept {
	return kept{seed: maphash.MakeSeed(), index: make([]uint32, 64), readers: newNames(math.MaxUint16), models: newNames(math.MaxUint16), signs: newNames(maxIndicators), verdicts: verdictList()}
}

// idOf returns a listing's ID in 16 bytes; of what is no ID of ours, a hash.
func idOf(s string) (id [16]byte) {
	if len(s) == 32 {
		if _, err := hex.Decode(id[:], []byte(s)); err == nil {
			return id
		}
	}
	sum := sha256.Sum256([]byte(s))
	copy(id[:], sum[:])
	return id
}

func (k *kept) hash(s string) uint32 { return uint32(maphash.String(k.seed, s)) }

func (k *kept) listing(place uint32) *listing { return &k.pieces[place/pieceSize][place%pieceSize] }

// find returns where a listing is, or is to be, in the index.
func (k *kept) find(id [16]byte) int {
	mask := len(k.index) - 1
	i := int(maphash.Bytes(k.seed, id[:])) & mask
	for k.index[i] != 0 && k.listing(k.index[i]-1).id != id {
		i = (i + 1) & mask
	}
	return i
}

// of returns a listing, which is made if there is none.
func (k *kept) of(id [16]byte) *listing {
	i := k.find(id)
	if k.index[i] != 0 {
		return k.listing(k.index[i] - 1)
	}
	if k.n%pieceSize == 0 {
		k.pieces = append(k.pieces, new([pieceSize]listing))
	}
	k.index[i] = uint32(k.n) + 1
	l := k.listing(uint32(k.n))
	l.id = id
	k.n++
	if k.n > len(k.index)/5*4 {
		k.grow()
	}
	return l
}

// grow doubles the index.
func (k *kept) grow() {
	k.index = make([]uint32, 2*len(k.index))
	for n := range k.n {
		k.index[k.find(k.listing(uint32(n)).id)] = uint32(n) + 1
	}
}

// bytes is what listings and their index take.
func (k *kept) bytes() int {
	return len(k.pieces)*pieceSize*int(reflect.TypeFor[listing]().Size()) + 4*len(k.index)
}

// assess takes in the newest assessment of a listing.
//
// It asks for a review by its level, or because it was on a watchlist then.
func (k *kept) assess(a assessment, listed bool, at time.Time) {
	l := k.of(idOf(a.ID))
	page, level := k.hash(a.Page), uint8(a.Level.Rank()+1)
	asked, read := l.asks, page != l.page && l.votes != 0 && l.isRead(k.judge(l))
	l.page, l.level, l.model, l.asks = page, level, uint16(k.models.number(a.Model)), listed || a.Level.Rank() >= vigil.LevelReview.Rank()
	k.model = a.Model
	l.score = uint16(math.Round(10000 * min(1, max(0, a.Score))))
	if !asked || read {
		l.since = uint32(at.Unix())
	}
	l.found = [maxIndicators / 32]uint32{}
	for _, f := range a.Findings {
		if f.Polarity != vigil.For {
			continue
		}
		if n := k.signs.number(f.Indicator); n < maxIndicators {
			l.found[n/32] |= 1 << (n % 32)
		}
	}
}

// decide takes in a decision.
func (k *kept) decide(d vigil.Decision, at time.Time) {
	l := k.of(idOf(d.Listing))
	v := vote{next: l.votes, page: k.hash(d.Page), at: uint32(at.Unix()), reader: uint16(k.readers.number(d.Reviewer))}
	v.verdict = uint8(max(0, slices.Index(k.verdicts, d.Verdict)))
	switch d.Part {
	case vigil.Adjudication:
		v.flags = flagAdjudication
	case vigil.Withdrawal:
		v.flags = flagWithdrawal
	}
	if d.Of != "" && d.Of != d.Listing {
		v.flags |= flagOther
	}
	if k.free == 0 {
		k.votes = append(k.votes, v)
		l.votes = uint32(len(k.votes))
		return
	}
	place := k.free
	k.free = k.votes[place-1].next
	k.votes[place-1] = v
	l.votes = place
}

// forget drops all that is known of a listing.
func (k *kept) forget(listingID string) {
	i := k.find(idOf(listingID))
	if k.index[i] == 0 {
		return
	}
	l := k.listing(k.index[i] - 1)
	for n := l.votes; n != 0; {
		next := k.votes[n-1].next
		k.votes[n-1] = vote{next: k.free}
		k.free, n = n, next
	}
	*l = listing{id: l.id}
}

// judge returns the judgement of a listing, by [vigil.Judge]. Of its decisions
// only Reviewer, Verdict, Part and Time are right; Page is a [pageKey], and Of is set
// where it was, though not to what.
func (k *kept) judge(l *listing) vigil.Judgement {
	if l.votes == 0 {
		return vigil.Judge(nil)
	}
	var ds []vigil.Decision
	for n := l.votes; n != 0; n = k.votes[n-1].next {
		v := k.votes[n-1]
		d := vigil.Decision{Reviewer: k.readers.name(int(v.reader)), Verdict: k.verdicts[v.verdict], Page: pageKey(v.page), Time: time.Unix(int64(v.at), 0).UTC()}
		switch {
		case v.flags&flagAdjudication != 0:
			d.Part = vigil.Adjudication
		case v.flags&flagWithdrawal != 0:
			d.Part = vigil.Withdrawal
		}
		if v.flags&flagOther != 0 {
			d.Of = "another"
		}
		ds = append(ds, d)
	}
	slices.Reverse(ds)
	return vigil.Judge(ds)
}

// pageKey is what stands for a capture.
func pageKey(page uint32) string { return string(binary.BigEndian.AppendUint32(nil, page)) }

// isRead reports whether somebody's decision stands about the capture that a
// listing is assessed by.
func (l *listing) isRead(j vigil.Judgement) bool {
	page := pageKey(l.page)
	if j.Adjudication != nil && j.Adjudication.Page == page {
		return true
	}
	return slices.ContainsFunc(j.Readings, func(d vigil.Decision) bool { return d.Page == page })
}

// verdictList returns the verdicts as votes number them.
func verdictList() []vigil.Verdict {
	list := []vigil.Verdict{""}
	for _, o := range vigil.Verdicts() {
		list = append(list, o.Verdict)
	}
	return list
}

// names number words in the order in which they come.
type names struct {
	list   []string
	places map[string]int
	most   int
}

func newNames(most int) names { return names{places: map[string]int{}, most: most} }

// number returns the number of a word; most if there are too many.
func (n *names) number(s string) int {
	i, ok := n.places[s]
	if ok {
		return i
	}
	if len(n.list) >= n.most {
		return n.most
	}
	i = len(n.list)
	n.places[s] = i
	n.list = append(n.list, s)
	return i
}

// name returns the word of a number.
func (n *names) name(i int) string {
	if i >= len(n.list) {
		return "others"
	}
	return n.list[i]
}
