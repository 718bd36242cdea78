package link

import (
	"cmp"
	"fmt"
	"iter"
	"strings"
	"time"

	"vigil"
)

// Build makes the graph of the mentions, which must come sorted by key, then
// listing, then time, corrected by the ties. Mentions of identifiers that may
// tie nothing (see [vigil.Identifier.Links]) are passed over.
//
// It takes time in proportion to the mentions, and about 200 bytes for an edge.
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
	c, err := inForce(ties)
	if err != nil {
		return nil, err
	}
	b := &builder{o: o, c: c, joins: c.joins, names: newNames(), listings: map[string]uint32{}}
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
	g := &Graph{o: o, c: c, examples: examples, names: b.names.all, listings: b.ls, keys: b.keys, edges: b.edges, spots: b.spots, idents: b.idents}
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
	keys     []key
	edges    []edge
	spots    []spot
	idents   []ident

	last   struct{ key, listing string } // of the mention before
	lastAt time.Time
	ident0 int      // first ident of the key at hand
	chains []*chain // of the key at hand
	spare  []*chain // their buffers, for the keys to come
}

func (b *builder) mention(m *vigil.Mention) error {
	id := &m.Identifier
	switch {
	case !id.Links():
		return nil
	case m.Listing == "":
		return fmt.Errorf("key %q has no listing", clip(id.Key, 80))
	case strings.HasPrefix(id.Key, tiePrefix):
		return fmt.Errorf("key %q begins as only those of joins do", clip(id.Key, 80))
	case id.Start < 0 || id.End < id.Start || int64(id.End) > 1<<32-1:
		return fmt.Errorf("key %q stands at bytes %d to %d, expected a place", clip(id.Key, 80), id.Start, id.End)
	}
	order := cmp.Or(strings.Compare(b.last.key, id.Key), strings.Compare(b.last.listing, m.Listing), b.lastAt.Compare(m.At))
	if order > 0 && b.last.key != "" {
		return fmt.Errorf("key %q of listing %s comes too late: mentions must be sorted by key, listing and time", clip(id.Key, 80), clip(m.Listing, 80))
	}
	if b.last.key != id.Key {
		b.endKey()
		b.joinsBefore(id.Key)
		b.last.key, b.ident0 = strings.Clone(id.Key), len(b.idents)
		b.last.listing = ""
	}
	if b.last.listing != m.Listing {
		b.endListing()
	}
	l := b.listing(m)
	b.last.listing, b.lastAt = b.ls[l].id, m.At
	s := b.spot(m)
	b.chain(id, s.ident).add(b.o.Evidence, l, s)
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
	if v := b.names.of(m.Vendor); v != 0 && (l.vendor == 0 || at > l.vendorAt || at == l.vendorAt && b.names.all[v] < b.names.all[l.vendor]) {
		l.vendor, l.vendorAt = v, at
	}
	return i
}

func (b *builder) newListing(id, source string, first, last int64) uint32 {
	i := uint32(len(b.ls))
	id = strings.Clone(id)
	b.listings[id] = i
	b.ls = append(b.ls, listing{id: id, source: b.names.of(source), first: first, last: last})
	return i
}

func (b *builder) spot(m *vigil.Mention) spot {
	id := &m.Identifier
	i := b.ident(id)
	s := spot{
		at: micros(m.At), start: uint32(id.Start), end: uint32(id.End), page: b.names.of(m.Page), model: b.names.of(m.Model),
		ident: i, field: b.names.of(id.Field), method: b.names.of(id.Method),
	}
	raw := clip(id.Raw, maxRaw)
	if len(raw) < len(id.Raw) {
		s.flags |= flagRawCut
	}
	if s.raw = b.idents[i].value; raw != s.raw {
		s.raw = strings.Clone(raw)
	}
	if id.Warned {
		s.flags |= flagWarned
	}
	return s
}

// recent is how many spellings of a key are looked through for one that is
// known; one that stands twice costs memory only.
const recent = 8

// ident returns the spelling of the key at hand that id is.
func (b *builder) ident(id *vigil.Identifier) uint32 {
	x := ident{
		value: clip(id.Value, maxRaw), kind: b.names.of(id.Kind), readings: b.names.of(strings.Join(id.Readings, " ")),
		network: b.names.of(id.Network), class: classByte(id.Class),
	}
	for i := len(b.idents) - 1; i >= b.ident0 && i >= len(b.idents)-recent; i-- {
		if b.idents[i] == x {
			return uint32(i)
		}
	}
	if x.value = strings.Clone(x.value); strings.HasSuffix(b.last.key, ":"+x.value) {
		x.value = b.last.key[len(b.last.key)-len(x.value):]
	}
	b.idents = append(b.idents, x)
	return uint32(len(b.idents) - 1)
}
