package bolt

import (
	"encoding/binary"
	"math"
	"time"

	"vigil"
	"vigil/store/rule"
)

// Facts stand in blocks of so many documents, which fill half a disk page when
// they are sealed.
const (
	factsSize  = 54
	factsBlock = 35
)

// A name stands for a text that many documents share; 0 for the empty one.
type name uint32

// Kinds of names.
const (
	nameSource  = 's'
	nameVendor  = 'v'
	nameGenre   = 'g'
	nameType    = 't'
	nameVerdict = 'd'
	nameTags    = 'm' // sorted, as a JSON array
	nameLists   = 'l' // names of watchlists, as a JSON array
)

// docFacts are what is known of a document beside its words. A document is one
// reading of a listing; those of a listing form a chain.
type docFacts struct {
	next, prev                                       uint32 // documents of the listing's next and last reading; 0 for none
	source, vendor, genre, typ, verdict, tags, lists name
	level                                            byte // one more than its rank; 0 for none
	flags                                            byte
	at                                               uint64 // when it was captured, as times sort; 0 if that is not known
	score                                            float64
}

// Flags of a document.
const (
	docWaits  = 1 << iota // its review is queued or leased
	docErased             // it is no more
)

func (f docFacts) appendTo(b []byte) []byte {
	for _, n := range []uint32{f.next, f.prev, uint32(f.source), uint32(f.vendor), uint32(f.genre), uint32(f.typ), uint32(f.verdict), uint32(f.tags), uint32(f.lists)} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return number(number(append(b, f.level, f.flags), f.at), math.Float64bits(f.score))
}

// parseFacts reads the facts at the head of b, which is long enough.
func parseFacts(b []byte) docFacts {
	u := func(i int) uint32 { return binary.BigEndian.Uint32(b[4*i:]) }
	return docFacts{
		next: u(0), prev: u(1), source: name(u(2)), vendor: name(u(3)), genre: name(u(4)), typ: name(u(5)), verdict: name(u(6)), tags: name(u(7)), lists: name(u(8)),
		level: b[36], flags: b[37], at: binary.BigEndian.Uint64(b[38:]), score: math.Float64frombits(binary.BigEndian.Uint64(b[46:])),
	}
}

// factsPlace returns the key of the block with a document's facts, and where in
// it they begin.
func factsPlace(doc uint32) (k []byte, at int) {
	return number(nil, uint64(doc/factsBlock)), int(doc%factsBlock) * factsSize
}

func (x searchIndex) facts(doc uint32) (docFacts, error) {
	k, at := factsPlace(doc)
	b, err := x.get(bucketSearchFacts, k)
	if err != nil {
		return docFacts{}, err
	}
	if len(b) < at+factsSize {
		return docFacts{}, damagedSearch(bucketSearchFacts, k, "the facts of a document are gone")
	}
	return parseFacts(b[at:]), nil
}

func (x searchIndex) putFacts(doc uint32, f docFacts) error {
	k, at := factsPlace(doc)
	old, err := x.get(bucketSearchFacts, k)
	if err != nil {
		return err
	}
	b := make([]byte, max(len(old), at+factsSize))
	copy(b, old)
	f.appendTo(b[at:at])
	return x.set(bucketSearchFacts, k, b)
}

// changeFacts changes the facts of a listing's newest document, if there is one.
func (x searchIndex) changeFacts(listing string, change func(*docFacts) error) error {
	doc, err := x.newest(listing)
	if err != nil || doc == 0 {
		return err
	}
	f, err := x.facts(doc)
	if err != nil {
		return err
	}
	old := f
	if err := change(&f); err != nil || f == old {
		return err
	}
	return x.putFacts(doc, f)
}

// levelByte and level turn levels into numbers that sort as they do, and back.
func levelByte(l vigil.Level) byte { return byte(l.Rank() + 1) }

func (f docFacts) levelName() vigil.Level {
	for _, l := range []vigil.Level{vigil.LevelNone, vigil.LevelNote, vigil.LevelReview, vigil.LevelPriority, vigil.LevelEscalate} {
		if levelByte(l) == f.level {
			return l
		}
	}
	return ""
}

// docTime returns t as a document's facts have it.
func docTime(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return max(1, rule.SortTime(t))
}

func (f docFacts) captured() time.Time {
	if f.at == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(f.at^1<<63)).UTC()
}

// name returns what stands for a text of a kind, as JSON would keep it; 0 if
// there is nothing yet and make is not set.
func (x searchIndex) name(kind byte, text string, make bool) (name, error) {
	if text == "" {
		return 0, nil
	}
	text = nameText(text)
	blind := x.blind("name " + string(kind) + text)
	k := append([]byte{'n', kind}, blind[:]...)
	v, err := x.get(bucketSearchNames, k)
	if err != nil {
		return 0, err
	}
	if v != nil || !make {
		return name(parseNumber(v)), nil
	}
	n := uint64(1)
	c := bucket(x.read, bucketSearchNames).Cursor()
	if last, _ := lastBefore(c, []byte{'i', kind}, []byte{'i', kind + 1}); last != nil {
		n = parseNumber(last[2:]) + 1
	}
	if n > math.MaxUint32 {
		return 0, nil // no case has so many; they are not told apart
	}
	if err := x.set(bucketSearchNames, number([]byte{'i', kind}, n), []byte(text)); err != nil {
		return 0, err
	}
	return name(n), x.set(bucketSearchNames, k, number(nil, n))
}

// text returns what a name stands for.
func (x searchIndex) text(kind byte, n name) (string, error) {
	if n == 0 {
		return "", nil
	}
	k := number([]byte{'i', kind}, uint64(n))
	v, err := x.get(bucketSearchNames, k)
	if err == nil && v == nil {
		err = damagedSearch(bucketSearchNames, k, "a name is gone")
	}
	return string(v), err
}
