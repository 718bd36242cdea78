package classify

// A keyTable holds values by keys, as [wordTable] numbers words. With maps in its place an
// assessment takes a tenth longer.
type keyTable struct {
	slots []keySlot // a power of two of them, a quarter in use to a half
	keys  int
}

type keySlot struct {
	key   uint64
	value int32 // from 1; 0 for a free slot
}

// put files a value that is no less than 0.
func (t *keyTable) put(key uint64, value int32) {
	if t.keys++; 2*t.keys > len(t.slots) {
		old := t.slots
		t.slots = make([]keySlot, max(64, 2*len(old)))
		for _, s := range old {
			if s.value > 0 {
				t.file(s)
			}
		}
	}
	t.file(keySlot{key, value + 1})
}

func (t *keyTable) file(s keySlot) {
	i := t.slot(s.key)
	for t.slots[i].value > 0 {
		i = (i + 1) & (len(t.slots) - 1)
	}
	t.slots[i] = s
}

// slot is where a key is looked for first (Knuth's multiplicative hash).
func (t *keyTable) slot(key uint64) int {
	return int(key*0x9E3779B97F4A7C15>>32) & (len(t.slots) - 1)
}

// get returns the value of a key, if the table holds it.
func (t *keyTable) get(key uint64) (int32, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	for i := t.slot(key); t.slots[i].value > 0; i = (i + 1) & (len(t.slots) - 1) {
		if t.slots[i].key == key {
			return t.slots[i].value - 1, true
		}
	}
	return 0, false
}
