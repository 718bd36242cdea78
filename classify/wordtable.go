package classify

import "slices"

// A wordTable numbers words. It is a hash table that nothing is taken from, with half of its
// slots in use at most, which is faster than a map where most words that are looked up are
// short, and hashed as they are read.
type wordTable struct {
	words []string
	slots []wordSlot // a power of two of them
}

type wordSlot struct {
	hash uint32
	word int32 // its number, from 1; 0 for a free slot
}

// add returns the number of a word, a new one if need be.
func (t *wordTable) add(w string) int32 {
	if n, ok := t.number(w); ok {
		return n
	}
	t.words = append(t.words, w)
	if 2*len(t.words) > len(t.slots) {
		t.slots = make([]wordSlot, max(64, 2*len(t.slots)))
		for n, w := range t.words[:len(t.words)-1] {
			t.put(w, n)
		}
	}
	t.put(w, len(t.words)-1)
	return int32(len(t.words) - 1)
}

func (t *wordTable) put(w string, n int) {
	h := hashWord(w)
	i := int(h) & (len(t.slots) - 1)
	for t.slots[i].word != 0 {
		i = (i + 1) & (len(t.slots) - 1)
	}
	t.slots[i] = wordSlot{h, int32(n + 1)}
}

// number returns the number of a word, if the table holds it.
func (t *wordTable) number(w string) (int32, bool) {
	return t.hashed(w, hashWord(w))
}

// hashed is number for a word of which the hash is known.
func (t *wordTable) hashed(w string, h uint32) (int32, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	for i := int(h) & (len(t.slots) - 1); ; i = (i + 1) & (len(t.slots) - 1) {
		switch s := t.slots[i]; {
		case s.word == 0:
			return 0, false
		case s.hash == h && t.words[s.word-1] == w:
			return s.word - 1, true
		}
	}
}

// clone returns a table that words can be added to without this one's having them.
func (t *wordTable) clone() wordTable {
	return wordTable{slices.Clone(t.words), slices.Clone(t.slots)}
}

// hashWord is FNV-1a of 32 bits.
func hashWord(w string) uint32 {
	h := hashBegin
	for i := range len(w) {
		h = hashByte(h, w[i])
	}
	return h
}

const hashBegin = uint32(2166136261)

func hashByte(h uint32, b byte) uint32 { return (h ^ uint32(b)) * 16777619 }
