package link

import (
	"cmp"
	"fmt"
	"iter"
	"strings"
	"time"

	"vigil"
)

// Build makes the graph of the mentions, which must come sorted by the name of their key ([vigil.KeyName]), then
// listing, then time, corrected by the ties. Mentions of identifiers that may
// tie nothing (see [vigil.Identifier.Links]) are passed over.
//
// It takes time in proportion to the mentions, and about 150 bytes for an edge.
// The first error of mentions ends it.
func Build(mentions iter.Seq2[vigil.Mention, error], ties []vigil.Tie, o Options) (*Graph, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	examples, err := readExamples(examplesFile)
	if err != nil {
		return nil, err
	}
	return build(mentions, ties, o, examples)
}

// build is Build with options that are filled and examples that are read.
func build(mentions iter.Seq2[vigil.Mention, error], ties []vigil.Tie, o Options, examples map[string]string) (*Graph, error) {
	c, err := inForce(ties)
	if err != nil {
		return nil, err
	}
	b := newBuilder(o, c)
	for m, err := range mentions {
		if err == nil {
			err = b.mention(&m)
		}
		if err != nil {
			return nil, fmt.Errorf("link mention %d: %w", b.n+1, err)
		}
		b.n++
	}
	b.endKey()
	b.joinsBefore("")
	g := b.graph(examples)
	g.finish()
	return g, nil
}

// builder reads mentions in order. Of the key at hand it keeps the edges apart
// by chain until the key ends.
type builder struct {
	o     Options
	c     corrections
	joins []vigil.Tie // not yet in the graph
	n     int         // mentions read

	names    *names
	listings map[string]uint32
	ls       []listing
	captures []capture // of each listing
	keys     []key
	edges    []edge
	spots    []spot
	idents   []ident
	hows     []how
	howIndex map[how]uint32
	raws     []string

	last   struct{ key, listing string } // of the mention before
	lastAt time.Time
	ident0 int      // first ident of the key at hand
	chains []*chain // of the key at hand
	spare  []*chain // their buffers, for the keys to come
}

// A capture is what to remember of a listing while mentions are read.
type capture struct {
	vendorAt int64  // time of that which stated the vendor
	page     uint32 // the last one met
}

func newBuilder(o Options, c corrections) *builder {
	return &builder{o: o, c: c, joins: c.joins, names: newNames(), listings: map[string]uint32{}, howIndex: map[how]uint32{}, raws: []string{""}}
}

// graph hands over what was gathered, in slices of the right size.
func (b *builder) graph(examples map[string]string) *Graph {
	b.listings, b.captures, b.names.index, b.howIndex = nil, nil, nil, nil
	g := &Graph{o: b.o, c: b.c, examples: examples, names: b.names.all, listings: b.ls, hows: b.hows, raws: b.raws}
	g.keys, b.keys = fitted(b.keys), nil
	g.edges, b.edges = fitted(b.edges), nil
	g.spots, b.spots = fitted(b.spots), nil
	g.idents, b.idents = fitted(b.idents), nil
	return g
}

// fitted copies what grew by appending, which leaves a fifth unused.
func fitted[T any](s []T) []T { return append(make([]T, 0, len(s)), s...) }

func (b *builder) mention(m *vigil.Mention) error {
	id, name := &m.Identifier, vigil.KeyName(m.Identifier.Key)
	switch {
	case !id.Links():
		return nil
	case m.Listing == "":
		return fmt.Errorf("key %q has no listing", clip(id.Key, 80))
	case strings.HasPrefix(name, tiePrefix):
		return fmt.Errorf("key %q begins as only those of joins do", clip(name, 80))
	case id.Start < 0 || id.End < id.Start || int64(id.End) > 1<<32-1:
		return fmt.Errorf("key %q stands at bytes %d to %d, expected a place", clip(name, 80), id.Start, id.End)
	}
	order := cmp.Or(strings.Compare(b.last.key, name), strings.Compare(b.last.listing, m.Listing), b.lastAt.Compare(m.At))
	if order > 0 && b.last.key != "" {
		return fmt.Errorf("key %q of listing %s comes too late: mentions must be sorted by key, listing and time", clip(name, 80), clip(m.Listing, 80))
	}
	if b.last.key != name {
		b.endKey()
		b.joinsBefore(name)
		b.last.key, b.ident0 = b.names.heap.keep(name), len(b.idents)
		b.last.listing = ""
	}
	if b.last.listing != m.Listing {
		b.endListing()
	}
	l := b.listing(m)
	b.last.listing, b.lastAt = b.ls[l].id, m.At
	s := b.spot(l, m)
	b.chain(id, s.ident).add(b.o.Evidence, l, s, m)
	return nil
}

