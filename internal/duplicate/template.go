package duplicate

import (
	"slices"
	"strings"
)

// Bounds of a template.
const (
	maxMembers = 64    // texts that are aligned; the first ones
	maxWords   = 5_000 // of each; what follows is one more word
)

// A Pattern is the common text of some texts, and the slots in which they
// differ, as InfoShield shows them (Lee and others, ICDE 2021). Its parts, put
// together, are each member's whole text.
type Pattern struct {
	Parts   []Part
	Members int // texts that were aligned
	LeftOut int // texts beyond the bound
	Centre  int // the member that spells the common text
}

// A Part is a run of the common text, or a slot.
type Part struct {
	Slot bool
	At   []Span // in bytes of each member's text; empty where it has none
}

// Template aligns texts with the one of them that is most like all, and returns
// what most of them have in common. Its cost grows with the number of texts and
// with their length, each up to a bound.
//
// What is a slot by its shape, as in shingles, is common text here if all members
// have the same in its place.
func Template(texts []Text) Pattern {
	p := Pattern{Members: min(len(texts), maxMembers)}
	p.LeftOut = len(texts) - p.Members
	if p.Members == 0 {
		return p
	}
	names := map[string]int32{}
	members := make([]aligned, p.Members)
	for i := range members {
		members[i] = newAligned(texts[i], names)
	}
	p.Centre = centre(members, len(names)+1)
	for i := range members {
		members[i].alignTo(members[p.Centre])
	}
	columns := merge(columnsOf(members, p.Centre))
	if len(columns) == 0 { // no text has a word
		columns = []column{newColumn(true, p.Members)}
	}
	p.Parts = make([]Part, len(columns))
	for i, c := range columns {
		p.Parts[i] = Part{Slot: c.slot, At: make([]Span, p.Members)}
	}
	for m := range members {
		members[m].tile(columns, m, p.Parts)
	}
	return p
}

// An aligned is a text as words, and which of them stand for which of the centre's.
type aligned struct {
	words []word
	ids   []int32 // of the words; slotID for slots
	size  int     // of the text in bytes
	of    []int32 // of each word of the centre: the word here that stands for it, or none
}

const slotID = 0

func newAligned(t Text, names map[string]int32) aligned {
	a := aligned{size: len(t.Text)}
	for w := range words(t.Text, t.Slots) {
		if len(a.words) == maxWords {
			w.End, w.slot = len(t.Text), false
		}
		id := int32(slotID)
		if !w.slot {
			id = nameOf(t.Text[w.Start:w.End], names)
		}
		a.words, a.ids = append(a.words, w), append(a.ids, id)
		if len(a.words) > maxWords {
			break
		}
	}
	return a
}

// nameOf returns the number of a word, the same for all its spellings.
func nameOf(s string, names map[string]int32) int32 {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := decode(s[i:])
		if r >= badByte {
			b.WriteString(s[i : i+size])
		} else if !invisible(r) {
			b.WriteRune(foldRune(r))
		}
		i += size
	}
	id, ok := names[b.String()]
	if !ok {
		id = int32(len(names)) + 1
		names[b.String()] = id
	}
	return id
}

// centre returns the member whose words are most nearly those that most members
// have.
func centre(members []aligned, names int) int {
	have := make([]int, names)
	sets := make([][]int32, len(members))
	for i, m := range members {
		sets[i] = slices.Clone(m.ids)
		slices.Sort(sets[i])
		sets[i] = slices.Compact(sets[i])
		for _, id := range sets[i] {
			have[id]++
		}
	}
	best, most := 0, 0
	for i, set := range sets {
		n := 0
		for _, id := range set {
			if 2*have[id] > len(members) {
				n++
			} else {
				n--
			}
		}
		if i == 0 || n > most {
			best, most = i, n
		}
	}
	return best
}

