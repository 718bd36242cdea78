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
		vendorAt    int64 // of the capture that stated vendor
	}
	key struct {
		key     string
		chain   uint32
		from    uint32 // its edges are those up to the next key's
		ident   uint32 // best checked spelling
		vendors uint32
		sources uint32
		strong  uint32
		weak    weakBits
		chrome  chrome
	}
	edge struct {
		listing uint32
		key     uint32
		from    uint32 // its evidence
		n       uint8
		weak    weakBits // of the key and its own
		more    uint32
	}
	// A spot is one piece of evidence.
	spot struct {
		at         int64
		raw        string
		start, end uint32
		page       uint32
		model      uint32
		ident      uint32
		field      uint32
		method     uint32
		flags      uint8
	}
	ident struct {
		value    string
		kind     uint32
		readings uint32
		network  uint32
		class    byte
	}
	// chrome says on which source a key stands on most listings.
	chrome struct{ source, listings, of uint32 }
)

// Flags of a place.
const (
	flagWarned = 1 << iota
	flagRawCut
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
	bitReuse
	bitCut
)

// names gives each string a number.
type names struct {
	index map[string]uint32
	all   []string
}

func newNames() *names { return &names{index: map[string]uint32{"": 0}, all: []string{""}} }

// of returns the number of s, of which it keeps the first maxName bytes.
func (n *names) of(s string) uint32 {
	s = clip(s, maxName)
	if i, ok := n.index[s]; ok {
		return i
	}
	s = strings.Clone(s)
	i := uint32(len(n.all))
	n.index[s] = i
	n.all = append(n.all, s)
	return i
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
