package link

import (
	"strings"
	"time"
	"unicode/utf8"

	"vigil"
)

// Bounds of what is kept of a text.
const (
	maxRaw  = 256
	maxName = 256
)

// The compact form. A name is an index into graph.names; listings, keys and
// edges are indices into their slices. Times are microseconds since 1970.
type (
	listing struct {
		id          string
		source      uint32
		vendor      uint32
		first, last int64
	}
	key struct {
		key     string
		chain   uint32
		from    uint32 // its edges are those up to the next key's
		ident   uint32 // best checked spelling
		own     uint32 // edges but those for the reuse of its hash
		vendors uint32
		sources uint32
		strong  uint32
		weak    weakBits
	}
	edge struct {
		listing uint32
		key     uint32
		from    uint32 // its evidence
		more    uint32
		n       uint8    // pieces of evidence
		weak    weakBits // of the key and its own
	}
	// A spot is one piece of evidence.
	spot struct {
		at         int64
		start, end uint32
		page       uint32
		ident      uint32
		how        uint32
		raw        uint32 // number of a text, or 0: as the ident's value
	}
	ident struct {
		value    string
		kind     uint32
		readings uint32
		network  uint32
		class    byte
	}
	// how says where in a capture a spot is, and what found it.
	how struct {
		field, method, model uint32
		flags                uint8
	}
	// chrome says on which source a key stands on most listings.
	chrome struct{ source, listings, of uint32 }
)

// Flags of a place.
const (
	flagWarned = 1 << iota
	flagRawCut
	flagReports
)

// A weakBits holds the codes of weaknesses.
type weakBits uint16

const (
	bitClass weakBits = 1 << iota
	bitHub
	bitChrome
	bitExample
	bitNode
	bitShared
	bitWarned
	bitReports
	bitReuse
	bitCut
)

// names gives each string a number; the empty one has 0.
type names struct {
	index map[string]uint32
	all   []string
	heap  heap
}

func newNames() *names { return &names{index: map[string]uint32{"": 0}, all: []string{""}} }

// of returns the number of s, of which it keeps the first maxName bytes.
func (n *names) of(s string) uint32 {
	s = clip(s, maxName)
	if i, ok := n.index[s]; ok {
		return i
	}
	s = n.heap.keep(s)
	i := uint32(len(n.all))
	n.index[s] = i
	n.all = append(n.all, s)
	return i
}

// A heap keeps copies of strings close together: a million small strings of
// their own take half as much again, and longer to collect.
type heap struct{ chunk strings.Builder }

func (h *heap) keep(s string) string {
	const size = 1 << 16
	if len(s) > size/8 {
		return strings.Clone(s)
	}
	if h.chunk.Cap()-h.chunk.Len() < len(s) {
		h.chunk = strings.Builder{}
		h.chunk.Grow(size)
	}
	at := h.chunk.Len()
	h.chunk.WriteString(s)
	return h.chunk.String()[at:]
}

// clip returns the first n bytes of s or fewer, without a part of a character at
// the end.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := 0; i < utf8.UTFMax && n > i; i++ {
		if utf8.RuneStart(s[n-i]) {
			return s[:n-i]
		}
	}
	return s[:n]
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// classByte orders classes from best: A, B, C and any other.
func classByte(c vigil.Class) byte {
	switch c {
	case vigil.ClassA, vigil.ClassB, vigil.ClassC:
		return c[0]
	}
	return 'Z'
}