// listing notes what the mention says of its listing.
func (b *builder) listing(m *vigil.Mention) uint32 {
	at := micros(m.At)
	i, ok := b.listings[m.Listing]
	if !ok {
		i = b.newListing(m.Listing, m.Source, at, at)
	}
	l := &b.ls[i]
	if l.source == 0 {
		l.source = b.names.of(m.Source) // known from a join only
	}
	l.first, l.last = min(l.first, at), max(l.last, at)
	if m.Vendor != "" {
		b.vendor(i, clip(m.Vendor, maxName), at)
	}
	return i
}

// vendor notes who a capture says offers the listing. The newest capture
// counts; of two of one time, the first name in order.
func (b *builder) vendor(i uint32, name string, at int64) {
	l, c := &b.ls[i], &b.captures[i]
	switch known := b.names.all[l.vendor]; {
	case known == name:
		c.vendorAt = max(c.vendorAt, at)
	case l.vendor == 0 || at > c.vendorAt || at == c.vendorAt && name < known:
		l.vendor, c.vendorAt = b.names.of(name), at
	}
}

func (b *builder) newListing(id, source string, first, last int64) uint32 {
	i := uint32(len(b.ls))
	id = b.names.heap.keep(id)
	b.listings[id] = i
	b.captures = append(b.captures, capture{})
	b.ls = append(b.ls, listing{id: id, source: b.names.of(source), first: first, last: last})
	return i
}

func (b *builder) spot(l uint32, m *vigil.Mention) spot {
	id := &m.Identifier
	i := b.ident(id)
	c := &b.captures[l]
	if b.names.all[c.page] != m.Page {
		c.page = b.names.of(m.Page)
	}
	s := spot{at: micros(m.At), start: uint32(id.Start), end: uint32(id.End), page: c.page, ident: i}
	raw := clip(id.Raw, maxRaw)
	if raw != b.idents[i].value {
		if len(b.raws) == 1 || b.raws[len(b.raws)-1] != raw {
			b.raws = append(b.raws, b.names.heap.keep(raw))
		}
		s.raw = uint32(len(b.raws) - 1)
	}
	s.how = b.how(m, len(raw) < len(id.Raw))
	return s
}

// how returns the number of the way in which a mention was found.
func (b *builder) how(m *vigil.Mention, cut bool) uint32 {
	h := how{field: b.names.of(m.Identifier.Field), method: b.names.of(m.Identifier.Method), model: b.names.of(m.Model)}
	if cut {
		h.flags |= flagRawCut
	}
	if m.Identifier.Warned {
		h.flags |= flagWarned
	}
	if m.Genre.Reports() {
		h.flags |= flagReports
	}
	return b.howOf(h)
}

func (b *builder) howOf(h how) uint32 {
	i, ok := b.howIndex[h]
	if !ok {
		i = uint32(len(b.hows))
		b.hows = append(b.hows, h)
		b.howIndex[h] = i
	}
	return i
}

// recent is how many spellings of a key are looked through for one that is
// known; one that stands twice costs memory only.
const recent = 8

// ident returns the spelling of the key at hand that id is.
func (b *builder) ident(id *vigil.Identifier) uint32 {
	value := clip(id.Value, maxRaw)
	for i := len(b.idents) - 1; i >= b.ident0 && i >= len(b.idents)-recent; i-- {
		if x := b.idents[i]; x.class == classByte(id.Class) && x.value == value && b.names.all[x.kind] == id.Kind && b.names.all[x.network] == id.Network &&
			isJoined(b.names.all[x.readings], id.Readings) {
			return uint32(i)
		}
	}
	if strings.HasSuffix(b.last.key, ":"+value) {
		value = b.last.key[len(b.last.key)-len(value):]
	} else {
		value = b.names.heap.keep(value)
	}
	b.idents = append(b.idents, ident{
		value: value, kind: b.names.of(id.Kind), readings: b.names.of(strings.Join(id.Readings, " ")), network: b.names.of(id.Network), class: classByte(id.Class),
	})
	return uint32(len(b.idents) - 1)
}

// isJoined reports whether s is the words with a space between them.
func isJoined(s string, words []string) bool {
	for i, w := range words {
		if i > 0 {
			if !strings.HasPrefix(s, " ") {
				return false
			}
			s = s[1:]
		}
		rest, ok := strings.CutPrefix(s, w)
		if !ok {
			return false
		}
		s = rest
	}
	return s == ""
}