func (a *aligned) alignTo(c aligned) {
	a.of = slices.Repeat([]int32{none}, len(c.ids))
	align(c.ids, a.ids, func(i, j, n int) {
		for k := range n {
			a.of[i+k] = int32(j + k)
		}
	})
}

// A column is a part in words: of each member, a run of its words.
type column struct {
	slot bool
	runs []Span
}

func newColumn(slot bool, members int) column { return column{slot, make([]Span, members)} }

// columnsOf returns a column for each word that most members have, and one for
// what any of them has between two of these.
func columnsOf(members []aligned, centre int) []column {
	var columns []column
	done := make([]int, len(members)) // words of each member that have their column
	gap := func(until func(m int) int) {
		c, any := newColumn(true, len(members)), false
		for m := range members {
			if u := until(m); u > done[m] {
				c.runs[m], done[m], any = Span{done[m], u}, u, true
			}
		}
		if any {
			columns = append(columns, c)
		}
	}
	for i := range members[centre].ids {
		if !common(members, i) {
			continue
		}
		gap(func(m int) int { return int(members[m].of[i]) })
		c := newColumn(!sameValue(members, i), len(members))
		for m := range members {
			if j := int(members[m].of[i]); j != none {
				c.runs[m], done[m] = Span{j, j + 1}, j+1
			}
		}
		columns = append(columns, c)
	}
	gap(func(m int) int { return len(members[m].words) })
	return columns
}

// common reports whether most members have the ith word of the centre.
func common(members []aligned, i int) bool {
	n := 0
	for _, m := range members {
		if m.of[i] != none {
			n++
		}
	}
	return 2*n > len(members)
}

// sameValue reports whether all members have the same in the place of the ith
// word of the centre, if that is a slot by its shape.
func sameValue(members []aligned, i int) bool {
	value, seen := uint64(0), false
	for _, m := range members {
		if m.of[i] == none {
			continue
		}
		w := m.words[m.of[i]]
		if !w.slot {
			return true
		}
		if seen && w.fold != value {
			return false
		}
		value, seen = w.fold, true
	}
	return true
}

// merge makes neighbouring columns one: slots, and words that the same members
// have.
func merge(columns []column) []column {
	var out []column
	for _, c := range columns {
		if n := len(out); n > 0 && out[n-1].slot == c.slot && (c.slot || sameMembers(out[n-1], c)) {
			for m, r := range c.runs {
				last := &out[n-1].runs[m]
				switch {
				case r.Start == r.End:
				case last.Start == last.End:
					*last = r
				default:
					last.End = r.End
				}
			}
			continue
		}
		out = append(out, c)
	}
	return out
}

func sameMembers(a, b column) bool {
	for m := range a.runs {
		if (a.runs[m].Start == a.runs[m].End) != (b.runs[m].Start == b.runs[m].End) {
			return false
		}
	}
	return true
}

// tile sets member m's spans in the parts, so that they cover its text: what
// stands between words belongs to the common text beside it, not to slots. Where
// a slot is empty, it belongs to what follows: ", by post" after nothing as after
// something.
func (a *aligned) tile(columns []column, m int, parts []Part) {
	last := none // the latest part that has words
	at := 0      // where the next begins
	for i, c := range columns {
		r := c.runs[m]
		if r.Start == r.End {
			parts[i].At[m] = Span{at, at}
			continue
		}
		if start := a.words[r.Start].Start; last != none && (c.slot || !columns[last].slot && i == last+1) {
			parts[last].At[m].End = start
			for j := last + 1; j < i; j++ { // empty parts in between move along
				parts[j].At[m] = Span{start, start}
			}
			at = start
		}
		parts[i].At[m] = Span{at, a.words[r.End-1].End}
		last, at = i, a.words[r.End-1].End
	}
	last = max(last, 0)
	parts[last].At[m].End = a.size
	for i := last + 1; i < len(parts); i++ {
		parts[i].At[m] = Span{a.size, a.size}
	}
}
